"""The things of the API, as the service says them.

Instants have an offset; names that end in `_s` are seconds. Texts such as a state are plain text: a newer
service may have more of them than are listed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from assigner.client.record import Record


class Task(Record):
    """A task: what was said of it, and how it stands.

    `state`: queued, held, offered, assigned, completed or cancelled. `agent`: who is offered it, has it or
    did it. `sla_risk`: none (nothing was promised), ok, at_risk or breached. `warnings`: told when
    it is made. `overrides`: what coordinators decided of it by hand, beside the fields as they were said.
    `due_at`: when it is to be done, as a coordinator, its client or its queue says; `said_due_at` as its
    client said. `respond_by`: when an agent is to take it first, `responded_at`: when one did.
    """

    id: str
    state: str
    queue: str
    priority: int
    size: int
    skills: Mapping[str, int]
    any_skills: Sequence[Mapping[str, int]]
    preferred_skills: Mapping[str, int]
    case: str | None
    category: str | None
    channel: str | None
    tags: Sequence[str]
    attributes: Mapping[str, Any]
    handle_s: float | None
    created_at: datetime
    due_at: datetime | None
    said_due_at: datetime | None
    respond_by: datetime | None
    responded_at: datetime | None
    not_before: datetime | None
    pinned_agent: str | None
    preferred_agents: Sequence[str]
    excluded_agents: Sequence[str]
    cooling_down: Mapping[str, datetime]
    agent: str | None
    offer: str | None
    started_at: datetime | None
    held_until: datetime | None
    hold_reason: str | None
    queued_at: datetime
    finished_at: datetime | None
    outcome: str | None
    attempts: int
    declines: int
    handoffs: int
    reopened: int
    relaxed: int
    sla_risk: str
    overrides: Mapping[str, Any]
    warnings: Sequence[str]
    version: int
    updated_at: datetime


class Break(Record):
    """When an agent has a break: from `begins`, which is `from` in the mapping, until `until`."""

    until: datetime

    @property
    def begins(self) -> datetime:
        """The first instant of it."""
        return datetime.fromisoformat(self["from"])


class Shift(Break):
    """When an agent is there, but for the breaks: from `begins` until `until`."""

    breaks: Sequence[Break]


class Agent(Record):
    """An agent, and what they hold now. `presence`: available, away or offline."""

    id: str
    presence: str
    presence_until: datetime | None
    skills: Mapping[str, int]
    channels: Sequence[str] | None
    capacity: int
    load: int
    shifts: Sequence[Shift]
    available_from: datetime | None
    available_until: datetime | None
    handle_s: Mapping[str, float]
    teams: Sequence[str]
    idle_since: datetime | None
    last_seen_at: datetime | None
    version: int
    updated_at: datetime


class HandlingTime(Record):
    """How long an agent is expected to take for a category; `agent` None: somebody of the usual speed.

    `spread`: the σ of the logarithm of a time. `n`: how many completions are behind it.
    """

    category: str
    agent: str | None
    mean_s: float
    spread: float
    n: int


class Offer(Record):
    """A task proposed to one agent. `state`: open, accepted, declined, expired or revoked.

    `expected_handle_s`: how long they were expected to take.
    """

    id: str
    task: str
    agent: str
    state: str
    size: int
    offered_at: datetime
    expires_at: datetime
    value: int
    terms: Mapping[str, int]
    expected_handle_s: float | None


class Queue(Record):
    """The settings of a queue."""

    id: str
    offer_ttl_s: float
    auto_accept: bool
    decline_cool_down_s: float
    most_declines: int | None
    on_expiry: str
    release_on_absence: bool
    lost_after_s: float | None
    relaxation: Sequence[Mapping[str, Any]]
    floor: Mapping[str, int]
    calendar: Mapping[str, Any] | None
    service_levels: Sequence[Mapping[str, Any]]
    curve: Sequence[Mapping[str, float]] | None
    rule: str
    version: int
    updated_at: datetime


class Ready(Record):
    """That the service can take work."""

    status: str


class Stats(Record):
    """How the service stands: tasks by state, agents by presence, and what they can take and hold."""

    at: datetime
    tasks: Mapping[str, int]
    oldest_wait_s: float | None
    at_risk: int
    breached: int
    assigned_per_minute: float
    offers: int
    queues: int
    agents: Mapping[str, int]
    capacity: int
    load: int


class QueueStats(Record):
    """How a queue stands; `expected_wait_s` is a new task's, by priority, None while nothing is known."""

    queue: str
    at: datetime
    tasks: Mapping[str, int]
    oldest_wait_s: float | None
    at_risk: int
    breached: int
    assigned_per_minute: float
    expected_wait_s: Mapping[str, float | None]


