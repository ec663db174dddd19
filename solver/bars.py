"""Barred pairs around a flow: drop arcs barred for a whole group, swap inside a group, or split tasks off."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from solver.problem import Ids, Ints, Problem
from solver.reduce import drop_arcs


def absorb(problem: Problem) -> Problem:
    """The same problem without the arcs that are barred for every task of their group."""
    if not problem.barred_task.size:
        return problem
    arc = problem.arc_of(problem.barred_task, problem.barred_agent)
    times = np.bincount(arc, minlength=problem.arc_agent.size)
    members = np.bincount(problem.group, minlength=problem.n_groups)
    whole = (times > 0) & (times == members[problem.arc_group])
    return drop_arcs(problem, whole)


def swap(problem: Problem, agent: Ids) -> tuple[Ids, Ints]:
    """Make barred pairs of an assignment vanish by swapping agents inside groups, at no loss.

    Returns the assignment and the tasks that found nobody to swap with. A task that has its bonus stays put.
    """
    task = np.flatnonzero(agent >= 0)
    bad = task[problem.barred(task, agent[task])]
    if not bad.size:
        return agent, bad
    agent = agent.copy()
    task = task[np.isin(problem.group[task], problem.group[bad])]
    task = task[~_has_bonus(problem, task, agent)]
    stuck = [one for one in bad.tolist() if not _swap_one(problem, agent, one, task)]
    return agent, np.array(stuck, np.int64)


def _has_bonus(problem: Problem, task: Ints, agent: Ids) -> NDArray[np.bool_]:
    return np.isin(
        problem.pair_key(task, agent[task]), problem.pair_key(problem.bonus_task, problem.bonus_agent)
    )


def _swap_one(problem: Problem, agent: Ids, task: int, others: Ints) -> bool:
    peers = others[problem.group[others] == problem.group[task]]
    here, there = np.full(peers.size, agent[task]), agent[peers]
    fine = ~problem.barred(peers, here) & ~problem.barred(np.full(peers.size, task), there)
    if not fine.any():
        return False
    peer = peers[np.argmax(fine)]
    agent[task], agent[peer] = agent[peer], agent[task]
    return True


def split(problem: Problem, tasks: Ints) -> Problem:
    """The same problem with each of these tasks in a group of its own, its barred pairs taken out of the
    arcs.
    """
    pair_task, pair_arc = problem.pairs_of(tasks)
    pair_agent = problem.arc_agent[pair_arc]
    fine = ~problem.barred(pair_task, pair_agent)
    own = problem.n_groups + np.searchsorted(tasks, pair_task)
    group = problem.group.copy()
    group[tasks] = problem.n_groups + np.arange(tasks.size)
    bars = ~np.isin(problem.barred_task, tasks)
    bonus = ~problem.barred(problem.bonus_task, problem.bonus_agent)
    return replace(
        problem,
        group=group,
        arc_group=np.append(problem.arc_group, own[fine]),
        arc_agent=np.append(problem.arc_agent, pair_agent[fine]),
        arc_fit=np.append(problem.arc_fit, problem.arc_fit[pair_arc[fine]]),
        arc_size=np.append(problem.arc_size, problem.arc_size[pair_arc[fine]]),
        barred_task=problem.barred_task[bars],
        barred_agent=problem.barred_agent[bars],
        bonus_task=problem.bonus_task[bonus],
        bonus_agent=problem.bonus_agent[bonus],
        bonus=problem.bonus[bonus],
    )
