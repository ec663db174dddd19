"""One question, one answer: picks the method, keeps the time, says what is proven."""

from dataclasses import replace

import numpy as np

from solver.bound import lagrangian, rough_prices
from solver.flow import Flow, flow
from solver.greedy import feasible_part, greedy
from solver.guard import within
from solver.network import NetworkError
from solver.problem import Ids, Ints, Problem
from solver.solution import Method, Solution, Status
from solver.stop import Countdown, Stop

SECONDS_PER_ARC = 12e-6
"""A flow takes a third of this on a slow machine; what may take longer than the limit runs in a child."""


def solve(problem: Problem, stop: Stop, seed: int = 0, start: Solution | Ids | None = None) -> Solution:
    """The best assignment found before the stop, with a bound of the optimum.

    `start`: an assignment to begin from; what of it is not feasible is dropped. Never worse than greedy, nor than
    the feasible part of `start`. The result is a function of problem, seed and work; an optimal one also of seconds.
    """
    countdown = stop.start()
    begin = start.agent if isinstance(start, Solution) else start
    places = in_places(problem)
    found = _flow_in_time(places, countdown) if places else None
    return _fallback(problem, begin) if found is None else _optimal(problem, places, found)


def in_places(problem: Problem) -> Problem | None:
    """The same problem with all sizes one, where each agent's sizes are equal; else None.

    An agent who takes tasks of one size s only has `capacity // s` places.
    """
    if problem.arc_size.size == 0 or problem.arc_size.max() == 1:
        return problem
    low = np.full(problem.n_agents, np.iinfo(np.int64).max)
    high = np.ones(problem.n_agents, np.int64)
    np.minimum.at(low, problem.arc_agent, problem.arc_size)
    np.maximum.at(high, problem.arc_agent, problem.arc_size)
    if np.any(low < high):
        return None
    return replace(problem, arc_size=np.ones_like(problem.arc_size), capacity=problem.capacity // high)


def objective(problem: Problem, agent: Ids) -> int:
    """Sum of the values of the chosen pairs."""
    task = np.flatnonzero(agent >= 0)
    return int(problem.value(task, agent[task]).sum())


def _flow_in_time(problem: Problem, countdown: Countdown) -> Flow | None:
    """The flow's answer; None when the time, or the range of numbers, does not suffice."""
    arcs = problem.arc_agent.size + problem.group.size + problem.bonus.size + problem.barred_task.size
    left = countdown.left()
    if left == 0:
        return None
    if not countdown.timed or arcs * SECONDS_PER_ARC < left:
        try:
            return flow(problem)
        except NetworkError:
            return None
    tasks = problem.group.size
    flat = within(left, tasks + problem.n_agents + 1, lambda: _flat(flow(problem)))
    if flat is None:
        return None
    return Flow(agent=flat[:tasks].astype(np.int32), price=flat[tasks:-1].copy(), rounds=int(flat[-1]))


def _flat(found: Flow) -> Ints:
    return np.concatenate((found.agent, found.price, [found.rounds]))


def _optimal(problem: Problem, places: Problem, found: Flow) -> Solution:
    worth = objective(problem, found.agent)
    return Solution(
        agent=found.agent,
        objective=worth,
        bound=lagrangian(places, found.price),
        status=Status.OPTIMAL,
        method=Method.FLOW,
        work=found.rounds,
        price=found.price if places is problem else None,
    )


def _fallback(problem: Problem, begin: Ids | None) -> Solution:
    """The best of greedy alone and greedy after the start, with the bound of rough prices."""
    tries = [greedy(problem)]
    if begin is not None:
        tries.append(greedy(problem, feasible_part(problem, begin)))
    agent = max(tries, key=lambda each: objective(problem, each))
    worth = objective(problem, agent)
    price = rough_prices(problem, agent)
    bound = lagrangian(problem, price)
    status = Status.OPTIMAL if bound == worth else Status.FALLBACK
    return Solution(
        agent=agent, objective=worth, bound=bound, status=status, method=Method.GREEDY, price=price
    )
