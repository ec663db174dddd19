"""The mirror: what the dispatcher knows of the store, fed by its events, arranged for deciding.

Documents are parsed once a version. Queued tasks stand in lines of like requirement; lines, and agents who
have room, are found by what they have in common, so a cycle looks only at lines that somebody with room may
take and at the people who may take them. Nothing here is scanned, however much waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeVar

from assigner.dispatch import due
from assigner.dispatch.agenda import AT_ONCE, Agenda
from assigner.dispatch.ahead.demand import hear
from assigner.dispatch.ahead.foresight import Foresight
from assigner.dispatch.ahead.handled import expecting, take_in_completion
from assigner.dispatch.entries import AgentEntry, Order, TaskEntry
from assigner.dispatch.index import Index, agent_keys
from assigner.dispatch.lines import Line
from assigner.dispatch.standing import Standing
from assigner.domain.agent import Presence
from assigner.domain.document import Requirements, agent_of, breaks_of, longest_of, task_of, windows_of
from assigner.domain.handling import Handling
from assigner.domain.lifecycle import OfferState, OverrideState, State
from assigner.domain.queue import DEFAULT, Queue
from assigner.domain.records import AgentRecord, Event, OfferRecord, OverrideRecord, QueueRecord, TaskRecord
from assigner.domain.task import Task
from assigner.store.base import Outcome, World

V = TypeVar("V")

SLICE = 256
"""After so many records the event loop goes round: they take a few milliseconds."""


@dataclass(slots=True, eq=False)
class Mirror:
    """See the module. `stirred` says that something has come up that a cycle might use."""

    agenda: Agenda = field(default_factory=Agenda)
    tasks: dict[str, TaskEntry] = field(default_factory=dict)
    agents: dict[str, AgentEntry] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)
    held_by: dict[str, set[str]] = field(default_factory=dict)
    """The tasks offered or assigned to each agent."""
    index: Index = field(default_factory=Index)
    """The queued tasks that may be handed out, and the agents who get work and have room."""
    sees: Foresight = field(default_factory=Foresight)
    """What is known beyond this moment."""
    handling: Handling = field(default_factory=Handling)
    """How long who takes for what, learned from what they have completed."""
    last: Order = ()
    last_event: str = ""
    stirred: bool = True
    holding: int = 0
    """How many tasks the last cycle held back: who is waited for may have gone."""
    begun: int = 0
    """How many cycles have begun."""
    looked: tuple[int, int] = (0, 0)
    """The number and the instant of the last cycle that decided about all that there was."""
    _requirements: Requirements = field(default_factory=Requirements)

    @staticmethod
    async def of(world: World, handling: Handling | None = None, sees: Foresight | None = None) -> Mirror:
        """A mirror of everything that is open, made a slice at a time, with what was learned until then."""
        mirror = Mirror(last=order(world.last_event), last_event=world.last_event)
        mirror.handling, mirror.sees = handling or mirror.handling, sees or mirror.sees
        for queue in world.queues:
            mirror.queues[queue.id] = Queue.of(queue.doc)
        for override in world.overrides:
            await mirror._put_override(override)
        async for agent in in_slices(world.agents):
            mirror._put_agent(agent, mirror.last)
        offers = {offer.id: offer for offer in world.offers}
        async for task in in_slices(world.tasks):
            mirror._put_task(task, offers.get(task.offer or ""), mirror.last)
        mirror._note_spent(mirror.standing.overrides)  # their last tasks may have ended while nobody led
        async for offer in in_slices(world.offers):  # nobody may have led when its task or agent changed
            mirror.agenda.put(AT_ONCE, "changed", offer.task)
        return mirror

    @property
    def queued(self) -> int:
        """How many tasks stand in line."""
        return self.index.waiting

    def queue(self, id: str) -> Queue:
        """The settings of a queue."""
        return self.queues.get(id, DEFAULT)

    def look_ahead(self, now: int) -> Foresight:
        """What is known beyond this moment, brought up to date."""
        self.sees.crew.refresh(self.held_by, self.tasks, now)
        return self.sees

    def like(self, record: TaskRecord) -> tuple[Task, Line | None, int | None]:
        """The task of a record, maybe newer than known here; the line of its like, and its slot in there."""
        entry = self.tasks.get(record.id)
        task = self._task(record, entry)
        line = self.index.line_of(task)
        waiting = entry.waiting if entry else None
        return task, line, waiting.slot if waiting and waiting.line is line else None

    async def take_in(self, events: Sequence[Event]) -> None:
        """Take in events, which come in order; what an outcome has told already is passed over."""
        async for event in in_slices(events):
            if event.queue is not None:
                await self._put_queue(event.queue)
            if event.override is not None:
                await self._put_override(event.override)
            self._apply(event)

    def _apply(self, event: Event) -> None:
        at = self.last = order(event.id)
        self.last_event = event.id
        take_in_completion(self.handling, self.agents, event)
        known = self.tasks.get(event.task.id) if event.task else None
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
            hear(self.sees.demand, event, known or self.tasks.get(event.task.id))
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
            self.standing.carry(record.id, None, record)
            if record.state is State.QUEUED:
                self._enter(entry)
                self._note_task(entry)
                return
        else:
            self._let_go(entry)
            self._note_spent(self.standing.carry(record.id, entry.record, record))
        changed = entry.task is not task
        unmoved = entry.waiting is not None and record.state is State.QUEUED and not changed
        if not unmoved:
            self.index.leave(entry)
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
            self.sees.crew.touch(record.agent)
        self._note_task(entry)

    def _task(self, record: TaskRecord, entry: TaskEntry | None) -> Task:
        """The domain's task; the one at hand where nothing that it is made of has changed."""
        if entry is not None and _same_task(record, entry.record):
            return entry.task
        queue, standing = self.queue(record.queue), self.standing
        requirement = self._requirements.of(record.doc, record.size, queue, record.relaxed)
        frozen = record.queue in standing.frozen
        task = task_of(record, requirement, queue, standing.kept_from(record), frozen=frozen)
        if record.relaxed:
            asked = self._requirements.of(record.doc, record.size, queue, 0)
            self.sees.demand.relaxed(task, replace(task, requirement=asked))
        return task

    def _enter(self, entry: TaskEntry) -> None:
        """Let a queued task stand in its line, unless its queue hands nothing out."""
        if not entry.task.frozen:
            self.index.enter(entry)
            self.stirred, entry.since = True, self.begun

    def _let_go(self, entry: TaskEntry) -> None:
        """Nobody holds the task, until it is said who does."""
        agent = entry.record.agent
        if agent is not None and (held := self.held_by.get(agent)) is not None:
            held.discard(entry.record.id)
            self.sees.crew.touch(agent)
            if not held:
                del self.held_by[agent]

    def _remove_task(self, id: str) -> None:
        entry = self.tasks.pop(id, None)
        if entry is not None:
            self._let_go(entry)
            self.index.leave(entry)
            self._note_spent(self.standing.carry(id, entry.record, None))
            self.agenda.forget(due.OF_TASKS, id)

    def _note_task(self, entry: TaskEntry) -> None:
        """Put on the agenda what time will do to a task."""
        record = entry.record
        holder = self.agents.get(record.agent or "")
        self.agenda.put_all(due.of_task(entry, self.queue(record.queue), holder))

    def lost_at(self, entry: TaskEntry) -> int | None:
        """When the agent who has a task counts as lost if they are not seen before; None: never."""
        record = entry.record
        return due.lost_at(record, self.queue(record.queue), self.agents.get(record.agent or ""))

    # Agents.

    def _put_agent(self, record: AgentRecord, seen: Order) -> None:
        entry = self.agents.get(record.id)
        if entry is not None and entry.seen >= seen:
            return
        changed = entry is None or entry.record.version != record.version
        if entry is None or (changed and record.doc != entry.record.doc):
            if entry is not None:
                self.index.forget_agent(entry)
            windows, breaks = windows_of(record.doc), breaks_of(record.doc)
            said = replace(agent_of(record), longest_ms=longest_of(record.doc, windows))
            entry = AgentEntry(record, said, windows, breaks, agent_keys(said), seen)
            self.agents[record.id] = entry
            self.index.add_agent(said, len(self.agents))
            self.sees.crew.put(entry)
            entry.said = expecting(said, self.handling)
        eased = record.load < entry.record.load
        entry.record, entry.seen = record, seen
        self._judge_agent(entry, changed=changed, eased=eased)

    def _judge_agent(self, entry: AgentEntry, *, changed: bool, eased: bool = False) -> None:
        """Whether an agent gets work and has room: when they have changed, or have less to do."""
        entry.now, entry.draining = None, entry.record.id in self.standing.drained
        self.sees.crew.touch(entry.record.id)
        here = entry.record.presence is Presence.AVAILABLE and not entry.draining
        free = here and entry.record.load < entry.said.capacity
        if free and (changed or eased or not entry.free):
            self.stirred, entry.since = True, self.begun
        self.stirred |= changed and self.holding > 0
        self.index.set_free(entry, free=free)
        if changed:
            self._note_agent(entry)

    def _remove_agent(self, id: str) -> None:
        entry = self.agents.pop(id, None)
        self.stirred |= self.holding > 0
        if entry is not None:
            self.index.forget_agent(entry)
            self.sees.crew.remove(id)
        for task in self.held_by.get(id, ()):
            self._note_task(self.tasks[task])

    def _note_agent(self, entry: AgentEntry) -> None:
        """Put on the agenda what time will do to an agent whose document or presence has changed."""
        self.agenda.put_all(due.of_agent(entry))
        for task in self.held_by.get(entry.record.id, ()):
            self._note_task(self.tasks[task])
            if self.tasks[task].offer is not None:
                self.agenda.put(AT_ONCE, "changed", task)

    # Queues.

    async def _put_queue(self, record: QueueRecord) -> None:
        """Take in a queue's settings: where they say so, what its tasks ask is another thing now."""
        before, queue = self.queue(record.id), Queue.of(record.doc)
        self.queues[record.id] = queue
        self._requirements.forget()
        if _of_tasks(queue) == _of_tasks(before):
            return
        async for entry in self._again(record.id):
            self._note_task(entry)

    async def _again(self, queue: str) -> AsyncIterator[TaskEntry]:
        """The tasks of a queue, made anew."""
        async for entry in in_slices([one for one in self.tasks.values() if one.record.queue == queue]):
            self.index.leave(entry)
            entry.task = self._task(entry.record, None)
            if entry.record.state is State.QUEUED:
                self._enter(entry)
            yield entry

    # Overrides.

    async def _put_override(self, record: OverrideRecord) -> None:
        """Take in an override: of a queue, its tasks are others now; of an agent, so are they."""
        if record.state is OverrideState.ACTIVE:
            idle = record.slot is None and not record.touched
            self.agenda.put(AT_ONCE if idle else record.until, "override", record.id)
        queue, agent = self.standing.put(record)
        if queue is not None:
            async for entry in self._again(queue):
                if entry.offer is not None:
                    self.agenda.put(AT_ONCE, "changed", entry.record.id)
        if agent is not None and (holder := self.agents.get(agent)) is not None:
            self._judge_agent(holder, changed=True)

    def _note_spent(self, overrides: Iterable[str]) -> None:
        """Put on the agenda overrides that no task carries any more."""
        for override in overrides:
            self.agenda.put(AT_ONCE, "override", override)


async def in_slices(records: Sequence[V]) -> AsyncIterator[V]:
    """One after the other; after each SLICE of them the event loop goes round."""
    for number, record in enumerate(records, 1):
        yield record
        if number % SLICE == 0:
            await asyncio.sleep(0)


def _of_tasks(queue: Queue) -> tuple[object, ...]:
    """The settings of a queue that its tasks were put in with; the others are asked when they are needed."""
    of_time = queue.hours, queue.service_levels, queue.curve, queue.rule
    return queue.relaxation, queue.floor, queue.lost_after_ms, *of_time


@lru_cache(maxsize=4_096)
def order(event: str) -> Order:
    """The id of an event as numbers that compare as the events came."""
    return tuple(map(int, event.split("-"))) if event else ()


def _same_task(record: TaskRecord, known: TaskRecord) -> bool:
    return (
        record.relaxed == known.relaxed
        and record.queue == known.queue
        and record.size == known.size
        and record.responded_at == known.responded_at
        and record.reopened_at == known.reopened_at
        and record.cooling_down == known.cooling_down
        and record.overrides == known.overrides
        and record.doc == known.doc
    )