class Moment(Record):
    """One line of a task's history. What the verb was told, such as a `reason`, is in the mapping."""

    id: str
    at: datetime
    type: str
    actor: str
    state: str | None
    queue: str | None
    agent: str | None
    offer: str | None
    reason: str | None
    version: int | None


class Unblock(Record):
    """The smallest change that would make somebody eligible: its kind, and the agents or the skill of it."""

    kind: str
    agents: Sequence[str]
    skill: str | None
    at: datetime | None
    also: Sequence[str]


class HeldFor(Record):
    """Whom a task that is held back waits for, and when they are expected to begin it."""

    agent: str
    expected_at: datetime


class Choice(Record):
    """An agent, and what the pair was worth, term by term."""

    agent: str
    value: int
    terms: Mapping[str, int]
    expected_handle_s: float | None


class Decided(Record):
    """The last decision about a task; `runners_up` is None where they are not known any more."""

    at: datetime
    agent: str
    value: int
    terms: Mapping[str, int]
    expected_handle_s: float | None
    runners_up: Sequence[Choice] | None


class Explanation(Record):
    """Why a task waits, in words and in numbers, and what would unblock it; or why it went where it went."""

    task: str
    state: str
    agent: str | None
    reason: str | None
    detail: str | None
    position: int | None
    of: int | None
    refusals: Mapping[str, int]
    unblock: Unblock | None
    held_until: datetime | None
    hold_reason: str | None
    overrides: Sequence[Mapping[str, Any]]
    decided: Decided | None


class Override(Record):
    """What a coordinator decided by hand. `state`: active, while it holds and can be undone; done, undone,
    ended or replaced. `tasks`: the ids that it touched, when it is read by itself. What its action takes,
    such as `agent` or `priority`, is in the mapping.
    """

    id: str
    action: str
    target: Mapping[str, Any]
    reason: str
    author: str
    state: str
    made_at: datetime
    until: datetime | None
    touched: int
    forced: int
    replaced: int
    skipped: int | None
    refused: int | None
    refusals: Sequence[Mapping[str, Any]]
    tasks: Sequence[str]
    ended_at: datetime | None
    ended_by: str | None
    version: int


class Preview(Record):
    """What an override would do: whether it `would` be made, which tasks it would touch, what is refused."""

    action: str
    would: bool
    touched: int
    forced: int
    skipped: int
    tasks: Sequence[str]
    by: Mapping[str, Mapping[str, int]]
    holds: Mapping[str, Mapping[str, int]]
    refused: int
    refusals: Sequence[Mapping[str, Any]]
    conflict: Mapping[str, Any] | None


class Key(Record):
    """An API key, as administrators see it. `state`: live, expired or revoked."""

    id: str
    name: str
    role: str
    agent: str | None
    rate: float | None
    state: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    version: int


class NewKey(Key):
    """A key that was made just now: `key` is its text, told this once and shown nowhere.

    It is None where the first answer was lost on its way: the key is there, and nobody has it. Rotate it.
    """

    secret = frozenset(["key"])
    key: str | None


class Event(Record):
    """What happened, as a CloudEvent: `data` is the record after it. `actor`: who did it."""

    id: str
    type: str
    subject: str
    time: datetime
    source: str
    actor: str | None
    queue: str | None
    reason: str | None
    override: str | None
    data: Mapping[str, Any]

    @property
    def task(self) -> Task | None:
        """The task after it; None where it is about something else."""
        return Task(self.data) if self.type.startswith("task.") else None


class Reset(Record):
    """Some events were missed, and the others follow: read again what you show."""

    id: str
    detail: str
