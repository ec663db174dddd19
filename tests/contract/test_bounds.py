"""The bounds on one request: each is a setting, and above it the request is refused with the count."""

from dataclasses import replace
from typing import Any

import pytest

from api.messages import Job
from assigner.config import Settings
from tests.contract.refusing import problem
from tests.fundamentals.asking import NOW_MS, Json, ask

TASKS = [{"id": f"t{n}", "category": f"c{n % 2}"} for n in range(4)]
AGENTS = [{"id": f"a{n}"} for n in range(3)]


def bounded(**limits: Any) -> Job:
    """A job with these limits."""
    return Job(now_ms=NOW_MS, request_id="r-1", limits=replace(Settings().limits, **limits))


@pytest.mark.parametrize(
    ("name", "most"), [("max_tasks", 4), ("max_agents", 3), ("max_arcs", 6), ("max_pairs", 12)]
)
def test_at_the_bound_and_above_it(name: str, most: int) -> None:
    """A request at a bound is answered; one above it is refused, with a sentence that has both numbers."""
    body: Json = {"tasks": TASKS, "agents": AGENTS, "explain": "pairs"}
    assert len(ask(bounded(**{name: most}), **body)["pairs"]) == 12
    found = problem(body, bounded(**{name: most - 1}))
    assert (found["status"], found["code"]) == (422, name.replace("max_", "too_many_"))
    assert str(most) in found["detail"]
    assert str(most - 1) in found["detail"]


def test_what_is_looked_ahead_at_is_bounded_like_arcs() -> None:
    """By a rule over time the busy agents count too: two types and three agents are six pairs to look at."""
    busy = [{**agent, "busy": [{"remaining_s": 60}]} for agent in AGENTS]
    body: Json = {"tasks": TASKS, "agents": busy, "policy": {"rule": "price_and_hold"}}
    assert ask(bounded(max_arcs=6), **body)["assignments"] == []
    found = problem(body, bounded(max_arcs=5))
    assert (found["status"], found["code"]) == (422, "too_many_arcs")
    assert "2 types of tasks and 3 agents at work are 6 pairs" in found["detail"]


def test_counts_come_before_faults() -> None:
    """A request with too many tasks is not searched for faults."""
    found = problem({"tasks": [{"x": 1}] * 5}, bounded(max_tasks=4))
    assert found["code"] == "too_many_tasks"


def test_pairs_are_bounded_only_where_they_are_listed() -> None:
    """`explain: reasons` lists no pairs, so their bound does not matter."""
    assert "pairs" not in ask(bounded(max_pairs=1), tasks=TASKS, agents=AGENTS)


def test_pairs_are_counted_as_they_would_be_listed() -> None:
    """An excluded agent's pair is not listed, so it does not count."""
    tasks = [{**task, "excluded_agents": ["a1"]} for task in TASKS]
    assert len(ask(bounded(max_pairs=8), tasks=tasks, agents=AGENTS, explain="pairs")["pairs"]) == 8
    assert problem({"tasks": tasks, "agents": AGENTS, "explain": "pairs"}, bounded(max_pairs=7))


def test_like_tasks_share_their_arcs() -> None:
    """Arcs are counted by groups of like tasks, so a thousand like tasks are as few as one."""
    alike = [{"id": f"t{n}"} for n in range(1000)]
    assert len(ask(bounded(max_arcs=3), tasks=alike, agents=AGENTS)["assignments"]) == 3


@pytest.mark.parametrize("body", [{}, {"tasks": []}, {"agents": []}, {"tasks": [], "agents": AGENTS}])
def test_nothing_to_do_is_a_normal_request(body: Json) -> None:
    """A request without tasks is answered: nothing is assigned, and that is optimal."""
    found = ask(**body, explain="pairs")
    assert (found["assignments"], found["unassigned"], found["pairs"]) == ([], [], [])
    assert {name: found["solution"][name] for name in ("status", "objective", "bound", "gap")} == {
        "status": "optimal",
        "objective": 0,
        "bound": 0,
        "gap": 0.0,
    }


def test_nobody_to_do_it_is_a_normal_request() -> None:
    """A request without agents is answered: every task waits, for the same reason."""
    found = ask(tasks=TASKS, explain="pairs")
    assert [waiting["reason"] for waiting in found["unassigned"]] == ["no_agents"] * 4
    assert found["solution"]["status"] == "optimal"


@pytest.mark.parametrize("limit", [1e-300, 1e-6, 0.001, 31_536_000])
def test_any_time_limit_gives_an_answer(limit: float) -> None:
    """However little time there is, the answer is feasible and says how far from the best it may be."""
    tasks = [{"id": f"t{n}", "size": 1 + n % 3} for n in range(30)]
    found = ask(tasks=tasks, agents=[{**agent, "capacity": 7} for agent in AGENTS], time_limit_s=limit)
    solution = found["solution"]
    assert solution["status"] in ("optimal", "feasible", "fallback")
    assert 0 < solution["objective"] <= solution["bound"]
    assert len(found["assignments"]) + len(found["unassigned"]) == 30


def test_a_setting_has_every_answer_judged_again() -> None:
    """With `verify` the solution is checked by other code before it is answered, and passes."""
    job = replace(bounded(), verify=True)
    tasks = [{"id": f"t{n}", "size": 1 + n % 2, "excluded_agents": ["a1"]} for n in range(9)]
    assert ask(job, tasks=tasks, agents=[{**agent, "capacity": 3} for agent in AGENTS])["assignments"]
