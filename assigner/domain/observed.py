"""What was observed of how long tasks took: of a pair of a category and an agent, of a category, of an agent.

What is summed of each time is its cube root, which is nearly normal for a gamma variate (Wilson and Hilferty
1931) and not far from it for a lognormal one: a very long time then weighs little, and little is lost where
there is none. With mean m and squared coefficient of variation v of the roots, the mean of the times is
m³ (1 + 3 v + 3/2 v²), within 2 % for exponential ones and for lognormal ones of a spread up to 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log, sqrt

REMEMBERED = 400
"""So many observations of a pair count; then each new one takes the place of as much of the older."""
LEVELS = 5.0
"""Variance of the levels of categories, in logarithms: ten times as long as another is not rare."""
USUAL = 0.132
"""The squared coefficient of variation of the cube roots of exponential times, as which all times count
before they are known to be otherwise."""
MOST_VARIATION = 0.4
"""Of lognormal times with a spread of 1.7; what varies more is taken for an outlier."""
ALIKE = 4.0
"""So many observations' worth is that: for a category; and what is known of the category, for a pair."""


@dataclass(slots=True, eq=False)
class Pair:
    """What was observed of a category and an agent: how many times, the sums of their cube roots and of the
    squares of those, and the event of the last one.

    The rest is made of these: `level`, what the roots come to as a logarithm; `noise`, the sum of their
    squared deviations in units of their squared mean; and `weight`, with which, as `counted` so often, it
    stands in the sums of its category and its agent: one over the variance of its level around theirs.
    """

    n: float = 0.0
    roots: float = 0.0
    squares: float = 0.0
    last: str = ""
    level: float = 0.0
    noise: float = 0.0
    weight: float = 0.0
    counted: float = 0.0

    def add(self, root: float) -> None:
        """Take in one time."""
        if self.n >= REMEMBERED:
            keep = 1 - 1 / REMEMBERED
            self.n, self.roots, self.squares = self.n * keep, self.roots * keep, self.squares * keep
        self.n += 1
        self.roots += root
        self.squares += root * root

    def fit(self, usual: float, own: float) -> None:
        """Make the rest of what was observed, where `usual` is the variation of its category and `own` the
        variance of what is a pair's own. (The logarithm of a mean of n is too low by variation / 2n, to the
        second order.)
        """
        self.counted, self.level = self.n, 3 * log(self.roots / self.n) + 1.5 * usual / self.n
        varied = self.squares * self.n / (self.roots * self.roots) - 1
        self.noise = min(max(varied, 0.0), MOST_VARIATION) * self.n
        self.weight = 1 / (own + self.doubt(usual))

    def doubt(self, usual: float) -> float:
        """The variance of its level, to the second order, where the roots vary so much."""
        of_mean = usual / self.n
        return 9 * of_mean * (1 + 2.5 * of_mean)

    @property
    def free(self) -> float:
        """The degrees of freedom of its noise."""
        return max(0.0, self.counted - 1)


@dataclass(slots=True, eq=False)
class OfCategory:
    """Its pairs by agent, its level, its variation, and the mean of somebody of the usual speed.

    Of the pairs, Σ weight, Σ weight·level, Σ weight·speed of the agent; how many times, Σ noise and its
    degrees of freedom.
    """

    pairs: dict[str, Pair] = field(default_factory=dict)
    level: float = 0.0
    usual_ms: float = 0.0
    variation: float = USUAL
    weight: float = 0.0
    levels: float = 0.0
    speeds: float = 0.0
    n: float = 0.0
    noise: float = 0.0
    free: float = 0.0

    def count(self, pair: Pair, speed: float, times: int) -> None:
        """Add what a pair is counted with, or take it out."""
        self.weigh(pair, speed, times * pair.weight)
        self.n += times * pair.counted
        self.noise += times * pair.noise
        self.free += times * pair.free
        self.variation = (self.noise + ALIKE * USUAL) / (self.free + ALIKE)

    def weigh(self, pair: Pair, speed: float, weight: float) -> None:
        """Add to what a pair weighs."""
        self.weight += weight
        self.levels += weight * pair.level
        self.speeds += weight * speed

    def settle(self, centre: float) -> None:
        """Fit the level to what is left of the pairs without their agents' speeds."""
        self.level = (self.levels - self.speeds + centre / LEVELS) / (self.weight + 1 / LEVELS)
        self.usual_ms = exp(self.level) * above(self.variation)


@dataclass(slots=True, eq=False)
class OfAgent:
    """Their pairs by category, and Σ weight of those; `speed` is the logarithm of how long they take beside
    others, `pace` how many times as long.
    """

    pairs: dict[str, Pair] = field(default_factory=dict)
    weight: float = 0.0
    speed: float = 0.0
    pace: float = 1.0


def above(variation: float) -> float:
    """How many times the cube of the mean root the mean of the times is."""
    return 1 + 3 * variation * (1 + variation / 2)


def spread(variation: float) -> float:
    """The σ of a lognormal time whose cube root has this squared coefficient of variation."""
    return 3 * sqrt(log(1 + variation))
