"""The rule "price and hold": what its index and its holding promise, and its formulas in plain loops."""

from dataclasses import replace
from math import inf, log
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.outlook import FAR, Outlook
from solver.over_time import DEFAULTS, FEW, rate
from solver.prices import AT_ONCE, SOFTNESS, cheapest, settle, shares


def an_outlook(handling: list[list[float]], **given: Any) -> Outlook:
    """Known hours, one task of each type waiting, everybody idle and staying, unless given."""
    types, agents = np.shape(handling)
    fields = {
        "waiting": np.ones(types),
        "arrivals": np.zeros(types),
        "frees_in": np.zeros(agents),
        "leaves_in": np.full(agents, inf),
        "slots": np.ones(agents),
    }
    fields |= {name: np.array(value, float) for name, value in given.items()}
    return Outlook(handling=np.array(handling, float), **fields)


def rated(outlook: Outlook, *idle: int) -> Any:
    return rate(outlook, np.zeros(outlook.slots.size), np.array(idle, np.int64))


@st.composite
def outlooks(draw: st.DrawFn) -> Outlook:
    types, agents = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    hours = st.sampled_from((0.01, 0.3, 1.0, 2.5, 40.0, inf))
    numbers = st.floats(0, 30)

    def vector(of: st.SearchStrategy[float], n: int) -> list[float]:
        return draw(st.lists(of, min_size=n, max_size=n))

    return an_outlook(
        [vector(hours, agents) for _ in range(types)],
        waiting=vector(st.integers(0, 50), types),
        arrivals=vector(numbers, types),
        after=vector(numbers, types),
        frees_in=vector(numbers, agents),
        leaves_in=vector(st.sampled_from((0.5, 8.0, inf)), agents),
        slots=vector(st.integers(1, 3), agents),
    )


def test_agents_alike_have_the_same_price() -> None:
    assert settle(an_outlook([[1, 1, 1], [2, 2, 2]])) == pytest.approx([0, 0, 0])


def test_the_only_one_who_can_is_dear() -> None:
    """Two types, and the second agent may do but one: the first agent's time is worth more."""
    dear, cheap = settle(an_outlook([[1, 1], [1, inf]], waiting=[5, 5]))
    assert dear > cheap


def test_without_demand_prices_stay() -> None:
    before = np.log([0.5, 1.5])
    assert settle(an_outlook([[1, 2]], waiting=[0]), before) == pytest.approx(before)


def test_arrivals_long_over_are_no_demand() -> None:
    """What a rate has decayed to after months without a task: no number to divide by."""
    before = np.log([0.5, 1.5])
    assert settle(an_outlook([[1, 2]], waiting=[0], arrivals=[5e-324]), before) == pytest.approx(before)
    assert settle(an_outlook([[1, 2]], waiting=[0], arrivals=[2.3e-311]), before) == pytest.approx(before)


def test_types_alike_count_as_one_however_many() -> None:
    """So many pairs that they are not gone through at once, and some are left for the end."""
    chance = np.random.default_rng(0)
    three = chance.uniform(0.5, 2.0, (3, 70))
    many = an_outlook(np.repeat(three, 333, axis=0), waiting=np.repeat([1, 5, 20], 333))
    assert many.handling.size > AT_ONCE
    few = an_outlook(three, waiting=[333, 5 * 333, 20 * 333])
    assert settle(many) == pytest.approx(settle(few))


def test_prices_settle_where_more_rounds_change_little() -> None:
    outlook = an_outlook([[1, 1, 3], [1, inf, 1], [2, 1, inf]], waiting=[5, 9, 2])
    settled = settle(outlook, rounds=4000)
    assert settle(outlook, settled) == pytest.approx(settled, abs=1e-3)


@given(outlooks())
def test_it_is_one_whether_rounds_go_together_or_one_by_one(outlook: Outlook) -> None:
    """Who settles prices every hour and who does so every five minutes get to the same."""
    prices = together = settle(outlook, rounds=3)
    for _ in range(12):
        prices = settle(outlook, prices)
    assert settle(outlook, together, rounds=12) == pytest.approx(prices)


@given(outlooks())
def test_prices_have_mean_one_whatever_the_outlook(outlook: Outlook) -> None:
    prices = np.exp(settle(outlook))
    assert prices.mean() == pytest.approx(1)
    assert (prices > 0).all()


@given(outlooks())
def test_numbers_are_numbers_whatever_the_outlook(outlook: Outlook) -> None:
    """No pair that may be is worth nothing or not a number; who may not is told by -inf."""
    every = np.arange(outlook.slots.size)
    found = rate(outlook, settle(outlook), every)
    assert (np.isfinite(found.pair) == np.isfinite(outlook.handling)).all()
    assert np.isfinite(found.expected_in).all()
    assert np.isfinite(found.left).all()
    assert (found.left >= found.price).all()


def test_the_right_agent_loses_nothing_and_a_dearer_one_does() -> None:
    found = rated(an_outlook([[1, 2]]), 0, 1)
    assert found.pair == pytest.approx(np.array([[0, -DEFAULTS.right_agent * log(2)]]))


def test_what_follows_counts_as_left_of_the_case() -> None:
    found = rated(an_outlook([[1], [4]], after=[2, 0]), 0)
    assert found.left == pytest.approx([3, 4])


