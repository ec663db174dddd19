"""Learned handling times: how long an agent takes for a category, from what was completed.

A mixed model of logarithms: ln(mean of a pair) = level of its category + speed of its agent + what is the
pair's own. Each part is shrunk by how little is behind it: the pair toward its category and the agent's speed
over all categories, a category toward the centre, an agent toward the usual speed (best linear unbiased
prediction: Robinson 1991, "That BLUP is a good thing"). So it makes no difference whether means span three
orders of magnitude, and who is fast elsewhere is expected to be fast here.

What is summed of each time is its cube root, which is nearly normal for a gamma variate (Wilson and Hilferty
1931) and not far from it for a lognormal one: a very long time then weighs little, and little is lost where
there is none. With mean m and squared coefficient of variation v of the roots, the mean of the times is
m³ (1 + 3 v + 3/2 v²), within 2 % for exponential ones and for lognormal ones of a spread up to 1. Besides, a
time is taken in only as far from what was expected of it as LONGEST and SHORTEST say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log, sqrt

MOST_PAIRS = 100_000
"""How many pairs are kept; beyond, the one that was observed longest ago is forgotten."""
REMEMBERED = 400
"""So many observations of a pair count; then each new one takes the place of as much of the older."""
YEAR_MS = 31_536_000_000
UNKNOWN_MS = 600_000
"""The mean while nothing was observed and nothing said."""

OWN = 0.4
"""Variance of what is a pair's own, in logarithms: half as fast, or twice, is not rare. This and the next fit
three back offices that were mined from real logs; half or twice of either is little worse."""
SPEEDS = 0.25
"""Variance of the speeds of agents."""
LEVELS = 5.0
"""Variance of the levels of categories: ten times as long as another is not rare."""
SAID = 0.25
"""Variance of what a client says of a pair, around its mean."""
USUAL = 0.132
"""The squared coefficient of variation of the cube roots of exponential times, as which all times count
before they are known to be otherwise."""
MOST_VARIATION = 0.4
"""Of lognormal times with a spread of 1.7; what varies more is taken for an outlier."""
ALIKE = 4.0
"""So many observations' worth is that: for a category; and what is known of the category, for a pair."""
LONGEST = log(8)
"""A time counts as at most eight times what its root was expected to come to, more while that is in doubt."""
SHORTEST = 2 * LONGEST
MOVED = 0.002
"""A change of an agent's speed, in logarithms, that is worth telling their categories."""
SWEEPS = 5
"""How often all parts are fitted to each other when what was stored is read."""
FITTED = 20_000
"""Up to so many observations all are fitted to each other again after each half as many more as before; those
that come later move little, and only the parts that each is about are fitted."""
_BETWEEN = "\x1f"

Row = tuple[float, float, float, str]
"""What is stored of a pair: how many times, Σ cube roots, Σ of their squares, the event of the last."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is expected: `mean_ms`; `spread`, the σ of the logarithm of a time that is lognormal; and `n`, how
    many observations of the pair are behind it.
    """

    mean_ms: float
    spread: float
    n: float


@dataclass(slots=True, eq=False)
class Pair:
    """What was observed of a category and an agent: how many times, the sums of their cube roots and of the
    squares of those, and the event of the last one.

    The rest is made of these: `level`, what the roots come to as a logarithm; `noise`, the sum of their
    squared deviations in units of their squared mean; and `weight`, with which, as `counted` so often, it
    stands in the sums of its category and its agent.
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

    def fit(self, usual: float) -> None:
        """Make the rest of what was observed, where `usual` is the variation of its category. (The logarithm
        of a mean of n is too low by variation / 2n, to the second order.)
        """
        self.counted, self.level = self.n, 3 * log(self.roots / self.n) + 1.5 * usual / self.n
        own = self.squares * self.n / (self.roots * self.roots) - 1
        self.noise = min(max(own, 0.0), MOST_VARIATION) * self.n
        self.weight = 1 / (OWN + 9 * usual / self.n)

    @property
    def free(self) -> float:
        """The degrees of freedom of its noise."""
        return max(0.0, self.counted - 1)


@dataclass(slots=True, eq=False)
class _Category:
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
        weight = times * pair.weight
        self.weight += weight
        self.levels += weight * pair.level
        self.speeds += weight * speed
        self.n += times * pair.counted
        self.noise += times * pair.noise
        self.free += times * pair.free
        self.variation = (self.noise + ALIKE * USUAL) / (self.free + ALIKE)

    def settle(self, centre: float) -> None:
        """Fit the level to what is left of the pairs without their agents' speeds."""
        self.level = (self.levels - self.speeds + centre / LEVELS) / (self.weight + 1 / LEVELS)
        self.usual_ms = exp(self.level) * _above(self.variation)


