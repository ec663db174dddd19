"""The checker: from what clients were told and what the store recorded, all that must not have happened.

It replays the store's events in their order and believes none of the numbers in them. The stream has to be
whole: a test keeps more events than it makes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assigner.domain.lifecycle import TRANSITIONS, OfferState, State
from assigner.domain.records import AgentRecord, Event, OfferRecord, TaskRecord
from assigner.store.base import World
from tests.faults import by_hand
from tests.faults.by_hand import given, is_forced
from tests.faults.history import Attempt, History
from tests.faults.rules import broken

KINDS: dict[str, str] = {
    "lost_task": "A task whose making was acknowledged is not there.",
    "lost_event": "The versions of a task do not follow one another in the stream.",
    "other_record": "The store's record is not what the last event about it left.",
    "forgotten": "A task's history is not what the stream says of it.",
    "two_holders": "A task came to an agent while another had it.",
    "over_capacity": "An agent was given more than the capacity allows.",
    "wrong_load": "An agent's load is not the sizes of the tasks they hold.",
    "rule_broken": "A task was offered to an agent who may not take it.",
    "endless_offer": "An offer did not end in time.",
    "ended_twice": "An offer ended more than once.",
    "not_done": "What was acknowledged is not in the stream.",
    "done_twice": "One op is in the stream more than once.",
    "refused_yet_done": "What was refused is in the stream.",
    "second_winner": "Two answers to one offer were acknowledged.",
    "against_override": "A task was handed out against an override that stood.",
    "half_done": "What was done of an override is not what it says, or others came between.",
    "not_counted": "A task was given beyond what its agent may hold, or while they were away, uncounted.",
    "left_behind": "A task carries something of an override that is over.",
}
"""What the checker can find."""

HOLDING = (State.OFFERED, State.ASSIGNED)
TYPES = {
    "enqueue": "task.enqueued",
    "put_agent": "agent.put",
    "set_presence": "agent.presence_set",
    "put_queue": "queue.put",
    "override": "override.made",
    "undo": "override.undone",
    **{verb: f"task.{row.event}" for verb, row in TRANSITIONS.items()},
}
"""The event that a verb leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known when all is quiet: the clients' history, all of the store's events, and its records.

    `told` has, for each task, (id, type) of each moment of the history that the API gives. `now` is the
    store's clock.
    """

    history: History
    events: Sequence[Event]
    world: World
    ended: Sequence[TaskRecord]
    told: Mapping[str, Sequence[tuple[str, str]]]
    now: int

    @property
    def tasks(self) -> dict[str, TaskRecord]:
        """The tasks that the store has."""
        return {task.id: task for task in (*self.world.tasks, *self.ended)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something that must not be: its kind, of KINDS, and the facts."""

    kind: str
    what: str


def check(evidence: Evidence) -> list[Violation]:
    """Everything that is wrong."""
    return [Violation(kind=kind, what=what) for look in LOOKS for kind, what in look(evidence)]


Found = Iterator[tuple[str, str]]


def clients(evidence: Evidence) -> Found:
    """What clients were told, against the stream: done is there once, refused is not."""
    by_op: defaultdict[str, list[Event]] = defaultdict(list)
    for event in evidence.events:
        if event.type != "override.replaced":  # it follows from the one that was made
            by_op[event.op].append(event)
    for one in evidence.history.acknowledged():
        if not any(_tells_of(event, one) for event in by_op[one.op]):
            yield "not_done", f"{one.client}: {one.verb} {one.target} ({one.op})"
    for op in sorted({one.op for one in evidence.history.attempts}):
        if len(by_op[op]) > 1:
            yield "done_twice", f"{op}: {[event.id for event in by_op[op]]}"
    for op in sorted(evidence.history.refused()):
        if by_op[op]:
            yield "refused_yet_done", f"{op}: {by_op[op][0].id}"


def _tells_of(event: Event, one: Attempt) -> bool:
    records = (event.task, event.offer, event.agent, event.queue, event.override)
    told = [record.id for record in records if record]
    if one.verb == "override" and event.override:  # its id is the service's to say: the target is its action
        told = [event.override.action]
    return event.type == TYPES[one.verb] and one.target in told


def winners(evidence: Evidence) -> Found:
    """One answer to an offer wins."""
    answers = defaultdict(list)
    for one in evidence.history.acknowledged():
        if one.verb in ("accept", "decline"):
            answers[one.target].append(f"{one.client} {one.verb} ({one.op})")
    for offer, won in answers.items():
        if len(won) > 1:
            yield "second_winner", f"{offer}: {', '.join(won)}"


