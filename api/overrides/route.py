"""Overrides: what coordinators decide by hand. Made, read, listed, exported, and undone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import etags
from api.changes import settled
from api.deps import live
from api.errors import ApiError
from api.exchange import answer, body_of, listing, reading
from api.idempotency import Ask, ask
from api.lists import page_limit
from api.live import Live
from api.overrides.body import read
from api.overrides.listing import all_of, page_of
from api.overrides.listing import tests as asked_of
from api.overrides.making import Planned, id_of, make, planned, preview, skipped_then
from api.overrides.out import override_out, sheet
from api.overrides.targets import SLICE, caught_up
from api.paths import path_id
from api.query import Route
from api.records import encode, page
from assigner.dispatch.overrides import plan_undo
from assigner.domain.instant import rfc3339
from assigner.domain.lifecycle import OverrideState
from assigner.domain.records import OverrideRecord
from assigner.store.base import EndOverride, Outcome, Step

MOST_BYTES = 2**21
"""Of a body: ten thousand of the longest ids fit."""
CSV = "text/csv; charset=utf-8"

router = APIRouter(tags=["overrides"], route_class=Route)


@router.post("/v1/overrides", summary="Decide something by hand", status_code=201)
async def post(request: Request) -> Response:
    """Make an override: all of it or nothing, unless `partial` is given. Every later decision respects it,
    until it is undone or ends, or its tasks do. With `dry_run` it is only told what it would do.
    """
    parts, body = live(request), await body_of(request, MOST_BYTES)
    now, op = parts.clock.now_ms(), ask(request, body)
    asked, given = read(body, now)
    if asked.dry_run:
        made = await planned(parts, asked, given, op, op.actor, now)
        return listing(encode(await preview(parts, made, op)))
    known = await parts.store.override(id_of(op)) if op.asked else None
    if known is not None:
        return _answer(known, await skipped_then(parts, known, op), replayed=True)
    plans: list[Planned] = []

    async def attempt() -> Outcome:
        plans.append(await planned(parts, asked, given, op, op.actor, now))
        return await make(parts, plans[-1], op)

    outcome = await settled(parts, attempt)
    return _answer(_made(outcome), plans[-1].skipped, replayed=outcome.replayed)


def _made(outcome: Outcome) -> OverrideRecord:
    if outcome.override is None:  # an op whose override has been deleted since
        raise ApiError("unknown_override")
    return outcome.override


def _answer(record: OverrideRecord, skipped: int, *, replayed: bool) -> Response:
    out = {"refused": 0, "refusals": [], **override_out(record), "skipped": skipped}
    return answer(out, record.doc, status=201, kind="overrides", replayed=replayed)


@router.get("/v1/overrides", summary="Who overrode what, and why")
async def list_overrides(request: Request) -> Response:
    """Overrides, active or not, the latest first."""
    query = request.query_params
    found, following = await page_of(live(request), query, page_limit(query))
    return listing(page([override_out(record) for record in found], following))


@router.get("/v1/overrides.csv", summary="Who overrode what, and why, as a sheet")
async def export(request: Request) -> Response:
    """The same list as CSV in UTF-8, all of it. No cell begins like a formula."""
    parts, query = live(request), request.query_params
    asked_of(query)  # what is wrong with them is told before the sheet begins

    async def rows() -> AsyncIterator[bytes]:
        head = True
        async for records in all_of(parts, query):
            yield sheet(records, head=head)
            head = False

    headers = {"Content-Disposition": 'attachment; filename="overrides.csv"'}
    return StreamingResponse(rows(), media_type=CSV, headers=headers)


@router.get("/v1/overrides/{id}", summary="An override")
async def get(request: Request) -> Response:
    """An override, with the tasks that it touched."""
    parts, id = live(request), path_id(request)
    record = await _override_of(parts, id)
    out = {**override_out(record), "tasks": await parts.store.override_tasks(id)}
    return reading(request, out, record.doc)


@router.delete("/v1/overrides/{id}", summary="Undo an override")
async def undo(request: Request) -> Response:
    """Undo what still holds of an override: 409 when nothing does, or nothing of it can be undone."""
    parts, op = live(request), ask(request)
    record, seen = await _override_of(parts, path_id(request)), etags.expected(request)
    if record.state is OverrideState.DONE:
        raise ApiError("not_undoable", f"'{record.action}' was done at once.")

    async def attempt() -> Outcome:
        return await parts.do("end_override", await _ending(parts, record, op, seen))

    try:
        outcome = await (attempt() if seen else settled(parts, attempt))
    except ApiError as error:
        if error.code == "override_ended":
            raise _ended(await _override_of(parts, record.id)) from None
        raise
    done = _made(outcome)
    return answer(override_out(done), done.doc, replayed=outcome.replayed)


async def _ending(parts: Live, record: OverrideRecord, op: Ask, seen: etags.Seen | None) -> EndOverride:
    """The command that undoes an override; of one that is over, the store says so."""
    view, steps = await caught_up(parts), list[Step]()
    for number, id in enumerate(await parts.store.override_tasks(record.id), 1):
        task = view.tasks.get(id)
        steps += plan_undo(record, [task]) if task else ()
        if number % SLICE == 0:
            await asyncio.sleep(0)
    if record.state is OverrideState.ACTIVE and record.slot is None and not steps:
        raise ApiError("not_undoable", "No task carries it any more: all have gone on.")
    return EndOverride(
        op=op.op,
        actor=op.actor,
        now=parts.clock.now_ms(),
        asked=op.asked,
        version=etags.guarded(seen, record),
        override=record.id,
        state=OverrideState.UNDONE,
        steps=steps,
    )


def _ended(record: OverrideRecord) -> ApiError:
    when = "" if record.ended_at is None else f" since {rfc3339(record.ended_at)}, by {record.ended_by}"
    members = {"state": record.state, "ended_by": record.ended_by}
    return ApiError("override_ended", f"The override is {record.state}{when}.", members=members)


async def _override_of(parts: Live, id: str) -> OverrideRecord:
    record = await parts.store.override(id)
    if record is None:
        raise ApiError("unknown_override")
    return record
