"""Canonical answers: of equal worth, the lower index wins.

By complementary slackness, optimal prices know every optimum: an assignment is optimal if and only if each
pair in it gives its task its surplus (the most that value less price comes to, or 0), each task with a
surplus above 0 is assigned, and each agent with a price above 0 is full. In this network of tight pairs, one
flow takes the tasks, then the agents, by their indices. Which tasks can be assigned together is a matroid's
affair, so the lowest indices are one set, whatever costs rise with the index; so are those of the places;
and one assignment has both. Source: Mendelsohn and Dulmage 1958; Edmonds 1971.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush, heapreplace

import numpy as np

from solver.bound import best_of_groups
from solver.network import cheapest_flow, distances
from solver.problem import MAX_VALUE, Ids, Ints, Problem
from solver.wiring import Costs, Kept, Mask, Preferred, assignment, wire

MOST_PAIRS = 100_000
"""Pairs of a problem whose tasks are exchanged one by one."""

_Place = tuple[int, ...]
"""(agent, size, value)"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Tight:
    """What optima are made of."""

    kept: Kept
    sure: Mask
    """bool[n]: tasks that every optimum assigns."""
    tied: Ints
    """The tasks that some optimum may assign and some other not, rising."""
    used: Mask
    """bool[m]: the agents to whom a tight pair leads."""


def settled(problem: Problem, names: Preferred, agent: Ids, price: Ints) -> Ids:
    """Of all optimal assignments, bars ignored: the lowest tasks are assigned, then the lowest agents used.

    `agent`, `price`: any optimal ones. Among the tasks and the places so chosen, who goes where is a
    function of the problem, without an order.
    """
    tight = _tight(problem, names, price)
    if _is_settled(problem, agent, tight):
        return agent
    costs = _costs(problem, price, tight)
    places = int(problem.capacity[tight.used].sum())
    task = _first_tasks(problem, tight, places)
    while True:
        wired = wire(problem, names, costs, _only(names, tight.kept, task))
        flows = cheapest_flow(wired.network)
        agent = assignment(problem, wired, flows)
        if np.count_nonzero(agent >= 0) == places and _in_order(agent, tight.tied, task):
            return agent
        more = _more_tasks(problem, names, tight, costs, distances(wired.network, flows)) & ~task
        if not more.any():
            return agent
        task |= more


def _tight(problem: Problem, names: Preferred, price: Ints) -> _Tight:
    profit = problem.arc_fit - price[problem.arc_agent]
    top = best_of_groups(problem, profit)
    through = problem.urgency + top[problem.group]
    straight = problem.urgency[names.task] + names.fit - price[names.agent]
    surplus = np.maximum(0, through)
    np.maximum.at(surplus, names.task, straight)
    pooled, pair = through == surplus, straight == surplus[names.task]
    task = pooled.copy()
    task[names.task[pair]] = True
    groups = np.zeros(problem.n_groups, bool)
    groups[problem.group[pooled]] = True
    arc = (profit == top[problem.arc_group]) & groups[problem.arc_group]
    used = np.zeros(problem.n_agents, bool)
    used[problem.arc_agent[arc]] = used[names.agent[pair]] = True
    return _Tight(
        kept=Kept(task=task, pooled=pooled, pair=pair, arc=arc),
        sure=surplus > 0,
        tied=np.flatnonzero(task & (surplus == 0)),
        used=used,
    )


def _is_settled(problem: Problem, agent: Ids, tight: _Tight) -> bool:
    """Whether no tied task waits before one that is assigned, and there is no choice of places."""
    taken = agent[tight.tied] >= 0
    room = problem.capacity - np.bincount(agent[agent >= 0], minlength=problem.n_agents)
    in_order = not np.any(taken[1:] & ~np.logical_and.accumulate(taken)[:-1])
    return in_order and not np.any(room[tight.used])


def _in_order(agent: Ids, tied: Ints, task: Mask) -> bool:
    """Whether each tied task that is not among these comes after all that are assigned."""
    last = np.max(tied, initial=-1, where=agent[tied] >= 0)
    return not np.any(~task[tied[tied < last]])


