"""`GET /v1/tasks/{id}/explanation`: why a task waits, or why it went where it went."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.changes import task_of
from api.deps import language, live
from api.encode import held_for_out, unblock_out
from api.exchange import listing
from api.live import Live
from api.paths import path_id
from api.query import Route
from api.records import encode
from assigner.dispatch.plan import Choice
from assigner.dispatch.shaped import in_words, shapes
from assigner.dispatch.waiting import Decided, LiveExplanation, explain_live
from assigner.domain.instant import rfc3339
from assigner.domain.lifecycle import OPEN_STATES, State
from assigner.domain.policy import Policy
from assigner.domain.records import OfferRecord, OverrideRecord, TaskRecord

router = APIRouter(tags=["tasks"], route_class=Route)


@router.get("/v1/tasks/{id}/explanation", summary="Why a task waits, or went where it went")
async def get(request: Request) -> Response:
    """Its place among tasks that ask the same, all agents by the rule that refuses them, the smallest change
    that unblocks it; and of the last decision the terms, with the runners-up.
    """
    parts = live(request)
    task = await task_of(parts, path_id(request))
    spoken = language(request.headers.get("accept-language", ""))
    out: dict[str, Any] = {"task": task.id, "state": task.state, "agent": task.agent, "reason": None}
    if task.state is State.HELD:
        out |= {"reason": "held", "hold_reason": task.hold_reason}
        out["held_until"] = None if task.held_until is None else rfc3339(task.held_until)
    if task.state is State.QUEUED:
        found = await _explain(parts, task, spoken)
        why = found.waiting
        out |= {"position": found.position, "of": found.of, "reason": why.reason, "refusals": why.refusals}
        out |= {"detail": why.detail, "unblock": unblock_out(why.unblock)}
        out["held_for"] = held_for_out(why.held_for) if why.held_for else None
    out["decided"] = None if "assigned" in task.overrides else await _decided(parts, task)
    await _add_overrides(parts, task, out, spoken)
    return listing(encode(out))


async def _add_overrides(parts: Live, task: TaskRecord, out: dict[str, Any], spoken: str) -> None:
    """What was decided by hand and holds of the task, or of its queue; the detail says so too."""
    standing = (await parts.seen("task")).standing
    found = [(await _override(parts, id), field) for id, field in shapes(task, standing)]
    shown = [(record, field) for record, field in found if record is not None]
    out["overrides"] = [_shape(record, field) for record, field in shown]
    distinct = {record.id: record for record, _ in shown}
    if words := in_words([*distinct.values()], spoken):
        out["detail"] = f"{out.get('detail') or ''} {words}".strip()


async def _override(parts: Live, id: str) -> OverrideRecord | None:
    return parts.view.standing.overrides.get(id) or await parts.store.override(id)


def _shape(record: OverrideRecord, field: str) -> dict[str, Any]:
    return {
        "id": record.id,
        "action": record.action,
        "author": record.author,
        "reason": record.reason,
        "until": None if record.until is None else rfc3339(record.until),
        "field": field,
    }


async def _explain(parts: Live, task: TaskRecord, spoken: str) -> LiveExplanation:
    """From the mirror of this process's dispatcher; where it does not lead, from the view's."""
    now, dispatcher = parts.clock.now_ms(), parts.dispatcher
    weights = (dispatcher.policy if dispatcher else Policy()).weights
    async with parts.explaining:
        mirror = await parts.mirror(now)
        deciding = dispatcher is not None and dispatcher.leads and dispatcher.mirror is mirror
        return await explain_live(mirror, task, now, weights=weights, language=spoken, deciding=deciding)


async def _decided(parts: Live, task: TaskRecord) -> dict[str, Any] | None:
    """The last decision: with the runners-up where it was made here, else what the last offer tells."""
    here = parts.dispatcher if parts.dispatcher and parts.dispatcher.lead else None
    decided = here.decided.get(task.id) if here and task.state in OPEN_STATES else None
    if decided:
        return _decided_out(decided)
    offer = await (parts.store.offer_of(task.offer) if task.offer else _last_offer(parts, task))
    if offer is None or task.agent not in (None, offer.agent):  # a person has given it to somebody else since
        return None
    return {"at": rfc3339(offer.offered_at), **_choice(offer), "runners_up": None}


async def _last_offer(parts: Live, task: TaskRecord) -> OfferRecord | None:
    """The offer that a task had last: its history keeps it as long as the task."""
    moments = await parts.store.history(task.id) if task.attempts else []
    return next((moment.offer for moment in reversed(moments) if moment.offer), None)


def _decided_out(decided: Decided) -> dict[str, Any]:
    runners_up = [_choice(choice) for choice in decided.runners_up]
    return {"at": rfc3339(decided.at), **_choice(decided.choice), "runners_up": runners_up}


def _choice(choice: Choice | OfferRecord) -> dict[str, Any]:
    return {
        "agent": choice.agent,
        "value": choice.value,
        "terms": choice.terms,
        "expected_handle_s": None if choice.expected_ms is None else choice.expected_ms / 1_000,
    }
