"""What must not change when the request changes, and what may only change one way."""

import json
import random
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.messages import Job
from api.work import answer
from tests.fundamentals.asking import NOW_MS, ask, who
from tests.unit.worlds import AGENTS, at, brief, requests

Json = dict[str, Any]


def told(found: Json) -> Json:
    """An answer without its order and its duration."""
    return {
        "assignments": sorted(found["assignments"], key=lambda pair: str(pair["task"])),
        "unassigned": sorted(found["unassigned"], key=lambda task: str(task["task"])),
        "pairs": found.get("pairs"),
        "objective": found["solution"]["objective"],
    }


def shuffled(value: Any, dice: random.Random) -> Any:
    """The same request: objects with their keys, and tasks and agents, in another order."""
    if isinstance(value, dict):
        keys = dice.sample(list(value), len(value))
        return {key: shuffled(value[key], dice) for key in keys}
    if isinstance(value, list):
        return dice.sample([shuffled(inner, dice) for inner in value], len(value))
    return value


@brief
@given(requests(), st.randoms(use_true_random=False))
def test_the_order_of_the_request_changes_nothing(request: Json, dice: random.Random) -> None:
    """Tasks, agents, keys and names in another order give the same pairs and the same explanations."""
    first, second = ask(**request, explain="pairs"), ask(**shuffled(request, dice), explain="pairs")
    assert told(first) == told(second)


@brief
@given(requests(), AGENTS)
def test_another_agent_never_lowers_the_objective(request: Json, agent: Json) -> None:
    """With one agent more, what is done is worth as much or more."""
    more = {**request, "agents": [*request["agents"], {"id": "new", **agent}]}
    assert ask(**more)["solution"]["objective"] >= ask(**request)["solution"]["objective"]


@brief
@given(requests(), st.data())
def test_a_more_urgent_twin_is_never_left(request: Json, data: st.DataObject) -> None:
    """Of two tasks that differ in urgency alone, the less urgent never goes where the other waits."""
    if not request["tasks"]:
        return
    task = data.draw(st.sampled_from(request["tasks"]))
    calm = {**task, "id": "twin-a", "priority": 10, "created_at": at(-60), "due_at": at(9000)}
    sooner = data.draw(st.sampled_from(({"priority": 11}, {"created_at": at(-120)}, {"due_at": at(60)})))
    keen = {**calm, "id": "twin-b", **sooner}
    weights = {**request["policy"]["weights"], "urgency": 1}
    twins = {**request, "tasks": [*request["tasks"], calm, keen], "policy": {"weights": weights}}
    done = who(**twins)
    assert "twin-b" in done or "twin-a" not in done


@brief
@given(requests(mixed=True))
def test_the_same_request_gives_the_same_bytes(request: Json) -> None:
    """The answer is a function of the request, byte by byte, but for `solve_s`."""
    body = json.dumps({**request, "explain": "pairs", "time_limit_s": 60}).encode()
    job = Job(now_ms=NOW_MS, request_id="r-1", verify=True)
    first, second = (bytes(answer(memoryview(body), job).body) for _ in range(2))
    durations = [json.loads(text)["solution"]["solve_s"] for text in (first, second)]
    plain = [
        text.replace(b'"solve_s":' + json.dumps(solve_s).encode(), b'"solve_s":0')
        for text, solve_s in zip((first, second), durations, strict=True)
    ]
    assert plain[0] == plain[1]


def moved(value: Any, by: timedelta) -> Any:
    """The value with every instant in it moved."""
    if isinstance(value, dict):
        return {key: moved(inner, by) for key, inner in value.items()}
    if isinstance(value, list):
        return [moved(inner, by) for inner in value]
    if isinstance(value, str) and value.startswith("20"):
        return (datetime.fromisoformat(value) + by).isoformat()
    return value


