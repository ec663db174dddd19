"""What coordinators decided by hand, against the stream: it was done as one, it held, nothing of it stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from assigner.domain.document import by_hand
from assigner.domain.lifecycle import OverrideState
from assigner.domain.records import AgentRecord, Event, OverrideRecord, TaskRecord

Found = Iterator[tuple[str, str]]


def given(event: Event) -> bool:
    """Whether an event gives a task: an offer, or the acceptance of one that nobody had to answer."""
    return event.type == "task.offered" or (event.type == "task.accepted" and event.actor == "dispatcher")


def is_forced(task: TaskRecord) -> bool:
    """Whether an override gave the task to an agent who had no room, or was not there."""
    return bool(task.overrides.get("assigned", {}).get("forced"))


def held(events: Sequence[Event]) -> Found:
    """Nothing is handed out of a frozen queue, to a drained agent, or to one who is kept from the queue;
    nothing is given to another agent than the one to whom it is pinned by hand.
    """
    slots: dict[str, str] = {}
    for event in events:
        override, task, agent = event.override, event.task, event.agent
        if override and override.slot:
            _note(slots, override)
        if task and agent and given(event):
            for name in (f"freeze {task.queue}", f"drain {agent.id}", f"exclude {agent.id} {task.queue}"):
                if by := slots.get(name):
                    yield "against_override", f"{task.id} to {agent.id}: '{name}' stands by {by}: {event.id}"
        if task and agent and event.type == "task.assigned":
            yield from _assigned(event, task, agent)


def _note(slots: dict[str, str], override: OverrideRecord) -> None:
    slot = str(override.slot)
    if override.state is OverrideState.ACTIVE:
        slots[slot] = override.id
    elif slots.get(slot) == override.id:
        del slots[slot]


def _assigned(event: Event, task: TaskRecord, agent: AgentRecord) -> Found:
    pin = task.overrides.get("pinned_agent", {}).get("value")
    if pin not in (None, agent.id):
        yield "against_override", f"{task.id} to {agent.id}: pinned to {pin} by hand: {event.id}"
    if agent.presence != "available" and not is_forced(task):
        yield "not_counted", f"{task.id} to {agent.id}, who is {agent.presence}, without force: {event.id}"


def whole(events: Sequence[Event]) -> Found:
    """The steps of an override follow it at once, and are as many as it says; so many of them were forced."""
    steps: defaultdict[str, list[int]] = defaultdict(list)
    for at, event in enumerate(events):
        op, colon, _ = event.op.rpartition(":")
        if colon and event.task and event.override is None:
            steps[op].append(at)
    for at, event in enumerate(events):
        made = event.override
        if made and event.type == "override.made":
            own = steps.get(event.op, [])
            tasks = {task.id: task for i in own if (task := events[i].task)}
            forced = sum(events[i].type == "task.assigned" and _forced(events[i]) for i in own)
            if len(tasks) != made.touched or own != list(range(at + 1, at + 1 + len(own))):
                yield (
                    "half_done",
                    f"{made.id} touched {made.touched}, {len(tasks)} tasks have steps: {event.id}",
                )
            if forced != made.forced:
                yield "not_counted", f"{made.id} counts {made.forced} forced, of {forced}: {event.id}"


def _forced(event: Event) -> bool:
    return event.task is not None and is_forced(event.task)


def gone(events: Sequence[Event]) -> Found:
    """What an override said is gone once it has ended: a task carries only what is of active ones."""
    carried: dict[str, frozenset[str]] = {}
    over: set[str] = set()
    for event in events:
        if event.task:
            carried[event.task.id] = by_hand(event.task)
        if event.override and event.override.state is not OverrideState.ACTIVE:
            over.add(event.override.id)
    for task, overrides in sorted(carried.items()):
        for id in sorted(overrides & over):
            yield "left_behind", f"task {task} carries something of {id}, which is over"


def kept(events: Sequence[Event], active: Mapping[str, OverrideRecord]) -> Found:
    """The overrides that the store has as active are those that the stream says are, as it left them."""
    last = {event.override.id: event.override for event in events if event.override}
    standing = {id: one for id, one in last.items() if one.state is OverrideState.ACTIVE}
    for id in sorted(standing.keys() | active.keys()):
        if standing.get(id) != active.get(id):
            yield "other_record", f"override {id}: the store has {active.get(id)}, not {standing.get(id)}"
