"""`GET /v1/tasks/{id}/explanation`: why a task waits, or why it went where it went."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.changes import task_of
from api.deps import language, live
from api.encode import unblock_out
from api.exchange import listing, path_id
from api.live import Live
from api.records import encode
from assigner.dispatch.mirror import Mirror
from assigner.dispatch.plan import Choice
from assigner.dispatch.waiting import Decided, LiveExplanation, explain_live
from assigner.domain.instant import rfc3339
from assigner.domain.lifecycle import OPEN_STATES, State
from assigner.domain.policy import Policy
from assigner.domain.records import OfferRecord, TaskRecord
from assigner.store.base import World

_ASKED = ("skills", "any_skills", "preferred_skills", "channel", "category", "pinned_agent")

router = APIRouter(tags=["tasks"])


@router.get("/v1/tasks/{id}/explanation", summary="Why a task waits, or went where it went")
async def get(request: Request) -> Response:
    """Its place among tasks that ask the same, all agents by the rule that refuses them, the smallest change
    that unblocks it; and of the last decision the terms, with the runners-up.
    """
    parts = live(request)
    task = await task_of(parts, path_id(request))
    spoken = language(request.headers.get("accept-language", ""))
    found = await _explain(parts, task, spoken) if task.state in OPEN_STATES else None
    out: dict[str, Any] = {"task": task.id, "state": task.state, "agent": task.agent, "reason": None}
    if task.state is State.HELD:
        out |= {"reason": "held", "hold_reason": task.hold_reason}
        out["held_until"] = None if task.held_until is None else rfc3339(task.held_until)
    if found and found.waiting:
        why = found.waiting
        out |= {"position": found.position, "of": found.of, "reason": why.reason, "refusals": why.refusals}
        out |= {"detail": why.detail, "unblock": unblock_out(why.unblock)}
    out["decided"] = await _decided(parts, task, found)
    return listing(encode(out))


async def _explain(parts: Live, task: TaskRecord, spoken: str) -> LiveExplanation | None:
    """From the mirror of this process's dispatcher; where it has none as new, from one made of the view."""
    now, dispatcher = parts.clock.now_ms(), parts.dispatcher
    mirror = dispatcher.mirror if dispatcher else None
    decided = dispatcher.decided if dispatcher else {}
    policy = dispatcher.policy if dispatcher else Policy()
    known = mirror.tasks.get(task.id) if mirror else None
    if mirror is None or known is None or known.record.version != task.version:
        mirror = await _mirror(parts, task)
    return explain_live(mirror, task.id, now, decided, weights=policy.weights, language=spoken)


async def _mirror(parts: Live, task: TaskRecord) -> Mirror:
    """A mirror of all agents, and of the tasks that ask the same as this one."""
    view = await parts.seen()
    asked = _asked(task)
    like = [other for other in view.tasks.values() if other.state is State.QUEUED and _asked(other) == asked]
    like = [task, *(other for other in like if other.id != task.id)]
    position = "{}-{}".format(*view.position)
    agents, queues = list(view.agents.values()), list(view.queues.values())
    return await Mirror.of(World(tasks=like, agents=agents, offers=[], queues=queues, last_event=position))


def _asked(task: TaskRecord) -> tuple[object, ...]:
    return (task.size, task.relaxed, *(task.doc.get(name) for name in _ASKED))


async def _decided(parts: Live, task: TaskRecord, found: LiveExplanation | None) -> dict[str, Any] | None:
    """The last decision: with the runners-up where it was made here, else what the last offer tells."""
    if found and found.decided:
        return _decided_out(found.decided)
    offer = await (parts.store.offer_of(task.offer) if task.offer else _last_offer(parts, task))
    if offer is None:
        return None
    choice = {"agent": offer.agent, "value": offer.value, "terms": offer.terms}
    return {"at": rfc3339(offer.offered_at), **choice, "runners_up": None}


async def _last_offer(parts: Live, task: TaskRecord) -> OfferRecord | None:
    """The offer that a task had last: its history keeps it as long as the task."""
    moments = await parts.store.history(task.id) if task.attempts else []
    return next((moment.offer for moment in reversed(moments) if moment.offer), None)


def _decided_out(decided: Decided) -> dict[str, Any]:
    runners_up = [_choice(choice) for choice in decided.runners_up]
    return {"at": rfc3339(decided.at), **_choice(decided.choice), "runners_up": runners_up}


def _choice(choice: Choice) -> dict[str, Any]:
    return {"agent": choice.agent, "value": choice.value, "terms": choice.terms}
