"""Every fault of content is refused with 422, at its place, with its code; and all of them come at once."""

import re
from typing import Any

import pytest

from api.errors import FAULTS
from api.messages import Job
from api.schemas import AgentIn, TaskIn
from tests.contract.refusing import Json, agent, faults, problem, task
from tests.fundamentals.asking import NOW_MS, ask

LONG = "x" * 129
EARLY, LATE = "2026-11-23T09:00:00+01:00", "2026-11-23T08:00:00.001Z"
OF_RESOURCES = {
    "read_only",
    "other_id",
    "below_floor",
    "overlap",
    "outside_shift",
    "bad_time",
    "bad_date",
    "unknown_zone",
    "never_open",
    "no_promise",
    "too_few",
    "one_side",
    "same_place",
    "not_rising",
    "repeated",
    "bad_cursor",
    "bad_etag",
    "bad_key",
    "blank",
    "not_taken",
    "in_the_past",
    "bad_event_id",
}
ONE_BY_ONE: list[tuple[Any, str, str]] = [
    ([], "", "wrong_type"),
    (None, "", "wrong_type"),
    ("x", "", "wrong_type"),
    (1.5, "", "wrong_type"),
    ({"tasks": {}}, "/tasks", "wrong_type"),
    ({"tasks": None}, "/tasks", "wrong_type"),
    ({"agents": "a"}, "/agents", "wrong_type"),
    ({"agents": [1]}, "/agents/0", "wrong_type"),
    ({"taks": []}, "/taks", "unknown_field"),
    ({"a/b~c": 1}, "/a~1b~0c", "unknown_field"),
    ({"tasks": [{}]}, "/tasks/0/id", "missing"),
    ({"agents": [{"id": "a"}, {}]}, "/agents/1/id", "missing"),
    (task(pririty=1), "/tasks/0/pririty", "unknown_field"),
    (task(state="queued"), "/tasks/0/state", "unknown_field"),
    (agent(shifts=[]), "/agents/0/shifts", "unknown_field"),
    ({"tasks": [{"id": "t"}, {"id": "u"}, {"id": "t"}]}, "/tasks/2/id", "duplicate_id"),
    ({"agents": [{"id": "t"}, {"id": "t"}]}, "/agents/1/id", "duplicate_id"),
    (task(pinned_agent="a", excluded_agents=["b", "a"]), "/tasks/0/pinned_agent", "pinned_and_excluded"),
    (task(skills={"a/b~c": 11}), "/tasks/0/skills/a~1b~0c", "out_of_range"),
    (task(skills={"": 1}), "/tasks/0/skills/", "bad_name"),
    (task(skills={"a\n": 1}), "/tasks/0/skills/a\n", "bad_name"),
    (task(skills=None), "/tasks/0/skills", "wrong_type"),
    (task(skills=["sap"]), "/tasks/0/skills", "wrong_type"),
    (task(any_skills={"sap": 1}), "/tasks/0/any_skills", "wrong_type"),
    (task(any_skills=[{"sap": 1}, {"sql": 0}]), "/tasks/0/any_skills/1/sql", "out_of_range"),
    (task(preferred_skills={LONG: 1}), "/tasks/0/preferred_skills/" + LONG, "bad_name"),
    (task(channel=""), "/tasks/0/channel", "bad_name"),
    (task(category=7), "/tasks/0/category", "wrong_type"),
    (task(tags=["t"] * 21), "/tasks/0/tags", "too_long"),
    (task(tags=["\x7f"]), "/tasks/0/tags/0", "bad_name"),
    (task(priority="urgnt"), "/tasks/0/priority", "unknown_value"),
    (task(priority="70"), "/tasks/0/priority", "unknown_value"),
    (task(priority=None), "/tasks/0/priority", "wrong_type"),
    (task(attributes={"a": "x" * 4089}), "/tasks/0/attributes", "too_long"),
    (task(attributes={"a": "é" * 2045}), "/tasks/0/attributes", "too_long"),
    (task(attributes=[]), "/tasks/0/attributes", "wrong_type"),
    (task(preferred_agents=["a", ""]), "/tasks/0/preferred_agents/1", "bad_id"),
    (task(excluded_agents=["a b"]), "/tasks/0/excluded_agents/0", "bad_id"),
    (task(cooling_down={"é": "2026-11-23T09:00:00Z"}), "/tasks/0/cooling_down/é", "bad_id"),
    (task(cooling_down={"a": None}), "/tasks/0/cooling_down/a", "wrong_type"),
    (task(cooling_down={"a": "2026-11-23T09:00:00"}), "/tasks/0/cooling_down/a", "naive_instant"),
    (agent(presence="busy"), "/agents/0/presence", "unknown_value"),
    (agent(presence=None), "/agents/0/presence", "wrong_type"),
    (agent(channels="case"), "/agents/0/channels", "wrong_type"),
    (agent(channels=["case", "\x00"]), "/agents/0/channels/1", "bad_name"),
    (agent(handle_s=600), "/agents/0/handle_s", "wrong_type"),
    (agent(handle_s={"invoice": 0}), "/agents/0/handle_s/invoice", "out_of_range"),
    (agent(idle_since=0), "/agents/0/idle_since", "wrong_type"),
    (agent(busy={}), "/agents/0/busy", "wrong_type"),
    (agent(busy=None), "/agents/0/busy", "wrong_type"),
    (agent(busy=[900]), "/agents/0/busy/0", "wrong_type"),
    (agent(busy=[{}]), "/agents/0/busy/0/remaining_s", "missing"),
    (agent(busy=[{"remaining_s": 0}]), "/agents/0/busy/0/remaining_s", "out_of_range"),
    (agent(busy=[{"remaining_s": 31_536_000}]), "/agents/0/busy/0/remaining_s", "out_of_range"),
    (agent(busy=[{"remaining_s": 1, "size": 0}]), "/agents/0/busy/0/size", "out_of_range"),
    (agent(busy=[{"remaining_s": 1, "task": "t"}]), "/agents/0/busy/0/task", "unknown_field"),
    (agent(busy=[{"remaining_s": 1}] * 1001), "/agents/0/busy", "too_long"),
    (agent(busy=[{"remaining_s": 1}], load=0), "/agents/0/busy", "busy_not_load"),
    (
        agent(busy=[{"remaining_s": 1}, {"remaining_s": 9, "size": 2}], load=2),
        "/agents/0/busy",
        "busy_not_load",
    ),
    (agent(available_from=LATE, available_until=EARLY), "/agents/0/available_until", "ends_first"),
    (agent(available_from=EARLY, available_until=EARLY), "/agents/0/available_until", "ends_first"),
    ({"policy": {"rule": "snapshots"}}, "/policy/rule", "unknown_value"),
    ({"policy": {"weights": {"urgncy": 1}}}, "/policy/weights/urgncy", "unknown_field"),
    ({"policy": {"weights": {"urgency": -1}}}, "/policy/weights/urgency", "out_of_range"),
    ({"policy": {"weights": {"urgency": True}}}, "/policy/weights/urgency", "wrong_type"),
    ({"policy": "snapshot"}, "/policy", "wrong_type"),
    ({"policy": {"rule": "price_and_wait"}}, "/policy/rule", "unknown_value"),
    ({"policy": {"weights": {"promise": 11}}}, "/policy/weights/promise", "out_of_range"),
    ({"policy": {"arrivals": {"invoice": -1}}}, "/policy/arrivals/invoice", "out_of_range"),
    ({"policy": {"arrivals": {"": 1}}}, "/policy/arrivals/", "bad_name"),
    ({"policy": {"arrivals": [1]}}, "/policy/arrivals", "wrong_type"),
    ({"policy": {"prices": {"a": 0}}, "agents": [{"id": "a"}]}, "/policy/prices/a", "out_of_range"),
    ({"policy": {"prices": {"a": 1e-311}}, "agents": [{"id": "a"}]}, "/policy/prices/a", "out_of_range"),
    ({"policy": {"prices": {"a": "1"}}, "agents": [{"id": "a"}]}, "/policy/prices/a", "wrong_type"),
    ({"policy": {"prices": {"a b": 1}}}, "/policy/prices/a b", "bad_id"),
    ({"explain": "reason"}, "/explain", "unknown_value"),
    ({"seed": -1}, "/seed", "out_of_range"),
    ({"time_limit_s": 0}, "/time_limit_s", "out_of_range"),
]


