"""A problem of sizes one as a network, and the network's flow as an assignment.

source -> bundles of like tasks -> group -> agents -> sink. A task with a bonus is a node of its own, with an
arc to its group and direct arcs to the agents it prefers. Barred pairs are not looked at.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.network import SINK, SOURCE, Network, Section, join
from solver.problem import MAX_VALUE, Ids, Ints, Problem, falling

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Preferred:
    """The pairs with a bonus that may be used."""

    task: Ids
    agent: Ids
    fit: Ints
    """Fit and bonus of each pair."""
    mask: Mask
    """bool[n]: whether a task has such pairs."""
    reach: Ints
    """int64[n]: urgency and greatest bonus of each task."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Costs:
    """What a unit of flow costs: on its task (int64[n]), preferred pair, arc (int64[a]), agent (int64[m])."""

    task: Ints
    pair: Ints
    arc: Ints
    agent: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """What enters the network: tasks (bool[n]), those with a bonus that may pass through their group
    (bool[n]), preferred pairs, arcs (bool[a]).
    """

    task: Mask
    pooled: Mask
    pair: Mask
    arc: Mask


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wired:
    """The network; its arcs come in five sections: bundles, preferring tasks into the network, those into
    their group, preferred pairs, arcs of the problem; the rest is not read.
    """

    network: Network
    plain: Ints
    """The tasks without bonus by group, then rising cost, then index."""
    bundle: Ints
    """int64[bundles + 1]: the tasks of bundle b are `plain[bundle[b]:bundle[b + 1]]`."""
    preferring: int
    """Number of tasks with a bonus."""
    pooled: Ints
    """Those of them that may pass through their group."""
    pair_task: Ids
    pair_agent: Ids
    arc: Ints
    """Arcs of the problem in the network."""


def preferred(problem: Problem) -> Preferred:
    """The pairs with a bonus that are neither barred nor at an agent without capacity."""
    used = (problem.bonus > 0) & ~problem.barred(problem.bonus_task, problem.bonus_agent)
    used &= problem.capacity[problem.bonus_agent] > 0
    task, agent, bonus = problem.bonus_task[used], problem.bonus_agent[used], problem.bonus[used]
    mask = np.zeros(problem.group.size, bool)
    mask[task] = True
    reach = problem.urgency.copy()
    np.maximum.at(reach, task, problem.urgency[task] + bonus)
    fit = problem.arc_fit[problem.arc_of(task, agent)] + bonus
    return Preferred(task=task, agent=agent, fit=fit, mask=mask, reach=reach)


def wire(problem: Problem, names: Preferred, costs: Costs, kept: Kept) -> Wired:
    """The network of what is kept, at these costs; as many units as there are tasks or places."""
    plain, bundle = _bundles(problem.group, costs.task, np.flatnonzero(kept.task & ~names.mask))
    own, pooled = (np.flatnonzero(some & names.mask) for some in (kept.task, kept.pooled))
    pair, arc = np.flatnonzero(kept.pair), np.flatnonzero(kept.arc)
    groups, agents = 2, 2 + problem.n_groups
    nodes = agents + problem.n_agents
    first, to = plain[bundle[:-1]], problem.arc_agent[arc]
    amount = min(plain.size + own.size, int(problem.capacity.sum()))
    sections: list[Section] = [
        (SOURCE, groups + problem.group[first], np.diff(bundle), costs.task[first]),
        (SOURCE, nodes + np.arange(own.size), 1, costs.task[own]),
        (nodes + np.searchsorted(own, pooled), groups + problem.group[pooled], 1, 0),
        (
            nodes + np.searchsorted(own, names.task[pair]),
            agents + names.agent[pair],
            1,
            costs.pair[pair],
        ),
        (groups + problem.arc_group[arc], agents + to, problem.capacity[to] + 1, costs.arc[arc]),
        (agents + np.arange(problem.n_agents), SINK, problem.capacity, costs.agent),
        (np.array([SOURCE]), SINK, amount, 0),
    ]
    return Wired(
        network=join(sections, amount, nodes + own.size),
        plain=plain,
        bundle=bundle,
        preferring=own.size,
        pooled=pooled,
        pair_task=names.task[pair],
        pair_agent=names.agent[pair],
        arc=arc,
    )


def _bundles(group: Ids, cost: Ints, tasks: Ints) -> tuple[Ints, Ints]:
    """The tasks by group, then rising cost, then index; and where each run of like and equally costly ones
    starts.
    """
    if not tasks.size:
        return tasks, np.zeros(1, np.int64)
    key = falling(group[tasks], -cost[tasks])
    order = np.argsort(key, kind="stable")
    start = np.flatnonzero(np.diff(key[order], prepend=-1))
    return tasks[order], np.append(start, tasks.size)


def prices(problem: Problem, label: Ints) -> tuple[Ints, Ints]:
    """From the labels: int64[m], the price of a place at each agent; int64[n_groups], what a task must
    bring.
    """
    agents = 2 + problem.n_groups
    price = np.maximum(0, label[SINK] - label[agents : agents + problem.n_agents])
    price[problem.capacity == 0] = MAX_VALUE
    return np.minimum(price, MAX_VALUE), label[SINK] - label[2:agents]


def assignment(problem: Problem, wired: Wired, flows: Ints) -> Ids:
    """Read the flow: int32[n], the agent of each task. Within a group, lower tasks get lower agents."""
    sizes = (
        wired.bundle.size - 1,
        wired.preferring,
        wired.pooled.size,
        wired.pair_task.size,
        wired.arc.size,
    )
    won, _, pooled, direct, sent, _ = np.split(flows, np.cumsum(sizes))
    rank = np.arange(wired.plain.size) - np.repeat(wired.bundle[:-1], np.diff(wired.bundle))
    in_bundle = wired.plain[rank < np.repeat(won, np.diff(wired.bundle))]
    pool = np.sort(np.append(in_bundle, wired.pooled[pooled > 0]))
    pool = pool[np.argsort(problem.group[pool], kind="stable")]
    agent = np.full(problem.group.size, -1, np.int32)
    agent[pool] = np.repeat(problem.arc_agent[wired.arc], sent)
    agent[wired.pair_task[direct > 0]] = wired.pair_agent[direct > 0]
    return agent
