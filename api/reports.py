"""What is told of every request: how long it took, that it was answered, and a line in the log. Cheaply: it
is done more often than anything else.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from assigner.clock import Clock
from assigner.log import tell
from assigner.metrics import Meters
from assigner.tallies import Count, Spread

_logger = logging.getLogger("assigner.access")


class Reports:
    """Tells of requests. The series of each route, method and status is looked up once."""

    def __init__(self, meters: Meters, clock: Clock) -> None:
        self._meters = meters
        self._clock = clock
        self._series: dict[tuple[str, str, int], tuple[Spread, Count]] = {}

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request by its route, never by its path."""
        key = (route, method, status)
        took, answered = self._series.get(key) or self._meet(key)
        took.observe(seconds)
        answered.inc()

    def _meet(self, key: tuple[str, str, int]) -> tuple[Spread, Count]:
        route, method, status = key
        series = self._series[key] = (
            self._meters.histograms["assigner_http_request_seconds"].labels(route, method),
            self._meters.counters["assigner_http_requests_total"].labels(route, method, str(status)),
        )
        return series

    def write(self, level: int, fields: Mapping[str, Any]) -> None:
        """Write the line of a request."""
        tell(_logger, level, "request", self._clock.now_ms(), fields)
