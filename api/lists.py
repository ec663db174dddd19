"""Lists of tasks: filtered, a page at a time."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from api import cursors
from api.errors import Fault
from api.faults import Invalid
from api.live import Live
from api.records import page, task_out, task_risk
from api.shapes import MOST_SHOWN
from api.view import View
from assigner.domain.lifecycle import OPEN_STATES, State
from assigner.domain.records import TaskRecord
from assigner.domain.risk import Risk

DEFAULT_LIMIT = 100
MOST_READ = 5_000
"""Of the tasks that ended, how many are read for one page: a page of few finds may be short, and go on."""

SLICE = 2_000
"""How many tasks are looked at before others get the loop."""

Test = Callable[[TaskRecord], bool]


async def tasks_page(parts: Live, query: Mapping[str, str]) -> bytes:
    """A page of tasks. Raises Invalid for a filter that is none."""
    state = _choice(query, "state", [state.value for state in State])
    risk = _choice(query, "sla_risk", [risk.value for risk in Risk])
    now, limit = parts.clock.now_ms(), page_limit(query)
    tests = list(_tests(query, state, risk, now))
    if state and State(state) not in OPEN_STATES:
        found, following = await _ended(parts, query, tests, limit)
    else:
        found, following = await _open(await parts.seen("task"), query, tests, limit)
    return page([task_out(task, now) for task in found], following)


def page_limit(query: Mapping[str, str]) -> int:
    """How many items a page has. Raises Invalid."""
    text = query.get("limit", str(DEFAULT_LIMIT))
    if not text.isdecimal() or not 1 <= int(text) <= MOST_SHOWN:
        detail = f"{text!r} will not do; expected an integer from 1 to {MOST_SHOWN:,}."
        raise Invalid([Fault(pointer="/query/limit", code="out_of_range", detail=detail)], 1)
    return int(text)


def _choice(query: Mapping[str, str], name: str, known: list[str]) -> str | None:
    value = query.get(name)
    if value is not None and value not in known:
        detail = f"{value!r} is not known; expected one of {', '.join(known)}."
        raise Invalid([Fault(pointer=f"/query/{name}", code="unknown_value", detail=detail)], 1)
    return value


def _tests(query: Mapping[str, str], state: str | None, risk: str | None, now: int) -> Iterator[Test]:
    queue, agent, case, tag = (query.get(name) for name in ("queue", "agent", "case", "tag"))
    if state is not None:
        yield lambda task: task.state == state
    if queue is not None:
        yield lambda task: task.queue == queue
    if agent is not None:
        yield lambda task: task.agent == agent
    if case is not None:
        yield lambda task: task.doc.get("case") == case
    if tag is not None:
        yield lambda task: tag in task.doc.get("tags", ())
    if risk is not None:
        yield lambda task: task_risk(task, now) == risk


async def _open(
    view: View, query: Mapping[str, str], tests: list[Test], limit: int
) -> tuple[list[TaskRecord], str | None]:
    """Open tasks, the first made first; the smallest index that the filters name is gone through, a slice at
    a time: others wait for the loop too, and what has ended by the time it is come to is passed over.
    """
    text = query.get("cursor")
    after = cursors.place("open", text, int, str) if text is not None else None
    indexed = [view.by[name].get(query[name], set()) for name in view.by if name in query]
    order = sorted((view.tasks[id].created_at, id) for id in min(indexed, key=len)) if indexed else view.order
    keys = order[0 if after is None else bisect_right(order, after) :]
    found: list[TaskRecord] = []
    for start in range(0, len(keys), SLICE):
        for _, id in keys[start : start + SLICE]:
            task = view.tasks.get(id)
            if task is not None and all(test(task) for test in tests):
                if len(found) == limit:
                    last = found[-1]
                    return found, cursors.cursor("open", (last.created_at, last.id))
                found.append(task)
        await asyncio.sleep(0)
    return found, None


async def _ended(
    parts: Live, query: Mapping[str, str], tests: list[Test], limit: int
) -> tuple[list[TaskRecord], str | None]:
    """Ended tasks, the last ended first, read from the store until the page is full or enough are read."""
    text = query.get("cursor")
    before: Any = cursors.place("ended", text, int, str) if text is not None else None
    found: list[TaskRecord] = []
    for _ in range(MOST_READ // MOST_SHOWN):
        read = await parts.store.ended(before, MOST_SHOWN)
        for task in read:
            before = (task.finished_at or 0, task.id)
            if all(test(task) for test in tests):
                found.append(task)
                if len(found) == limit:
                    return found, cursors.cursor("ended", before)
        if len(read) < MOST_SHOWN:
            return found, None
    return found, cursors.cursor("ended", before)
