"""Exact where every size is one: a min-cost flow over groups of like tasks.

Barred pairs are left out of the network: within a group any task may take any of the places won, so bars are
met by swapping; where that fails, groups are split. Only the tasks and arcs that can matter enter the
network; prices prove that the others cannot.
"""

from dataclasses import dataclass

import numpy as np

from solver.bars import absorb, split, swap
from solver.bound import best_of_groups
from solver.network import cheapest_flow, distances
from solver.problem import MAX_VALUE, Ids, Ints, Problem, falling
from solver.ties import settled
from solver.wiring import Costs, Kept, Mask, Preferred, assignment, preferred, prices, wire

FEW_ARCS = 4000
PATIENCE = 3
"""Attempts that split no more than what is stuck."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flow:
    """An optimal assignment: the agent of each task, the price of a place at each agent, networks solved."""

    agent: Ids
    price: Ints
    rounds: int


def flow(problem: Problem, *, canonical: bool) -> Flow:
    """An optimal assignment of a problem whose sizes are all one; NetworkError on numbers too large.

    The canonical one (see `solver.ties`), or any.
    """
    attempt, rounds, problem = 0, 0, absorb(problem)
    while True:
        names = preferred(problem)
        found = _ignoring_bars(problem, names)
        rounds += found.rounds
        agent = settled(problem, names, found.agent, found.price) if canonical else found.agent
        agent, stuck = swap(problem, agent)
        if not stuck.size:
            return Flow(agent=agent, price=found.price, rounds=rounds)
        problem = split(problem, _to_split(problem, agent, stuck, attempt))
        attempt += 1


def _to_split(problem: Problem, agent: Ids, stuck: Ints, attempt: int) -> Ints:
    """The arcs on which tasks are stuck; after some attempts also the barred ones of highest fit of their
    groups, four times as many from attempt to attempt: the network grows no faster than the need, and it
    ends, as each attempt splits some.
    """
    arcs = np.unique(problem.arc_of(stuck, agent[stuck]))
    if attempt < PATIENCE:
        return arcs
    others = np.setdiff1d(problem.arc_of(problem.barred_task, problem.barred_agent), arcs)
    others = others[np.isin(problem.arc_group[others], problem.group[stuck])]
    others = others[np.argsort(-problem.arc_fit[others], kind="stable")]
    return np.append(arcs, others[: 4 ** (attempt - PATIENCE + 1)])


def _ignoring_bars(problem: Problem, names: Preferred) -> Flow:
    """Solve with what seems to matter; add what the prices show to be missing; until nothing is."""
    tasks = _first_tasks(problem, names.reach)
    arcs = _first_arcs(problem, tasks)
    costs = Costs(
        task=-problem.urgency, pair=-names.fit, arc=-problem.arc_fit, agent=np.zeros_like(problem.capacity)
    )
    rounds = 0
    while True:
        rounds += 1
        kept = Kept(task=tasks, pooled=tasks, pair=tasks[names.task], arc=arcs)
        wired = wire(problem, names, costs, kept)
        flows = cheapest_flow(wired.network)
        price, margin = prices(problem, distances(wired.network, flows))
        profit = problem.arc_fit - price[problem.arc_agent]
        more_arcs = (profit + margin[problem.arc_group] > 0) & ~arcs
        more_tasks = (names.reach + best_of_groups(problem, profit)[problem.group] > 0) & ~tasks
        if not more_arcs.any() and not more_tasks.any():
            break
        tasks, arcs = tasks | more_tasks, arcs | more_arcs
    return Flow(agent=assignment(problem, wired, flows), price=price, rounds=rounds)


def _first_tasks(problem: Problem, reach: Ints) -> Mask:
    """bool[n]: the tasks that would win if agents were alike, a quarter more, and the best of each group."""
    score = reach + best_of_groups(problem, problem.arc_fit)[problem.group]
    possible: Mask = score > 0
    places = int(problem.capacity.sum())
    wanted = places + places // 4 + 16
    if wanted >= np.count_nonzero(possible):
        return possible
    line = np.partition(score, -wanted)[-wanted]
    best = np.full(problem.n_groups, -MAX_VALUE)
    np.maximum.at(best, problem.group, reach)
    possible &= (score >= line) | (reach == best[problem.group])
    return possible


def _first_arcs(problem: Problem, tasks: Mask) -> Mask:
    """bool[a]: of each group the best fits, twice as many as it has tasks; of each agent the best six."""
    useful = problem.capacity[problem.arc_agent] > 0
    if problem.arc_fit.size <= FEW_ARCS:
        return useful
    enough = 2 * np.bincount(problem.group[tasks], minlength=problem.n_groups) + 4
    by_group = _rank(problem.arc_group, problem.arc_fit) < enough[problem.arc_group]
    return useful & (by_group | (_rank(problem.arc_agent, problem.arc_fit) < 6))


def _rank(owner: Ids, fit: Ints) -> Ints:
    """The place of each number among those of its owner, the highest first, of equal ones the first."""
    order = np.argsort(falling(owner, fit), kind="stable")
    first = np.cumsum(np.bincount(owner)) - np.bincount(owner)
    rank = np.empty(order.size, np.int64)
    rank[order] = np.arange(order.size) - first[owner[order]]
    return rank
