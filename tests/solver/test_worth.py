"""What a waiting task is worth over time, part by part."""

import numpy as np
import pytest

from solver.worth import BROKEN, FORGIVEN, URGENT, Floats, weight_of, worth

NOTHING_PROMISED = np.inf


def parts(
    *, price: float = 0.5, left: float = 0.5, waited: float = 0.0, weight: float = 1.0, slack: float = 0.0
) -> dict[str, float]:
    """Of one task."""
    one = worth(*(np.array([each]) for each in (price, left, waited, weight, slack)))
    return {name: float(part[0]) for name, part in one.items()}


def total(**task: float) -> float:
    return sum(parts(**task).values())


def hours(*values: float) -> Floats:
    return np.array(values)


def test_a_new_task_of_usual_priority_without_a_promise_is_worth_what_is_left_of_its_case() -> None:
    found = parts(price=0.5, left=2.0, slack=NOTHING_PROMISED)
    assert found == {"nearly_done": pytest.approx(-np.log(2.0)), "waited": 0, "priority": 0, "promise": 0}


def test_what_is_nearly_done_comes_first() -> None:
    assert total(left=0.5) > total(left=5.0)


def test_a_task_gains_by_waiting_without_end() -> None:
    waits = [total(waited=waited, slack=NOTHING_PROMISED) for waited in (0.0, 1.0, 100.0, 1e4, 1e6)]
    assert waits == sorted(waits)
    assert len(set(waits)) == len(waits)


def test_a_short_task_grows_old_sooner() -> None:
    assert parts(price=0.1, waited=1.0)["waited"] > parts(price=1.0, waited=1.0)["waited"]


def test_twenty_five_points_of_priority_double_the_weight() -> None:
    assert weight_of(hours(0, 25, 50, 75, 100)) == pytest.approx([0.25, 0.5, 1, 2, 4])


def test_priority_weighs_as_much_as_the_hours_that_are_left() -> None:
    """Twice the weight and twice the work: the weight that an hour serves is the same."""
    assert total(weight=2.0, left=1.0) == pytest.approx(total(weight=1.0, left=0.5))


def test_a_promise_grows_urgent_until_the_last_moment() -> None:
    slacks = [parts(slack=slack)["promise"] for slack in (NOTHING_PROMISED, 100.0, 10.0, 1.0, 0.0)]
    assert slacks == sorted(slacks)
    assert slacks[0] == 0
    assert slacks[-1] == URGENT


def test_what_can_still_be_saved_comes_before_what_is_lost() -> None:
    assert total(slack=0.0) > total(slack=NOTHING_PROMISED) > total(slack=-0.01)


def test_a_broken_promise_is_forgiven_and_then_comes_first() -> None:
    """In the end nothing that is younger, shorter or dearer comes before it: nobody waits for ever."""
    late = BROKEN * FORGIVEN
    assert parts(slack=-late)["promise"] == pytest.approx(0)
    assert parts(slack=-late / 2)["promise"] < 0 < parts(slack=-late * 2)["promise"]
    assert total(slack=-500.0, left=10.0, weight=0.25) > total(slack=0.0, left=0.01, weight=4.0)


def test_all_tasks_are_valued_at_once() -> None:
    found = worth(hours(1, 2), hours(1, 2), hours(0, 5), hours(1, 2), hours(np.inf, -3))
    alone = parts(price=2.0, left=2.0, waited=5.0, weight=2.0, slack=-3.0)
    assert {name: part[1] for name, part in found.items()} == pytest.approx(alone)


def test_no_promise_no_warning() -> None:
    with np.errstate(all="raise"):
        found = worth(hours(1.0), hours(1.0), hours(0.0), hours(1.0), hours(np.inf))
    assert np.isfinite(found["promise"]).all()
