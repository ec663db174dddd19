"""The dispatcher by itself, in real time: it wakes, begins anew, and keeps its lease while it decides."""

from __future__ import annotations

import asyncio

import pytest

from assigner.backoff import Backoff
from assigner.clock import ManualClock, SystemClock
from assigner.dispatch.ahead.sight import Seen
from assigner.dispatch.aside import Decider
from assigner.dispatch.loop import Dispatcher, Pace
from assigner.dispatch.plan import Plan, make_plan
from assigner.domain.policy import Policy
from assigner.domain.snapshot import Snapshot
from assigner.store.memory import MemoryStore
from tests.dispatch.living import Living


def test_it_runs_by_itself_wakes_on_events_and_stops() -> None:
    """In real time: a task that comes is offered without anybody calling; a stop gives the lease up."""

    async def scene() -> str | None:
        clock = SystemClock()
        store = MemoryStore(clock)
        live = Living(clock=ManualClock(at_ms=clock.now_ms()))
        live.store = store
        decide = Decider(Policy(), clock)
        dispatcher = Dispatcher(store=store, clock=clock, holder="one", decide=decide)
        stop = asyncio.get_running_loop().create_future()
        running = asyncio.create_task(dispatcher.run(stop))
        await live.agent("ana")
        events = store.events((await store.world()).last_event)
        await live.task("t")
        async for batch in events:
            if any(event.type == "task.offered" for event in batch):
                break
        stop.set_result(None)
        await running
        return await store.take_lease("another", 1_000)

    assert asyncio.run(asyncio.wait_for(scene(), 30)) is not None


def test_what_fails_again_and_again_is_tried_ever_less_often_and_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scene() -> float:
        clock = SystemClock()
        store = MemoryStore(clock)
        live = Living(clock=ManualClock(at_ms=clock.now_ms()))
        live.store = store
        tries = 0

        async def decide(snapshot: Snapshot, seen: Seen | None) -> Plan:
            nonlocal tries
            tries += 1
            if tries < 4:
                raise KeyError(next(iter(snapshot.tasks)).id)
            return make_plan(snapshot, Policy(), clock, 1_000, None, seen)

        backoff = Backoff(shortest_s=0.01)
        dispatcher = Dispatcher(store=store, clock=clock, holder="one", decide=decide, backoff=backoff)
        stop = asyncio.get_running_loop().create_future()
        await live.agent("ana")
        await live.task("t")
        events = store.events((await store.world()).last_event)
        running = asyncio.create_task(dispatcher.run(stop))
        batch = await anext(events)
        assert [event.type for event in batch] == ["task.offered"]
        stop.set_result(None)
        await running
        return backoff.pause_s

    assert asyncio.run(asyncio.wait_for(scene(), 30)) == 0.04
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "The dispatcher has failed; it begins anew"
    ]


def test_the_lease_is_kept_through_a_decision_that_takes_longer_than_a_lease() -> None:
    """Until the decision is let end, which is when it would have been lost several times over."""

    async def scene() -> str:
        clock = SystemClock()
        store = MemoryStore(clock)
        live = Living(clock=ManualClock(at_ms=clock.now_ms()))
        live.store = store

        async def decide(snapshot: Snapshot, seen: Seen | None) -> Plan:
            began = clock.monotonic_s()
            while clock.monotonic_s() - began < 3 * pace.lease_ms / 1_000:
                assert await store.take_lease("another", 1_000) is None
                await asyncio.sleep(0.01)
            return make_plan(snapshot, Policy(), clock, 1_000, None, seen)

        pace = Pace(lease_ms=900)
        dispatcher = Dispatcher(store=store, clock=clock, holder="one", decide=decide, pace=pace)
        stop = asyncio.get_running_loop().create_future()
        running = asyncio.create_task(dispatcher.run(stop))
        await live.agent("ana")
        events = store.events((await store.world()).last_event)
        await live.task("t")
        told: list[str] = []
        async for batch in events:
            told += [event.op for event in batch if event.type == "task.offered"]
            if told:
                break
        stop.set_result(None)
        await running
        return told[0]

    assert asyncio.run(asyncio.wait_for(scene(), 30)).startswith("dispatcher-1-")
