"""What `solve` promises besides the optimum: limits, replay, starts, large problems."""

import contextlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from solver.check import check
from solver.greedy import greedy, objective
from solver.guard import within
from solver.solution import Method, Status
from solver.solve import solve
from solver.stop import Stop
from tests.solver.problems import large, tiny, values


def test_a_large_problem_is_proven_optimal_by_its_prices() -> None:
    """What was left out of the network is proven not to matter: the judge recomputes the bound over
    everything.
    """
    problem = large(5_000, 500, 100)
    solution = solve(problem, Stop())
    assert solution.price is not None
    assert solution.status is Status.OPTIMAL
    check(problem, solution)


def test_arcs_that_seemed_useless_enter_the_network_when_they_matter() -> None:
    """Where the first guess was too narrow, arcs are added until the prices prove the rest useless."""
    problem = large(3_000, 500, 1_500)
    solution = solve(problem, Stop())
    check(problem, solution)
    assert solution.work > 1
    assert solution.status is Status.OPTIMAL


def test_the_same_seed_and_work_give_the_same_answer() -> None:
    """A work budget replays: no clock is read."""
    problem = large(300, 30, 20, sizes=3)
    first, second = (solve(problem, Stop(work=0.3), seed=5) for _ in range(2))
    assert first.agent.tolist() == second.agent.tolist()
    assert (first.bound, first.work) == (second.bound, second.work)


