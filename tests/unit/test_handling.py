"""Handling times are learned: from few data sensibly, from many rightly, and whatever comes among them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from math import exp, log, sqrt

import pytest

from assigner.domain.handling import MOST_PAIRS, UNKNOWN_MS, YEAR_MS, Handling, name_of, pair_of
from assigner.domain.observed import REMEMBERED

MINUTE_MS = 60_000
Truth = Mapping[tuple[str, str], float]
Draw = Callable[[random.Random, float], float]


def exponential(chance: random.Random, mean: float) -> float:
    return chance.expovariate(1 / mean)


def lognormal(spread: float) -> Draw:
    return lambda chance, mean: mean * exp(chance.gauss(0, spread) - spread * spread / 2)


DRAWS: dict[str, Draw] = {"exponential": exponential, "narrow": lognormal(0.3), "wide": lognormal(1.0)}
SPREADS = {"narrow": 0.3, "wide": 1.0, "exponential": 1.06}
"""Those of a lognormal time whose cube root varies as much."""


def truth(
    categories: int = 6, agents: int = 12, own: float = 0.3, seed: int = 5
) -> dict[tuple[str, str], float]:
    """Means that span three orders of magnitude, by the category, with slow agents and fast ones."""
    chance = random.Random(seed)
    speeds = [chance.gauss(0, 0.5) for _ in range(agents)]
    return {
        (f"c{c}", f"a{a}"): 20_000 * 1_000 ** (c / (categories - 1)) * exp(speeds[a] + chance.gauss(0, own))
        for c in range(categories)
        for a in range(agents)
    }


def observed(
    means: Truth,
    times: int,
    draw: Draw,
    outliers: float = 0.0,
    seed: int = 1,
    handling: Handling | None = None,
) -> Handling:
    """So many times of each pair on average, in no order; outliers are a hundred times as long."""
    chance, handling = random.Random(seed), handling or Handling()
    pairs = list(means)
    for _ in range(times * len(pairs)):
        category, agent = chance.choice(pairs)
        ms = draw(chance, means[category, agent]) * (100 if chance.random() < outliers else 1)
        handling.observe(category, agent, max(1, round(ms)))
    return handling


def errors(handling: Handling, means: Truth) -> list[float]:
    return [log(handling.estimate(*pair).mean_ms / mean) for pair, mean in means.items()]


def typical(errors: list[float]) -> float:
    """The root of the mean square."""
    return sqrt(sum(error * error for error in errors) / len(errors))


@pytest.mark.parametrize("kind", sorted(DRAWS))
def test_estimates_come_to_the_truth_over_three_orders_of_magnitude(kind: str) -> None:
    means = truth()
    few, some, many = (typical(errors(observed(means, times, DRAWS[kind]), means)) for times in (2, 20, 400))
    assert many < some < few < 0.7
    assert many < 0.1
    found = errors(observed(means, 400, DRAWS[kind]), means)
    assert abs(sum(found) / len(found)) < 0.05


@pytest.mark.parametrize("kind", sorted(DRAWS))
def test_the_spread_comes_to_the_truth(kind: str) -> None:
    handling = observed(truth(), 200, DRAWS[kind])
    assert handling.estimate("c3", "a3").spread == pytest.approx(SPREADS[kind], rel=0.15)


@pytest.mark.parametrize("kind", sorted(DRAWS))
def test_one_time_in_twenty_that_is_a_hundred_times_as_long_does_little(kind: str) -> None:
    """Their plain mean would be six times the truth."""
    means = truth()
    for times, most in ((10, 1.7), (100, 1.6)):
        found = errors(observed(means, times, DRAWS[kind], outliers=0.05), means)
        assert sum(found) / len(found) < log(most)


def test_with_few_data_a_pair_is_expected_to_be_like_its_category_and_its_agent() -> None:
    """Of those whom nobody has tried in a category the error is that of what is their own; one time moves the
    estimate a part of the way toward it.
    """
    means = truth(own=0.5)
    known = {pair: mean for pair, mean in means.items() if pair != ("c2", "a2")}
    handling = observed(known, 60, exponential)
    before = handling.estimate("c2", "a2")
    assert before.n == 0
    assert abs(log(before.mean_ms / means["c2", "a2"])) < 2 * 0.5
    shares = moved(handling, times=4)
    assert shares == sorted(shares)
    assert 0.1 < shares[0] < 0.4 < shares[-1] < 1


def moved(handling: Handling, times: int) -> list[float]:
    """How far toward three times as long each such time of an untried pair moves what is expected of it."""
    before, shares = handling.estimate("c2", "a2").mean_ms, []
    for _ in range(times):
        handling.observe("c2", "a2", round(before * 3))
        shares.append(log(handling.estimate("c2", "a2").mean_ms / before) / log(3))
    return shares


@pytest.mark.parametrize("read", [False, True])
def test_how_much_pairs_differ_of_themselves_is_learned(read: bool) -> None:
    """So what is expected of who has never tried is in more doubt or in less, and one time of theirs moves it
    more or less; also when what was stored is read.
    """
    doubts, shares = [], []
    for own in (0.1, 0.5, 1.2):
        means = truth(own=own, agents=24)
        known = {pair: mean for pair, mean in means.items() if pair != ("c2", "a2")}
        handling = observed(known, 6, exponential)
        if read:
            rows = {name: handling.row(name) for name in handling.changed}
            handling = Handling.of_rows({name: row for name, row in rows.items() if row})
        doubts.append(sqrt(handling.estimate("c2", "a2").doubt))
        shares += moved(handling, times=1)
    assert doubts == pytest.approx([0.45, 0.6, 1.35], abs=0.12)
    assert shares[0] < 0.3 < shares[1] < 0.5 < shares[2] < 1


def test_who_is_twice_as_fast_everywhere_is_expected_to_be_fast_where_they_never_tried() -> None:
    means = {
        (f"c{c}", f"a{a}"): MINUTE_MS * 10**c * (0.5 if a == 0 else 1) for c in range(4) for a in range(6)
    }
    tried = {pair: mean for pair, mean in means.items() if pair != ("c3", "a0")}
    handling = observed(tried, 60, exponential)
    fast, usual = (handling.estimate("c3", agent).mean_ms for agent in ("a0", "new"))
    assert fast / usual == pytest.approx(0.55, abs=0.1)
    assert usual == pytest.approx(means["c3", "a1"], rel=0.25)


def test_a_category_of_which_nothing_is_known_is_like_the_others_and_as_was_said_where_somebody_did() -> None:
    handling = Handling()
    assert handling.estimate("c", "a").mean_ms == pytest.approx(UNKNOWN_MS)
    assert handling.estimate("c", "a", said_ms=7_000).mean_ms == pytest.approx(7_000, rel=0.3)
    known = observed(truth(categories=2), 50, exponential)
    levels = [known.of_category(category).mean_ms for category in known.categories]
    assert min(levels) < known.estimate("other", "new").mean_ms < max(levels)
    assert known.estimate("other", "new", said_ms=7_000).mean_ms == pytest.approx(7_000, rel=0.5)


def test_what_is_said_counts_as_long_as_little_is_known_of_the_pair() -> None:
    handling = observed({("c", f"a{a}"): 100_000 for a in range(5)}, 40, exponential)
    said = [handling.estimate("c", agent, said_ms=400_000).mean_ms for agent in ("new", "a0")]
    assert 150_000 < said[0] < 400_000
    assert said[1] < 150_000


@pytest.mark.parametrize("ms", [0, -5, YEAR_MS + 1])
def test_what_cannot_be_a_handling_time_is_not_counted(ms: int) -> None:
    handling = observed({("c", "a"): 1_000}, 5, exponential)
    before = handling.estimate("c", "a")
    handling.observe("c", "a", ms)
    handling.observe("d", "a", ms)
    assert handling.estimate("c", "a") == before
    assert "d" not in handling


@pytest.mark.parametrize("ms", [1, YEAR_MS])
def test_one_time_of_a_year_or_of_a_millisecond_passes(ms: int) -> None:
    """Also where it is the first of all; then it takes some more to be forgotten."""
    means = {("c", f"a{a}"): 600_000.0 for a in range(4)}
    handling = observed(means, 25, lognormal(0.5))
    handling.observe("c", "a1", ms)
    assert typical(errors(handling, means)) < 0.3
    first = Handling()
    first.observe("c", "a1", ms)
    observed(means, 25, lognormal(0.5), handling=first)
    assert typical(errors(first, means)) < 1.2
    observed(means, 200, lognormal(0.5), handling=first)
    assert typical(errors(first, means)) < 0.4


def test_who_takes_longer_now_is_expected_to_take_longer() -> None:
    """The older times of a pair are forgotten by and by."""
    handling = observed({("c", "a"): 100_000, ("c", "b"): 100_000}, 3 * REMEMBERED, lognormal(0.5))
    later = {("c", "a"): 300_000.0}
    observed(later, 3 * REMEMBERED, lognormal(0.5), handling=handling)
    assert typical(errors(handling, later)) < 0.2
    assert handling.estimate("c", "a").n == pytest.approx(REMEMBERED, abs=1)


def test_the_table_has_what_is_estimated_of_each_pair() -> None:
    handling = observed(truth(), 3, exponential)
    categories, agents = ["c1", "none", "c4"], ["a2", "nobody", "a0"]
    means, doubts = handling.table(categories, agents)
    for i, category in enumerate(categories):
        for j, agent in enumerate(agents):
            one = handling.estimate(category, agent)
            assert means[i][j] == pytest.approx(one.mean_ms)
            assert doubts[i][j] == pytest.approx(one.doubt)
            assert handling.tried(category, agent) == one.n
            assert handling.mean_ms(category, agent) == pytest.approx(one.mean_ms)


def test_what_is_stored_says_the_same_again() -> None:
    """An event that was in it is not counted twice, and one that comes after it is."""
    means, handling, chance = truth(), Handling(), random.Random(3)
    for number in range(900):
        category, agent = chance.choice(list(means))
        handling.observe(
            category, agent, round(exponential(chance, means[category, agent])) + 1, f"{number}-0"
        )
    rows = {name: handling.row(name) for name in handling.changed}
    again = Handling.of_rows({name: row for name, row in rows.items() if row})
    differences = [
        log(again.estimate(*pair).mean_ms / handling.estimate(*pair).mean_ms) for pair in handling.pairs()
    ]
    assert max(map(abs, differences)) < 0.1
    assert list(again.pairs()) == list(handling.pairs())
    before = again.tried("c0", "a0")
    last = rows[name_of("c0", "a0")]
    assert last is not None
    for event in (last[3], "5-0", "5-1", "900-0"):
        again.observe("c0", "a0", 1_000, event)
    assert again.tried("c0", "a0") == before + 1


def test_beyond_its_bound_the_pair_not_seen_for_longest_is_forgotten() -> None:
    assert Handling().most == MOST_PAIRS
    handling = Handling(most=3)
    for category, agent in (("c", "a"), ("d", "b"), ("c", "b"), ("c", "a"), ("e", "z")):
        handling.observe(category, agent, 60_000)
    assert list(handling.pairs()) == [("c", "b"), ("c", "a"), ("e", "z")]
    assert "d" not in handling
    assert (handling.row(name_of("d", "b")), name_of("d", "b") in handling.changed) == (None, True)
    assert handling.of_category("c").n == 3
    handling.observe("f", "a", 60_000)
    handling.observe("g", "a", 60_000)
    assert sorted(handling.categories) == ["e", "f", "g"]
    assert [handling.tried(one, "a") for one in ("c", "f", "g")] == [0, 1, 1]


def test_what_is_forgotten_leaves_no_trace() -> None:
    """All that is summed is what it would be had the pairs never been there."""
    means, gone = truth(categories=4, agents=6), {("c9", f"a{a}"): 1e6 for a in range(6)}
    handling = observed(gone, 3, exponential, handling=Handling(most=len(means)))
    observed(means, 30, exponential, handling=handling)
    assert sorted(handling.pairs()) == sorted(means)
    rows = {name_of(*pair): handling.row(name_of(*pair)) for pair in means}
    fresh = Handling.of_rows({name: row for name, row in rows.items() if row})
    differences = [log(handling.estimate(*pair).mean_ms / fresh.estimate(*pair).mean_ms) for pair in means]
    assert max(map(abs, differences)) < 0.05


def test_a_pair_is_known_by_its_name() -> None:
    for pair in (("c", "a"), ("", "a"), ("one\x1ftwo", "a"), ("é \n", "~!")):
        assert pair_of(name_of(*pair)) == pair
