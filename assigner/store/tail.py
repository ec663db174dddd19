"""The events of a server's stream, read and understood once for all in this process who follow them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

from assigner.domain.records import Event
from assigner.store.base import EventsLost, StoreUnavailable
from assigner.store.log import EventKey, EventLog, event_key

KEPT = 50_000
"""How many events a follower may be behind before it has to read for itself."""
SETTLE_S = 0.002
"""How long to wait for what arrives in a moment: each reading costs more than the events in it."""

Entry = tuple[bytes, Sequence[bytes]]
"""The id of an event, and its fields."""


class Tail:
    """`read` gives the entries after an event, and waits for the first where it is told to; EventsLost when
    some are gone. It is called by one task for all who follow, as long as anybody does.
    """

    def __init__(
        self,
        read: Callable[[str, bool], Awaitable[list[Entry]]],
        understand: Callable[[bytes, Sequence[bytes]], Event],
    ) -> None:
        self._read = read
        self._understand = understand
        self._log: EventLog | None = None
        self._reading: asyncio.Task[None] | None = None
        self._at: dict[object, EventKey] = {}
        self._known: dict[bytes, Event] = {}

    def know(self, events: Iterable[Event]) -> None:
        """Events that this process has made itself, which need no understanding when they come."""
        if self._log:
            behind = event_key(self._log.last)
            self._known.update((event.id.encode(), event) for event in events if event_key(event.id) > behind)

    async def after(self, id: str) -> AsyncIterator[list[Event]]:
        """What happens after an event, as it happens. Raises EventsLost, and what reading raises."""
        follower = object()
        self._at[follower] = event_key(id)
        try:
            while True:
                log = self._log or self._begin(id)
                async for batch in self._behind(log, id):
                    id = batch[-1].id
                    yield batch
                id = max(id, log.start, key=event_key)
                try:
                    async for batch in log.after(id):
                        id = batch[-1].id
                        self._at[follower] = event_key(id)
                        yield batch
                except EventsLost:
                    if log.keeps(id):
                        raise
        finally:
            del self._at[follower]
            if not self._at:
                self.stop()

    async def _behind(self, log: EventLog, id: str) -> AsyncIterator[list[Event]]:
        """What came after an event that the log does not know, until it does, or there is no more."""
        while not log.keeps(id) or event_key(id) > event_key(log.last):
            batch = [self._understand(*entry) for entry in await self._read(id, False)]
            if not batch:
                break
            id = batch[-1].id
            yield batch

    def _begin(self, id: str) -> EventLog:
        log = self._log = EventLog(KEPT)
        log.begin_after(id)
        self._known.clear()
        self._reading = asyncio.create_task(self._follow(log, id))
        return log

    async def _follow(self, log: EventLog, id: str) -> None:
        try:
            while self._log is log:
                if entries := await self._read(id, True):
                    # The answers to the commands that made them are on their way too.
                    await asyncio.sleep(SETTLE_S)
                    log.forget(min(self._at.values()))
                    log.extend([self._event(*entry) for entry in entries])
                    id = log.last
        except Exception as error:
            if self._log is log:
                self._log = None
            log.fail(error)

    def _event(self, id: bytes, fields: Sequence[bytes]) -> Event:
        return self._known.pop(id, None) or self._understand(id, fields)

    def stop(self) -> None:
        """Read no more. Whoever follows still is told StoreUnavailable."""
        if self._log:
            self._log.fail(StoreUnavailable("The store is closed."))
        if self._reading:
            self._reading.cancel()
        self._log = None
        self._known.clear()

    async def close(self) -> None:
        """Read no more, and return when the last reading has let go of its connection."""
        self.stop()
        # The client may lose a cancellation while it makes sure of its connection.
        while self._reading and not self._reading.done():
            self._reading.cancel()
            await asyncio.wait({self._reading}, timeout=SETTLE_S)
