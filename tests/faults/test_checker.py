"""The checker finds nothing in what truly happened, and each kind of fault once it is put there by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from assigner.clock import SystemClock
from assigner.domain.agent import Presence
from assigner.domain.lifecycle import State
from assigner.domain.records import AgentRecord, Event, TaskRecord
from assigner.store.base import Outcome
from assigner.store.log import FIRST
from assigner.store.memory import MemoryStore
from tests.faults.checker import Evidence, check
from tests.faults.history import Attempt, History, Result
from tests.faults.rules import broken
from tests.store.scene import FUTURE, NOW, PAST, Hand, done

AT = 1_795_345_200_000
BEFORE, AFTER = "2026-11-22T10:59:59Z", "2026-11-22T11:00:01Z"


def noted(history: History, client: str, verb: str, target: str, outcome: Outcome, op: str) -> None:
    result = Result.FAIL if outcome.refused else Result.OK
    history.answered(history.invoke(client, verb, target, op), result, outcome.refused or "")


async def lived() -> Evidence:
    """A small centre: one task done, one declined and taken by another, one not answered, one offered."""
    store, history = MemoryStore(SystemClock()), History()
    hand = Hand(store)
    await hand.lead()
    await done(hand.agent("ann", capacity=3, doc={"skills": {"german": 5}, "capacity": 3}))
    await done(hand.agent("bob", doc={"skills": {"german": 5}}))

    async def client(who: str, verb: str, target: str, **more: Any) -> None:
        op = f"{who}-{verb}-{target}"
        if verb == "enqueue":
            given = await hand.task(target, op=op, doc={"skills": {"german": 3}})
        elif verb == "complete":
            given = await hand.on(verb, target, op=op)
        else:
            given = await hand.answer(verb, target, op=op, **more)
        noted(history, who, verb, target, given, op)

    for task in ("t1", "t2", "t3", "t4"):
        await client("platform", "enqueue", task)
    await done(hand.offer("t1"))
    await client("ann", "accept", "o-t1")
    await done(hand.on("start", "t1"))
    await client("ann", "complete", "t1")
    await done(hand.offer("t2"))
    await client("ann", "decline", "o-t2", facts={"cool_until": NOW + 1})
    await done(hand.offer("t2", "bob", offer="o-t2-bob"))
    await client("bob", "accept", "o-t2-bob")
    await done(hand.offer("t3", expires_at=PAST))
    await client("ann", "accept", "o-t3")
    await done(hand.answer("expire", "o-t3", lease=hand.lease))
    await done(hand.offer("t4"))
    return await evidence(store, history)


async def evidence(store: MemoryStore, history: History) -> Evidence:
    world, ended = await store.world(), await store.ended(None, 100)
    told = {
        task.id: [(event.id, event.type) for event in await store.history(task.id)]
        for task in (*world.tasks, *ended)
    }
    events = await anext(aiter(store.events(FIRST)))
    return Evidence(
        history=history, events=events, world=world, ended=ended, told=told, now=SystemClock().now_ms()
    )


@cache
def true() -> Evidence:
    return asyncio.run(lived())


def found(evidence: Evidence) -> set[str]:
    return {violation.kind for violation in check(evidence)}


def which(type: str, task: str) -> Event:
    return next(e for e in true().events if e.type == type and e.task and e.task.id == task)


def with_event(old: Event, *new: Event) -> Evidence:
    """What happened, with an event replaced."""
    events = [one for event in true().events for one in (new if event is old else (event,))]
    return replace(true(), events=events)


def with_attempt(verb: str, target: str, op: str, result: Result) -> Evidence:
    attempt = Attempt(client="eve", verb=verb, target=target, op=op, began=0, ended=1, result=result)
    return replace(true(), history=History([*true().history.attempts, attempt]))


def with_agents(change: Callable[[AgentRecord], AgentRecord]) -> Evidence:
    """What happened, with other agents in every event."""
    return replace(true(), events=[replace(e, agent=e.agent and change(e.agent)) for e in true().events])


def lost_task() -> Evidence:
    known = true()
    events = [event for event in known.events if not event.task or event.task.id != "t3"]
    world = replace(known.world, tasks=[task for task in known.world.tasks if task.id != "t3"])
    return replace(known, events=events, world=world, told={**known.told, "t3": ()})


def lost_event() -> Evidence:
    gone = which("task.started", "t1")
    told = {id: [one for one in moments if one[0] != gone.id] for id, moments in true().told.items()}
    return replace(with_event(gone), told=told)


def other_record() -> Evidence:
    tasks = [replace(task, attempts=task.attempts + 1) for task in true().world.tasks]
    return replace(true(), world=replace(true().world, tasks=tasks))


def other_agent() -> Evidence:
    agents = [replace(agent, idle_since=1) for agent in true().world.agents]
    return replace(true(), world=replace(true().world, agents=agents))


def forgotten() -> Evidence:
    return replace(true(), told={**true().told, "t1": true().told["t1"][-1:]})


def two_holders() -> Evidence:
    event = which("task.accepted", "t1")
    assert event.task
    return with_event(event, replace(event, task=replace(event.task, agent="bob")))


def over_capacity() -> Evidence:
    return with_agents(lambda agent: replace(agent, doc={**agent.doc, "capacity": 0}))


def wrong_load() -> Evidence:
    event = which("task.offered", "t1")
    assert event.agent
    return with_event(event, replace(event, agent=replace(event.agent, load=2)))


def rule_broken() -> Evidence:
    return with_agents(lambda agent: replace(agent, doc={**agent.doc, "skills": {"german": 2}}))


def rule_broken_with_no_answer_asked() -> Evidence:
    event = which("task.accepted", "t1")
    agent = which("task.offered", "t1").agent
    assert agent
    unable = replace(agent, doc={**agent.doc, "skills": {}})
    return with_event(event, replace(event, actor="dispatcher", agent=unable))


def overdue() -> Evidence:
    return replace(true(), now=FUTURE + 1)


def stray_offer() -> Evidence:
    """An offer that stands while its task is queued again."""
    event = which("task.expired", "t3")
    offer = which("task.offered", "t3").offer
    assert offer
    return with_event(event, replace(event, offer=replace(offer, expires_at=FUTURE)))


def ended_twice() -> Evidence:
    event = which("task.accepted", "t1")
    return with_event(event, event, replace(event, id=f"{event.id}9"))


def not_done() -> Evidence:
    event = which("task.completed", "t1")
    return with_event(event, replace(event, op="another"))


def done_as_something_else() -> Evidence:
    event = which("task.completed", "t1")
    return with_event(event, replace(event, type="task.cancelled"))


def done_twice() -> Evidence:
    event = which("task.started", "t1")
    return with_event(event, replace(event, op="platform-enqueue-t1"))


def refused_yet_done() -> Evidence:
    return with_attempt("start", "t1", which("task.started", "t1").op, Result.FAIL)


def second_winner() -> Evidence:
    return with_attempt("accept", "o-t1", "eve-accept-o-t1", Result.OK)


CASES: tuple[tuple[str, Callable[[], Evidence]], ...] = (
    ("lost_task", lost_task),
    ("lost_event", lost_event),
    ("other_record", other_record),
    ("other_record", other_agent),
    ("forgotten", forgotten),
    ("two_holders", two_holders),
    ("over_capacity", over_capacity),
    ("wrong_load", wrong_load),
    ("rule_broken", rule_broken),
    ("rule_broken", rule_broken_with_no_answer_asked),
    ("endless_offer", overdue),
    ("endless_offer", stray_offer),
    ("ended_twice", ended_twice),
    ("not_done", not_done),
    ("not_done", done_as_something_else),
    ("done_twice", done_twice),
    ("refused_yet_done", refused_yet_done),
    ("second_winner", second_winner),
)


def test_nothing_is_found_in_what_truly_happened() -> None:
    """One task completed, one assigned, one queued, one offered: and nothing is wrong."""
    states = {task.id: task.state for task in true().tasks.values()}
    assert states == {"t1": State.COMPLETED, "t2": State.ASSIGNED, "t3": State.QUEUED, "t4": State.OFFERED}
    assert len(true().history.refused()) == 1
    assert check(true()) == []


@pytest.mark.parametrize(("kind", "doctored"), CASES, ids=lambda case: getattr(case, "__name__", None))
def test_each_kind_of_violation_is_found(kind: str, doctored: Callable[[], Evidence]) -> None:
    """What was put there by hand is named."""
    assert kind in found(doctored())


def test_an_op_that_was_unknown_once_may_have_been_done_and_refused_later() -> None:
    """The answer to the first attempt was lost; the second came too late. Nobody lied."""
    started = which("task.started", "t1").op
    history = History(list(true().history.attempts))
    history.invoke("eve", "start", "t1", started)
    history.answered(history.invoke("eve", "start", "t1", started), Result.FAIL)
    assert check(replace(true(), history=history)) == []


STEPS = {"relaxation": [{"after_s": 9, "drop": ["german"]}, {"after_s": 1, "skills": {"german": 2}}]}
RULES: tuple[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]], ...] = (
    ("", {"skills": {"german": 3}}, {"skills": {"german": 3}}, {}),
    ("skill", {"skills": {"german": 3}}, {"skills": {"german": 2}}, {}),
    ("skill", {"skills": {"german": 3}}, {}, {}),
    ("", {"any_skills": [{"sap": 1}, {"oracle": 1}]}, {"skills": {"oracle": 1}}, {}),
    ("any_skills", {"any_skills": [{"sap": 1}, {"oracle": 2}]}, {"skills": {"oracle": 1}}, {}),
    ("", {"channel": "email"}, {}, {}),
    ("", {"channel": "email"}, {"channels": ["email"]}, {}),
    ("wrong_channel", {"channel": "email"}, {"channels": []}, {}),
    ("excluded", {"excluded_agents": ["ann"]}, {}, {}),
    ("excluded", {}, {}, {"overrides": {"excluded_agents": {"ann": "x"}}}),
    ("", {"pinned_agent": "ann"}, {}, {}),
    ("pinned_elsewhere", {"pinned_agent": "bob"}, {}, {}),
    ("", {"pinned_agent": "bob"}, {}, {"overrides": {"pinned_agent": {"by": "x", "value": None}}}),
    (
        "pinned_elsewhere",
        {"pinned_agent": "ann"},
        {},
        {"overrides": {"pinned_agent": {"by": "x", "value": "bob"}}},
    ),
    ("", {"not_before": BEFORE}, {}, {}),
    ("not_yet", {"not_before": AFTER}, {}, {}),
    ("", {}, {"available_from": BEFORE, "available_until": AFTER}, {}),
    ("off_shift", {}, {"available_from": AFTER}, {}),
    ("off_shift", {}, {"available_until": BEFORE}, {}),
    ("absent", {}, {}, {"presence": Presence.AWAY}),
    ("cooling_down", {}, {}, {"cooling_down": {"ann": AT + 1}}),
    ("", {}, {}, {"cooling_down": {"ann": AT}}),
    ("", {"skills": {"german": 3}}, {"skills": {"german": 2}}, {"relaxed": 1, "queue": STEPS}),
    ("skill", {"skills": {"german": 3}}, {"skills": {"german": 1}}, {"relaxed": 1, "queue": STEPS}),
    ("", {"skills": {"german": 3}}, {}, {"relaxed": 2, "queue": STEPS}),
    ("skill", {"skills": {"german": 3}}, {}, {"relaxed": 2, "queue": {**STEPS, "floor": {"german": 1}}}),
)


@pytest.mark.parametrize(("rule", "task", "agent", "more"), RULES)
def test_each_rule_is_judged(
    rule: str, task: Mapping[str, Any], agent: Mapping[str, Any], more: Mapping[str, Any]
) -> None:
    """The one rule that is broken, and none where none is."""
    record = TaskRecord(
        id="t", doc=task, state=State.OFFERED, queue="q", size=1, version=2, created_at=0, queued_at=0,
        updated_at=0, relaxed=more.get("relaxed", 0), cooling_down=more.get("cooling_down", {}),
        overrides=more.get("overrides", {}),
    )  # fmt: skip
    presence = more.get("presence", Presence.AVAILABLE)
    ann = AgentRecord(id="ann", doc=agent, version=1, presence=presence, load=1, updated_at=0)
    said = [one.partition(":")[0] for one in broken(record, ann, more.get("queue", {}), AT)]
    assert said == ([rule] if rule else [])
