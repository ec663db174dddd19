"""Quantiles from the buckets of a Prometheus histogram, no finer than the buckets are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What a histogram has counted between two readings: (upper bound, how many up to it), ascending."""

    buckets: tuple[tuple[float, float], ...]
    mean: float

    @property
    def count(self) -> float:
        """How many there were."""
        return self.buckets[-1][1]

    def within(self, part: float) -> tuple[float, float]:
        """The bounds of the bucket that the quantile is in: above the first, at most the second."""
        below = 0.0
        for bound, count in self.buckets:
            if count >= part * self.count:
                return below, bound
            below = bound
        return below, math.inf

    def shown(self, part: float) -> str:
        """The bounds, in words."""
        low, high = self.within(part)
        return f"{low * 1e3:g} to {high * 1e3:g} ms"


def spread(name: str, before: Mapping[str, float], after: Mapping[str, float]) -> Spread:
    """How a histogram has grown from one reading of /metrics to the next."""
    grown = {
        float(series[len(name) + len("_bucket{le=") : -1]): value - before.get(series, 0.0)
        for series, value in after.items()
        if series.startswith(f"{name}_bucket")
    }
    count, total = (after[name + end] - before.get(name + end, 0.0) for end in ("_count", "_sum"))
    return Spread(buckets=tuple(sorted(grown.items())), mean=total / count if count else 0.0)
