"""What pairs are worth by a rule over time, in points: named parts of the task, and the part of the pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from assigner.domain.policy import PRIORITY_FIRST, Policy
from assigner.domain.preference import HOUR_MS, NEVER, PRIORITY_STEP, Curved, Points, curve_pull
from assigner.domain.task import Task
from solver.worth import DOUBLES, weight_of, worth

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

SCALE = 1_000_000
"""Points of value that one unit of a logarithm is worth."""
ZERO = 2**34
"""What a pair is worth whose parts are all nought: the middle of what a value may be."""
MOST_OF_TASK = 2**31
"""How far from nought each part of a task may be."""
MOST_OF_PAIR = 2**32
"""How far from nought the part of a pair may be."""
FAINT = 0.001
"""How much of the part of the pair is left by the rule `priority_first`."""
USUAL = 50
FIRST_STEP = 4.0
"""What a step of priority counts by the rule `priority_first`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaskFacts:
    """What the parts of n tasks need to know of them, [n] each.

    `created`, `due` and `respond` are instants, NEVER where there is none; `handle` is in milliseconds.
    `first`: whether the rule is PRIORITY_FIRST. `largest`: the largest size there is. `curved`: the curves by
    which promises pull where a queue has one of its own.
    """

    created: Ints
    priority: Ints
    due: Ints
    respond: Ints
    handle: Ints
    size: Ints
    first: Mask
    largest: int
    curved: Curved | None = None

    @staticmethod
    def of(tasks: Sequence[Task], policy: Policy) -> TaskFacts:
        """The facts of some tasks."""
        size = _column("requirement.size", tasks)
        return TaskFacts(
            created=_column("created_at", tasks),
            priority=_column("priority", tasks),
            due=_instants("due_at", tasks),
            respond=_instants("respond_by", tasks),
            handle=_column("handle_ms", tasks),
            size=size,
            first=_first(tasks, policy),
            largest=int(size.max(initial=1)),
            curved=_curved(tasks),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """Of n tasks, what a rule over time says of their types: see Rated, and the hours of the fastest agent at
    work. What is not finite or not above 0 is not known. `limit`: hours beyond which a wait is too long.
    """

    price: Floats
    left: Floats
    fastest: Floats
    limit: float

    @staticmethod
    def of(price: Floats, left: Floats, fastest: Floats, limit: float, type_of: Ints) -> Priced:
        """From what is said of T types; `type_of` [n] is −1 where nothing is known."""
        price, left, fastest = (np.append(each, 0.0)[type_of] for each in (price, left, fastest))
        return Priced(price, left, fastest, limit)


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
        limit=np.where(facts.first, np.inf, priced.limit),
    )
    if facts.curved is not None:
        parts["promise"] = _curved_promise(facts, facts.curved, now, parts["promise"])
    parts["priority"] = np.where(facts.first, FIRST_STEP * (facts.priority - USUAL), parts["priority"])
    most = MOST_OF_TASK * facts.size // facts.largest
    return {
        name: np.clip(points(part * weights.get(name, 1) * facts.size / facts.largest), -most, most)
        for name, part in parts.items()
    }


def pair_points(part: Floats, size: Ints, largest: int, first: Mask, weights: Mapping[str, float]) -> Points:
    """What the parts of pairs add, and ZERO, in shares of the largest size; -inf is as little as may be.

    Of the task of each pair `size`, and whether it is valued by PRIORITY_FIRST.
    """
    weight = weights.get("right_agent", 1) * np.where(first, FAINT, 1.0)
    most = MOST_OF_PAIR * size // largest
    part = np.maximum(part, -MOST_OF_PAIR / SCALE)
    return ZERO * size // largest + np.clip(points(part * weight * size / largest), -most, most)


def points(units: Floats) -> Points:
    """Units of a logarithm as points of value; what is beyond all bounds as the last there is."""
    return np.rint(np.clip(SCALE * units, -(2.0**60), 2.0**60)).astype(np.int64)


def _column(name: str, tasks: Sequence[Task]) -> Ints:
    return np.fromiter(map(attrgetter(name), tasks), np.int64, len(tasks))


def _instants(name: str, tasks: Sequence[Task]) -> Ints:
    said = map(attrgetter(name), tasks)
    return np.array([NEVER if instant is None else instant for instant in said], np.int64)


def _first(tasks: Sequence[Task], policy: Policy) -> Mask:
    if not any(map(attrgetter("rule"), tasks)):
        return np.full(len(tasks), policy.rule == PRIORITY_FIRST)
    return np.array([rule_of(task, policy) == PRIORITY_FIRST for task in tasks], np.bool_)


def _curved(tasks: Sequence[Task]) -> Curved | None:
    if not any(map(attrgetter("curve"), tasks)):
        return None
    curves = {task.curve.number: task.curve for task in tasks if task.curve is not None}
    numbers = [0 if task.curve is None else task.curve.number for task in tasks]
    return Curved(np.array(numbers, np.int64), curves)


def _curved_promise(facts: TaskFacts, curved: Curved, now: int, promise: Floats) -> Floats:
    """What promises add, of the tasks with a curve of their own what that says: in steps of priority."""
    promised = np.minimum(facts.due, facts.respond)
    for number, curve in curved.curves.items():
        rows = np.flatnonzero((curved.number == number) & (promised < NEVER) & ~facts.first)
        steps = curve_pull(curve, promised[rows] - now) / PRIORITY_STEP
        promise[rows] = log(2) / DOUBLES * steps
    return promise


def _hours_to(instants: Ints, now: int) -> Floats:
    return np.where(instants == NEVER, np.inf, (instants - now) / HOUR_MS)


def _known(numbers: Floats, otherwise: Floats) -> Floats:
    return np.where((numbers > 0) & np.isfinite(numbers), numbers, otherwise)
