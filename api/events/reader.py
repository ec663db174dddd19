"""One who follows the events: how far they have come, and what is to be told to them besides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from api.events.out import Wanted, reset_of
from assigner.store.log import EventKey


@dataclass(slots=True, kw_only=True, eq=False)
class Reader:
    """What a hub knows of a reader. `last` is the last event that they have passed, told or not; `place` is
    the one after it in the ring, None while that has to be found.
    """

    wanted: Wanted
    last: EventKey
    hang_up: Callable[[], None]
    place: int | None = None
    notes: list[bytes] = field(default_factory=list)
    """What comes first: few, and short."""
    since_s: float | None = None
    """Since when they have been taking a piece."""
    level: bool = False
    """Whether they have been told that they have everything so far."""
    over: bool = False
    """Nothing comes after the notes."""
    dropped: bool = False
    _waiting: asyncio.Future[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether they have everything, and wait for more."""
        return self._waiting is not None

    def taking_s(self, now_s: float) -> float:
        """How long they have been taking the piece that they are at."""
        return 0.0 if self.since_s is None else now_s - self.since_s

    async def wait(self) -> None:
        """Wait for more."""
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None

    def wake(self) -> None:
        """There is more."""
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    def note(self, text: bytes) -> None:
        """Tell something besides the events."""
        self.notes.append(text)
        self.wake()

    def take_notes(self) -> bytes:
        """What comes first."""
        notes = b"".join(self.notes)
        self.notes.clear()
        return notes

    def reset(self, place: int, last: EventKey, why: str) -> None:
        """Tell that something was missed, and go on after an event."""
        self.place, self.last = place, last
        self.notes.clear()
        self.note(reset_of(last, why))

    def end(self, goodbye: bytes = b"") -> None:
        """Tell nothing more but goodbye."""
        if not self.over:
            self.over = True
            self.note(goodbye)

    def drop(self) -> None:
        """End it at once, whatever is on its way."""
        self.over = self.dropped = True
        self.notes.clear()
        self.hang_up()
        self.wake()
