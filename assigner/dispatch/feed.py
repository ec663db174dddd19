"""The feed: a mirror, and the store's events that keep it so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from assigner.dispatch.ahead.learning import mirror_of
from assigner.dispatch.mirror import Mirror
from assigner.domain.records import Event
from assigner.store.base import Store

Heard = Callable[[Mirror, Sequence[Event]], None]
"""Hears of events before the mirror, which still knows how it was before them, takes them in."""
TURNS = 3
"""How often the event loop goes round for events that are there already to be handed over."""


def unheard(mirror: Mirror, events: Sequence[Event]) -> None:
    """Nobody hears of events."""


@dataclass(slots=True, kw_only=True)
class Feed:
    """A mirror and the events after it. `arriving` is the next batch of them; `heard` hears of each once."""

    store: Store
    mirror: Mirror
    events: AsyncIterator[list[Event]] | None = None
    arriving: asyncio.Future[list[Event]] | None = None
    heard: Heard = unheard

    @staticmethod
    async def of(store: Store, heard: Heard = unheard) -> Feed:
        """A mirror of the store's world."""
        return Feed(store=store, mirror=await mirror_of(store), heard=heard)

    async def catch_up(self) -> tuple[int, int]:
        """Take in the events that are there. Returns how many, and when the first was, by the store's clock.

        Raises EventsLost, StoreUnavailable.
        """
        count, first = 0, 0
        while await self._come():
            arrived, self.arriving = self._next(), None
            try:
                events = arrived.result()
            except BaseException:
                self.events = None  # it ends with its first error; the next one goes on after the last event
                raise
            self.heard(self.mirror, events)
            await self.mirror.take_in(events)
            first = first or int(events[0].id.partition("-")[0])
            count += len(events)
        return count, first

    async def _come(self) -> bool:
        arriving = self._next()
        for _ in range(TURNS):
            if arriving.done():
                break
            await asyncio.sleep(0)
        return arriving.done()

    def _next(self) -> asyncio.Future[list[Event]]:
        if self.events is None:
            self.events = self.store.events(self.mirror.last_event)
        if self.arriving is None:
            self.arriving = asyncio.ensure_future(anext(self.events))
        return self.arriving

    async def wait(self, stop: asyncio.Future[None], seconds: float) -> bool:
        """Wait until there are events, or `stop`, or so long. Returns whether there are events."""
        arriving = self._next()
        either: set[asyncio.Future[Any]] = {arriving, stop}
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return arriving.done()

    async def close(self) -> None:
        """Follow no longer."""
        if self.arriving is not None:
            self.arriving.cancel()
            await asyncio.wait({self.arriving})
            self.arriving = None
