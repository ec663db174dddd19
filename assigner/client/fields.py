"""What a caller says of tasks, agents and queues; the service's /docs say more of each field.

What is left out is at its default. Instants are datetimes with an offset, or RFC 3339 texts; names that end
in `_s` are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypedDict

from assigner.client.call import Guard

Instant = datetime | str
Priority = int | Literal["low", "medium", "high", "urgent"]
Presence = Literal["available", "away", "offline"]


class TaskFields(Guard, total=False):
    """What is said of a task."""

    case: str | None
    queue: str | None
    category: str | None
    channel: str | None
    tags: Sequence[str] | None
    skills: Mapping[str, int | None] | None
    any_skills: Sequence[Mapping[str, int]] | None
    preferred_skills: Mapping[str, int | None] | None
    priority: Priority | None
    created_at: Instant | None
    due_at: Instant | None
    not_before: Instant | None
    handle_s: float | None
    size: int | None
    preferred_agents: Sequence[str] | None
    excluded_agents: Sequence[str] | None
    pinned_agent: str | None
    cooling_down: Mapping[str, Instant | None] | None
    attributes: Mapping[str, Any] | None


class TaskFilter(TypedDict, total=False):
    """Which tasks: all of what is given holds; open ones, unless `state` says else. `limit`: of a page."""

    state: str | None
    queue: str | None
    agent: str | None
    tag: str | None
    case: str | None
    category: str | None
    skill: str | None
    sla_risk: str | None
    due_before: Instant | None
    limit: int | None


class HandlingFilter(TypedDict, total=False):
    """Of which category and of which agent; without an agent those of everybody too. `limit`: of a page."""

    category: str | None
    agent: str | None
    limit: int | None


class AgentFields(Guard, total=False):
    """What is said of an agent."""

    skills: Mapping[str, int | None] | None
    presence: Presence | None
    channels: Sequence[str] | None
    capacity: int | None
    available_from: Instant | None
    available_until: Instant | None
    shifts: Sequence[Mapping[str, Any]] | None
    handle_s: Mapping[str, float | None] | None
    teams: Sequence[str] | None


class AgentFilter(TypedDict, total=False):
    """Which agents: all of what is given holds. `limit`: of a page."""

    team: str | None
    skill: str | None
    presence: Presence | None
    limit: int | None


class Target(TypedDict, total=False):
    """What an override is about, one of these: tasks by their ids or by a filter, an agent, a queue.

    A filter has `queue`, `category`, `skill`, `state`, `age_s` and `tag`.
    """

    tasks: Sequence[str]
    filter: Mapping[str, Any]
    agent: str
    queue: str


class OverrideFields(Guard, total=False):
    """What an override says; which of it an action takes, /docs of the service tell."""

    until: Instant | None
    agent: str
    priority: Priority
    due_at: Instant | None
    queue: str
    skills: Mapping[str, int]
    force: bool
    started: bool
    replace: bool
    partial: bool


class OverrideFilter(TypedDict, total=False):
    """Which overrides: all of what is given holds. `since` and `until`: made from then on, and before."""

    author: str
    since: Instant
    until: Instant
    action: str
    state: str
    task: str


class QueueFields(Guard, total=False):
    """The settings of a queue."""

    offer_ttl_s: float
    auto_accept: bool
    decline_cool_down_s: float
    most_declines: int | None
    on_expiry: Literal["keep", "away"]
    release_on_absence: bool
    lost_after_s: float | None
    relaxation: Sequence[Mapping[str, Any]]
    floor: Mapping[str, int]
    calendar: Mapping[str, Any] | None
    service_levels: Sequence[Mapping[str, Any]]
    curve: Sequence[Mapping[str, float]] | None
    rule: Literal["price_and_hold", "priority_first", "snapshot"]


class Transfer(Guard, total=False):
    """Where a task goes, what it asks there, and a note for who takes it. What is left out stays."""

    queue: str | None
    skills: Mapping[str, int] | None
    priority: Priority | None
    note: str | None
