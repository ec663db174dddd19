"""NDJSON batches: a line in, a line out, in order; good lines are kept whatever becomes of the others.

A client may send everything first and take its answers then, as long as no more than MOST_WAITING_BYTES of
them wait: from there on no more lines are read until it takes some, and when it takes none for
`body_timeout_s`, the connection is broken off. Nothing more is done for a caller whose key lets nobody in any
more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

import msgspec
from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.answers import Answers
from api.deps import check_still, live, service
from api.documents import read
from api.errors import ERRORS, MAX_FAULTS_SHOWN, ApiError
from api.faults import Invalid
from api.idempotency import Ask, ask, fingerprint
from api.live import Live, refusal
from api.ndjson import MOST_LINE_BYTES, Line, Lines
from assigner.store.base import Command, Outcome, StoreUnavailable

GROUP = 250
"""The most lines that are read together, and that the store gets at once."""
AHEAD = 8
"""How many pieces of a body are taken in before anybody reads their lines."""
UNDER_WAY = 4
"""How many groups may be with the store while the next is read."""
MEDIA_TYPE = "application/x-ndjson"

S = TypeVar("S", bound=Struct)
_encode_lines = msgspec.json.Encoder().encode_lines


class Done(Struct, gc=False):
    """The answer to a line that was done."""

    line: int
    id: str
    status: int
    version: int | None
    replayed: bool | UnsetType = UNSET
    warnings: list[str] | UnsetType = UNSET


Answer = Done | dict[str, Any]
Piece = bytes | Exception | None
"""Bytes as they arrived, what broke the body off, or its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[S]):
    """What the lines of a batch are: the struct of each, its command, and what its maker is warned of."""

    verb: str
    struct: type[S]
    command: Callable[[S, frozenset[str], Ask], Command]
    warnings: Callable[[Outcome], list[str]]


async def respond(request: Request, kind: Kind[S]) -> Response:
    """Do a batch. Until the first lines are done, what is wrong with the request is answered as usual."""
    op = ask(request)
    answers = Answers(service(request).settings.body_timeout_s)
    working = asyncio.create_task(_work(request, kind, op, answers))
    try:
        await answers.begin()
    except asyncio.CancelledError:
        working.cancel()
        raise
    return _Streamed(working, answers)


class _Streamed(Response):
    """Answers as they come."""

    def __init__(self, working: asyncio.Task[None], answers: Answers) -> None:
        super().__init__(media_type=MEDIA_TYPE)
        del self.headers["content-length"]
        self._working = working
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answers; what breaks a batch off in the middle breaks the connection off."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._answers.give(send)
        finally:
            self._working.cancel()


@dataclass(slots=True, kw_only=True)
class _Work:
    """A batch being done: groups go to the store one after the other, and are answered in their order."""

    parts: Live
    kind: Kind[Any]
    op: Ask
    answers: Answers
    started: bool = False
    under_way: deque[asyncio.Task[bytes]] = field(default_factory=deque)

    async def take(self, group: Sequence[Line]) -> None:
        """Begin with a group; the first is done before others are begun, and may fail as a whole."""
        must = not self.started
        self.under_way.append(asyncio.create_task(_do(self.parts, self.kind, self.op, group, must=must)))
        await self.tell(0 if must else UNDER_WAY)

    async def tell(self, most: int) -> None:
        """Wait until at most so many groups are under way, and answer the others."""
        await asyncio.sleep(0)  # others wait for the loop too
        while len(self.under_way) > most:
            done = await self.under_way.popleft()
            self.started = True
            await self.answers.put(done)

    def end(self) -> None:
        """Leave what is under way to itself."""
        for group in self.under_way:
            group.cancel()


async def _work(request: Request, kind: Kind[Any], op: Ask, answers: Answers) -> None:
    work = _Work(parts=live(request), kind=kind, op=op, answers=answers)
    try:
        async with aclosing(_groups(request)) as groups:
            async for group in groups:
                check_still(request)
                await work.take(group)
        await work.tell(0)
        answers.end()
    except (ApiError, StoreUnavailable) as error:
        if not work.started:
            answers.end(error)
            return
        await work.tell(0)
        await answers.put(_encode_lines([{"line": None, **_problem(cast(ApiError, error))}]))
        answers.end()
    except Exception as error:
        answers.end(error)
    finally:
        work.end()


