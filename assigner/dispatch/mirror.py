"""The mirror: what the dispatcher knows of the store, fed by its events, arranged for deciding.

Documents are parsed once a version. Queued tasks stand in lines of like requirement; lines, and agents who
have room, are found by what they have in common, so a cycle looks only at lines that somebody with room may
take and at the people who may take them. Nothing here is scanned, however much waits.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from assigner.dispatch.agenda import AT_ONCE, Agenda
from assigner.dispatch.entries import AgentEntry, Order, TaskEntry
from assigner.dispatch.lines import Key, Line, line_for
from assigner.domain.agent import Agent, Presence
from assigner.domain.calendar import next_beginning
from assigner.domain.document import Requirements, agent_of, task_of, windows_of
from assigner.domain.lifecycle import OfferState, State
from assigner.domain.preference import NEVER
from assigner.domain.queue import DEFAULT, Queue
from assigner.domain.records import AgentRecord, Event, OfferRecord, QueueRecord, TaskRecord
from assigner.domain.task import Requirement, Task
from assigner.store.base import Outcome, World

K = TypeVar("K")
L = TypeVar("L")
V = TypeVar("V")

ANYBODY: Key = ("anybody", "")
HOUR_MS = 3_600_000
OF_TASKS = ("relax", "wake", "expire", "rescue", "changed", "declined")
"""What the agenda says of tasks: nothing of those that ended, or it would hold a day of them."""
SLICE = 256
"""After so many records the event loop goes round: they take a few milliseconds."""


@dataclass(slots=True, eq=False)
class Mirror:
    """See the module. `stirred` says that something has come up that a cycle might use."""

    agenda: Agenda = field(default_factory=Agenda)
    tasks: dict[str, TaskEntry] = field(default_factory=dict)
    agents: dict[str, AgentEntry] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    held_by: dict[str, set[str]] = field(default_factory=dict)
    """The tasks offered or assigned to each agent."""
    lines_by_key: dict[Key, dict[int, Line]] = field(default_factory=dict)
    """The lines with a task in them, by what they ask first, each by its identity."""
    free_by_key: dict[Key, dict[str, AgentEntry]] = field(default_factory=dict)
    """The available agents with room, by all that they have of what a line may ask first."""
    naming: dict[str, dict[str, tuple[bool, int]]] = field(default_factory=dict)
    """The queued tasks that name each agent: whether they prefer them, and until when they bar them."""
    last: Order = ()
    last_event: str = ""
    stirred: bool = True
    queued: int = 0
    _requirements: Requirements = field(default_factory=Requirements)
    _lines: dict[tuple[Requirement, str | None], Line] = field(default_factory=dict)
    _holders: Counter[str] = field(default_factory=Counter)
    """How many agents have each skill."""
    _keyed_with: int = 0
    """How many agents there were when the keys of the lines were chosen."""

    @staticmethod
    async def of(world: World) -> Mirror:
        """A mirror of everything that is open, made a slice at a time."""
        mirror = Mirror(last=order(world.last_event), last_event=world.last_event)
        for queue in world.queues:
            mirror.queues[queue.id] = Queue.of(queue.doc)
        async for agent in in_slices(world.agents):
            mirror._put_agent(agent, mirror.last)
        offers = {offer.id: offer for offer in world.offers}
        async for task in in_slices(world.tasks):
            mirror._put_task(task, offers.get(task.offer or ""), mirror.last)
        async for offer in in_slices(world.offers):  # nobody may have led when its task or agent changed
            mirror.agenda.put(AT_ONCE, "changed", offer.task)
        return mirror

    def queue(self, id: str) -> Queue:
        """The settings of a queue."""
        return self.queues.get(id, DEFAULT)

    def like(self, record: TaskRecord) -> tuple[Task, Line | None, int | None]:
        """The task of a record, maybe newer than known here; the line of its like, and its slot in there."""
        entry = self.tasks.get(record.id)
        task = self._task(record, entry)
        line = self._lines.get((task.requirement, task.pinned_agent))
        waiting = entry.waiting if entry else None
        return task, line, waiting.slot if waiting and waiting.line is line else None

    async def take_in(self, events: Sequence[Event]) -> None:
        """Take in events, which come in order; what an outcome has told already is passed over."""
        async for event in in_slices(events):
            if event.queue is not None:
                await self._put_queue(event.queue)
            self._apply(event)

    def _apply(self, event: Event) -> None:
        at = self.last = order(event.id)
        self.last_event = event.id
        if event.agent is not None:
            if event.type == "agent.removed":
                self._remove_agent(event.agent.id)
            else:
                self._put_agent(event.agent, at)
        if event.task is not None:
            if event.type == "task.pruned":
                self._remove_task(event.task.id)
            else:
                self._put_task(event.task, event.offer, at)
        if event.type == "task.declined" and event.task is not None:
            self.agenda.put(AT_ONCE, "declined", event.task.id)

    def learn(self, outcome: Outcome) -> None:
        """Take in what a command of our own changed, before its event arrives."""
        if outcome.refused or outcome.event is None:
            return
        at = order(outcome.event)
        if at <= self.last:
            return  # the events have told it, and maybe more
        if outcome.agent is not None:
            self._put_agent(outcome.agent, at)
        if outcome.task is not None:
            self._put_task(outcome.task, outcome.offer, at)

    # Tasks.

    def _put_task(self, record: TaskRecord, offer: OfferRecord | None, seen: Order) -> None:
        entry = self.tasks.get(record.id)
        if entry is not None and entry.seen >= seen:
            return
        if record.state in (State.COMPLETED, State.CANCELLED):
            self._remove_task(record.id)
            return
        task = self._task(record, entry)
        if entry is None:
            entry = self.tasks[record.id] = TaskEntry(record, task, seen)
            if record.state is State.QUEUED:
                self._enter(entry)
                self._note_task(entry)
                return
        else:
            self._let_go(entry)
        changed = entry.task is not task
        unmoved = entry.waiting is not None and record.state is State.QUEUED and not changed
        if not unmoved:
            self._leave(entry)
        entry.record, entry.task, entry.seen = record, task, seen
        offer = offer or entry.offer  # a change of the task alone does not tell of its offer
        open_now = offer is not None and offer.state is OfferState.OPEN and offer.id == record.offer
        entry.offer = offer if open_now else None
        if record.state is State.QUEUED and not unmoved:
            self._enter(entry)
        if entry.offer is not None and changed:
            self.agenda.put(AT_ONCE, "changed", record.id)
        if record.agent is not None and record.state in (State.OFFERED, State.ASSIGNED):
            self.held_by.setdefault(record.agent, set()).add(record.id)
        self._note_task(entry)

    def _task(self, record: TaskRecord, entry: TaskEntry | None) -> Task:
        """The domain's task; the one at hand where nothing that it is made of has changed."""
        if entry is not None and _same_task(record, entry.record):
            return entry.task
        queue = self.queue(record.queue)
        return task_of(record, self._requirements.of(record.doc, record.size, queue, record.relaxed))

    def _let_go(self, entry: TaskEntry) -> None:
        """Nobody holds the task, until it is said who does."""
        agent = entry.record.agent
        if agent is not None and (held := self.held_by.get(agent)) is not None:
            held.discard(entry.record.id)
            if not held:
                del self.held_by[agent]

    def _remove_task(self, id: str) -> None:
        entry = self.tasks.pop(id, None)
        if entry is not None:
            self._let_go(entry)
            self._leave(entry)
            self.agenda.forget(OF_TASKS, id)

    def _enter(self, entry: TaskEntry) -> None:
        """Let a queued task stand in its line."""
        task, kind = entry.task, (entry.task.requirement, entry.task.pinned_agent)
        line = self._lines.get(kind)
        if line is None:
            line = self._lines[kind] = line_for(*kind, key=self._key_of(*kind))
            self.lines_by_key.setdefault(line.key, {})[id(line)] = line
        entry.waiting = line.add(task)
        for agent, how in _names(task):
            self.naming.setdefault(agent, {})[task.id] = how
        self.queued += 1
        self.stirred = True

    def _leave(self, entry: TaskEntry) -> None:
        if entry.waiting is None:
            return
        task, line = entry.task, entry.waiting.line
        line.remove(entry.waiting)
        if not line:
            del self._lines[task.requirement, task.pinned_agent]
            _drop(self.lines_by_key, line.key, id(line))
        for agent, _ in _names(task):
            _drop(self.naming, agent, task.id)
        entry.waiting = None
        self.queued -= 1

    def _key_of(self, requirement: Requirement, pinned_agent: str | None) -> Key:
        """The rarest thing that whoever takes such a task must have."""
        if pinned_agent is not None:
            return ("agent", pinned_agent)
        skills = [skill for skill, _ in requirement.skills]
        return ("skill", min(skills, key=lambda skill: self._holders[skill])) if skills else ANYBODY

    def _key_again(self) -> None:
        """Find every line by what is rare among the agents there are now."""
        self._keyed_with = len(self.agents)
        self.lines_by_key.clear()
        for kind, line in self._lines.items():
            line.key = self._key_of(*kind)
            self.lines_by_key.setdefault(line.key, {})[id(line)] = line

    def _note_task(self, entry: TaskEntry) -> None:
        """Put on the agenda what time will do to a task."""
        record, put = entry.record, self.agenda.put
        if record.state is State.QUEUED:
            task, queue = entry.task, self.queue(record.queue)
            put(_relax_at(record, queue), "relax", record.id)
            if task.not_before is not None or task.cooling_down:
                for at in (task.not_before, *(until for _, until in task.cooling_down)):
                    put(at, "open", f"{at}")
        elif record.state is State.HELD:
            put(record.held_until, "wake", record.id)
        else:
            if entry.offer is not None:
                put(entry.offer.expires_at, "expire", record.id)
            put(self.lost_at(entry), "rescue", record.id)

    def lost_at(self, entry: TaskEntry) -> int | None:
        """When the agent who has a task counts as lost if they are not seen before; None: never."""
        record = entry.record
        holder = self.agents.get(record.agent or "")
        if record.state is not State.ASSIGNED:
            return None  # an offer ends by itself
        if holder is None:
            return record.updated_at  # removed: nobody will finish it
        seen = max(holder.record.last_seen_at or 0, record.updated_at)  # given work, they count as seen
        after = self.queue(record.queue).lost_after_ms
        if after is not None:
            return seen + after
        begins = next_beginning(holder.windows, seen)
        return None if begins is None else begins + HOUR_MS

    # Agents.

    def _put_agent(self, record: AgentRecord, seen: Order) -> None:
        entry = self.agents.get(record.id)
        if entry is not None and entry.seen >= seen:
            return
        changed = entry is None or entry.record.version != record.version
        if entry is None or (changed and record.doc != entry.record.doc):
            self._forget_agent(entry)
            said, windows = agent_of(record), windows_of(record.doc)
            entry = self.agents[record.id] = AgentEntry(record, said, windows, _agent_keys(said), seen)
            for skill in said.skills:
                self._holders[skill] += 1
            if len(self.agents) > 2 * self._keyed_with:
                self._key_again()
        eased = record.load < entry.record.load
        entry.record, entry.seen, entry.now = record, seen, None
        free = record.presence is Presence.AVAILABLE and record.load < entry.said.capacity
        self.stirred |= free and (changed or eased or not entry.free)
        self._set_free(entry, free)
        if changed:
            self._note_agent(entry)

    def _forget_agent(self, entry: AgentEntry | None) -> None:
        if entry is not None:
            self._set_free(entry, False)
            for skill in entry.said.skills:
                self._holders[skill] -= 1

    def _remove_agent(self, id: str) -> None:
        self._forget_agent(self.agents.pop(id, None))
        for task in self.held_by.get(id, ()):
            self._note_task(self.tasks[task])

    def _set_free(self, entry: AgentEntry, free: bool) -> None:
        if free == entry.free:
            return
        entry.free = free
        for key in entry.keys:
            if free:
                self.free_by_key.setdefault(key, {})[entry.record.id] = entry
            else:
                _drop(self.free_by_key, key, entry.record.id)

    def _note_agent(self, entry: AgentEntry) -> None:
        """Put on the agenda what time will do to an agent whose document or presence has changed."""
        record = entry.record
        if not entry.may_work(record.updated_at):
            self.agenda.put(AT_ONCE, "absent", record.id)
        self.note_shift(entry, record.updated_at)
        self.agenda.put(record.presence_until, "presence", record.id)
        for task in self.held_by.get(record.id, ()):
            self._note_task(self.tasks[task])
            if self.tasks[task].offer is not None:
                self.agenda.put(AT_ONCE, "changed", task)

    def note_shift(self, entry: AgentEntry, after: int) -> None:
        """Put on the agenda when the shift of an instant ends; off shift, also when the next one begins."""
        window = entry.window(after)
        if window.begins is not None and window.begins > after:
            self.agenda.put(window.begins, "open", f"{window.begins}")
        if window.ends is not None and window.ends > after:
            self.agenda.put(window.ends, "absent", entry.record.id)

    # Queues.

    async def _put_queue(self, record: QueueRecord) -> None:
        """Take in a queue's settings: where they say so, what its tasks ask is another thing now."""
        before, queue = self.queue(record.id), Queue.of(record.doc)
        self.queues[record.id] = queue
        self._requirements.forget()
        if _of_tasks(queue) == _of_tasks(before):
            return
        entries = [entry for entry in self.tasks.values() if entry.record.queue == record.id]
        async for entry in in_slices(entries):
            self._leave(entry)
            entry.task = self._task(entry.record, None)
            if entry.record.state is State.QUEUED:
                self._enter(entry)
            self._note_task(entry)


