"""What is said to a store, and what it answers: the commands, the outcome, and why one can be refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from typing import Any

from assigner.domain.agent import Presence
from assigner.domain.frozen import frozen
from assigner.domain.lifecycle import OverrideState
from assigner.domain.records import (
    AgentRecord,
    Doc,
    KeyRecord,
    OfferRecord,
    OverrideRecord,
    QueueRecord,
    TaskRecord,
)


@frozen
class Command:
    """What every command says: `op` is its id, and makes a retry safe; `now` is the caller's clock.

    `lease` is the dispatcher's, on its own verbs; `version` refuses the command when the record has another.
    `asked` is a fingerprint of what the caller wanted: the same op with another one is refused `op_reused`;
    the rest of the command may differ in a retry (a document made from a newer record), and is not compared.
    """

    op: str
    actor: str
    now: int
    lease: str | None = None
    version: int | None = None
    asked: str = ""


@frozen
class Outcome:
    """What became of a command: the records after it, or `refused` with a code of REFUSALS and the facts.

    `replayed`: the command had been done before, and this is the outcome of then. Only what was done is kept:
    a command that was refused is judged anew when its op comes again. `event` is the id of the event that
    tells of the change, the last one where there are several; None when there was nothing to change, such as
    a task enqueued again as it is. `refusals` are the steps of an override that were refused, by their number
    in it: the first MOST_REFUSALS of them.
    """

    refused: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    task: TaskRecord | None = None
    agent: AgentRecord | None = None
    offer: OfferRecord | None = None
    queue: QueueRecord | None = None
    override: OverrideRecord | None = None
    key: KeyRecord | None = None
    refusals: Sequence[tuple[int, Outcome]] = ()
    event: str | None = None
    replayed: bool = False


@frozen
class OnTask(Command):
    """A command about one task; `facts` are the verb's own: see each method.

    `seen` is the document that it was made from: while the task has that, another `version` does not matter.
    """

    task: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    seen: Doc | None = None


@frozen
class OnOffer(Command):
    """A command about one offer, which has to be open still."""

    offer: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@frozen
class Enqueue(Command):
    """Make a task. `held_until` or `hold_reason` makes it held, not queued."""

    task: str
    doc: Doc
    queue: str
    size: int
    created_at: int
    held_until: int | None = None
    hold_reason: str | None = None


@frozen
class MakeOffer(Command):
    """Propose a queued task to an agent with room for it; with `accept`, the agent has it at once.

    With `agent_version`, only while the agent is as they were when it was decided. `expected_ms` is how long
    the agent is expected to take.
    """

    offer: str
    task: str
    agent: str
    task_version: int
    agent_version: int | None = None
    expires_at: int
    value: int
    terms: Mapping[str, int]
    expected_ms: int | None = None
    accept: bool = False


@frozen
class PutAgent(Command):
    """Make an agent, or replace what the client said of them. `capacity` is that of the doc.

    Without `presence` a new agent is available, and one who exists keeps theirs.
    """

    agent: str
    doc: Doc
    capacity: int
    presence: Presence | None = None
    presence_until: int | None = None


@frozen
class OnAgent(Command):
    """A command about an agent who exists: to remove them, or to set their presence (and until when)."""

    agent: str
    presence: Presence = Presence.AVAILABLE
    presence_until: int | None = None


@frozen
class PutQueue(Command):
    """Make a queue, or replace its settings."""

    queue: str
    doc: Doc


Step = tuple[str, OnTask | OnOffer]
"""A verb and its command, done as a part of an override: op, actor and now are those of the override."""


@frozen
class MakeOverride(Command):
    """Do the steps of an override, and note it: all or nothing, or, with `partial`, what can be done.

    The store says how many tasks were touched, and how many got beyond what their agent may hold (`touched`,
    `forced` of the record), and notes the touched tasks; `tasks` are others that it is about, whom no step
    changes. With `replace` it takes the slot, and with that fact in a step the field, of another override.
    A step with the fact `lenient` that finds its task gone, or in a state that does not take it, is passed
    over. With `dry` nothing is done: the refusal `only_asked` says what would be:
    `touched` are the ids of the tasks.
    """

    override: OverrideRecord
    steps: Sequence[Step]
    partial: bool = False
    dry: bool = False
    replace: bool = False
    tasks: Sequence[str] = ()


@frozen
class EndOverride(Command):
    """An active override holds no more, and `state` says why. Steps that do not apply any more are passed
    over; so are `resume`, `release` and `transfer` of a task whom this override has not held, assigned or
    transferred, or not last, and `release` of what its agent has begun.

    Refused `stale_version`, naming the `task`, where one would carry something of it still: whoever asks did
    not know of it yet. What is begun counts as the agent's own.
    """

    override: str
    state: OverrideState
    steps: Sequence[Step]


@frozen
class PutKey(Command):
    """Make an API key, or replace it. Its version is the store's to say."""

    key: KeyRecord


