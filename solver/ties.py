"""Canonical answers: of equal worth, the lower index wins, as far as single exchanges go."""

from itertools import count

import numpy as np
from numpy.typing import NDArray

from solver.problem import MAX_VALUE, Ids, Ints, Problem, locate

Mask = NDArray[np.bool_]
MOST_MOVES = 8


def settled(problem: Problem, agent: Ids) -> Ids:
    """The canonical one of the optimal assignments that single exchanges and moves reach; sizes one."""
    return moved(problem, exchanged(problem, agent))


def moved(problem: Problem, agent: Ids) -> Ids:
    """Let tasks without pairs of their own move to agents of lower index with room, where no value is lost.

    It ends, as each round lowers the sum of the agents' indices.
    """
    agent = agent.copy()
    plain = ~_choosy(problem)
    while True:
        room = problem.capacity - np.bincount(agent[agent >= 0], minlength=problem.n_agents)
        arc = np.flatnonzero(room[problem.arc_agent] > 0)
        task = np.flatnonzero(plain & (agent >= 0))
        task, to = _moves(problem, task, agent[task], arc, room)
        if not task.size:
            return agent
        agent[task] = to


def _moves(problem: Problem, task: Ints, here: Ids, arc: Ints, room: Ints) -> tuple[Ints, Ids]:
    """Tasks at `here` and the agents of lower index to which each can go at once, along arcs of equal fit."""
    own = problem.arc_of(task, here)
    fits = np.unique(problem.arc_fit[own])
    arc = arc[locate(fits, problem.arc_fit[arc]) >= 0]
    wanted, offered = (
        problem.arc_group[arcs].astype(np.int64) * fits.size + np.searchsorted(fits, problem.arc_fit[arcs])
        for arcs in (own, arc)
    )
    order = np.lexsort((problem.arc_agent[arc], offered))
    times = np.minimum(room[problem.arc_agent[arc[order]]], MOST_MOVES)
    offered, slot = np.repeat(offered[order], times), np.repeat(problem.arc_agent[arc[order]], times)
    order = np.lexsort((-here, wanted))
    task, here, wanted = task[order], here[order], wanted[order]
    place = np.searchsorted(offered, wanted) + np.arange(wanted.size) - np.searchsorted(wanted, wanted)
    found = np.flatnonzero(np.append(offered, -1)[np.minimum(place, offered.size)] == wanted)
    task, to, here = task[found], slot[place[found]], here[found]
    task, to = task[to < here], to[to < here]
    order = np.argsort(to, kind="stable")
    task, to = task[order], to[order]
    within = np.arange(to.size) - np.searchsorted(to, to) < room[to]
    return task[within], to[within]


def exchanged(problem: Problem, agent: Ids) -> Ids:
    """Let waiting tasks take the place of assigned ones of higher index where no value is lost.

    For an optimal assignment, sizes one. It ends, as each round lowers the sum of the assigned indices.
    """
    agent = agent.copy()
    choosy, reach = _choosy(problem), _reach(problem)
    for number in count():
        floor, last = _weakest(problem, agent)
        need = np.full(problem.n_groups, 4 * MAX_VALUE)
        np.minimum.at(need, problem.arc_group, floor[problem.arc_agent] - problem.arc_fit)
        tied = np.flatnonzero((agent < 0) & (reach >= need[problem.group]))
        if not tied.size:
            break
        tight = floor[problem.arc_agent] - problem.arc_fit == need[problem.arc_group]
        task, to = _group_swaps(problem, tied[~choosy[tied]], np.flatnonzero(tight), last, number)
        if not task.size:
            task, to = _own_swaps(problem, tied[choosy[tied]], floor, last)
        if not task.size:
            break
        agent[last[to]] = -1
        agent[task] = to
    return agent


def _choosy(problem: Problem) -> Mask:
    """bool[n]: the tasks with pairs of their own."""
    choosy = np.zeros(problem.group.size, bool)
    choosy[problem.bonus_task] = choosy[problem.barred_task] = True
    return choosy


