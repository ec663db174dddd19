"""The checker finds each fault of overrides once it is put there by hand, and none in what truly happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from assigner.clock import SystemClock
from assigner.domain.agent import Presence
from assigner.domain.lifecycle import OverrideState
from assigner.domain.records import Event
from assigner.store.memory import MemoryStore
from tests.faults import test_checker
from tests.faults.checker import KINDS, Evidence
from tests.faults.history import History
from tests.faults.test_checker import evidence, found
from tests.store.overriding import end, make, on, override
from tests.store.scene import Hand, done


async def lived() -> Evidence:
    """A freeze that is undone before a task is offered, two tasks adjusted, and one given by force."""
    store, history = MemoryStore(SystemClock()), History()
    hand = Hand(store)
    await hand.lead()
    for id in ("ann", "bob"):
        await done(hand.agent(id, capacity=1, doc={}))
    for id in ("t1", "t2", "t3"):
        await done(hand.task(id, doc={}))
    await done(make(hand, "freeze", slot="freeze q", action="freeze"))
    await done(end(hand, "freeze"))
    await done(
        make(
            hand,
            "pin",
            on("adjust", "t1", set={"pinned_agent": "ann"}),
            on("adjust", "t2", set={"priority": 9}),
        )
    )
    await done(hand.offer("t1"))
    await done(make(hand, "force", on("assign", "t3", agent="ann", force=True), action="assign"))
    return await evidence(store, history)


@cache
def true() -> Evidence:
    return asyncio.run(lived())


def at(type: str, id: str) -> int:
    """Where the event of a type about an override, or a task, is in the stream."""
    return next(
        i
        for i, event in enumerate(true().events)
        if event.type == type and id in [one.id for one in (event.override, event.task) if one]
    )


def with_events(*events: Event) -> Evidence:
    return replace(true(), events=events)


def changed(type: str, id: str, change: Callable[[Event], Event]) -> Evidence:
    """What happened, with an event changed."""
    events = list(true().events)
    events[at(type, id)] = change(events[at(type, id)])
    return with_events(*events)


def of_override(event: Event, **more: object) -> Event:
    assert event.override
    return replace(event, override=replace(event.override, **more))


def with_slot(slot: str) -> Evidence:
    """What happened, had an override that stood said something else."""
    return changed("override.made", "pin", lambda event: of_override(event, slot=slot))


def out_of_a_frozen_queue() -> Evidence:
    return with_slot("freeze q")


def to_a_drained_agent() -> Evidence:
    return with_slot("drain ann")


def to_one_kept_from_the_queue() -> Evidence:
    return with_slot("exclude ann q")


def given_to_another_than_it_is_pinned_to() -> Evidence:
    def pinned(event: Event) -> Event:
        assert event.task
        pin = {"pinned_agent": {"by": "pin", "value": "bob"}}
        return replace(event, task=replace(event.task, overrides={**event.task.overrides, **pin}))

    return changed("task.assigned", "t3", pinned)


def offered_to_another_than_it_is_pinned_to() -> Evidence:
    def pinned(event: Event) -> Event:
        assert event.task
        pin = {"pinned_agent": {"by": "pin", "value": "bob"}}
        return replace(event, task=replace(event.task, overrides=pin))

    return changed("task.offered", "t1", pinned)


def offered_to_one_who_is_excluded() -> Evidence:
    def excluded(event: Event) -> Event:
        assert event.task
        return replace(event, task=replace(event.task, overrides={"excluded_agents": {"ann": "pin"}}))

    return changed("task.offered", "t1", excluded)


def one_step_is_missing() -> Evidence:
    gone = at("task.adjusted", "t2")
    return with_events(*true().events[:gone], *true().events[gone + 1 :])


def another_came_between() -> Evidence:
    events = list(true().events)
    events.insert(at("task.adjusted", "t1"), events.pop(at("task.offered", "t1")))
    return with_events(*events)


def force_is_not_counted() -> Evidence:
    return changed("override.made", "force", lambda event: of_override(event, forced=0))


def given_to_one_who_is_away_without_force() -> Evidence:
    def away(event: Event) -> Event:
        assert event.task
        assert event.agent
        entry = {"assigned": {"by": "force", "forced": False}}
        agent = replace(event.agent, presence=Presence.AWAY)
        return replace(event, task=replace(event.task, overrides=entry), agent=agent)

    return changed("task.assigned", "t3", away)


def beyond_capacity_without_force() -> Evidence:
    def unforced(event: Event) -> Event:
        assert event.task
        entry = {"assigned": {"by": "force", "forced": False}}
        return replace(event, task=replace(event.task, overrides=entry))

    return changed("task.assigned", "t3", unforced)


def what_is_over_is_still_carried() -> Evidence:
    ended = replace(override("pin", touched=2), state=OverrideState.UNDONE, version=2)
    return with_events(
        *true().events, replace(true().events[at("override.undone", "freeze")], override=ended)
    )


def an_active_one_is_lost() -> Evidence:
    return replace(true(), world=replace(true().world, overrides=[]))


CASES: tuple[tuple[str, Callable[[], Evidence]], ...] = (
    ("against_override", out_of_a_frozen_queue),
    ("against_override", to_a_drained_agent),
    ("against_override", to_one_kept_from_the_queue),
    ("against_override", given_to_another_than_it_is_pinned_to),
    ("rule_broken", offered_to_another_than_it_is_pinned_to),
    ("rule_broken", offered_to_one_who_is_excluded),
    ("half_done", one_step_is_missing),
    ("half_done", another_came_between),
    ("not_counted", force_is_not_counted),
    ("not_counted", given_to_one_who_is_away_without_force),
    ("over_capacity", beyond_capacity_without_force),
    ("left_behind", what_is_over_is_still_carried),
    ("other_record", an_active_one_is_lost),
)


def test_nothing_is_found_in_what_truly_happened() -> None:
    """An agent holds two of one by force; a freeze that was undone stands against nothing."""
    [forced] = [one for one in true().world.overrides if one.id == "force"]
    assert forced.forced == 1
    assert [agent.load for agent in true().world.agents] == [2, 0]
    assert found(true()) == set()


@pytest.mark.parametrize(("kind", "doctored"), CASES, ids=lambda case: getattr(case, "__name__", None))
def test_each_kind_of_violation_is_found(kind: str, doctored: Callable[[], Evidence]) -> None:
    """What was put there by hand is named."""
    assert kind in found(doctored())


def test_every_kind_has_a_case() -> None:
    assert {kind for kind, _ in (*test_checker.CASES, *CASES)} == set(KINDS)
