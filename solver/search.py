"""Better answers under weighted capacities: free a few agents, choose their tasks anew with CP-SAT, again
and again.

Source: large neighbourhood search, Shaw 1998. Agents are drawn by what they miss of the bound; their number
grows while neighbourhoods are proven to hold no gain, to all agents if there is time: then the answer is
proven best.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from solver.bound import best_of_tasks
from solver.cpsat import Choice, Pairs, choose
from solver.greedy import objective, room_of
from solver.problem import Ids, Ints, Problem
from solver.relax import Relaxed
from solver.solution import Found
from solver.stop import Countdown

WORK = 0.2
"""Limit of one neighbourhood, in CP-SAT's deterministic time."""
OVERHEAD = 0.005
"""Work counted for building one model."""
TASKS = 15
"""Tasks to be freed at first, about."""
FOCUS = 0.25
"""Of the gap, what a pair may lose at first."""
LAST = 0.1
"""Of the seconds left before an unproven neighbourhood: with less left after it, the clock stopped it."""
SMALL = 2_000
"""Pairs of a problem that is tried whole at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """How far the next neighbourhood goes."""

    width: int
    """Agents."""
    focus: float
    """1: all pairs that can be in an answer no worse; less: only those that lose this share of the gap at
    most.
    """
    limit: float = WORK
    stale: int = 0
    """Neighbourhoods in a row that were proven to hold no gain."""


def improve(problem: Problem, relaxed: Relaxed, bound: int, countdown: Countdown, seed: int) -> Found:
    """Improve the relaxation's assignment until the bound is met or the countdown is over."""
    random = np.random.default_rng(seed)
    best = best_of_tasks(problem, relaxed.price, relaxed.scale)
    value = objective(problem, relaxed.agent)
    scope, rounds = _first_scope(problem, relaxed.agent), 0
    while value < bound and countdown.left() > 0:
        rounds += 1
        chosen = _draw(problem, relaxed, best, scope.width, random)
        whole = chosen.size == problem.n_agents
        tasks = np.arange(problem.group.size) if whole else _near(problem, relaxed.agent, chosen, best)
        pairs = _pairs(problem, relaxed, tasks, chosen, scope.focus)
        left = countdown.seconds()
        choice = choose(pairs, left, min(scope.limit, countdown.work()), seed + rounds)
        countdown.spend(OVERHEAD + (choice.work if choice else scope.limit))
        agent, gain = _apply(relaxed.agent, pairs, choice)
        relaxed, value = replace(relaxed, agent=agent), value + gain
        if whole and choice and scope.focus == 1:
            bound = max(value, min(bound, choice.bound))
        proven = choice is not None and choice.proven
        if not proven and countdown.seconds() < LAST * left < np.inf:
            break  # the clock cut it short: whatever follows would depend on the clock
        scope = _next(problem, agent, scope, proven, gain > 0)
    return Found(agent=relaxed.agent, bound=bound, rounds=rounds)


def _first_scope(problem: Problem, agent: Ids) -> _Scope:
    """The whole problem, if it is small; else a few agents."""
    pairs = int(np.diff(problem.group_start)[problem.group].sum())
    few = _few(problem, agent)
    return replace(few, width=problem.n_agents, focus=1) if pairs <= SMALL else few


