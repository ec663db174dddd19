"""Where sizes differ at an agent: relax, round, and improve until the stop."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from solver.bound import lagrangian, rough_prices
from solver.flow import Flow
from solver.greedy import feasible_part, objective, room_of
from solver.problem import Ids, Ints, Problem
from solver.reduce import Mask, renumbered, restrict, trimmed
from solver.relax import Relaxed, cut_in_units, group_sizes, joined, rounded
from solver.search import improve
from solver.solution import Found
from solver.stop import Countdown

TimedFlow = Callable[[Problem, Countdown], Flow | None]
LEAST_SHARE = 0.1
"""Of the time left, what a part among many gets at least: most need little of it."""


def weighted(
    problem: Problem, part: Ints, flow: TimedFlow, countdown: Countdown, seed: int, begin: list[Ids]
) -> Found:
    """The best assignment found in time, never worse than those to begin with; and an upper bound.

    `part`: int64[n], the connected part of each task. Relaxed all at once, improved part by part.
    """
    relaxed = _relaxed(problem, flow, countdown, begin[0])
    tries = [relaxed.agent, *begin]
    best = max(tries, key=lambda each: objective(problem, each))
    relaxed = replace(relaxed, agent=_size_by_size(problem, best, flow, countdown))
    if np.all(part == part.max(initial=0)):
        return _improved(problem, relaxed, countdown, seed)
    return _part_by_part(problem, part, relaxed, countdown, seed)


def _improved(problem: Problem, relaxed: Relaxed, countdown: Countdown, seed: int) -> Found:
    bound = lagrangian(problem, relaxed.price, relaxed.scale)
    return improve(problem, relaxed, bound, countdown, seed)


def _part_by_part(problem: Problem, part: Ints, relaxed: Relaxed, countdown: Countdown, seed: int) -> Found:
    """Each part for itself; when time is up, all that are left at once."""
    agent = np.full(problem.group.size, -1, np.int32)
    bound, rounds, left = 0, 0, np.ones(part.size, bool)
    for one in np.unique(part).tolist():
        chosen = left if countdown.left() == 0 else part == one
        share = max(LEAST_SHARE, np.count_nonzero(chosen) / np.count_nonzero(left))
        few, tasks, agents = _of_tasks(problem, chosen)
        start = replace(relaxed, agent=renumbered(relaxed.agent[tasks], agents), price=relaxed.price[agents])
        found = _improved(few, start, countdown.share(share), seed)
        won = np.flatnonzero(found.agent >= 0)
        agent[tasks[won]] = agents[found.agent[won]]
        bound, rounds, left = bound + found.bound, rounds + found.rounds, left & ~chosen
        if not left.any():
            break
    return Found(agent=agent, bound=bound, rounds=rounds)


def _of_tasks(problem: Problem, tasks: Mask) -> tuple[Problem, Ints, Ints]:
    groups = np.zeros(problem.n_groups, bool)
    groups[problem.group[tasks]] = True
    return restrict(problem, groups)


def _relaxed(problem: Problem, flow: TimedFlow, countdown: Countdown, known: Ids) -> Relaxed:
    """The best relaxation that the time and the problem allow."""
    _, alike = group_sizes(problem)
    if not alike and countdown.left() > 0:
        from solver.linear import few_pairs, linear  # noqa: PLC0415  (GLOP, for few problems)

        if few_pairs(problem):
            return linear(problem)
    cut = cut_in_units(problem)
    found = flow(cut.problem, countdown) if cut else None
    if not cut or not found:
        return Relaxed(agent=known, price=rough_prices(problem, known), scale=1)
    agent = feasible_part(problem, joined(problem, cut.task, found.agent))
    agent = _continued(problem, agent, flow, countdown)
    agent = rounded(problem, agent, found.price, cut.scale)
    return Relaxed(agent=agent, price=found.price, scale=cut.scale)


def _continued(problem: Problem, agent: Ids, flow: TimedFlow, countdown: Countdown) -> Ids:
    """Relax and round what waits on the room that is left, until that places nobody."""
    everywhere = np.ones(problem.n_groups, bool)
    while True:
        part, tasks, agents = restrict(problem, everywhere, agent < 0)
        part = trimmed(replace(part, capacity=room_of(problem, agent)[agents]))
        cut = cut_in_units(part)
        found = flow(cut.problem, countdown) if cut else None
        if not cut or not found:
            return agent
        more = feasible_part(part, joined(part, cut.task, found.agent))
        won = np.flatnonzero(more >= 0)
        if not won.size:
            return agent
        agent = agent.copy()
        agent[tasks[won]] = agents[more[won]]


def _size_by_size(problem: Problem, agent: Ids, flow: TimedFlow, countdown: Countdown) -> Ids:
    """Place the tasks of one size anew, the others held: an exact flow each; until no size gains."""
    size, alike = group_sizes(problem)
    sizes = np.unique(problem.arc_size).tolist() if alike else []
    value, last = objective(problem, agent), -1
    while value > last:
        last = value
        for one in sizes:
            after = _replaced(problem, agent, size == one, one, flow, countdown)
            if after is None:
                return agent
            agent = after
        value = objective(problem, agent)
    return agent


def _replaced(
    problem: Problem, agent: Ids, groups: Mask, size: int, flow: TimedFlow, countdown: Countdown
) -> Ids | None:
    """The assignment with the tasks of these groups, all of one size, placed anew; None without a flow."""
    part, tasks, agents = restrict(problem, groups)
    held = agent.copy()
    held[tasks] = -1
    room = room_of(problem, held)[agents]
    part = replace(part, arc_size=np.ones_like(part.arc_size), capacity=room // size)
    found = flow(part, countdown)
    if not found:
        return None
    won = np.flatnonzero(found.agent >= 0)
    held[tasks[won]] = agents[found.agent[won]]
    return held if objective(problem, held) >= objective(problem, agent) else agent
