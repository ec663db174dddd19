"""Whoever shares the event loop with the mirror gets their turn, however much it has to take in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assigner.dispatch.census import judged
from assigner.dispatch.feed import Feed
from assigner.dispatch.mirror import SLICE, Mirror
from assigner.dispatch.waiting import explain_live
from assigner.domain.eligibility import RULES
from tests.dispatch.living import Living, lived

Turns = list[None]
MANY = 10 * SLICE


@asynccontextmanager
async def turns() -> AsyncIterator[Turns]:
    """One for each time that the event loop goes round meanwhile."""
    found: Turns = []

    async def count() -> None:
        while True:
            await asyncio.sleep(0)
            found.append(None)

    counting = asyncio.ensure_future(count())
    try:
        yield found
    finally:
        counting.cancel()
        await asyncio.wait({counting})


async def backlog() -> Living:
    """Many tasks of one queue that ask a skill."""
    live = Living()
    for number in range(MANY):
        await live.task(f"t{number}", skills={"a": 5})
    return live


def asked(mirror: Mirror) -> set[tuple[tuple[str, int], ...]]:
    """What the tasks ask."""
    return {entry.task.requirement.skills for entry in mirror.tasks.values()}


@lived
async def test_a_mirror_is_made_a_slice_at_a_time() -> None:
    world = await (await backlog()).store.world()
    async with turns() as rounds:
        mirror = await Mirror.of(world)
        assert len(rounds) >= MANY // SLICE - 1
    assert mirror.queued == MANY


@lived
async def test_a_burst_of_events_is_taken_in_a_slice_at_a_time() -> None:
    live = Living()
    mirror = await Mirror.of(await live.store.world())
    feed = Feed(store=live.store, mirror=mirror)
    for number in range(MANY):
        await live.task(f"t{number}")
    async with turns() as rounds:
        events, _ = await feed.catch_up()
        assert len(rounds) >= MANY // SLICE - 1
    assert events == mirror.queued == MANY
    await feed.close()


@lived
async def test_new_steps_of_a_long_queue_are_taken_in_by_slices_and_before_anything_is_decided() -> None:
    live = await backlog()
    await live.queue("q", relaxation=[{"after_s": 60, "skills": {"a": 3}}])
    await live.settle()
    await live.wait(60_000)
    assert asked(live.mirror) == {(("a", 3),)}
    await live.queue("q", relaxation=[{"after_s": 60, "skills": {"a": 2}}])
    assert live.dispatcher.lead
    async with turns() as rounds:
        await live.dispatcher.lead.feed.catch_up()
        assert len(rounds) >= MANY // SLICE - 1
    assert asked(live.mirror) == {(("a", 2),)}


@lived
async def test_settings_that_change_nothing_about_what_is_asked_touch_no_task() -> None:
    live = await backlog()
    await live.queue("q", relaxation=[{"after_s": 60, "skills": {"a": 3}}])
    await live.settle()
    before = {id: (entry.task, entry.waiting) for id, entry in live.mirror.tasks.items()}
    await live.queue("q", relaxation=[{"after_s": 60, "skills": {"a": 3}}], offer_ttl_s=5, auto_accept=True)
    await live.settle()
    assert live.mirror.queue("q").auto_accept
    after = {id: (entry.task, entry.waiting) for id, entry in live.mirror.tasks.items()}
    assert all(one is other for id in before for one, other in zip(before[id], after[id], strict=True))


@lived
async def test_why_a_task_waits_is_told_in_slices_where_there_are_many_agents() -> None:
    live = Living()
    await live.task("t", skills={"a": 5})
    for number in range(MANY):
        await live.agent(f"a{number}")
    mirror = await Mirror.of(await live.store.world())
    async with turns() as rounds:
        found = await explain_live(mirror, await live.record("t"), live.clock.now_ms(), weights={})
        assert len(rounds) >= MANY // SLICE + len(RULES) - 1
    assert found.waiting.refusals == {"skill_missing": MANY}


@lived
async def test_why_all_tasks_wait_is_judged_in_slices_a_rule_at_a_time() -> None:
    live = Living()
    await live.task("t", skills={"a": 5})
    for number in range(SLICE):
        await live.agent(f"a{number}")
    mirror = await Mirror.of(await live.store.world())
    async with turns() as rounds:
        found = await judged(mirror, live.clock.now_ms(), {"q": "q"}, live.clock)
        assert len(rounds) >= len(RULES)
    assert found["assigner_refusals"]["skill_missing",] == SLICE
