"""API keys, for administrators: made, listed, rotated, revoked. A key is shown once, when it is made."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from api import cursors
from api.access.keyring import Minted, is_name, leaving, mint, state_of, successor
from api.changes import settled
from api.deps import caller, door, live
from api.documents import read
from api.errors import ApiError, Fault
from api.exchange import body_of, listing
from api.faults import Invalid
from api.idempotency import REPLAYED, Ask, ask
from api.lists import page_limit
from api.live import Live, refusal
from api.paths import path_id
from api.query import Route
from api.records import encode, page
from api.schemas import LARGEST_DURATION_S, Id, Instant
from assigner.domain.access import Role
from assigner.domain.instant import rfc3339, to_ms
from assigner.domain.records import KeyRecord
from assigner.store.base import Outcome
from assigner.store.commands import PutKey

router = APIRouter(tags=["keys"], route_class=Route)

Expires = Annotated[Instant | None, Meta(description="When it lets nobody in any more. Default: never.")]
Overlap = Annotated[
    float,
    Meta(ge=0, le=LARGEST_DURATION_S, description="For how long the old key goes on, at most."),
]
A_DAY_S = 86_400.0


class KeyNew(Struct, forbid_unknown_fields=True, kw_only=True):
    """A key to be made."""

    name: Annotated[
        str, Meta(description="1 to 64 printable characters: the actor of all that is done with it.")
    ]
    role: Literal["platform", "coordinator", "agent", "sre", "admin"]
    agent: Annotated[Id | None, Meta(description="Whose key it is; of role agent only, which needs it.")] = (
        None
    )
    expires_at: Expires = None
    rate: Annotated[
        Annotated[float, Meta(ge=0.01, le=1_000_000)] | None,
        Meta(description="How many requests a second it may send. Default: ASSIGNER_RATE_LIMIT."),
    ] = None


class KeyRotate(Struct, forbid_unknown_fields=True, kw_only=True):
    """How a key gives way to a new one."""

    overlap_s: Overlap = A_DAY_S
    expires_at: Expires = None


@router.post("/v1/keys", summary="Make an API key", status_code=201)
async def create(request: Request) -> Response:
    """Make a key of this workspace. The answer has it as `key`, this once: only a sum of it is kept."""
    parts, body = live(request), await body_of(request)
    said, _ = read(body, KeyNew)
    op, now = ask(request, body), parts.clock.now_ms()
    _check(list(_faults(said, now)))
    wanted = KeyRecord(
        id=_id(parts, op),
        name=said.name,
        role=Role(said.role),
        hash="",
        agent=said.agent,
        rate=said.rate,
        created_at=now,
        created_by=op.actor,
        expires_at=_ms(said.expires_at),
    )
    there = await parts.store.keys()
    if any(key.name == said.name and state_of(key, now) == "live" and key.id != wanted.id for key in there):
        raise ApiError("key_exists")
    minted = mint(wanted)
    [made] = await _put(request, parts, [_command(minted.key, op, now, version=0)])
    return _shown(minted, made, now)


@router.get("/v1/keys", summary="API keys")
async def list_keys(request: Request) -> Response:
    """The keys of this workspace by id, those revoked and expired too; nothing that could be used as one."""
    limit, after = page_limit(request.query_params), request.query_params.get("cursor")
    parts = live(request)
    known = {key.id: key for key in await parts.store.keys()}
    ids, now = sorted(known), parts.clock.now_ms()
    first = 0 if after is None else bisect_right(ids, cursors.place("keys", after, str)[0])
    shown = ids[first : first + limit]
    more = cursors.cursor("keys", (shown[-1],)) if first + limit < len(ids) else None
    return listing(page([key_out(known[id], now) for id in shown], more))


@router.delete("/v1/keys/{id}", summary="Revoke an API key", status_code=204)
async def revoke(request: Request) -> Response:
    """From now on the key lets nobody in, and whoever follows events with it is sent away."""
    parts, id, op = live(request), path_id(request), ask(request)

    async def change() -> Outcome:
        key, now = await _key_of(parts, id), parts.clock.now_ms()
        if key.revoked_at is not None:
            return Outcome(key=key)
        [outcome] = await _put(request, parts, [_command(replace(key, revoked_at=now), op, now, key.version)])
        return outcome

    outcome = await settled(parts, change)
    return Response(status_code=204, headers=REPLAYED if outcome.replayed else {})


@router.post("/v1/keys/{id}/rotate", summary="Make a new key in place of one", status_code=201)
async def rotate(request: Request) -> Response:
    """Make a key for the same caller; the old one goes on for `overlap_s`, so that none is without."""
    parts, id, body = live(request), path_id(request), await body_of(request)
    said, _ = read(body, KeyRotate)
    op, now = ask(request, body), parts.clock.now_ms()
    _check(list(_expiry_faults(said.expires_at, now)))
    new = _id(parts, op)
    minted: Minted | None = None

    async def change() -> Outcome:
        nonlocal minted
        old = await _key_of(parts, id)
        done = any(key.id == new for key in await parts.store.keys())
        if not done and state_of(old, now) != "live":
            raise ApiError("wrong_key_state")
        minted = minted or successor(old, id=new, now=now, by=op.actor, expires_at=_ms(said.expires_at))
        ending = leaving(old, now + round(said.overlap_s * 1_000))
        first = _command(minted.key, op, now, version=0)
        [outcome, *_] = await _put(
            request, parts, [first, _command(ending, op.step("old"), now, old.version)]
        )
        return outcome

    outcome = await settled(parts, change)
    return _shown(cast(Minted, minted), outcome, now)


def key_out(key: KeyRecord, now: int) -> dict[str, Any]:
    """A key as administrators see it."""
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "agent": key.agent,
        "rate": key.rate,
        "state": state_of(key, now),
        "created_at": rfc3339(key.created_at),
        "created_by": key.created_by,
        "expires_at": None if key.expires_at is None else rfc3339(key.expires_at),
        "revoked_at": None if key.revoked_at is None else rfc3339(key.revoked_at),
        "version": key.version,
    }


def _shown(minted: Minted, outcome: Outcome, now: int) -> Response:
    """The answer to who made a key; a retry finds it made, and no text of it anywhere."""
    if outcome.key is None:
        raise ApiError("unknown_key")
    text = minted.text if minted.key.hash == outcome.key.hash else None
    headers = {"Location": "/v1/keys", **(REPLAYED if outcome.replayed else {})}
    return Response(encode({**key_out(outcome.key, now), "key": text}), 201, headers, "application/json")


async def _put(request: Request, parts: Live, commands: Sequence[PutKey]) -> list[Outcome]:
    """Store keys, and know them here at once. Raises the error of the first that is refused."""
    outcomes = await parts.do_all("put_key", commands)
    for outcome in outcomes:
        if outcome.refused:
            raise refusal(outcome)
        if outcome.key and not outcome.replayed:
            door(request).know(caller(request).workspace, [outcome.key], whole=False)
    return outcomes


def _command(key: KeyRecord, op: Ask, now: int, version: int) -> PutKey:
    return PutKey(op=op.op, actor=op.actor, now=now, asked=op.asked, version=version, key=key)


def _id(parts: Live, op: Ask) -> str:
    """The id of the key that a request makes: the same when the request comes again."""
    return blake2b(f"{parts.workspace} {op.op}".encode(), digest_size=8).hexdigest()


async def _key_of(parts: Live, id: str) -> KeyRecord:
    found = next((key for key in await parts.store.keys() if key.id == id), None)
    if found is None:
        raise ApiError("unknown_key")
    return found


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


def _check(faults: list[Fault]) -> None:
    if faults:
        raise Invalid(faults, len(faults))


def _faults(said: KeyNew, now: int) -> Iterator[Fault]:
    if not is_name(said.name):
        detail = "Expected 1 to 64 printable characters, without spaces at the ends."
        yield Fault(pointer="/name", code="bad_name", detail=detail)
    if said.role == "agent" and said.agent is None:
        yield Fault(pointer="/agent", code="missing", detail="A key of role agent is one agent's: name them.")
    if said.role != "agent" and said.agent is not None:
        yield Fault(pointer="/agent", code="unknown_field", detail="Only a key of role agent is an agent's.")
    yield from _expiry_faults(said.expires_at, now)


def _expiry_faults(expires_at: datetime | None, now: int) -> Iterator[Fault]:
    if expires_at is not None and to_ms(expires_at) <= now:
        yield Fault(pointer="/expires_at", code="in_the_past", detail="It is past: give an instant to come.")
