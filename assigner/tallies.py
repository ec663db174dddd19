"""Counters and histograms that cost next to nothing to add to: plain numbers, of which Prometheus' series are
made when it asks. For one thread: of two that add at the same time one may be lost.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import inf

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class Count:
    """One series of a counter."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0

    def inc(self, by: float = 1.0) -> None:
        """Add to it."""
        self.value += by


class Spread:
    """One series of a histogram: how often a value was in each bucket, and the sum of all values."""

    __slots__ = ("_bounds", "sum", "times")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.times = [0] * len(bounds)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Add a value."""
        self.times[bisect_left(self._bounds, value)] += 1
        self.sum += value


class Counter(Collector):
    """A counter; its name ends in `_total`."""

    def __init__(self, name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        self._about = name, meaning
        self._labels = labels
        self._series: dict[tuple[str, ...], Count] = {}
        if not labels:
            self.labels()

    def labels(self, *values: str) -> Count:
        """The series of these labels. Raises ValueError when these are not as many as there are labels."""
        found = self._series.get(values)
        if found is None:
            _check(self._labels, values)
            found = self._series[values] = Count()
        return found

    def inc(self, by: float = 1.0) -> None:
        """Add to the one series of a counter without labels."""
        self.labels().inc(by)

    def collect(self) -> Iterator[CounterMetricFamily]:
        """All series, as they are now."""
        family = CounterMetricFamily(*self._about, labels=self._labels)
        for values, one in self._series.items():
            family.add_metric(values, one.value)
        yield family


class Histogram(Collector):
    """A histogram; a value on the bound of a bucket is in it."""

    def __init__(self, name: str, meaning: str, labels: Sequence[str], buckets: Sequence[float]) -> None:
        self._about = name, meaning
        self._labels = labels
        self._bounds = (*buckets, inf)
        self._texts = [floatToGoString(bound) for bound in self._bounds]  # type: ignore[no-untyped-call]
        self._series: dict[tuple[str, ...], Spread] = {}
        if not labels:
            self.labels()

    def labels(self, *values: str) -> Spread:
        """The series of these labels. Raises ValueError when these are not as many as there are labels."""
        found = self._series.get(values)
        if found is None:
            _check(self._labels, values)
            found = self._series[values] = Spread(self._bounds)
        return found

    def observe(self, value: float) -> None:
        """Add a value to the one series of a histogram without labels."""
        self.labels().observe(value)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """All series, as they are now."""
        family = HistogramMetricFamily(*self._about, labels=self._labels)
        for values, one in self._series.items():
            buckets = list(zip(self._texts, map(float, accumulate(one.times)), strict=True))
            family.add_metric(values, buckets, one.sum)
        yield family


def _check(labels: Sequence[str], values: Sequence[str]) -> None:
    if len(labels) != len(values):
        raise ValueError(f"There are {len(labels)} labels, and {len(values)} values.")
