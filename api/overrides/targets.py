"""Which tasks an override is about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import cast

from api.errors import ApiError
from api.lists import asks
from api.live import Live
from api.overrides.body import FilterIn, OverrideIn, refuse_too_many
from api.view import View
from assigner.domain.records import TaskRecord
from assigner.store.log import event_key

SLICE = 1_000
"""How many tasks are looked at before others get the loop."""
AT_ONCE = 250
"""How many tasks that are not open are asked of the store together."""

PATIENCE_S = 10.0
"""How long an override waits for what has changed to be known here."""
EVER_MS = 2**53
"""Later than every event."""

Test = Callable[[TaskRecord], bool]


async def targets(parts: Live, asked: OverrideIn, now: int) -> tuple[list[TaskRecord], list[str]]:
    """The tasks, and the ids of those that there are not. Raises too_many_targets and no_targets, and
    overloaded when what has changed is not known here yet.
    """
    view, target, missing = await caught_up(parts), asked.target, list[str]()
    if target.tasks is not None:
        found, missing = await _named(parts, view, target.tasks)
    elif target.filter is not None:
        found = await _filtered(view, asked, now)
    elif target.agent is not None:
        found = [task for task in _of_agent(view, target.agent) if task.state in asked.row.states]
    else:
        return [], []
    refuse_too_many(len(found))
    if not found and not missing and "agent" not in asked.row.standing:
        raise ApiError("no_targets")
    return found, missing


async def caught_up(parts: Live) -> View:
    """The view, once it has seen what has changed until now, in other processes too: what it does not know
    yet would be missed.

    Raises overloaded.
    """
    until = parts.clock.monotonic_s() + PATIENCE_S
    view, (last, _) = await parts.seen(), await parts.store.event_before(EVER_MS)
    changed = event_key(last)
    while view.position < changed:
        if parts.clock.monotonic_s() >= until:
            detail = "What has changed is not known here yet: retry."
            raise ApiError("overloaded", detail, headers={"Retry-After": "1"})
        await view.reached(changed)
    return view


async def _named(parts: Live, view: View, ids: list[str]) -> tuple[list[TaskRecord], list[str]]:
    """Tasks by their ids, in that order; those that are not open are read from the store."""
    known = {id: view.tasks[id] for id in ids if id in view.tasks}
    others = [id for id in ids if id not in known]
    for start in range(0, len(others), AT_ONCE):
        read = await asyncio.gather(*(parts.store.task(id) for id in others[start : start + AT_ONCE]))
        known |= {task.id: task for task in read if task is not None}
    return [known[id] for id in ids if id in known], [id for id in others if id not in known]


async def _filtered(view: View, asked: OverrideIn, now: int) -> list[TaskRecord]:
    """The tasks that a filter finds, the first made first."""
    filter = cast(FilterIn, asked.target.filter)
    tests = list(_tests(filter, asked, now))
    ids = list(view.tasks if filter.queue is None else view.by["queue"].get(filter.queue, ()))
    found: list[TaskRecord] = []
    for start in range(0, len(ids), SLICE):
        tasks = (view.tasks.get(id) for id in ids[start : start + SLICE])
        found += [task for task in tasks if task is not None and all(test(task) for test in tests)]
        await asyncio.sleep(0)
    return sorted(found, key=lambda task: (task.created_at, task.id))


def _tests(filter: FilterIn, asked: OverrideIn, now: int) -> Iterator[Test]:
    states = frozenset(asked.row.states)
    yield lambda task: task.state in states
    if filter.queue is not None:  # it may have left the queue since
        yield lambda task: task.queue == filter.queue
    if filter.state is not None:
        yield lambda task: task.state == filter.state
    if filter.category is not None:
        yield lambda task: task.doc.get("category") == filter.category
    if (skill := filter.skill) is not None:
        yield lambda task: asks(task, skill)
    if filter.tag is not None:
        yield lambda task: filter.tag in task.doc.get("tags", ())
    if filter.age_s is not None:
        oldest = now - round(filter.age_s * 1000)
        yield lambda task: task.created_at <= oldest


def _of_agent(view: View, agent: str) -> list[TaskRecord]:
    tasks = (view.tasks[id] for id in view.by["agent"].get(agent, ()))
    return sorted(tasks, key=lambda task: (task.created_at, task.id))
