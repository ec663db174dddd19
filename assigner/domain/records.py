"""What is stored: records as they are after a change, and the events that carry them.

Instants are milliseconds since 1970. A record's `doc` is what the client said, in the names of the API,
without defaults; everything else is what the service knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from assigner.domain.access import Role
from assigner.domain.agent import Presence
from assigner.domain.frozen import frozen
from assigner.domain.lifecycle import OfferState, OverrideState, State

Doc = Mapping[str, Any]


@frozen
class TaskRecord:
    """A task and its life so far.

    `agent` and `offer` are set while offered, `agent` while assigned and after completion. `queued_at` is
    when it began to wait for an agent who takes it: an offer that comes to nothing (declined, expired,
    revoked) does not end the wait, every other way into the queue begins it anew. `attempts` is how often
    it was offered, `relaxed` how many steps were applied. `responded_at` is when an agent first took it,
    `assigned_at` when the one did who has it or has completed it, `reopened_at` when it was last reopened;
    `promised` has the `respond_by` and the `due_at` of one that is completed, as they were then.

    `overrides` is the overlay: what active overrides say of it, apart from the doc, while it is open.
    `priority`, `due_at`, `pinned_agent`: {by, value}, where no value lifts what the doc says.
    `excluded_agents`: {agent: id of the override}. `held`: {by}, while held by it. `assigned`: {by, forced},
    while assigned by it. `transferred`: {by, queue, skills, named} as before, until transferred or updated
    again; `named`: the client had said in which queue. Of a task that has ended `due_at` is kept.
    """

    id: str
    doc: Doc
    state: State
    queue: str
    size: int
    version: int
    created_at: int
    queued_at: int
    updated_at: int
    agent: str | None = None
    offer: str | None = None
    assigned_at: int | None = None
    started_at: int | None = None
    held_until: int | None = None
    hold_reason: str | None = None
    finished_at: int | None = None
    outcome: str | None = None
    attempts: int = 0
    declines: int = 0
    handoffs: int = 0
    reopened: int = 0
    relaxed: int = 0
    responded_at: int | None = None
    reopened_at: int | None = None
    promised: Mapping[str, int] | None = None
    cooling_down: Mapping[str, int] = field(default_factory=dict)
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@frozen
class AgentRecord:
    """An agent, and what they hold now: `load` is the sizes of their tasks that are offered or assigned.

    `capacity` is that of the doc. `presence` holds until somebody sets it; `presence_until` says when to.
    `version` counts changes of the doc and of the presence, not of the load.
    """

    id: str
    doc: Doc
    version: int
    presence: Presence
    load: int
    updated_at: int
    capacity: int = 1
    presence_until: int | None = None
    idle_since: int | None = None
    last_seen_at: int | None = None


@frozen
class OfferRecord:
    """A task proposed to one agent; its id is the fence against late answers. `expected_ms`: how long they
    were expected to take.
    """

    id: str
    task: str
    agent: str
    state: OfferState
    size: int
    offered_at: int
    expires_at: int
    value: int
    terms: Mapping[str, int]
    expected_ms: int | None = None


@frozen
class QueueRecord:
    """A queue's settings, as the client gave them."""

    id: str
    doc: Doc
    version: int
    updated_at: int


@frozen
class OverrideRecord:
    """What a coordinator decided by hand: `doc` is what they said, without the ids of tasks.

    `touched` is how many tasks it changed, `replaced` how many of those were taken over by later overrides,
    `forced` how many it gave to an agent who had no room or was not there. `slot` names what there is one
    active override of: the queue it freezes, the agent it drains.
    """

    id: str
    action: str
    doc: Doc
    author: str
    reason: str
    state: OverrideState
    made_at: int
    until: int | None = None
    slot: str | None = None
    touched: int = 0
    replaced: int = 0
    forced: int = 0
    ended_at: int | None = None
    ended_by: str | None = None
    version: int = 1


@frozen
class KeyRecord:
    """An API key: `hash` is the SHA-256 of its secret, in hex; `rate` is in requests a second."""

    id: str
    name: str
    role: Role
    hash: str
    agent: str | None = None
    rate: float | None = None
    created_at: int
    created_by: str
    expires_at: int | None = None
    revoked_at: int | None = None
    version: int = 1


@frozen
class Event:
    """One change, with the records after it. `id` orders all events of a workspace.

    `facts` is what the verb was told (a reason, an instant), without documents.
    """

    id: str
    type: str
    at: int
    actor: str
    op: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    task: TaskRecord | None = None
    offer: OfferRecord | None = None
    agent: AgentRecord | None = None
    queue: QueueRecord | None = None
    override: OverrideRecord | None = None
    key: KeyRecord | None = None
