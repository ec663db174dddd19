"""What is against an override besides what the store guards: agents who are to get nothing, or not this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from assigner.dispatch.standing import Standing
from assigner.domain.document import holding
from assigner.domain.records import OverrideRecord, TaskRecord

Refusal = tuple[str, dict[str, Any]]
"""A code, and its facts: `by` is the override that is in the way."""


def hindrance(record: OverrideRecord, task: TaskRecord, standing: Standing) -> Refusal | None:
    """Why an override cannot be done to a task; None where nothing is known against it."""
    found = _HINDRANCES.get(record.action)
    return next(found(record, task, standing), None) if found else None


def clash(record: OverrideRecord, tasks: Iterable[TaskRecord]) -> Refusal | None:
    """Why an agent cannot be kept from a queue with these tasks: one of them is pinned to them by hand."""
    if record.action == "exclude" and record.slot is not None:
        for task in tasks:
            pin = task.overrides.get("pinned_agent", {})
            if pin.get("value") == record.doc["agent"]:
                return "override_conflict", {"by": pin["by"], "field": "pinned_agent", "task": task.id}
    return None


def _assign(record: OverrideRecord, task: TaskRecord, standing: Standing) -> Iterator[Refusal]:
    """A pin by hand holds whatever is said; everything else gives way to force."""
    agent, pin = record.doc["agent"], task.overrides.get("pinned_agent")
    pinned = holding(task).get("pinned_agent")
    if pin and pinned not in (None, agent):
        yield "override_conflict", {"by": pin["by"], "field": "pinned_agent"}
    if record.doc.get("force"):
        return
    if agent in standing.drained:
        yield "agent_draining", {"by": standing.drained[agent]}
    yield from _excluded(task, agent, standing)
    if pinned not in (None, agent):
        yield "task_pinned", {"agent": pinned}


def _excluded(task: TaskRecord, agent: str, standing: Standing) -> Iterator[Refusal]:
    by = standing.kept_from(task).get(agent)
    if by is not None:
        yield "agent_excluded", {"by": by}
    elif agent in task.doc.get("excluded_agents", ()):
        yield "agent_excluded", {}


def _pin(record: OverrideRecord, task: TaskRecord, standing: Standing) -> Iterator[Refusal]:
    """Nobody could take a task that is pinned to an agent who is kept from its queue, or whom it excludes.

    An override that keeps the agent from the task itself is found by the store, which knows what is replaced.
    """
    agent = record.doc["agent"]
    if by := standing.excluded.get(task.queue, {}).get(agent):
        yield "override_conflict", {"by": by, "field": "excluded_agents"}
    elif agent in task.doc.get("excluded_agents", ()):
        yield "agent_excluded", {}


def _exclude(record: OverrideRecord, task: TaskRecord, standing: Standing) -> Iterator[Refusal]:
    agent = record.doc["agent"]
    if "pinned_agent" not in task.overrides and task.doc.get("pinned_agent") == agent:
        yield "task_pinned", {"agent": agent}


_HINDRANCES = {"assign": _assign, "pin": _pin, "exclude": _exclude}