@pytest.mark.parametrize(("body", "pointer", "code"), ONE_BY_ONE, ids=[row[1][:40] for row in ONE_BY_ONE])
def test_one_by_one(body: Any, pointer: str, code: str) -> None:
    """A body with one fault lists that one, with a JSON Pointer to its place and a stable code."""
    assert faults(body) == [(pointer, code)]


def test_every_code_has_its_test() -> None:
    """Every code of FAULTS is tested here, with the instants, or with the resources."""
    assert {code for _, _, code in ONE_BY_ONE} | {"bad_instant"} == set(FAULTS) - OF_RESOURCES


def test_all_at_once() -> None:
    """A body with many faults lists them all, each at its own place."""
    body: Json = {
        "now": "yesterday",
        "tasks": [
            {"pririty": 1, "skills": {"sap": 0, "sql": "3"}, "size": 101},
            {"id": "t", "priority": 101, "created_at": "2026-11-23T09:00:00", "tags": ["a"] * 21},
            {"id": "t", "pinned_agent": "a", "excluded_agents": ["a"], "handle_s": -1},
        ],
        "agents": [{"id": "a b", "capacity": 1001, "load": True}, "ana"],
        "explain": "everything",
    }
    expected = {
        ("/now", "bad_instant"),
        ("/tasks/0/id", "missing"),
        ("/tasks/0/pririty", "unknown_field"),
        ("/tasks/0/skills/sap", "out_of_range"),
        ("/tasks/0/skills/sql", "wrong_type"),
        ("/tasks/0/size", "out_of_range"),
        ("/tasks/1/priority", "out_of_range"),
        ("/tasks/1/created_at", "naive_instant"),
        ("/tasks/1/tags", "too_long"),
        ("/tasks/2/id", "duplicate_id"),
        ("/tasks/2/pinned_agent", "pinned_and_excluded"),
        ("/tasks/2/handle_s", "out_of_range"),
        ("/agents/0/id", "bad_id"),
        ("/agents/0/capacity", "out_of_range"),
        ("/agents/0/load", "wrong_type"),
        ("/agents/1", "wrong_type"),
        ("/explain", "unknown_value"),
    }
    found = faults(body)
    assert set(found) == expected
    assert len(found) == problem(body)["errors_total"] == len(expected)


