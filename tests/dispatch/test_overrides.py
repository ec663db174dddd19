"""What stands by hand, as the dispatcher knows it: from events or from the world, and for how long."""

from __future__ import annotations

from assigner.dispatch.acting import Acting
from assigner.dispatch.ahead.sight import Seen
from assigner.dispatch.candidates import candidates
from assigner.dispatch.loop import Pace
from assigner.dispatch.maintenance import RETRY_MS, maintain
from assigner.dispatch.mirror import Mirror
from assigner.dispatch.plan import Plan
from assigner.dispatch.waiting import explain_live
from assigner.domain.lifecycle import OverrideState
from assigner.domain.policy import Policy
from assigner.domain.records import OverrideRecord
from assigner.domain.snapshot import Snapshot
from tests.dispatch.living import HOUR, Living, lived

TASK, QUEUE, ANA = {"tasks": 1}, {"queue": "q"}, {"agent": "ana"}


async def floor() -> Living:
    """Ana, and a task that she may take, in a queue of their own."""
    live = Living()
    await live.queue("q", auto_accept=False)
    await live.agent("ana", skills={"a": 1})
    await live.task("t", skills={"a": 1})
    return live


async def state(live: Living, override: OverrideRecord | None) -> OverrideState:
    assert override
    record = await live.store.override(override.id)
    assert record
    return record.state


@lived
async def test_who_leads_next_knows_what_stands() -> None:
    """A mirror made of the world, and one that was fed by the events, say the same."""
    for action, target, said in (
        ("freeze", QUEUE, {}),
        ("drain", ANA, {}),
        ("exclude", QUEUE, {"agent": "ana"}),
        ("exclude", TASK, {"agent": "ana"}),
    ):
        live = await floor()
        await live.settle()
        assert await live.where("t") == ["offered ana"]
        await live.override(action, target, *(["t"] if target is TASK else []), **said)
        await live.settle()
        assert await live.where("t") == ["queued"], (action, target)
        fresh = await Mirror.of(await live.store.world())
        for mirror in (fresh, live.mirror):
            assert candidates(mirror, live.clock.now_ms(), Policy()).snapshot.tasks == ()


@lived
async def test_the_smallest_change_names_the_override_that_is_to_be_undone() -> None:
    for action, target, said, kind in (
        ("freeze", QUEUE, {}, "unfreeze"),
        ("drain", ANA, {}, "end_drain"),
        ("exclude", QUEUE, {"agent": "ana"}, "undo_override"),
        ("exclude", TASK, {"agent": "ana"}, "undo_override"),
        ("pin", TASK, {"agent": "eva"}, "undo_override"),
    ):
        live = await floor()
        made = await live.override(action, target, *(["t"] if target is TASK else []), **said)
        assert made.override
        mirror = await Mirror.of(await live.store.world())
        found = await explain_live(mirror, await live.record("t"), live.clock.now_ms(), weights={})
        change = found.waiting.unblock
        assert (change.kind, change.overrides) == (kind, (made.override.id,))


@lived
async def test_what_the_client_excludes_or_pins_is_no_override_to_be_undone() -> None:
    live = await floor()
    await live.task("kept", skills={"a": 1}, excluded_agents=["ana"])
    await live.task("pinned", skills={"a": 1}, pinned_agent="eva")
    mirror = await Mirror.of(await live.store.world())
    for task, kind in (("kept", "lift_exclusion"), ("pinned", "agent_not_in_request")):
        found = await explain_live(mirror, await live.record(task), live.clock.now_ms(), weights={})
        assert (found.waiting.unblock.kind, found.waiting.unblock.overrides) == (kind, ())


@lived
async def test_an_end_that_came_while_nobody_led_is_made_up_for() -> None:
    live = await floor()
    until = live.clock.now_ms() + HOUR
    pin = await live.override("pin", TASK, "t", agent="eva", until=until)
    freeze = await live.override("freeze", QUEUE, until=until)
    live.clock.at_ms = until
    await live.wait(1)
    assert await live.where("t") == ["offered ana"]
    assert [await state(live, one.override) for one in (pin, freeze)] == [OverrideState.ENDED] * 2


@lived
async def test_the_last_task_that_ends_while_nobody_leads_ends_its_override() -> None:
    live = await floor()
    made = await live.override("reprioritise", TASK, "t", priority=99)
    await live.on_task("cancel", "t", reason="gone")
    assert await state(live, made.override) is OverrideState.ACTIVE
    await live.settle()
    assert await state(live, made.override) is OverrideState.ENDED