def tasks(evidence: Evidence) -> Found:
    """Every task that was acknowledged is there, and as its last event left it; no event is missing."""
    known, last = evidence.tasks, dict[str, TaskRecord]()
    for one in evidence.history.acknowledged():
        if one.verb == "enqueue" and one.target not in known:
            yield "lost_task", f"{one.target} ({one.op})"
    for event in evidence.events:
        if task := event.task:
            before = last[task.id].version if task.id in last else 0
            if task.version != before + 1:
                yield "lost_event", f"{task.id}: from version {before} to {task.version} at {event.id}"
            last[task.id] = task
    for id in sorted(known.keys() | last.keys()):
        if known.get(id) != last.get(id):
            yield "other_record", f"task {id}: the store has {known.get(id)}, its last event {last.get(id)}"


def histories(evidence: Evidence) -> Found:
    """A task's history outlives everything."""
    stream = defaultdict(list)
    for event in evidence.events:
        if event.task:
            stream[event.task.id].append((event.id, event.type))
    for id in sorted(stream.keys() | evidence.told.keys()):
        if list(evidence.told.get(id, ())) != stream[id]:
            yield "forgotten", f"{id}: told {evidence.told.get(id)}, the stream has {stream[id]}"


def holders(evidence: Evidence) -> Found:
    """A task is with one agent at a time."""
    holder: dict[str, str] = {}
    for event in evidence.events:
        if task := event.task:
            before = holder.pop(task.id, None)
            if task.state in HOLDING and task.agent:
                holder[task.id] = task.agent
                if before not in (None, task.agent):
                    yield (
                        "two_holders",
                        f"{task.id}: {event.id} {event.type} to {task.agent}; {before} had it",
                    )


def loads(evidence: Evidence) -> Found:
    """No agent is given more than they may hold, and the load is what they hold."""
    held: defaultdict[str, dict[str, int]] = defaultdict(dict)
    last: dict[str, AgentRecord] = {}
    for event in evidence.events:
        agent, task = event.agent, event.task
        before = sum(held[agent.id].values()) if agent else 0
        if task:
            for sizes in held.values():
                sizes.pop(task.id, None)
            if task.state in HOLDING and task.agent:
                held[task.agent][task.id] = task.size
        if agent:
            last[agent.id] = agent
            yield from _load(event, agent, before, sum(held[agent.id].values()))
    found = {agent.id: agent for agent in evidence.world.agents}
    for id in sorted(found.keys() | last.keys()):
        if found.get(id) != last.get(id):
            yield "other_record", f"agent {id}: the store has {found.get(id)}, the last event {last.get(id)}"


def _load(event: Event, agent: AgentRecord, before: int, after: int) -> Found:
    capacity = agent.doc.get("capacity", 1)
    if after > before and after > capacity and not (event.task and is_forced(event.task)):
        yield "over_capacity", f"{agent.id} holds {after} of {capacity} after {event.type} {event.id}"
    if agent.load != after:
        yield "wrong_load", f"{agent.id} holds {after}, the load says {agent.load}: {event.type} {event.id}"


def rules(evidence: Evidence) -> Found:
    """Whoever is offered a task may take it, by the documents as they were then."""
    queues = {}
    for event in evidence.events:
        if event.queue:
            queues[event.queue.id] = event.queue.doc
        task, agent = event.task, event.agent
        if task and agent and given(event):
            for rule in broken(task, agent, queues.get(task.queue, {}), event.at):
                yield "rule_broken", f"{task.id} to {agent.id}: {rule}: {event.id}"


def offers(evidence: Evidence) -> Found:
    """Every offer ends once, or stands and is not overdue, as the offer of its task."""
    last: dict[str, OfferRecord] = {}
    for event in evidence.events:
        if offer := event.offer:
            before = last.get(offer.id)
            if before and before.state is not OfferState.OPEN:
                yield "ended_twice", f"{offer.id}: {before.state}, then {offer.state} at {event.id}"
            last[offer.id] = offer
    known = evidence.tasks
    for offer in last.values():
        if offer.state is OfferState.OPEN:
            task = known.get(offer.task)
            if offer.expires_at < evidence.now or task is None or task.offer != offer.id:
                yield "endless_offer", f"{offer.id} of {offer.task} to {offer.agent}, due {offer.expires_at}"


def overrides(evidence: Evidence) -> Found:
    """What was decided by hand was done as one, held, and is gone when it is over."""
    active = {override.id: override for override in evidence.world.overrides}
    yield from by_hand.held(evidence.events)
    yield from by_hand.whole(evidence.events)
    yield from by_hand.gone(evidence.events)
    yield from by_hand.kept(evidence.events, active)


LOOKS = (clients, winners, tasks, histories, holders, loads, rules, offers, overrides)
"""Each look at the evidence."""
