"""The store: the truth about tasks, agents, offers and queues, overrides and keys, and one method for each
thing that can happen.

Every verb takes commands and gives one outcome for each, in their order; each command is atomic, and a
command whose op was seen before gives the outcome of then. A refusal is a value: nothing is raised for what
two honest clients can do to each other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from assigner.domain.records import (
    AgentRecord,
    Event,
    KeyRecord,
    OfferRecord,
    OverrideRecord,
    QueueRecord,
    TaskRecord,
)
from assigner.store.commands import (
    LEARNED,
    LEASED,
    MOST_REFUSALS,
    REFUSALS,
    Command,
    EndOverride,
    Enqueue,
    Learn,
    Learned,
    MakeOffer,
    MakeOverride,
    OnAgent,
    OnOffer,
    OnTask,
    Outcome,
    PutAgent,
    PutKey,
    PutQueue,
    Step,
    mark,
    target,
)

__all__ = [
    "LEARNED",
    "LEASED",
    "MOST_REFUSALS",
    "REFUSALS",
    "Command",
    "EndOverride",
    "Enqueue",
    "EventsLost",
    "Learn",
    "Learned",
    "MakeOffer",
    "MakeOverride",
    "OnAgent",
    "OnOffer",
    "OnTask",
    "Outcome",
    "PutAgent",
    "PutKey",
    "PutQueue",
    "Retention",
    "Step",
    "Store",
    "StoreRefused",
    "StoreUnavailable",
    "World",
    "mark",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that is open, active overrides, all keys, and the id of the last event in it."""

    tasks: Sequence[TaskRecord]
    agents: Sequence[AgentRecord]
    offers: Sequence[OfferRecord]
    queues: Sequence[QueueRecord]
    overrides: Sequence[OverrideRecord] = ()
    keys: Sequence[KeyRecord] = ()
    last_event: str


class StoreUnavailable(Exception):
    """The store cannot be reached, or cannot write: a sentence says why. What was asked may have happened."""


class StoreRefused(Exception):
    """The store will not do: too old, may evict, has a newer layout, or is in use. A sentence a fault."""


class EventsLost(Exception):
    """The events asked for are not kept any more: read the world again and go on from its last event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long what has happened is kept: the last `events`, ops, closed offers.

    An op without `asked` is kept for short: only a connection that got no answer sends it again, and soon.
    Of the history of a task its making is kept, and the last `moments`: one that nobody ever answers would
    else grow for ever.

    An op seen again is answered from its event, or with the records as they are now when that is gone.
    """

    events: int = 100_000
    ops_ms: int = 3_600_000
    brief_ops_ms: int = 120_000
    offers_ms: int = 3_600_000
    moments: int = 1_000


