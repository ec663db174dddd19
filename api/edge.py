"""Around every request: its id, its metrics, its line in the log, and the error of last resort."""

import itertools
import logging
import re
import uuid
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors
from api.deps import Service

_VISIBLE = re.compile(rb"[!-~]{1,128}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PROBES: Final = frozenset({"/livez", "/readyz", "/metrics"})
_CLIENT_GONE: Final = 499
_PROCESS: Final = uuid.uuid4().hex[:20]
_NUMBERS: Final = itertools.count()
_FAILED: Final = 500
_logger = logging.getLogger("assigner.access")


class Exchange:
    """One request and its answer, as they pass by."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.request_id = _request_id(scope)
        self.status = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self._unasked = any(name == b"expect" for name, _ in scope["headers"])
        self._private = scope["path"].startswith("/v1/") or scope["path"] == "/assign"
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
        if self._private:
            headers.append((b"cache-control", b"no-store"))
        if self._unasked:
            # The client waits for 100 Continue with its body, which will not be asked for any more: what it
            # sends next on this connection could be either.
            headers.append((b"connection", b"close"))
        return headers

    async def fail(self) -> None:
        """Answer `internal_error`."""
        body = errors.problem("internal_error", "", self.request_id)
        headers = [(b"content-type", errors.MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(body))]
        await self.send({"type": "http.response.start", "status": _FAILED, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


class Edge:
    """ASGI middleware: the outermost of ours."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

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
        in_flight = self._service.meters.gauges["assigner_http_requests_in_flight"]
        started = self._service.clock.monotonic_s()
        in_flight.inc()
        try:
            await self._guarded(inner, exchange)
        finally:
            in_flight.dec()
            self._report(inner, method, exchange, self._service.clock.monotonic_s() - started)

    async def _guarded(self, scope: Scope, exchange: Exchange) -> None:
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            exchange.status = _CLIENT_GONE
        except Exception:
            _logger.exception("A request failed", extra={"fields": {"request_id": exchange.request_id}})
            if exchange.status:
                # Too late to say so: the server has to break the connection off.
                raise
            await exchange.fail()

    def _report(self, scope: Scope, method: str, exchange: Exchange, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        method = method if method in _METHODS else "other"
        status = exchange.status or _CLIENT_GONE
        meters = self._service.meters
        meters.histograms["assigner_http_request_seconds"].labels(route, method).observe(seconds)
        meters.counters["assigner_http_requests_total"].labels(route, method, str(status)).inc()
        fields = {
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1_000, 1),
            "bytes_in": exchange.bytes_in,
            "bytes_out": exchange.bytes_out,
            "request_id": exchange.request_id,
        }
        level = logging.DEBUG if route in _PROBES and status < _FAILED else logging.INFO
        _logger.log(level, "request", extra={"fields": fields})


def _request_id(scope: Scope) -> str:
    """The client's X-Request-ID when it is 1 to 128 visible ASCII characters, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _VISIBLE.fullmatch(value):
            return str(value, "ascii")
    return f"{_PROCESS}{next(_NUMBERS):012x}"
