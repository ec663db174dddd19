"""Smaller problems with the same answer: fewer arcs, coarser units of capacity, parts that do not touch."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from solver.problem import Ids, Ints, Problem, locate

Mask = NDArray[np.bool_]
BATCH = 2_000
"""Pairs of small parts that are relaxed together."""


def drop_arcs(problem: Problem, arcs: Mask) -> Problem:
    """The problem less some arcs (bool[a]), and less the bonus and barred pairs on them."""
    if not arcs.any():
        return problem
    bonus = ~arcs[problem.arc_of(problem.bonus_task, problem.bonus_agent)]
    bars = ~arcs[problem.arc_of(problem.barred_task, problem.barred_agent)]
    return replace(
        problem,
        arc_group=problem.arc_group[~arcs],
        arc_agent=problem.arc_agent[~arcs],
        arc_fit=problem.arc_fit[~arcs],
        arc_size=problem.arc_size[~arcs],
        barred_task=problem.barred_task[bars],
        barred_agent=problem.barred_agent[bars],
        bonus_task=problem.bonus_task[bonus],
        bonus_agent=problem.bonus_agent[bonus],
        bonus=problem.bonus[bonus],
    )


def trimmed(problem: Problem) -> Problem:
    """The same problem without arcs that do not fit, and without capacity that no sum of an agent's sizes
    can use.
    """
    if not problem.arc_size.size or problem.arc_size.max() == 1:
        return problem
    problem = drop_arcs(problem, problem.arc_size > problem.capacity[problem.arc_agent])
    unit = np.zeros(problem.n_agents, np.int64)
    np.gcd.at(unit, problem.arc_agent, problem.arc_size)
    return replace(problem, capacity=problem.capacity - problem.capacity % np.maximum(1, unit))


def in_places(problem: Problem) -> Problem:
    """The same problem with all sizes one, where each agent's sizes are equal: `capacity // size` places."""
    if not problem.arc_size.size or problem.arc_size.max() == 1:
        return problem
    size = np.ones(problem.n_agents, np.int64)
    size[problem.arc_agent] = problem.arc_size
    return replace(problem, arc_size=np.ones_like(problem.arc_size), capacity=problem.capacity // size)


def weighted_parts(problem: Problem) -> Ints:
    """int64[n_groups]: the connected part of groups and agents with an agent whose sizes differ, counted from
    0, small ones first; -1 for the groups of no such part.
    """
    part = np.full(problem.n_groups, -1)
    if not problem.arc_size.size or problem.arc_size.max() == 1:
        return part
    size = np.ones(problem.n_agents, np.int64)
    size[problem.arc_agent] = problem.arc_size
    differs = problem.arc_size != size[problem.arc_agent]
    label = _labels(problem)
    chosen = np.isin(label, label[problem.arc_group[differs]])
    _, number, count = np.unique(label[chosen], return_inverse=True, return_counts=True)
    part[chosen] = np.argsort(np.argsort(count, kind="stable"))[number]
    return part


def batches(problem: Problem, part: Ints) -> list[Mask]:
    """bool[n_groups] each: the parts in their order, small ones together, up to about BATCH pairs."""
    chosen = np.flatnonzero(part >= 0)
    members = np.bincount(problem.group, minlength=problem.n_groups)
    pairs = (members * np.diff(problem.group_start))[chosen]
    batch = np.cumsum(np.bincount(part[chosen], pairs)) // BATCH
    return [np.isin(part, np.flatnonzero(batch == one)) for one in np.unique(batch)]


def _labels(problem: Problem) -> Ints:
    """int64[n_groups]: the same number for groups that are connected through agents."""
    group = np.arange(problem.n_groups)
    while True:
        agent = np.full(problem.n_agents, problem.n_groups)
        np.minimum.at(agent, problem.arc_agent, group[problem.arc_group])
        lower = group.copy()
        np.minimum.at(lower, problem.arc_group, agent[problem.arc_agent])
        lower = lower[lower]
        if np.array_equal(lower, group):
            return group
        group = lower


def restrict(problem: Problem, groups: Mask, only: Mask | None = None) -> tuple[Problem, Ints, Ints]:
    """The problem of some groups and the agents on their arcs, renumbered; its tasks and agents in old
    numbers.
    """
    tasks = groups[problem.group] if only is None else groups[problem.group] & only
    groups = np.bincount(problem.group[tasks], minlength=problem.n_groups) > 0
    arcs = groups[problem.arc_group]
    agents = np.zeros(problem.n_agents, bool)
    agents[problem.arc_agent[arcs]] = True
    group_id, task_id, agent_id = (np.cumsum(mask) - 1 for mask in (groups, tasks, agents))
    bonus, bars = tasks[problem.bonus_task], tasks[problem.barred_task]
    part = Problem(
        group=group_id[problem.group[tasks]],
        urgency=problem.urgency[tasks],
        arc_group=group_id[problem.arc_group[arcs]],
        arc_agent=agent_id[problem.arc_agent[arcs]],
        arc_fit=problem.arc_fit[arcs],
        arc_size=problem.arc_size[arcs],
        capacity=problem.capacity[agents],
        bonus_task=task_id[problem.bonus_task[bonus]],
        bonus_agent=agent_id[problem.bonus_agent[bonus]],
        bonus=problem.bonus[bonus],
        barred_task=task_id[problem.barred_task[bars]],
        barred_agent=agent_id[problem.barred_agent[bars]],
    )
    return part, np.flatnonzero(tasks), np.flatnonzero(agents)


def renumbered(known: Ids, agents: Ints) -> Ids:
    """An assignment to these agents, in their new numbers."""
    return locate(agents, known.astype(np.int64)).astype(np.int32)
