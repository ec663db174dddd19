"""What is left of a case: against the best there is, over all ways to put a case aside."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.left import LEAST, beyond


def found(price: list[float], follows: list[list[float]]) -> list[float]:
    hours: list[float] = beyond(np.array(price, float), np.array(follows, float)).tolist()
    return hours


@st.composite
def cases(draw: st.DrawFn) -> tuple[Any, Any]:
    """Prices, and how likely which type follows which; one case in twenty ends after any type at least."""
    types = draw(st.integers(1, 4))
    price = draw(st.lists(st.floats(0.01, 100), min_size=types, max_size=types))
    likely = st.sampled_from((0.0, 0.0, 0.1, 0.5, 0.95))
    rows = [draw(st.lists(likely, min_size=types, max_size=types)) for _ in range(types)]
    follows = np.array(rows)
    return np.array(price), follows / np.maximum(1.0, follows.sum(axis=1, keepdims=True) / 0.95)


def cost_of(go_on_with: list[int], price: Any, follows: Any) -> Any:
    """Hours for each case that ends, begun with each of these types and put aside when another type comes."""
    among = np.eye(len(go_on_with)) - follows[np.ix_(go_on_with, go_on_with)]
    hours = np.linalg.solve(among, price[go_on_with])
    return hours / np.linalg.solve(among, 1.0 - follows[go_on_with].sum(axis=1))


@given(cases())
def test_it_is_the_least_of_all_ways_to_put_a_case_aside(case: tuple[Any, Any]) -> None:
    price, follows = case
    least = np.full(price.size, np.inf)
    for many in range(1, price.size + 1):
        for types in combinations(range(price.size), many):
            least[list(types)] = np.minimum(least[list(types)], cost_of(list(types), price, follows))
    assert price + beyond(price, follows) == pytest.approx(least)


@given(cases())
def test_never_more_than_what_is_expected_to_be_left_and_never_below_nothing(case: tuple[Any, Any]) -> None:
    price, follows = case
    expected = np.linalg.solve(np.eye(price.size) - follows, price)
    left = beyond(price, follows)
    assert (left >= 0).all()
    assert (price + left <= expected * (1 + 1e-9)).all()


def test_a_short_step_after_it_is_done_and_a_long_one_put_aside() -> None:
    """Every second case goes on: for each that ends, all of it costs 1 + h / 2, and 2 if put aside then."""
    assert found([1, 1], [[0, 0.5], [0, 0]]) == pytest.approx([0.5, 0])
    assert found([1, 4], [[0, 0.5], [0, 0]]) == pytest.approx([1, 0])


def test_a_type_that_comes_back_is_done_again() -> None:
    assert found([2], [[0.75]]) == pytest.approx([6])


def test_a_circle_without_an_end_stays_finite() -> None:
    assert found([1, 1], [[0, 1], [1, 0]]) == pytest.approx([1 / LEAST] * 2, rel=1e-3)


def test_a_case_ends_before_what_nobody_may_do() -> None:
    assert found([1, 0, 3], [[0, 1, 0], [0, 0, 1], [0, 0, 0]]) == [0, 0, 0]


def test_what_neither_follows_nor_is_followed_is_left_alone() -> None:
    alone = found([1, 4, 2, 7], [[0, 0.5, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    assert alone == [*found([1, 4], [[0, 0.5], [0, 0]]), 0, 0]


def test_nothing_is_left_where_nothing_follows() -> None:
    assert found([1, 2], [[0, 0], [0, 0]]) == [0, 0]
