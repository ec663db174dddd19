"""From what a client asks about a task to the store's command, and its outcome."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Collection
from random import Random
from typing import Any

from starlette.responses import Response

from api.documents import document
from api.errors import ApiError, Fault
from api.etags import Seen, guarded
from api.exchange import answer
from api.faults import Invalid
from api.idempotency import Ask
from api.live import MAIN_QUEUE, Live
from api.records import task_out
from api.shapes import TaskPut
from assigner.domain.instant import rfc3339, to_ms
from assigner.domain.lifecycle import NOT_BEFORE, State
from assigner.domain.promise import promises
from assigner.domain.records import TaskRecord
from assigner.store.base import Enqueue, OnTask, Outcome

PATIENCE_S = 5.0
"""For how long a change made from a record is made again while others change the record first."""
PAUSE_S = 0.02
"""The longest pause before it is made again; of any length up to that, or all would come again at once."""
_WAITING = frozenset((State.QUEUED, State.HELD))
_chance = Random(uuid.uuid4().int)  # noqa: S311 - only pauses are drawn from it


def enqueue_command(id: str, task: TaskPut, given: Collection[str], op: Ask, now: int) -> Enqueue:
    """The command that makes a task: held while it is not to be taken yet."""
    not_before = None if task.not_before is None else to_ms(task.not_before)
    early = not_before is not None and not_before > now
    return Enqueue(
        op=op.op,
        actor=op.actor,
        now=now,
        asked=op.asked,
        task=id,
        doc=document(task, given),
        queue=task.queue or MAIN_QUEUE,
        size=task.size,
        created_at=now if task.created_at is None else to_ms(task.created_at),
        held_until=not_before if early else None,
        hold_reason=NOT_BEFORE if early else None,
    )


def on_task(
    id: str, op: Ask, now: int, facts: dict[str, Any] | None = None, version: int | None = None
) -> OnTask:
    """A command about one task."""
    return OnTask(
        op=op.op, actor=op.actor, now=now, asked=op.asked, version=version, task=id, facts=facts or {}
    )


def said(task: TaskPut, given: Collection[str], queue_before: str) -> dict[str, Any]:
    """The facts of a verb that changes what is said of a task: the whole of it as it becomes, and the queue
    that it leaves, where it does.
    """
    queue = task.queue or MAIN_QUEUE
    facts = {"doc": document(task, given), "queue": queue, "size": task.size}
    return facts if queue == queue_before else {**facts, "from_queue": queue_before}


def updated(task: TaskPut, given: Collection[str], before: TaskRecord) -> dict[str, Any]:
    """The facts of an update: besides, from when the task may be begun."""
    not_before = None if task.not_before is None else to_ms(task.not_before)
    return {**said(task, given, before.queue), "not_before": not_before}


def keep_creation(task: TaskPut, given: Collection[str], created_at: int) -> None:
    """Refuse to change when a task that exists was created. Raises Invalid."""
    if "created_at" in given and (task.created_at is None or to_ms(task.created_at) != created_at):
        detail = f"The task was created at {rfc3339(created_at)}, which stays: leave it out."
        raise Invalid([Fault(pointer="/created_at", code="read_only", detail=detail)], 1)


async def task_of(parts: Live, id: str) -> TaskRecord:
    """The task. Raises unknown_task."""
    task = await parts.store.task(id)
    if task is None:
        raise ApiError("unknown_task")
    return task


async def guard(parts: Live, id: str, seen: Seen | None) -> int | None:
    """The version of a task that the store is to compare. Raises stale_version."""
    return guarded(seen, await parts.store.task(id)) if seen else None


async def settled(parts: Live, change: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """Make a change from a record as it is, and again from what it has become, until nobody was faster.

    Raises overloaded when others have been faster all the time.
    """
    until = parts.clock.monotonic_s() + PATIENCE_S
    while True:
        try:
            return await change()
        except ApiError as error:
            if error.code != "stale_version":
                raise
        if parts.clock.monotonic_s() >= until:
            detail = f"Others have changed this again and again for {PATIENCE_S:g} seconds: retry."
            raise ApiError("overloaded", detail, headers={"Retry-After": "1"})
        await asyncio.sleep(_chance.uniform(0, PAUSE_S))


async def revised(
    parts: Live, verb: str, id: str, seen: Seen | None, revise: Callable[[TaskRecord, int], OnTask]
) -> Outcome:
    """Do a verb whose command is made from the record as it is.

    `revise` gets the record and the version to guard: the one the client saw, else that of the record, and
    then it is asked again when the record has changed meanwhile.
    """

    async def change() -> Outcome:
        task = await task_of(parts, id)
        version = guarded(seen, task)
        return await parts.do(verb, revise(task, task.version if version is None else version))

    return await (change() if seen else settled(parts, change))


async def warnings(parts: Live, task: TaskRecord) -> list[str]:
    """What a client should hear at once of a task that waits; nothing while the agents are not known yet."""
    if task.state not in _WAITING or parts.view.obstacle:
        return []
    view = await parts.seen("agent")
    return [] if view.qualifies(task) else ["nobody_qualifies"]


async def changed(
    parts: Live, outcome: Outcome, *, now: int | None = None, status: int = 200, kind: str = ""
) -> Response:
    """A task after a change: as it was then, so that a retry is told the same; `now` for one that stayed."""
    task = outcome.task
    if task is None:  # an op whose task has been pruned since
        raise ApiError("unknown_task")
    found = promises(task, await parts.queue(task.queue))
    out = task_out(task, found, task.updated_at if now is None else now)
    out["warnings"] = await warnings(parts, task)
    return answer(out, task.doc, status=status, kind=kind, replayed=outcome.replayed)
