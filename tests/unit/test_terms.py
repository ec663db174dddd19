"""Each term alone: what it adds to a pair, and that nothing else changes it."""

from typing import Any

import pytest

from assigner.domain.preference import TERMS
from tests.fundamentals.asking import Json, ask, terms
from tests.unit.worlds import at

OF_THE_SNAPSHOT = [term.name for term in TERMS if not term.over_time]
HOUR_S = 3600
YEAR_S = 365 * 24 * HOUR_S


def urgency(**task: Any) -> int:
    return terms(now=at(0), tasks=[{"id": "t", "priority": 0, **task}], agents=[{"id": "ana"}])["urgency"]


def of(term: str, task: Json, agent: Json) -> int:
    found = terms(now=at(0), tasks=[{"id": "t", **task}], agents=[{"id": "ana", **agent}])
    return found[term]


def test_the_terms_are_a_table() -> None:
    """Every term of an answer by the snapshot is in TERMS, in its order, with its formula in words."""
    assert list(terms(tasks=[{"id": "t"}], agents=[{"id": "a"}])) == OF_THE_SNAPSHOT
    assert all(term.meaning for term in TERMS)


def test_urgency_of_priority() -> None:
    """A step of priority is a thousand points; a task is worth at least one."""
    assert [urgency(priority=priority) for priority in (0, 1, 100)] == [1, 1000, 100_000]


@pytest.mark.parametrize(("seconds", "points"), [(0, 0), (3.599, 0), (3.6, 1), (HOUR_S, 1000), (-HOUR_S, 0)])
def test_urgency_of_age(seconds: float, points: int) -> None:
    """An hour of waiting is a thousand points; a task from the future has waited no time."""
    assert urgency(created_at=at(-seconds)) == max(1, points)


@pytest.mark.parametrize(
    ("hours", "points"), [(0, 50_000), (4, 25_000), (36, 5_000), (-1, 52_500), (-4, 60_000), (-8, 60_400)]
)
def test_urgency_of_a_promise(hours: float, points: int) -> None:
    """The pull of `due_at` doubles over the last four hours; then it grows by 2,500 an hour for four more,
    and by 100 an hour for ever.
    """
    assert urgency(due_at=at(hours * HOUR_S)) == points


def test_urgency_only_grows() -> None:
    """As time passes a task never becomes less urgent, from years before its promise to years after."""
    steps = [
        -3 * YEAR_S,
        -YEAR_S,
        -HOUR_S,
        -60,
        -1,
        0,
        0.001,
        1,
        60,
        HOUR_S,
        YEAR_S,
        30 * YEAR_S,
        90 * YEAR_S,
    ]
    points = [urgency(due_at=at(-step)) for step in steps]
    assert points == sorted(points)
    assert points[-1] > points[-2] > points[-3]


@pytest.mark.parametrize("years", [1, 10, 50, 70])
def test_urgency_never_saturates(years: int) -> None:
    """Of two tasks that are years late, the later wins, and of equally late ones the more important."""
    late = {"id": "late", "created_at": at(-years * YEAR_S), "due_at": at(-years * YEAR_S), "priority": 50}
    rivals = [{**late, "id": "b", "due_at": at(-years * YEAR_S + 60)}, {**late, "id": "a", "priority": 49}]
    for rival in rivals:
        for tasks in ([late, rival], [rival, late]):
            found = ask(now=at(0), tasks=tasks, agents=[{"id": "ana"}])
            assert [pair["task"] for pair in found["assignments"]] == ["late"]


@pytest.mark.parametrize(("level", "fit"), [(3, 0), (4, -50), (10, -350)])
def test_fit_of_a_level_above(level: int, fit: int) -> None:
    """A level above the one asked costs 50."""
    task = {"skills": {"sap": 3}}
    base = of("fit", task, {"skills": {"sap": 3}})
    assert of("fit", task, {"skills": {"sap": level}}) - base == fit


