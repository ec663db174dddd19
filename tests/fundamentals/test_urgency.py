"""Where there is too little capacity the more urgent task goes first: by priority, age and promise."""

from typing import Any

import pytest

from tests.fundamentals.asking import who

LATER: dict[str, Any] = {"id": "INC-1"}
EVENING = "2026-11-23T20:00:00+01:00"


@pytest.mark.parametrize(
    "sooner",
    [
        {"priority": 51},
        {"priority": "high"},
        {"created_at": "2026-11-23T08:00:00+01:00"},
        {"due_at": EVENING},
    ],
)
def test_the_more_urgent_task_goes_first(sooner: dict[str, Any]) -> None:
    """A higher priority, a longer wait, or a promise each put a task before its like."""
    assert who(tasks=[LATER, {"id": "INC-2", **sooner}], agents=[{"id": "ana"}]) == {"INC-2": "ana"}


def test_the_earlier_promise_goes_first() -> None:
    """Of two promised tasks the one that is due first goes first."""
    tasks = [{"id": "INC-1", "due_at": EVENING}, {"id": "INC-2", "due_at": "2026-11-23T12:00:00+01:00"}]
    assert who(tasks=tasks, agents=[{"id": "ana"}]) == {"INC-2": "ana"}


def test_a_task_not_yet_open_waits() -> None:
    """A task waits for its `not_before`, however urgent."""
    task = {"id": "INC-1", "priority": "urgent", "not_before": "2026-11-23T10:00:00+01:00"}
    assert who(tasks=[task], agents=[{"id": "ana"}]) == {}
