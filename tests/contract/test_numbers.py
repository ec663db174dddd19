"""Numbers: JSON integers where integers are asked, in their ranges; durations to the millisecond."""

import json
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest

from tests.contract.refusing import Json, agent, faults, problem, task
from tests.fundamentals.asking import NOW, ask, send

INTEGERS: list[tuple[Any, str, int, int]] = [
    (lambda x: task(priority=x), "/tasks/0/priority", 0, 100),
    (lambda x: task(size=x), "/tasks/0/size", 1, 100),
    (lambda x: task(skills={"sap": x}), "/tasks/0/skills/sap", 1, 10),
    (lambda x: task(any_skills=[{"sap": x}]), "/tasks/0/any_skills/0/sap", 1, 10),
    (lambda x: task(preferred_skills={"sap": x}), "/tasks/0/preferred_skills/sap", 1, 10),
    (lambda x: agent(skills={"sap": x}), "/agents/0/skills/sap", 1, 10),
    (lambda x: agent(capacity=x), "/agents/0/capacity", 0, 1000),
    (lambda x: agent(load=x), "/agents/0/load", 0, 2**31 - 1),
    (lambda x: {"seed": x}, "/seed", 0, 2**63 - 1),
]
PLACES = [row[1] for row in INTEGERS]


def raw(body: Json, number: str) -> bytes:
    """The body with the number written as given, where it holds "#"."""
    return json.dumps(body).replace('"#"', number).encode()


@pytest.mark.parametrize(("make", "pointer", "low", "high"), INTEGERS, ids=PLACES)
class TestIntegers:
    def test_both_ends_are_in(self, make: Any, pointer: str, low: int, high: int) -> None:
        """The least and the greatest are accepted, as floats with nothing behind the point too."""
        for number in (str(low), str(high), f"{low}.0", f"{low}e0"):
            assert send(raw(make("#"), number))[0] == 200

    def test_beyond_them_is_out_of_range(self, make: Any, pointer: str, low: int, high: int) -> None:
        """One less, one more, and numbers beyond all machine words are out of range."""
        for number in (low - 1, high + 1, "1e30", 10**30, -(10**30), "1e999", "-1e999", 2**64, 10**4000):
            assert faults(raw(make("#"), str(number))) == [(pointer, "out_of_range")]

    def test_only_integers(self, make: Any, pointer: str, low: int, high: int) -> None:
        """Half a step, booleans, lists, objects and null are of another type, and so are digits in quotes."""
        text = "unknown_value" if pointer == "/tasks/0/priority" else "wrong_type"
        for number, code in [
            ("1.5", "wrong_type"),
            ("true", "wrong_type"),
            ("false", "wrong_type"),
            ('"70"', text),
        ]:
            assert faults(raw(make("#"), number)) == [(pointer, code)]
        for number in ("null", "[]", "{}", "[1]", "5e-324"):
            assert faults(raw(make("#"), number)) == [(pointer, "wrong_type")]


def test_the_float_70_is_the_integer_70() -> None:
    """`70.0` means what `70` means."""
    answers = [ask(tasks=[{"id": "t", "priority": number}], agents=[{"id": "a"}]) for number in (70, 70.0)]
    assert answers[0]["assignments"] == answers[1]["assignments"]


def test_minus_zero_is_zero() -> None:
    """`-0` and `-0.0` are accepted where 0 is, and refused where it is not."""
    for zero in ("-0", "-0.0", "-0e9"):
        assert send(raw(task(priority="#"), zero))[0] == 200
        assert faults(raw(task(handle_s="#"), zero)) == [("/tasks/0/handle_s", "out_of_range")]


def test_priority_in_words() -> None:
    """low, medium, high and urgent are 25, 50, 75 and 95."""
    for word, number in {"low": 25, "medium": 50, "high": 75, "urgent": 95}.items():
        values = {
            ask(tasks=[{"id": "t", "priority": p}], agents=[{"id": "a"}])["assignments"][0]["value"]
            for p in (word, number)
        }
        assert len(values) == 1


YEARS = ("31536000", "31536000.0", "3.1536e7")
LESS = ("0.0009999", "0.0005", "0.0004", "1e-300")
"""Less than a millisecond."""
DURATIONS: list[tuple[Any, str, bool]] = [
    (lambda x: task(handle_s=x), "/tasks/0/handle_s", False),
    (lambda x: agent(handle_s={"invoice": x}), "/agents/0/handle_s/invoice", False),
    (lambda x: agent(busy=[{"remaining_s": x}]), "/agents/0/busy/0/remaining_s", False),
    (lambda x: {"time_limit_s": x}, "/time_limit_s", True),
]


