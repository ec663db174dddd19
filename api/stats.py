"""`GET /v1/stats`: the whole service in numbers."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.deps import live
from api.exchange import listing
from api.numbers import all_numbers
from api.query import Route
from api.records import encode

router = APIRouter(tags=["stats"], route_class=Route)


@router.get("/v1/stats", summary="Numbers of now")
async def get(request: Request) -> Response:
    """Tasks by state, agents by presence, load and capacity, open offers, oldest wait, what is at risk."""
    parts = live(request)
    return listing(encode(await all_numbers(await parts.seen(), parts.clock.now_ms())))
