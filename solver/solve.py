"""One question, one answer: picks the method, keeps the time, says what is proven."""

import numpy as np

from solver.bound import lagrangian, rough_prices
from solver.flow import Flow, flow
from solver.greedy import feasible_part, greedy, objective
from solver.guard import within
from solver.network import NetworkError
from solver.problem import Ids, Ints, Problem
from solver.reduce import batches, in_places, renumbered, restrict, trimmed, weighted_parts
from solver.solution import Found, Method, Solution, Status
from solver.stop import Countdown, Stop
from solver.ties import exchanged, resorted

SECONDS_PER_ARC = 3e-6
"""More than a flow takes; what may take longer than the time left runs in a child."""
FALLBACK_SECONDS_PER_ARC = 0.25e-6
"""What the greedy answer and its bound take; kept in reserve while a child works."""


def solve(problem: Problem, stop: Stop, seed: int = 0, start: Solution | Ids | None = None) -> Solution:
    """The best assignment found before the stop, with a bound of the optimum.

    `start`: an assignment to begin from; what of it is not feasible is dropped. Never worse than greedy,
    nor than the feasible part of `start`. The result is a function of problem, seed and work; one that
    says optimal is the same whatever the seconds, too, as long as `start` is.
    """
    countdown = stop.start()
    known = start.agent if isinstance(start, Solution) else start
    tight = trimmed(problem)
    parts = weighted_parts(tight)
    if parts.max(initial=-1) >= 0:
        return _mixed(tight, parts, countdown, seed, known) if countdown.left() else _fallback(problem, known)
    places = in_places(tight)
    found = _timed_flow(places, countdown, canonical=True)
    return _proven(problem, places, found) if found else _fallback(problem, known)


def _timed_flow(problem: Problem, countdown: Countdown, *, canonical: bool) -> Flow | None:
    """The flow's answer; None when the time, or the range of numbers, does not suffice."""
    arcs = _size(problem)
    left = countdown.seconds()
    if left == 0:
        return None
    if arcs * SECONDS_PER_ARC > left:
        flat = within(
            max(left / 2, left - arcs * FALLBACK_SECONDS_PER_ARC),
            problem.group.size + problem.n_agents + 1,
            lambda: _flat(flow(problem, canonical=canonical)),
        )
        return None if flat is None else _unflat(problem, flat)
    try:
        return flow(problem, canonical=canonical)
    except NetworkError:
        return None


def _size(problem: Problem) -> int:
    """Arcs of the network at most: each task with bars may have its own."""
    named = np.unique(problem.barred_task)
    own = np.diff(problem.group_start)[problem.group[named]].sum()
    return int(problem.arc_agent.size + problem.group.size + problem.bonus.size + own)


def _flat(found: Flow) -> Ints:
    return np.concatenate((found.agent, found.price, [found.rounds]))


def _unflat(problem: Problem, flat: Ints) -> Flow:
    agent, price, rounds = np.split(flat, [problem.group.size, -1 + flat.size])
    return Flow(agent=agent.astype(np.int32), price=price, rounds=int(rounds[0]))


def _proven(problem: Problem, places: Problem, found: Flow) -> Solution:
    """The flow's answer; where places are units of capacity, with the prices that prove it."""
    value, bound = objective(problem, found.agent), lagrangian(places, found.price)
    return Solution(
        agent=found.agent,
        objective=value,
        bound=bound,
        status=Status.OPTIMAL if value == bound else Status.FEASIBLE,
        method=Method.FLOW,
        work=found.rounds,
        price=found.price if places is problem else None,
    )


def _fallback(problem: Problem, known: Ids | None) -> Solution:
    """The best assignment at hand, with the bound of rough prices; even where that bound is met, another
    optimum than the method's, so it does not say optimal.
    """
    agent = resorted(problem, _best_at_hand(problem, known))
    price = rough_prices(problem, agent)
    return Solution(
        agent=agent,
        objective=objective(problem, agent),
        bound=lagrangian(problem, price),
        status=Status.FALLBACK,
        method=Method.GREEDY,
        price=price,
    )


def _best_at_hand(problem: Problem, known: Ids | None) -> Ids:
    return max(_begin(problem, known), key=lambda each: objective(problem, each))


def _begin(problem: Problem, known: Ids | None) -> list[Ids]:
    """Greedy alone, and greedy after what is feasible of the known assignment."""
    alone = greedy(problem)
    return [alone] if known is None else [alone, greedy(problem, feasible_part(problem, known))]


def _mixed(problem: Problem, parts: Ints, countdown: Countdown, seed: int, known: Ids | None) -> Solution:
    """What has no differing sizes by flow; the other parts by search, each in its share of the time."""
    from solver.weighted import weighted  # noqa: PLC0415  (CP-SAT takes half a second to import)

    timed, rest = _Watched(), parts < 0
    agent = np.full(problem.group.size, -1, np.int32)
    bound, work, weight = 0, 0, np.count_nonzero(~rest)
    for groups in (rest, *batches(problem, parts)):
        part, tasks, agents = restrict(problem, groups)
        before = None if known is None else renumbered(known[tasks], agents)
        if groups is rest:
            found = _flow_or_best(part, timed, countdown, before)
        else:
            share = countdown.share(np.count_nonzero(groups) / weight)
            weight -= np.count_nonzero(groups)
            own = parts[problem.group[tasks]]
            found = weighted(part, own, timed, share, seed, _begin(part, before))
        won = np.flatnonzero(found.agent >= 0)
        agent[tasks[won]] = agents[found.agent[won]]
        bound, work = bound + found.bound, work + found.rounds
    agent = resorted(problem, agent)
    value = objective(problem, agent)
    status = Status.OPTIMAL if value == bound and not timed.missed else Status.FEASIBLE
    if status is Status.OPTIMAL:
        agent = exchanged(problem, agent)
    return Solution(agent=agent, objective=value, bound=bound, status=status, method=Method.CPSAT, work=work)


class _Watched:
    """The flow against the time; remembers whether it ever had no answer. What then follows depends on the
    clock, so it must not say optimal: an optimal answer is the same under every limit.
    """

    missed = False

    def __call__(self, problem: Problem, countdown: Countdown, *, canonical: bool = False) -> Flow | None:
        found = _timed_flow(problem, countdown, canonical=canonical)
        self.missed |= found is None
        return found


def _flow_or_best(part: Problem, timed: _Watched, countdown: Countdown, known: Ids | None) -> Found:
    """The flow's answer for a part; where the time does not suffice, the best at hand."""
    places = in_places(part)
    found = timed(places, countdown, canonical=True)
    if found:
        return Found(agent=found.agent, bound=lagrangian(places, found.price), rounds=found.rounds)
    agent = _best_at_hand(part, known)
    return Found(agent=agent, bound=lagrangian(part, rough_prices(part, agent)), rounds=0)