LEARNED: dict[str, str] = {
    "handling": "how long the agents take: times of each category and agent",
    "price": "what an hour of each agent is worth",
    "left": "what is left of a case beyond a task of each type, in priced hours",
    "arrivals": "how often tasks of each type come",
    "follows": "which types follow which, in a case",
}
"""The kinds of what a dispatcher learns."""


@frozen
class Learn:
    """What a dispatcher has learned: `set` has values of JSON by kind of LEARNED and by name, `drop` names to
    be forgotten. `upto` is the last event that is in it; None leaves it as it is.

    No event tells of it, and it has no op: said twice, it is the same.
    """

    lease: str
    set: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    drop: Mapping[str, Collection[str]] = field(default_factory=dict)
    upto: str | None = None


@frozen
class Learned:
    """What is kept of it: values by kind and by name, and the last event in it; empty when there is none."""

    fields: Mapping[str, Mapping[str, Any]]
    upto: str


REFUSALS: dict[str, str] = {
    "unknown_task": "There is no such task.",
    "unknown_agent": "There is no such agent.",
    "unknown_offer": "There is no such offer.",
    "task_exists": "There is a task of this id with other content.",
    "wrong_state": "The task's state does not take this verb; `state` and `allowed` say which it takes.",
    "stale_version": "The record has another version than the command expects.",
    "offer_expired": "The offer was not answered in time.",
    "offer_revoked": "The offer was taken back.",
    "offer_taken": "The offer has been answered already.",
    "at_capacity": "The agent has no room for the task.",
    "agent_away": "The agent is not available.",
    "agent_has_work": "The agent still has open offers or assigned tasks.",
    "not_leader": "Another dispatcher has the lease.",
    "not_due": "It is not time yet: the offer stands until `due`, or the task is held until then.",
    "op_reused": "The op was used for another command.",
    "unknown_override": "There is no such override.",
    "override_exists": "There is an override of this id.",
    "override_ended": "The override holds no more; `state` says why.",
    "override_conflict": "Another override stands against it: `by` is its id, `field` what it is about.",
    "override_refused": "A part of the override was refused, so nothing of it was done: see `refusals`.",
    "only_asked": "Nothing is done: it was only asked what would be, and `touched` and `forced` say so.",
}
"""Why a command can be refused."""
MOST_REFUSALS = 100
"""How many of the refused steps of an override are told; all are counted."""


LEASED = frozenset({"offer", "expire", "wake", "relax", "rescue"})
"""The verbs that need the dispatcher's lease; any other verb compares it when the command carries one."""


def mark(verb: str, command: Command) -> str:
    """What an op was used for; the same op with another mark is refused."""
    return f"{verb} {target(command)} {command.asked}"


def target(command: Command) -> str:
    """The id of what a command is about."""
    about = getattr(command, _TARGET[type(command)])
    return about if isinstance(about, str) else str(about.id)


_TARGET: Mapping[type[Command], str] = {
    Enqueue: "task",
    OnTask: "task",
    MakeOffer: "offer",
    OnOffer: "offer",
    PutAgent: "agent",
    OnAgent: "agent",
    PutQueue: "queue",
    MakeOverride: "override",
    EndOverride: "override",
    PutKey: "key",
}
"""Which field says what a command is about: an id, or a record of that id."""
