"""The mirror of a process in which no dispatcher leads, for those who ask why a task waits.

It is made of what the view knows when somebody first asks, is fed by the events that the view takes in, and
is let go when nobody has asked for a while.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence

from assigner.dispatch.ahead.learning import look_again, mirror_with
from assigner.dispatch.mirror import Mirror
from assigner.domain.records import Event
from assigner.store.base import Store, World

KEPT_MS = 600_000
"""How long it is kept for the next one who asks."""
_logger = logging.getLogger("assigner")


class OwnMirror:
    """See the module."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._mirror: Mirror | None = None
        self._missed: list[Event] | None = None
        """The events that came while it was being made."""
        self._making = asyncio.Lock()
        self._asked_at = 0

    async def of(self, world: Callable[[], World], now: int) -> Mirror:
        """The mirror; where there is none, made of this world."""
        self._asked_at = now
        async with self._making:
            while self._mirror is None:
                await self._make(world)
            await look_again(self._store, self._mirror, now)
            return self._mirror

    async def _make(self, world: Callable[[], World]) -> None:
        missed = self._missed = list[Event]()
        try:
            mirror = await mirror_with(self._store, world())
            while missed:
                some = missed.copy()
                missed.clear()
                await mirror.take_in(some)
            if self._missed is missed:  # else it was dropped meanwhile: its world is no more
                self._mirror = mirror
        finally:
            if self._missed is missed:
                self._missed = None

    async def take_in(self, events: Sequence[Event]) -> None:
        """Keep up with the events."""
        if self._missed is not None:
            self._missed += events
        elif self._mirror is not None:
            await self._feed(self._mirror, events)

    async def _feed(self, mirror: Mirror, events: Sequence[Event]) -> None:
        try:
            await mirror.take_in(events)
        except Exception:
            # Lists and long polls do without it.
            _logger.exception("What tells why tasks wait has failed; it is made anew for who asks next")
            self.drop()
            return
        now = events[-1].at
        deque(mirror.agenda.take(now), maxlen=0)  # nobody here does what time asks for
        mirror.handling.changed.clear()  # nor keeps what is new
        mirror.sees.demand.fresh.clear()
        if now - self._asked_at > KEPT_MS:
            self.drop()

    def drop(self) -> None:
        """Let it go."""
        self._mirror = self._missed = None
