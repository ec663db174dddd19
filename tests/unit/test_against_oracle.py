"""Random requests, answered by the product and read again by the oracle."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.fundamentals.asking import ask
from tests.unit import oracle
from tests.unit.worlds import brief, requests, thorough

Json = dict[str, Any]


def by_id(things: list[Json]) -> dict[str, Json]:
    return {thing["id"]: thing for thing in things}


def values(found: Json) -> dict[tuple[str, str], int]:
    return {(pair["task"], pair["agent"]): pair["value"] for pair in found["pairs"]}


@thorough
@given(requests(mixed=True))
def test_what_is_said(request: Json) -> None:
    """Every list of the answer is what API.md, read pair by pair, says of the request."""
    found = ask(**request, explain="pairs")
    _refusals_and_reasons(request, found)
    _eligible_pairs(request, found)
    _assignments(request, found)
    _order(request, found)


def _refusals_and_reasons(request: Json, found: Json) -> None:
    """Each waiting task counts every agent that may not take it, under the first rule that refuses, and its
    reason is the last rule that counts anybody.
    """
    for waiting in found["unassigned"]:
        task = by_id(request["tasks"])[waiting["task"]]
        assert list(waiting["refusals"].items()) == list(oracle.refusals(request, task).items())
        assert waiting["reason"] == oracle.reason(request, task)
        others = len(request["agents"]) - len(oracle.eligible(request, task))
        assert sum(waiting["refusals"].values()) == others


def _eligible_pairs(request: Json, found: Json) -> None:
    """`pairs` lists every pair that no rule refuses, by task, then agent, and no other."""
    pairs = [(pair["task"], pair["agent"]) for pair in found["pairs"]]
    expected = [(task["id"], agent) for task in request["tasks"] for agent in oracle.eligible(request, task)]
    assert pairs == sorted(expected)
    assert all(1 <= pair["value"] <= 2**35 for pair in found["pairs"])


def _assignments(request: Json, found: Json) -> None:
    """What is assigned is eligible, fits the capacity, takes the pair's own handling time, and its value is
    that of `pairs` and the sum of its terms.
    """
    value, tasks, agents = values(found), by_id(request["tasks"]), by_id(request["agents"])
    taken: Counter[str] = Counter()
    for pair in found["assignments"]:
        task, agent = tasks[pair["task"]], agents[pair["agent"]]
        assert pair["value"] == value[task["id"], agent["id"]] == sum(pair["terms"].values())
        assert min(pair["terms"].values()) >= 0
        assert pair["expected_handle_s"] == round(oracle.handling_s(task, agent) * 1000) / 1000
        taken[agent["id"]] += task.get("size", 1)
    assert all(size <= oracle.room(agents[agent]) for agent, size in taken.items())


def _order(request: Json, found: Json) -> None:
    """Each task is in `assignments` or in `unassigned`, once, and both follow the request."""
    order = [task["id"] for task in request["tasks"]]
    assigned = [pair["task"] for pair in found["assignments"]]
    waiting = [task["task"] for task in found["unassigned"]]
    assert sorted(assigned + waiting) == sorted(order)
    assert assigned == sorted(assigned, key=order.index)
    assert waiting == sorted(waiting, key=order.index)


def judge(request: Json) -> None:
    """What `solution` claims holds against the best of all assignments."""
    found = ask(**request, explain="pairs")
    solution, best = found["solution"], oracle.best(request, values(found))
    assert solution["objective"] == sum(pair["value"] for pair in found["assignments"])
    assert solution["objective"] <= best <= solution["bound"]
    gap = (solution["bound"] - solution["objective"]) / max(1, abs(solution["bound"]))
    assert solution["gap"] == gap
    assert solution["status"] == "optimal"
    assert solution["objective"] == best == solution["bound"]


@thorough
@given(requests())
def test_optimal_where_sizes_are_equal(request: Json) -> None:
    """Where all tasks have one size the answer is optimal: no assignment is worth more."""
    judge(request)


@thorough
@given(requests(mixed=True))
def test_optimal_where_sizes_differ(request: Json) -> None:
    """Where sizes differ a small request is answered optimally too."""
    judge(request)


@brief
@given(requests(), st.sampled_from(({"urgency": 0}, {})))
def test_no_tie_goes_to_the_younger(request: Json, weights: Json) -> None:
    """No waiting task could take the place of a younger one, or of one with a larger id, at no loss."""
    found = ask(**{**request, "policy": {"weights": weights}}, explain="pairs")
    value, now = values(found), request["now"]
    age = {task["id"]: (oracle.ms(task.get("created_at", now)), task["id"]) for task in request["tasks"]}
    waiting = [task["task"] for task in found["unassigned"]]
    for pair in found["assignments"]:
        alike = [task for task in waiting if value.get((task, pair["agent"])) == pair["value"]]
        assert all(age[task] > age[pair["task"]] for task in alike)