def _few(problem: Problem, agent: Ids) -> _Scope:
    """As many agents as hold about TASKS tasks."""
    assigned = max(1, int(np.count_nonzero(agent >= 0)))
    return _Scope(width=max(2, TASKS * problem.n_agents // assigned), focus=FOCUS)


def _next(problem: Problem, agent: Ids, scope: _Scope, proven: bool, gained: bool) -> _Scope:
    """Narrower after what was too hard; wider after so many without gain that all agents were seen twice."""
    if not proven and scope.width >= problem.n_agents:
        return replace(_few(problem, agent), limit=2 * scope.limit)
    if not proven and scope.focus > FOCUS / 4:
        return replace(scope, focus=scope.focus / 2, stale=0)
    if not proven:
        return replace(scope, width=max(2, scope.width * 3 // 4), focus=FOCUS, stale=0)
    if gained or (scope.stale + 1) * scope.width < 2 * problem.n_agents:
        return replace(scope, stale=0 if gained else scope.stale + 1)
    if scope.focus < 1:
        return replace(scope, focus=min(1, 2 * scope.focus), stale=0)
    return replace(
        scope, width=min(problem.n_agents, scope.width + 1 + scope.width // 4), focus=FOCUS, stale=0
    )


def _draw(problem: Problem, relaxed: Relaxed, best: Ints, width: int, random: np.random.Generator) -> Ints:
    """So many agents who share a group; the first by what it misses of the bound."""
    if width >= problem.n_agents:
        return np.arange(problem.n_agents)
    missed = _missed(problem, relaxed, best)
    first = random.choice(problem.n_agents, p=missed / missed.sum())
    arcs = np.flatnonzero(problem.arc_agent == first)
    if not arcs.size:
        return np.array([first])
    low, high = problem.group_start[[0, 1] + problem.arc_group[random.choice(arcs)]]
    others = problem.arc_agent[low:high]
    others = others[others != first]
    more = random.choice(others, min(width - 1, others.size), replace=False)
    return np.append(more, first).astype(np.int64)


def _missed(problem: Problem, relaxed: Relaxed, best: Ints) -> NDArray[np.float64]:
    """float64[m]: capacity left at its price, and what the agent's tasks could gain elsewhere; never 0."""
    agent, price, scale = relaxed.agent, relaxed.price, relaxed.scale
    task = np.flatnonzero(agent >= 0)
    to = agent[task]
    profit = scale * problem.value(task, to) - problem.arc_size[problem.arc_of(task, to)] * price[to]
    missed = (room_of(problem, agent) * price).astype(np.float64)
    np.add.at(missed, to, np.maximum(0, best[task] - profit))
    weights: NDArray[np.float64] = missed + missed.mean() + 1.0
    return weights


def _near(problem: Problem, agent: Ids, chosen: Ints, best: Ints) -> Ints:
    """The tasks of the chosen agents, and the most promising waiting ones that they could take."""
    here = np.isin(agent, chosen)
    groups = np.zeros(problem.n_groups, bool)
    groups[problem.arc_group[np.isin(problem.arc_agent, chosen)]] = True
    waiting = np.flatnonzero((agent < 0) & groups[problem.group])
    wanted = min(waiting.size, 2 * np.count_nonzero(here) + 10)
    promising = waiting[np.argsort(-best[waiting], kind="stable")[:wanted]]
    return np.sort(np.append(np.flatnonzero(here), promising))


def _pairs(problem: Problem, relaxed: Relaxed, tasks: Ints, chosen: Ints, focus: float) -> Pairs:
    """The pairs between these tasks and agents that may be part of an answer no worse than the present one.

    By weak duality between these tasks and agents, a pair, or leaving a task to wait, is ruled out where it
    loses more against the task's best profit than the present answer does in all; with focus below 1, than
    that share.
    """
    free = np.zeros(problem.n_agents, bool)
    free[chosen] = True
    task, arc = problem.pairs_of(tasks)
    fine = free[problem.arc_agent[arc]]
    task, arc = task[fine], arc[fine]
    fine = ~problem.barred(task, problem.arc_agent[arc])
    task, arc = task[fine], arc[fine]
    to = problem.arc_agent[arc].astype(np.int64)
    size, value = problem.arc_size[arc].astype(np.int64), problem.value(task, to)
    profit = relaxed.scale * value - size * relaxed.price[to]
    best = np.zeros(problem.group.size, np.int64)
    np.maximum.at(best, task, profit)
    hint = relaxed.agent[task] == to
    paid = int((relaxed.price[chosen] * problem.capacity[chosen]).sum())
    slack = paid + int(best[tasks].sum()) - relaxed.scale * int(value[hint].sum())
    keep = hint | (best[task] - profit <= focus * slack)
    return Pairs(
        task=task[keep],
        agent=to[keep],
        value=value[keep],
        size=size[keep],
        must=best[task[keep]] > slack,
        hint=hint[keep],
        capacity=problem.capacity,
    )


def _apply(agent: Ids, pairs: Pairs, choice: Choice | None) -> tuple[Ids, int]:
    """The assignment after the choice, and the gain; the one before where the choice is worse."""
    if choice is None:
        return agent, 0
    gain = int(pairs.value[choice.chosen].sum() - pairs.value[pairs.hint].sum())
    if gain < 0:
        return agent, 0
    agent = agent.copy()
    agent[pairs.task[pairs.hint]] = -1
    agent[pairs.task[choice.chosen]] = pairs.agent[choice.chosen]
    return agent, gain
