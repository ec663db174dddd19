"""Exact where every size is one: a min-cost flow over groups of like tasks.

source -> bundles of equally urgent tasks -> group -> agents -> sink. A task with a bonus is a node of its
own, with an arc to its group and direct arcs to the agents it prefers. Barred pairs are left out of the
network: within a group any task may take any of the places won, so bars are met by swapping; where that
fails, tasks are split off. Only the tasks and arcs that can matter enter the network; prices prove that the
others cannot.
"""

from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from solver.bars import absorb, split, swap
from solver.bound import best_of_groups
from solver.network import SINK, SOURCE, Network, Section, cheapest_flow, distances, join
from solver.problem import MAX_VALUE, Ids, Ints, Problem, falling

Mask = NDArray[np.bool_]
FEW_ARCS = 4000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flow:
    """An optimal assignment: the agent of each task, the price of a place at each agent, networks solved."""

    agent: Ids
    price: Ints
    rounds: int


def flow(problem: Problem) -> Flow:
    """An optimal assignment of a problem whose sizes are all one; NetworkError on numbers too large."""
    rounds, problem = 0, absorb(problem)
    for attempt in count():
        found = _ignoring_bars(problem)
        rounds += found.rounds
        agent, stuck = swap(problem, found.agent)
        if not stuck.size:
            break
        problem = split(problem, _to_split(problem, stuck, attempt))
    return replace(found, agent=agent, rounds=rounds)


def _to_split(problem: Problem, stuck: Ints, attempt: int) -> Ints:
    """First the stuck tasks, then all barred ones of their groups, then all barred ones: four solves at
    most.
    """
    barred = np.unique(problem.barred_task).astype(np.int64)
    if attempt == 0:
        return stuck
    return barred if attempt > 1 else barred[np.isin(problem.group[barred], problem.group[stuck])]


def _ignoring_bars(problem: Problem) -> Flow:
    """Solve with what seems to matter; add what the prices show to be missing; until nothing is."""
    named = _named(problem)
    tasks = _first_tasks(problem, named.reach)
    arcs = _first_arcs(problem, tasks)
    rounds = 0
    while True:
        rounds += 1
        part = _wire(problem, named, tasks, arcs)
        flows = cheapest_flow(part.network)
        price, margin = _prices(problem, distances(part.network, flows))
        profit = problem.arc_fit - price[problem.arc_agent]
        more_arcs = (profit + margin[problem.arc_group] > 0) & ~arcs
        more_tasks = (named.reach + best_of_groups(problem, profit)[problem.group] > 0) & ~tasks
        if not more_arcs.any() and not more_tasks.any():
            break
        tasks, arcs = tasks | more_tasks, arcs | more_arcs
    return Flow(agent=_agents(problem, part, flows), price=price, rounds=rounds)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Named:
    """The pairs with a bonus that may be used."""

    task: Ids
    agent: Ids
    worth: Ints
    """Fit and bonus of each pair."""
    mask: Mask
    """bool[n]: whether a task has such pairs."""
    reach: Ints
    """int64[n]: urgency and greatest bonus of each task."""


def _named(problem: Problem) -> _Named:
    used = (problem.bonus > 0) & ~problem.barred(problem.bonus_task, problem.bonus_agent)
    used &= problem.capacity[problem.bonus_agent] > 0
    task, agent, bonus = problem.bonus_task[used], problem.bonus_agent[used], problem.bonus[used]
    mask = np.zeros(problem.group.size, bool)
    mask[task] = True
    reach = problem.urgency.copy()
    np.maximum.at(reach, task, problem.urgency[task] + bonus)
    worth = problem.arc_fit[problem.arc_of(task, agent)] + bonus
    return _Named(task=task, agent=agent, worth=worth, mask=mask, reach=reach)


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
    """The place of each number among those of its owner, the highest first."""
    order = np.argsort(falling(owner, fit))
    first = np.cumsum(np.bincount(owner)) - np.bincount(owner)
    rank = np.empty(order.size, np.int64)
    rank[order] = np.arange(order.size) - first[owner[order]]
    return rank


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Part:
    """The network of some tasks and arcs; its arcs come in five sections: bundles, named tasks into the
    network, named tasks into their group, named pairs, arcs of the problem; the rest is not read.
    """

    network: Network
    plain: Ints
    """The tasks without bonus by group, then falling urgency, then index."""
    bundle: Ints
    """int64[bundles + 1]: the tasks of bundle b are `plain[bundle[b]:bundle[b + 1]]`."""
    named: Ints
    """The tasks with a bonus, rising."""
    pair_task: Ids
    pair_agent: Ids
    arc: Ints
    """Arcs of the problem in the network."""


