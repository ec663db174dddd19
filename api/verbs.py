"""The verbs of a task: `POST /v1/tasks/{id}/VERB`, one row of VERBS each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from api import etags
from api.access.own import NEVER, held_version
from api.changes import changed, guard, on_task, revised, said, settled, task_of
from api.deps import live
from api.documents import read, understand
from api.errors import ApiError
from api.exchange import body_of
from api.idempotency import ask
from api.live import Live
from api.paths import path_id
from api.query import Route
from api.shapes import MOST_NAMED, CompleteIn, HoldIn, MaybeReason, Nothing, Reason, TaskPut, TransferIn
from assigner.domain.instant import to_ms
from assigner.domain.lifecycle import TRANSITIONS
from assigner.domain.promise import promises
from assigner.domain.queue import Queue
from assigner.domain.records import TaskRecord
from assigner.store.base import OnTask, Outcome

Facts = dict[str, Any]

router = APIRouter(tags=["tasks"], route_class=Route)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """A verb: its body, and what it tells the store: from the body alone, or from the record too. `noted` are
    facts besides, from the record as it is and the instant.
    """

    name: str
    body: type[Struct]
    summary: str
    facts: Callable[[Any], Facts] | None = None
    noted: Callable[[Live, TaskRecord, int], Awaitable[Facts]] | None = None
    revise: Callable[[TaskRecord, Any], Facts] | None = None


def _plain(body: Any) -> Facts:
    return {name: getattr(body, name) for name in body.__struct_fields__}


def _hold(body: HoldIn) -> Facts:
    return {"reason": body.reason, "until": None if body.until is None else to_ms(body.until)}


def _transfer(task: TaskRecord, body: TransferIn) -> Facts:
    """The task as it becomes: what is given replaces what was said."""
    given = {name: value for name, value in _plain(body).items() if value is not None}
    note = given.pop("note", None)
    return {**_said({**task.doc, **given}, task.queue), "note": note}


def _reopen(task: TaskRecord, body: Reason) -> Facts:
    """The agent who knows the case becomes the first of the preferred."""
    preferred = list(dict.fromkeys([*filter(None, [task.agent]), *task.doc.get("preferred_agents", ())]))
    doc = {**task.doc, "preferred_agents": preferred[:MOST_NAMED]}
    return {**_said(doc, task.queue), "reason": body.reason}


def _said(doc: Facts, queue: str) -> Facts:
    made, given = understand(doc, TaskPut, b"")
    return said(made, given, queue)


async def _promised(parts: Live, task: TaskRecord, _: int) -> Facts:
    """What a task is promised now, to be kept with it."""
    found = promises(task, await parts.queue(task.queue))
    named = {"respond_by": found.respond_by, "due_at": found.due_at}
    return {"promised": {name: at for name, at in named.items() if at is not None}}


async def _cooling(parts: Live, task: TaskRecord, now: int) -> Facts:
    return {"cool_until": now + await cool_down_ms(parts, task.queue)}


async def cool_down_ms(parts: Live, queue: str) -> int:
    """How long an agent who did not want a task of this queue is not asked again."""
    record = await parts.store.queue(queue)
    return Queue.of(record.doc if record else {}).decline_cool_down_ms


VERBS: tuple[Verb, ...] = (
    Verb(name="start", body=Nothing, summary="The agent begins"),
    Verb(name="complete", body=CompleteIn, summary="The work is done", facts=_plain, noted=_promised),
    Verb(name="release", body=MaybeReason, summary="The agent gives it back", facts=_plain, noted=_cooling),
    Verb(
        name="transfer", body=TransferIn, summary="Queue it elsewhere, or as something else", revise=_transfer
    ),
    Verb(name="hold", body=HoldIn, summary="Let it wait for an instant or a person", facts=_hold),
    Verb(name="resume", body=Nothing, summary="End the wait"),
    Verb(name="cancel", body=Reason, summary="It is not needed any more", facts=_plain),
    Verb(name="reopen", body=Reason, summary="It was not done after all", revise=_reopen),
)


def _handler(verb: Verb) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        parts, id, raw = live(request), path_id(request), await body_of(request)
        body, _ = read(raw, verb.body)
        op, seen, now = ask(request, raw), etags.expected(request), parts.clock.now_ms()

        def command(task: TaskRecord, version: int | None) -> OnTask:
            return on_task(id, op, now, cast(Any, verb.revise)(task, body), version)

        if verb.revise:
            outcome = await revised(parts, verb.name, id, seen, command)
        else:

            async def change() -> Outcome:
                held = await held_version(request, parts, id)
                version = await guard(parts, id, seen) if seen and held != NEVER else held
                facts = verb.facts(body) if verb.facts else {}
                if verb.noted:
                    task = await task_of(parts, id)
                    facts |= await verb.noted(parts, task, now)
                    version = task.version if version is None else version
                try:
                    return await parts.do(verb.name, on_task(id, op, now, facts, version))
                except ApiError as error:
                    if held == NEVER and error.code != "op_reused":
                        # Neither theirs nor remembered as done: how it stands is not theirs to know.
                        raise ApiError("unknown_task") from None
                    raise

            outcome = await (change() if seen else settled(parts, change))
        return await changed(parts, outcome)

    return handle


def _from_to(verb: str) -> str:
    """What the table of transitions says of a verb."""
    row = TRANSITIONS[verb]
    return f"From {', '.join(row.sources)}; {f'to {row.to}' if row.to else 'the state stays'}. Else 409."


for _verb in VERBS:
    router.add_api_route(
        f"/v1/tasks/{{id}}/{_verb.name}",
        _handler(_verb),
        methods=["POST"],
        summary=_verb.summary,
        description=_from_to(_verb.name),
        name=_verb.name,
    )