@lived
async def test_an_override_whose_tasks_are_not_all_known_yet_ends_when_they_are() -> None:
    """Its time has come while its last events are on their way."""
    live = await floor()
    await live.task("u")
    lease = await live.store.take_lease("lead", HOUR)
    assert lease
    mirror, until = await Mirror.of(await live.store.world()), live.clock.now_ms() + 1
    acting, before = Acting(store=live.store, mirror=mirror, lease=lease), mirror.last_event
    made = await live.override("reprioritise", TASK, "t", "u", priority=99, until=until)
    events = await anext(live.store.events(before))
    await mirror.take_in(events[:2])
    await maintain(acting, until)
    assert await state(live, made.override) is OverrideState.ACTIVE
    await mirror.take_in(events[2:])
    await maintain(acting, until + RETRY_MS)
    assert await state(live, made.override) is OverrideState.ENDED
    assert [(await live.record(task)).overrides for task in "tu"] == [{}, {}]


@lived
async def test_an_override_that_changed_no_task_ends() -> None:
    """Those that it was about had all gone on."""
    live = await floor()
    await live.settle()
    made = await live.override("reprioritise", TASK, priority=99)
    await live.settle()
    assert await state(live, made.override) is OverrideState.ENDED


@lived
async def test_an_override_that_took_the_place_of_another_is_the_one_that_counts() -> None:
    live = await floor()
    first = await live.override("freeze", QUEUE)
    second = await live.override("freeze", QUEUE)
    await live.settle()
    assert await state(live, first.override) is OverrideState.REPLACED
    assert second.override
    assert live.mirror.standing.frozen == {"q": second.override.id}
    assert await live.where("t") == ["queued"]
    await live.override("unfreeze", QUEUE)
    await live.settle()
    assert live.mirror.standing.frozen == {}
    assert await live.where("t") == ["offered ana"]


@lived
async def test_a_drained_agent_who_is_put_again_is_drained_still() -> None:
    live = await floor()
    await live.override("drain", ANA)
    await live.agent("ana", skills={"a": 2}, capacity=5)
    await live.wait(RETRY_MS)
    assert await live.where("t") == ["queued"]


@lived
async def test_what_a_cycle_under_way_offers_against_what_stands_is_refused_and_decided_again() -> None:
    """It has decided before, and did not know."""
    for action, target, said in (
        ("drain", ANA, {}),
        ("freeze", QUEUE, {}),
        ("exclude", QUEUE, {"agent": "ana"}),
    ):
        live = await floor()
        decide = live.dispatcher.decide

        async def late(snapshot: Snapshot, seen: Seen | None) -> Plan:
            plan = await decide(snapshot, seen)  # noqa: B023 - called in this turn
            await live.override(action, target, **said)  # noqa: B023
            return plan

        live.dispatcher.decide = late
        passed = await live.step()
        assert passed.report
        assert (passed.report.offered, dict(passed.report.refused)) == (0, {"override_conflict": 1}), action
        live.dispatcher.decide = decide
        await live.wait(1)
        assert await live.where("t") == ["queued"]


@lived
async def test_tasks_in_a_frozen_queue_stand_in_no_line_and_those_that_leave_it_do() -> None:
    live = await floor()
    await live.override("freeze", QUEUE)
    await live.settle()
    assert live.mirror.queued == 0
    record = await live.record("t")
    await live.on_task("transfer", "t", queue="other", doc=record.doc, size=1)
    await live.settle()
    assert await live.where("t") == ["offered ana"]
    assert live.mirror.standing.carriers == {}


@lived
async def test_an_override_is_forgotten_when_it_has_not_held_for_long() -> None:
    live = Living(pace=Pace(keep_overrides_ms=2 * HOUR))
    await live.queue("q")
    ended = (await live.override("freeze", QUEUE, until=live.clock.now_ms() + HOUR)).override
    held = (await live.override("drain", ANA)).override
    assert ended
    assert held
    await live.wait(3 * HOUR)
    assert await live.store.override(ended.id)
    await live.wait(live.pace.prune_every_ms + RETRY_MS)
    assert await live.store.override(ended.id) is None
    assert await live.store.override(held.id)
