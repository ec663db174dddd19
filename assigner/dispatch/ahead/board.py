"""The board: who could do what, of all types at once, in one table; kept while nothing of it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from assigner.dispatch.ahead.abilities import Abilities, Type, task_for
from assigner.dispatch.ahead.crew import Floats
from assigner.dispatch.ahead.demand import Demand, Name

SPARE = 2
"""Types of which nothing waits any more stay on it, until they are as many as the others."""


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """`number` has the row of each type. `stamp` says of which change of documents, which lesson and which
    tick it is.
    """

    stamp: tuple[int, int, int] = (-1, -1, -1)
    number: dict[Type, int] = field(default_factory=dict)
    hours: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    """[T, places]; inf where an agent could never do a type."""
    after: Floats = field(default_factory=lambda: np.zeros(0))
    """[T]: priced hours of what is left of a case beyond one task."""


def board(
    kept: Board,
    types: Sequence[Type],
    abilities: Abilities,
    demand: Demand,
    after: Mapping[Name, float],
    tick: int,
    now: int,
) -> Board:
    """A board with these types: the one kept, if it still holds."""
    stamp = abilities.crew.stamp, abilities.lesson, tick
    current = kept.stamp == stamp
    if current and kept.number.keys() >= set(types) and len(kept.number) <= SPARE * len(types):
        return kept
    stay = kept.number if current and len(kept.number) < SPARE * len(types) else ()
    number = {type: i for i, type in enumerate(dict.fromkeys([*types, *stay]))}
    hours = np.full((len(number), len(abilities.crew)), np.inf)
    for i, type in enumerate(number):
        row = abilities.row(type, now)
        hours[i, row.who] = row.hours
    return Board(stamp, number, hours, np.array([left_after(type, demand, after) for type in number]))


def left_after(type: Type, demand: Demand, after: Mapping[Name, float]) -> float:
    """Priced hours of what is left of a case beyond a task; what asks less by now goes on as before."""
    return after.get(demand.origin(task_for(type)), 0.0) if after else 0.0
