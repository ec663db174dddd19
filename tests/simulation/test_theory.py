"""The simulator measures what queueing theory says, wherever theory says something exactly.

Each run begins empty; its first cases are left out, and what the rest measure of independent runs is one
number each. Of so sure an interval one in a thousand would miss the truth, whatever the code; the seeds are
fixed, so a test that passed goes on passing.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

import pytest

from assigner.simulation.bare import Outcome, run
from assigner.simulation.compare import interval
from assigner.simulation.measures import waited
from assigner.simulation.policies import POLICIES, Priority
from assigner.simulation.theory import erlang_a, erlang_c, wait, waits_by_priority
from assigner.simulation.world import Service, cases
from tests.simulation.small import alike, replicated

SURE = 0.999
WARM = 300
RUNS, CASES = 24, 2_000
NARROW = 0.2
"""An interval so wide, for its mean, that it would let much pass proves nothing."""


def _wait(outcome: Outcome) -> float:
    return fmean(waited(task, outcome.now) for task in outcome.tasks[WARM:])


@pytest.mark.parametrize(("agents", "arrivals"), [(1, 0.7), (5, 4.0), (12, 10.0)])
def test_erlang_c(agents: int, arrivals: float) -> None:
    """Waiting in M/M/c is what Erlang's formula says."""
    world = replace(alike(agents, 1.0), rates=(arrivals,))
    found = replicated(world, POLICIES["fifo"], _wait, runs=RUNS, number=CASES, confidence=SURE)
    assert found.half < 2 * NARROW * found.mean
    assert found.low < wait(arrivals, 1.0, agents) < found.high


@pytest.mark.parametrize("policy", ["random", "longest_idle", "round_robin", "least_busy"])
def test_who_of_those_alike_takes_it_changes_no_wait(policy: str) -> None:
    """Which of the idle agents takes the oldest task makes no difference when all are alike."""
    world = replace(alike(3, 1.0), rates=(2.2,))
    found = replicated(world, POLICIES[policy], _wait, runs=RUNS, number=CASES, confidence=SURE)
    assert found.low < wait(2.2, 1.0, 3) < found.high


@pytest.mark.parametrize(("agents", "arrivals", "patience"), [(4, 4.0, 1.0), (10, 13.0, 0.5)])
def test_erlang_a(agents: int, arrivals: float, patience: float) -> None:
    """Where clients leave, as many leave as Palm's formula says, and the wait of all is what it says; even
    when more comes than can be done.
    """
    world = replace(alike(agents, 1.0), rates=(arrivals,), patience=(patience,))
    theory = erlang_a(arrivals, 1.0, agents, patience)
    leave = replicated(world, POLICIES["fifo"], _left, runs=RUNS, number=CASES, confidence=SURE)
    waits = replicated(world, POLICIES["fifo"], _wait, runs=RUNS, number=CASES, confidence=SURE)
    assert max(leave.half / leave.mean, waits.half / waits.mean) < NARROW
    assert leave.low < theory.leave < leave.high
    assert waits.low < theory.wait < waits.high


def _left(outcome: Outcome) -> float:
    return fmean(task.left for task in outcome.tasks[WARM:])


def test_cobham() -> None:
    """With priorities, each class waits as long as Cobham's formula says."""
    classes = [Service(priority=priority) for priority in (90, 50, 10)]
    shares = (0.2, 0.3, 0.5)
    world = replace(alike(3, 1.0), rates=(2.4,), services=[list(zip(shares, classes, strict=True))])
    theory = waits_by_priority([2.4 * share for share in shares], 1.0, 3)
    outcomes = [run(world, cases(world, seed, CASES), Priority(), seed=seed) for seed in range(RUNS)]
    for service, expected in zip(classes, theory, strict=True):
        found = interval([_wait_of(service, outcome) for outcome in outcomes], SURE)
        assert found.half < 2 * NARROW * found.mean
        assert found.low < expected < found.high


def _wait_of(service: Service, outcome: Outcome) -> float:
    tasks = [task for task in outcome.tasks[WARM:] if task.step.service == service]
    return fmean(waited(task, outcome.now) for task in tasks)


def test_the_formulas_agree_where_they_meet() -> None:
    """M/M/1 by hand; one class as without classes; endless patience as without."""
    assert erlang_c(0.5, 1.0, 1) == pytest.approx(0.5)
    assert wait(0.5, 1.0, 1) == pytest.approx(1.0)
    assert waits_by_priority([4.0], 1.0, 5) == pytest.approx([wait(4.0, 1.0, 5)])
    assert erlang_a(4.0, 1.0, 5, 1e9).wait == pytest.approx(wait(4.0, 1.0, 5), rel=1e-4)


def test_what_never_settles_has_no_formula() -> None:
    with pytest.raises(ValueError, match="5 agents' worth of work arrives, and there are 5"):
        erlang_c(5.0, 1.0, 5)