@pytest.mark.parametrize(("make", "pointer", "any_size"), DURATIONS, ids=[row[1] for row in DURATIONS])
def test_durations(make: Any, pointer: str, any_size: bool) -> None:
    """Seconds above 0 and at most a year, 31,536,000; nobody handles a task for all of one, or in no time."""
    for number in ("1", "0.001", "31535999.999", *((*LESS, *YEARS) if any_size else ())):
        assert send(raw(make("#"), number))[0] == 200
    for number in ("0", "0.0", "-1", "31536000.1", "31536001", "1e30", "1e999", str(10**30), str(10**400)):
        assert faults(raw(make("#"), number)) == [(pointer, "out_of_range")]
    for number in () if any_size else (*LESS, *YEARS):
        assert faults(raw(make("#"), number)) == [(pointer, "out_of_range")]
    for number in ("true", '"600"', "null", "[]"):
        assert faults(raw(make("#"), number)) == [(pointer, "wrong_type")]


@pytest.mark.parametrize(
    "seconds", ["0.0014", "0.0015", "0.0025", "0.0026", "1.0005", "1.5", "600", "0.001", "31535999"]
)
def test_durations_are_rounded_half_even_to_milliseconds(seconds: str) -> None:
    """A duration is rounded to the nearest millisecond, a half to the even one; the answer shows it."""
    body = raw({"tasks": [{"id": "t", "handle_s": "#"}], "agents": [{"id": "a"}]}, seconds)
    expected = Decimal(seconds).quantize(Decimal("0.001"), ROUND_HALF_EVEN)
    assert send(body)[1]["assignments"][0]["expected_handle_s"] == float(expected)


def test_weights() -> None:
    """A weight goes from 0 to 1,000, of urgency to 10; with all at 0 a task is still worth assigning."""
    for term, most in (("fit", 1000), ("idle", 1000), ("load", 1000), ("urgency", 10)):
        for weight in (0, 0.5, most):
            ask(policy={"weights": {term: weight}})
        for weight in (-0.001, most + 0.001, 1e300):
            wrong = {"policy": {"weights": {term: weight}}}
            assert faults(wrong) == [(f"/policy/weights/{term}", "out_of_range")]
    nothing = dict.fromkeys(("urgency", "fit", "idle", "load"), 0)
    found = ask(tasks=[{"id": "t"}], agents=[{"id": "a"}], policy={"weights": nothing})
    assert found["assignments"][0]["value"] == 1


def test_everything_at_its_largest() -> None:
    """The greatest value stays below 2^35."""
    big = {"id": "t", "priority": 100, "created_at": "0001-01-01T00:00:00Z", "due_at": "0001-01-01T00:00:00Z"}
    body = {
        "now": "9999-12-31T23:59:59Z",
        "tasks": [{**big, "preferred_agents": ["a"], "preferred_skills": {f"s{n}": 1 for n in range(100)}}],
        "agents": [{"id": "a", "capacity": 1000, "skills": {f"s{n}": 10 for n in range(100)}}],
        "policy": {"weights": {"urgency": 10, "fit": 1000, "idle": 1000, "load": 1000}},
    }
    assert 2**34 < ask(**body)["assignments"][0]["value"] <= 2**35


def test_the_answer_repeats_the_seed() -> None:
    """The seed is in the answer, the largest too, whatever the method."""
    tasks = [{"id": "t", "size": 2}, {"id": "u", "size": 3}, {"id": "v"}]
    found = ask(now=NOW, tasks=tasks, agents=[{"id": "a", "capacity": 5}], seed=2**63 - 1)
    assert found["solution"]["seed"] == 2**63 - 1


def test_opaque_numbers_stay_opaque() -> None:
    """Inside `attributes` any JSON will do."""
    body = b'{"tasks": [{"id": "t", "attributes": {"a": [1e30, 1e999, -0.0, %d, null, true]}}]}' % 10**30
    assert send(body)[0] == 200


def test_a_problem_has_no_numbers_of_its_own_kind() -> None:
    """A fault of a huge number is told in a short sentence."""
    (fault,) = problem(b'{"seed": %d}' % 10**4000)["errors"]
    assert len(fault["detail"]) < 200
