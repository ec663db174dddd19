"""Tallies become the series that Prometheus' own library would have made of the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import prometheus_client
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from assigner.tallies import Counter, Histogram

BUCKETS = (0.001, 0.25, 1.0, 30.0)
VALUES = (0.0, 0.001, 0.0010001, 0.25, 0.9, 1.0, 29.0, 30.0, 31.0, 1e9)


def ours(labels: Sequence[str]) -> tuple[Any, Any]:
    return Counter("c_total", "A counter.", labels), Histogram("h", "A histogram.", labels, BUCKETS)


def theirs(labels: Sequence[str]) -> tuple[Any, Any]:
    return (
        prometheus_client.Counter("c_total", "A counter.", labels, registry=None),
        prometheus_client.Histogram("h", "A histogram.", labels, buckets=BUCKETS, registry=None),
    )


def text(*tallies: Any) -> str:
    registry = CollectorRegistry()
    for tally in tallies:
        registry.register(tally)
    return generate_latest(registry).decode()


def labelled(counter: Any, histogram: Any) -> str:
    counter.labels("/untouched", "GET")
    histogram.labels("/untouched", "GET")
    for number, value in enumerate(VALUES):
        counter.labels(f"/{number % 2}", "GET").inc()
        counter.labels(f"/{number % 2}", "PUT").inc(2.5)
        histogram.labels(f"/{number % 2}", "GET").observe(value)
    return text(counter, histogram)


def bare(counter: Any, histogram: Any) -> str:
    counter.inc(3)
    for value in VALUES:
        histogram.observe(value)
    return text(counter, histogram)


def test_series_are_as_the_library_s() -> None:
    labels = ("route", "method")
    assert labelled(*ours(labels)) == labelled(*theirs(labels))
    assert 'h_bucket{le="0.001",method="GET",route="/1"} 1.0\n' in labelled(*ours(labels))


def test_those_without_labels_are_too() -> None:
    assert bare(*ours(())) == bare(*theirs(()))
    assert text(*ours(())) == text(*theirs(()))


@pytest.mark.parametrize("values", [(), ("/",), ("/", "GET", "200")])
def test_labels_that_do_not_fit_are_refused(values: tuple[str, ...]) -> None:
    for tally in ours(("route", "method")):
        with pytest.raises(ValueError, match="2 labels"):
            tally.labels(*values)
