"""The numbers of one decision: groups of like tasks, eligible (group, agent) arcs, values and capacities."""

from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Ids = NDArray[np.int32]

MAX_VALUE = 2**35
MAX_SIZE = 2**20
MAX_CAPACITY = 2**40
MAX_EMPTY_GROUPS = 2**20


def _none() -> Ints:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """n tasks in n_groups groups, m agents, a arcs; the sum of the values of the chosen pairs is maximised.

    `value(task, agent) = urgency[task] + fit[group[task], agent] + bonus(task, agent)`, each in 1..2**35.
    A task goes to one agent at most, the sizes at an agent sum to its capacity at most. Tasks and agents
    come in tie order: of equal worth, the lower index wins. Arrays of any integer type are taken;
    any fault raises ValueError.
    """

    group: Ids
    """int32[n]: the group of each task."""
    urgency: Ints
    """int64[n]: the part of the value that belongs to the task."""
    arc_group: Ids
    """int32[a]: with arc_agent the eligible pairs, sorted by (group, agent), each once."""
    arc_agent: Ids
    """int32[a]"""
    arc_fit: Ints
    """int64[a]: the part of the value that belongs to (group, agent)."""
    arc_size: Ids = field(default_factory=lambda: np.zeros(0, np.int32))
    """int32[a], at least 1: capacity that one task of the group takes of the agent; left out: ones."""
    capacity: Ints
    """int64[m], at least 0: capacity left of each agent."""
    bonus_task: Ids = field(default_factory=lambda: np.zeros(0, np.int32))
    """int32[b]: with bonus_agent pairs among the arcs, each once, whose value is higher by `bonus`."""
    bonus_agent: Ids = field(default_factory=lambda: np.zeros(0, np.int32))
    """int32[b]"""
    bonus: Ints = field(default_factory=_none)
    """int64[b], at least 0"""
    barred_task: Ids = field(default_factory=lambda: np.zeros(0, np.int32))
    """int32[c]: with barred_agent pairs among the arcs, each once, that may not be chosen."""
    barred_agent: Ids = field(default_factory=lambda: np.zeros(0, np.int32))
    """int32[c]"""

    def __post_init__(self) -> None:
        for each in fields(self):
            object.__setattr__(self, each.name, _integers(each.name, getattr(self, each.name), each.type))
        if not self.arc_size.size:
            object.__setattr__(self, "arc_size", np.ones(self.arc_group.size, np.int32))
        _check_shapes(self)
        _check_ranges(self)
        _check_pairs(self, "bonus", self.bonus_task, self.bonus_agent)
        _check_pairs(self, "barred", self.barred_task, self.barred_agent)
        _check_values(self)

    @cached_property
    def n_groups(self) -> int:
        """Number of groups: one more than the highest group named by a task or an arc."""
        return 1 + max(_highest(self.group), _highest(self.arc_group))

    @property
    def n_agents(self) -> int:
        """Number of agents, m."""
        return int(self.capacity.size)

    @cached_property
    def group_start(self) -> Ints:
        """int64[n_groups + 1]: the arcs of group g are `group_start[g]:group_start[g + 1]`."""
        return np.searchsorted(self.arc_group, np.arange(self.n_groups + 1, dtype=np.int32))

    @cached_property
    def arc_key(self) -> Ints:
        """int64[a], rising: `group * m + agent`."""
        return self.arc_group.astype(np.int64) * self.n_agents + self.arc_agent

    def arc_of(self, task: Ids | Ints, agent: Ids | Ints) -> Ints:
        """The arc of each (task, agent) pair; -1 where the pair is not eligible."""
        return locate(self.arc_key, self.group[task].astype(np.int64) * self.n_agents + agent)

    def pairs_of(self, task: Ids | Ints, most: Ints | None = None) -> tuple[Ints, Ints]:
        """All arcs of each task's group, or the first `most` (one a task), task by task: the task and the
        arc of each pair.
        """
        first = self.group_start[self.group[task]]
        count = self.group_start[self.group[task] + 1] - first
        if most is not None:
            count = np.minimum(count, most)
        arc = np.arange(count.sum()) + np.repeat(first - np.cumsum(count) + count, count)
        return np.repeat(np.asarray(task, np.int64), count), arc

    def pair_key(self, task: Ids | Ints, agent: Ids | Ints) -> Ints:
        """`task * m + agent` of each pair."""
        return np.asarray(task, np.int64) * self.n_agents + agent

    @cached_property
    def barred_key(self) -> Ints:
        """int64[c], rising: `pair_key` of the barred pairs."""
        return np.sort(self.pair_key(self.barred_task, self.barred_agent))

    def barred(self, task: Ids | Ints, agent: Ids | Ints) -> NDArray[np.bool_]:
        """Whether each (task, agent) pair is barred."""
        barred: NDArray[np.bool_] = locate(self.barred_key, self.pair_key(task, agent)) >= 0
        return barred

    @cached_property
    def _bonus_by_key(self) -> tuple[Ints, Ints]:
        key = self.pair_key(self.bonus_task, self.bonus_agent)
        order = np.argsort(key)
        return key[order], self.bonus[order]

    def value(self, task: Ids | Ints, agent: Ids | Ints) -> Ints:
        """The value of each eligible (task, agent) pair."""
        value = self.urgency[task] + self.arc_fit[self.arc_of(task, agent)]
        if not self.bonus.size:
            return value
        key, bonus = self._bonus_by_key
        found = locate(key, self.pair_key(task, agent))
        return value + np.where(found >= 0, bonus[found], 0)


