"""Who has not said which version they saw is never told that theirs is old."""

import asyncio

import pytest

from api.changes import PATIENCE_S, on_task, revised, settled
from api.errors import ApiError
from api.idempotency import Ask
from api.live import Live
from api.view import View
from assigner.clock import ManualClock
from assigner.domain.records import TaskRecord
from assigner.store.base import Enqueue, OnTask, Outcome
from assigner.store.memory import MemoryStore


class Slow(MemoryStore):
    """A store whose answers take a turn of the loop: others come in between."""

    async def task(self, id: str) -> TaskRecord | None:
        found = await super().task(id)
        await asyncio.sleep(0)
        return found


def _live(clock: ManualClock) -> Live:
    store = Slow(clock)
    return Live(workspace="w", store=store, view=View(store), clock=clock)


def test_all_changes_at_once_are_made() -> None:
    """Each from the record that the one before has left; none is lost, none is refused."""
    parts = _live(ManualClock())

    async def add(n: int) -> Outcome:
        def revise(task: TaskRecord, version: int) -> OnTask:
            facts = {"doc": {**task.doc, f"k{n}": n}, "queue": "q", "size": 1}
            return on_task("t", Ask(f"op{n}", "", "x"), 0, facts, version)

        return await revised(parts, "update", "t", None, revise)

    async def all_at_once() -> TaskRecord | None:
        made = Enqueue(op="make", actor="x", now=0, task="t", doc={}, queue="q", size=1, created_at=0)
        await parts.do("enqueue", made)
        await asyncio.gather(*(add(n) for n in range(30)))
        return await parts.store.task("t")

    task = asyncio.run(all_at_once())
    assert task
    assert (task.version, len(task.doc)) == (31, 30)


def test_when_others_are_always_faster_it_is_said_so() -> None:
    clock = ManualClock()
    tried = []

    async def change() -> Outcome:
        clock.advance(1_000)
        tried.append(1)
        raise ApiError("stale_version")

    with pytest.raises(ApiError) as raised:
        asyncio.run(settled(_live(clock), change))
    assert (raised.value.code, raised.value.headers) == ("overloaded", {"Retry-After": "1"})
    assert len(tried) == PATIENCE_S
