"""Every metric of the service, in one table, and the Prometheus objects made from it.

There is one registry for each app, no global one. No label holds an id: the number of series is bounded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from assigner.domain.reasons import REASONS

# Each counter would come with a second series, the time it was made; the process has one start time.
disable_created_metrics()  # type: ignore[no-untyped-call]

Kind = Literal["counter", "gauge", "histogram"]

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_LAGS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_SIZES = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
_RATIOS = (0.0, 0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One row of METRICS.

    `labels` gives each label's values; those known beforehand are shown at zero from the start.
    """

    name: str
    kind: Kind
    meaning: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buckets: tuple[float, ...] = ()


def _counter(name: str, meaning: str, **labels: tuple[str, ...]) -> Metric:
    return Metric(name=name, kind="counter", meaning=meaning, labels=labels)


def _gauge(name: str, meaning: str, **labels: tuple[str, ...]) -> Metric:
    return Metric(name=name, kind="gauge", meaning=meaning, labels=labels)


def _histogram(name: str, buckets: tuple[float, ...], meaning: str, **labels: tuple[str, ...]) -> Metric:
    return Metric(name=name, kind="histogram", meaning=meaning, labels=labels, buckets=buckets)


METRICS: tuple[Metric, ...] = (
    _histogram("assigner_http_request_seconds", _SECONDS,
               "Time to answer an HTTP request; status 499 means that the client went away.",
               route=(), method=(), status=()),
    _gauge("assigner_http_requests_in_flight", "HTTP requests that are being answered now."),
    _counter("assigner_rejected_total", "Requests to decide that were turned away with 503, by error code.",
             code=("overloaded", "not_ready")),
    _histogram("assigner_request_tasks", _SIZES, "Tasks in a request to decide."),
    _histogram("assigner_request_agents", _SIZES, "Agents in a request to decide."),
    _histogram("assigner_request_arcs", _SIZES, "Eligible (group, agent) arcs in a request to decide."),
    _histogram("assigner_phase_seconds", _SECONDS, "Time of each phase of an answer, inside the worker.",
               phase=("parse", "decide", "encode")),
    _histogram("assigner_solve_seconds", _SECONDS, "Time of the solve alone, by method.", method=()),
    _counter("assigner_solutions_total", "Solutions, by status.", status=("optimal", "feasible", "fallback")),
    _histogram("assigner_solution_gap_ratio", _RATIOS, "How far from the optimum a solution is, at most."),
    _counter("assigner_tasks_assigned_total", "Tasks that got an agent."),
    _counter("assigner_tasks_waiting_total", "Tasks that stayed without an agent, by reason.",
             reason=tuple(REASONS)),
    _gauge("assigner_workers", "Worker processes, by what they do.", state=("starting", "idle", "busy")),
    _gauge("assigner_workers_waited_for", "Requests that wait for a worker."),
    _counter("assigner_worker_replacements_total", "Workers that were replaced, by reason.",
             reason=("crashed", "timed_out", "disconnected", "memory")),
    _gauge("assigner_dispatcher_leads", "1 while the dispatcher of this process has the lease, else 0."),
    _histogram("assigner_mirror_lag_seconds", _LAGS,
               "Age of the oldest event each time that the dispatcher takes some in, by the store's clock."),
    _histogram("assigner_cycle_seconds", _SECONDS, "Time of a cycle: deciding and offering."),
    _counter("assigner_offers_made_total", "Offers that the dispatcher made."),
    _counter("assigner_offers_refused_total", "Offers that did not fit any more, by error code.",
             code=("stale_version", "wrong_state", "at_capacity", "agent_away")),
    _counter("assigner_clock_verbs_total", "What time did to tasks and agents, by verb.",
             verb=("expire", "wake", "hold", "set_presence", "revoke", "release", "rescue", "relax",
                   "prune")),
)  # fmt: skip


class Meters:
    """The metrics of one app, by name."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.counters = {
            row.name: Counter(row.name, row.meaning, tuple(row.labels), registry=registry)
            for row in _rows("counter")
        }
        self.gauges = {
            row.name: Gauge(row.name, row.meaning, tuple(row.labels), registry=registry)
            for row in _rows("gauge")
        }
        self.histograms = {
            row.name: Histogram(
                row.name, row.meaning, tuple(row.labels), buckets=row.buckets, registry=registry
            )
            for row in _rows("histogram")
        }
        made: dict[str, Counter | Gauge | Histogram] = {**self.counters, **self.gauges, **self.histograms}
        for row in METRICS:
            _show_at_zero(made[row.name], row)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format, of type CONTENT_TYPE."""
        return generate_latest(self.registry)


def _rows(kind: Kind) -> Iterable[Metric]:
    return (row for row in METRICS if row.kind == kind)


def _show_at_zero(made: Counter | Gauge | Histogram, row: Metric) -> None:
    """Make the series of known labels: a rate over a series not there yet misses its first event."""
    if len(row.labels) == 1:
        for value in next(iter(row.labels.values())):
            made.labels(value)
