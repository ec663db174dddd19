"""Quantiles from the buckets of a Prometheus histogram, no finer than the buckets are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
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


def spread(name: str, before: Mapping[str, float], after: Mapping[str, float], **labels: str) -> Spread:
    """How a histogram has grown, with these labels, from one reading of /metrics to the next."""
    wanted = {f"{label}={value}" for label, value in labels.items()}

    def grown(part: str) -> Iterator[tuple[dict[str, str], float]]:
        for series, value in after.items():
            of, _, inside = series.rstrip("}").partition("{")
            if of == f"{name}_{part}" and wanted <= (said := set(inside.split(","))):
                yield dict(one.split("=") for one in said - {""}), value - before.get(series, 0.0)

    buckets = sorted((float(said["le"]), count) for said, count in grown("bucket"))
    ((_, total),) = grown("sum")
    count = buckets[-1][1]
    return Spread(buckets=tuple(buckets), mean=total / count if count else 0.0)
