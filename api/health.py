"""What probes and Prometheus ask."""

import asyncio

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from api.deps import caller, door, service
from api.errors import ApiError
from api.query import Route
from assigner.exposition import CONTENT_TYPE

_SLICE = 20_000
"""After so many characters, about a millisecond of work, others may go on."""

router = APIRouter(tags=["operations"], route_class=Route)


@router.get("/livez", summary="Is the process alive?")
async def livez(request: Request) -> Response:
    """Answer as long as the service can answer at all; restart it when it does not."""
    return JSONResponse({"status": "alive"})


@router.get("/readyz", summary="Can it take requests?")
async def readyz(request: Request) -> Response:
    """Answer 200 when a worker is up and the store can be reached, else 503 with the reason."""
    if obstacle := service(request).obstacle:
        raise ApiError("not_ready", obstacle, headers={"Retry-After": "1"})
    return JSONResponse({"status": "ready"})


@router.get("/metrics", summary="Metrics for Prometheus", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """All metrics in Prometheus' text format: those of the process, and those of the caller's workspace."""
    text, since = list[str](), 0
    own = None if door(request).dev else caller(request).workspace
    for page in service(request).meters.pages(own):
        text.append(page)
        since += len(page)
        if since > _SLICE:
            since = 0
            await asyncio.sleep(0)
    return Response("".join(text), headers={"Content-Type": CONTENT_TYPE})
