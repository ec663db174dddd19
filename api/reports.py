"""What is told of every request: how long it took, that it was answered, and a line in the log. Cheaply: it
is done more often than anything else.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from assigner.clock import Clock
from assigner.log import Form, Values, tell
from assigner.metrics import Meters

_PROBES: Final = frozenset({"/livez", "/readyz", "/metrics"})
_FAILED: Final = 500
_logger = logging.getLogger("assigner.access")


class Kind:
    """Requests of one route, method and status: their series, and their line as far as it is the same."""

    __slots__ = ("_answered", "_took", "line")

    def __init__(self, meters: Meters, route: str, method: str, status: int) -> None:
        self._took = meters.histograms["assigner_http_request_seconds"].labels(route, method)
        self._answered = meters.counters["assigner_http_requests_total"].labels(route, method, str(status))
        level = logging.DEBUG if route in _PROBES and status < _FAILED else logging.INFO
        fields = {"method": method, "route": route, "status": status}
        self.line = Form(_logger, level, "request", fields, "ms", "bytes_in", "bytes_out", "request_id")

    def count(self, seconds: float) -> None:
        """Count a request."""
        self._took.observe(seconds)
        self._answered.inc()


class Reports:
    """Tells of requests. Those that end in one turn of the event loop are told of together, at its end."""

    def __init__(self, meters: Meters, clock: Clock) -> None:
        self._meters = meters
        self._clock = clock
        self._kinds: dict[tuple[str, str, int], Kind] = {}
        self._untold: list[tuple[Form, Values]] = []

    def tell(
        self, kind: tuple[str, str, int], seconds: float, bytes_in: int, bytes_out: int, request_id: str
    ) -> None:
        """Count a request by its route, method and status, and write its line."""
        line = self.count(kind, seconds).line
        if not self._untold:
            asyncio.get_running_loop().call_soon(self._tell)
        self._untold.append((line, (round(seconds * 1_000, 1), bytes_in, bytes_out, request_id)))

    def count(self, kind: tuple[str, str, int], seconds: float) -> Kind:
        """Count a request, without a line."""
        found = self._kinds.get(kind)
        if found is None:
            found = self._kinds[kind] = Kind(self._meters, *kind)
        found.count(seconds)
        return found

    def _tell(self) -> None:
        untold, self._untold = self._untold, []
        tell(untold, self._clock.now_ms())
