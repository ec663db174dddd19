"""Exact for a choice of pairs under weighted capacities: a CP-SAT model, one function a constraint."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from solver.problem import Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Pairs to choose from, sorted by task; all arrays int64, one entry a pair but `capacity`."""

    task: Ints
    agent: Ints
    value: Ints
    size: Ints
    capacity: Ints
    """One an agent."""
    must: NDArray[np.bool_]
    """Whether the pair's task may not wait."""
    hint: NDArray[np.bool_]
    """The pairs of an assignment that is known to be feasible."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """The best choice found, what no choice exceeds, whether it is proven best, the work it took."""

    chosen: NDArray[np.bool_]
    bound: int
    proven: bool
    work: float


def choose(pairs: Pairs, seconds: float, work: float, seed: int) -> Choice | None:
    """Choose pairs of the greatest total value; None when the limits stop it before any answer.

    `work` is CP-SAT's deterministic time; with `seconds` infinite the answer replays alike.
    """
    model = cp_model.CpModel()
    chosen = [model.new_bool_var("") for _ in range(pairs.task.size)]
    for constrain in (_one_agent_a_task, _within_capacity, _most_value, _from_hint):
        constrain(model, chosen, pairs)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False  # what an interrupt means is the caller's affair
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = work
    if np.isfinite(seconds):
        solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return None
    return Choice(
        chosen=np.asarray(solver.boolean_values(chosen), bool),
        bound=int(solver.best_objective_bound),
        proven=status == cp_model.OPTIMAL,
        work=solver.deterministic_time,
    )


def _one_agent_a_task(model: cp_model.CpModel, chosen: list[cp_model.IntVar], pairs: Pairs) -> None:
    """A task goes to one agent at most; to one exactly if it may not wait."""
    for some in _runs(pairs.task):
        constrain = model.add_exactly_one if pairs.must[some[0]] else model.add_at_most_one
        constrain(chosen[pair] for pair in some.tolist())


def _within_capacity(model: cp_model.CpModel, chosen: list[cp_model.IntVar], pairs: Pairs) -> None:
    """The sizes at an agent sum to its capacity at most."""
    for some in _runs(pairs.agent):
        capacity = int(pairs.capacity[pairs.agent[some[0]]])
        sizes = pairs.size[some].tolist()
        model.add_linear_constraint(_sum([chosen[pair] for pair in some.tolist()], sizes), 0, capacity)


def _most_value(model: cp_model.CpModel, chosen: list[cp_model.IntVar], pairs: Pairs) -> None:
    """The total value is to be as great as can be."""
    model.maximize(_sum(chosen, pairs.value.tolist()))


def _from_hint(model: cp_model.CpModel, chosen: list[cp_model.IntVar], pairs: Pairs) -> None:
    """Begin with the assignment that is known."""
    for variable, value in zip(chosen, pairs.hint.tolist(), strict=True):
        model.add_hint(variable, value)


def _sum(variables: list[cp_model.IntVar], weights: list[int]) -> cp_model.LinearExprT:
    return cp_model.LinearExpr.weighted_sum(variables, weights)


def _runs(owner: Ints) -> list[Ints]:
    """The positions of each owner's entries."""
    order = np.argsort(owner, kind="stable")
    return [run for run in np.split(order, np.flatnonzero(np.diff(owner[order])) + 1) if run.size]
