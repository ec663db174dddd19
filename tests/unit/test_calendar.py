"""When an agent is there: shifts in an outer window, joined, cut and asked for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assigner.domain.calendar import Shift, Window, clashes, current, next_beginning, reach, windows

ALWAYS = Window()
SHIFTS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda shift: shift[0] < shift[1]))
EDGE = st.integers(-1, 13) | st.none()


@given(SHIFTS, EDGE, EDGE, st.integers(-2, 14))
def test_an_agent_is_there_while_a_shift_and_the_outer_window_hold_the_instant(
    shifts: list[Shift], begins: int | None, ends: int | None, at: int
) -> None:
    outer = Window(begins, ends)
    found = windows(shifts, outer)
    there = outer.holds(at) and (not shifts or any(first <= at < last for first, last in shifts))
    assert any(window.holds(at) for window in found) == there
    assert found[current(found, at)].holds(at) == there


@given(SHIFTS, st.integers(-2, 14))
def test_off_shift_the_window_asked_for_is_the_next_one_and_after_all_of_them_the_last(
    shifts: list[Shift], at: int
) -> None:
    found = windows(shifts, ALWAYS)
    window = found[current(found, at)]
    to_come = [first for first, _ in shifts if first > at]
    if not window.holds(at):
        assert window.begins == (min(to_come) if to_come else found[-1].begins)


@given(SHIFTS, st.integers(-2, 14), st.integers(-2, 14))
def test_a_window_is_the_one_asked_for_as_far_as_it_reaches(shifts: list[Shift], at: int, other: int) -> None:
    found = windows(shifts, ALWAYS)
    position = current(found, at)
    first, last = reach(found, position)
    assert (first <= other < last) == (current(found, other) == position)


def test_adjoining_shifts_are_one_and_the_outer_window_cuts() -> None:
    shifts = [(50, 60), (10, 20), (20, 30)]
    assert windows(shifts, ALWAYS) == (Window(10, 30), Window(50, 60))
    assert windows(shifts, Window(15, 55)) == (Window(15, 30), Window(50, 55))
    assert windows([], Window(15, None)) == (Window(15, None),)


def test_shifts_outside_the_outer_window_hold_nothing() -> None:
    (window,) = windows([(10, 20)], Window(30, 40))
    assert not any(window.holds(at) for at in range(50))


@pytest.mark.parametrize(("after", "begins"), [(9, 10), (10, 50), (49, 50), (50, None)])
def test_the_next_beginning_is_after_the_instant(after: int, begins: int | None) -> None:
    assert next_beginning(windows([(10, 20), (50, 60)], ALWAYS), after) == begins
    assert next_beginning([ALWAYS], after) is None


@pytest.mark.parametrize(
    ("shifts", "found"),
    [
        ([(10, 20), (20, 30)], []),
        ([(20, 30), (10, 20)], []),
        ([(10, 10)], [(0, None)]),
        ([(20, 10), (5, 30)], [(0, None)]),
        ([(10, 21), (20, 30)], [(1, 0)]),
        ([(15, 18), (10, 40), (30, 35)], [(0, 1), (2, 1)]),
        ([(10, 20), (10, 20)], [(1, 0)]),
    ],
)
def test_shifts_that_end_first_or_overlap_are_told(
    shifts: Sequence[Shift], found: list[tuple[int, int | None]]
) -> None:
    assert list(clashes(dict(enumerate(shifts)))) == found
