"""The judge: recomputes feasibility, objective and proof without any of the methods' code."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from solver.problem import Problem
from solver.solution import Solution, Status


class CheckError(AssertionError):
    """A solution is not what it claims to be; the message lists every fault."""


def check(problem: Problem, solution: Solution) -> None:
    """Raise CheckError unless the assignment is feasible and objective, bound and status are true.

    Where the solution has prices, the bound must be the one that they prove: then an optimum is certain.
    """
    faults = _shape_faults(problem, solution)
    if not faults:
        faults = [
            *_pair_faults(problem, solution),
            *_claim_faults(solution),
            *_proof_faults(problem, solution),
        ]
    if faults:
        raise CheckError("; ".join(faults))


def _shape_faults(problem: Problem, solution: Solution) -> list[str]:
    agent = solution.agent
    if agent.shape != problem.group.shape:
        return [f"{agent.size} tasks are answered; expected {problem.group.size}"]
    if agent.size and not -1 <= int(agent.min()) <= int(agent.max()) < problem.capacity.size:
        return ["an agent is named that is not there"]
    return []


def _claim_faults(solution: Solution) -> list[str]:
    faults = []
    if solution.bound < solution.objective:
        faults.append(f"the bound {solution.bound} is below the objective {solution.objective}")
    if solution.status is Status.OPTIMAL and solution.bound != solution.objective:
        faults.append(f"optimal is claimed with a gap: {solution.objective} against {solution.bound}")
    return faults


def _pair_faults(problem: Problem, solution: Solution) -> list[str]:
    task = np.flatnonzero(solution.agent >= 0)
    agent = solution.agent[task]
    found, arc = _find(problem, task, agent)
    barred = np.isin(_key(problem, task, agent), _key(problem, problem.barred_task, problem.barred_agent))
    load = np.zeros(problem.capacity.size, np.int64)
    np.add.at(load, agent[found], problem.arc_size[arc])
    over = np.flatnonzero(load > problem.capacity)
    preferred = solution.agent[problem.bonus_task] == problem.bonus_agent
    value = int(
        problem.urgency[task[found]].sum() + problem.arc_fit[arc].sum() + problem.bonus[preferred].sum()
    )
    faults = [f"task {t} is not eligible for agent {a}" for t, a in _rows(task[~found], agent[~found])]
    faults += [f"task {t} is barred from agent {a}" for t, a in _rows(task[barred], agent[barred])]
    faults += [f"agent {a} carries {x} of {c}" for a, x, c in _rows(over, load[over], problem.capacity[over])]
    if value != solution.objective:
        faults.append(f"the pairs are worth {value}; {solution.objective} is claimed")
    return faults


def _proof_faults(problem: Problem, solution: Solution) -> list[str]:
    price = solution.price
    if price is None:
        return []
    if price.shape != problem.capacity.shape or (price.size and price.min() < 0):
        return ["prices must be one an agent, none below 0"]
    proven = _proven(problem, price)
    return (
        []
        if proven == solution.bound
        else [f"the prices prove a bound of {proven}; {solution.bound} is claimed"]
    )


def _proven(problem: Problem, price: NDArray[np.int64]) -> int:
    """Weak duality: what all capacity costs, plus what each task can gain at these prices at most."""
    profit = problem.arc_fit - problem.arc_size * price[problem.arc_agent]
    by_profit = np.lexsort((-profit, problem.arc_group))
    first, last = (np.searchsorted(problem.arc_group, problem.group, side) for side in ("left", "right"))
    named = np.zeros(problem.group.size, bool)
    named[problem.bonus_task] = named[problem.barred_task] = True
    plain = np.flatnonzero(~named & (first < last))
    total = int(np.maximum(0, problem.urgency[plain] + profit[by_profit[first[plain]]]).sum())
    bonus, barred = _named_pairs(problem)
    for task in np.flatnonzero(named).tolist():
        total += _gain(problem, by_profit[first[task] : last[task]], profit, task, bonus[task], barred[task])
    paid: int = sum(p * c for p, c in zip(price.tolist(), problem.capacity.tolist(), strict=True))
    return total + paid


def _gain(
    problem: Problem,
    arcs: NDArray[np.int64],
    profit: NDArray[np.int64],
    task: int,
    bonus: dict[int, int],
    barred: set[int],
) -> int:
    """The most that one task with pairs of its own can gain; its group's arcs come by falling profit."""
    most = max(bonus.values(), default=0)
    best = -int(problem.urgency[task])
    for arc in arcs:
        agent = int(problem.arc_agent[arc])
        if int(profit[arc]) + most <= best:
            break
        if agent not in barred:
            best = max(best, int(profit[arc]) + bonus.get(agent, 0))
    return best + int(problem.urgency[task])


def _named_pairs(problem: Problem) -> tuple[defaultdict[int, dict[int, int]], defaultdict[int, set[int]]]:
    bonus: defaultdict[int, dict[int, int]] = defaultdict(dict)
    barred: defaultdict[int, set[int]] = defaultdict(set)
    for task, agent, more in _rows(problem.bonus_task, problem.bonus_agent, problem.bonus, limit=None):
        bonus[task][agent] = more
    for task, agent in _rows(problem.barred_task, problem.barred_agent, limit=None):
        barred[task].add(agent)
    return bonus, barred


def _key(problem: Problem, task: NDArray[np.integer], agent: NDArray[np.integer]) -> NDArray[np.int64]:
    return task.astype(np.int64) * problem.capacity.size + agent


def _find(
    problem: Problem, task: NDArray[np.integer], agent: NDArray[np.integer]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which pairs are eligible; the arcs of those."""
    known = problem.arc_group.astype(np.int64) * problem.capacity.size + problem.arc_agent
    wanted = problem.group[task].astype(np.int64) * problem.capacity.size + agent
    found = np.isin(wanted, known)
    return found, np.searchsorted(known, wanted[found])


def _rows(*columns: NDArray[np.integer], limit: int | None = 10) -> list[tuple[int, ...]]:
    """The first rows, as plain integers."""
    return list(zip(*(column[:limit].tolist() for column in columns), strict=True))