async def _groups(request: Request) -> AsyncGenerator[list[Line], None]:
    """The lines of the body with their numbers from 1, a group at a time; empty ones are left out.

    A group is what has arrived, at most GROUP. Raises body_too_large, body_timeout, and ClientDisconnect.
    """
    arrived: asyncio.Queue[Piece] = asyncio.Queue(AHEAD)
    reading = asyncio.create_task(_read(request, arrived))
    lines, piece = Lines(), cast(Piece, b"")
    try:
        while isinstance(piece, bytes):
            found: list[Line] = []
            piece = await arrived.get()
            while isinstance(piece, bytes):
                found += lines.cut(piece)
                if len(found) >= GROUP or arrived.empty():
                    break
                piece = arrived.get_nowait()
            found += lines.end() if piece is None else ()
            for start in range(0, len(found), GROUP):
                yield found[start : start + GROUP]
        if piece:
            raise piece
    finally:
        reading.cancel()


async def _read(request: Request, arrived: asyncio.Queue[Piece]) -> None:
    """Take the body in, a piece at a time, until its end or what breaks it off."""
    try:
        async with aclosing(cast(Any, _pieces(request))) as pieces:
            async for piece in pieces:
                await arrived.put(piece)
        await arrived.put(None)
    except Exception as error:
        await arrived.put(error)


async def _pieces(request: Request) -> AsyncGenerator[bytes, None]:
    settings = service(request).settings
    received = 0
    stream = request.stream()
    async with aclosing(cast(Any, stream)):
        while True:
            try:
                async with asyncio.timeout(settings.body_timeout_s):
                    chunk = await anext(stream)
            except StopAsyncIteration:
                break
            except TimeoutError:
                raise ApiError("body_timeout", headers={"Connection": "close"}) from None
            received += len(chunk)
            if received > settings.max_body_bytes:
                raise ApiError("body_too_large")
            yield chunk


async def _do(parts: Live, kind: Kind[S], op: Ask, group: Sequence[Line], *, must: bool) -> bytes:
    """The answers to a group, encoded. With `must` a store that is gone is raised, not told line by line."""
    read = list(_commands(kind, op, group))
    asked = [command for _, _, command in read if isinstance(command, Command)]
    try:
        outcomes = iter(await parts.do_all(kind.verb, asked) if asked else [])
    except StoreUnavailable as error:
        if must:
            raise
        outcomes, gone = iter(()), _problem(ApiError("store_unavailable", str(error)))
    answers: list[Answer] = []
    for number, id, command in read:
        if not isinstance(command, Command):
            answers.append({"line": number, **id, **command})
        elif outcome := next(outcomes, None):
            answers.append(_answer(kind, number, id, outcome))
        else:
            answers.append({"line": number, **id, **gone})
    return _encode_lines(answers)


def _commands(kind: Kind[S], op: Ask, group: Sequence[Line]) -> Iterator[tuple[int, dict[str, str], Any]]:
    """Of each line its number, its id where it has one, and its command, or what is wrong with it."""
    for number, line in group:
        id: dict[str, str] = {}
        try:
            if line is None:
                raise ApiError("body_too_large", f"The line has more than {MOST_LINE_BYTES:,} bytes.")
            made, given = read(line, kind.struct)
            id["id"] = cast(Any, made).id
            own = Ask(f"{op.op}:{number}", fingerprint(line) if op.asked else "", op.actor)
            yield number, id, kind.command(made, given, own)
        except ApiError as error:
            yield number, id, _problem(error)


def _answer(kind: Kind[Any], number: int, id: dict[str, str], outcome: Outcome) -> Answer:
    if outcome.refused:
        return {"line": number, **id, **_problem(refusal(outcome))}
    record = outcome.task or outcome.agent
    version = record.version if record else None
    return Done(
        line=number,
        id=id["id"],
        status=201 if outcome.event is not None and version == 1 else 200,
        version=version,
        replayed=outcome.replayed or UNSET,
        warnings=kind.warnings(outcome) or UNSET,
    )


def _problem(error: ApiError) -> dict[str, Any]:
    row = ERRORS[error.code]
    told: dict[str, Any] = {
        "status": row.status,
        "code": error.code,
        "detail": error.detail or row.remedy,
        **error.members,
    }
    if isinstance(error, Invalid):
        told["errors"] = error.faults[:MAX_FAULTS_SHOWN]
    return told
