"""Every error as problem+json, whoever found it: a handler of ours, the router, FastAPI, the HTTP parser."""

import asyncio
import re
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api import errors
from api.deps import request_id
from api.errors import ApiError, Fault
from api.faults import Invalid
from assigner.store.base import StoreUnavailable

RETRY = {"Retry-After": "1"}

_MOST_HEAD_BYTES = 65_536
_ROUTED = ("GET", "POST", "PUT", "PATCH", "DELETE")
_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)


def install(app: FastAPI) -> None:
    """Let the app answer each exception it expects with a problem."""
    app.add_exception_handler(ApiError, _from_api)
    app.add_exception_handler(StoreUnavailable, _from_store)
    app.add_exception_handler(HTTPException, _from_router)
    app.add_exception_handler(RequestValidationError, _from_validation)


class Protocol(HttpToolsProtocol):
    """The HTTP server's protocol: a problem for bytes that are not HTTP, and a bound on a request's head.

    An offer to upgrade is passed over, as RFC 9110 allows: the parser would drop the body of a request that
    makes one, and Java's own client makes one with every request.
    """

    _headless_since_s: float | None = None
    _in_head = False
    _head_bytes = 0
    _received = 0

    @property
    def headless_since_s(self) -> float | None:
        """Since when the head of a request is awaited, and nothing else: the connection is new, or one has
        begun to come; else None. By the loop's clock.
        """
        answering = self.cycle is not None and not self.cycle.response_complete
        return None if answering else self._headless_since_s

    @property
    def progress(self) -> tuple[int, int] | None:
        """How much has come, and how much is still to go, where we wait for the client; else None."""
        to_go = self.transport.get_write_buffer_size()
        reading = self.cycle is not None and self.cycle.more_body and not self.cycle.response_complete
        return (self._received, to_go) if to_go or reading else None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by the loop."""
        self._headless_since_s = self.loop.time()
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        begins = self.cycle is None or not self.cycle.more_body
        if begins and _UPGRADE.search(data, 0, _MOST_HEAD_BYTES):
            head, end, rest = data.partition(b"\r\n\r\n")
            data = _UPGRADE.sub(b"\r\nx-offered:", head) + end + rest
        self._head_bytes += len(data)
        self._received += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > _MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._in_head, self._head_bytes = True, 0
        if self._headless_since_s is None:
            self._headless_since_s = self.loop.time()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._in_head, self._headless_since_s = False, None
        super().on_headers_complete()
        # For streams: the connection of one whose client takes nothing has to be broken off, and one of which
        # only the head is wanted has to end by itself.
        self.scope["state"] |= {"transport": self.transport, "bodiless": self.scope["method"] == "HEAD"}

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are not HTTP, and hang up."""
        name = uuid.uuid4().hex
        body = errors.problem("malformed_http", "", name)
        head = (
            "HTTP/1.1 400 Bad Request\r\n"
            f"content-type: {errors.MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
            f"x-request-id: {name}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


def _from_api(request: Request, error: Exception) -> Response:
    return from_error(request_id(request), cast(ApiError, error))


def from_error(request: str, error: ApiError) -> Response:
    """The answer to a request that ended with an error."""
    faults, total = (error.faults, error.total) if isinstance(error, Invalid) else (None, None)
    body = errors.problem(error.code, error.detail, request, faults, total, error.members)
    return Response(body, errors.ERRORS[error.code].status, error.headers, errors.MEDIA_TYPE)


def _from_store(request: Request, error: Exception) -> Response:
    """The store is gone for now: the client may try again."""
    gone = ApiError("store_unavailable", f"{error} Retry with the same Idempotency-Key.", headers=RETRY)
    return from_error(request_id(request), gone)


def _from_router(request: Request, error: Exception) -> Response:
    """No such path, or no such method there; an OPTIONS is answered with the methods there are."""
    found = cast(HTTPException, error)
    headers = dict(found.headers or {})
    if found.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
        failed = found.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
        return _response(request, "internal_error" if failed else "not_found", "", headers)
    headers["Allow"] = ", ".join(sorted(_methods(request)))
    if request.method == "OPTIONS":
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
    return _response(request, "method_not_allowed", "", headers)


def _methods(request: Request) -> set[str]:
    """What may be done at this path: several routes may have it, each for some of its methods."""
    methods = {method for method in _ROUTED if _has_route(request, method)} | {"OPTIONS"}
    return methods | ({"HEAD"} if "GET" in methods else set())


def _has_route(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)


def _from_validation(request: Request, error: Exception) -> Response:
    """What FastAPI refuses in a path or a query: each place becomes a pointer such as `/query/limit`."""
    faults = [
        Fault(
            pointer="".join(f"/{part}" for part in fault["loc"]),
            code="missing" if fault["type"] == "missing" else "wrong_type",
            detail=f"{fault['msg']}.",
        )
        for fault in cast(RequestValidationError, error).errors()
    ]
    body = errors.problem("invalid_request", "", request_id(request), faults)
    return Response(body, errors.ERRORS["invalid_request"].status, media_type=errors.MEDIA_TYPE)


def _response(request: Request, code: str, detail: str, headers: Mapping[str, str]) -> Response:
    body = errors.problem(code, detail, request_id(request))
    return Response(body, errors.ERRORS[code].status, headers, errors.MEDIA_TYPE)
