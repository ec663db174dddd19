"""MemoryStore: the store in dictionaries, in one process: for reading, tests, simulations and mirrors."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush, nlargest
from json import dumps, loads

from assigner.clock import Clock
from assigner.domain.lifecycle import OPEN_STATES, OfferState, OverrideState
from assigner.domain.records import (
    AgentRecord,
    Event,
    KeyRecord,
    OfferRecord,
    OverrideRecord,
    QueueRecord,
    TaskRecord,
)
from assigner.store.base import (
    LEARNED,
    LEASED,
    Command,
    Learn,
    Learned,
    Outcome,
    Retention,
    Store,
    World,
    mark,
)
from assigner.store.judge import judge
from assigner.store.log import EventLog
from assigner.store.state import Happened, Records, facts_of, outcome_of, refuse
from assigner.store.verbs import WITH_DOC


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What an op did: its mark, the event that tells of it, and until when that is known."""

    mark: str
    event: str
    until: int


class MemoryStore(Store):
    """A store in this process. Not for threads: all calls come from one event loop."""

    def __init__(self, clock: Clock, retention: Retention | None = None) -> None:
        self.records = Records()
        self._clock = clock
        self._keep = retention or Retention()
        self._log = EventLog(self._keep.events)
        self._history: dict[str, list[Event]] = {}
        self._ended: set[str] = set()
        # When each task ended, the first to be pruned at the top; what is not so any more is passed over.
        self._ending: list[tuple[int, str]] = []
        self._ops: dict[str, _Done] = {}
        self._lease, self._lease_until, self._epoch = "", 0, 0
        self._learned: dict[str, dict[str, str]] = {}
        self._upto = ""
        # By the kind of thing: what is forgotten in time, the first to go first.
        self._going: dict[int, deque[tuple[int, str]]] = {}
        self._closed: deque[tuple[int, str]] = deque()

    async def do(self, verb: str, asked: Sequence[Command]) -> list[Outcome]:
        """Do one verb's commands, in order."""
        return [await self._one(verb, command) for command in asked]

    async def _one(self, verb: str, command: Command) -> Outcome:
        done = self._ops.get(command.op)
        if done and done.until > self._clock.now_ms():
            return await self._again(verb, command, done)
        if (verb in LEASED or command.lease is not None) and command.lease != self._leader():
            return refuse("not_leader")
        judged = judge(self.records, verb, command, self._clock.now_ms())
        if isinstance(judged, Outcome):
            return judged
        events = [self._emit(command, happened) for happened in judged]
        if not events:
            return replace(await self.as_now(command), replayed=False)
        of = events[0] if verb == "make_override" else events[-1]
        self._note(verb, command, of.id)
        return replace(outcome_of(of), event=events[-1].id)

    async def _again(self, verb: str, command: Command, done: _Done) -> Outcome:
        if done.mark != mark(verb, command):
            return refuse("op_reused")
        event = self._log.find(done.event)
        outcome = outcome_of(event) if event else await self.as_now(command)
        return replace(outcome, event=done.event, replayed=True)

    def _emit(self, command: Command, happened: Happened) -> Event:
        command = happened.command or command
        told = {name: value for name, value in facts_of(command).items() if name != "doc"}
        event = Event(
            id=self._log.next_id(self._clock.now_ms()),
            type=happened.type,
            at=command.now,
            actor=command.actor,
            op=command.op,
            facts={**told, **happened.facts},
            task=happened.task,
            offer=happened.offer,
            agent=happened.agent,
            queue=happened.queue,
            override=happened.override,
            key=happened.key,
        )
        if happened.type == "override.made" and happened.override:
            self.records.touched[happened.override.id] = list(happened.tasks)
        self.apply(event)
        return event

    def _note(self, verb: str, command: Command, event: str) -> None:
        keep = self._keep.ops_ms if command.asked else self._keep.brief_ops_ms
        until = self._clock.now_ms() + keep
        self._ops[command.op] = _Done(mark=mark(verb, command), event=event, until=until)
        self._going.setdefault(keep, deque()).append((until, command.op))

    def _forget(self) -> None:
        """Drop the ops and the closed offers whose time is over."""
        now = self._clock.now_ms()
        for going in self._going.values():
            while going and going[0][0] <= now:
                until, op = going.popleft()
                if op in self._ops and self._ops[op].until <= until:
                    del self._ops[op]
        while self._closed and self._closed[0][0] <= now:
            self.records.offers.pop(self._closed.popleft()[1], None)

    def apply(self, event: Event) -> None:
        """Make the records what an event says. Events come in order; one that is known does nothing."""
        if self._log.knows(event.id):
            return
        self._forget()
        if event.task:
            self._apply_task(event, event.task)
        if event.offer:
            self._apply_offer(event.offer)
        if event.agent and event.type == "agent.removed":
            self.records.agents.pop(event.agent.id, None)
        elif event.agent:
            self.records.agents[event.agent.id] = event.agent
        if event.queue:
            self.records.queues[event.queue.id] = event.queue
        if event.override and event.type == "override.pruned":
            self.records.overrides.pop(event.override.id, None)
            self.records.touched.pop(event.override.id, None)
        elif event.override:
            self.records.overrides[event.override.id] = event.override
        if event.key:
            self.records.keys[event.key.id] = event.key
        self._log.append(event)

    def _apply_task(self, event: Event, task: TaskRecord) -> None:
        self._ended.discard(task.id)
        if event.type == "task.pruned":
            self.records.tasks.pop(task.id, None)
            self._history.pop(task.id, None)
            return
        self.records.tasks[task.id] = task
        if task.state not in OPEN_STATES:
            self._ended.add(task.id)
            heappush(self._ending, (task.finished_at or 0, task.id))
        brief = task if event.type in WITH_DOC else replace(task, doc={})
        history = self._history.setdefault(task.id, [])
        history.append(replace(event, task=brief, agent=None))
        del history[1 : max(1, len(history) - self._keep.moments)]

    def _apply_offer(self, offer: OfferRecord) -> None:
        self.records.offers[offer.id] = offer
        if offer.state is not OfferState.OPEN:
            self._closed.append((self._clock.now_ms() + self._keep.offers_ms, offer.id))

    def load(self, world: World) -> None:
        """Begin with a world, and forget everything else."""
        self.records = Records(
            tasks={task.id: task for task in world.tasks},
            agents={agent.id: agent for agent in world.agents},
            offers={offer.id: offer for offer in world.offers},
            queues={queue.id: queue for queue in world.queues},
            overrides={override.id: override for override in world.overrides},
            keys={key.id: key for key in world.keys},
        )
        self._history.clear()
        self._ended.clear()
        self._ending.clear()
        self._closed.clear()
        self._log.begin_after(world.last_event)

    async def prune(self, before: int, most: int) -> int:
        """Delete up to `most` tasks that ended before an instant."""
        self._forget()
        count = 0
        while count < most and self._ending and self._ending[0][0] < before:
            finished, id = heappop(self._ending)
            if id in self._ended and self._finished(id) == finished:
                command = Command(op="", actor="clock", now=before)
                self._emit(command, Happened(type="task.pruned", task=self.records.tasks[id]))
                count += 1
        return count

    def _finished(self, id: str) -> int:
        return self.records.tasks[id].finished_at or 0

    async def prune_overrides(self, before: int, most: int) -> int:
        """Forget up to `most` overrides that have not held since an instant, the first first."""
        past = sorted((since, id) for id, one in self.records.overrides.items() if (since := _past(one)))
        gone = [id for since, id in past if since < before][:most]
        for id in gone:
            command = Command(op="", actor="clock", now=before)
            self._emit(command, Happened(type="override.pruned", override=self.records.overrides[id]))
        return len(gone)

    async def learn(self, learn: Learn) -> bool:
        """Keep what was learned."""
        if learn.lease != self._leader():
            return False
        for kind, named in learn.set.items():
            self._learned.setdefault(kind, {}).update((name, dumps(value)) for name, value in named.items())
        for kind, names in learn.drop.items():
            for name in names:
                self._learned.get(kind, {}).pop(name, None)
        self._upto = self._upto if learn.upto is None else learn.upto
        return True

    async def learned(self, *kinds: str) -> Learned:
        """What was learned."""
        known = {kind: self._learned.get(kind, {}) for kind in kinds or LEARNED}
        fields = {kind: {name: loads(text) for name, text in named.items()} for kind, named in known.items()}
        return Learned(fields=fields, upto=self._upto)

    async def try_writing(self) -> None:
        """Nothing keeps it from writing."""

    async def now_ms(self) -> int:
        """The clock that was given."""
        return self._clock.now_ms()

    async def task(self, id: str) -> TaskRecord | None:
        """A task that is not pruned."""
        return self.records.tasks.get(id)

    async def agent(self, id: str) -> AgentRecord | None:
        """An agent."""
        return self.records.agents.get(id)

    async def offer_of(self, id: str) -> OfferRecord | None:
        """An offer that is open, or was closed not long ago."""
        self._forget()
        return self.records.offers.get(id)

    async def queue(self, id: str) -> QueueRecord | None:
        """A queue that somebody put."""
        return self.records.queues.get(id)

    async def override(self, id: str) -> OverrideRecord | None:
        """An override that is not pruned."""
        return self.records.overrides.get(id)

    async def override_tasks(self, id: str) -> list[str]:
        """The tasks that an override touched, and the others it is about."""
        return list(self.records.touched.get(id, ()))

    async def overrides(self, before: tuple[int, str] | None, most: int) -> list[OverrideRecord]:
        """Overrides that are not pruned, the latest first."""
        made = ((one.made_at, one.id) for one in self.records.overrides.values())
        latest = nlargest(most, (key for key in made if before is None or key < before))
        return [self.records.overrides[id] for _, id in latest]

    async def key(self, id: str) -> KeyRecord | None:
        """An API key."""
        return self.records.keys.get(id)

    async def keys(self) -> list[KeyRecord]:
        """All API keys, by id."""
        return [self.records.keys[id] for id in sorted(self.records.keys)]

    async def history(self, task: str) -> list[Event]:
        """What happened to a task, the oldest first."""
        return list(self._history.get(task, ()))

    async def ended(self, before: tuple[int, str] | None, most: int) -> list[TaskRecord]:
        """Tasks that ended and are not pruned yet, the latest first."""
        keys = ((self._finished(id), id) for id in self._ended)
        latest = nlargest(most, (key for key in keys if before is None or key < before))
        return [self.records.tasks[id] for _, id in latest]

    async def world(self) -> World:
        """Everything that is open."""
        return World(
            tasks=[task for task in self.records.tasks.values() if task.state in OPEN_STATES],
            agents=list(self.records.agents.values()),
            offers=[offer for offer in self.records.offers.values() if offer.state is OfferState.OPEN],
            queues=list(self.records.queues.values()),
            overrides=[one for one in self.records.overrides.values() if one.state is OverrideState.ACTIVE],
            keys=list(self.records.keys.values()),
            last_event=self._log.last,
        )

    def events(self, after: str) -> AsyncIterator[list[Event]]:
        """What happens after an event; waits without polling."""
        return self._log.after(after)

    async def event_before(self, at: int) -> tuple[str, bool]:
        """The last event before an instant, or as early a one as there is."""
        return self._log.before((max(at, 1), 0))  # there is nothing before 0

    def _leader(self) -> str | None:
        return self._lease if self._lease and self._clock.now_ms() < self._lease_until else None

    async def take_lease(self, holder: str, ttl_ms: int) -> str | None:
        """The lease, unless somebody has it."""
        if self._leader():
            return None
        self._epoch += 1
        self._lease = f"{self._epoch}:{secrets.token_hex(4)}:{holder}"
        self._lease_until = self._clock.now_ms() + ttl_ms
        return self._lease

    async def keep_lease(self, lease: str, ttl_ms: int) -> bool:
        """Hold the lease for longer."""
        if lease != self._leader():
            return False
        self._lease_until = self._clock.now_ms() + ttl_ms
        return True

    async def drop_lease(self, lease: str) -> None:
        """Let others have it."""
        if lease == self._lease:
            self._lease = ""


def _past(override: OverrideRecord) -> int | None:
    """Since when an override does not hold."""
    if override.state is OverrideState.ACTIVE:
        return None
    return override.made_at if override.ended_at is None else override.ended_at
