"""The hub by itself, where HTTP cannot choose the moment: who comes at a bad one, and who is stuck at one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from api.events.hub import MOST_BEHIND, MOST_PIECES, STOPS, Hub, Pace
from api.events.out import Wanted
from api.events.reader import Reader
from api.events.ring import Ring
from api.view import View
from assigner.clock import ManualClock
from assigner.store.base import Enqueue
from assigner.store.log import FIRST, EventKey, event_key
from assigner.store.memory import MemoryStore
from tests.api.running import DEADLINE_S
from tests.api_live.living import NOON_MS

ALL = Wanted()
SMALL = 1
"""Bytes of a ring that has no room for the past."""


class Scene:
    """A hub over a store in memory; its view is read when the test says so, or follows."""

    def __init__(self) -> None:
        self.store = MemoryStore(ManualClock(at_ms=NOON_MS))
        self.view = View(self.store)
        self.hub = Hub(self.store, self.view, "here")
        self.stopping = asyncio.Event()
        self.working: list[asyncio.Task[None]] = []

    async def happen(self, *tasks: str) -> list[EventKey]:
        """Make tasks: the keys of their events."""
        made = [
            Enqueue(op=id, actor="x", now=NOON_MS, task=id, doc={}, queue="main", size=1, created_at=NOON_MS)
            for id in tasks
        ]
        return [event_key(outcome.event or "") for outcome in await self.store.do("enqueue", made)]

    def join(self, after: EventKey | None = None) -> Reader:
        return self.hub.join(ALL, after, lambda: None)

    def serve(self, reader: Reader) -> asyncio.Queue[bytes]:
        """What the reader is given, a piece at a time."""
        given: asyncio.Queue[bytes] = asyncio.Queue()
        self.begin(self.hub.serve(reader, given.put))
        return given

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        self.working.append(asyncio.create_task(work))

    def keep(self) -> None:
        self.begin(self.hub.keep(self.stopping))


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    it = Scene()
    await it.view._load()
    try:
        async with asyncio.timeout(DEADLINE_S):
            yield it
    finally:
        for one in it.working:
            one.cancel()


async def _until(given: asyncio.Queue[bytes], text: bytes) -> bytes:
    """All that is given, up to a piece that has the text."""
    told = b""
    while text not in told:
        told += await given.get()
    return told


def test_who_is_far_behind_and_takes_nothing_gives_way_to_others() -> None:
    async def play() -> None:
        async with scene() as it:
            it.hub.pace, it.hub.ring = Pace(turn_s=0.01), Ring(SMALL)
            before = it.view.position
            await it.happen(*(f"t{n}" for n in range(20)))
            await it.view._load()

            async def take_nothing(_: bytes) -> None:
                await asyncio.get_running_loop().create_future()

            for _ in range(2 * MOST_BEHIND):
                it.begin(it.hub.serve(it.join(before), take_nothing))
            told = await _until(it.serve(it.join(before)), b'"t19"')
            assert told.count(b"\ndata: ") == 20

    asyncio.run(play())


def test_who_comes_when_the_service_has_begun_to_stop_is_sent_away() -> None:
    async def play() -> None:
        async with scene() as it:
            it.keep()
            it.stopping.set()
            await it.working[0]
            late = it.join()
            given = list[bytes]()

            async def give(piece: bytes) -> None:
                given.append(piece)

            await it.hub.serve(late, give)
            assert given == [STOPS]

    asyncio.run(play())


def test_who_comes_before_all_that_was_missed_is_there_hears_only_what_comes_then() -> None:
    async def play() -> None:
        async with scene() as it:
            there = it.serve(it.join())
            await it.happen("missed")
            await it.view._load()
            new = it.serve(it.join())
            it.keep()
            it.begin(it.view.follow())
            assert await _until(there, b'"missed"')
            await it.happen("next")
            assert b'"missed"' not in await _until(new, b'"next"')
            assert b'"missed"' not in await _until(there, b'"next"')

    asyncio.run(play())


def test_what_is_forgotten_while_it_is_read_is_not_told_to_who_comes_then() -> None:
    async def play() -> None:
        async with scene() as it:
            gone = it.join()
            await it.happen("missed")
            await it.view._load()
            reading = asyncio.create_task(it.hub._bridge())
            await asyncio.sleep(0)
            it.hub.leave(gone)
            it.hub.forget()
            it.join()
            await reading
            assert it.hub.ring.end == it.hub.ring.base
            assert it.hub.ring.last == it.view.position

    asyncio.run(play())


def test_where_the_store_has_only_what_is_not_heard_yet_others_have_the_loop() -> None:
    """A store that has lost events, before the view has found out."""

    async def play() -> None:
        async with scene() as it:
            [known, _] = await it.happen("known", "not-heard")
            reader = it.join()
            it.hub.ring.begin(known)
            reader.last, reader.place = known, None
            await it.hub._past.page(known)
            turns = list[int]()
            asyncio.get_running_loop().call_soon(turns.append, 1)

            async def give(_: bytes) -> None: ...

            await it.hub._read_on(reader, give)
            assert turns
            assert reader.last == known

    asyncio.run(play())


def test_not_many_pieces_are_kept_though_readers_are_at_many_places() -> None:
    async def play() -> None:
        async with scene() as it:
            it.join()
            await it.happen(*(f"t{n}" for n in range(2 * MOST_PIECES)))
            it.hub.heard(await anext(it.store.events(FIRST)))
            await it.hub._take_in()
            await it.hub._call()
            for place in range(it.hub.ring.base, it.hub.ring.end):
                stop, piece = it.hub._piece(ALL, place)
                assert piece.count(b"\ndata: ") == stop - place
            assert 0 < len(it.hub._pieces) <= MOST_PIECES

    asyncio.run(play())
