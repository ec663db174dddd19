"""What a waiting task is worth over time, part by part."""

import numpy as np
import pytest

from solver.worth import BROKEN, SPARE, URGENT, Floats, first_come, limit_of, weight_of, worth

NOTHING_PROMISED = np.inf


LIMIT = 50.0


def parts(
    *,
    price: float = 0.5,
    left: float = 0.5,
    waited: float = 0.0,
    weight: float = 1.0,
    slack: float = 0.0,
    limit: float = LIMIT,
) -> dict[str, float]:
    """Of one task."""
    one = worth(*(np.array([each]) for each in (price, left, waited, weight, slack, limit)))
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


def test_a_broken_promise_is_redressed_as_the_wait_nears_its_limit() -> None:
    redressed = [parts(slack=-1.0, waited=part * LIMIT)["promise"] for part in (0.0, 0.5, 0.7, 1.0)]
    assert redressed == pytest.approx([-BROKEN, -BROKEN, 0.0, 6.0])


@pytest.mark.parametrize("slack", [NOTHING_PROMISED, 5.0, -1.0], ids=["none", "kept", "broken"])
def test_beyond_the_limit_every_task_gains_as_much_for_ever(slack: float) -> None:
    """In the end nothing that is younger, shorter or dearer comes before it: nobody waits for ever."""
    waits = [total(slack=slack, waited=limits * LIMIT) for limits in (1.0, 2.0, 5.0, 50.0)]
    assert np.diff(waits) == pytest.approx([20, 60, 900], rel=0.05)
    assert total(slack=slack, waited=3 * LIMIT, left=10.0, weight=0.25) > total(left=0.01, weight=4.0)


@pytest.mark.parametrize("slack", [NOTHING_PROMISED, 5.0, -1.0], ids=["none", "kept", "broken"])
def test_who_has_waited_longer_is_never_worth_less(slack: float) -> None:
    values = [total(slack=slack, waited=waited) for waited in np.linspace(0.0, 3 * LIMIT, 200).tolist()]
    assert np.all(np.diff(values) > 0)


def test_where_more_waits_a_wait_is_too_long_later() -> None:
    late = {"slack": -1.0, "waited": LIMIT}
    assert total(limit=2 * LIMIT, **late) < total(limit=LIMIT, **late)


def test_without_a_limit_no_wait_is_too_long() -> None:
    assert parts(waited=1e6, slack=-1.0, limit=np.inf)["promise"] == -BROKEN
    assert parts(waited=1e6, limit=np.inf)["waited"] < 10


def test_the_wait_by_order_of_arrival_follows_from_what_waits_and_what_arrives() -> None:
    """Of the first type 10 tasks of 2 h wait, of the second 4 of 1 h; 6 h of work arrive an hour."""
    assert first_come(hours(2, 1), hours(10, 4), hours(2, 2)) == pytest.approx(24 / 6)


def test_what_waits_need_not_wait_as_the_type_that_it_came_as() -> None:
    assert first_come(hours(2, 2), hours(0, 10), hours(2, 0)) == pytest.approx(20 / 4)


def test_types_that_nobody_may_do_say_nothing_of_the_wait() -> None:
    assert first_come(hours(2, 0), hours(10, 99), hours(2, 5)) == pytest.approx(20 / 4)
    assert first_come(hours(2), hours(10), hours(0)) == 0
    assert first_come(hours(0), hours(10), hours(3)) == 0


def test_the_limit_leaves_room_for_a_night_and_grows_with_the_wait() -> None:
    assert limit_of(0.0) == SPARE
    assert limit_of(100.0) > 100.0 > limit_of(10.0)


def test_all_tasks_are_valued_at_once() -> None:
    found = worth(hours(1, 2), hours(1, 2), hours(0, 5), hours(1, 2), hours(np.inf, -3), LIMIT)
    alone = parts(price=2.0, left=2.0, waited=5.0, weight=2.0, slack=-3.0)
    assert {name: part[1] for name, part in found.items()} == pytest.approx(alone)


def test_no_promise_no_warning() -> None:
    with np.errstate(all="raise"):
        found = worth(hours(1.0), hours(1.0), hours(0.0), hours(1.0), hours(np.inf), LIMIT)
    assert np.isfinite(found["promise"]).all()