def _reach(problem: Problem) -> Ints:
    """int64[n]: urgency and greatest bonus."""
    reach = problem.urgency.copy()
    np.maximum.at(reach, problem.bonus_task, problem.urgency[problem.bonus_task] + problem.bonus)
    return reach


def _weakest(problem: Problem, agent: Ids) -> tuple[Ints, Ints]:
    """The least value at each agent, out of reach where there is none; and the last task that has it."""
    task = np.flatnonzero(agent >= 0)
    to = agent[task]
    value = problem.value(task, to)
    floor = np.full(problem.n_agents, 2 * MAX_VALUE)
    np.minimum.at(floor, to, value)
    last = np.full(problem.n_agents, -1)
    weak = value == floor[to]
    np.maximum.at(last, to[weak], task[weak])
    return floor, last


def _group_swaps(problem: Problem, waiting: Ints, arcs: Ints, last: Ints, number: int) -> tuple[Ints, Ids]:
    """Waiting tasks without pairs of their own, and the agents whose last task each can replace.

    `waiting` tie on all the `arcs` of their groups. Each agent turns to one of the groups that can serve it,
    another one from round to round; there the highest last tasks give way to the lowest waiting ones.
    """
    waiting = waiting[np.argsort(problem.group[waiting], kind="stable")]
    size = np.bincount(problem.group[waiting], minlength=problem.n_groups)
    start = np.cumsum(size) - size
    arcs = arcs[size[problem.arc_group[arcs]] > 0]
    arcs = arcs[waiting[start[problem.arc_group[arcs]]] < last[problem.arc_agent[arcs]]]
    arcs = arcs[np.argsort((arcs * 40_503 + number * 9_973) % 65_536, kind="stable")]
    arcs = arcs[np.unique(problem.arc_agent[arcs], return_index=True)[1]]
    group, to = problem.arc_group[arcs], problem.arc_agent[arcs]
    order = np.lexsort((-last[to], group))
    group, to = group[order], to[order]
    rank = np.arange(group.size) - np.searchsorted(group, group)
    enough = rank < size[group]
    task, to = waiting[(start[group] + rank)[enough]], to[enough]
    lower = task < last[to]
    return task[lower], to[lower]


def _own_swaps(problem: Problem, waiting: Ints, floor: Ints, last: Ints) -> tuple[Ints, Ids]:
    """Waiting tasks with pairs of their own, and the agents whose last task each can replace, each once."""
    task, arc = problem.pairs_of(waiting)
    to = problem.arc_agent[arc]
    fine = (task < last[to]) & (problem.value(task, to) == floor[to]) & ~problem.barred(task, to)
    task, to = task[fine], to[fine]
    once = np.unique(task, return_index=True)[1]
    task, to = task[once], to[once]
    once = np.unique(to, return_index=True)[1]
    return task[once], to[once]


def resorted(problem: Problem, agent: Ids) -> Ids:
    """Within each group, the places of its tasks without pairs of their own go to the most urgent, then
    lowest ones.

    For any feasible assignment; the objective never falls.
    """
    plain = ~_choosy(problem)
    won = np.flatnonzero(plain & (agent >= 0))
    least = np.full(problem.n_groups, 4 * MAX_VALUE)
    np.minimum.at(least, problem.group[won], problem.urgency[won])
    rivals = np.flatnonzero(plain & (problem.urgency >= least[problem.group]))
    rivals = rivals[np.lexsort((-problem.urgency[rivals], problem.group[rivals]))]
    start = np.searchsorted(problem.group[rivals], problem.group[rivals])
    rank = np.arange(rivals.size) - start
    places = np.bincount(problem.group[won], minlength=problem.n_groups)
    winners = np.sort(rivals[rank < places[problem.group[rivals]]])
    winners = winners[np.argsort(problem.group[winners], kind="stable")]
    slots = won[np.lexsort((agent[won], problem.group[won]))]
    result = agent.copy()
    result[won] = -1
    result[winners] = agent[slots]
    return result