def test_fit_of_levels_has_a_floor() -> None:
    """However much of an expert, levels above cost a thousand at most."""
    task = {"skills": dict.fromkeys("abcdefgh", 1)}
    able, expert = ({"skills": dict.fromkeys("abcdefgh", level)} for level in (1, 10))
    assert of("fit", task, able) - of("fit", task, expert) == 1000


def test_skills_that_are_not_asked_cost_nothing() -> None:
    """Only levels of the skills asked count."""
    assert of("fit", {}, {"skills": {"sap": 10}}) == of("fit", {}, {})


def test_fit_of_preferred_skills() -> None:
    """Each preferred skill at its level adds 500."""
    task = {"preferred_skills": {"a": 2, "b": 2, "c": 2}}
    assert of("fit", task, {"skills": {"a": 2, "b": 1, "c": 9}}) - of("fit", task, {}) == 1000


def test_fit_of_a_preferred_agent() -> None:
    """An agent named as preferred adds 2,000, to this task alone."""
    found = ask(
        tasks=[{"id": "t", "preferred_agents": ["ana", "gone", "ana"]}, {"id": "u"}],
        agents=[{"id": "ana", "capacity": 2}],
    )
    fits = {pair["task"]: pair["terms"]["fit"] for pair in found["assignments"]}
    assert fits["t"] - fits["u"] == 2000


def test_fit_of_the_own_handling_time() -> None:
    """Faster than the task says is worth up to a thousand more, slower up to a thousand less.

    The task's time is rounded to an eighth of an octave, which is worth 22 points at most.
    """
    task = {"category": "invoice", "handle_s": 512}
    plain = of("fit", task, {})
    fits = [of("fit", task, {"handle_s": {"invoice": own}}) - plain for own in (0.001, 256, 512, 1024, 10**7)]
    assert fits == sorted(fits, reverse=True)
    assert abs(fits[2]) <= 22
    assert 970 < fits[0] <= 1000
    assert -1000 <= fits[-1] < -970


def test_idle() -> None:
    """Time idle adds up to 500, half of it after an hour."""
    idle = [of("idle", {}, {"idle_since": at(-s)}) for s in (-60, 0, HOUR_S, 3 * HOUR_S, YEAR_S)]
    assert idle == [0, 0, 250, 375, 499]
    assert of("idle", {}, {}) == 0


def test_load() -> None:
    """The free share of the capacity adds up to 500."""
    assert [of("load", {}, {"capacity": 4, "load": load}) for load in range(4)] == [500, 375, 250, 125]


@pytest.mark.parametrize("name", OF_THE_SNAPSHOT)
def test_a_weight_multiplies_its_term_alone(name: str) -> None:
    """A weight of 3 triples its term and leaves the others."""
    task = {"id": "t", "preferred_agents": ["ana"]}
    agent = {"id": "ana", "idle_since": at(-HOUR_S)}
    plain = terms(now=at(0), tasks=[task], agents=[agent])
    weighed = terms(now=at(0), tasks=[task], agents=[agent], policy={"weights": {name: 3}})
    assert weighed == {**plain, name: 3 * plain[name]}


def test_a_pair_is_worth_the_same_in_any_company() -> None:
    """Every term belongs to the pair alone: other tasks and agents do not change its value."""
    task = {"id": "t", "category": "invoice", "handle_s": 700, "skills": {"sap": 2}, "due_at": at(900)}
    agent = {"id": "ana", "skills": {"sap": 5}, "handle_s": {"invoice": 650}, "idle_since": at(-99)}
    others = [{**task, "id": f"o{n}", "handle_s": 600 + n} for n in range(20)]
    crowd = [{**agent, "id": f"x{n}", "handle_s": {"invoice": 600 + n}} for n in range(5)]
    worth = set()
    for tasks, agents in (([task], [agent]), ([*others, task], [agent]), ([task], [*crowd, agent])):
        pairs = ask(now=at(0), tasks=tasks, agents=agents, explain="pairs")["pairs"]
        worth.update(pair["value"] for pair in pairs if (pair["task"], pair["agent"]) == ("t", "ana"))
    assert len(worth) == 1
