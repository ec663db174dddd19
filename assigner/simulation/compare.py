"""Comparing policies on the same draws: means and paired differences, with 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

from assigner.simulation.bare import Outcome, run
from assigner.simulation.measures import MEASURES
from assigner.simulation.moment import Policy
from assigner.simulation.world import NEVER, World, cases

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean, and how far the truth may be from it on either side: `nan` of fewer than two numbers."""

    mean: float
    half: float

    @property
    def low(self) -> float:
        """The lower end."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """The upper end."""
        return self.mean + self.half

    @property
    def sure(self) -> bool:
        """Whether 0 is outside."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One policy in the world of one seed."""

    policy: str
    seed: int
    measured: Mapping[str, float]


def interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Of independent numbers, by Student's distribution; `nan` where one of them is."""
    if any(map(math.isnan, values)):
        return Interval(mean=math.nan, half=math.nan)
    if len(values) < 2:
        return Interval(mean=values[0] if values else math.nan, half=math.nan)
    factor = student(len(values) - 1, confidence)
    return Interval(mean=fmean(values), half=factor * stdev(values) / math.sqrt(len(values)))


def difference(these: Sequence[float], those: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Of pairs from the same draws: what `these` are above `those`. As many of both."""
    return interval([this - that for this, that in zip(these, those, strict=True)], confidence)


def student(freedom: int, confidence: float = CONFIDENCE) -> float:
    """How many deviations a mean of so many degrees of freedom may be off: exact for 1 and 2, else by the
    expansion of Cornish and Fisher, within 1 %.
    """
    tail = (1.0 + confidence) / 2
    if freedom == 1:
        return math.tan(math.pi * (tail - 0.5))
    if freedom == 2:
        return (2 * tail - 1) / math.sqrt(2 * tail * (1 - tail))
    z = NormalDist().inv_cdf(tail)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + math.fsum(term / freedom**power for power, term in enumerate(terms, 1))


def compare(
    world: World,
    policies: Mapping[str, Callable[[], Policy]],
    *,
    seeds: Iterable[int],
    number: int,
    until: float = NEVER,
    learns: bool = False,
) -> Iterator[Run]:
    """Each policy in the world of each seed, with so many cases: one run after another."""
    for seed in seeds:
        drawn = cases(world, seed, number)
        for name, policy in policies.items():
            outcome = run(world, drawn, policy(), seed=seed, until=until, learns=learns)
            yield Run(policy=name, seed=seed, measured=measure(outcome))


def measure(outcome: Outcome) -> dict[str, float]:
    """Every measure of an outcome, by name."""
    return {name: measure.of(outcome) for name, measure in MEASURES.items()}


def of(runs: Iterable[Run], policy: str, measure: str) -> list[float]:
    """What was measured of a policy, in the order of its runs."""
    return [run.measured[measure] for run in runs if run.policy == policy]
