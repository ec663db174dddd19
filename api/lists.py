"""Lists of tasks: filtered, a page at a time."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from api import cursors
from api.errors import Fault
from api.faults import AN_INSTANT, BEYOND_MICROSECONDS, Invalid
from api.live import Live
from api.records import page, task_out
from api.shapes import MOST_SHOWN
from api.view import View
from assigner.domain.instant import to_ms
from assigner.domain.lifecycle import OPEN_STATES, State
from assigner.domain.promise import soonest, stands
from assigner.domain.records import TaskRecord
from assigner.domain.risk import Risk

DEFAULT_LIMIT = 100
MOST_READ = 5_000
"""Of the tasks that ended, how many are read for one page: a page of few finds may be short, and go on."""

SLICE = 2_000
"""How many tasks are looked at before others get the loop."""

Place = tuple[int, str]
Test = Callable[[TaskRecord], bool]


async def tasks_page(parts: Live, query: Mapping[str, str]) -> bytes:
    """A page of tasks. Raises Invalid for a filter that is none."""
    state = choice(query, "state", [state.value for state in State])
    risk = choice(query, "sla_risk", [risk.value for risk in Risk])
    due = query_instant(query, "due_before")
    now, limit = parts.clock.now_ms(), page_limit(query)
    view = parts.view
    tests = list(_tests(query, state))
    if risk is not None:
        tests.append(lambda task: stands(task, view.promises(task), now) == risk)
    if due is not None:
        tests.append(lambda task: _is_due_before(view, task, due))
    if state and State(state) not in OPEN_STATES:
        found, following = await _ended(parts, query, tests, limit)
    else:
        found, following = await _open(await parts.seen("task", "queue"), query, tests, limit, due)
    return page([task_out(task, view.promises(task), now) for task in found], following)


def page_limit(query: Mapping[str, str]) -> int:
    """How many items a page has. Raises Invalid."""
    text = query.get("limit", str(DEFAULT_LIMIT))
    if not text.isdecimal() or not 1 <= int(text) <= MOST_SHOWN:
        detail = f"{text!r} will not do; expected an integer from 1 to {MOST_SHOWN:,}."
        raise Invalid([Fault(pointer="/query/limit", code="out_of_range", detail=detail)], 1)
    return int(text)


def choice(query: Mapping[str, str], name: str, known: list[str]) -> str | None:
    """One of the known words of the query. Raises Invalid."""
    value = query.get(name)
    if value is not None and value not in known:
        detail = f"{value!r} is not known; expected one of {', '.join(known)}."
        raise Invalid([Fault(pointer=f"/query/{name}", code="unknown_value", detail=detail)], 1)
    return value


def query_instant(query: Mapping[str, str], name: str) -> int | None:
    """An instant of the query, in milliseconds. Raises Invalid."""
    text = query.get(name)
    if text is None:
        return None
    code, hint = "bad_instant", f"expected {AN_INSTANT}, its + written %2B"
    try:
        instant = msgspec.convert(BEYOND_MICROSECONDS.sub(r"\1", text), datetime)
        if instant.tzinfo is not None:
            return to_ms(instant)
        code, hint = "naive_instant", "add an offset: Z, or one such as %2B01:00"
    except msgspec.ValidationError:
        pass  # it is told with the others
    raise Invalid([Fault(pointer=f"/query/{name}", code=code, detail=f"{text!r} will not do; {hint}.")], 1)


def _tests(query: Mapping[str, str], state: str | None) -> Iterator[Test]:
    queue, agent, case, tag = (query.get(name) for name in ("queue", "agent", "case", "tag"))
    category, skill = query.get("category"), query.get("skill")
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
    if category is not None:
        yield lambda task: task.doc.get("category") == category
    if skill is not None:
        yield lambda task: asks(task, skill)


def asks(task: TaskRecord, skill: str) -> bool:
    """Whether a task asks a skill, by itself or in one of its sets."""
    doc = task.doc
    return skill in doc.get("skills", ()) or any(skill in some for some in doc.get("any_skills", ()))


def _is_due_before(view: View, task: TaskRecord, instant: int) -> bool:
    due = soonest(task, view.promises(task))
    return due is not None and due < instant


async def _open(
    view: View, query: Mapping[str, str], tests: list[Test], limit: int, due: int | None
) -> tuple[list[TaskRecord], str | None]:
    """Open tasks, the first made first, or of those due before an instant the first due. They are gone
    through a slice at a time: others wait for the loop too, and what has ended by then is passed over.
    """
    kind = "open" if due is None else "due"
    text = query.get("cursor")
    after: Any = cursors.place(kind, text, int, str) if text is not None else None
    found: list[TaskRecord] = []
    last: Place = (0, "")
    for places in _sliced(_by_age(view, query, after) if due is None else view.dues.before(due, after)):
        for place in places:
            task = view.tasks.get(place[1])
            if task is not None and all(test(task) for test in tests):
                if len(found) == limit:
                    return found, cursors.cursor(kind, last)
                found.append(task)
                last = place
        await asyncio.sleep(0)
    return found, None


def _by_age(view: View, query: Mapping[str, str], after: Place | None) -> Iterator[list[Place]]:
    """The open tasks by when they were made: those of the smallest index that the filters name."""
    indexed = [view.by[name].get(query[name], set()) for name in view.by if name in query]
    order = sorted((view.tasks[id].created_at, id) for id in min(indexed, key=len)) if indexed else view.order
    yield order[0 if after is None else bisect_right(order, after) :]


def _sliced(lists: Iterable[list[Place]]) -> Iterator[list[Place]]:
    for places in lists:
        yield from (places[start : start + SLICE] for start in range(0, len(places), SLICE))


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
