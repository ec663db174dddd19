"""What the service says becomes typed attributes; what is newer than the client is kept."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from assigner.client.decision import Decision
from assigner.client.errors import Invalid, Problem, problem_of
from assigner.client.records import Agent, Explanation, Task

SAID: dict[str, Any] = {
    "id": "INC-1",
    "state": "queued",
    "due_at": "2026-11-23T12:00:00+01:00",
    "cooling_down": {"ana": "2026-11-23T09:05:00.250Z"},
    "mood": "sunny",
    "held_until": None,
}


def test_instants_are_datetimes_with_their_offset_wherever_they_are() -> None:
    task = Task(SAID)
    assert task.due_at == datetime(2026, 11, 23, 12, tzinfo=timezone(timedelta(hours=1)))
    assert task.cooling_down["ana"] == datetime(2026, 11, 23, 9, 5, 0, 250_000, tzinfo=UTC)
    assert task.held_until is None


def test_fields_that_are_newer_than_the_client_are_kept() -> None:
    task = Task(SAID)
    assert task["mood"] == "sunny"
    assert dict(task) == SAID
    assert (len(task), "mood" in task, next(iter(task))) == (len(SAID), True, "id")


def test_what_was_not_said_is_empty_where_that_is_meant_and_told_where_not() -> None:
    task = Task({"id": "INC-1"})
    assert (task.tags, task.skills, task.agent, task.warnings) == ((), {}, None, ())
    with pytest.raises(AttributeError, match="did not say 'priority' of this Task"):
        _ = task.priority


def test_records_within_records_have_attributes_too() -> None:
    lunch = {"from": "2026-11-23T12:00:00Z", "until": "2026-11-23T13:00:00Z"}
    said = {"from": "2026-11-23T08:00:00Z", "until": "2026-11-23T16:00:00Z", "breaks": [lunch]}
    [shift] = Agent({"shifts": [said]}).shifts
    assert shift.until - shift.begins == timedelta(hours=8)
    assert [pause.until - pause.begins for pause in shift.breaks] == [timedelta(hours=1)]
    told = Explanation({"decided": {"agent": "ana", "runners_up": [{"agent": "luis", "value": 3}]}})
    assert told.decided
    assert told.decided.runners_up
    assert told.decided.runners_up[0].value == 3


def test_a_decision_says_who_is_waited_for_and_what_their_time_is_worth() -> None:
    held = {"agent": "ana", "expected_at": "2026-11-23T08:05:00Z"}
    told = Decision(
        {"unassigned": [{"task": "T1", "held_for": held}, {"task": "T2"}], "prices": {"ana": 1.5}}
    )
    first, second = told.unassigned
    assert first.held_for
    assert (first.held_for.agent, first.held_for.expected_at.minute) == ("ana", 5)
    assert (second.held_for, told.prices) == (None, {"ana": 1.5})


def test_a_record_does_not_change() -> None:
    task = Task(SAID)
    with pytest.raises(AttributeError):
        task.state = "completed"
    with pytest.raises(TypeError):
        task["state"] = "completed"  # type: ignore[index]


def test_a_record_shows_what_it_is() -> None:
    shown = repr(Task({"id": "INC-1", "attributes": {"x": "y" * 500}}))
    assert shown.startswith("Task(id='INC-1', attributes={'x': 'yyy")
    assert len(shown) < 120


def test_a_problem_shows_the_first_faults_and_how_many_more_there_are() -> None:
    body = b"""{"status": 422, "code": "invalid_request", "detail": "Two things.", "errors_total": 1002,
        "errors": [{"pointer": "", "code": "wrong_type", "detail": "A list."},
                   {"pointer": "/size", "code": "out_of_range", "detail": "0."}]}"""
    error = problem_of(422, {}, body, "PUT /v1/tasks/x")
    assert isinstance(error, Invalid)
    assert str(error).splitlines() == [
        "422 invalid_request: Two things. (PUT /v1/tasks/x)",
        "  the whole: A list. [wrong_type]",
        "  /size: 0. [out_of_range]",
        "  … and 1,000 more",
    ]


@pytest.mark.parametrize("status", [418, 599, 999])
def test_a_status_that_nobody_knows_is_a_problem_still(status: int) -> None:
    assert isinstance(problem_of(status, {}, b"what?", "GET /"), Problem)
