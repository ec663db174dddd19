"""What a run was worth: a table of numbers, each of one outcome. Times are hours."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from assigner.simulation.bare import Outcome
from assigner.simulation.moment import Task
from assigner.simulation.world import NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """`of` an outcome; `nan` where there is nothing to measure. `less` says that less is better; `share`,
    that it is a fraction of 1, and not hours.
    """

    of: Callable[[Outcome], float]
    less: bool = True
    share: bool = False


def waited(task: Task, now: float) -> float:
    """How long a task waited: until it was begun, its client left, or the run ended."""
    if task.begun >= 0:
        return task.begun - task.arrived
    return (task.ended if task.left else now) - task.arrived


def met(task: Task) -> bool:
    """Whether what was promised of a task was kept: whoever left, or still waits, was not served."""
    at = task.begun if task.step.service.begun else task.ended
    return not task.left and 0 <= at <= task.due


def waits(outcome: Outcome) -> list[float]:
    """The wait of each task."""
    return [waited(task, outcome.now) for task in outcome.tasks]


def cycle(outcome: Outcome) -> float:
    """The mean time from a case's arrival until it was served, its client left, or the run ended."""
    now = outcome.now
    came = ((case.at, over) for case, over in zip(outcome.cases, outcome.over, strict=True) if case.at <= now)
    return _mean((now if math.isnan(over) else over) - at for at, over in came)


def quantile(outcome: Outcome, part: float) -> float:
    """The wait that a part of the tasks did not exceed."""
    found = sorted(waits(outcome))
    return found[min(len(found) - 1, math.ceil(part * len(found)) - 1)] if found else math.nan


def attained(outcome: Outcome) -> float:
    """The share of promises kept, by weight; of those due after the end, only what was kept counts."""
    kept = total = 0.0
    for task in _promised(outcome):
        total += task.step.service.weight
        kept += task.step.service.weight * met(task)
    return kept / total if total else math.nan


def abandoned(outcome: Outcome) -> float:
    """The share of the tasks whose clients left."""
    return _mean(float(task.left) for task in outcome.tasks)


def _promised(outcome: Outcome) -> Iterator[Task]:
    """The tasks with a promise whose time was over at the end, or that is settled already."""
    for task in outcome.tasks:
        if task.due < NEVER and (task.due <= outcome.now or task.left or met(task)):
            yield task


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return math.fsum(found) / len(found) if found else math.nan


MEASURES: Mapping[str, Measure] = {
    "cycle": Measure(of=cycle),
    "wait": Measure(of=lambda outcome: _mean(waits(outcome))),
    "wait_p99": Measure(of=lambda outcome: quantile(outcome, 0.99)),
    "wait_longest": Measure(of=lambda outcome: max(waits(outcome), default=math.nan)),
    "attained": Measure(of=attained, less=False, share=True),
    "abandoned": Measure(of=abandoned, share=True),
}
"""By name: mean time of a case, mean, 99th percentile and longest wait of a task, promises kept by weight,
and tasks whose clients left.
"""
