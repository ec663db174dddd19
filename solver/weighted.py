"""Where sizes differ at an agent: relax, round, and improve until the stop."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from solver.bound import lagrangian, rough_prices
from solver.flow import Flow
from solver.greedy import feasible_part, objective, room_of
from solver.problem import Ids, Problem
from solver.reduce import Mask, restrict, trimmed
from solver.relax import Relaxed, cut_in_units, group_sizes, joined, rounded
from solver.search import improve
from solver.solution import Found
from solver.stop import Countdown

TimedFlow = Callable[[Problem, Countdown], Flow | None]


def weighted(problem: Problem, flow: TimedFlow, countdown: Countdown, seed: int, begin: list[Ids]) -> Found:
    """The best assignment found in time, never worse than those to begin with; and an upper bound."""
    relaxed = _relaxed(problem, flow, countdown, begin[0])
    tries = [relaxed.agent, *begin]
    best = max(tries, key=lambda each: objective(problem, each))
    best = _size_by_size(problem, best, flow, countdown)
    bound = lagrangian(problem, relaxed.price, relaxed.scale)
    return improve(problem, replace(relaxed, agent=best), bound, countdown, seed)


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
            agent = _replaced(problem, agent, size == one, one, flow, countdown)
        value = objective(problem, agent)
    return agent


def _replaced(
    problem: Problem, agent: Ids, groups: Mask, size: int, flow: TimedFlow, countdown: Countdown
) -> Ids:
    """The assignment with the tasks of these groups, all of one size, placed anew."""
    part, tasks, agents = restrict(problem, groups)
    held = agent.copy()
    held[tasks] = -1
    room = room_of(problem, held)[agents]
    part = replace(part, arc_size=np.ones_like(part.arc_size), capacity=room // size)
    found = flow(part, countdown)
    if not found:
        return agent
    won = np.flatnonzero(found.agent >= 0)
    held[tasks[won]] = agents[found.agent[won]]
    return held if objective(problem, held) >= objective(problem, agent) else agent
