"""Events that the store has to be asked for: of who comes back, and of who is far behind."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any, cast

from api.events.out import Line, Promised, id_of, line_of
from api.events.ring import Ring
from assigner.domain.records import Event
from assigner.store.base import EventsLost, Store, StoreUnavailable
from assigner.store.log import FIRST, EventKey, event_key

PATIENCE_S = 10.0
"""How long the store may take for events that it has."""
MOST_PAGES = 8
_SLICE = 64


class Past:
    """The past of one workspace. `promised` knows what its tasks are promised."""

    def __init__(self, store: Store, workspace: str, promised: Promised) -> None:
        self._store, self._workspace, self._promised = store, workspace, promised
        self._reaching = asyncio.Lock()
        self.forget()

    def forget(self) -> None:
        """The ring has begun anew: see again how far it can be made to go back."""
        self._too_far = event_key(FIRST)
        self._tried = False
        self._pages: dict[EventKey, asyncio.Task[list[Line]]] = {}

    def rest(self) -> None:
        """Nobody is behind: keep no pages."""
        self._pages.clear()

    def line(self, event: Event) -> Line:
        """An event, encoded."""
        return line_of(event, self._workspace, self._promised)

    async def page(self, after: EventKey) -> list[Line]:
        """The next events after one that is not the last. Raises EventsLost, and StoreUnavailable.

        Many who come back ask for the same pages: the last ones are kept.
        """
        reading = self._pages.get(after)
        if reading is None or (reading.done() and reading.exception()):
            reading = self._pages[after] = asyncio.create_task(self._read(after))
            for key in list(self._pages)[:-MOST_PAGES]:
                del self._pages[key]
        return await asyncio.shield(reading)

    async def _read(self, after: EventKey) -> list[Line]:
        try:
            # Let go of at once: who follows the store slowly would make it keep what others have read.
            async with asyncio.timeout(PATIENCE_S), aclosing(self._events(after)) as events:
                found: list[Event] = await anext(events)
        except TimeoutError:
            raise StoreUnavailable("The store does not give events that it has.") from None
        lines = list[Line]()
        for start in range(0, len(found), _SLICE):
            lines += map(self.line, found[start : start + _SLICE])
            await asyncio.sleep(0)
        return lines

    def _events(self, after: EventKey) -> Any:
        return cast("Any", self._store.events(id_of(after)))

    async def reach(self, ring: Ring, key: EventKey) -> None:
        """Make the ring go back to an event, where it is kept and there is room: many come back at once, and
        want the same.
        """
        async with self._reaching:
            if key >= ring.start or (self._tried and key <= self._too_far):
                return
            try:
                lines = await self._since(ring, key)
            except EventsLost:
                lines = None
            except StoreUnavailable:
                return
            if lines is None:
                self._too_far, self._tried = max(key, self._too_far), True
            else:
                ring.add_before(key, lines)

    async def _since(self, ring: Ring, key: EventKey) -> list[Line] | None:
        """What came after an event and before the ring; None when there is no room for it."""
        lines, size = list[Line](), 0
        while key < ring.start:
            some = await self.page(key)
            lines += some
            size += sum(len(line.text) for line in some)
            if size > ring.room:
                return None
            key = some[-1].key
        return [line for line in lines if line.key <= ring.start]
