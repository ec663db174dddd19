"""`POST /v1/assign`: a snapshot in, the decision out; nothing is stored."""

import asyncio
import sys
from collections.abc import Coroutine
from contextlib import ExitStack
from typing import Any, Protocol

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.deps import check_still, language, pool, request_id, service
from api.errors import ApiError
from api.messages import Facts, Job, Reply
from api.query import Route
from api.spool import Spool
from assigner.config import Settings
from assigner.metrics import Meters

# A step of sending: large enough to be cheap, small enough to leave the loop free in between.
_SLICE_BYTES = 256 * 1_024

router = APIRouter(route_class=Route)


@router.post("/v1/assign", summary="Decide who gets which task")
@router.post("/assign", include_in_schema=False)
async def assign(request: Request) -> Response:
    """Decide on a snapshot of tasks and agents, and explain each task that stays waiting."""
    parts, workers = service(request), pool(request)
    job = Job(
        now_ms=parts.clock.now_ms(),
        request_id=request_id(request),
        language=language(request.headers.get("accept-language", "")),
        limits=parts.settings.limits,
        verify=parts.settings.verify,
    )
    with ExitStack() as held:
        held.enter_context(workers.place())
        with Spool() as body:
            await receive_body(request, body, parts.settings)
            reply = await while_connected(request, workers.run(body, job))
        if reply.facts:
            observe(parts.meters, reply.facts)
        return Sliced(reply, held.pop_all(), parts.settings.body_timeout_s)


class Writable(Protocol):
    """What a body is read into."""

    def write(self, data: bytes, /) -> object:
        """Add the data at the end."""
        ...


async def receive_body(request: Request, body: Writable, settings: Settings, most: int = sys.maxsize) -> None:
    """Read the request's body into `body`: at most `most` bytes, and never more than the setting.

    Raises ApiError body_too_large as soon as that is known, body_timeout, unauthorized when its sender may do
    nothing any more by then, and ClientDisconnect.
    """
    most = min(most, settings.max_body_bytes)
    if int(request.headers.get("content-length", "0")) > most:
        raise _too_large(most)
    received = 0
    try:
        async with asyncio.timeout(settings.body_timeout_s):
            async for chunk in request.stream():
                received += len(chunk)
                if received > most:
                    raise _too_large(most)
                body.write(chunk)
    except TimeoutError:
        raise ApiError("body_timeout", headers={"Connection": "close"}) from None
    check_still(request)


async def while_connected(request: Request, work: Coroutine[Any, Any, Reply]) -> Reply:
    """The result of the work, which is cancelled when the client goes away: that raises ClientDisconnect."""
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(client_leaves(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()


async def client_leaves(request: Request) -> None:
    """Return when the client goes away; its body has been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


class Sliced(Response):
    """The reply of a worker, sent in slices of its shared memory.

    The request keeps its place until the client has the answer, and the client has `seconds` to take it.
    """

    def __init__(self, reply: Reply, place: ExitStack, seconds: float) -> None:
        super().__init__(memoryview(reply.body), reply.status, media_type=reply.media_type)
        self._place = place
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer. Raises ClientDisconnect when the client takes too long over it."""
        with self._place:
            try:
                async with asyncio.timeout(self._seconds):
                    await self._send(send)
            except TimeoutError:
                raise ClientDisconnect from None

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for start in range(0, len(self.body), _SLICE_BYTES):
            part = bytes(self.body[start : start + _SLICE_BYTES])
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def observe(meters: Meters, facts: Facts) -> None:
    """Count what an answer says about itself."""
    histograms, counters = meters.histograms, meters.counters
    histograms["assigner_request_tasks"].observe(facts["tasks"])
    histograms["assigner_request_agents"].observe(facts["agents"])
    histograms["assigner_request_arcs"].observe(facts["arcs"])
    phases = histograms["assigner_phase_seconds"]
    phases.labels("parse").observe(facts["parse_s"])
    phases.labels("decide").observe(facts["decide_s"])
    phases.labels("encode").observe(facts["encode_s"])
    histograms["assigner_solve_seconds"].labels(facts["method"]).observe(facts["solve_s"])
    histograms["assigner_solution_gap_ratio"].observe(facts["gap"])
    counters["assigner_solutions_total"].labels(facts["status"]).inc()
    counters["assigner_tasks_assigned_total"].inc(facts["assigned"])
    for reason, count in facts["waiting_by_reason"].items():
        counters["assigner_tasks_waiting_total"].labels(reason).inc(count)


def _too_large(most: int) -> ApiError:
    """The server drops what still comes: hanging up on a client that sends would hide the answer from it."""
    detail = f"The body has more than {most} bytes. Send fewer, or raise ASSIGNER_MAX_BODY_BYTES."
    return ApiError("body_too_large", detail)
