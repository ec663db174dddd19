"""The simulator: against theory, one desk against the other, and how fast each is."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from assigner.simulation import bare, living
from assigner.simulation.bare import Outcome
from assigner.simulation.compare import Interval
from assigner.simulation.measures import waited
from assigner.simulation.policies import POLICIES
from assigner.simulation.theory import erlang_a, wait, waits_by_priority
from assigner.simulation.world import Service, World, cases
from tests.benchmarks.report import Result, Row, Table, progress, verdict
from tests.simulation.small import alike, begun, replicated

SURE = 0.999
WARM = 300
CASES = 5_300
LIVED = 600

Measured = Callable[[Outcome], float]
Check = tuple[str, World, str, Measured, float]
"""What is checked: its name, the world, the policy, the measure and what theory says."""


def run(output: Path, *, short: bool = False) -> Iterator[Result]:
    """Theory, the two desks, speed."""
    checks = list(_checks())
    found = [
        (check, _found(check, runs=20 if short else 100))
        for check in progress(checks, "systems", len(checks))
    ]
    inside = sum(one.low < check[4] < one.high for check, one in found)
    yield Row(
        what=f"the simulator against theory, within {100 * SURE:g} % intervals",
        asked="every one",
        measured=f"{inside} of {len(found)}",
        verdict=verdict(inside == len(found)),
    )
    yield Table(
        title="The simulator against theory",
        columns=("system", "policy", "theory", "measured", "±"),
        rows=[
            (name, policy, f"{theory:.4f}", f"{one.mean:.4f}", f"{one.half:.4f}")
            for (name, _, policy, _, theory), one in found
        ],
        notes=(f"± of {100 * SURE:g} %; waits in units of the mean handling time.",),
    )
    yield from _desks()


def _found(check: Check, runs: int) -> Interval:
    _, world, policy, measure, _ = check
    return replicated(world, POLICIES[policy], measure, runs=runs, number=CASES, confidence=SURE)


def _checks() -> Iterator[Check]:
    for agents, arrivals in ((1, 0.7), (5, 4.0), (50, 45.0)):
        world = replace(alike(agents, 1.0), rates=(arrivals,))
        name = f"M/M/{agents}, {arrivals:g} an hour: mean wait (Erlang C)"
        yield name, world, "fifo", _wait, wait(arrivals, 1.0, agents)
    for agents, arrivals, patience in ((4, 4.0, 1.0), (10, 13.0, 0.5)):
        world = replace(alike(agents, 1.0), rates=(arrivals,), patience=(patience,))
        theory = erlang_a(arrivals, 1.0, agents, patience)
        name = f"M/M/{agents}, {arrivals:g} an hour, patience {patience:g} h"
        yield f"{name}: mean wait (Erlang A)", world, "fifo", _wait, theory.wait
        yield f"{name}: share who leave (Erlang A)", world, "fifo", _left, theory.leave
    classes = [Service(priority=priority) for priority in (90, 50, 10)]
    shares = (0.2, 0.3, 0.5)
    world = replace(alike(3, 1.0), rates=(2.4,), services=[list(zip(shares, classes, strict=True))])
    theories = waits_by_priority([2.4 * share for share in shares], 1.0, 3)
    for service, theory_wait in zip(classes, theories, strict=True):
        name = f"M/M/3, 2.4 an hour, priority {service.priority}: mean wait (Cobham)"
        yield name, world, "priority", _wait_of(service), theory_wait


def _wait(outcome: Outcome) -> float:
    return fmean(waited(task, outcome.now) for task in outcome.tasks[WARM:])


def _left(outcome: Outcome) -> float:
    return fmean(task.left for task in outcome.tasks[WARM:])


def _wait_of(service: Service) -> Measured:
    def measure(outcome: Outcome) -> float:
        tasks = [task for task in outcome.tasks[WARM:] if task.step.service == service]
        return fmean(waited(task, outcome.now) for task in tasks)

    return measure


def _desks() -> Iterator[Result]:
    """The same policies at both desks, and how long a task takes there."""
    world = replace(
        alike(8, 0.8, types=3),
        takes=[[0.4, 0.6, 0.8, 1.0] * 2, [1.2, 0.9, 0.7, 0.5] * 2, [0.8] * 8],
        rates=(4.0, 12.0),
        starts=[(0.4, 0), (0.4, 1), (0.2, 2)],
        follows=[[(0.3, 1), (0.7, None)], [(0.3, 2), (0.7, None)], [(1.0, None)]],
    )
    drawn = cases(world, 1, LIVED)
    same, rows = [], []
    for policy in ("fifo", "spt", "price_and_hold"):
        told, took = [], []
        for desk in (bare.run, living.run):
            began = time.perf_counter()
            outcome = desk(world, drawn, POLICIES[policy](), seed=1)
            took.append(1e6 * (time.perf_counter() - began) / len(outcome.tasks))
            told.append(begun(outcome))
        same.append(told[0] == told[1])
        rows.append((policy, f"{took[0]:,.0f}", f"{took[1]:,.0f}"))
    yield Row(
        what="the real dispatcher and store take the bare desk's decisions, policies",
        asked="every one",
        measured=f"{sum(same)} of {len(same)}",
        verdict=verdict(all(same)),
    )
    yield Table(title="Microseconds a task, by desk", columns=("policy", "bare", "living"), rows=rows)