def test_the_first_hundred_are_shown_and_all_are_counted() -> None:
    """`errors` has the first 100 faults, `errors_total` their number, and the sentence says so."""
    body = {"tasks": [{"id": f"t{n}", "size": 0} for n in range(250)]}
    found = problem(body)
    assert [fault["pointer"] for fault in found["errors"]] == [f"/tasks/{n}/size" for n in range(100)]
    assert found["errors_total"] == 250
    assert "250 faults" in found["detail"]
    assert "first 100" in found["detail"]


def test_exactly_a_hundred_are_all_shown() -> None:
    """A hundred faults are all listed."""
    found = problem({f"field{n}": 1 for n in range(100)})
    assert [fault["pointer"] for fault in found["errors"]] == [f"/field{n}" for n in range(100)]
    assert found["errors_total"] == 100


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        (task(pririty=1), "priority"),
        (task(skils={}), "skills"),
        (agent(capasity=1), "capacity"),
        ({"task": []}, "tasks"),
        ({"polcy": {}}, "policy"),
        ({"explain": "reson"}, "reasons"),
        (task(priority="urgnt"), "urgent"),
        (agent(presence="avaliable"), "available"),
        ({"policy": {"weights": {"urgncy": 1}}}, "urgency"),
    ],
)
def test_a_misspelt_word_is_guessed(body: Json, meant: str) -> None:
    """A fault in a name says what was perhaps meant."""
    (fault,) = problem(body)["errors"]
    assert fault["detail"].endswith(f"Maybe '{meant}'.")


def test_a_word_like_no_other_is_not_guessed() -> None:
    """Where nothing is near, nothing is guessed."""
    (fault,) = problem({"zzz": 1})["errors"]
    assert "Maybe" not in fault["detail"]


def test_a_fault_names_the_value_and_what_was_expected() -> None:
    """A sentence has the value as it was sent, cut short, and the range."""
    (fault,) = problem(task(priority=101))["errors"]
    assert fault["detail"] == "101 is out of range; expected an integer from 0 to 100."
    (fault,) = problem(task(id="é" * 5000))["errors"]
    assert len(fault["detail"]) < 200


