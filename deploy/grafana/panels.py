"""The panels of the dashboard, in one table: what each asks of Prometheus, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.models import units

W = 'workspace=~"$workspace"'
HALF, THIRD, QUARTER, SIXTH = 12, 8, 6, 4
DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One row of the table.

    `asks`: by legend, what Prometheus is asked. `span`: its width, of 24. `limits`: from each value on, its
    colour; below the first it is `limits_from`.
    """

    title: str
    means: str
    asks: Mapping[str, str]
    unit: str = units.Short
    span: int = THIRD
    height: int = 8
    kind: Literal["figure", "graph", "area"] = "graph"
    limits: tuple[tuple[float, str], ...] = ()
    limits_from: str = "green"
    decimals: int | None = None


def _waits(metric: str) -> dict[str, str]:
    """By band, over the last hour: a band may see a task in ten minutes."""
    return {f"p{q * 100:g} {{{{band}}}}": _quantile(q, metric, "band", over="1h") for q in (0.5, 0.9)}


def _quantile(q: float, metric: str, by: str = "", where: str = W, over: str = "$__rate_interval") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, sum by ({labels}) (rate({metric}_bucket{{{where}}}[{over}])))"


def _mean(metric: str, by: str) -> str:
    total, count = (f"sum by ({by}) (rate({metric}_{part}{{{W}}}[1h]))" for part in ("sum", "count"))
    return f"{total} / {count}"


def _top(expr: str) -> str:
    return f"topk(10, {expr})"


def _per_minute(metric: str, by: str, where: str = W) -> dict[str, str]:
    return {f"{{{{{by}}}}}": f"60 * sum by ({by}) (rate({metric}{{{where}}}[$__rate_interval]))"}


NOW = (
    Panel(
        title="Waiting",
        means="Tasks that wait for an agent now, and those held until an instant or by a person.",
        asks={state: f'sum(assigner_tasks{{{W}, state="{state}"}})' for state in ("queued", "held")},
        span=SIXTH, height=4, kind="figure",
    ),
    Panel(
        title="Oldest wait",
        means="How long the task that has waited longest has waited. AssignerOldestWait fires after a day.",
        asks={"oldest": f"max(assigner_oldest_wait_seconds{{{W}}})"},
        unit=units.DurationSeconds, span=SIXTH, height=4, kind="figure",
        limits=((DAY / 6, "orange"), (DAY, "red")),
    ),
    Panel(
        title="At risk and late",
        means="Open tasks that end after the instant promised even if begun now, and those whose instant has "
        "passed.",
        asks={"at risk": f'sum(assigner_sla_open_tasks{{{W}, risk="at_risk"}})',
              "late": f'sum(assigner_sla_open_tasks{{{W}, risk="breached"}})'},
        span=SIXTH, height=4, kind="figure", limits=((1, "orange"), (50, "red")),
    ),
    Panel(
        title="Agents available",
        means="Agents who take work now.",
        asks={"available": f'sum(assigner_agents{{{W}, presence="available"}})'},
        span=SIXTH, height=4, kind="figure", limits=((1, "green"),), limits_from="red",
    ),
    Panel(
        title="Occupancy",
        means="How much of the available agents' capacity is taken. At 100 % everything new waits.",
        asks={"{{workspace}}": f"max by (workspace) (assigner_occupancy_ratio{{{W}}})"},
        unit=units.PercentUnit, span=SIXTH, height=4, kind="figure", limits=((0.85, "orange"), (1, "red")),
        decimals=0,
    ),
    Panel(
        title="Leaders",
        means="Dispatchers that lead, of the workspace with the fewest: one is right. Without one nothing is "
        "offered, and AssignerNoLeaseHolder fires.",
        asks={"leads": f"min(sum by (workspace) (assigner_dispatcher_leads{{{W}}}))"},
        span=SIXTH, height=4, kind="figure", limits=((1, "green"), (2, "orange")), limits_from="red",
    ),
    Panel(
        title="Backlog by state",
        means="Open tasks by what they wait for: an agent (queued), an instant or a person (held), an answer "
        "(offered), or to be done (assigned).",
        asks={"{{state}}": f"sum by (state) (assigner_tasks{{{W}}})"},
        kind="area",
    ),
    Panel(
        title="Backlog by queue",
        means="Queued tasks of the ten longest queues.",
        asks={"{{queue}}": _top(f'sum by (queue) (assigner_tasks{{{W}, state="queued"}})')},
    ),
    Panel(
        title="Backlog by priority",
        means="Queued tasks by priority band, the nearest of low (25), medium (50), high (75), urgent (95).",
        asks={"{{band}}": f'sum by (band) (assigner_tasks{{{W}, state="queued"}})'},
        kind="area",
    ),
)  # fmt: skip

