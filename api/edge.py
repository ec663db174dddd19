"""Around every request: its id, its caller, its metrics, its line in the log, the error of last resort."""

import itertools
import logging
import re
import uuid
from collections.abc import Mapping
from math import ceil, inf
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors
from api.access.origins import TOLD_BY, is_of_this_machine
from api.access.refused import CHALLENGE, Refused, TurnedAway
from api.access.table import Caller, is_public
from api.deps import Service
from api.reports import Reports

_VISIBLE = re.compile(rb"[!-~]{1,128}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLIENT_GONE: Final = 499
_PROCESS: Final = uuid.uuid4().hex[:20]
_NUMBERS: Final = itertools.count()
_MOST_UNREAD: Final = 65_536
"""Of a body that nobody reads so much is let in; a connection with more is closed."""
_FROM_A_PAGE: Final = Refused(
    code="forbidden",
    why="not_this_machine",
    detail="Without keys only programs of this machine may ask, and no web page: the Host and the Origin "
    "have to be of loopback, such as 127.0.0.1.",
)
_logger = logging.getLogger("assigner.access")


class Exchange:
    """One request and its answer, as they pass by."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Of headers that are given twice the first is read.
        self.headers: Mapping[bytes, bytes] = dict(scope["headers"][::-1])
        self.request_id = _request_id(self.headers.get(b"x-request-id"))
        self.status = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.refused: Refused | None = None
        self.more: list[tuple[bytes, bytes]] = []
        self._unasked = b"expect" in self.headers
        self.private = scope["path"].startswith("/v1/") or scope["path"] == "/assign"
        self._receive = receive
        self._send = send

    async def receive(self) -> Message:
        """Pass a message of the request on."""
        self._unasked = False
        message = await self._receive()
        self.bytes_in += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        """Pass a message of the answer on; its head gets the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message["headers"], *self._headers()]}
        self.bytes_out += len(message.get("body", b""))
        await self._send(message)

    def _headers(self) -> list[tuple[bytes, bytes]]:
        headers = [(b"x-request-id", self.request_id.encode()), (b"x-content-type-options", b"nosniff")]
        if self.private:
            headers.append((b"cache-control", b"no-store"))
        if self._unasked:
            # The client waits for 100 Continue with its body, which will not be asked for any more: what it
            # sends next on this connection could be either.
            headers.append((b"connection", b"close"))
        return headers + self.more

    async def fail(self) -> None:
        """Answer `internal_error`."""
        await self._tell("internal_error", "")

    async def refuse(self, refused: Refused) -> None:
        """Turn the request away, its body unread."""
        self.refused = refused
        if not self._unasked and _unread(self.headers) > _MOST_UNREAD:
            self.more.append((b"connection", b"close"))
        if refused.code == "unauthorized":
            challenge = CHALLENGE.encode() if refused.detail else b"Bearer"
            self.more.append((b"www-authenticate", challenge))
        elif refused.code == "not_ready":
            self.more.append((b"retry-after", b"1"))
        await self._tell(refused.code, refused.detail)

    async def _tell(self, code: str, detail: str) -> None:
        body = errors.problem(code, detail, self.request_id)
        headers = [(b"content-type", errors.MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(body))]
        status = errors.ERRORS[code].status
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


class Edge:
    """ASGI middleware: the outermost of ours."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        self._reports = Reports(service.meters, service.clock)
        self._in_flight = 0
        in_flight = service.meters.gauges["assigner_http_requests_in_flight"]
        in_flight.set_function(lambda: self._in_flight)
        self._turned_away = TurnedAway()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(scope, receive, send)
        # A HEAD is a GET whose body the server leaves out: no route has to know.
        method = scope["method"]
        inner = {**scope, "method": "GET" if method == "HEAD" else method}
        if scope["path"].startswith("/v1/"):
            # Routed as it was sent, its ids decoded by the handlers: a slash inside an id separates nothing.
            inner["path"] = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
        inner["state"] = {**scope.get("state", {}), "request_id": exchange.request_id}
        started = self._service.clock.monotonic_s()
        self._in_flight += 1
        try:
            await self._guarded(inner, exchange)
        finally:
            self._in_flight -= 1
            self._report(inner, method, exchange, self._service.clock.monotonic_s() - started)

    async def _guarded(self, scope: Scope, exchange: Exchange) -> None:
        try:
            if refused := await self._refusal(scope, exchange):
                await exchange.refuse(refused)
            else:
                await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            exchange.status = _CLIENT_GONE
        except Exception:
            _logger.exception("A request failed", extra={"fields": {"request_id": exchange.request_id}})
            if exchange.status:
                # Too late to say so: the server has to break the connection off.
                raise
            await exchange.fail()

    async def _refusal(self, scope: Scope, exchange: Exchange) -> Refused | None:
        """Why a request gets no further; else its scope has the caller."""
        door, clock = self._service.door, self._service.clock
        if door.dev and not is_of_this_machine(*map(exchange.headers.get, TOLD_BY)):
            return _FROM_A_PAGE
        if not exchange.private and is_public(scope["path"]):
            return None
        shown = exchange.headers.get(b"authorization")
        found = door.recognise(shown) or await door.admit(shown)
        if not isinstance(found, Caller):
            return found
        scope["state"]["caller"] = found
        if bucket := door.bucket(found, now_s := clock.monotonic_s()):
            wait_s = bucket.take(now_s)
            exchange.more = bucket.headers()
            if wait_s:
                exchange.more.append((b"retry-after", b"%d" % ceil(wait_s)))
                return Refused(code="rate_limited", why="rate_limited")
        return None

    def _report(self, scope: Scope, method: str, exchange: Exchange, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        method = method if method in _METHODS else "other"
        kind = (route, method, exchange.status or _CLIENT_GONE)
        if exchange.refused:
            self._reports.count(kind, seconds)
            self._count(exchange.refused.why, scope)
        else:
            self._reports.tell(kind, seconds, exchange.bytes_in, exchange.bytes_out, exchange.request_id)

    def _count(self, why: str, scope: Scope) -> None:
        """Of who is turned away the log has a line now and then: there may be very many."""
        counters = self._service.meters.counters
        if why == "rate_limited":
            counters["assigner_rate_limited_total"].inc()
        else:
            counters["assigner_auth_refused_total"].labels(why).inc()
        self._turned_away.note(why, (scope.get("client") or ("",))[0])


def _unread(headers: Mapping[bytes, bytes]) -> float:
    """How long the body is that the client sends; infinite when it does not say."""
    if b"transfer-encoding" in headers:
        return inf
    return int(headers.get(b"content-length") or 0)


def _request_id(given: bytes | None) -> str:
    """The client's X-Request-ID when it is 1 to 128 visible ASCII characters, else a new one."""
    if given is not None and _VISIBLE.fullmatch(given):
        return str(given, "ascii")
    return f"{_PROCESS}{next(_NUMBERS):012x}"