@dataclass(slots=True, eq=False)
class _Agent:
    """Their pairs by category, and Σ weight of those; `speed` is the logarithm of how long they take beside
    others, `pace` how many times as long.
    """

    pairs: dict[str, Pair] = field(default_factory=dict)
    weight: float = 0.0
    speed: float = 0.0
    pace: float = 1.0


_NOBODY = _Agent()


class Handling:
    """What has been learned in a workspace. The pair not seen for longest is forgotten beyond `most` pairs.

    `changed` has the names of the pairs that are not as they were when it was last emptied, and `version`
    counts observations.
    """

    def __init__(self, most: int = MOST_PAIRS) -> None:
        self.most = most
        self.version = 0
        self.changed: set[str] = set()
        self._pairs: dict[tuple[str, str], Pair] = {}
        self._categories: dict[str, _Category] = {}
        self._agents: dict[str, _Agent] = {}
        self._centre = log(UNKNOWN_MS / _above(USUAL))
        self._fit_at = 0

    def observe(self, category: str, agent: str, ms: int, event: str = "") -> None:
        """Take in that an agent has worked so long on a task of a category; not 0, and not over a year. Nor
        an `event` that is in already: of a pair they come in order.
        """
        known = self._pairs.get((category, agent))
        if not 0 < ms <= YEAR_MS or (event and known and _order(event) <= _order(known.last)):
            return
        root = exp(self._bounded(category, agent, log(ms)) / 3)
        pair = self._pairs.pop((category, agent), None) or Pair()
        pair.add(root)
        pair.last = event or pair.last
        self._pairs[category, agent] = pair
        self._settle(self._enter(category, agent, pair))
        self.version += 1
        self.changed.add(name_of(category, agent))
        if len(self._pairs) > self.most:
            self._forget(*next(iter(self._pairs)))
        if self._fit_at <= self.version <= FITTED:
            self._fit()

    def estimate(self, category: str, agent: str, said_ms: float | None = None) -> Estimate:
        """What is expected of an agent in a category. `said_ms` is what the client says of it."""
        expected, _, variation = self._expected(category, agent, said_ms)
        pair = self._pairs.get((category, agent))
        return Estimate(exp(expected) * _above(variation), _spread(variation), pair.n if pair else 0.0)

    def mean_ms(self, category: str, agent: str, said_ms: float | None = None) -> float:
        """The mean of the estimate, alone: of a pair that was never tried there is little to reckon."""
        found = self._categories.get(category)
        if found is not None and said_ms is None and agent not in found.pairs:
            return found.usual_ms * self._agents.get(agent, _NOBODY).pace
        expected, _, variation = self._expected(category, agent, said_ms)
        return exp(expected) * _above(variation)

    def of_category(self, category: str) -> Estimate:
        """What is expected of somebody of the usual speed who has never tried the category; `n` is all times
        that were observed in it.
        """
        found = self._categories.get(category)
        expected, _, variation = self._expected(category, "", None)
        return Estimate(exp(expected) * _above(variation), _spread(variation), found.n if found else 0.0)

    def tried(self, category: str, agent: str) -> float:
        """How many observations there are of a pair."""
        pair = self._pairs.get((category, agent))
        return pair.n if pair else 0.0

    def tries(self, agent: str) -> list[str]:
        """The categories in which an agent was observed."""
        return list(self._agents.get(agent, _NOBODY).pairs)

    def tried_by(self, category: str) -> list[str]:
        """The agents who were observed in a category."""
        found = self._categories.get(category)
        return list(found.pairs) if found else []

    def __contains__(self, category: str) -> bool:
        """Whether anybody was observed in a category."""
        return category in self._categories

    @property
    def categories(self) -> list[str]:
        """The categories of which something was observed, in no order."""
        return list(self._categories)

    def table(
        self, categories: Sequence[str], agents: Sequence[str]
    ) -> tuple[list[list[float]], list[list[float]]]:
        """[category][agent]: the means in milliseconds, and how many observations are behind each."""
        place = {agent: i for i, agent in enumerate(agents)}
        paces = [self._agents.get(agent, _NOBODY).pace for agent in agents]
        means, counts = [], []
        for category in categories:
            usual = self.of_category(category).mean_ms
            row, count = [usual * pace for pace in paces], [0.0] * len(agents)
            for agent, pair in self._categories[category].pairs.items() if category in self else ():
                if (i := place.get(agent)) is not None:
                    row[i], count[i] = self.mean_ms(category, agent), pair.n
            means.append(row)
            counts.append(count)
        return means, counts

    def pairs(self) -> Iterator[tuple[str, str]]:
        """The category and the agent of each pair, the one not seen for longest first."""
        yield from self._pairs

    # To and from what is stored.

    def row(self, name: str) -> Row | None:
        """What is stored of a pair: None where it is forgotten."""
        pair = self._pairs.get(pair_of(name))
        return None if pair is None else (pair.n, pair.roots, pair.squares, pair.last)

    @staticmethod
    def of_rows(rows: Mapping[str, Row], most: int = MOST_PAIRS) -> Handling:
        """From what is stored of each pair, by its name."""
        handling = Handling(most)
        for name, row in sorted(rows.items(), key=lambda row: _order(row[1][3])):
            category, agent = pair_of(name)
            handling._enter(category, agent, handling._pairs.setdefault((category, agent), Pair(*row)))
        for _ in range(SWEEPS):
            handling._fit()
        return handling

    # The model.

    def _expected(self, category: str, agent: str, said_ms: float | None) -> tuple[float, float, float]:
        """ln of what the roots of a pair come to, the variance of that, and the variation of the roots."""
        found, of_agent = self._categories.get(category), self._agents.get(agent, _NOBODY)
        level, behind = (found.level, found.weight) if found else (self._centre, 0.0)
        weight = 1 / (OWN + 1 / (behind + 1 / LEVELS) + 1 / (of_agent.weight + 1 / SPEEDS))
        total = weight * (level + of_agent.speed)
        variation, pair = USUAL, None
        if found:
            variation, pair = found.variation, found.pairs.get(agent)
        if pair:
            precision = pair.n / (9 * variation)
            total += precision * pair.level
            weight += precision
            variation = (pair.noise + ALIKE * variation) / (pair.free + ALIKE)
        if said_ms:
            total += log(said_ms / _above(variation)) / SAID
            weight += 1 / SAID
        return total / weight, 1 / weight, variation

    def _bounded(self, category: str, agent: str, ms_log: float) -> float:
        """The logarithm of a time as it is taken in: not too far from what was expected."""
        expected, variance, _ = self._expected(category, agent, None)
        doubt = sqrt(variance)
        return min(max(ms_log, expected - SHORTEST - doubt), expected + LONGEST + doubt)

    def _enter(self, category: str, agent: str, pair: Pair) -> _Agent:
        """Count a pair, as it is now, in its category and for its agent."""
        found, of_agent = self._categories.get(category), self._agents.setdefault(agent, _Agent())
        if found is None:
            found = self._categories[category] = _Category(level=self._centre)
        if pair.counted:
            found.count(pair, of_agent.speed, -1)
            of_agent.weight -= pair.weight
        pair.fit(found.variation)
        found.pairs[agent] = of_agent.pairs[category] = pair
        found.count(pair, of_agent.speed, 1)
        of_agent.weight += pair.weight
        found.settle(self._centre)
        return of_agent

    def _settle(self, agent: _Agent) -> None:
        """Fit an agent's speed to their pairs, and, where it has moved, the levels of their categories."""
        categories, behind = self._categories, 0.0
        for category, pair in agent.pairs.items():
            behind += pair.weight * (pair.level - categories[category].level)
        moved = behind / (agent.weight + 1 / SPEEDS) - agent.speed
        if abs(moved) > MOVED:
            agent.speed += moved
            agent.pace = exp(agent.speed)
            for category, pair in agent.pairs.items():
                found = categories[category]
                found.speeds += pair.weight * moved
                found.settle(self._centre)

    def _fit(self) -> None:
        """Fit all parts to each other: the centre is the mean of the levels of its categories."""
        for agent in self._agents.values():
            self._settle(agent)
        levels = [category.level for category in self._categories.values()]
        self._centre = sum(levels) / len(levels) if levels else self._centre
        self._fit_at = 1 + self.version * 3 // 2

    def _forget(self, category: str, agent: str) -> None:
        """Forget a pair, and whatever was known by it alone."""
        pair = self._pairs.pop((category, agent))
        found, of_agent = self._categories[category], self._agents[agent]
        found.count(pair, of_agent.speed, -1)
        of_agent.weight -= pair.weight
        del found.pairs[agent], of_agent.pairs[category]
        found.settle(self._centre)
        if not found.pairs:
            del self._categories[category]
        if not of_agent.pairs:
            del self._agents[agent]
        self.changed.add(name_of(category, agent))


def name_of(category: str, agent: str) -> str:
    """The name under which a pair is stored; no id has what stands between the two."""
    return f"{category}{_BETWEEN}{agent}"


def pair_of(name: str) -> tuple[str, str]:
    """The category and the agent of a name."""
    category, _, agent = name.rpartition(_BETWEEN)
    return category, agent


def _order(event: str) -> tuple[int, ...]:
    """The id of an event as numbers that compare as events came; of none, before all."""
    return tuple(map(int, event.split("-"))) if event else ()


def _above(variation: float) -> float:
    """How many times the cube of the mean root the mean of the times is."""
    return 1 + 3 * variation * (1 + variation / 2)


def _spread(variation: float) -> float:
    """The σ of a lognormal time whose cube root has this squared coefficient of variation."""
    return 3 * sqrt(log(1 + variation))
