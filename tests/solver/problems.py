"""Small random problems, and the answer that trying everything gives."""

from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from solver.problem import Problem


def tiny(**given: Any) -> Problem:
    """A problem from a few lists: tasks all in group 0 and capacities one, unless given."""
    capacity = given.pop("capacity", [1] * (1 + max(given["arc_agent"], default=-1)))
    group = given.pop("group", [0] * len(given["urgency"]))
    arc_group = given.pop("arc_group", [0] * len(given["arc_agent"]))
    fields = dict(given, capacity=capacity, group=group, arc_group=arc_group)
    return Problem(**{name: np.array(value, np.int64) for name, value in fields.items()})


@st.composite
def problems(draw: st.DrawFn, *, sizes: bool = False, most_groups: int = 3) -> Problem:
    """Up to 7 tasks in some groups and 4 agents; few different numbers, so that ties abound, or many."""
    n, m, groups = draw(st.integers(0, 7)), draw(st.integers(0, 4)), draw(st.integers(1, most_groups))
    highest = draw(st.sampled_from((2, 9, 10**6)))
    number = st.integers(0, highest)
    group = draw(st.lists(st.integers(0, groups - 1), min_size=n, max_size=n))
    arcs = [(g, a) for g in range(groups) for a in range(m) if draw(st.integers(0, 3))]
    pairs = [(t, a) for t in range(n) for g, a in arcs if g == group[t]]
    some = st.lists(st.sampled_from(pairs), unique=True, max_size=6) if pairs else st.just([])
    bonus, barred = draw(some), draw(some)
    size = st.integers(1, 3) if sizes else st.just(draw(st.sampled_from((1, 1, 2))))
    return tiny(
        group=group,
        urgency=[1 + draw(number) for _ in range(n)],
        arc_group=[g for g, _ in arcs],
        arc_agent=[a for _, a in arcs],
        arc_fit=[draw(number) for _ in arcs],
        arc_size=[draw(size) for _ in arcs],
        capacity=draw(st.lists(st.integers(0, 5), min_size=m, max_size=m)),
        bonus_task=[t for t, _ in bonus],
        bonus_agent=[a for _, a in bonus],
        bonus=[draw(number) for _ in bonus],
        barred_task=[t for t, _ in barred],
        barred_agent=[a for _, a in barred],
    )


def values(problem: Problem) -> dict[tuple[int, int], tuple[int, int]]:
    """Every allowed (task, agent) with its value and size, read pair by pair."""
    columns = (problem.arc_group, problem.arc_agent, problem.arc_fit, problem.arc_size)
    arcs = {(g, a): (f, s) for g, a, f, s in zip(*(column.tolist() for column in columns), strict=True)}
    more = (problem.bonus_task, problem.bonus_agent, problem.bonus)
    bonus = {(t, a): b for t, a, b in zip(*(column.tolist() for column in more), strict=True)}
    barred = set(zip(problem.barred_task.tolist(), problem.barred_agent.tolist(), strict=True))
    tasks = list(enumerate(zip(problem.group.tolist(), problem.urgency.tolist(), strict=True)))
    return {
        (t, a): (urgency + fit + bonus.get((t, a), 0), size)
        for t, (group, urgency) in tasks
        for (g, a), (fit, size) in arcs.items()
        if g == group and (t, a) not in barred
    }


def optimum(problem: Problem) -> int:
    """The best objective, by trying every assignment."""
    return canonical(problem)[0]


def canonical(problem: Problem) -> tuple[int, tuple[bool, ...], tuple[int, ...]]:
    """By trying every assignment: the best objective; of all that reach it, which tasks are assigned where
    the lowest are; and of all those, how much is left of each agent where the lowest are used.
    """
    known = values(problem)
    choices = [
        [(a, *known[t, a]) for a in range(problem.n_agents) if (t, a) in known]
        for t in range(len(problem.group))
    ]

    @cache
    def best(task: int, left: tuple[int, ...]) -> tuple[int, tuple[bool, ...], tuple[int, ...]]:
        if task == len(choices):
            return 0, (), tuple(-each for each in left)
        worth, assigned, lowest = best(task + 1, left)
        found = worth, (False, *assigned), lowest
        for agent, value, size in choices[task]:
            if left[agent] >= size:
                after = (*left[:agent], left[agent] - size, *left[agent + 1 :])
                worth, assigned, lowest = best(task + 1, after)
                found = max(found, (worth + value, (True, *assigned), lowest))
        return found

    worth, assigned, lowest = best(0, tuple(problem.capacity.tolist()))
    return worth, assigned, tuple(-each for each in lowest)


def large(n: int, m: int, groups: int, *, seed: int = 0, sizes: int = 1) -> Problem:
    """A random problem in which every group may go to about a fifth of the agents."""
    random = np.random.default_rng(seed)
    arc_group, arc_agent = np.nonzero(random.random((groups, m)) < 0.2)
    return Problem(
        group=random.integers(0, groups, n),
        urgency=random.integers(1, 100_000, n),
        arc_group=arc_group,
        arc_agent=arc_agent,
        arc_fit=random.integers(0, 1_000, arc_group.size),
        arc_size=random.integers(1, sizes + 1, groups)[arc_group],
        capacity=random.integers(1, 4, m) * (1 + sizes // 2),
    )
