"""Learned handling times: `GET /v1/handling`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api import cursors
from api.deps import live
from api.exchange import listing
from api.lists import page_limit
from api.query import Route
from api.records import page
from assigner.dispatch.mirror import Mirror
from assigner.domain.expected import Times
from assigner.domain.handling import Estimate

router = APIRouter(tags=["agents"], route_class=Route)

EVERYBODY = ""
"""Stands for everybody, in the place of an agent; no agent is called so."""
Place = tuple[str, str]


@router.get("/v1/handling", summary="Learned handling times")
async def list_handling(request: Request) -> Response:
    """How long agents are expected to take, by category: of each category first what is expected of somebody
    of the usual speed (`agent` null), then of each agent who has completed any. `n` is how many completions
    are behind it, and `spread` the σ of the logarithm of a time.
    """
    parts, query = live(request), request.query_params
    limit, text = page_limit(query), query.get("cursor")
    after: Any = (EVERYBODY, EVERYBODY) if text is None else cursors.place("handling", text, str, str)
    mirror = await parts.mirror(parts.clock.now_ms())
    places = _places(mirror, query.get("category"), query.get("agent"), after)
    found = list(islice((place for place in places if text is None or place > after), limit + 1))
    more = cursors.cursor("handling", found[limit - 1]) if len(found) > limit else None
    return listing(page([_out(mirror, *place) for place in found[:limit]], more))


def _places(mirror: Mirror, category: str | None, agent: str | None, after: Place) -> Iterator[Place]:
    """The categories and agents, in order, that the filters name, from the category of a place on."""
    handling = mirror.handling
    known = sorted(handling.categories)
    for one in known[bisect_left(known, after[0]) :]:
        if category in (None, one):
            if agent is None:
                yield one, EVERYBODY
                yield from ((one, id) for id in sorted(handling.tried_by(one)))
            elif handling.tried(one, agent):
                yield one, agent


def _out(mirror: Mirror, category: str, agent: str) -> dict[str, Any]:
    found = _estimate(mirror, category, agent)
    return {
        "category": category,
        "agent": agent or None,
        "mean_s": round(found.mean_ms / 1_000, 3),
        "spread": round(found.spread, 3),
        "n": round(found.n),
    }


def _estimate(mirror: Mirror, category: str, agent: str) -> Estimate:
    """What decisions go by: what the client says of the agent counts too."""
    if agent == EVERYBODY:
        return mirror.handling.of_category(category)
    entry = mirror.agents.get(agent)
    times = entry.said.handle_ms if entry else None
    said = times.said.get(category) if isinstance(times, Times) else None
    return mirror.handling.estimate(category, agent, said)
