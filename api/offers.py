"""Offers: long polls for the open ones, and the agent's answer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api import cursors, etags
from api.deps import live
from api.documents import read
from api.errors import ApiError
from api.exchange import answer, body_of, listing, reading
from api.idempotency import ask
from api.lists import page_limit
from api.live import Live
from api.paths import path_id
from api.polls import until, wait_s
from api.query import Route
from api.records import offer_out, page
from api.shapes import MaybeReason, Nothing
from api.verbs import cool_down_ms
from api.view import OFFERS, View
from assigner.domain.lifecycle import OfferState
from assigner.domain.records import OfferRecord
from assigner.store.base import OnOffer, Outcome
from assigner.store.log import EventKey

router = APIRouter(tags=["offers"], route_class=Route)

OPEN = 1
"""The version of an open offer in its ETag. It changes once, when it is answered or taken back."""


@router.get("/v1/offers", summary="Open offers of all agents (long poll)")
async def list_offers(request: Request) -> Response:
    """The open offers made since the cursor, in their order; without a cursor, all of them.

    With `wait_s` and nothing to tell, the answer waits for the next offer. `next` goes on from here, always.
    """
    parts, limit, seconds = live(request), page_limit(request.query_params), wait_s(request)
    view = await parts.seen()
    text = request.query_params.get("cursor")
    key, skip = _since(text)

    def found() -> list[tuple[EventKey, OfferRecord]]:
        return list(islice(view.offers_after(key, skip), limit))

    await until(request, parts, OFFERS, lambda: any(view.offers_after(key, skip)), seconds)
    return _page(view, found(), text)


@router.get("/v1/agents/{id}/offers", summary="Open offers of one agent (long poll)")
async def list_offers_of_agent(request: Request) -> Response:
    """The agent's open offers made since the cursor, in their order; without a cursor, all of them.

    With `wait_s` and nothing to tell, the answer waits for the next offer. `next` goes on from here, always.
    """
    parts, id, seconds = live(request), path_id(request), wait_s(request)
    if await parts.store.agent(id) is None:
        raise ApiError("unknown_agent")
    view = await parts.seen()
    text = request.query_params.get("cursor")
    since = _since(text)

    def told() -> bool:
        return bool(view.offers_to(id, *since)) or _gone(view, id)

    await until(request, parts, ("agent", id), told, seconds)
    return _page(view, view.offers_to(id, *since), text)


@router.get("/v1/offers/{id}", summary="An offer")
async def get(request: Request) -> Response:
    """An offer that is open, or was closed not long ago."""
    offer = await _offer_of(live(request), path_id(request))
    return reading(
        request, offer_out(offer), {"id": offer.id}, OPEN if offer.state is OfferState.OPEN else OPEN + 1
    )


@router.post("/v1/offers/{id}/accept", summary="The agent takes the task")
async def accept(request: Request) -> Response:
    """One wins; who is late gets 409 with the reason."""
    parts, id, body = live(request), path_id(request), await body_of(request)
    read(body, Nothing)
    return _answered(await _do(request, parts, "accept", id, body, {}))


@router.post("/v1/offers/{id}/decline", summary="The agent does not take the task")
async def decline(request: Request) -> Response:
    """The task goes on to others; this agent is not asked again for the queue's `decline_cool_down_s`."""
    parts, id, body = live(request), path_id(request), await body_of(request)
    said, _ = read(body, MaybeReason)
    offer = await _offer_of(parts, id)
    task = await parts.store.task(offer.task)
    pause = await cool_down_ms(parts, task.queue) if task else 0
    facts = {"reason": said.reason, "cool_until": parts.clock.now_ms() + pause}
    return _answered(await _do(request, parts, "decline", id, body, facts))


async def _do(
    request: Request, parts: Live, verb: str, id: str, body: bytes, facts: dict[str, Any]
) -> Outcome:
    if etags.expected(request) not in (None, etags.Seen(OPEN, etags.sum_of({"id": id}))):
        raise ApiError("stale_version")  # only what was open when it was seen can be answered
    op, now = ask(request, body), parts.clock.now_ms()
    command = OnOffer(op=op.op, actor=op.actor, now=now, asked=op.asked, offer=id, facts=facts)
    return await parts.do(verb, command)


def _answered(outcome: Outcome) -> Response:
    if outcome.offer is None:  # an op whose offer is forgotten since
        raise ApiError("unknown_offer")
    return answer(offer_out(outcome.offer), None, replayed=outcome.replayed)


async def _offer_of(parts: Live, id: str) -> OfferRecord:
    offer = await parts.store.offer_of(id)
    if offer is None:
        raise ApiError("unknown_offer")
    return offer


def _page(view: View, items: Sequence[tuple[EventKey, OfferRecord]], text: str | None) -> Response:
    """Offers, and from where they go on: from the last of them; when there are none, from where they were."""
    place: tuple[int | str, ...] = (*_since(text)[0], _since(text)[1]) if text else (*view.position, "")
    if items:
        at, offer = items[-1]
        place = (*at, offer.id)
    return listing(page([offer_out(offer) for _, offer in items], cursors.cursor("offers", place)))


def _since(text: str | None) -> tuple[EventKey, str]:
    if text is None:
        return (0, 0), ""
    milliseconds, sequence, id = cursors.place("offers", text, int, int, str)
    return (int(milliseconds), int(sequence)), str(id)


def _gone(view: View, agent: str) -> bool:
    return agent not in view.agents
