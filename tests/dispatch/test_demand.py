"""What arrives, and what follows what: learned from what happened, and forgotten with time."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from assigner.dispatch.ahead.demand import HOUR_MS, MEMORY_H, MOST_TYPES, Demand, name_of
from assigner.domain.task import Requirement, Task

HOUR = HOUR_MS
BILL = Task(id="", created_at=0, requirement=Requirement(category="bill"))
CALL = Task(id="", created_at=0, requirement=Requirement(category="call", skills=(("es", 3),)))


def test_arrivals_are_counted_an_hour() -> None:
    demand = Demand()
    for hour in range(101):
        demand.arrives(BILL, None, hour * HOUR)
    assert demand.rate(name_of(BILL), 100 * HOUR) == pytest.approx(1, rel=0.02)
    assert demand.rate(name_of(CALL), 100 * HOUR) == 0


def test_the_first_arrival_does_not_count_as_a_flood() -> None:
    demand = Demand()
    demand.arrives(BILL, None, 0)
    assert demand.rate(name_of(BILL), 1) == pytest.approx(1, rel=0.01)


def test_what_was_is_forgotten() -> None:
    demand = Demand()
    for hour in range(2_000):
        demand.arrives(BILL, None, hour * HOUR)
    later = round((2_000 + 10 * MEMORY_H) * HOUR)
    assert demand.rate(name_of(BILL), later) < 0.0001


def test_types_that_follow_others_in_a_case_are_known_by_how_often() -> None:
    demand = Demand()
    for case in range(10):
        demand.ends(BILL, f"c{case}", HOUR)
        if case < 5:
            demand.arrives(CALL, f"c{case}", HOUR)
    [(before, after, likely)] = demand.following(HOUR)
    assert (before, after) == (name_of(BILL), name_of(CALL))
    assert likely == pytest.approx(5 / 11)


def test_what_follows_late_does_not_follow_more_often_than_always() -> None:
    """Reminders come after a week, when no more tasks of the kind are done."""
    demand, week = Demand(), 168 * HOUR
    for case in range(20):
        demand.ends(BILL, f"c{case}", HOUR)
    for case in range(10):
        demand.arrives(BILL, f"c{case}", HOUR + week)
    [(_, _, likely)] = demand.following(HOUR + week)
    assert 0.4 < likely <= 0.5


def test_tasks_without_a_case_follow_nothing() -> None:
    demand = Demand()
    demand.ends(BILL, None, HOUR)
    demand.arrives(CALL, None, HOUR)
    assert not list(demand.following(HOUR))


def test_handling_times_tell_types_apart_only_without_a_category() -> None:
    assert name_of(BILL) == name_of(replace(BILL, handle_ms=1))
    bare = replace(BILL, requirement=Requirement())
    assert name_of(bare) != name_of(replace(bare, handle_ms=1))


def test_what_is_kept_is_read_as_it_was() -> None:
    demand = Demand()
    for hour in range(5):
        demand.arrives(CALL, f"c{hour}", hour * HOUR)
        demand.ends(CALL, f"c{hour}", hour * HOUR)
        demand.arrives(BILL, f"c{hour}", hour * HOUR)
    kept = json.loads(json.dumps([[key, value] for key, value in demand.changes()]))
    again = Demand.of((tuple(key), value) for key, value in kept)
    now = 7 * HOUR
    assert again.rate(name_of(CALL), now) == demand.rate(name_of(CALL), now)
    assert list(again.following(now)) == list(demand.following(now))
    assert again.asks == demand.asks
    assert not list(demand.changes())


def test_only_so_many_types_are_remembered_and_the_rare_ones_go_first() -> None:
    demand = Demand()
    for number in range(MOST_TYPES + 1):
        task = replace(BILL, requirement=Requirement(category=f"{number}"))
        for _ in range(1 if number == 7 else 2):
            demand.arrives(task, None, HOUR)
    list(demand.changes())
    demand.fade(HOUR)
    rare = name_of(replace(BILL, requirement=Requirement(category="7")))
    assert len(demand.arrived) == MOST_TYPES
    assert rare not in demand.arrived
    assert list(demand.changes()) == [((rare,), None)]
