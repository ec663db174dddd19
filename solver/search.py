"""Better answers under weighted capacities: free a few agents, choose their tasks anew with CP-SAT, again and again.

Source: large neighbourhood search, Shaw 1998. Agents are drawn by what they miss of the bound; their number grows
while neighbourhoods are proven to hold no gain, to all agents if there is time: then the answer is proven best.
"""

from dataclasses import replace

import numpy as np

from solver.bound import best_of_tasks
from solver.cpsat import Choice, Pairs, choose
from solver.greedy import objective, room
from solver.problem import Ids, Ints, Problem
from solver.relax import Relaxed
from solver.solution import Found
from solver.stop import Countdown

WORK = 0.2
"""Limit of one neighbourhood, in CP-SAT's deterministic time."""
OVERHEAD = 0.005
"""Work counted for building one model."""
TASKS = 30
"""Tasks to be freed at first, about."""
SMALL = 2_000
"""Pairs of a problem that is tried whole at once."""


def improve(problem: Problem, relaxed: Relaxed, bound: int, countdown: Countdown, seed: int) -> Found:
    """Improve the relaxation's assignment until the bound is met or the countdown is over."""
    random = np.random.default_rng(seed)
    agent, worth = relaxed.agent, objective(problem, relaxed.agent)
    best = best_of_tasks(problem, relaxed.price, relaxed.scale)
    width, stale, rounds, limit = _first_width(problem, agent), 0, 0, WORK
    while worth < bound and countdown.left() > 0:
        rounds += 1
        chosen = _draw(problem, agent, relaxed, best, width, random)
        whole = chosen.size == problem.n_agents
        tasks = np.arange(problem.group.size) if whole else _near(problem, agent, chosen, best)
        pairs = _pairs(problem, replace(relaxed, agent=agent), tasks, chosen)
        choice = choose(pairs, countdown.seconds(), min(limit, countdown.work()), seed + rounds)
        countdown.spend(OVERHEAD + (choice.work if choice else limit))
        agent, gain = _apply(agent, pairs, choice)
        worth += gain
        proven = choice is not None and choice.proven
        if whole:
            bound = min(bound, choice.bound if choice else bound)
            limit *= 1 if proven else 4
        width, stale = _adapt(problem, width, stale, proven, gain > 0)
    return Found(agent=agent, bound=max(bound, worth), rounds=rounds)


def _first_width(problem: Problem, agent: Ids) -> int:
    pairs = int(np.diff(problem.group_start)[problem.group].sum())
    if pairs <= SMALL:
        return problem.n_agents
    return max(3, TASKS * problem.n_agents // max(1, np.count_nonzero(agent >= 0)))


def _adapt(problem: Problem, width: int, stale: int, proven: bool, gained: bool) -> tuple[int, int]:
    """Narrower where a neighbourhood was too hard; wider where so many in a row held no gain that all were seen twice."""
    if not proven:
        return max(2, width * 3 // 4), 0
    stale = 0 if gained else stale + 1
    if stale * width > 2 * problem.n_agents:
        return min(problem.n_agents, width + 1 + width // 4), 0
    return width, stale


def _draw(
    problem: Problem, agent: Ids, relaxed: Relaxed, best: Ints, width: int, random: np.random.Generator
) -> Ints:
    """So many agents who share a group; the first by what it misses of the bound."""
    if width >= problem.n_agents:
        return np.arange(problem.n_agents)
    missed = _missed(problem, agent, relaxed, best)
    first = random.choice(problem.n_agents, p=missed / missed.sum())
    arcs = np.flatnonzero(problem.arc_agent == first)
    if not arcs.size:
        return np.array([first])
    low, high = problem.group_start[[0, 1] + problem.arc_group[random.choice(arcs)]]
    others = problem.arc_agent[low:high]
    others = others[others != first]
    more = random.choice(others, min(width - 1, others.size), replace=False)
    return np.append(more, first).astype(np.int64)


def _missed(problem: Problem, agent: Ids, relaxed: Relaxed, best: Ints) -> np.ndarray:
    """float64[m]: capacity left at its price, and what the agent's tasks could gain elsewhere; never 0."""
    price, scale = relaxed.price, relaxed.scale
    task = np.flatnonzero(agent >= 0)
    to = agent[task]
    profit = scale * problem.value(task, to) - problem.arc_size[problem.arc_of(task, to)] * price[to]
    missed = (room(problem, agent) * price).astype(np.float64)
    np.add.at(missed, to, np.maximum(0, best[task] - profit))
    return missed + missed.mean() + 1.0


def _near(problem: Problem, agent: Ids, chosen: Ints, best: Ints) -> Ints:
    """The tasks of the chosen agents, and the most promising waiting ones that they could take."""
    here = np.isin(agent, chosen)
    groups = np.zeros(problem.n_groups, bool)
    groups[problem.arc_group[np.isin(problem.arc_agent, chosen)]] = True
    waiting = np.flatnonzero((agent < 0) & groups[problem.group])
    wanted = min(waiting.size, 2 * np.count_nonzero(here) + 10)
    promising = waiting[np.argsort(-best[waiting], kind="stable")[:wanted]]
    return np.sort(np.append(np.flatnonzero(here), promising))


def _pairs(problem: Problem, relaxed: Relaxed, tasks: Ints, chosen: Ints) -> Pairs:
    """The pairs between these tasks and agents that may be part of an answer no worse than the present one.

    By weak duality between these tasks and agents, a pair, or leaving a task to wait, is ruled out where it loses
    more against the task's best profit than the present answer does in all.
    """
    free = np.zeros(problem.n_agents, bool)
    free[chosen] = True
    task, arc = problem.pairs_of(tasks)
    fine = free[problem.arc_agent[arc]]
    task, arc = task[fine], arc[fine]
    fine = ~problem.barred(task, problem.arc_agent[arc])
    task, arc = task[fine], arc[fine]
    to = problem.arc_agent[arc].astype(np.int64)
    size, worth = problem.arc_size[arc].astype(np.int64), problem.value(task, to)
    profit = relaxed.scale * worth - size * relaxed.price[to]
    best = np.zeros(problem.group.size, np.int64)
    np.maximum.at(best, task, profit)
    hint = relaxed.agent[task] == to
    paid = int((relaxed.price[chosen] * problem.capacity[chosen]).sum())
    slack = paid + int(best[tasks].sum()) - relaxed.scale * int(worth[hint].sum())
    keep = hint | (best[task] - profit <= slack)
    return Pairs(
        task=task[keep],
        agent=to[keep],
        worth=worth[keep],
        size=size[keep],
        must=best[task[keep]] > slack,
        hint=hint[keep],
        capacity=problem.capacity,
    )


def _apply(agent: Ids, pairs: Pairs, choice: Choice | None) -> tuple[Ids, int]:
    """The assignment after the choice, and the gain; the one before where the choice is worse."""
    if choice is None:
        return agent, 0
    gain = int(pairs.worth[choice.chosen].sum() - pairs.worth[pairs.hint].sum())
    if gain < 0:
        return agent, 0
    agent = agent.copy()
    agent[pairs.task[pairs.hint]] = -1
    agent[pairs.task[choice.chosen]] = pairs.agent[choice.chosen]
    return agent, gain
