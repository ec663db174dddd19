"""What tasks add of themselves to the value of their pairs by a rule over time: named parts, in points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assigner.domain.policy import PRIORITY_FIRST, Policy
from assigner.domain.preference import HOUR_MS, NEVER, Points
from assigner.domain.task import Task
from solver.worth import weight_of, worth

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

SCALE = 1_000_000
"""Points of value that one unit of a logarithm is worth."""
MOST_OF_TASK = 2**31
"""How far from nought each part of a task may be."""
USUAL = 50
FIRST_STEP = 4.0
"""What a step of priority counts by the rule `priority_first`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaskFacts:
    """What the parts of n tasks need to know of them, [n] each.

    `created`, `due` and `respond` are instants, NEVER where there is none; `handle` is in milliseconds.
    `first`: whether the rule is PRIORITY_FIRST. `largest`: the largest size there is.
    """

    created: Ints
    priority: Ints
    due: Ints
    respond: Ints
    handle: Ints
    size: Ints
    first: Mask
    largest: int

    @staticmethod
    def of(tasks: Sequence[Task], policy: Policy) -> TaskFacts:
        """The facts of some tasks."""
        size = _column([task.requirement.size for task in tasks])
        return TaskFacts(
            created=_column([task.created_at for task in tasks]),
            priority=_column([task.priority for task in tasks]),
            due=_column([NEVER if task.due_at is None else task.due_at for task in tasks]),
            respond=_column([NEVER if task.respond_by is None else task.respond_by for task in tasks]),
            handle=_column([task.handle_ms for task in tasks]),
            size=size,
            first=np.array([rule_of(task, policy) == PRIORITY_FIRST for task in tasks], np.bool_),
            largest=int(size.max(initial=1)),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """Of n tasks, what a rule over time says of their types: see Rated, and the hours of the fastest agent at
    work. What is not finite or not above 0 is not known.
    """

    price: Floats
    left: Floats
    fastest: Floats

    @staticmethod
    def of(price: Floats, left: Floats, fastest: Floats, type_of: Ints) -> Priced:
        """From what is said of T types; `type_of` [n] is −1 where nothing is known."""
        columns = (np.append(each, 0.0)[type_of] for each in (price, left, fastest))
        return Priced(*columns)


def rule_of(task: Task, policy: Policy) -> str:
    """The rule by which the pairs of a task are valued."""
    return task.rule or policy.rule


def parts_of(facts: TaskFacts, priced: Priced, now: int, weights: Mapping[str, float]) -> dict[str, Points]:
    """The parts of each task by name, weighed, in shares of the largest size.

    A task of which nothing is known beyond itself is priced as its own handling time.
    """
    own = np.maximum(facts.handle, 1) / HOUR_MS
    price, left, fastest = (_known(each, own) for each in (priced.price, priced.left, priced.fastest))
    slack = np.minimum(_hours_to(facts.due, now) - fastest, _hours_to(facts.respond, now))
    parts = worth(
        price=np.where(facts.first, 1.0, price),
        left=np.where(facts.first, 1.0, left * facts.size),
        waited=np.maximum(now - facts.created, 0) / HOUR_MS,
        weight=weight_of(facts.priority.astype(np.float64)),
        slack=np.where(facts.first, np.inf, slack),
    )
    parts["priority"] = np.where(facts.first, FIRST_STEP * (facts.priority - USUAL), parts["priority"])
    most = MOST_OF_TASK * facts.size // facts.largest
    return {
        name: np.clip(points(part * weights.get(name, 1) * facts.size / facts.largest), -most, most)
        for name, part in parts.items()
    }


def points(units: Floats) -> Points:
    """Units of a logarithm as points of value; what is beyond all bounds as the last there is."""
    return np.rint(np.clip(SCALE * units, -(2.0**60), 2.0**60)).astype(np.int64)


def _column(numbers: Sequence[int]) -> Ints:
    return np.array(numbers, np.int64)


def _hours_to(instants: Ints, now: int) -> Floats:
    return np.where(instants == NEVER, np.inf, (instants - now) / HOUR_MS)


def _known(numbers: Floats, otherwise: Floats) -> Floats:
    return np.where((numbers > 0) & np.isfinite(numbers), numbers, otherwise)
