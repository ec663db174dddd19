"""Queues: their settings, and how they stand."""

from __future__ import annotations

from bisect import bisect_right

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api import cursors, etags
from api.deps import live
from api.documents import document, read, same_id
from api.errors import ApiError
from api.exchange import answer, body_of, listing, reading
from api.idempotency import ask
from api.lists import page_limit
from api.live import Live
from api.numbers import queue_numbers
from api.paths import path_id
from api.query import Route
from api.records import encode, page, queue_out
from api.shapes import QueuePut
from assigner.domain.records import QueueRecord
from assigner.store.base import PutQueue

router = APIRouter(tags=["queues"], route_class=Route)


@router.put("/v1/queues/{id}", summary="Make a queue, or replace its settings")
async def put(request: Request) -> Response:
    """Make or replace a queue; what is left out is at its default.

    A queue that only tasks name is there, though nobody has put it: both If-Match and `If-None-Match: *`
    make it.
    """
    parts, id, body = live(request), path_id(request), await body_of(request)
    queue, given = read(body, QueuePut)
    same_id(id, queue.id)
    known = await _queue_of(parts, id) if etags.must_exist(request) else None
    op, new = ask(request, body), etags.must_be_new(request)
    command = PutQueue(
        op=op.op,
        actor=op.actor,
        now=parts.clock.now_ms(),
        asked=op.asked,
        version=0 if new else etags.guarded(etags.expected(request), known),
        queue=id,
        doc=document(queue, given),
    )
    try:
        outcome = await parts.do("put_queue", command)
    except ApiError as error:
        raise (ApiError("exists_already") if new and error.code == "stale_version" else error) from None
    if outcome.queue is None:
        raise ApiError("unknown_queue")
    new = outcome.queue.version == 1
    return answer(
        queue_out(outcome.queue),
        outcome.queue.doc,
        status=201 if new else 200,
        kind="queues" if new else "",
        replayed=outcome.replayed,
    )


@router.get("/v1/queues/{id}", summary="A queue's settings")
async def get(request: Request) -> Response:
    """The settings, those at their defaults too. A queue that only tasks name has version 0."""
    queue = await _queue_of(live(request), path_id(request))
    return reading(request, queue_out(queue), queue.doc)


@router.get("/v1/queues", summary="Queues")
async def list_queues(request: Request) -> Response:
    """All queues that were put, or that an open task is in, by id."""
    limit, after = page_limit(request.query_params), request.query_params.get("cursor")
    view = await live(request).seen("queue", "task")
    known = {id: _unput(id) for id in view.by["queue"]} | view.queues
    ids = sorted(known)
    first = 0 if after is None else bisect_right(ids, cursors.place("queues", after, str)[0])
    shown = ids[first : first + limit]
    more = cursors.cursor("queues", (shown[-1],)) if first + limit < len(ids) else None
    return listing(page([queue_out(known[id]) for id in shown], more))


@router.get("/v1/queues/{id}/stats", summary="How a queue stands")
async def get_stats(request: Request) -> Response:
    """Length, oldest wait, expected wait by priority, and what is at risk."""
    parts = live(request)
    queue = await _queue_of(parts, path_id(request))
    return listing(encode(await queue_numbers(await parts.seen(), queue.id, parts.clock.now_ms())))


async def _queue_of(parts: Live, id: str) -> QueueRecord:
    queue = await parts.store.queue(id)
    if queue is None and id in (await parts.seen("task")).by["queue"]:
        return _unput(id)
    if queue is None:
        raise ApiError("unknown_queue")
    return queue


def _unput(id: str) -> QueueRecord:
    return QueueRecord(id=id, doc={}, version=0, updated_at=0)
