"""What is an agent's own: checked in one place, before an endpoint is asked. All else is unknown to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request

from api.access.table import Caller, Own
from api.deps import caller, live
from api.errors import ApiError
from api.idempotency import ask
from api.live import Live
from api.paths import path_id
from assigner.domain.access import Role
from assigner.domain.lifecycle import State
from assigner.domain.records import TaskRecord

HELD = frozenset((State.ASSIGNED, State.COMPLETED))
"""A task that its agent has completed is theirs still: to be read, and to be told so again in a retry."""
SEEN = HELD | {State.OFFERED}
NEVER = 0
"""The version of no task: what asks for it is answered if it was done before, and else not done."""


async def check_own(request: Request, who: Caller, own: Own) -> None:
    """Raises the error of what is not there, where it is not the caller's own."""
    await _CHECKS[own](request, live(request), who)


async def held_version(request: Request, parts: Live, id: str) -> int | None:
    """The version of a task at which its agent holds it: the store is to compare it when they change it, for
    it may be another's by then. None for who may change anybody's; NEVER for what they did with it before.

    Raises unknown_task.
    """
    who = caller(request)
    if who.role is not Role.AGENT:
        return None
    task = await parts.store.task(id)
    if task and _has(task, who, HELD):
        return task.version
    if task and await _has_done(request, parts, who, task):
        return NEVER
    raise ApiError("unknown_task")


async def _check_self(request: Request, _: Live, who: Caller) -> None:
    if path_id(request) != who.agent:
        raise ApiError("unknown_agent")


async def _check_offer(request: Request, parts: Live, who: Caller) -> None:
    id = path_id(request)
    offer = parts.view.offers.get(id) or await parts.store.offer_of(id)
    if offer is None or offer.agent != who.agent:
        raise ApiError("unknown_offer")


async def _check_held(request: Request, parts: Live, who: Caller) -> None:
    id = path_id(request)
    known = parts.view.tasks.get(id)
    if known is None or not _has(known, who, HELD):  # or the view has not seen it yet
        await held_version(request, parts, id)


async def _check_seen(request: Request, parts: Live, who: Caller) -> None:
    task = await parts.store.task(path_id(request))
    if task is None or not _has(task, who, SEEN):
        raise ApiError("unknown_task")


def _has(task: TaskRecord, who: Caller, states: frozenset[State]) -> bool:
    return who.agent is not None and task.agent == who.agent and task.state in states


async def _has_done(request: Request, parts: Live, who: Caller, task: TaskRecord) -> bool:
    """Whether this is a retry of what the caller did while they held the task, as far as its key tells."""
    if "idempotency-key" not in request.headers:
        return False
    op = ask(request).op
    return any(moment.op == op and moment.actor == who.name for moment in await parts.store.history(task.id))


_CHECKS: Mapping[Own, Callable[[Request, Live, Caller], Awaitable[None]]] = {
    Own.SELF: _check_self,
    Own.OFFER: _check_offer,
    Own.HELD: _check_held,
    Own.SEEN: _check_seen,
}