def _wire(problem: Problem, names: _Named, tasks: Mask, arcs: Mask) -> _Part:
    plain, bundle = _bundles(problem, np.flatnonzero(tasks & ~names.mask))
    named, arc = np.flatnonzero(tasks & names.mask), np.flatnonzero(arcs)
    pair = np.flatnonzero(tasks[names.task])
    groups, agents = 2, 2 + problem.n_groups
    own = agents + problem.n_agents
    first = plain[bundle[:-1]]
    to = problem.arc_agent[arc]
    places = int(problem.capacity.sum())
    amount = min(plain.size + named.size, places)
    sections: list[Section] = [
        (SOURCE, groups + problem.group[first], np.diff(bundle), -problem.urgency[first]),
        (SOURCE, own + np.arange(named.size), 1, -problem.urgency[named]),
        (own + np.arange(named.size), groups + problem.group[named], 1, 0),
        (own + np.searchsorted(named, names.task[pair]), agents + names.agent[pair], 1, -names.worth[pair]),
        (groups + problem.arc_group[arc], agents + to, problem.capacity[to] + 1, -problem.arc_fit[arc]),
        (agents + np.arange(problem.n_agents), SINK, problem.capacity, 0),
        (np.array([SOURCE]), SINK, amount, 0),
    ]
    network = join(sections, amount, own + named.size)
    return _Part(
        network=network,
        plain=plain,
        bundle=bundle,
        named=named,
        arc=arc,
        pair_task=names.task[pair],
        pair_agent=names.agent[pair],
    )


def _bundles(problem: Problem, tasks: Ints) -> tuple[Ints, Ints]:
    """The tasks by group, then falling urgency, then index; and where each run of like and equally urgent
    ones starts.
    """
    if not tasks.size:
        return tasks, np.zeros(1, np.int64)
    urgency = problem.urgency[tasks]
    key = falling(problem.group[tasks], urgency)
    order = np.argsort(key, kind="stable")
    start = np.flatnonzero(np.diff(key[order], prepend=-1))
    return tasks[order], np.append(start, tasks.size)


def _prices(problem: Problem, label: Ints) -> tuple[Ints, Ints]:
    """From the labels: int64[m], the price of a place at each agent; int64[n_groups], what a task must
    bring.
    """
    agents = 2 + problem.n_groups
    price = np.maximum(0, label[SINK] - label[agents : agents + problem.n_agents])
    price[problem.capacity == 0] = MAX_VALUE
    return np.minimum(price, MAX_VALUE), label[SINK] - label[2:agents]


def _agents(problem: Problem, part: _Part, flows: Ints) -> Ids:
    """Read the flow: int32[n], the agent of each task; bars are not looked at."""
    sizes = [part.bundle.size - 1, part.named.size, part.named.size, part.pair_task.size, part.arc.size]
    won, _, pooled, direct, sent, _ = np.split(flows, np.cumsum(sizes))
    rank = np.arange(part.plain.size) - np.repeat(part.bundle[:-1], np.diff(part.bundle))
    in_bundle = part.plain[rank < np.repeat(won, np.diff(part.bundle))]
    pool = np.sort(np.append(in_bundle, part.named[pooled > 0]))
    pool = pool[np.argsort(problem.group[pool], kind="stable")]
    agent = np.full(problem.group.size, -1, np.int32)
    agent[pool] = np.repeat(problem.arc_agent[part.arc], sent)
    agent[part.pair_task[direct > 0]] = part.pair_agent[direct > 0]
    return agent
