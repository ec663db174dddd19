"""Weighted capacities relaxed: tasks may be cut. Gives prices of capacity, and a start by rounding."""

from dataclasses import dataclass
from math import lcm

import numpy as np

from solver.greedy import feasible_part, greedy
from solver.problem import MAX_VALUE, Ids, Ints, Problem

MOST_UNITS = 4_000_000
FINEST = 5040


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relaxed:
    """A feasible assignment, and a price of a unit of each agent's capacity in 1/scale of a value."""

    agent: Ids
    price: Ints
    scale: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """A problem of units: tasks of size one, of which `task` says whose part each is; values in 1/scale."""

    problem: Problem
    task: Ints
    scale: int


def group_sizes(problem: Problem) -> tuple[Ints, bool]:
    """int64[n_groups]: the least size of each group's tasks; and whether it is the same at all agents."""
    least = np.full(problem.n_groups, np.iinfo(np.int32).max, np.int64)
    np.minimum.at(least, problem.arc_group, problem.arc_size)
    return least, bool(np.all(least[problem.arc_group] == problem.arc_size))


def cut_in_units(problem: Problem) -> Cut | None:
    """Each task cut into as many tasks of size one as its least size, its value shared and rounded up: its
    optimum is an upper bound. None when it would be too large.
    """
    least, _ = group_sizes(problem)
    able = np.flatnonzero(least[problem.group] < np.iinfo(np.int32).max)
    if least[problem.group[able]].sum() > MOST_UNITS:
        return None
    scale = _scale(problem, least[problem.group[able]])
    size = least[problem.group]
    task = np.repeat(able, size[able])
    first = np.searchsorted(task, np.arange(problem.group.size))
    bonus, bars = (np.repeat(np.arange(t.size), size[t]) for t in (problem.bonus_task, problem.barred_task))
    cut = Problem(
        group=problem.group[task],
        urgency=_share(problem.urgency * scale, size)[task],
        arc_group=problem.arc_group,
        arc_agent=problem.arc_agent,
        arc_fit=_share(problem.arc_fit * scale, least[problem.arc_group]),
        capacity=problem.capacity,
        bonus_task=first[problem.bonus_task[bonus]] + _counted(bonus),
        bonus_agent=problem.bonus_agent[bonus],
        bonus=_share(problem.bonus * scale, size[problem.bonus_task])[bonus],
        barred_task=first[problem.barred_task[bars]] + _counted(bars),
        barred_agent=problem.barred_agent[bars],
    )
    return Cut(problem=cut, task=task, scale=scale)


def finest(problem: Problem) -> int:
    """The finest scale that keeps all values in range."""
    highest = int(np.abs(problem.urgency).max(initial=0) + np.abs(problem.arc_fit).max(initial=0))
    highest += int(problem.bonus.max(initial=0)) + 3
    return max(1, min(FINEST, MAX_VALUE // highest))


def _scale(problem: Problem, sizes: Ints) -> int:
    """A fine scale; a common multiple of the sizes where there is one."""
    most, exact = finest(problem), lcm(*np.unique(sizes).tolist())
    return most - most % exact if exact <= most else most


def _share(value: Ints, parts: Ints) -> Ints:
    """Rounded up."""
    return -(-value // parts)


def _counted(owner: Ids | Ints) -> Ints:
    """0, 1, 2 … within each run of equal numbers."""
    return np.arange(owner.size) - np.searchsorted(owner, owner)


def joined(problem: Problem, task: Ints, unit_agent: Ids) -> Ids:
    """Round an assignment of units: as many tasks to each agent as the units there make whole, then fill.

    `task`: the task of each unit. The most urgent tasks of the group come first.
    """
    sent = np.flatnonzero(unit_agent >= 0)
    arc = problem.arc_of(task[sent], unit_agent[sent])
    whole = np.bincount(arc, minlength=problem.arc_agent.size) // problem.arc_size
    slot = np.repeat(np.arange(whole.size), whole)
    wanted = np.full(problem.group.size, -1, np.int32)
    cut = np.unique(task[sent])
    cut = cut[np.lexsort((-problem.urgency[cut], problem.group[cut]))]
    place = _counted(problem.group[cut])
    need = np.bincount(problem.arc_group[slot], minlength=problem.n_groups)
    wanted[cut[place < need[problem.group[cut]]]] = problem.arc_agent[slot]
    return wanted


def rounded(problem: Problem, wanted: Ids, price: Ints, scale: int) -> Ids:
    """What fits of the wanted pairs, filled with the pairs of highest value less price."""
    return greedy(problem, feasible_part(problem, wanted), price, scale)