def _costs(problem: Problem, price: Ints, tight: _Tight) -> Costs:
    """Each task gains more than any agent costs; the sure ones most, then the lowest. Agents with a price
    cost nothing, the others their place in the order.
    """
    task = np.zeros(problem.group.size, np.int64)
    task[tight.tied] = np.arange(tight.tied.size) - tight.tied.size - problem.n_agents - 1
    task[tight.sure] = -tight.tied.size - problem.n_agents - 2
    agent = np.where(price > 0, 0, 1 + np.arange(problem.n_agents))
    return Costs(
        task=task,
        pair=np.zeros(tight.kept.pair.size, np.int64),
        arc=np.zeros(tight.kept.arc.size, np.int64),
        agent=agent,
    )


def _first_tasks(problem: Problem, tight: _Tight, places: int) -> Mask:
    """bool[n]: the sure tasks, the lowest tied ones, enough for all places, and the lowest of each group."""
    task = tight.sure.copy()
    task[tight.tied[: max(0, places - np.count_nonzero(task))]] = True
    task[tight.tied[np.unique(problem.group[tight.tied], return_index=True)[1]]] = True
    return task


def _only(names: Preferred, kept: Kept, task: Mask) -> Kept:
    return replace(kept, task=task, pooled=kept.pooled & task, pair=kept.pair & task[names.task])


def _more_tasks(problem: Problem, names: Preferred, tight: _Tight, costs: Costs, label: Ints) -> Mask:
    """bool[n]: the tasks that would lower the cost of the flow, by its labels."""
    agents = 2 + problem.n_groups
    more = tight.kept.pooled & (label[2:agents][problem.group] > costs.task)
    gains = tight.kept.pair & (label[agents:][names.agent] > costs.task[names.task])
    more[names.task[gains]] = True
    return more


def _named(problem: Problem) -> Mask:
    """bool[n]: the tasks with pairs of their own."""
    named = np.zeros(problem.group.size, bool)
    named[problem.bonus_task] = named[problem.barred_task] = True
    return named


def resorted(problem: Problem, agent: Ids) -> Ids:
    """Within each group, the places of its tasks without pairs of their own go to the most urgent, then
    lowest ones.

    For any feasible assignment; the objective never falls.
    """
    plain = ~_named(problem)
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


def exchanged(problem: Problem, agent: Ids) -> Ids:
    """No task waits before a later one of its size and value at the same agent: they change places.

    For any feasible assignment of not too many pairs; the objective stays. A place keeps its agent, size and
    value and only ever goes to lower tasks, so trying each waiting task once, the lowest first, suffices.
    """
    able, arc = problem.pairs_of(np.arange(problem.group.size))
    if able.size > MOST_PAIRS or not np.any(agent < 0):
        return agent
    to, size = problem.arc_agent[arc], problem.arc_size[arc]
    fine = ~problem.barred(able, to)
    rows = (column[fine].tolist() for column in (able, to, size, problem.value(able, to)))
    choices: defaultdict[int, list[_Place]] = defaultdict(list)
    for task, *place in zip(*rows, strict=True):
        choices[task].append(tuple(place))
    return np.array(_first_come(agent.tolist(), choices), np.int32)


def _first_come(agent: list[int], choices: Mapping[int, list[_Place]]) -> list[int]:
    """The agents, changed in place: each waiting task takes the place of the last task it can."""
    holders: defaultdict[_Place, list[int]] = defaultdict(list)
    for task, places in choices.items():
        for place in places:
            if agent[task] == place[0]:
                holders[place].append(-task)
    waiting = [task for task, to in enumerate(agent) if to < 0]
    for heap in holders.values():
        heapify(heap)
    while waiting:
        task = heappop(waiting)
        held = [place for place in choices.get(task, ()) if place in holders]
        place = min(held, key=lambda each: holders[each][0], default=())
        if place and -holders[place][0] > task:
            later = -heapreplace(holders[place], -task)
            agent[task], agent[later] = place[0], -1
            heappush(waiting, later)
    return agent
