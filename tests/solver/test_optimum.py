"""Brute force is the oracle of every method."""

from dataclasses import replace

import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from solver.check import check
from solver.greedy import greedy, objective
from solver.problem import Problem
from solver.solution import Method, Status
from solver.solve import solve
from solver.stop import Stop
from tests.solver.problems import canonical, optimum, problems, tiny, values

often = settings(max_examples=600, deadline=None)
weighted = settings(max_examples=150, deadline=None)


@often
@given(problems())
def test_equal_sizes_are_solved_to_the_optimum(problem: Problem) -> None:
    """Where each agent's sizes are equal, the answer is the best there is, and proven."""
    solution = solve(problem, Stop())
    check(problem, solution)
    assert solution.status is Status.OPTIMAL
    assert solution.objective == solution.bound == optimum(problem)


@weighted
@given(problems(sizes=True))
def test_differing_sizes_are_solved_to_the_optimum(problem: Problem) -> None:
    """Small problems of any sizes are solved to proven optimality."""
    solution = solve(problem, Stop())
    check(problem, solution)
    assert solution.status is Status.OPTIMAL
    assert solution.objective == solution.bound == optimum(problem)


@often
@given(problems(sizes=True))
def test_greedy_is_feasible_and_never_above_the_optimum(problem: Problem) -> None:
    """The fallback answers at once, feasibly, with a bound that holds."""
    solution = solve(problem, Stop(seconds=0))
    check(problem, solution)
    assert solution.method is Method.GREEDY
    assert solution.objective >= objective(problem, greedy(problem))
    assert solution.objective <= optimum(problem) <= solution.bound


@weighted
@given(problems(sizes=True), st.floats(0, 0.01))
def test_the_bound_holds_however_early_the_search_stops(problem: Problem, work: float) -> None:
    """A stopped search is never worse than greedy, and its bound is true."""
    solution = solve(problem, Stop(work=work))
    check(problem, solution)
    assert objective(problem, greedy(problem)) <= solution.objective <= optimum(problem) <= solution.bound


@weighted
@given(problems(sizes=True, most_groups=12), st.sampled_from((0.0, 0.001, 0.02, 60.0)))
def test_any_limit_of_seconds_is_answered_truly(problem: Problem, seconds: float) -> None:
    """Groups that trimming empties, groups without tasks, many parts: an answer, and true, at any limit."""
    solution = solve(problem, Stop(seconds=seconds))
    check(problem, solution)
    assert objective(problem, greedy(problem)) <= solution.objective <= optimum(problem) <= solution.bound


def test_groups_that_trimming_empties_are_no_fault() -> None:
    """One agent with room for one task; what could fill the rest of it is barred: few arcs, many groups."""
    problem = tiny(
        group=[0, 1, 2, 3, 4], urgency=[4, 5, 6, 7, 8], arc_group=[0, 1, 2, 3, 4], arc_agent=[0] * 5,
        arc_fit=[0] * 5, arc_size=[2, 2, 2, 2, 1], capacity=[3], barred_task=[4], barred_agent=[0],
    )  # fmt: skip
    solution = solve(problem, Stop())
    check(problem, solution)
    assert solution.objective == optimum(problem) == 7


@often
@given(problems())
def test_greedy_takes_the_best_pair_first(problem: Problem) -> None:
    """Of all pairs that still fit, greedy takes the most valuable one; ties: lower task, then lower agent."""
    pairs = sorted((-value, task, agent, size) for (task, agent), (value, size) in values(problem).items())
    left, expected = problem.capacity.tolist(), [-1] * problem.group.size
    for _, task, agent, size in pairs:
        if expected[task] < 0 and left[agent] >= size:
            expected[task] = agent
            left[agent] -= size
    assert greedy(problem).tolist() == expected


@often
@given(problems(sizes=True))
def test_the_lower_index_wins_ties(problem: Problem) -> None:
    """No waiting task could take the place of an assigned one of higher index at the same size and value."""
    agent = solve(problem, Stop()).agent.tolist()
    known = values(problem)
    for waiting in (task for task, to in enumerate(agent) if to < 0):
        for later in range(waiting + 1, len(agent)):
            pair = (waiting, agent[later])
            assert pair not in known or known[pair] != known[later, agent[later]]