class Store(ABC):
    """One workspace's store. What cannot be reached raises StoreUnavailable."""

    @abstractmethod
    async def do(self, verb: str, asked: Sequence[Command]) -> list[Outcome]:
        """Do one verb's commands, in order, each of them atomic."""

    # The life of a task: rows of TRANSITIONS, besides the first and the last.
    async def enqueue(self, asked: Sequence[Enqueue]) -> list[Outcome]:
        """Make tasks, queued or held. One that is there with the same content stays as it is: no event."""
        return await self.do("enqueue", asked)

    async def offer(self, asked: Sequence[MakeOffer]) -> list[Outcome]:
        """Propose tasks to agents who are available and have room. Needs the lease. Refused where an active
        override has the slot `freeze QUEUE`, `drain AGENT` or `exclude AGENT QUEUE`: who decided may not have
        known of it yet.
        """
        return await self.do("offer", asked)

    async def accept(self, asked: Sequence[OnOffer]) -> list[Outcome]:
        """The agent takes the task, while the offer stands by the store's own clock."""
        return await self.do("accept", asked)

    async def decline(self, asked: Sequence[OnOffer]) -> list[Outcome]:
        """The agent does not take it. Facts: `reason`, `cool_until`."""
        return await self.do("decline", asked)

    async def expire(self, asked: Sequence[OnOffer]) -> list[Outcome]:
        """Not answered in time by the store's clock. Facts: `cool_until`, `presence`. Needs the lease."""
        return await self.do("expire", asked)

    async def revoke(self, asked: Sequence[OnOffer]) -> list[Outcome]:
        """Take an offer back. Facts: `reason`."""
        return await self.do("revoke", asked)

    async def assign(self, asked: Sequence[OnTask]) -> list[Outcome]:
        """A person gives a task to an agent. Facts: `agent`, `force` (whether or not they have room)."""
        return await self.do("assign", asked)

    async def start(self, asked: Sequence[OnTask]) -> list[Outcome]:
        """The agent begins; the first time counts."""
        return await self.do("start", asked)

    async def complete(self, asked: Sequence[OnTask]) -> list[Outcome]:
        """The work is done. Facts: `outcome`, `promised` (see the record)."""
        return await self.do("complete", asked)

    async def release(self, asked: Sequence[OnTask]) -> list[Outcome]:
        """The agent gives it back. Facts: `reason`, `cool_until`."""
        return await self.do("release", asked)

    async def transfer(self, asked: Sequence[OnTask]) -> list[Outcome]:
        """Queue it elsewhere, or as something else. Facts: `doc`, `queue`, `size`, all as they become."""
        return await self.do("transfer", asked)

    async def hold(self, asked: Sequence[OnTask]) -> list[Outcome]:
        """Let it wait for an instant or a person. Facts: `reason`, `until`."""
        return await self.do("hold", asked)

    async def resume(self, asked: Sequence[OnTask]) -> list[Outcome]:
        """A person ends the wait."""
        return await self.do("resume", asked)

    async def wake(self, asked: Sequence[OnTask]) -> list[Outcome]:
        """The clock ends the wait: the store's own. Needs the lease."""
        return await self.do("wake", asked)

    async def relax(self, asked: Sequence[OnTask]) -> list[Outcome]:
        """Apply relaxation steps. Facts: `relaxed`, how many are applied now. Needs the lease."""
        return await self.do("relax", asked)

    async def update(self, asked: Sequence[OnTask]) -> list[Outcome]:
        """Change what the client said. Facts: `doc`, `queue`, `size`, `not_before`, all as they become."""
        return await self.do("update", asked)

    async def rescue(self, asked: Sequence[OnTask]) -> list[Outcome]:
        """Queue it again: its agent is lost. Needs the lease."""
        return await self.do("rescue", asked)

    async def cancel(self, asked: Sequence[OnTask]) -> list[Outcome]:
        """It is not needed any more. Facts: `reason`, which becomes its outcome."""
        return await self.do("cancel", asked)

    async def reopen(self, asked: Sequence[OnTask]) -> list[Outcome]:
        """It was not done after all. Facts: `doc`, which prefers the agent who knows the case."""
        return await self.do("reopen", asked)

    async def adjust(self, asked: Sequence[OnTask]) -> list[Outcome]:
        """Set or lift what an override says of a task. Facts: `override`, `set` (a mapping of `priority`,
        `due_at` or `pinned_agent`), `lift` (such fields), `exclude` and `admit` (agents), `replace`.

        What another override has set is refused `override_conflict`, or taken over with `replace`; only what
        this override has set is lifted. Where nothing changes there is no event.
        """
        return await self.do("adjust", asked)

    # Overrides: many tasks at once.
    async def make_override(self, asked: Sequence[MakeOverride]) -> list[Outcome]:
        """Make overrides, each with all that it does to tasks."""
        return await self.do("make_override", asked)

    async def end_override(self, asked: Sequence[EndOverride]) -> list[Outcome]:
        """Undo overrides that are active, or end them."""
        return await self.do("end_override", asked)

    # Agents, queues and keys.
    async def put_agent(self, asked: Sequence[PutAgent]) -> list[Outcome]:
        """Make agents, or replace what the client said of them. `version` 0 expects none."""
        return await self.do("put_agent", asked)

    async def set_presence(self, asked: Sequence[OnAgent]) -> list[Outcome]:
        """Say whether agents are available, and until when."""
        return await self.do("set_presence", asked)

    async def remove_agent(self, asked: Sequence[OnAgent]) -> list[Outcome]:
        """Forget agents who hold nothing."""
        return await self.do("remove_agent", asked)

    async def put_queue(self, asked: Sequence[PutQueue]) -> list[Outcome]:
        """Make queues, or replace their settings. `version` 0 expects none."""
        return await self.do("put_queue", asked)

    async def put_key(self, asked: Sequence[PutKey]) -> list[Outcome]:
        """Make API keys, or replace them. `version` 0 expects none."""
        return await self.do("put_key", asked)

    @abstractmethod
    async def prune(self, before: int, most: int) -> int:
        """Delete up to `most` tasks that ended before an instant, the first first; how many there were."""

    @abstractmethod
    async def prune_overrides(self, before: int, most: int) -> int:
        """Forget up to `most` overrides that have not held since an instant; how many there were."""

    # What the dispatcher learns.
    @abstractmethod
    async def learn(self, learn: Learn) -> bool:
        """Keep what was learned; False when another dispatcher leads, and then nothing, or a part, is kept.

        On a server 1,000 fields at a time are one; of more, `upto` is kept with the last.
        """

    @abstractmethod
    async def learned(self, *kinds: str) -> Learned:
        """What was learned, of these kinds or of all: up to the event `upto`, or later."""

    @abstractmethod
    async def try_writing(self) -> None:
        """Write what is there already. Raises StoreUnavailable when nothing can be written now."""

    # Reads.
    @abstractmethod
    async def now_ms(self) -> int:
        """The store's own clock, with which it compares the instants of offers and of holds."""

    @abstractmethod
    async def task(self, id: str) -> TaskRecord | None:
        """A task that is not pruned."""

    @abstractmethod
    async def agent(self, id: str) -> AgentRecord | None:
        """An agent."""

    @abstractmethod
    async def offer_of(self, id: str) -> OfferRecord | None:
        """An offer that is open, or was closed not long ago."""

    @abstractmethod
    async def queue(self, id: str) -> QueueRecord | None:
        """A queue that somebody put."""

    @abstractmethod
    async def override(self, id: str) -> OverrideRecord | None:
        """An override that is not pruned."""

    @abstractmethod
    async def override_tasks(self, id: str) -> list[str]:
        """The tasks that an override touched, in the order of its steps, and the others it is about."""

    @abstractmethod
    async def overrides(self, before: tuple[int, str] | None, most: int) -> list[OverrideRecord]:
        """Overrides that are not pruned, active or not, the latest first by (made_at, id)."""

    @abstractmethod
    async def key(self, id: str) -> KeyRecord | None:
        """An API key."""

    @abstractmethod
    async def keys(self) -> list[KeyRecord]:
        """All API keys, revoked and expired ones too, by id."""

    @abstractmethod
    async def history(self, task: str) -> list[Event]:
        """What happened to a task, the oldest first: no agents, and docs only where the verb changed them."""

    @abstractmethod
    async def ended(self, before: tuple[int, str] | None, most: int) -> list[TaskRecord]:
        """Tasks completed or cancelled and not pruned yet, the latest first by (finished_at, id)."""

    @abstractmethod
    async def world(self) -> World:
        """Everything that is open, as it was at one event."""

    @abstractmethod
    def events(self, after: str) -> AsyncIterator[list[Event]]:
        """What happens after an event, as it happens. Raises EventsLost when some of it is gone."""

    @abstractmethod
    async def event_before(self, at: int) -> tuple[str, bool]:
        """The last event before an instant of the store's clock, and True; when what followed it is not all
        kept, one as early as there is, and False.
        """

    # The dispatcher's lease: `epoch:nonce:holder`, compared inside each of its verbs.
    @abstractmethod
    async def take_lease(self, holder: str, ttl_ms: int) -> str | None:
        """The lease, unless somebody has it. Each new one has a higher epoch."""

    @abstractmethod
    async def keep_lease(self, lease: str, ttl_ms: int) -> bool:
        """Hold the lease for longer; False when it is another's, or nobody's, by now."""

    @abstractmethod
    async def drop_lease(self, lease: str) -> None:
        """Let others have it."""

    async def as_now(self, command: Command) -> Outcome:
        """The records of a command as they are now: what is left to say of one done long ago."""
        offer_id = getattr(command, "offer", None)
        offer = await self.offer_of(offer_id) if offer_id else None
        task_id = offer.task if offer else getattr(command, "task", None)
        agent_id = offer.agent if offer else getattr(command, "agent", None)
        task = await self.task(task_id) if task_id else None
        agent = await self.agent(agent_id) if agent_id else None
        queue = await self.queue(command.queue) if isinstance(command, PutQueue) else None
        override = key = None
        if isinstance(command, MakeOverride | EndOverride):
            override = await self.override(target(command))
        if isinstance(command, PutKey):
            key = await self.key(target(command))
        return Outcome(
            task=task, agent=agent, offer=offer, queue=queue, override=override, key=key, replayed=True
        )