def test_held_for_a_faster_agent_who_is_free_sooner_than_it_would_take() -> None:
    found = rated(an_outlook([[10, 1]], frees_in=[0, 2]), 0)
    assert found.held_for.tolist() == [[1]]
    assert found.expected_in == pytest.approx(np.array([[2]]))


def test_not_held_for_a_faster_agent_who_is_busy_for_long() -> None:
    assert rated(an_outlook([[10, 1]], frees_in=[0, 20]), 0).held_for.tolist() == [[-1]]


def test_not_held_when_much_waits_for_the_faster_agent() -> None:
    assert rated(an_outlook([[10, 1]], waiting=[30]), 0).held_for.tolist() == [[-1]]


def test_never_held_for_nobody() -> None:
    """Who is the fastest present is never kept from the work."""
    assert rated(an_outlook([[50, 90]]), 0).held_for.tolist() == [[-1]]


def test_never_held_by_a_rounding() -> None:
    """Who takes just so long that it is no longer worth waiting begins, however the hours are rounded."""
    times = [(DEFAULTS.patience * seconds / 3600, seconds / 3600) for seconds in range(2, 3600, 2)]
    held = [rated(an_outlook([[slow, fast]]), 0).held_for.item() for slow, fast in times]
    assert set(held) == {-1}


def test_never_held_for_who_leaves_before_being_free() -> None:
    outlook = an_outlook([[10, 1]], frees_in=[0, 2], leaves_in=[8, 1])
    assert rated(outlook, 0).held_for.tolist() == [[-1]]


def _oracle(outlook: Outlook, log_price: Any, t: int, r: int) -> float:
    """POLICY: min over the faster of (remaining + m), and g × ahead / Σ 1/m; inf without anybody faster."""
    m, types, agents = outlook.handling, *map(range, outlook.handling.shape)
    price = np.exp(log_price)
    least = [min(m[u, s] * price[s] for s in agents) for u in types]

    def soft(u: int, s: int) -> float:
        return (1 + (m[u, s] * price[s] / least[u] - 1) / SOFTNESS) ** -4 if m[u, s] < inf else 0.0

    def share(u: int, s: int) -> float:
        return soft(u, s) / sum(soft(u, k) for k in agents) if least[u] < inf else 0.0

    stays = [s for s in agents if outlook.frees_in[s] < outlook.leaves_in[s]]
    faster = [s for s in stays if m[t, s] < m[t, r]]
    if not faster:
        return inf
    ahead = sum(
        (outlook.waiting[u] - (u == t)) * share(u, s) * m[u, s] / m[t, s]
        for u in types
        for s in faster
        if m[u, s] < inf
    )
    rates = sum(outlook.slots[s] / m[t, s] for s in faster)
    soonest = min(outlook.frees_in[s] + m[t, s] for s in faster)
    return float(soonest + DEFAULTS.queue * max(ahead, 0.0) / rates)


@given(outlooks())
def test_holding_is_what_the_formula_says(outlook: Outlook) -> None:
    outlook = replace(outlook, waiting=outlook.waiting + 1)
    log_price = settle(outlook)
    found = rate(outlook, log_price, np.arange(outlook.slots.size))
    for t, r in np.argwhere(np.isfinite(outlook.handling)).tolist():
        alternative, mine = _oracle(outlook, log_price, t, r), outlook.handling[t, r]
        if abs(mine / (DEFAULTS.patience * alternative) - 1) > 1e-9:
            assert (found.held_for[t, r] >= 0) == (mine > DEFAULTS.patience * alternative)


@given(outlooks(), st.lists(st.floats(-2, 2), min_size=5, max_size=5))
def test_types_left_out_count_by_what_waits_of_them(outlook: Outlook, drawn: list[float]) -> None:
    """A part of the types, with the work of all of them beside it, is rated as it is among all."""
    log_price = np.array(drawn[: outlook.slots.size])
    idle = np.arange(outlook.slots.size)
    able = np.asarray(np.isfinite(outlook.handling).any(axis=1))
    whole = rate(outlook, log_price, idle)
    hours = np.minimum(outlook.handling, FAR)
    share = np.where(able[:, None], shares(*cheapest(hours, np.exp(log_price))), 0.0)
    part = replace(
        outlook,
        handling=outlook.handling[:1],
        waiting=np.zeros(1),
        arrivals=outlook.arrivals[:1],
        beside=outlook.waiting @ (share * hours),
        after=np.asarray(outlook.after)[:1],
    )
    alone = rate(part, log_price, idle)
    assert alone.left == pytest.approx(whole.left[:1])
    assert alone.pair == pytest.approx(whole.pair[:1])
    assert alone.expected_in == pytest.approx(whole.expected_in[:1])
    assert (alone.held_for == whole.held_for[:1]).all()


@given(outlooks())
def test_how_many_are_asked_about_changes_nothing(outlook: Outlook) -> None:
    """Many idle agents are rated as a few of them are."""
    log_price = np.zeros(outlook.slots.size)
    few = np.arange(outlook.slots.size)
    many = rate(outlook, log_price, np.tile(few, FEW))
    alone = rate(outlook, log_price, few)
    assert many.expected_in[:, : few.size] == pytest.approx(alone.expected_in)
    assert (many.pair[:, : few.size] == alone.pair).all()