@often
@given(problems())
def test_no_task_could_move_to_a_free_agent_of_lower_index(problem: Problem) -> None:
    """Of agents of equal worth to a task without pairs of its own, the lower index gets it."""
    assume(all(size == 1 for size in problem.arc_size.tolist()))
    agent = solve(problem, Stop()).agent.tolist()
    named = {*problem.bonus_task.tolist(), *problem.barred_task.tolist()}
    allowed = values(problem)
    room = [int(left) - agent.count(a) for a, left in enumerate(problem.capacity)]
    for task, here in enumerate(agent):
        for lower in range(max(0, here) if task not in named else 0):
            worth = allowed.get((task, lower))
            assert not (room[lower] and worth and worth == allowed[task, here])


TIED_AND_BARRED = tiny(
    urgency=[1, 2, 2, 1, 3, 1, 3], arc_agent=[0, 1, 2], arc_fit=[0, 0, 0], capacity=[0, 1, 1],
    bonus_task=[2], bonus_agent=[1], bonus=[1], barred_task=[4], barred_agent=[2],
)  # fmt: skip


@often
@given(problems())
@example(TIED_AND_BARRED)
def test_the_lowest_tasks_are_assigned_and_then_the_lowest_agents_used(problem: Problem) -> None:
    """Of all optima: the lowest tasks, whatever chain of exchanges leads there; then the lowest agents."""
    agent = solve(problem, Stop()).agent
    _, assigned, left = canonical(problem)
    assert tuple(agent >= 0) == assigned
    size = problem.arc_size.max(initial=1)
    used = size * np.bincount(agent[agent >= 0], minlength=problem.n_agents)
    assert tuple(problem.capacity - used) == left


@often
@given(problems(), st.data())
def test_one_more_agent_never_lowers_the_optimum(problem: Problem, data: st.DataObject) -> None:
    """Somebody more to work with can only help."""
    lost = data.draw(st.integers(0, problem.n_agents))
    fewer = replace(problem, capacity=np.where(np.arange(problem.n_agents) == lost, 0, problem.capacity))
    assert solve(fewer, Stop()).objective <= solve(problem, Stop()).objective


@often
@given(problems(), st.data())
def test_the_order_of_tasks_changes_nothing_but_ties(problem: Problem, data: st.DataObject) -> None:
    """A permuted problem has the same optimum."""
    order = np.array(data.draw(st.permutations(range(problem.group.size))), np.int64)
    place = np.argsort(order)
    moved = replace(
        problem,
        group=problem.group[order],
        urgency=problem.urgency[order],
        bonus_task=place[problem.bonus_task],
        barred_task=place[problem.barred_task],
    )
    assert solve(moved, Stop()).objective == solve(problem, Stop()).objective


def test_a_more_urgent_twin_is_never_left_for_the_less_urgent() -> None:
    """Of two like tasks and one place, the more urgent is assigned, whatever the order."""
    for urgency in ([5, 9], [9, 5]):
        solution = solve(tiny(urgency=urgency, arc_agent=[0], arc_fit=[0]), Stop())
        assert solution.agent[np.argmax(urgency)] == 0
        assert solution.objective == 9


def test_twins_go_in_tie_order() -> None:
    """Of equal tasks, the first ones are assigned, by flow, by search and by greedy alike."""
    alike = tiny(urgency=[5] * 6, arc_agent=[0, 1], arc_fit=[1, 1], capacity=[2, 1])
    assert (solve(alike, Stop()).agent >= 0).tolist() == [True] * 3 + [False] * 3
    assert (solve(alike, Stop(seconds=0)).agent >= 0).tolist() == [True] * 3 + [False] * 3
    sizes = tiny(
        group=[0, 0, 0, 1, 1], urgency=[5] * 5, arc_group=[0, 1], arc_agent=[0, 0], arc_fit=[1, 1],
        arc_size=[1, 2], capacity=[3],
    )  # fmt: skip
    assert solve(sizes, Stop()).agent.tolist() == [0, 0, 0, -1, -1]


def test_values_at_the_limit_are_exact() -> None:
    """Values of 2**35 are told apart to the last unit."""
    high = 2**35 - 10
    problem = tiny(urgency=[high, high + 1, high + 2], arc_agent=[0, 1], arc_fit=[7, 8], capacity=[1, 1])
    solution = solve(problem, Stop())
    check(problem, solution)
    assert solution.objective == optimum(problem) == 2 * high + 3 + 15
