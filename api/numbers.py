"""Numbers about what is open now, counted from the view."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import Any

from api.schemas import PRIORITIES
from api.view import View
from assigner.domain.agent import Presence
from assigner.domain.document import PRIORITY, holding
from assigner.domain.instant import rfc3339
from assigner.domain.lifecycle import OPEN_STATES, State
from assigner.domain.promise import stands
from assigner.domain.records import TaskRecord
from assigner.domain.risk import Risk

WINDOW_MS = 900_000
"""A queue's rate is that of the last quarter of an hour."""
_SLICE = 2_000


async def queue_numbers(view: View, queue: str, now: int) -> dict[str, Any]:
    """How one queue stands.

    The expected wait of a new task of a priority: those waiting that are as important or more, and itself, at
    the rate at which agents took tasks of this queue lately; null while nothing is known of that.
    """
    tasks = [view.tasks[id] for id in view.by["queue"].get(queue, ())]
    waiting = [holding(task).get("priority", PRIORITY) for task in tasks if task.state is State.QUEUED]
    a_minute = rate(view.departures.get(queue, deque()), now)
    ahead = {name: sum(priority >= least for priority in waiting) for name, least in PRIORITIES.items()}
    return {
        "queue": queue,
        "at": rfc3339(now),
        **_together(await _parts(view, tasks, now)),
        "assigned_per_minute": round(a_minute, 3),
        "expected_wait_s": {
            name: round((before + 1) / a_minute * 60, 1) if a_minute else None
            for name, before in ahead.items()
        },
    }


async def all_numbers(view: View, now: int) -> dict[str, Any]:
    """How the whole service stands."""
    parts = await _parts(view, list(view.tasks.values()), now)
    agents = list(view.agents.values())
    present = Counter(agent.presence for agent in agents)
    return {
        "at": rfc3339(now),
        **_together(parts),
        "assigned_per_minute": round(sum(rate(taken, now) for taken in view.departures.values()), 3),
        "offers": len(view.offers),
        "queues": len(view.queues.keys() | view.by["queue"].keys()),
        "agents": {presence.value: present[presence] for presence in Presence},
        "capacity": sum(agent.capacity for agent in agents if agent.presence is Presence.AVAILABLE),
        "load": sum(agent.load for agent in agents),
    }


def rate(taken: deque[int], now: int) -> float:
    """Tasks a minute, from the instants at which they were taken, the last ones of which are known."""
    lately = [at for at in taken if at > now - WINDOW_MS]
    if not lately:
        return 0.0
    span = WINDOW_MS if len(lately) < (taken.maxlen or 0) else max(now - lately[0], 1)
    return len(lately) / (span / 60_000)


async def _parts(view: View, tasks: Sequence[TaskRecord], now: int) -> list[dict[str, Any]]:
    """Counts of tasks, a slice at a time: others wait for the loop too."""
    parts = []
    for start in range(0, len(tasks), _SLICE):
        parts.append(_counted(view, tasks[start : start + _SLICE], now))
        await asyncio.sleep(0)
    return parts


def _together(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    waits = [part["oldest_wait_s"] for part in parts if part["oldest_wait_s"] is not None]
    return {
        "tasks": {state.value: sum(part["tasks"][state] for part in parts) for state in OPEN_STATES},
        "oldest_wait_s": max(waits, default=None),
        "at_risk": sum(part["at_risk"] for part in parts),
        "breached": sum(part["breached"] for part in parts),
    }


def _counted(view: View, tasks: Iterable[TaskRecord], now: int) -> dict[str, Any]:
    states: Counter[State] = Counter()
    risks: Counter[Risk] = Counter()
    oldest = None
    for task in tasks:
        states[task.state] += 1
        risks[stands(task, view.promises(task), now)] += 1
        if task.state is State.QUEUED and (oldest is None or task.queued_at < oldest):
            oldest = task.queued_at
    return {
        "tasks": {state.value: states[state] for state in OPEN_STATES},
        "oldest_wait_s": None if oldest is None else max(0, now - oldest) / 1000,
        "at_risk": risks[Risk.AT_RISK],
        "breached": risks[Risk.BREACHED],
    }
