"""Random problems of any size, and the generalised assignment files."""

from typing import Any

import numpy as np

from solver.problem import Problem
from tests.benchmarks.yardsticks import yardsticks

BEST_KNOWN = {"d05100": 6353, "d10200": 12430, "d20200": 12244}
BIG = 10_000
"""What assigning a task of those files is worth before its cost: more than any detour can save."""


def office(tasks: int, agents: int, groups: int, *, share: float = 0.225, seed: int = 0) -> dict[str, Any]:
    """The arrays of a problem: each group eligible for about a share of the agents, capacities 1 to 3."""
    random = np.random.default_rng(seed)
    shares = random.uniform(share * 0.9, share * 1.1, groups)
    arc_group, arc_agent = np.nonzero(random.random((groups, agents)) < shares[:, None])
    return {
        "group": random.integers(0, groups, tasks),
        "urgency": random.integers(1, 100_000, tasks),
        "arc_group": arc_group,
        "arc_agent": arc_agent,
        "arc_fit": random.integers(1, 1_000, arc_group.size),
        "capacity": random.integers(1, 4, agents),
    }


def naming_agents(arrays: dict[str, Any], share: float = 0.2, seed: int = 0) -> dict[str, Any]:
    """The same problem in which a share of the tasks name an agent: half prefer one, half may not go to
    one.
    """
    random = np.random.default_rng(seed)
    task = np.flatnonzero(random.random(arrays["group"].size) < share)
    group = arrays["group"][task]
    first, last = (np.searchsorted(arrays["arc_group"], group, side) for side in ("left", "right"))
    agent = arrays["arc_agent"][first + (random.random(task.size) * (last - first)).astype(np.int64)]
    half = task.size // 2
    return arrays | {
        "bonus_task": task[:half],
        "bonus_agent": agent[:half],
        "bonus": np.full(half, 5_000),
        "barred_task": task[half:],
        "barred_agent": agent[half:],
    }


def tying(arrays: dict[str, Any]) -> dict[str, Any]:
    """The same problem with all tasks equally urgent and all agents equally fit."""
    return arrays | {
        "urgency": np.full_like(arrays["urgency"], 500),
        "arc_fit": np.full_like(arrays["arc_fit"], 10),
    }


def weighing(arrays: dict[str, Any], seed: int = 0) -> dict[str, Any]:
    """The same problem with sizes 1 to 3 by group and capacities 2 to 6."""
    random = np.random.default_rng(seed)
    size = random.integers(1, 4, int(arrays["arc_group"].max()) + 1)
    return arrays | {
        "arc_size": size[arrays["arc_group"]],
        "capacity": random.integers(2, 7, arrays["capacity"].size),
    }


def dense(problem: Problem) -> np.ndarray:
    """int64[tasks, places]: each pair's value, 0 where it is not eligible; an agent has a column a place."""
    values = np.zeros((problem.n_groups, problem.n_agents), np.int64)
    values[problem.arc_group, problem.arc_agent] = problem.arc_fit
    eligible = np.zeros(values.shape, bool)
    eligible[problem.arc_group, problem.arc_agent] = True
    place = np.repeat(np.arange(problem.n_agents), problem.capacity)
    whole = values[problem.group][:, place] + problem.urgency[:, None]
    return np.where(eligible[problem.group][:, place], whole, 0)


def generalised(name: str) -> Problem:
    """A file of the OR-Library: agents, tasks, costs by agent, sizes by agent, capacities; value = BIG -
    cost.
    """
    numbers = np.array((yardsticks() / "gap" / name).read_text(encoding="ascii").split(), np.int64)
    agents, tasks = numbers[:2]
    cost, size, capacity = np.split(numbers[2:], [agents * tasks, 2 * agents * tasks])
    return Problem(
        group=np.arange(tasks),
        urgency=np.zeros(tasks, np.int64),
        arc_group=np.repeat(np.arange(tasks), agents),
        arc_agent=np.tile(np.arange(agents), tasks),
        arc_fit=BIG - cost.reshape(agents, tasks).T.ravel(),
        arc_size=size.reshape(agents, tasks).T.ravel(),
        capacity=capacity,
    )
