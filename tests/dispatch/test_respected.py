"""Whatever happens to tasks and agents: who is offered what is as it was decided by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from assigner.dispatch.acting import ACTOR
from assigner.dispatch.overrides import plan_undo
from assigner.domain.instant import rfc3339
from assigner.domain.lifecycle import OverrideState, State
from assigner.domain.records import Event, OverrideRecord, TaskRecord
from assigner.store.base import EndOverride, OnTask, World
from tests.dispatch.living import HOUR, MINUTE, START, Living, lived
from tests.dispatch.test_candidates import AGENTS, BOUNDED, TASKS, Op, do, ops

OTHER = {"queue": "other"}
FOR_TASKS: dict[str, dict[str, Any]] = {
    "pin": {"agent": "luis"},
    "unpin": {},
    "exclude": {"agent": "ana"},
    "reprioritise": {"priority": 90},
    "reschedule": {"due_at": rfc3339(START + MINUTE)},
    "hold": {},
    "assign": {"agent": "eva", "force": True},
    "transfer": {"queue": "other"},
    "resume": {},
    "release": {},
}
STANDING: tuple[tuple[str, dict[str, str], dict[str, str]], ...] = (
    ("freeze", OTHER, {}),
    ("unfreeze", OTHER, {}),
    ("drain", {"agent": "eva"}, {}),
    *(("exclude", OTHER, {"agent": agent}) for agent in AGENTS[:2]),
)
LATER = st.sampled_from((None, None, 2 * MINUTE, HOUR))
MORE = st.one_of(
    st.tuples(
        st.just("tasks"),
        st.tuples(st.sampled_from(sorted(FOR_TASKS)), st.sets(st.sampled_from(TASKS[:4]), min_size=1)),
        LATER,
    ),
    st.tuples(st.just("standing"), st.sampled_from(STANDING), LATER),
    st.tuples(st.just("move"), st.sampled_from(TASKS[:4]), st.sampled_from(("q", "other"))),
    st.tuples(st.just("undo"), st.integers(0, 9), st.none()),
    st.tuples(st.just("lead"), st.just(""), st.none()),
    st.tuples(st.just("settle"), st.just(""), st.none()),
)
UNTIL = frozenset(("pin", "unpin", "exclude", "reprioritise", "reschedule", "hold", "drain", "freeze"))


async def _more(live: Living, verb: str, what: Any, how: Any) -> None:
    until = None if how is None or verb == "move" else live.clock.now_ms() + how
    match verb:
        case "tasks":
            action, named = what
            there = [id for id in sorted(named) if await live.store.task(id)]
            until = until if action in UNTIL else None
            await live.override(action, {"tasks": len(there)}, *there, until=until, **FOR_TASKS[action])
        case "standing":
            action, target, said = what
            await live.override(action, target, until=until if action in UNTIL else None, **said)
        case "move" if record := await live.store.task(what):
            facts = {"queue": how, "doc": {**record.doc, "queue": how}, "size": record.size}
            await live.store.transfer([OnTask(**live.said(), task=what, facts=facts)])
        case "undo":
            await _undo(live, what)
        case "lead":
            await live.dispatcher.close()
            live.dispatcher = live.another(f"another-{live.ops}")
        case "settle":
            await live.settle()


async def _undo(live: Living, number: int) -> None:
    """Undo one of the active overrides, as the API does."""
    active = sorted((await live.store.world()).overrides, key=lambda one: one.id)
    if active:
        record = active[number % len(active)]
        found = [await live.store.task(id) for id in await live.store.override_tasks(record.id)]
        steps = list(plan_undo(record, [task for task in found if task]))
        said = live.said("lea")
        await live.store.end_override(
            [EndOverride(**said, override=record.id, state=OverrideState.UNDONE, steps=steps)]
        )


def _against(task: TaskRecord, agent: str, active: Mapping[str, OverrideRecord]) -> list[str]:
    """What was decided by hand against this agent's having this task, or said by its client."""
    pin = task.overrides.get("pinned_agent", {"value": task.doc.get("pinned_agent")})["value"]
    kept = {*task.doc.get("excluded_agents", ()), *task.overrides.get("excluded_agents", ())}
    slots = {one.slot for one in active.values()}
    found = (f"freeze {task.queue}", f"drain {agent}", f"exclude {agent} {task.queue}")
    return [
        *([f"pinned to {pin}"] if pin not in (None, agent) else []),
        *(["excluded"] if agent in kept else []),
        *(slot for slot in found if slot in slots),
    ]


def _handed_out_as_decided(events: list[Event]) -> None:
    active: dict[str, OverrideRecord] = {}
    for event in events:
        if event.override is not None:
            active.pop(event.override.id, None)
            if event.override.state is OverrideState.ACTIVE:
                active[event.override.id] = event.override
        if event.actor == ACTOR and event.type in ("task.offered", "task.accepted"):
            assert event.task
            assert event.task.agent
            assert _against(event.task, event.task.agent, active) == []


def _at_rest_as_decided(world: World, now: int) -> None:
    assert all(one.until is None or one.until > now for one in world.overrides)
    active = {one.id: one for one in world.overrides}
    carried = set()
    for task in world.tasks:
        for name, entry in task.overrides.items():
            by = set(entry.values()) if name == "excluded_agents" else {entry["by"]}
            carried |= by
            if name != "assigned" or task.started_at is None:
                assert by <= active.keys(), (task.id, name)
        if task.state is State.OFFERED:
            assert task.agent
            assert _against(task, task.agent, active) == []
    assert {one.id for one in active.values() if one.slot is None} <= carried


async def _respected(done: list[Op], more: list[tuple[int, tuple[str, Any, Any]]]) -> None:
    live = Living()
    await live.queue("other", auto_accept=False)
    for number in range(len(done) + 1):
        for at, (verb, what, how) in more:
            if at == number or (number == len(done) and at > number):
                await _more(live, verb, what, how)
        if number < len(done):
            await do(live, done[number])
    await live.wait(2 * MINUTE)
    world = await live.store.world()
    events = list[Event]()
    if world.last_event != "0-0":
        async for batch in live.store.events("0-0"):
            events += batch
            if batch[-1].id == world.last_event:
                break
    _handed_out_as_decided(events)
    _at_rest_as_decided(world, live.clock.now_ms())


@settings(BOUNDED, max_examples=150)
@given(ops(st.just(1)), st.lists(st.tuples(st.integers(4, 28), MORE), max_size=14))
def test_whatever_happens_what_was_decided_by_hand_is_respected(
    done: list[Op], more: list[tuple[int, tuple[str, Any, Any]]]
) -> None:
    """A change of the client, a decline, an expiry, a relaxation, a transfer, another dispatcher."""
    lived(_respected)(done, more)