FLOW = (
    Panel(
        title="In and out",
        means="Tasks a minute that came in, and that were completed. While more come in, the backlog grows.",
        asks={"in": f"60 * sum(rate(assigner_arrivals_total{{{W}}}[$__rate_interval]))",
              "out": f"60 * sum(rate(assigner_completions_total{{{W}}}[$__rate_interval]))"},
        unit=units.CountsPerMinute,
    ),
    Panel(
        title="Offers",
        means="Offers a minute, by what became of them. Those that expire or are declined were for nothing.",
        asks=_per_minute("assigner_offers_total", "outcome"),
        unit=units.CountsPerMinute,
    ),
    Panel(
        title="Agents by presence",
        means="What the agents say of themselves.",
        asks={"{{presence}}": f"sum by (presence) (assigner_agents{{{W}}})"},
        kind="area",
    ),
    Panel(
        title="Wait to the first offer",
        means="From the beginning of a task's wait to its first offer, by priority band: the median, and "
        "what nine in ten do not exceed, of the last hour.",
        asks=_waits("assigner_wait_to_offer_seconds"),
        unit=units.DurationSeconds,
    ),
    Panel(
        title="Wait to acceptance",
        means="From the beginning of a task's wait to an agent's acceptance, by priority band, of the "
        "last hour.",
        asks=_waits("assigner_wait_to_accept_seconds"),
        unit=units.DurationSeconds,
    ),
    Panel(
        title="Wait to completion",
        means="From the creation of a task to its completion, by priority band, of the last hour.",
        asks=_waits("assigner_wait_to_completion_seconds"),
        unit=units.DurationSeconds,
    ),
    Panel(
        title="Handling time",
        means="From the start of a task to its completion: the mean of the last hour, by category.",
        asks={"{{category}}": _mean("assigner_handling_seconds", "category")},
        unit=units.DurationSeconds,
    ),
    Panel(
        title="Completions",
        means="Tasks completed a minute, by category.",
        asks=_per_minute("assigner_completions_total", "category"),
        unit=units.CountsPerMinute,
    ),
    Panel(
        title="Hand-offs",
        means="Tasks a minute that were transferred, by the queue that they left. A queue that hands much on "
        "gets work that is not its own.",
        asks=_per_minute("assigner_handoffs_total", "queue"),
        unit=units.CountsPerMinute,
    ),
)  # fmt: skip

QUALITY = (
    Panel(
        title="Promises kept",
        means="Of the tasks completed in the last hour that were promised by an instant, how many kept it.",
        asks={"{{workspace}}": f"workspace:assigner_sla_completed:met_ratio1h{{{W}}}"},
        unit=units.PercentUnit, limits=((0.8, "orange"), (0.95, "green")), limits_from="red",
        span=QUARTER,
    ),
    Panel(
        title="Promises kept and missed",
        means="Tasks completed a minute that were promised by an instant, by whether it was kept.",
        asks=_per_minute("assigner_sla_completed_total", "result"),
        unit=units.CountsPerMinute,
        kind="area",
        span=QUARTER,
    ),
    Panel(
        title="First responses kept and missed",
        means="Tasks first taken a minute that were to be by an instant, by whether it was kept.",
        asks=_per_minute("assigner_sla_responded_total", "result"),
        unit=units.CountsPerMinute,
        kind="area",
        span=QUARTER,
    ),
    Panel(
        title="At risk and late, by priority",
        means="Open tasks that will be late even if begun now, or are late.",
        asks={"{{band}} {{risk}}": f"sum by (band, risk) (assigner_sla_open_tasks{{{W}}})",
              "{{band}} {{risk}}, first response":
                  f"sum by (band, risk) (assigner_sla_open_responses{{{W}}})"},
        kind="area",
        span=QUARTER,
    ),
    Panel(
        title="Why tasks wait",
        means="Queued tasks by the reason that their explanation gives.",
        asks={"{{reason}}": f"sum by (reason) (assigner_waiting_reasons{{{W}}})"},
        kind="area", span=HALF,
    ),
    Panel(
        title="Refusals by rule",
        means="Agents refused, summed over the queued tasks, each under the first rule that refuses them.",
        asks={"{{rule}}": f"sum by (rule) (assigner_refusals{{{W}}})"},
        kind="area", span=HALF,
    ),
    Panel(
        title="Nobody qualifies",
        means="Queued tasks for which no agent has the skills, the levels and the channel. "
        "AssignerNobodyQualifies fires after a quarter of an hour.",
        asks={"{{queue}}": f"sum by (queue) (assigner_unqualified_tasks{{{W}}})"},
        limits=((1, "red"),),
    ),
    Panel(
        title="Overrides that hold",
        means="What coordinators have decided by hand and is in force, by action.",
        asks={"{{action}}": f"sum by (action) (assigner_overrides_active{{{W}}})"},
    ),
    Panel(
        title="Overrides made",
        means="Overrides made in the last hour, and tasks that they assigned to agents who had no room.",
        asks={"made": f"sum(increase(assigner_overrides_total{{{W}}}[1h]))",
              "forced": f"sum(increase(assigner_assignments_forced_total{{{W}}}[1h]))"},
    ),
)  # fmt: skip