def timeless(found: Json) -> Json:
    """What is told, without sentences and instants."""
    waiting = [
        {
            **task,
            "detail": None,
            "unblock": {key: value for key, value in task["unblock"].items() if key != "at"},
        }
        for task in found["unassigned"]
    ]
    return told({**found, "unassigned": waiting})


@brief
@given(requests(), st.sampled_from((-10_000, -1, 1, 3_333)))
def test_another_day_changes_nothing(request: Json, days: int) -> None:
    """Moving `now` and every other instant alike changes nothing but the instants."""
    other = moved(request, timedelta(days=days, milliseconds=77))
    assert timeless(ask(**request, explain="pairs")) == timeless(ask(**other, explain="pairs"))


@brief
@given(requests())
def test_now_may_come_from_the_service(request: Json) -> None:
    """Without `now` the service's clock gives it, and nothing else changes."""
    job = Job(now_ms=NOW_MS, request_id="r-1", verify=True)
    assert told(ask(job, **{**request, "now": None})) == told(ask(**{**request, "now": at(0)}))


NEW_NAMES = {"ana": "m1", "eva": "m2", "gone": "m3", "luis": "m4", "zoe": "m5"} | {
    f"t{n}": f"Z-{n}" for n in range(9)
}


@brief
@given(requests())
def test_names_are_only_names(request: Json) -> None:
    """Renaming tasks and agents, their order kept, changes nothing but the names."""

    def renamed(text: str) -> str:
        for old, new in NEW_NAMES.items():
            text = text.replace(f'"{old}"', f'"{new}"').replace(f"'{old}'", f"'{new}'")
        return text

    other = ask(**json.loads(renamed(json.dumps(request))), explain="pairs")
    assert told(json.loads(renamed(json.dumps(ask(**request, explain="pairs"))))) == told(other)


APART: list[Json] = [
    {},
    {"category": "order"},
    {"skills": {"sap": 1}},
    {"excluded_agents": ["gone", "eva"]},
    {"pinned_agent": "ana"},
    {"preferred_agents": ["eva"]},
]
ANA = {"id": "ana", "skills": {"sap": 1}}


@pytest.mark.parametrize("older", APART)
@pytest.mark.parametrize("younger", APART)
def test_of_equal_worth_the_older_goes_first(older: Json, younger: Json) -> None:
    """Of two tasks of equal worth the one created first goes, were it a millisecond, like or unlike."""
    first = {"id": "z", "created_at": at(-3600.001), **older}
    second = {"id": "a", "created_at": at(-3600), **younger}
    for tasks in permutations([first, second]):
        found = ask(now=at(0), tasks=tasks, agents=[ANA], explain="pairs")
        assert len({pair["value"] for pair in found["pairs"]}) == 1
        assert [pair["task"] for pair in found["assignments"]] == ["z"]


@pytest.mark.parametrize("other", APART)
@pytest.mark.parametrize("one", APART)
def test_of_equal_age_the_smaller_id_goes_first(one: Json, other: Json) -> None:
    """Of two tasks of equal worth and age, like or unlike, the one with the smaller id goes."""
    for tasks in permutations([{"id": "t1", **one}, {"id": "t2", **other}]):
        assert who(tasks=tasks, agents=[ANA]) == {"t1": "ana"}


@pytest.mark.parametrize("count", [2, 5, 9])
def test_ties_among_many(count: int) -> None:
    """Among many tasks of equal worth, in different groups, those with the smallest ids go."""
    tasks = [{"id": f"t{n}", "category": f"c{n * 7 % count}"} for n in range(count)]
    for places in range(1, count):
        done = who(tasks=tasks[::-1], agents=[{"id": "ana", "capacity": places}])
        assert sorted(done) == [f"t{n}" for n in range(places)]


def test_of_equal_agents_the_smaller_id_goes_first() -> None:
    """Of two agents of equal worth to a task, the one with the smaller id gets it."""
    for agents in permutations([{"id": "ana"}, {"id": "eva"}]):
        assert who(tasks=[{"id": "t"}], agents=agents) == {"t": "ana"}
