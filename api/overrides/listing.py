"""Who overrode what, and why: overrides by filter, the latest first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from api import cursors
from api.lists import choice, query_instant
from api.live import Live
from assigner.dispatch.actions import ACTIONS
from assigner.domain.lifecycle import OverrideState
from assigner.domain.records import OverrideRecord

MOST_READ = 5_000
"""How many overrides are looked at for one page: one of few finds may be short, and go on."""
AT_ONCE = 1_000
Test = Callable[[OverrideRecord], bool]
Found = tuple[list[OverrideRecord], str | None]
"""A page, and the cursor of what follows."""


def tests(query: Mapping[str, str]) -> list[Test]:
    """What a query asks of an override. Raises Invalid."""
    return list(_tests(query))


def _tests(query: Mapping[str, str]) -> Iterator[Test]:
    author, action = query.get("author"), choice(query, "action", list(ACTIONS))
    state = choice(query, "state", [state.value for state in OverrideState])
    since, until = query_instant(query, "since"), query_instant(query, "until")
    if author is not None:
        yield lambda record: record.author == author
    if action is not None:
        yield lambda record: record.action == action
    if state is not None:
        yield lambda record: record.state == state
    if since is not None:
        yield lambda record: record.made_at >= since
    if until is not None:
        yield lambda record: record.made_at < until


async def page_of(parts: Live, query: Mapping[str, str], limit: int) -> Found:
    """A page of the overrides that a query asks for. Raises Invalid."""
    asked, text = tests(query), query.get("cursor")
    before: Any = cursors.place("overrides", text, int, str) if text is not None else None
    if "task" in query:
        return await _of_task(parts, query["task"], asked, before, limit)
    found: list[OverrideRecord] = []
    for _ in range(MOST_READ // AT_ONCE):
        read = await parts.store.overrides(before, AT_ONCE)
        for record in read:
            before = (record.made_at, record.id)
            if all(test(record) for test in asked):
                found.append(record)
                if len(found) == limit:
                    return found, cursors.cursor("overrides", before)
        if len(read) < AT_ONCE:
            return found, None
    return found, cursors.cursor("overrides", before)


async def _of_task(parts: Live, task: str, asked: list[Test], before: Any, limit: int) -> Found:
    """The overrides that its history names."""
    moments = await parts.store.history(task)
    ids = dict.fromkeys(moment.facts["override"] for moment in moments if "override" in moment.facts)
    read = [await parts.store.override(id) for id in ids]
    known = [record for record in read if record is not None and all(test(record) for test in asked)]
    known.sort(key=lambda record: (record.made_at, record.id), reverse=True)
    left = [record for record in known if before is None or (record.made_at, record.id) < before]
    more = len(left) > limit
    left = left[:limit]
    return left, cursors.cursor("overrides", (left[-1].made_at, left[-1].id)) if more else None


async def all_of(parts: Live, query: Mapping[str, str]) -> AsyncIterator[list[OverrideRecord]]:
    """All that a query asks for, a part at a time."""
    following: str | None = query.get("cursor")
    while True:
        now = {**query, **({"cursor": following} if following else {})}
        found, following = await page_of(parts, now, AT_ONCE)
        yield found
        if following is None:
            return
