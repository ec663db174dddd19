"""The mirror of a process that does not dispatch: made once, kept by events, let go."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from api.own_mirror import KEPT_MS, OwnMirror
from assigner.dispatch.ahead.demand import MOST_TYPES
from assigner.domain.records import Event
from assigner.domain.task import Requirement, Task
from assigner.store.base import StoreUnavailable, World
from tests.dispatch.living import START, Living, lived


class Process:
    """What an API process has: a world as the view knows it, and events that come after it."""

    def __init__(self) -> None:
        self.live = Living()
        self.own = OwnMirror(self.live.store)
        self.known = World(tasks=[], agents=[], offers=[], queues=[], last_event="0-0")
        self.looked = 0

    def world(self) -> World:
        self.looked += 1
        return self.known

    async def hear(self) -> list[Event]:
        """The events that have come, which the view and the mirror take in."""
        events = await anext(self.live.store.events(self.known.last_event))
        self.known = await self.live.store.world()
        await self.own.take_in(events)
        return events

    async def tasks(self) -> set[str]:
        """The tasks that the mirror knows."""
        return set((await self.own.of(self.world, START)).tasks)


@lived
async def test_it_is_made_when_first_asked_for_and_fed_from_then_on() -> None:
    process = Process()
    await process.live.task("a")
    await process.hear()
    assert process.looked == 0
    assert await process.tasks() == {"a"}
    await process.live.task("b")
    await process.live.on_task("cancel", "a")
    await process.hear()
    assert (await process.tasks(), process.looked) == ({"b"}, 1)


@lived
async def test_what_happens_while_it_is_made_is_not_missed_and_who_asks_then_gets_the_same() -> None:
    process = Process()
    for number in range(1_000):
        await process.live.task(f"t{number}")
    await process.hear()
    asking = [asyncio.ensure_future(process.tasks()) for _ in range(2)]
    await asyncio.sleep(0)
    await process.live.task("late")
    await process.hear()
    assert not asking[0].done()
    found = await asyncio.gather(*asking)
    assert (found[0], len(found[0]), "late" in found[0], process.looked) == (found[1], 1_001, True, 1)


@lived
async def test_it_is_made_again_where_the_world_was_read_again_meanwhile() -> None:
    process = Process()
    for number in range(1_000):
        await process.live.task(f"t{number}")
    await process.hear()
    asking = asyncio.ensure_future(process.tasks())
    await asyncio.sleep(0)
    process.own.drop()
    process.known = replace(process.known, tasks=process.known.tasks[:1])
    assert (await asking, process.looked) == ({"t0"}, 2)


@lived
async def test_it_is_let_go_when_nobody_asks_for_long() -> None:
    process = Process()
    await process.tasks()
    for ms in (KEPT_MS, 1):
        process.live.clock.at_ms += ms
        await process.live.task(f"after-{ms}")
        await process.hear()
        assert process.looked == 1
    assert await process.tasks() == {f"after-{KEPT_MS}", "after-1"}
    assert process.looked == 2


@lived
async def test_what_it_cannot_take_in_costs_nobody_else_anything() -> None:
    process = Process()
    await process.tasks()
    await process.live.task("t", priority="no such")
    [event] = await process.hear()
    assert event.task
    process.known = replace(process.known, tasks=[replace(event.task, doc={})])
    assert (await process.tasks(), process.looked) == ({"t"}, 2)


@lived
async def test_while_the_store_cannot_be_read_there_is_none_and_no_event_is_kept_for_it() -> None:
    process = Process()

    def gone() -> World:
        raise StoreUnavailable("Gone.")

    with pytest.raises(StoreUnavailable):
        await process.own.of(gone, START)
    await process.live.task("t")
    await process.hear()
    assert (await process.tasks(), process.looked) == ({"t"}, 1)


@lived
async def test_what_whoever_leads_has_still_to_keep_does_not_pile_up_where_nobody_does() -> None:
    process = Process()
    live = process.live
    await live.agent("ana", capacity=9)
    await process.hear()
    mirror = await process.own.of(process.world, START)
    for category in ("fraud", "cards"):
        await live.task(category, category=category)
        await live.on_task("assign", category, agent="ana")
        live.clock.at_ms += 60_000
        await live.on_task("complete", category)
        await process.hear()
        assert mirror.handling.tried(category, "ana") == 1
        assert (mirror.handling.changed, mirror.sees.demand.fresh) == (set(), set())


@lived
async def test_of_what_arrives_no_more_types_are_counted_than_where_prices_are_settled() -> None:
    process = Process()
    mirror = await process.own.of(process.world, START)
    for number in range(MOST_TYPES + 5):
        requirement = Requirement(category=f"c{number}")
        mirror.sees.demand.arrives(Task(id="t", requirement=requirement, created_at=START), None, START)
    await process.own.of(process.world, START + KEPT_MS)
    assert len(mirror.sees.demand.arrived) == MOST_TYPES
