"""The linear relaxation over all pairs: for small problems whose sizes differ by agent."""

import numpy as np
from ortools.linear_solver import pywraplp

from solver.problem import MAX_VALUE, Ids, Ints, Problem
from solver.relax import Relaxed, finest, rounded

FEW_PAIRS = 20_000


def few_pairs(problem: Problem) -> bool:
    """Whether the pairs are few enough for this."""
    return int(np.diff(problem.group_start)[problem.group].sum()) <= FEW_PAIRS


def linear(problem: Problem) -> Relaxed:
    """Cut tasks at will: prices of capacity, and the assignment in which each task goes where most of it
    went.
    """
    task, arc = problem.pairs_of(np.arange(problem.group.size))
    fine = ~problem.barred(task, problem.arc_agent[arc])
    task, arc = task[fine], arc[fine]
    agent = problem.arc_agent[arc]
    share, dual = _optimum(problem, task, agent, problem.arc_size[arc])
    scale = finest(problem)
    price = np.clip(np.rint(dual * scale), 0, MAX_VALUE).astype(np.int64)
    wanted = _most(problem, task, agent, share)
    return Relaxed(agent=rounded(problem, wanted, price, scale), price=price, scale=scale)


def _optimum(problem: Problem, task: Ints, agent: Ids, size: Ids) -> tuple[np.ndarray, np.ndarray]:
    """The share of each task that goes to each agent, pair by pair; the dual price of each agent's
    capacity.
    """
    solver = pywraplp.Solver.CreateSolver("GLOP")
    once = [solver.Constraint(0.0, 1.0) for _ in range(problem.group.size)]
    capacity = [solver.Constraint(0.0, float(units)) for units in problem.capacity.tolist()]
    total = solver.Objective()
    total.SetMaximization()
    shares = []
    columns = (task, agent, size, problem.value(task, agent))
    for t, a, units, value in zip(*(column.tolist() for column in columns), strict=True):
        share = solver.NumVar(0.0, solver.infinity(), "")
        once[t].SetCoefficient(share, 1.0)
        capacity[a].SetCoefficient(share, float(units))
        total.SetCoefficient(share, float(value))
        shares.append(share)
    solver.Solve()
    return np.array([share.solution_value() for share in shares]), np.array(
        [row.dual_value() for row in capacity]
    )


def _most(problem: Problem, task: Ints, agent: Ids, share: np.ndarray) -> Ids:
    """The agent to whom more than half of each task goes; -1 where there is none."""
    wanted = np.full(problem.group.size, -1, np.int32)
    most = share > 0.5
    wanted[task[most]] = agent[most]
    return wanted
