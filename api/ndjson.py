"""Lines from a body that arrives in pieces, cut anywhere."""

from __future__ import annotations

from dataclasses import dataclass

MOST_LINE_BYTES = 2**20
Line = tuple[int, bytes | None]
"""A line's number from 1, and its bytes; None for one that is too long, which is not held."""


@dataclass(slots=True)
class Lines:
    """What has arrived of a body, up to the line that is being received."""

    number: int = 0
    rest: bytes = b""
    too_long: bool = False
    """Whether the line that is being received has had more bytes than a line may have."""

    def cut(self, piece: bytes) -> list[Line]:
        """The lines that end with this piece; those that are blank are left out."""
        *ended, rest = (self.rest + piece).split(b"\n") if self.rest else piece.split(b"\n")
        found: list[Line] = []
        for line in ended:
            self.number += 1
            if self.too_long or len(line) > MOST_LINE_BYTES:
                found.append((self.number, None))
                self.too_long = False
            elif line.strip():
                found.append((self.number, line))
        self.too_long = self.too_long or len(rest) > MOST_LINE_BYTES
        self.rest = b"" if self.too_long else rest
        return found

    def end(self) -> list[Line]:
        """The last line, where no line feed ends it."""
        return self.cut(b"\n")
