"""The events of a MemoryStore: the last so many of them, and whoever waits for the next."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Sequence
from functools import lru_cache

from assigner.domain.records import Event
from assigner.store.base import EventsLost

FIRST = "0-0"
"""Before every event."""
MOST_AT_ONCE = 1_000

EventKey = tuple[int, int]


@lru_cache(maxsize=4_096)
def event_key(id: str) -> EventKey:
    """The order of event ids."""
    milliseconds, _, sequence = id.partition("-")
    return int(milliseconds), int(sequence or 0)


class EventLog:
    """A bounded list of events in the order of their ids."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._keys: list[EventKey] = []
        self._events: list[Event] = []
        self._lost = self._last = event_key(FIRST)
        self._waiting: set[asyncio.Future[None]] = set()
        self._error: Exception | None = None

    @property
    def last(self) -> str:
        """The id of the last event, or the one that the log began after."""
        return "{}-{}".format(*self._last)

    @property
    def start(self) -> str:
        """The id after which everything is here."""
        return "{}-{}".format(*self._lost)

    def begin_after(self, id: str) -> None:
        """Forget everything: the next event is one after `id`."""
        self._keys.clear()
        self._events.clear()
        self._lost = self._last = event_key(id)

    def next_id(self, at_ms: int) -> str:
        """An id after every other, as a stream would give it."""
        milliseconds, sequence = self._last
        return f"{at_ms}-0" if at_ms > milliseconds else f"{milliseconds}-{sequence + 1}"

    def append(self, event: Event) -> None:
        """Keep an event, drop the oldest, and call whoever waits."""
        self.extend((event,))

    def extend(self, events: Sequence[Event]) -> None:
        """Keep events, drop the oldest, and call whoever waits."""
        self._keys.extend(event_key(event.id) for event in events)
        self._events.extend(events)
        self._last = self._keys[-1]
        if len(self._keys) > self._most + self._most // 8 + 1:
            gone = len(self._keys) - self._most
            self._lost = self._keys[gone - 1]
            del self._keys[:gone], self._events[:gone]
        self._call()

    def forget(self, key: EventKey) -> None:
        """Drop the events up to this one: nobody needs them any more."""
        gone = bisect_right(self._keys, key)
        if gone:
            self._lost = self._keys[gone - 1]
            del self._keys[:gone], self._events[:gone]

    def fail(self, error: Exception) -> None:
        """There will be no more events: whoever has read them all gets the error."""
        self._error = error
        self._call()

    def _call(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for one in waiting:
            if not one.done():
                one.set_result(None)

    def keeps(self, id: str) -> bool:
        """Whether everything after an event is here that has come since."""
        return event_key(id) >= self._lost

    def knows(self, id: str) -> bool:
        """Whether the log has come to an event, or past it."""
        return event_key(id) <= self._last

    def find(self, id: str) -> Event | None:
        """One event, if it is kept still."""
        at = bisect_right(self._keys, event_key(id)) - 1
        return self._events[at] if at >= 0 and self._events[at].id == id else None

    def before(self, key: EventKey) -> tuple[str, bool]:
        """The last event before a place in the order, or the one that the log begins after; whether it is
        before.
        """
        at = bisect_left(self._keys, key)
        found = self._keys[at - 1] if at else self._lost
        return "{}-{}".format(*found), found < key

    async def after(self, id: str) -> AsyncIterator[list[Event]]:
        """All that comes after an event. Raises EventsLost when some is gone, and how the log failed."""
        key = event_key(id)
        while True:
            if key < self._lost:
                raise EventsLost(f"The events right after {id} are not kept any more.")
            at = bisect_right(self._keys, key)
            if at == len(self._keys):
                if self._error:
                    raise self._error
                await self._next()
                continue
            batch = self._events[at : at + MOST_AT_ONCE]
            key = event_key(batch[-1].id)
            yield batch

    async def _next(self) -> None:
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)
