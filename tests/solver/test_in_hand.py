"""How long a task in hand takes in all, by how long it has taken."""

import numpy as np
import pytest

from solver.in_hand import in_all


def test_what_is_known_stays_as_it_is_however_long_it_takes() -> None:
    hours = np.array([0.1, 1.0, 30.0])
    assert in_all(hours, np.zeros(3), np.array([0.0, 50.0, 1e6])) == pytest.approx(hours)


@pytest.mark.parametrize("shape", [1.0, 2.5, 10.0])
@pytest.mark.parametrize("doubt", [0.01, 0.4, 1.6])
@pytest.mark.parametrize("spent", [0.0, 0.1, 1.0, 5.0, 40.0])
def test_it_is_the_likeliest_of_all(shape: float, doubt: float, spent: float) -> None:
    """By trying out all means: it has not ended in `spent` hours, and 2 hours were expected."""
    tried = np.linspace(-1.0, 6.0, 70_001)
    likely = -0.5 * tried**2 / doubt - (spent / 2.0 * np.exp(-tried)) ** shape
    best = 2.0 * np.exp(tried[likely.argmax()])
    [found] = in_all(np.array([2.0]), np.array([doubt]), np.array([spent]), shape)
    assert found == pytest.approx(best, rel=0.03)


@pytest.mark.parametrize("shape", [1.0, 10.0])
def test_the_longer_it_takes_and_the_more_doubt_there_is_the_longer_it_is_expected_to_take(
    shape: float,
) -> None:
    spent = np.geomspace(0.4, 1e4, 50)
    little, much = (in_all(np.ones(50), np.full(50, doubt), spent, shape) for doubt in (0.1, 1.0))
    assert (np.diff(little) > 0).all()
    assert (np.diff(much) > 0).all()
    assert (much > little).all()
