"""Best pair first: the answer that is always there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace

import numpy as np

from solver.problem import Ids, Ints, Problem

Arc = tuple[int, int, int]
"""(agent, fit, size)"""
Candidate = tuple[int, int, int, int]
"""(-value, task, agent, size)"""


def greedy(problem: Problem, given: Ids | None = None, price: Ints | None = None, scale: int = 1) -> Ids:
    """The agent of each task, -1 = waits: of all pairs that still fit, the one of highest value goes first.
    With prices (int64[m], a unit of capacity, in 1/scale), the one of highest value less price.

    Of equal value, the lower task goes first, then the lower agent. Pairs in `given`, which must be
    feasible, stay. Candidates come from streams that are each sorted: one a group, one a task with barred
    agents, one a bonus pair.
    """
    agent = (np.full(problem.group.size, -1) if given is None else given).tolist()
    room = room_of(problem, given).tolist()
    if price is None:
        price = np.zeros_like(problem.capacity)
    streams = list(_streams(problem, _Profit.of(problem, price, scale), agent, room))
    heap = [(*first, k) for k, stream in enumerate(streams) if (first := next(stream, None))]
    heapify(heap)
    units = sum(room)
    while heap and units:
        _, task, to, size, k = heap[0]
        if agent[task] < 0 and room[to] >= size:
            agent[task] = to
            room[to] -= size
            units -= size
        following = next(streams[k], None)
        if following:
            heapreplace(heap, (*following, k))
        else:
            heappop(heap)
    return np.asarray(agent, np.int32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Profit:
    """The parts of a pair's value in 1/scale, capacity paid for."""

    urgency: Ints
    fit: Ints
    bonus: Ints

    @staticmethod
    def of(problem: Problem, price: Ints, scale: int) -> "_Profit":
        paid = problem.arc_size * price[problem.arc_agent]
        fit = scale * problem.arc_fit - paid
        return _Profit(urgency=scale * problem.urgency, fit=fit, bonus=scale * problem.bonus)


def objective(problem: Problem, agent: Ids) -> int:
    """Sum of the values of the chosen pairs."""
    task = np.flatnonzero(agent >= 0)
    return int(problem.value(task, agent[task]).sum())


def room_of(problem: Problem, given: Ids | None) -> Ints:
    """int64[m]: the capacity that the given pairs leave."""
    if given is None:
        return problem.capacity
    task = np.flatnonzero(given >= 0)
    arc = problem.arc_of(task, given[task])
    used = np.bincount(given[task], problem.arc_size[arc], problem.n_agents)
    return problem.capacity - used.astype(np.int64)


def feasible_part(problem: Problem, wanted: Ids) -> Ids:
    """The wanted pairs that are eligible and, in tie order, fit."""
    agent = np.full(problem.group.size, -1, np.int32)
    task = np.flatnonzero(wanted >= 0)
    task = task[wanted[task] < problem.n_agents]
    arc = problem.arc_of(task, wanted[task])
    keep = (arc >= 0) & ~problem.barred(task, wanted[task])
    task, size = task[keep], problem.arc_size[arc[keep]].astype(np.int64)
    order = np.argsort(wanted[task], kind="stable")
    task, size = task[order], size[order]
    to = wanted[task]
    total = np.cumsum(size)
    first = np.searchsorted(to, to)
    fits = total - (total - size)[first] <= problem.capacity[to]
    agent[task[fits]] = to[fits]
    return agent


def _streams(
    problem: Problem, profit: "_Profit", agent: list[int], room: list[int]
) -> Iterator[Iterator[Candidate]]:
    arcs = _sorted_arcs(problem, profit.fit)
    urgency = profit.urgency
    has_bars = np.zeros(problem.group.size, bool)
    has_bars[problem.barred_task] = True
    plain = np.flatnonzero(~has_bars)
    plain = plain[np.lexsort((-urgency[plain], problem.group[plain]))]
    for tasks in np.split(plain, np.flatnonzero(np.diff(problem.group[plain])) + 1):
        if tasks.size:
            yield _candidates(tasks, urgency, arcs(int(problem.group[tasks[0]])), agent, room)
    for task, barred in _bars(problem):
        allowed = _except(arcs(int(problem.group[task])), barred)
        yield _candidates(np.array([task]), urgency, allowed, agent, room)
    yield from _preferred(problem, profit)


def _candidates(
    tasks: Ints, urgency: Ints, arcs: Iterator[Arc], agent: list[int], room: list[int]
) -> Iterator[Candidate]:
    """The best pair of these like tasks that fits now, again and again; who has taken what is seen in the
    lists.
    """
    arc = next(arcs, None)
    for task in map(int, tasks):
        while agent[task] < 0:
            while arc and room[arc[0]] < arc[2]:
                arc = next(arcs, None)
            if not arc:
                return
            yield -(int(urgency[task]) + arc[1]), task, arc[0], arc[2]


def _sorted_arcs(problem: Problem, fit: Ints) -> Callable[[int], Iterator[Arc]]:
    """A function that walks a group's arcs by falling fit, then agent; each group is sorted once, when
    asked for.
    """
    known: dict[int, Ints] = {}

    def walk(group: int) -> Iterator[Arc]:
        low, high = problem.group_start[group : group + 2]
        if group not in known:
            known[group] = low + np.argsort(-fit[low:high], kind="stable")
        at, step = 0, 8  # most tasks with bars look at a few arcs only
        while at < high - low:
            some = known[group][at : at + step]
            at, step = at + step, min(256, 2 * step)
            yield from zip(
                problem.arc_agent[some].tolist(),
                fit[some].tolist(),
                problem.arc_size[some].tolist(),
                strict=True,
            )

    return walk


def _except(arcs: Iterator[Arc], barred: set[int]) -> Iterator[Arc]:
    return (arc for arc in arcs if arc[0] not in barred)


def _bars(problem: Problem) -> Iterator[tuple[int, set[int]]]:
    """Each task that has barred agents, with them."""
    order = np.argsort(problem.barred_task, kind="stable")
    task = problem.barred_task[order]
    for some in np.split(order, np.flatnonzero(np.diff(task)) + 1):
        if some.size:
            yield int(problem.barred_task[some[0]]), set(problem.barred_agent[some].tolist())


def _preferred(problem: Problem, profit: "_Profit") -> Iterator[Iterator[Candidate]]:
    """One stream of one candidate for each bonus pair."""
    allowed = np.flatnonzero(~problem.barred(problem.bonus_task, problem.bonus_agent))
    task, agent = problem.bonus_task[allowed], problem.bonus_agent[allowed]
    arc = problem.arc_of(task, agent)
    total = profit.urgency[task] + profit.fit[arc] + profit.bonus[allowed]
    size = problem.arc_size[arc]
    for candidate in zip((-total).tolist(), task.tolist(), agent.tolist(), size.tolist(), strict=True):
        yield iter((candidate,))
