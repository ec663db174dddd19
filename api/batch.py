"""NDJSON batches: a line in, a line out, in order; good lines are kept whatever becomes of the others.

Reading never waits for the client to take its answers: one that sends everything first would else wait for
us, and we for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.deps import live, service
from api.documents import read
from api.errors import ERRORS, MAX_FAULTS_SHOWN, ApiError
from api.faults import Invalid
from api.idempotency import Ask, ask, fingerprint
from api.live import Live, refusal
from api.records import encode
from assigner.store.base import Command, Outcome, StoreUnavailable

GROUP = 250
"""Lines that the store gets in one call."""
MOST_LINE_BYTES = 2**20
MEDIA_TYPE = "application/x-ndjson"

S = TypeVar("S", bound=Struct)
Line = tuple[int, bytes]
Answer = dict[str, Any]


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
    answers: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
    working = asyncio.create_task(_work(request, kind, op, answers))
    try:
        first = await answers.get()
    except asyncio.CancelledError:
        working.cancel()
        raise
    if isinstance(first, Exception):
        raise first
    return _Streamed(working, first, answers)


class _Streamed(Response):
    """Answers as they come."""

    def __init__(
        self,
        working: asyncio.Task[None],
        first: bytes | None,
        answers: asyncio.Queue[bytes | Exception | None],
    ) -> None:
        super().__init__(media_type=MEDIA_TYPE)
        del self.headers["content-length"]
        self._working = working
        self._first = first
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answers; what breaks a batch off in the middle breaks the connection off."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            part: bytes | Exception | None = self._first
            while part is not None:
                if isinstance(part, Exception):
                    raise part
                await send({"type": "http.response.body", "body": part, "more_body": True})
                part = await self._answers.get()
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._working.cancel()


async def _work(
    request: Request, kind: Kind[Any], op: Ask, answers: asyncio.Queue[bytes | Exception | None]
) -> None:
    parts, started = live(request), False
    try:
        async with aclosing(_groups(request)) as groups:
            async for group in groups:
                done = await _do(parts, kind, op, group, must=not started)
                started = True
                answers.put_nowait(b"".join(encode(line) + b"\n" for line in done))
                await asyncio.sleep(0)  # others wait for the loop too
    except (ApiError, StoreUnavailable, ClientDisconnect) as error:
        if not started or isinstance(error, ClientDisconnect):
            answers.put_nowait(error)
            return
        answers.put_nowait(encode({"line": None, **_problem(cast(ApiError, error))}) + b"\n")
    except Exception as error:
        answers.put_nowait(error)
        return
    answers.put_nowait(None)


async def _groups(request: Request) -> AsyncGenerator[list[Line], None]:
    """The lines of the body with their numbers from 1, a group at a time; empty ones are left out.

    A group is what has arrived, at most GROUP. Raises body_too_large, body_timeout, and ClientDisconnect.
    """
    settings = service(request).settings
    rest, number, received = b"", 0, 0
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
            *lines, rest = (rest + chunk).split(b"\n") if rest else chunk.split(b"\n")
            if len(rest) > MOST_LINE_BYTES:
                raise ApiError("body_too_large", f"A line has more than {MOST_LINE_BYTES:,} bytes.")
            for start in range(0, len(lines), GROUP):
                yield [
                    (number + at, line)
                    for at, line in enumerate(lines[start : start + GROUP], start + 1)
                    if line.strip()
                ]
            number += len(lines)
    if rest.strip():
        yield [(number + 1, rest)]


async def _do(parts: Live, kind: Kind[S], op: Ask, group: Sequence[Line], *, must: bool) -> list[Answer]:
    """The answers to a group. With `must` a store that is gone is raised, not told line by line."""
    answers: list[Answer] = []
    asked: list[tuple[Answer, Command]] = []
    for number, line in group:
        answer: Answer = {"line": number}
        answers.append(answer)
        try:
            made, given = read(line, kind.struct)
            answer["id"] = cast(Any, made).id
            own = Ask(f"{op.op}:{number}", fingerprint(line) if op.asked else "")
            asked.append((answer, kind.command(made, given, own)))
        except ApiError as error:
            answer |= _problem(error)
    try:
        outcomes = await parts.do_all(kind.verb, [command for _, command in asked]) if asked else []
    except StoreUnavailable as error:
        if must:
            raise
        gone = ApiError("store_unavailable", str(error))
        for waiting, _ in asked:
            waiting.update(_problem(gone))
        return answers
    for (waiting, _), outcome in zip(asked, outcomes, strict=True):
        waiting.update(_done(kind, outcome))
    return answers


def _done(kind: Kind[Any], outcome: Outcome) -> Answer:
    if outcome.refused:
        return _problem(refusal(outcome))
    record = outcome.task or outcome.agent
    new = outcome.event is not None and record is not None and record.version == 1
    told: Answer = {"status": 201 if new else 200, "version": record.version if record else None}
    if outcome.replayed:
        told["replayed"] = True
    if warned := kind.warnings(outcome):
        told["warnings"] = warned
    return told


def _problem(error: ApiError) -> Answer:
    row = ERRORS[error.code]
    told: Answer = {
        "status": row.status,
        "code": error.code,
        "detail": error.detail or row.remedy,
        **error.members,
    }
    if isinstance(error, Invalid):
        told["errors"] = error.faults[:MAX_FAULTS_SHOWN]
    return told
