"""An upper bound from prices, valid for every assignment whatever the prices are."""

from operator import mul

import numpy as np

from solver.problem import MAX_VALUE, Ids, Ints, Problem

_NEVER = -(2**60)


def lagrangian(problem: Problem, price: Ints, scale: int = 1) -> int:
    """Weak duality: with prices >= 0 a unit of capacity, no assignment is worth more than
    `sum(price * capacity) + sum over tasks of max(0, max over its agents of value - size * price)`.

    `price`: int64[m], in 1/scale of a value. Source: Fisher 1981, the Lagrangian relaxation of the
    capacities.
    """
    paid: int = sum(map(mul, price.tolist(), problem.capacity.tolist()))
    return (paid + int(np.maximum(0, best_of_tasks(problem, price, scale)).sum())) // scale


def best_of_tasks(problem: Problem, price: Ints, scale: int = 1) -> Ints:
    """int64[n], in 1/scale: the highest value less price of each task over its agents; far below 0 for
    none.
    """
    profit = scale * problem.arc_fit - problem.arc_size * price[problem.arc_agent]
    top = best_of_groups(problem, profit)
    best = scale * problem.urgency + top[problem.group]
    _respect_bars(problem, profit, top, best, scale)
    if problem.bonus.size:
        task, agent = problem.bonus_task, problem.bonus_agent
        total = scale * (problem.urgency[task] + problem.bonus) + profit[problem.arc_of(task, agent)]
        total[problem.barred(task, agent)] = _NEVER
        np.maximum.at(best, task, total)
    return best


def best_of_groups(problem: Problem, profit: Ints) -> Ints:
    """int64[n_groups]: the highest profit among the arcs of each group; far below 0 where it has none."""
    top = np.full(problem.n_groups, _NEVER)
    start = problem.group_start
    some = np.flatnonzero(start[:-1] < start[1:])
    if some.size:
        top[some] = np.maximum.reduceat(profit, start[some])
    return top


def _respect_bars(problem: Problem, profit: Ints, top: Ints, best: Ints, scale: int) -> None:
    """Lower `best` of the tasks that are barred from a best arc of their group.

    A task with k bars finds its best among the k + 1 arcs of highest profit.
    """
    arc = problem.arc_of(problem.barred_task, problem.barred_agent)
    hit = profit[arc] == top[problem.group[problem.barred_task]]
    task, bars = np.unique(problem.barred_task, return_counts=True)
    lowered = np.isin(task, problem.barred_task[hit])
    task, bars = task[lowered], bars[lowered]
    if not task.size:
        return
    pair_task, place = problem.pairs_of(task, bars + 1)
    pair_arc = _by_profit(problem, profit, np.unique(problem.group[task]))[place]
    allowed = np.where(problem.barred(pair_task, problem.arc_agent[pair_arc]), _NEVER, profit[pair_arc])
    best[task] = _NEVER
    np.maximum.at(best, pair_task, scale * problem.urgency[pair_task] + allowed)


def _by_profit(problem: Problem, profit: Ints, groups: Ids) -> Ints:
    """int64[a]: the arcs group by group, those of these groups by falling profit."""
    arc = np.arange(profit.size)
    some = np.flatnonzero(np.isin(problem.arc_group, groups))
    arc[some] = some[np.lexsort((-profit[some], problem.arc_group[some]))]
    return arc


def rough_prices(problem: Problem, agent: Ids) -> Ints:
    """int64[m]: what the cheapest task at each full agent is worth a unit of size; 0 where there is room.

    `agent`: a feasible assignment. An agent whom nobody fits costs MAX_VALUE, as its room is of no use.
    """
    least = np.full(problem.n_agents, np.iinfo(np.int64).max)
    np.minimum.at(least, problem.arc_agent, problem.arc_size)
    task = np.flatnonzero(agent >= 0)
    to = agent[task]
    size = problem.arc_size[problem.arc_of(task, to)].astype(np.int64)
    room = problem.capacity.copy()
    np.subtract.at(room, to, size)
    price = np.full(problem.n_agents, MAX_VALUE)
    np.minimum.at(price, to, problem.value(task, to) // size)
    price[(room >= least) & (problem.capacity >= least)] = 0
    return price
