"""The board: who could do what, of all types at once, in one table; kept while nothing of it changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from assigner.dispatch.ahead.abilities import Abilities, Type, task_for
from assigner.dispatch.ahead.crew import Floats
from assigner.dispatch.ahead.demand import Demand, Name

SPARE = 2
"""Types of which nothing waits any more stay on it, until they are as many as the others."""
Follows = Mapping[Name, Sequence[tuple[Name, float]]]


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """`number` has the row of each type. `stamp` says of which change of documents, which lesson and which
    tick it is.
    """

    stamp: tuple[int, int, int] = (-1, -1, -1)
    number: dict[Type, int] = field(default_factory=dict)
    hours: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    """[T, places]; inf where an agent could never do a type."""
    trust: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    """[T, places]"""
    follows: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    """[T, T]; empty where nothing follows."""


def board(
    kept: Board,
    types: Sequence[Type],
    abilities: Abilities,
    demand: Demand,
    follows: Follows,
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
    trust = np.zeros(hours.shape)
    for i, type in enumerate(number):
        row = abilities.row(type, now)
        hours[i, row.who], trust[i, row.who] = row.hours, row.trust
    return Board(stamp, number, hours, trust, _follows(number, demand, follows))


def _follows(number: Iterable[Type], demand: Demand, follows: Follows) -> Floats:
    """[T, T]: how likely each type follows each; what follows tasks that ask less by now is as before."""
    if not follows:
        return np.zeros((0, 0))
    names = [demand.origin(task_for(type)) for type in number]
    at = {name: i for i, name in reversed(list(enumerate(names)))}
    table = np.zeros((len(names), len(names)))
    for i, name in enumerate(names):
        for after, likely in follows.get(name, ()):
            if after in at:
                table[i, at[after]] = likely
    return table
