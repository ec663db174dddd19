"""How a promise pulls at its task over time: by the default curve, and by a queue's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assigner.domain.curve import Curve, flaws
from assigner.domain.preference import MOST_URGENCY, curve_pull, due_pull, urgency
from assigner.domain.task import Requirement, Task

HOUR = 3_600_000
NOW = 1_795_500_000_000
OWN = Curve.of(
    [{"after_s": 3600, "points": 60}, {"before_s": 7200, "points": 10}, {"before_s": 0, "points": 50}]
)


def task(**more: Any) -> Task:
    return Task(id="t", requirement=Requirement(), created_at=NOW, **{"priority": 0, **more})


@pytest.mark.parametrize(
    ("hours", "points"),
    [
        (-3, 10),
        (-2, 10),
        (-1, 30),
        (-0.5, 40),
        (0, 50),
        (0.5, 55),
        (1, 60),
        (2, 70),
        (11, 160),
        (1_001, 10_060),
    ],
)
def test_a_curve_is_linear_between_its_points_and_its_last_slope_goes_on(hours: float, points: float) -> None:
    """Before the first of them it is level; it never saturates."""
    [found] = urgency([task(due_at=NOW - round(hours * HOUR), curve=OWN)], NOW)
    assert found == points * 1_000


def test_tasks_of_other_curves_and_of_none_are_valued_together() -> None:
    """Each by its own; what is promised nothing is pulled by no curve."""
    steep = Curve.of([{"before_s": 1, "points": 0}, {"after_s": 0, "points": 90}])
    due = NOW + HOUR
    tasks = [task(due_at=due, curve=OWN), task(due_at=due), task(curve=OWN), task(due_at=NOW, curve=steep)]
    assert urgency(tasks, NOW).tolist() == [30_000, 40_000, 1, 90_000]


def test_the_promise_that_ends_first_pulls() -> None:
    """Who has not been answered is pulled by the answer; once it is given, by what is left."""
    waiting = task(due_at=NOW + 36 * HOUR, respond_by=NOW)
    answered = task(due_at=NOW + 36 * HOUR)
    late = task(due_at=NOW - HOUR, respond_by=NOW)
    assert urgency([waiting, answered, late], NOW).tolist() == [50_000, 5_000, 52_500]


def test_a_late_task_does_not_outweigh_every_priority_after_days() -> None:
    """Late for two weeks and waiting as long as another that is urgent and just due, it goes after it."""
    late, urgent = task(priority=25, due_at=NOW - 14 * 24 * HOUR), task(priority=95, due_at=NOW)
    assert np.diff(urgency([late, urgent], NOW)) > 0


@given(st.integers(-(2**42), 2**42), st.integers(1, 2**40))
def test_the_default_curve_only_rises_and_never_saturates(left: int, sooner: int) -> None:
    early, late = due_pull(np.array([left, left - sooner], np.int64)).tolist()
    assert early <= late
    if left < 0 and sooner > 60_000:
        assert early < late


points = st.lists(
    st.tuples(st.integers(-(10**6), 10**6), st.integers(0, 1000)),
    min_size=2,
    max_size=8,
    unique_by=lambda p: p[0],
)


@given(points, st.integers(-(2**42), 2**42), st.integers(0, 2**40))
def test_what_has_no_flaw_never_falls_and_what_falls_has_one(
    said: list[tuple[int, int]], left: int, sooner: int
) -> None:
    """A curve that is let in rises for ever; one that falls, or is level at its end, is not let in."""
    doc = [{"after_s" if at > 0 else "before_s": abs(at), "points": value} for at, value in said]
    heights = [value for _, value in sorted(said)]
    rises = heights == sorted(heights)
    assert (not [*flaws(doc)]) == (rises and heights[-2] < heights[-1])
    if not [*flaws(doc)]:
        early, late = curve_pull(Curve.of(doc), np.array([left, left - sooner], np.int64)).tolist()
        assert 0 <= early <= late <= MOST_URGENCY
