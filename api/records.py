"""Records as they go over the wire: what the client said, and what the service knows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from assigner.domain.document import PRIORITY
from assigner.domain.instant import rfc3339
from assigner.domain.promise import Promises, response_at, stands
from assigner.domain.queue import SETTINGS
from assigner.domain.records import AgentRecord, Event, OfferRecord, QueueRecord, TaskRecord

encode = msgspec.json.Encoder().encode
instant = lru_cache(maxsize=4_096)(rfc3339)
"""Instants as text; the same ones come again and again."""
_INSTANTS = frozenset(("until", "cool_until", "not_before", "due_at", "respond_by"))
"""The facts that are instants where they are whole numbers."""


def task_out(task: TaskRecord, found: Promises, now: int) -> dict[str, Any]:
    """A task as clients see it at `now`, with its promises."""
    out = {
        "id": task.id,
        "skills": {},
        **task.doc,
        "queue": task.queue,
        "priority": task.doc.get("priority", PRIORITY),
        "size": task.size,
        "created_at": instant(task.created_at),
        "due_at": _maybe(found.due_at),
        "said_due_at": task.doc.get("due_at"),
        "respond_by": _maybe(found.respond_by),
        "responded_at": _maybe(response_at(task)),
        "state": task.state,
        "agent": task.agent,
        "offer": task.offer,
        "started_at": _maybe(task.started_at),
        "held_until": _maybe(task.held_until),
        "hold_reason": task.hold_reason,
        "attempts": task.attempts,
        "declines": task.declines,
        "handoffs": task.handoffs,
        "reopened": task.reopened,
        "relaxed": task.relaxed,
        "queued_at": instant(task.queued_at),
        "finished_at": _maybe(task.finished_at),
        "outcome": task.outcome,
        "version": task.version,
        "updated_at": instant(task.updated_at),
        "sla_risk": stands(task, found, now),
        "overrides": _overlay(task),
    }
    if task.cooling_down:
        known = {agent: instant(until) for agent, until in task.cooling_down.items()}
        out["cooling_down"] = {**task.doc.get("cooling_down", {}), **known}
    return out


def _overlay(task: TaskRecord) -> dict[str, Any]:
    """What overrides say of a task, instants as instants."""
    shown: dict[str, Any] = dict(task.overrides)
    due = shown.get("due_at")
    if due is not None and due.get("value") is not None:
        shown["due_at"] = {**due, "value": instant(due["value"])}
    return shown


def agent_out(agent: AgentRecord) -> dict[str, Any]:
    """An agent as clients see them."""
    return {
        "id": agent.id,
        "skills": {},
        **agent.doc,
        "capacity": agent.capacity,
        "presence": agent.presence,
        "presence_until": _maybe(agent.presence_until),
        "load": agent.load,
        "idle_since": _maybe(agent.idle_since),
        "last_seen_at": _maybe(agent.last_seen_at),
        "version": agent.version,
        "updated_at": instant(agent.updated_at),
    }


def offer_out(offer: OfferRecord) -> dict[str, Any]:
    """An offer as clients see it."""
    return {
        "id": offer.id,
        "task": offer.task,
        "agent": offer.agent,
        "state": offer.state,
        "size": offer.size,
        "offered_at": instant(offer.offered_at),
        "expires_at": instant(offer.expires_at),
        "value": offer.value,
        "terms": offer.terms,
        "expected_handle_s": None if offer.expected_ms is None else offer.expected_ms / 1_000,
    }


def queue_out(queue: QueueRecord) -> dict[str, Any]:
    """A queue's settings, those at their defaults too."""
    settings = {row.name: queue.doc.get(row.name, row.default) for row in SETTINGS}
    return {
        "id": queue.id,
        **settings,
        "version": queue.version,
        "updated_at": instant(queue.updated_at),
    }


def moment_out(event: Event) -> dict[str, Any]:
    """One line of a task's history: when, what, who, why."""
    out: dict[str, Any] = {
        "id": event.id,
        "at": instant(event.at),
        "type": event.type,
        "actor": event.actor,
        **_facts(event),
    }
    if event.task:
        out |= {"state": event.task.state, "queue": event.task.queue, "version": event.task.version}
    if agent := (event.offer and event.offer.agent) or (event.task and event.task.agent):
        out["agent"] = agent
    if event.offer:
        out["offer"] = event.offer.id
    return out


def page(items: Sequence[dict[str, Any]], following: str | None) -> bytes:
    """A list, and the cursor of what follows."""
    return encode({"items": items, "next": following})


def _facts(event: Event) -> dict[str, Any]:
    """What was said, instants as instants."""
    return {name: _fact(name, value) for name, value in event.facts.items() if value is not None}


def _fact(name: str, value: Any) -> Any:
    if name in ("set", "promised"):  # what an override says of the task, and what it was promised
        return {field: _fact(field, said) for field, said in value.items()}
    return instant(value) if name in _INSTANTS and isinstance(value, int) else value


def _maybe(ms: int | None) -> str | None:
    return None if ms is None else instant(ms)
