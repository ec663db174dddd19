"""A bank's back office at three loads: our rule over time against the rules that others use."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from math import exp
from pathlib import Path
from statistics import fmean

from assigner.simulation.bare import run as simulate
from assigner.simulation.compare import Interval, difference, interval, measure
from assigner.simulation.moment import Line, Moment, Policy
from assigner.simulation.policies import POLICIES, Heads, Score
from assigner.simulation.price_and_hold import PriceAndHold
from tests.benchmarks import backlog
from tests.benchmarks.replay import CLERKS, OVERLAYS, Bank, as_logged, bank, replay
from tests.benchmarks.report import Result, Row, Table, Verdict, progress, verdict
from tests.benchmarks.yardsticks import VARIABLE, yardsticks

LOADS = (0.9, 1.0, 1.1)
SEEDS = 5
OTHER_SEEDS = 2
OURS = PriceAndHold.name
LEARNED = f"{OURS}, times learned"
FIFO = "fifo"
LONGER = 1.2
"""So many times FIFO's 99th percentile may ours be."""
AHEAD = 2.0
"""k of the rule ATC: how many mean handling times ahead a task grows urgent."""
PLAIN = "as logged"
FEW = (FIFO, "priority", "edd", "spt", "hrrn", "weighted_shortest", OURS)
"""Rules that are compared under other promises too."""


class WeightedShortest(Heads):
    """The most weight for an hour first (Smith 1956)."""

    name = "weighted_shortest"

    def score(self, moment: Moment, line: Line, agent: int) -> Score:
        """Hours over weight, then age."""
        return moment.handling[line.type][agent] / line.service.weight, line.tasks[0].arrived


class Atc(Heads):
    """Weight for an hour, fading with the slack: apparent tardiness cost (Vepsalainen and Morton 1987)."""

    name = "atc"

    def score(self, moment: Moment, line: Line, agent: int) -> Score:
        """The cost, then what is due first."""
        hours, head = moment.handling[line.type][agent], line.tasks[0]
        usual = fmean(row[agents[0]] for row, agents in zip(moment.handling, moment.fastest, strict=True))
        slack = max(0.0, head.due - moment.now - hours)
        return -line.service.weight / hours * exp(-slack / (AHEAD * usual)), head.due


