"""Small worlds to test the simulator in."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from assigner.simulation.bare import Outcome, run
from assigner.simulation.compare import Interval, interval
from assigner.simulation.moment import Policy
from assigner.simulation.world import Case, Step, World, cases

NO = math.inf


def alike(agents: int, hours: float, types: int = 1) -> World:
    """Agents who all take as long over everything."""
    return World(
        types=[f"type {number}" for number in range(types)],
        agents=[f"agent {number}" for number in range(agents)],
        takes=[[hours] * agents] * types,
    )


def single(number: int, at: float, type: int = 0, work: float = 1.0, **step: float) -> Case:
    """A case of one task."""
    return Case(number, at, (Step(type, work, **step),))


def replicated(
    world: World,
    policy: Callable[[], Policy],
    measure: Callable[[Outcome], float],
    *,
    runs: int,
    number: int,
    confidence: float,
) -> Interval:
    """What independent runs of so many cases measure."""
    outcomes = (run(world, cases(world, seed, number), policy(), seed=seed) for seed in range(runs))
    return interval([measure(outcome) for outcome in outcomes], confidence)


def begun(outcome: Outcome) -> Sequence[tuple[int, int, float]]:
    """Who began the task of which case, and when, as it happened."""
    done = [task for task in outcome.tasks if task.agent >= 0]
    return [(task.case.number, task.agent, task.begun) for task in sorted(done, key=lambda task: task.begun)]