async def in_slices(records: Sequence[V]) -> AsyncIterator[V]:
    """One after the other; after each SLICE of them the event loop goes round."""
    for number, record in enumerate(records, 1):
        yield record
        if number % SLICE == 0:
            await asyncio.sleep(0)


def _of_tasks(queue: Queue) -> tuple[object, ...]:
    """The settings of a queue that its tasks were put in with; the others are asked when they are needed."""
    return queue.relaxation, queue.floor, queue.lost_after_ms


@lru_cache(maxsize=4_096)
def order(event: str) -> Order:
    """The id of an event as numbers that compare as the events came."""
    return tuple(map(int, event.split("-"))) if event else ()


def _relax_at(record: TaskRecord, queue: Queue) -> int | None:
    """When to look at a queued task's relaxation: at the next step, and at once where it has had steps of
    another wait, or of other settings.
    """
    if record.relaxed and queue.steps_due(record.updated_at - record.queued_at) < record.relaxed:
        return AT_ONCE
    return queue.relax_due(record.queued_at, record.relaxed)


def _same_task(record: TaskRecord, known: TaskRecord) -> bool:
    return (
        record.relaxed == known.relaxed
        and record.queue == known.queue
        and record.size == known.size
        and record.cooling_down == known.cooling_down
        and record.doc == known.doc
    )


def _drop(index: dict[K, dict[L, V]], key: K, inner: L) -> None:
    """Take one thing out of an index of dictionaries, and the dictionary with it when it was the last."""
    inside = index.get(key)
    if inside is not None:
        inside.pop(inner, None)
        if not inside:
            del index[key]


def _agent_keys(agent: Agent) -> tuple[Key, ...]:
    """Everything that a line may ask first and this agent has."""
    return (ANYBODY, ("agent", agent.id), *(("skill", skill) for skill in agent.skills))


def _names(task: Task) -> Iterator[tuple[str, tuple[bool, int]]]:
    """The agents whom a task names: whether it prefers them, and until when it bars them."""
    if not (task.preferred_agents or task.excluded_agents or task.cooling_down):
        return
    barred = dict(task.cooling_down) | dict.fromkeys(task.excluded_agents, NEVER)
    preferred = set(task.preferred_agents)
    for agent in barred.keys() | preferred:
        yield agent, (agent in preferred, barred.get(agent, -NEVER))
