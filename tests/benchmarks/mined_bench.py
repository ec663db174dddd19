"""Our rule over time in back offices mined from real logs, against the shortest first and the response ratio.

One configuration everywhere; means known, and learned from nothing.
"""

import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from assigner.simulation.bare import run as play
from assigner.simulation.compare import Interval, difference, interval
from assigner.simulation.measures import MEASURES
from assigner.simulation.moment import Policy
from assigner.simulation.policies import POLICIES
from assigner.simulation.price_and_hold import PriceAndHold
from assigner.simulation.world import cases
from tests.benchmarks.mined import Process, folder, processes
from tests.benchmarks.report import Result, Row, Table, Verdict, progress, verdict
from tests.benchmarks.yardsticks import VARIABLE

CASES, SHORT_CASES = 2_500, 250
EPISODES = {"bpi2012": 120, "three orders": 24}
USUAL, SHORT = 60, 3
COLD = 12
"""Episodes of a cold start of each world: it differs from the warm one on the same draws, so few will do."""
BEST = {"bpi2012": 7.25, "bpi2017": 7.09, "production": 132.0}
"""The best mean figures known of the published simulator, on other seeds."""
SMALL = {"slow_server": (12.1, 11.71), "n_system": (5.9, 5.80)}
"""What was asked of the small systems, and their optimum."""
MOST_WORSE = 0.05
TICK = 1.0
"""Hours between two settlings of the prices, in worlds of hours and days: more often changes nothing."""

_NOTE = (
    "± 95 %. Published: the simulator of the data, where only the number on duty is fixed. "
    "Independent: who is on duty is drawn whoever is busy."
)
OURS, COLDLY = "price_and_hold", "price_and_hold, means unknown"
OTHERS = ("spt", "hrrn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One seed of one world: cycle time and longest wait by rule."""

    cycle: Mapping[str, float]
    longest: Mapping[str, float]


Job = tuple[str, str, int, int, bool]
"""Process, world, seed, number of cases, and whether a cold start is played too."""
Played = Mapping[tuple[str, str], Sequence[Episode]]


def run(output: Path, *, short: bool = False) -> Iterator[Result]:
    """Play all episodes of all processes, on all cores; judge them on the same draws. The short form only
    measures: its episodes are too few and too short to judge by.
    """
    if not any(folder().glob("*.json")):
        missing = f"{folder()} has no processes; ${VARIABLE} names the folder of the data"
        yield Row(
            what="our rule over time in mined back offices",
            asked="below SPT and HRRN",
            measured=missing,
            verdict=Verdict.SKIPPED,
        )
        return
    known = {process.name: process for process in processes()}
    played = _played(known, short=short)
    for process, world in played:
        rows = _verdicts(process, world, played[process, world])
        yield from (replace(row, asked="", verdict=Verdict.NONE) for row in rows) if short else rows
    yield _table(played)


def _played(known: Mapping[str, Process], *, short: bool) -> Played:
    jobs = [job for process in known.values() for job in _jobs(process, short=short)]
    with multiprocessing.get_context("spawn").Pool(len(os.sched_getaffinity(0))) as pool:
        found = list(progress(pool.imap(_episode, jobs), "episodes", len(jobs)))
    played: dict[tuple[str, str], list[Episode]] = {}
    for (process, world, *_), episode in zip(jobs, found, strict=True):
        played.setdefault((process, world), []).append(episode)
    return played


def _jobs(process: Process, *, short: bool) -> Iterator[Job]:
    episodes = SHORT if short else EPISODES.get(process.name, USUAL)
    for world in process.worlds:
        for seed in range(episodes):
            yield process.name, world, seed, SHORT_CASES if short else CASES, seed < COLD


def _episode(job: Job) -> Episode:
    name, world, seed, number, cold = job
    of = next(process for process in processes() if process.name == name).worlds[world]
    drawn = cases(of, seed, number)
    rules: dict[str, tuple[Policy, bool]] = {rule: (POLICIES[rule](), False) for rule in OTHERS}
    rules[OURS] = (PriceAndHold(TICK), False)
    if cold:
        rules[COLDLY] = (PriceAndHold(TICK), True)
    outcomes = {
        name: play(of, drawn, rule, seed=seed, learns=learns) for name, (rule, learns) in rules.items()
    }
    return Episode(
        cycle={name: MEASURES["cycle"].of(each) for name, each in outcomes.items()},
        longest={name: MEASURES["wait_longest"].of(each) for name, each in outcomes.items()},
    )


def _verdicts(process: str, world: str, episodes: Sequence[Episode]) -> Iterator[Row]:
    name, ours = f"{process}, {world}", interval(_cycles(episodes, OURS))
    if process in SMALL:
        most, optimum = SMALL[process]
        yield _at_most(f"{name}: mean cycle time (optimum {optimum})", ours, most)
    else:
        for other in OTHERS:
            yield _below(name, other, episodes)
    if world == "published" and process in BEST:
        yield _at_most(f"{name}: mean cycle time", ours, BEST[process])
    yield from _cold(name, episodes)


def _below(name: str, other: str, episodes: Sequence[Episode]) -> Row:
    less = difference(_cycles(episodes, OURS), _cycles(episodes, other))
    return Row(
        what=f"{name}: ours against {other.upper()}, same draws",
        asked="below, for sure",
        measured=f"{_said(less)} h",
        verdict=verdict(less.high < 0),
    )


def _at_most(what: str, found: Interval, most: float) -> Row:
    return Row(
        what=what,
        asked=f"{most:g} h at most",
        measured=f"{_said(found)} h",
        verdict=verdict(found.mean <= most),
    )


def _cold(name: str, episodes: Sequence[Episode]) -> Iterator[Row]:
    tried = [episode for episode in episodes if COLDLY in episode.cycle]
    cold, warm, shortest = (fmean(_cycles(tried, rule)) for rule in (COLDLY, OURS, "spt"))
    yield Row(
        what=f"{name}: means unknown at first, against known, {len(tried)} episodes",
        asked="5 % worse at most, and no worse than SPT with known means",
        measured=f"{cold / warm - 1:+.1%}; against SPT {cold / shortest - 1:+.1%}",
        verdict=verdict(cold <= warm * (1 + MOST_WORSE) and cold <= shortest),
    )


def _table(played: Played) -> Table:
    return Table(
        title="Mined back offices: mean cycle time of a case in hours, and the longest wait of any task",
        columns=(
            "process", "calendar", "episodes", "ours", "SPT", "HRRN", "longest: ours", "SPT ", "HRRN "
        ),
        rows=[_row(process, world, episodes) for (process, world), episodes in played.items()],
        notes=[_NOTE],
    )  # fmt: skip


def _row(process: str, world: str, episodes: Sequence[Episode]) -> Sequence[str]:
    rules = (OURS, *OTHERS)
    cycles = (interval(_cycles(episodes, rule)) for rule in rules)
    longest = (max(episode.longest[rule] for episode in episodes) for rule in rules)
    return [
        process,
        world,
        str(len(episodes)),
        *(f"{each.mean:.2f} ± {each.half:.2f}" for each in cycles),
        *(f"{each:.0f}" for each in longest),
    ]


def _cycles(episodes: Sequence[Episode], rule: str) -> list[float]:
    return [episode.cycle[rule] for episode in episodes]


def _said(found: Interval) -> str:
    return f"{found.mean:.2f} ± {found.half:.2f}"
