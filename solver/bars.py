"""Barred pairs around a flow: drop arcs barred for a whole group, swap inside a group, or split
groups.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from solver.problem import Ids, Ints, Problem
from solver.reduce import drop_arcs

FEW = 64
"""So many tasks are swapped one by one; more, in rounds."""


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
    task = task[~_has_bonus(problem, task, agent) | problem.barred(task, agent[task])]
    task = task[np.argsort(problem.group[task], kind="stable")]
    bad = _swap_in_rounds(problem, agent, bad, task)
    first, last = (
        np.searchsorted(problem.group[task], problem.group[bad], side) for side in ("left", "right")
    )
    peers = zip(bad.tolist(), first.tolist(), last.tolist(), strict=True)
    stuck = [one for one, low, high in peers if not _swap_one(problem, agent, one, task[low:high])]
    return agent, np.array(stuck, np.int64)


def _has_bonus(problem: Problem, task: Ints, agent: Ids) -> NDArray[np.bool_]:
    return np.isin(
        problem.pair_key(task, agent[task]), problem.pair_key(problem.bonus_task, problem.bonus_agent)
    )


def _swap_in_rounds(problem: Problem, agent: Ids, bad: Ints, others: Ints) -> Ints:
    """Swap in place, each with a random peer, while that helps a quarter of many; the tasks still barred.

    `others`: sorted by group.
    """
    random = np.random.default_rng(0)
    before = 2 * bad.size
    while FEW < bad.size < 0.75 * before:
        before = bad.size
        first, last = (
            np.searchsorted(problem.group[others], problem.group[bad], side) for side in ("left", "right")
        )
        peer = others[random.integers(first, last)]
        fine = ~problem.barred(peer, agent[bad]) & ~problem.barred(bad, agent[peer])
        one, other = _disjoint(bad[fine], peer[fine], problem.group.size, random)
        agent[one], agent[other] = agent[other], agent[one]
        bad = bad[problem.barred(bad, agent[bad])]
    return bad


def _disjoint(one: Ints, other: Ints, n: int, random: np.random.Generator) -> tuple[Ints, Ints]:
    """Of these pairs of numbers below n, some of which none share a number: those that draw the lowest
    ticket.
    """
    ticket = random.permutation(one.size)
    lowest = np.full(n, one.size)
    np.minimum.at(lowest, one, ticket)
    np.minimum.at(lowest, other, ticket)
    chosen = (lowest[one] == ticket) & (lowest[other] == ticket)
    return one[chosen], other[chosen]


def _swap_one(problem: Problem, agent: Ids, task: int, peers: Ints) -> bool:
    """Swap in place with the first peer possible, in ever larger steps: most find one soon."""
    at, step = 0, FEW
    while at < peers.size:
        some = peers[at : at + step]
        here, there = np.full(some.size, agent[task]), agent[some]
        fine = ~problem.barred(some, here) & ~problem.barred(np.full(some.size, task), there)
        if fine.any():
            peer = some[np.argmax(fine)]
            agent[task], agent[peer] = agent[peer], agent[task]
            return True
        at, step = at + step, 4 * step
    return False


def split(problem: Problem, arcs: Ints) -> Problem:
    """The same problem in which the tasks barred from some of these arcs leave their groups: those barred
    from the same ones make a new group, which has the old one's other arcs.
    """
    bar_arc = problem.arc_of(problem.barred_task, problem.barred_agent)
    hit = np.isin(bar_arc, arcs)
    tasks, kind = _kinds(problem.barred_task[hit], bar_arc[hit])
    pair_task, pair_arc = problem.pairs_of(tasks[np.unique(kind, return_index=True)[1]])
    fine = ~(np.isin(pair_arc, arcs) & problem.barred(pair_task, problem.arc_agent[pair_arc]))
    own = problem.n_groups + kind[np.searchsorted(tasks, pair_task[fine])]
    pair_arc = pair_arc[fine]
    group = problem.group.copy()
    group[tasks] = problem.n_groups + kind
    bonus = ~problem.barred(problem.bonus_task, problem.bonus_agent)
    return replace(
        problem,
        group=group,
        arc_group=np.append(problem.arc_group, own),
        arc_agent=np.append(problem.arc_agent, problem.arc_agent[pair_arc]),
        arc_fit=np.append(problem.arc_fit, problem.arc_fit[pair_arc]),
        arc_size=np.append(problem.arc_size, problem.arc_size[pair_arc]),
        barred_task=problem.barred_task[~hit],
        barred_agent=problem.barred_agent[~hit],
        bonus_task=problem.bonus_task[bonus],
        bonus_agent=problem.bonus_agent[bonus],
        bonus=problem.bonus[bonus],
    )


def _kinds(task: Ids, arc: Ints) -> tuple[Ints, Ints]:
    """The tasks of these pairs, rising; and of each its kind: the same for those with the same arcs, counted
    from 0 as they come.
    """
    order = np.lexsort((arc, task))
    tasks, start = np.unique(task[order], return_index=True)
    arcs, ends = arc[order].tobytes(), (8 * np.append(start, task.size)).tolist()
    known: dict[bytes, int] = {}
    kind = [known.setdefault(arcs[low:high], len(known)) for low, high in pairwise(ends)]
    return tasks.astype(np.int64), np.array(kind, np.int64)
