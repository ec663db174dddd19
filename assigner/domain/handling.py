"""Learned handling times: how long an agent takes for a category, from what was completed.

A mixed model of logarithms: ln(mean of a pair) = level of its category + speed of its agent + what is the
pair's own. Each part is shrunk by how little is behind it: the pair toward its category and the agent's speed
over all categories, a category toward the centre, an agent toward the usual speed (best linear unbiased
prediction; Robinson 1991, "That BLUP is a good thing"). So it makes no difference whether means span three
orders of magnitude.

What is summed of each time is its cube root, which is nearly normal for a gamma variate (Wilson and Hilferty
1931) and not far from it for a lognormal one: a long time then weighs little, and nothing is lost by it. With
mean m and squared coefficient of variation v of the roots, the mean of the times is m³ (1 + 3 v + 3/2 v²),
within 2 % for exponential and for lognormal ones of a spread up to 1. Besides, a time is taken in only as far
from what was expected of it as LONGEST and SHORTEST say.
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

OWN = 0.25
"""Variance of what is a pair's own, in logarithms: half as fast or twice as fast is not rare."""
SPEEDS = 0.25
"""Variance of the speeds of agents."""
LEVELS = 5.0
"""Variance of the levels of categories: one may take ten times as long as another."""
SAID = 0.25
"""Variance of what a client says of a pair, around its mean."""
USUAL = 0.132
"""The squared coefficient of variation of the cube roots of exponential times; taken for so many
observations' worth of knowing (ALIKE) before others are there."""
ALIKE = 8.0
LONGEST = log(8)
"""A time counts as at most eight times what its root was expected to be, and more while that is uncertain."""
SHORTEST = 2 * LONGEST
SWEEPS = 5
"""How often the parts are fitted to each other when what was stored is read."""
_BETWEEN = "\x1f"


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is expected: `mean_ms`; `spread`, the σ of the logarithm (of a lognormal time); and `n`, how many
    observations of the pair are behind it.
    """

    mean_ms: float
    spread: float
    n: float


@dataclass(slots=True, eq=False)
class Pair:
    """What was observed of a category and an agent: how many times, the sums of their cube roots and of the
    squares of those, and the number of the last one among all observations.

    `counted`, `weight`, `level` and `noise` are what it adds to its category and to its agent.
    """

    n: float = 0.0
    roots: float = 0.0
    squares: float = 0.0
    last: int = 0
    counted: float = 0.0
    weight: float = 0.0
    level: float = 0.0
    noise: float = 0.0

    @property
    def free(self) -> float:
        """The degrees of freedom of its deviations."""
        return max(0.0, self.counted - 1)

    def add(self, root: float) -> None:
        """Take in one time."""
        if self.n >= REMEMBERED:
            keep = 1 - 1 / REMEMBERED
            self.n, self.roots, self.squares = self.n * keep, self.roots * keep, self.squares * keep
        self.n += 1
        self.roots += root
        self.squares += root * root

    @property
    def deviation(self) -> float:
        """The sum of squared deviations of the roots, in units of their squared mean."""
        return max(0.0, self.squares * self.n / (self.roots * self.roots) - 1) * self.n


@dataclass(slots=True, eq=False)
class _Category:
    """`level` is the logarithm of what its roots come to. Of its pairs: Σ weight, Σ weight·level,
    Σ weight·speed of the agent, how many times, Σ deviations and their degrees of freedom.
    """

    pairs: dict[str, Pair] = field(default_factory=dict)
    level: float = 0.0
    weight: float = 0.0
    levels: float = 0.0
    speeds: float = 0.0
    n: float = 0.0
    noise: float = 0.0
    free: float = 0.0

    @property
    def variation(self) -> float:
        """The squared coefficient of variation of the roots of one time."""
        return (self.noise + ALIKE * USUAL) / (self.free + ALIKE)


@dataclass(slots=True, eq=False)
class _Agent:
    """`speed` is the logarithm of how long they take, compared with others; of their pairs, Σ weight."""

    pairs: dict[str, Pair] = field(default_factory=dict)
    speed: float = 0.0
    weight: float = 0.0


class Handling:
    """What has been learned in a workspace. A pair not seen for longest is forgotten beyond `most` pairs.

    `changed` has the names of the pairs that are not as they were when it was last emptied.
    """

    def __init__(self, most: int = MOST_PAIRS) -> None:
        self.most = most
        self.count = 0
        self.changed: set[str] = set()
        self._pairs: dict[tuple[str, str], Pair] = {}
        self._categories: dict[str, _Category] = {}
        self._agents: dict[str, _Agent] = {}
        self._levels = 0.0

    def observe(self, category: str, agent: str, ms: int) -> None:
        """Take in that an agent has worked so long on a task of a category. 0 and over a year are not."""
        if not 0 < ms <= YEAR_MS:
            return
        self.count += 1
        root = exp(self._bounded(category, agent, log(ms)) / 3)
        pair = self._pairs.pop((category, agent), None) or Pair()
        pair.add(root)
        pair.last = self.count
        self._pairs[category, agent] = pair
        self._place(category, agent, pair)
        self.changed.add(name_of(category, agent))
        if len(self._pairs) > self.most:
            self._forget(*next(iter(self._pairs)))

    def estimate(self, category: str, agent: str, said_ms: float | None = None) -> Estimate:
        """What is expected of an agent in a category. `said_ms` is what the client says of it."""
        expected, _, variation = self._expected(category, agent, said_ms)
        pair = self._pairs.get((category, agent))
        mean_ms = exp(expected) * _above(variation)
        return Estimate(mean_ms, _spread(variation), pair.n if pair else 0.0)

    def of_category(self, category: str) -> Estimate:
        """What is expected of an agent of the usual speed who has never tried the category."""
        found = self._categories.get(category)
        expected, _, variation = self._expected(category, "", None)
        return Estimate(exp(expected) * _above(variation), _spread(variation), found.n if found else 0.0)

    def knows(self, category: str) -> bool:
        """Whether anybody was observed in the category."""
        return category in self._categories

    def table(
        self, categories: Sequence[str], agents: Sequence[str]
    ) -> tuple[list[list[float]], list[list[float]]]:
        """[category][agent]: the means in milliseconds, and how many observations are behind each."""
        position = {agent: i for i, agent in enumerate(agents)}
        speeds = [exp(found.speed) if (found := self._agents.get(agent)) else 1.0 for agent in agents]
        means, counts = [], []
        for category in categories:
            of_category = self._categories.get(category)
            usual = self.of_category(category).mean_ms
            row, count = [usual * speed for speed in speeds], [0.0] * len(agents)
            for agent in of_category.pairs if of_category else ():
                if (i := position.get(agent)) is not None:
                    estimate = self.estimate(category, agent)
                    row[i], count[i] = estimate.mean_ms, estimate.n
            means.append(row)
            counts.append(count)
        return means, counts

    def pairs(self) -> Iterator[tuple[str, str, float]]:
        """(category, agent, observations) of each pair, sorted."""
        yield from (
            (category, agent, self._pairs[category, agent].n) for category, agent in sorted(self._pairs)
        )

    def categories(self) -> list[str]:
        """The categories of which something was observed, sorted."""
        return sorted(self._categories)

    # To and from what is stored.

    def row(self, name: str) -> list[float] | None:
        """What is stored of a pair: None where it is forgotten."""
        pair = self._pairs.get(pair_of(name))
        return None if pair is None else [pair.n, pair.roots, pair.squares, pair.last]

    @staticmethod
    def of_rows(rows: Mapping[str, Sequence[float]], most: int = MOST_PAIRS) -> Handling:
        """From what is stored of each pair, by its name."""
        handling = Handling(most)
        for name, (n, roots, squares, last) in sorted(rows.items(), key=lambda row: row[1][3]):
            pair = Pair(n, roots, squares, int(last))
            handling._pairs[pair_of(name)] = pair
            handling.count = pair.last
        for _ in range(SWEEPS):
            for (category, agent), pair in handling._pairs.items():
                handling._place(category, agent, pair)
        return handling

    # The model.

    @property
    def _centre(self) -> float:
        """The mean level of the categories."""
        return self._levels / len(self._categories) if self._categories else log(UNKNOWN_MS / _above(USUAL))

    def _expected(self, category: str, agent: str, said_ms: float | None) -> tuple[float, float, float]:
        """ln of what the roots of a pair come to, the variance of that, and the variation of the roots."""
        of_category, of_agent = self._categories.get(category), self._agents.get(agent)
        pair = self._pairs.get((category, agent))
        variation = of_category.variation if of_category else USUAL
        level, behind = (of_category.level, of_category.weight) if of_category else (self._centre, 0.0)
        speed, pace = (of_agent.speed, of_agent.weight) if of_agent else (0.0, 0.0)
        weight = 1 / (OWN + 1 / (behind + 1 / LEVELS) + 1 / (pace + 1 / SPEEDS))
        total = weight * (level + speed)
        if pair is not None and pair.n:
            own = pair.n / (9 * variation)
            total += own * 3 * log(pair.roots / pair.n)
            weight += own
            variation = (pair.deviation + ALIKE * variation) / (max(0.0, pair.n - 1) + ALIKE)
        if said_ms:
            total += log(said_ms / _above(variation)) / SAID
            weight += 1 / SAID
        return total / weight, 1 / weight, variation

    def _bounded(self, category: str, agent: str, ms_log: float) -> float:
        """The logarithm of a time as it is taken in: not too far from what was expected."""
        if not self._pairs:
            return ms_log
        expected, doubt, _ = self._expected(category, agent, None)
        room = 2 * sqrt(doubt)
        return min(max(ms_log, expected - SHORTEST - room), expected + LONGEST + room)

    def _place(self, category: str, agent: str, pair: Pair) -> None:
        """Count a pair, as it is now, in its category and in its agent's speed."""
        if category not in self._categories:
            self._categories[category] = _Category(level=self._centre)
            self._levels += self._categories[category].level
        of_category, of_agent = self._categories[category], self._agents.setdefault(agent, _Agent())
        _count(of_category, of_agent, pair, -1)
        of_category.pairs[agent] = of_agent.pairs[category] = pair
        pair.counted = pair.n
        pair.level, pair.noise = 3 * log(pair.roots / pair.n), pair.deviation
        pair.weight = 1 / (OWN + 9 * of_category.variation / pair.n)
        _count(of_category, of_agent, pair, 1)
        self._settle(of_agent)

    def _settle(self, agent: _Agent) -> None:
        """The levels of an agent's categories, their speed, and what that does to the levels."""
        for category in agent.pairs:
            self._level(self._categories[category])
        behind = sum(
            pair.weight * (pair.level - self._categories[category].level)
            for category, pair in agent.pairs.items()
        )
        speed = behind / (agent.weight + 1 / SPEEDS)
        for category, pair in agent.pairs.items():
            of_category = self._categories[category]
            of_category.speeds += pair.weight * (speed - agent.speed)
            self._level(of_category)
        agent.speed = speed

    def _level(self, category: _Category) -> None:
        before = category.level
        weight = category.weight + 1 / LEVELS
        category.level = (category.levels - category.speeds + self._centre / LEVELS) / weight
        self._levels += category.level - before

    def _forget(self, category: str, agent: str) -> None:
        """Forget a pair, and whatever was known by it alone."""
        pair = self._pairs.pop((category, agent))
        of_category, of_agent = self._categories[category], self._agents[agent]
        _count(of_category, of_agent, pair, -1)
        del of_category.pairs[agent], of_agent.pairs[category]
        if of_agent.pairs:
            self._settle(of_agent)
        else:
            del self._agents[agent]
        if of_category.pairs:
            self._level(of_category)
        else:
            self._levels -= of_category.level
            del self._categories[category]
        self.changed.add(name_of(category, agent))


def name_of(category: str, agent: str) -> str:
    """The name under which a pair is stored; no id has what stands between the two."""
    return f"{category}{_BETWEEN}{agent}"


def pair_of(name: str) -> tuple[str, str]:
    """The category and the agent of a name."""
    category, _, agent = name.rpartition(_BETWEEN)
    return category, agent


def _count(category: _Category, agent: _Agent, pair: Pair, times: int) -> None:
    """Add what a pair is counted with, or take it out."""
    weight = times * pair.weight
    category.weight += weight
    category.levels += weight * pair.level
    category.speeds += weight * agent.speed
    category.n += times * pair.counted
    category.noise += times * pair.noise
    category.free += times * pair.free
    agent.weight += weight


def _above(variation: float) -> float:
    """How many times the cube of the mean root the mean of the times is."""
    return 1 + 3 * variation * (1 + variation / 2)


def _spread(variation: float) -> float:
    """The σ of a lognormal time whose cube root has this squared coefficient of variation."""
    return 3 * sqrt(log(1 + variation))
