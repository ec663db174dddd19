"""Memory that two processes share: a body reaches its worker, and the answer comes back, uncopied."""

import mmap
import os
from types import TracebackType
from typing import Self


class Spool:
    """A file without a name that lives in memory and is handed to another process by its descriptor.

    The memory is freed when the last descriptor and the last view of it are gone.
    """

    __slots__ = ("_fd",)

    def __init__(self, fd: int | None = None) -> None:
        """Wrap the descriptor `fd`, which then belongs to the spool, or make a new file."""
        self._fd = os.memfd_create("assigner") if fd is None else fd

    def fileno(self) -> int:
        """The descriptor. Raises ValueError when the spool is closed."""
        if self._fd < 0:
            raise ValueError("The spool is closed.")
        return self._fd

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Add `data` at the end."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self.fileno(), rest) :]

    def view(self) -> memoryview:
        """All the bytes, uncopied; still valid after the spool is closed."""
        size = os.fstat(self.fileno()).st_size
        if size == 0:
            return memoryview(b"")
        return memoryview(mmap.mmap(self.fileno(), size, access=mmap.ACCESS_READ))

    def close(self) -> None:
        """Give the descriptor back; a second time does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