def test_a_number_beyond_all_floats_is_named_as_such() -> None:
    """1e999 is not said to be null."""
    (fault,) = problem(b'{"seed": 1e999}')["errors"]
    assert fault["code"] == "out_of_range"
    assert not re.search("null|Infinity", fault["detail"])


ID_PLACES = [
    (task, "case", "/tasks/0/case"),
    (task, "queue", "/tasks/0/queue"),
    (task, "pinned_agent", "/tasks/0/pinned_agent"),
    (task, "id", "/tasks/0/id"),
    (agent, "id", "/agents/0/id"),
]


@pytest.mark.parametrize("id", ["", " ", "a b", "a\n", "\ta", LONG, "ñ", "a\x7f", "日本", "a\u00a0"])
@pytest.mark.parametrize(("make", "field", "pointer"), ID_PLACES, ids=[place[2] for place in ID_PLACES])
def test_bad_ids(make: Any, field: str, pointer: str, id: str) -> None:
    """An id is 1 to 128 visible ASCII characters, wherever it stands."""
    assert faults(make(**{field: id})) == [(pointer, "bad_id")]


@pytest.mark.parametrize("id", ["x" * 128, "!", "~", "a/b~c", '"\\', "0"])
def test_good_ids(id: str) -> None:
    """Any visible ASCII will do, and comes back as it was sent."""
    found = ask(tasks=[{"id": id, "case": id, "queue": id}], agents=[{"id": id}])
    assert [(pair["task"], pair["agent"]) for pair in found["assignments"]] == [(id, id)]


def test_a_task_and_an_agent_may_share_an_id() -> None:
    """Ids are unique among tasks, and among agents."""
    assert ask(tasks=[{"id": "x"}], agents=[{"id": "x"}])["assignments"]


def test_the_largest_that_is_allowed() -> None:
    """20 tags, attributes of 4,096 bytes, and names of 128 characters of any language are accepted."""
    most = {"tags": ["ñ" * 128] * 20, "attributes": {"a": "x" * 4088}, "skills": {"日" * 128: 10}}
    assert len(ask(**task(**most))["unassigned"]) == 1


def test_null_where_nothing_is_meant() -> None:
    """A field that may be absent may be null; one that has a value by default may not."""
    may = {
        "now",
        "created_at",
        "due_at",
        "not_before",
        "case",
        "queue",
        "category",
        "channel",
        "pinned_agent",
    }
    may |= {"channels", "available_from", "available_until", "idle_since"}
    for make, kind in ((task, TaskIn), (agent, AgentIn)):
        for field in set(kind.__struct_fields__) - {"id"}:
            if field in may:
                ask(**make(**{field: None}))
            else:
                assert [code for _, code in faults(make(**{field: None}))] == ["wrong_type"]


def test_to_whoever_asks_in_spanish_all_of_it_is_told_in_spanish() -> None:
    job = Job(now_ms=NOW_MS, request_id="r-1", language="es")
    one = problem(task(size=0), job)
    assert one["detail"] == "El cuerpo tiene un error: corrija lo que dice errors."
    assert one["errors"][0]["detail"] == (
        "0 está fuera de sus límites; se espera un entero desde 1 hasta 100."
    )
    many = problem({"tasks": [{"id": "t"}] * 1200}, job)
    assert many["detail"] == (
        "El cuerpo tiene 1.199 errores: corrija cada uno de los que dice errors. Ahí están los primeros 100."
    )


def test_a_window_that_ends_first_says_what_to_change_in_both_languages() -> None:
    body = agent(available_from=LATE, available_until=EARLY)
    [fault] = problem(body)["errors"]
    assert fault["detail"] == (
        f'"{EARLY}" is not after available_from, "{LATE}": move one of the two, or both in one request.'
    )
    [fault] = problem(body, Job(now_ms=NOW_MS, request_id="r-1", language="es"))["errors"]
    assert fault["detail"] == (
        f'"{EARLY}" no es posterior a available_from, "{LATE}": cambie uno de los dos, o ambos de una vez.'
    )
    assert ask(**agent(available_from=EARLY, available_until=LATE))["unassigned"] == []