ENGINE = (
    Panel(
        title="Cycle by step",
        means="How long each step of the dispatcher's passes takes; 99 in 100 take no longer.",
        asks={"{{step}}": _quantile(0.99, "assigner_cycle_seconds", "step")},
        unit=units.Seconds, span=QUARTER,
    ),
    Panel(
        title="Mirror lag",
        means="How old events are when the dispatcher takes them in.",
        asks={"p50": _quantile(0.5, "assigner_mirror_lag_seconds"),
              "p99": _quantile(0.99, "assigner_mirror_lag_seconds")},
        unit=units.Seconds, span=QUARTER, limits=((1, "red"),),
    ),
    Panel(
        title="Solve",
        means="Time of the solve alone, by method; 99 in 100 take no longer.",
        asks={"{{method}}": _quantile(0.99, "assigner_solve_seconds", "method", "")},
        unit=units.Seconds, span=QUARTER,
    ),
    Panel(
        title="Solutions",
        means="Solutions a minute by status. AssignerFallbackSolver fires when more than one in a hundred is "
        "the fallback's.",
        asks=_per_minute("assigner_solutions_total", "status", ""),
        unit=units.CountsPerMinute,
        span=QUARTER,
    ),
    Panel(
        title="Gap",
        means="How far from the optimum solutions are at most; 99 in 100 are nearer.",
        asks={"p99": _quantile(0.99, "assigner_solution_gap_ratio", where="")},
        unit=units.PercentUnit, span=QUARTER,
    ),
    Panel(
        title="Fallback",
        means="Share of the last quarter of an hour's solutions that the fallback made.",
        asks={"fallback": "assigner:solutions:fallback_ratio15m"},
        unit=units.PercentUnit, span=QUARTER, limits=((0.01, "red"),),
    ),
    Panel(
        title="Store latency",
        means="Time of a call of the store, by verb; 99 in 100 take no longer. AssignerStoreSlow fires at a "
        "quarter of a second.",
        asks={"{{verb}}": _quantile(0.99, "assigner_store_seconds", "verb", "")},
        unit=units.Seconds, span=QUARTER, limits=((0.25, "red"),),
    ),
    Panel(
        title="Store",
        means="Whether every process reaches its store, and whether changes are on its disk before they are "
        "answered: 1 or 0.",
        asks={"up": "min(assigner_store_up)", "durable": "min(assigner_store_durable)"},
        span=QUARTER, kind="figure", limits=((1, "green"),), limits_from="red",
    ),
    Panel(
        title="Requests",
        means="HTTP requests a second, by status.",
        asks={"{{status}}": "sum by (status) (rate(assigner_http_requests_total[$__rate_interval]))"},
        unit=units.RequestsPerSecond, span=QUARTER, kind="area",
    ),
    Panel(
        title="Errors",
        means="Share of the requests that fail with 500 or more. AssignerErrorRate fires at one in fifty.",
        asks={"5xx": "assigner:http_requests:error_ratio5m"},
        unit=units.PercentUnit, span=QUARTER, limits=((0.02, "red"),),
    ),
    Panel(
        title="Latency by route",
        means="Time to answer; 99 in 100 take no longer. The ten slowest routes; long polls wait on purpose.",
        asks={"{{method}} {{route}}":
              _top(_quantile(0.99, "assigner_http_request_seconds", "method, route", ""))},
        unit=units.Seconds, span=QUARTER,
    ),
    Panel(
        title="Readers of events, and who is turned away",
        means="Clients that follow the events now; clients a minute that were too slow for them; requests a "
        "minute turned away for their key, or because it asked too often.",
        asks={"readers": "sum(assigner_event_readers)",
              "too slow": "60 * sum(rate(assigner_event_readers_dropped_total[$__rate_interval]))",
              "wrong key": "60 * sum(rate(assigner_auth_refused_total[$__rate_interval]))",
              "too often": "60 * sum(rate(assigner_rate_limited_total[$__rate_interval]))"},
        span=QUARTER,
    ),
    Panel(
        title="Versions",
        means="What runs, and on which Python.",
        asks={"{{version}}, Python {{python}}": "count by (version, python) (assigner_build_info)"},
        span=QUARTER, kind="figure",
    ),
    Panel(
        title="Processor",
        means="Cores that each process takes, its workers and its store not counted.",
        asks={"{{instance}}": 'rate(process_cpu_seconds_total{job="assigner"}[$__rate_interval])'},
        span=QUARTER,
    ),
    Panel(
        title="Memory",
        means="Memory that each process holds, its workers and its store not counted.",
        asks={"{{instance}}": 'process_resident_memory_bytes{job="assigner"}'},
        unit=units.BytesIEC, span=QUARTER,
    ),
)  # fmt: skip

ROWS = {"Now": NOW, "Flow": FLOW, "Quality": QUALITY, "Engine": ENGINE}
