"""Every metric of the service, in one table, and the Prometheus objects made from it.

There is one registry for each app, no global one. No label holds an id of a task or an agent, and queues and
categories are capped: the number of series is bounded.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from platform import python_version
from typing import Any, Literal, TypeVar

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, Summary, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from assigner import __version__
from assigner.domain.agent import Presence
from assigner.domain.eligibility import RULES
from assigner.domain.reasons import REASONS
from assigner.exposition import pages
from assigner.tallies import Counter, Histogram

# Each counter would come with a second series, the time it was made; the process has one start time.
disable_created_metrics()  # type: ignore[no-untyped-call]

M = TypeVar("M")
Census = Mapping[str, Mapping[tuple[str, ...], float]]
"""For each metric of the census, the value of each series of a workspace, by its other labels."""
Kind = Literal["counter", "gauge", "histogram", "summary"]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)
_LAGS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_CALLS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_SIZES = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
_RATIOS = (0.0, 0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0)
_HOUR, _DAY = 3_600.0, 86_400.0
_PROMISES = (
    60.0,
    300.0,
    900.0,
    1_800.0,
    _HOUR,
    2 * _HOUR,
    4 * _HOUR,
    8 * _HOUR,
    _DAY,
    2 * _DAY,
    3 * _DAY,
    7 * _DAY,
)
"""What service levels promise, from a minute to a week: how many waits kept within it can be read exactly."""

ANY: tuple[str, ...] = ()
"""The values of a label that are not known beforehand."""
OTHER = "other"
"""The queue, or the category, that stands for all beyond the most that are shown."""
MOST_NAMES = 100
"""So many queues and so many categories are shown by name, those of all workspaces of a process together."""
BANDS = ("low", "medium", "high", "urgent")
_BAND_EDGES = (38, 63, 85)
OPEN = ("queued", "held", "offered", "assigned")
WHYS = (
    "no_credentials", "wrong_key", "revoked_key", "expired_key", "keys_not_read", "not_this_machine",
    "wrong_token", "wrong_algorithm", "wrong_subject", "unknown_key_id", "other_audience", "other_issuer",
    "token_not_yet_valid", "expired_token", "issuer_unreachable", "no_role", "other_workspace", "no_agent",
)  # fmt: skip
"""Why somebody is turned away at the edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One row of METRICS.

    `labels` gives each label's values; those known beforehand are shown at zero from the start. A workspace's
    are the ones that the process serves. `census`: it is told as a whole, now and then, by the dispatcher
    that leads, and by nobody else.
    """

    name: str
    kind: Kind
    meaning: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buckets: tuple[float, ...] = ()
    census: bool = False


def _counter(name: str, meaning: str, **labels: tuple[str, ...]) -> Metric:
    return Metric(name=name, kind="counter", meaning=meaning, labels=labels)


def _gauge(name: str, meaning: str, **labels: tuple[str, ...]) -> Metric:
    return Metric(name=name, kind="gauge", meaning=meaning, labels=labels)


def _histogram(name: str, buckets: tuple[float, ...], meaning: str, **labels: tuple[str, ...]) -> Metric:
    return Metric(name=name, kind="histogram", meaning=meaning, labels=labels, buckets=buckets)


def _summary(name: str, meaning: str, **labels: tuple[str, ...]) -> Metric:
    return Metric(name=name, kind="summary", meaning=meaning, labels=labels)


def _census(name: str, meaning: str, **labels: tuple[str, ...]) -> Metric:
    return Metric(name=name, kind="gauge", meaning=meaning, labels={"workspace": ANY, **labels}, census=True)


METRICS: tuple[Metric, ...] = (
    # What waits: from the dispatcher that leads.
    _census("assigner_tasks", "Open tasks, by queue, state and priority band.",
            queue=ANY, state=OPEN, band=BANDS),
    _census("assigner_oldest_wait_seconds", "How long the queued task that has waited longest has waited.",
            queue=ANY),
    _census("assigner_sla_open_tasks",
            "Open tasks that end after the instant promised even if begun now, that have no more time left "
            "than their service level calls a risk, or whose instant has passed.",
            band=BANDS, risk=("at_risk", "breached")),
    _census("assigner_sla_open_responses",
            "Tasks that nobody has taken yet, the instant near or past until which somebody was to.",
            band=BANDS, risk=("at_risk", "breached")),
    _census("assigner_waiting_reasons", "Queued tasks, by why they wait.",
            reason=tuple(REASONS)),
    _census("assigner_refusals",
            "Agents refused, summed over the queued tasks: each under the first rule that refuses them.",
            rule=tuple(rule.name for rule in RULES)),
    _census("assigner_unqualified_tasks",
            "Queued tasks for which no agent has the skills, the levels and the channel.", queue=ANY),
    _census("assigner_agents", "Agents, by presence.", presence=tuple(Presence)),
    _census("assigner_occupancy_ratio", "Load of the agents available on shift, over their capacity."),
    _census("assigner_held_back_tasks", "Queued tasks held back, in the last cycle, from all who have room."),
    _census("assigner_price_age_seconds", "How long ago the prices of agents' time were settled."),
    _census("assigner_overrides_active", "Overrides that hold, by action.", action=ANY),
    # What happens: counted by the dispatcher that leads.
    _counter("assigner_arrivals_total", "Tasks that came in, and completed ones that were reopened.",
             workspace=ANY),
    _histogram("assigner_wait_to_offer_seconds", _PROMISES,
               "From the beginning of a task's wait to its first offer.", workspace=ANY, band=BANDS),
    _histogram("assigner_wait_to_accept_seconds", _PROMISES,
               "From the beginning of a task's wait to the acceptance of its offer.",
               workspace=ANY, band=BANDS),
    _histogram("assigner_wait_to_completion_seconds", _PROMISES,
               "From the creation of a task to its completion.", workspace=ANY, band=BANDS),
    _counter("assigner_sla_completed_total",
             "Completed tasks that were promised by an instant, by whether it was kept.",
             workspace=ANY, band=BANDS, result=("met", "missed")),
    _counter("assigner_sla_responded_total",
             "Tasks taken for the first time that were to be by an instant, by whether it was kept.",
             workspace=ANY, band=BANDS, result=("met", "missed")),
    _counter("assigner_offers_total", "Offers, by what became of them.",
             workspace=ANY, outcome=("made", "accepted", "declined", "expired", "revoked")),
    _counter("assigner_offers_refused_total",
             "Offers that could not be made, because the task or the agent had changed, by error code.",
             workspace=ANY,
             code=("stale_version", "wrong_state", "at_capacity", "agent_away", "override_conflict")),
    _counter("assigner_handoffs_total", "Tasks that were transferred, by the queue that they left.",
             workspace=ANY, queue=ANY),
    _counter("assigner_completions_total", "Tasks completed, by category.", workspace=ANY, category=ANY),
    _summary("assigner_handling_seconds", "From the start of a task to its completion, by category.",
             workspace=ANY, category=ANY),
    _summary("assigner_handling_expected_seconds",
             "What was expected of the same tasks and their agents before they were completed, by category.",
             workspace=ANY, category=ANY),
    _counter("assigner_overrides_total", "Overrides made, by action.", workspace=ANY, action=ANY),
    _counter("assigner_assignments_forced_total", "Tasks assigned by an override to agents who had no room.",
             workspace=ANY),
    _counter("assigner_clock_verbs_total", "What time did to tasks and agents, by verb.",
             workspace=ANY, verb=("expire", "wake", "hold", "set_presence", "revoke", "release", "rescue",
                                  "relax", "prune", "end_override", "prune_overrides")),
    # How the dispatcher does.
    _gauge("assigner_dispatcher_leads", "1 while the dispatcher of this process has the lease, else 0.",
           workspace=ANY),
    _gauge("assigner_dispatcher_last_pass_timestamp_seconds",
           "When this process's dispatcher last ended a pass, in seconds since 1970; 0: never.",
           workspace=ANY),
    _histogram("assigner_mirror_lag_seconds", _LAGS,
               "Age of the oldest event each time that the dispatcher takes some in, by the store's clock.",
               workspace=ANY),
    _histogram("assigner_cycle_seconds", _LAGS, "Time of each step of the dispatcher's passes.",
               workspace=ANY, step=("mirror", "maintain", "decide", "offer")),
    _histogram("assigner_solve_seconds", _SECONDS, "Time of the solve alone, by method.", method=ANY),
    _counter("assigner_solutions_total", "Solutions, by status.", status=("optimal", "feasible", "fallback")),
    _histogram("assigner_solution_gap_ratio", _RATIOS, "How far from the optimum a solution is, at most."),
    # The store.
    _gauge("assigner_store_up", "1 while the store answers, else 0."),
    _gauge("assigner_store_durable", "1 when a change is on the store's disk before it is answered, else 0."),
    _histogram("assigner_store_seconds", _CALLS, "Time of a call of the store, by verb.", verb=ANY),
    # HTTP.
    _histogram("assigner_http_request_seconds", _SECONDS, "Time to answer an HTTP request.",
               route=ANY, method=ANY),
    _counter("assigner_http_requests_total",
             "HTTP requests answered; status 499 means that the client went away.",
             route=ANY, method=ANY, status=ANY),
    _gauge("assigner_http_requests_in_flight", "HTTP requests that are being answered now."),
    _counter("assigner_auth_refused_total", "Requests turned away because of who asked, by why.", why=WHYS),
    _counter("assigner_rate_limited_total", "Requests turned away because their key asked too often."),
    _gauge("assigner_event_readers", "Clients that follow the events now."),
    _counter("assigner_event_readers_dropped_total", "Clients that followed the events and were too slow."),
    # Requests to decide, and the workers that do.
    _counter("assigner_rejected_total", "Requests to decide that were turned away with 503, by error code.",
             code=("overloaded", "not_ready")),
    _histogram("assigner_request_tasks", _SIZES, "Tasks in a request to decide."),
    _histogram("assigner_request_agents", _SIZES, "Agents in a request to decide."),
    _histogram("assigner_request_arcs", _SIZES, "Eligible (group, agent) arcs in a request to decide."),
    _histogram("assigner_phase_seconds", _SECONDS, "Time of each phase of an answer, inside the worker.",
               phase=("parse", "decide", "encode")),
    _counter("assigner_tasks_assigned_total", "Tasks of requests to decide that got an agent."),
    _counter("assigner_tasks_waiting_total",
             "Tasks of requests to decide that stayed without an agent, by reason.", reason=tuple(REASONS)),
    _gauge("assigner_workers", "Worker processes, by what they do.", state=("starting", "idle", "busy")),
    _gauge("assigner_workers_waited_for", "Requests that wait for a worker."),
    _counter("assigner_worker_replacements_total", "Workers that were replaced, by reason.",
             reason=("crashed", "timed_out", "disconnected", "memory")),
    _gauge("assigner_build_info", "1, with the versions of this service and of its Python.",
           version=(__version__,), python=(python_version(),)),
)  # fmt: skip


class Meters:
    """The metrics of one app, by name. `census` gives the last census of each workspace.

    Each workspace shows `most_names` queues and as many categories by name.
    """

    def __init__(self, workspaces: Sequence[str] = ("default",)) -> None:
        self.most_names = max(1, MOST_NAMES // max(1, len(workspaces)))
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.counters = {
            row.name: Counter(row.name, row.meaning, tuple(row.labels)) for row in _rows("counter")
        }
        self.gauges = {row.name: _made(Gauge, row, registry) for row in _rows("gauge")}
        self.summaries = {row.name: _made(Summary, row, registry) for row in _rows("summary")}
        self.histograms = {
            row.name: Histogram(row.name, row.meaning, tuple(row.labels), row.buckets)
            for row in _rows("histogram")
        }
        for tally in (*self.counters.values(), *self.histograms.values()):
            registry.register(tally)
        self.census: dict[str, Callable[[], Census]] = {}
        registry.register(_Told(self.census))
        made = {**self.counters, **self.gauges, **self.summaries, **self.histograms}
        for row in METRICS:
            if not row.census:
                _show_at_zero(made[row.name], row, workspaces)
        self.gauges["assigner_build_info"].labels(__version__, python_version()).set(1)

    def pages(self, workspace: str | None = None) -> Iterator[str]:
        """All metrics in Prometheus' text format, of type CONTENT_TYPE, a family at a time.

        With a workspace, what is another's is left out.
        """
        return pages(self.registry.collect(), workspace)


class _Told(Collector):
    """Collects what was counted last."""

    def __init__(self, census: Mapping[str, Callable[[], Census]]) -> None:
        self._census = census

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families of the census."""
        told = {workspace: census() for workspace, census in self._census.items()}
        for row in METRICS:
            if row.census:
                family = GaugeMetricFamily(row.name, row.meaning, labels=tuple(row.labels))
                for workspace, families in told.items():
                    for labels, value in families.get(row.name, {}).items():
                        family.add_metric((workspace, *labels), value)
                yield family


def band_of(priority: int) -> str:
    """The band of a priority from 0 to 100: the nearest of 25, 50, 75 and 95."""
    return BANDS[bisect_right(_BAND_EDGES, priority)]


def _made(kind: Callable[..., M], row: Metric, registry: CollectorRegistry) -> M:
    return kind(row.name, row.meaning, tuple(row.labels), registry=registry)


def _rows(kind: Kind) -> Iterable[Metric]:
    return (row for row in METRICS if row.kind == kind and not row.census)


def _show_at_zero(made: Any, row: Metric, workspaces: Sequence[str]) -> None:
    """Make the series of known labels: a rate over a series not there yet misses its first event."""
    if row.labels:
        for values in product(
            *(workspaces if name == "workspace" else known for name, known in row.labels.items())
        ):
            made.labels(*values)