def _children() -> set[int]:
    """The processes that this one has started and not yet reaped."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it may end meanwhile
            parent = int(status.read_text("ascii", "replace").rpartition(")")[2].split()[1])
            found |= {int(status.parent.name)} if parent == os.getpid() else set()
    return found


def test_time_out_answers_greedily_and_leaves_no_child() -> None:
    """A flow that cannot end in time is killed; the fallback answers with a true bound."""
    problem, before = large(60_000, 2_000, 400), _children()
    solution = solve(problem, Stop(seconds=0.02))
    check(problem, solution)
    assert (solution.status, solution.method) == (Status.FALLBACK, Method.GREEDY)
    assert solution.objective >= objective(problem, greedy(problem))
    assert _children() <= before


def test_a_fallback_never_says_optimal() -> None:
    """Even where its bound is met: an answer that says optimal is the same whatever the clock says."""
    problem = tiny(urgency=[5, 5], arc_agent=[0, 1], arc_fit=[1, 1], capacity=[1, 0])
    hasty = solve(problem, Stop(seconds=0))
    assert hasty.objective == hasty.bound == 6
    assert hasty.status is Status.FALLBACK
    assert solve(problem, Stop()).status is Status.OPTIMAL


@pytest.mark.parametrize("sizes", [1, 3])
def test_optimal_answers_are_the_same_whatever_the_limit(sizes: int) -> None:
    """With hardly enough time, with plenty and without a limit: whoever says optimal says the same."""
    problem = large(40, 12, 4, sizes=sizes)
    stops = (Stop(), *(Stop(seconds=seconds) for seconds in (0, 0.001, 0.01, 0.1, 60)))
    found = [solve(problem, stop) for stop in stops]
    assert found[0].status is found[-1].status is Status.OPTIMAL
    answers = {each.agent.tobytes() for each in found if each.status is Status.OPTIMAL}
    assert len(answers) == 1


def test_a_child_answers_what_the_flow_answers() -> None:
    """Run in a child or not, the optimum is the same."""
    problem = large(60_000, 2_000, 400)
    assert solve(problem, Stop(seconds=0.4)).bound >= solve(problem, Stop()).objective
    assert solve(problem, Stop(seconds=60)).agent.tolist() == solve(problem, Stop()).agent.tolist()


def test_work_in_a_child_comes_back_or_is_stopped() -> None:
    """An answer, a failure and an endless loop: the parent goes on after each."""

    def endless() -> np.ndarray:
        while True:
            pass

    def failing() -> np.ndarray:
        raise OSError

    answer = within(60, 3, lambda: np.array([1, 2, 3]))
    assert answer is not None
    assert answer.tolist() == [1, 2, 3]
    assert within(0.01, 3, endless) is None
    assert within(60, 3, failing) is None


@pytest.mark.parametrize("sizes", [1, 3])
def test_a_start_is_used(sizes: int) -> None:
    """With no time at all, the answer is as good as the start; what of it does not fit is dropped."""
    problem = large(300, 30, 20, sizes=sizes)
    good = solve(problem, Stop(work=0.3))
    again = solve(problem, Stop(seconds=0), start=good)
    assert again.objective >= good.objective > objective(problem, greedy(problem))
    wild = np.random.default_rng(0).integers(-1, 40, 300).astype(np.int32)
    answer = solve(problem, Stop(seconds=0), start=wild)
    check(problem, answer)


def test_sizes_end_close_to_the_bound_and_above_greedy() -> None:
    """Sizes 1 to 3 at some thousand tasks: within one per cent of the bound with a little work."""
    problem = large(3_000, 300, 60, sizes=3)
    solution = solve(problem, Stop(work=0.1))
    check(problem, solution)
    assert objective(problem, greedy(problem)) <= solution.objective
    assert solution.gap < 0.01


@pytest.mark.parametrize("seconds", [None, 0.05, 0.0])
def test_many_small_parts_are_answered_part_by_part(seconds: float | None) -> None:
    """A hundred agents, each with three tasks of its own: all proven, or as many as there is time for."""
    task = np.arange(300)
    problem = tiny(
        group=task,
        urgency=1 + task * task % 97,
        arc_group=task,
        arc_agent=task // 3,
        arc_fit=np.ones(300, int),
        arc_size=1 + (task % 3 > 0),
        capacity=np.full(100, 4),
    )
    solution = solve(problem, Stop(seconds=seconds))
    check(problem, solution)
    one, two, three = (1 + problem.urgency).reshape(100, 3).T
    most = int(np.maximum(np.maximum(one + two, one + three), two + three).sum())
    assert objective(problem, greedy(problem)) <= solution.objective <= most <= solution.bound
    if seconds is None:
        assert solution.status is Status.OPTIMAL


def test_many_barred_and_preferred_pairs_stay_exact() -> None:
    """A fifth of the tasks name agents: still proven optimal."""
    random = np.random.default_rng(2)
    plain = large(2_000, 100, 30, seed=2)
    named = np.flatnonzero(random.random(2_000) < 0.2)
    first = plain.group_start[plain.group[named]]
    agent = plain.arc_agent[first]
    half = named.size // 2
    problem = type(plain)(
        group=plain.group,
        urgency=plain.urgency,
        arc_group=plain.arc_group,
        arc_agent=plain.arc_agent,
        arc_fit=plain.arc_fit,
        capacity=plain.capacity,
        bonus_task=named[:half],
        bonus_agent=agent[:half],
        bonus=np.full(half, 5_000),
        barred_task=named[half:],
        barred_agent=agent[half:],
    )
    solution = solve(problem, Stop())
    check(problem, solution)
    assert solution.status is Status.OPTIMAL


def test_tasks_that_exclude_whom_they_would_get_stay_exact() -> None:
    """Each task of a full assignment may not go to its agent: swapping mends all, at no loss."""
    plain = replace(large(3_000, 300, 10), capacity=np.full(300, 10))
    first = solve(plain, Stop())
    task = np.flatnonzero(first.agent >= 0)
    barred = replace(plain, barred_task=task, barred_agent=first.agent[task])
    solution = solve(barred, Stop())
    check(barred, solution)
    assert solution.status is Status.OPTIMAL
    assert solution.objective == first.objective


def test_like_tasks_that_exclude_the_best_agents_stay_exact() -> None:
    """All but one exclude the best agent, and each another one: like tasks leave their group together."""
    task = np.arange(400)
    problem = tiny(
        urgency=1 + task % 50,
        arc_agent=np.arange(200),
        arc_fit=np.arange(200)[::-1],
        capacity=np.full(200, 3),
        barred_task=np.append(task[1:], task),
        barred_agent=np.append(0 * task[1:], 1 + task % 199),
    )
    solution = solve(problem, Stop())
    check(problem, solution)
    assert solution.status is Status.OPTIMAL
    assert np.flatnonzero(solution.agent == 0).tolist() == [0]


@pytest.mark.parametrize("named", ["bonus", "barred"])
def test_equally_urgent_tasks_that_name_agents_go_in_tie_order(named: str) -> None:
    """All tie and each names an agent: proven optimal, and no waiting task could replace a later one."""
    random = np.random.default_rng(3)
    alike = large(600, 60, 10, seed=3)
    group = alike.group
    count = np.diff(alike.group_start)[group]
    agent = alike.arc_agent[alike.group_start[group] + (random.random(600) * count).astype(np.int64)]
    pairs = {f"{named}_task": np.arange(600), f"{named}_agent": agent}
    if named == "bonus":
        pairs["bonus"] = np.full(600, 50)
    flat = {"urgency": np.full(600, 500), "arc_fit": np.full(alike.arc_fit.size, 10)}
    problem = replace(alike, **flat, **pairs)
    solution = solve(problem, Stop())
    check(problem, solution)
    assert solution.status is Status.OPTIMAL
    known = values(problem)
    for waiting in np.flatnonzero(solution.agent < 0).tolist():
        for later in waiting + np.flatnonzero(solution.agent[waiting:] >= 0):
            to = int(solution.agent[later])
            assert known.get((waiting, to)) != known[int(later), to]


@pytest.mark.parametrize("stop", [{"seconds": -1}, {"work": float("nan")}, {"seconds": 1, "work": 1}])
def test_a_stop_that_makes_no_sense_is_refused(stop: dict[str, float]) -> None:
    """A limit is a number from 0 up, of seconds or of work."""
    with pytest.raises(ValueError, match=r"limit|either"):
        Stop(**stop)