def falling(owner: Ids, number: Ints) -> Ints:
    """Keys that sort by owner, then falling number; below 2**63 for 2**25 owners and numbers of values."""
    highest = int(number.max(initial=-MAX_VALUE))
    span = highest - int(number.min(initial=highest)) + 1
    return owner.astype(np.int64) * span + (highest - number)


def locate(rising: Ints, wanted: Ints) -> Ints:
    """The position of each wanted number in a strictly rising array; -1 where it is not there."""
    if not rising.size:
        return np.full(wanted.shape, -1)
    at = np.minimum(np.searchsorted(rising, wanted), rising.size - 1)
    return np.where(rising[at] == wanted, at, -1)


def _highest(ids: Ids) -> int:
    return int(ids.max()) if ids.size else -1


def _integers(name: str, given: ArrayLike, kind: Any) -> NDArray[Any]:
    array = np.asarray(given)
    if array.ndim != 1:
        raise ValueError(f"{name} has {array.ndim} dimensions; expected one")
    if array.size and array.dtype.kind not in "iu":
        raise ValueError(f"{name} holds {array.dtype}; expected integers")
    wanted = np.dtype(np.int32) if kind is Ids else np.dtype(np.int64)
    if array.size and array.dtype != wanted and not np.can_cast(array.dtype, wanted):
        info = np.iinfo(np.int32 if kind is Ids else np.int64)
        if array.min() < info.min or array.max() > info.max:
            raise ValueError(f"{name} does not fit {wanted}")
    return np.ascontiguousarray(array, wanted)


def _check_shapes(problem: Problem) -> None:
    for names in (
        ("group", "urgency"),
        ("arc_group", "arc_agent", "arc_fit", "arc_size"),
        ("bonus_task", "bonus_agent", "bonus"),
        ("barred_task", "barred_agent"),
    ):
        sizes = {name: getattr(problem, name).size for name in names}
        if len(set(sizes.values())) > 1:
            raise ValueError("these must be equally long: " + ", ".join(f"{k} {v}" for k, v in sizes.items()))


def _check_ranges(problem: Problem) -> None:
    tasks, agents = problem.group.size, problem.n_agents
    _within("group", problem.group, 0, 2**31 - 2)
    _within("arc_group", problem.arc_group, 0, 2**31 - 2)
    _within("arc_agent", problem.arc_agent, 0, agents - 1)
    _within("arc_size", problem.arc_size, 1, MAX_SIZE)
    _within("capacity", problem.capacity, 0, MAX_CAPACITY)
    _within("urgency", problem.urgency, -MAX_VALUE, 2 * MAX_VALUE)
    _within("arc_fit", problem.arc_fit, -MAX_VALUE, 2 * MAX_VALUE)
    _within("bonus", problem.bonus, 0, MAX_VALUE)
    for name in ("bonus", "barred"):
        _within(f"{name}_task", getattr(problem, f"{name}_task"), 0, tasks - 1)
        _within(f"{name}_agent", getattr(problem, f"{name}_agent"), 0, agents - 1)
    if problem.n_groups > MAX_EMPTY_GROUPS + tasks + problem.arc_group.size:
        raise ValueError(f"group ids go up to {problem.n_groups - 1}; expected them counted from 0")
    if np.any(np.diff(problem.arc_key) <= 0):
        raise ValueError("arcs must be sorted by (arc_group, arc_agent), each pair once")


def _within(name: str, array: NDArray[Any], low: int, high: int) -> None:
    if array.size and (array.min() < low or array.max() > high):
        raise ValueError(f"{name} goes from {array.min()} to {array.max()}; expected {low} to {high}")


def _check_pairs(problem: Problem, name: str, task: Ids, agent: Ids) -> None:
    if not task.size:
        return
    if np.any(problem.arc_of(task, agent) < 0):
        raise ValueError(f"a {name} pair is not among the arcs of its task's group")
    if np.any(np.diff(np.sort(problem.pair_key(task, agent))) == 0):
        raise ValueError(f"a {name} pair is given twice")


def _check_values(problem: Problem) -> None:
    """Each value lies in 1..MAX_VALUE: group by group, as the extremes of urgency and fit meet there."""
    if not problem.group.size or not problem.arc_group.size:
        return
    low, high = _extremes(problem.group, problem.urgency, problem.n_groups)
    fit_low, fit_high = _extremes(problem.arc_group, problem.arc_fit, problem.n_groups)
    both = (low <= high) & (fit_low <= fit_high)
    if not both.any():
        return
    _within("value", np.concatenate(((low + fit_low)[both], (high + fit_high)[both])), 1, MAX_VALUE)
    if problem.bonus.size:
        _within("value", problem.value(problem.bonus_task, problem.bonus_agent), 1, MAX_VALUE)


def _extremes(group: Ids, number: Ints, n_groups: int) -> tuple[Ints, Ints]:
    """The least and the greatest number of each group; least above greatest where a group has none."""
    low = np.full(n_groups, 4 * MAX_VALUE)
    high = np.full(n_groups, -4 * MAX_VALUE)
    np.minimum.at(low, group, number)
    np.maximum.at(high, group, number)
    return low, high
