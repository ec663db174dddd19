"""The last events of a workspace, ready to be sent: no gap between them, and so many bytes at most."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from api.events.out import Line, Wanted
from assigner.store.log import FIRST, EventKey, event_key

MOST_BYTES = 2**24
"""Of the lines that are kept for who has been away for a moment."""
MOST_PIECE_BYTES = 2**16
"""About how much is written to a reader at once."""


class Ring:
    """Lines in order. The place of a line is a number, one more than that of the line before."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._keys: list[EventKey] = []
        self._lines: list[Line] = []
        self._bytes = 0
        self.start = event_key(FIRST)
        """The event right before the first line."""
        self.base = 0
        """The place of the first line."""

    @property
    def end(self) -> int:
        """The place of the next line."""
        return self.base + len(self._lines)

    @property
    def last(self) -> EventKey:
        """The last event that there was."""
        return self._keys[-1] if self._keys else self.start

    @property
    def room(self) -> int:
        """How many bytes may be put before the first line."""
        return max(0, self._most - self._bytes)

    def begin(self, key: EventKey) -> None:
        """Forget everything: the next line is the first after an event. Places go on."""
        self.base, self.start, self._bytes = self.end, key, 0
        self._keys.clear()
        self._lines.clear()

    def add(self, lines: Sequence[Line]) -> None:
        """Add the next lines, and forget the first where there are too many bytes."""
        self._keys += [line.key for line in lines]
        self._lines += lines
        self._bytes += sum(len(line.text) for line in lines)
        if self._bytes > self._most:
            self._forget()

    def add_before(self, start: EventKey, lines: Sequence[Line]) -> None:
        """Add the lines after an event up to the first line."""
        self._keys[:0] = [line.key for line in lines]
        self._lines[:0] = lines
        self._bytes += sum(len(line.text) for line in lines)
        self.start, self.base = start, self.base - len(lines)

    def _forget(self) -> None:
        """Forget an eighth more than needed: it has to be done less often."""
        gone = 0
        while self._bytes > self._most * 7 // 8 and gone < len(self._lines) - 1:
            self._bytes -= len(self._lines[gone].text)
            gone += 1
        if gone:
            self.start, self.base = self._keys[gone - 1], self.base + gone
            del self._keys[:gone], self._lines[:gone]

    def after(self, key: EventKey) -> int | None:
        """The place right after an event; None when it is not here."""
        if key == self.start:
            return self.base
        at = bisect_left(self._keys, key)
        return self.base + at + 1 if at < len(self._keys) and self._keys[at] == key else None

    def before(self, place: int) -> EventKey:
        """The event right before a place, which is not before the ring."""
        return self._keys[place - self.base - 1] if place > self.base else self.start

    def piece(self, wanted: Wanted, place: int, end: int) -> tuple[int, bytes]:
        """What is wanted of the lines from a place on, not beyond `end`, as one piece; and where it stops."""
        stop, piece = joined(self._lines, wanted, place - self.base, end - self.base)
        return stop + self.base, piece


def joined(lines: Sequence[Line], wanted: Wanted, start: int, end: int) -> tuple[int, bytes]:
    """What is wanted of some lines, no more than about a piece of it; and where it stops."""
    found, size = list[bytes](), 0
    for at in range(start, end):
        line = lines[at]
        if wanted.wants(line):
            found.append(line.text)
            size += len(line.text)
            if size >= MOST_PIECE_BYTES:
                return at + 1, b"".join(found)
    return end, b"".join(found)
