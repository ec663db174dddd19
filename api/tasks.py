"""Tasks: made, changed, read and listed."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api import etags
from api.batch import Kind, respond
from api.changes import (
    changed,
    enqueue_command,
    keep_creation,
    on_task,
    revised,
    task_of,
    updated,
)
from api.deps import live
from api.documents import fields, merge, read, same_id, understand
from api.errors import ApiError
from api.exchange import body_of, listing, reading
from api.idempotency import Ask, ask
from api.lists import tasks_page
from api.live import Live
from api.paths import path_id
from api.query import Route
from api.records import encode, moment_out, task_out
from api.shapes import TaskNew, TaskPut
from assigner.domain.promise import promises
from assigner.domain.records import TaskRecord
from assigner.store.base import Enqueue, OnTask, Outcome

router = APIRouter(tags=["tasks"], route_class=Route)


@router.post("/v1/tasks", summary="Make a task", status_code=201)
async def enqueue(request: Request) -> Response:
    """Make a task; 200 when it exists with this content already."""
    parts, body = live(request), await body_of(request)
    task, given = read(body, TaskNew)
    now = parts.clock.now_ms()
    outcome = await parts.do("enqueue", enqueue_command(task.id, task, given, ask(request, body), now))
    return await _made(parts, outcome, now)


@router.put("/v1/tasks/{id}", summary="Make a task, or replace what was said of it")
async def put(request: Request) -> Response:
    """Make or replace a task. With If-Match it has to exist; with `If-None-Match: *` it must not."""
    parts, id, body = live(request), path_id(request), await body_of(request)
    task, given = read(body, TaskPut)
    same_id(id, task.id)
    op, now, seen = ask(request, body), parts.clock.now_ms(), etags.expected(request)
    if not etags.must_exist(request):
        try:
            outcome = await parts.do("enqueue", enqueue_command(id, task, given, op, now))
            if outcome.event is None and etags.must_be_new(request):
                raise ApiError("exists_already")
            if outcome.event is None and await _was_done(parts, id, op.step("update")):
                outcome = replace(outcome, replayed=True)
            return await _made(parts, outcome, now)
        except ApiError as error:
            if error.code != "task_exists":
                raise
            if etags.must_be_new(request):
                raise ApiError("exists_already") from None

    def revise(known: TaskRecord, version: int) -> OnTask:
        if task.created_at is not None:
            keep_creation(task, given, known.created_at)
        return on_task(id, op.step("update"), now, updated(task, given, known), version)

    return await changed(parts, await revised(parts, "update", id, seen, revise))


@router.patch("/v1/tasks/{id}", summary="Change some fields of a task (JSON merge patch)")
async def patch(request: Request) -> Response:
    """Change the fields given; null puts one back to its default. It is evaluated again at once."""
    parts, id, body = live(request), path_id(request), await body_of(request)
    op, seen, change = ask(request, body), etags.expected(request), fields(body)

    def revise(task: TaskRecord, version: int) -> OnTask:
        made, given = understand(merge(task.doc, change), TaskPut, body)
        same_id(id, made.id)
        keep_creation(made, given | change.keys(), task.created_at)
        return on_task(id, op, parts.clock.now_ms(), updated(made, given, task), version)

    return await changed(parts, await revised(parts, "update", id, seen, revise))


@router.get("/v1/tasks/{id}", summary="A task")
async def get(request: Request) -> Response:
    """A task, open or ended and not pruned yet."""
    parts = live(request)
    task = await task_of(parts, path_id(request))
    found = promises(task, await parts.queue(task.queue))
    return reading(request, task_out(task, found, parts.clock.now_ms()), task.doc)


@router.get("/v1/tasks", summary="Tasks")
async def list_tasks(request: Request) -> Response:
    """Tasks that are open, the first made first; those that ended with `state`, the last ended first.

    With `due_before`, an instant, those that are due before it, or that somebody is to take before it first;
    if open, the first due first.
    """
    return listing(await tasks_page(live(request), request.query_params))


@router.get("/v1/tasks/{id}/history", summary="What happened to a task")
async def history(request: Request) -> Response:
    """Every transition: when, what, who, why; the oldest first. Of very many the first and the last 1,000."""
    parts = live(request)
    task = await task_of(parts, path_id(request))
    moments = await parts.store.history(task.id)
    return listing(encode({"items": [moment_out(moment) for moment in moments], "next": None}))


@router.post("/v1/tasks/batch", summary="Make many tasks (NDJSON)")
async def batch(request: Request) -> Response:
    """Make a task of each line; the answer has a line for each, in order, as soon as it is made."""
    parts = live(request)
    if not parts.view.obstacle:
        await parts.seen("agent")

    def command(task: TaskNew, given: frozenset[str], op: Ask) -> Enqueue:
        return enqueue_command(task.id, task, given, op, parts.clock.now_ms())

    def told(outcome: Outcome) -> list[str]:
        task = cast(TaskRecord, outcome.task)
        return [] if parts.view.obstacle or parts.view.qualifies(task) else ["nobody_qualifies"]

    return await respond(request, Kind(verb="enqueue", struct=TaskNew, command=command, warnings=told))


async def _was_done(parts: Live, id: str, op: Ask) -> bool:
    """Whether the content that a task has came from this very op, by its Idempotency-Key."""
    return bool(op.asked) and any(moment.op == op.op for moment in await parts.store.history(id))


async def _made(parts: Live, outcome: Outcome, now: int) -> Response:
    """The answer to a task that was made, or was there as it is."""
    new = outcome.event is not None
    return await changed(parts, outcome, now=None if new else now, status=201 if new else 200, kind="tasks")
