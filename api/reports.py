"""What is told of every request: how long it took, that it was answered, and a line in the log. Cheaply: it
is done more often than anything else.
"""

from __future__ import annotations

import logging
from typing import Final

from assigner.log import Form
from assigner.metrics import Meters

_PROBES: Final = frozenset({"/livez", "/readyz", "/metrics"})
_FAILED: Final = 500
_logger = logging.getLogger("assigner.access")


class Kind:
    """Requests of one route, method and status: their series, and their line as far as it is the same."""

    __slots__ = ("_answered", "_line", "_took")

    def __init__(self, meters: Meters, route: str, method: str, status: int) -> None:
        self._took = meters.histograms["assigner_http_request_seconds"].labels(route, method)
        self._answered = meters.counters["assigner_http_requests_total"].labels(route, method, str(status))
        level = logging.DEBUG if route in _PROBES and status < _FAILED else logging.INFO
        fields = {"method": method, "route": route, "status": status}
        self._line = Form(_logger, level, "request", fields, "ms", "bytes_in", "bytes_out", "request_id")

    def count(self, seconds: float) -> None:
        """Count a request."""
        self._took.observe(seconds)
        self._answered.inc()

    def write(self, at_ms: int, seconds: float, bytes_in: int, bytes_out: int, request_id: str) -> None:
        """Write the line of a request."""
        self._line.fill(at_ms, round(seconds * 1_000, 1), bytes_in, bytes_out, request_id)


class Reports:
    """The kinds of requests, each made once; by the route, never by the path."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._kinds: dict[tuple[str, str, int], Kind] = {}

    def kind(self, route: str, method: str, status: int) -> Kind:
        """The kind of a request."""
        key = (route, method, status)
        found = self._kinds.get(key)
        if found is None:
            found = self._kinds[key] = Kind(self._meters, *key)
        return found