RULES: Mapping[str, Callable[[], Policy]] = {
    **POLICIES,
    **{each.name: each for each in (WeightedShortest, Atc)},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of one rule. `name` is OURS, LEARNED, or that of another."""

    file: Path
    overlay: str
    load: float
    name: str
    seed: int


Measured = Mapping[Job, Mapping[str, float]]


def run(output: Path, *, short: bool = False) -> Iterator[Result]:
    """Every rule in the same worlds; then ours under other promises."""
    file = yardsticks() / "bpic2012" / "workitems.csv.gz"
    if not file.is_file():
        missing = f"{file} is not there; ${VARIABLE} names the folder of the data"
        yield Row(what=_WHAT, asked="above every rule", measured=missing, verdict=Verdict.SKIPPED)
        return
    loads, seeds = ((1.0,), 2) if short else (LOADS, SEEDS)
    names = [*RULES, LEARNED]
    measured = _measured(
        [Job(file=file, overlay=PLAIN, load=load, name=name, seed=seed)
         for load in loads for seed in range(1, seeds + 1) for name in names]
    )  # fmt: skip
    for load in loads:
        yield from _rows(load, _of(measured, PLAIN, load))
    for load in loads:
        yield _table(f"A bank's back office at load {load}", _of(measured, PLAIN, load), _NOTES)
    if not short:
        yield from _others(file)


_WHAT = "a bank's back office replayed: promises kept, by weight"
_NOTES = tuple(
    f"""
Means of the draws, and half of their 95 % interval; the difference is paired, on common draws.

{CLERKS} of the 52 clerks, drawn by how much they are there; each is present every day from the first start to
the last completion of the log. Handling times are the log's, cut at 4 h and stretched so that all work is the
load times all presence. Who has done an activity ten times may do it. Draws are taken that leave enough
hours for each activity, and in which no sixth of the time is busier beside the rest than with all clerks.

The log has no priorities and no promises: assumed are 25, 50 and 75 by terciles of the amount, which weigh
1/2, 1 and 2, and 4, 8 or 24 h by activity, from when a session can be done to its completion. Hours are those
of the clock on the wall, nights and weekends included.

What still waits at the end counts with its wait so far, and as missed if it is late.

Weighted shortest and ATC are rules of the literature, not of products: nothing in them grows with age.

Rules are told the mean of each activity; with "times learned" nothing is known at first.

Bounds: a mean wait of at most FIFO's, and a 99th percentile of at most {LONGER} times FIFO's.
""".strip().split("\n\n")
)


def _measured(jobs: Sequence[Job]) -> Measured:
    with ProcessPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool:
        done = progress(pool.map(_run, jobs), "replays of the bank", len(jobs))
        return dict(zip(jobs, done, strict=True))


def _run(job: Job) -> Mapping[str, float]:
    overlay = OVERLAYS.get(job.overlay, as_logged)
    world, cases = replay(_bank(job.file), job.seed, job.load, overlay)
    policy = RULES[OURS if job.name == LEARNED else job.name]
    until, learns = _bank(job.file).end, job.name == LEARNED
    return measure(simulate(world, cases, policy(), seed=job.seed, until=until, learns=learns))


@cache
def _bank(file: Path) -> Bank:
    return bank(backlog.read(file))


Columns = Mapping[str, Mapping[str, Sequence[float]]]
"""By rule and measure, what each draw gave."""


def _of(measured: Measured, overlay: str, load: float) -> Columns:
    found: dict[str, dict[str, list[float]]] = {}
    for job, values in measured.items():
        if (job.overlay, job.load) == (overlay, load):
            for name, value in values.items():
                found.setdefault(job.name, {}).setdefault(name, []).append(value)
    return found


def _rows(load: float, columns: Columns) -> Iterator[Row]:
    others = [name for name in columns if name not in (OURS, LEARNED)]
    best = max((name for name in others if name in POLICIES), key=lambda one: fmean(columns[one]["attained"]))
    yield _ahead(f"at load {load}: promises kept, by weight, above every rule in use", columns, best)
    bound = max(
        (name for name in others if _bounded(columns, name)),
        key=lambda name: fmean(columns[name]["attained"]),
    )
    yield _ahead(f"at load {load}: above every rule that keeps both bounds on waits", columns, bound)
    for what, name, most in (("mean wait", "wait", 1.0), ("wait, p99", "wait_p99", LONGER)):
        ours, theirs = (fmean(columns[one][name]) for one in (OURS, FIFO))
        yield Row(
            what=f"a bank's back office at load {load}: {what}",
            asked=f"at most {most:g} × FIFO's {theirs:.1f} h",
            measured=f"{ours:.1f} h, {ours / theirs:.2f} ×",
            verdict=verdict(ours <= most * theirs),
        )


def _ahead(what: str, columns: Columns, best: str) -> Row:
    ahead = difference(columns[OURS]["attained"], columns[best]["attained"])
    return Row(
        what=f"a bank's back office {what}",
        asked=f"above {fmean(columns[best]['attained']):.1%} ({best})",
        measured=f"{fmean(columns[OURS]['attained']):.1%}: {_percent(ahead, signed=True)}",
        verdict=verdict(ahead.low > 0),
    )


def _bounded(columns: Columns, name: str) -> bool:
    """Whether the mean and the 99th percentile of the waits are within what is asked of ours."""
    ours, fifo = columns[name], columns[FIFO]
    return all(
        fmean(ours[one]) <= most * fmean(fifo[one]) for one, most in (("wait", 1.0), ("wait_p99", LONGER))
    )


def _table(title: str, columns: Columns, notes: Sequence[str] = ()) -> Table:
    names = sorted(columns, key=lambda name: -fmean(columns[name]["attained"]))
    return Table(
        title=title,
        columns=("rule", "promises kept %", "ours less that", "mean wait h", "p99 h", "longest h", "bounds"),
        rows=[_line(columns, name) for name in names],
        notes=notes,
    )


def _line(columns: Columns, name: str) -> Sequence[str]:
    own = columns[name]
    less = difference(columns[OURS]["attained"], own["attained"])
    return (
        name.replace("_", " "),
        _percent(interval(own["attained"])),
        "" if name == OURS else _percent(less, signed=True),
        *(f"{fmean(own[each]):.1f}" for each in ("wait", "wait_p99", "wait_longest")),
        "kept" if _bounded(columns, name) else "not kept",
    )


def _percent(value: Interval, *, signed: bool = False) -> str:
    """In points of a hundred."""
    sign = "+" if signed else ""
    return f"{100 * value.mean:{sign}.1f} ± {100 * value.half:.1f}"


def _others(file: Path) -> Iterator[Table]:
    """Ours and the strongest others where priorities and promises are different."""
    measured = _measured(
        [Job(file=file, overlay=overlay, load=1.0, name=name, seed=seed)
         for overlay in OVERLAYS for seed in range(1, OTHER_SEEDS + 1) for name in FEW]
    )  # fmt: skip
    for overlay in OVERLAYS:
        yield _table(f"The same at load 1.0, {overlay}", _of(measured, overlay, 1.0))
