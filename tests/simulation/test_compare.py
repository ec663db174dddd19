"""Comparing policies: intervals are as wide as they should be, and pairs make them narrower."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random
from statistics import fmean, stdev

import pytest

from assigner.simulation.compare import compare, difference, interval, of, student
from assigner.simulation.measures import MEASURES
from assigner.simulation.policies import POLICIES
from tests.simulation.small import alike


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.706), (2, 4.3027), (3, 3.1824), (5, 2.5706), (19, 2.0930), (300, 1.9679)]
)
def test_student_s_quantiles(freedom: int, quantile: float) -> None:
    """As tables of the distribution have them."""
    assert student(freedom) == pytest.approx(quantile, rel=0.01)


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Of many samples, 95 % of the intervals hold the mean that they were drawn with."""
    chance = Random(1)
    samples = [[chance.gauss(3.0, 2.0) for _ in range(6)] for _ in range(2_000)]
    held = fmean(one.low < 3.0 < one.high for one in map(interval, samples))
    assert held == pytest.approx(0.95, abs=0.015)


def test_of_one_number_nothing_is_sure() -> None:
    one = interval([2.0])
    assert one.mean == 2.0
    assert math.isnan(one.half)
    assert not one.sure
    assert math.isnan(interval([]).mean)


def test_of_what_was_not_measured_nothing_is_told() -> None:
    """A run in which nothing was promised has no share of promises kept, and so neither has their mean."""
    one = interval([0.5, math.nan, 0.25])
    assert math.isnan(one.mean)
    assert not one.sure


def test_pairs_tell_more_than_means() -> None:
    """On the same draws a difference is sure that is lost in the noise of the means."""
    halves = [(0.5, 0), (0.5, 1)]
    world = replace(alike(2, 1.0, types=2), takes=[[0.4] * 2, [1.6] * 2], rates=(1.8,), starts=halves)
    policies = {name: POLICIES[name] for name in ("fifo", "spt")}
    runs = list(compare(world, policies, seeds=range(12), number=300))
    assert [(run.policy, run.seed) for run in runs[:4]] == [("fifo", 0), ("spt", 0), ("fifo", 1), ("spt", 1)]
    assert runs[0].measured.keys() == MEASURES.keys()
    fifo, spt = (of(runs, name, "cycle") for name in policies)
    apart = difference(spt, fifo)
    assert apart.sure
    assert apart.mean == pytest.approx(fmean(spt) - fmean(fifo))
    assert apart.half < (interval(spt).half + interval(fifo).half) / 2
    assert apart.half == pytest.approx(
        student(11) * stdev([a - b for a, b in zip(spt, fifo, strict=True)]) / 12**0.5
    )


def test_learning_is_a_way_to_run() -> None:
    """Every policy can be compared from a cold start."""
    world = replace(alike(3, 1.0), takes=[[0.5, 1.0, 3.0]], rates=(2.0,))
    knows, learns = (
        of(compare(world, {"spt": POLICIES["spt"]}, seeds=[1], number=200, learns=learns), "spt", "cycle")
        for learns in (False, True)
    )
    assert learns != knows
    until = list(compare(world, {"spt": POLICIES["spt"]}, seeds=[1], number=200, until=5.0))
    assert until[0].measured["cycle"] < 5.0
