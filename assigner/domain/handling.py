"""Learned handling times: how long an agent takes for a category, from what was completed.

A mixed model of logarithms: ln(mean of a pair) = level of its category + speed of its agent + what is the
pair's own. Each part is shrunk by how little is behind it: the pair toward its category and the agent's speed
over all categories, a category toward the centre, an agent toward the usual speed (best linear unbiased
prediction: Robinson 1991, "That BLUP is a good thing"). So it makes no difference whether means span three
orders of magnitude, and who is fast elsewhere is expected to be fast here.

How much pairs differ of themselves is learned as well: much where who is fast at one thing is slow at
another. A time is taken in only as far from what was expected of it as LONGEST and SHORTEST say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

from assigner.domain.observed import ALIKE, LEVELS, USUAL, OfAgent, OfCategory, Pair, above, spread

MOST_PAIRS = 100_000
"""How many pairs are kept; beyond, the one that was observed longest ago is forgotten."""
YEAR_MS = 31_536_000_000
UNKNOWN_MS = 600_000
"""The mean while nothing was observed and nothing said."""

OWN = 0.4
"""Variance of what is a pair's own, in logarithms, before anything is known: half as fast, or twice, is not
rare."""
OWN_PAIRS = 10.0
"""So many pairs' worth is that."""
SPEEDS = 0.25
"""Variance of the speeds of agents."""
SAID = 0.25
"""Variance of what a client says of a pair, around its mean."""
LONGEST = log(8)
"""A time counts as at most eight times what its root was expected to come to, more while that is in doubt."""
SHORTEST = 2 * LONGEST
MOVED = 0.002
"""A change, in logarithms, that is worth telling: of an agent's speed their categories; of how much pairs
differ, all of them."""
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
    """What is expected: `mean_ms`; `doubt`, the variance of its logarithm; `spread`, the σ of the logarithm
    of a time that is lognormal; and `n`, how many observations of the pair are behind it.
    """

    mean_ms: float
    doubt: float
    spread: float
    n: float


_NOBODY = OfAgent()


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
        self._categories: dict[str, OfCategory] = {}
        self._agents: dict[str, OfAgent] = {}
        self._centre = log(UNKNOWN_MS / above(USUAL))
        self._own = OWN
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
        pair = self._pairs.get((category, agent))
        return _estimate(*self._expected(category, agent, said_ms), pair.n if pair else 0.0)

    def mean_ms(self, category: str, agent: str, said_ms: float | None = None) -> float:
        """The mean of the estimate, alone: of a pair that was never tried there is little to reckon."""
        found = self._categories.get(category)
        if found is not None and said_ms is None and agent not in found.pairs:
            return found.usual_ms * self._agents.get(agent, _NOBODY).pace
        expected, _, variation = self._expected(category, agent, said_ms)
        return exp(expected) * above(variation)

    def of_category(self, category: str) -> Estimate:
        """What is expected of somebody of the usual speed who has never tried the category; `n` is all times
        that were observed in it.
        """
        found = self._categories.get(category)
        return _estimate(*self._expected(category, "", None), found.n if found else 0.0)

    def tried(self, category: str, agent: str) -> float:
        """How many observations there are of a pair."""
        pair = self._pairs.get((category, agent))
        return pair.n if pair else 0.0

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
        """[category][agent]: the means in milliseconds, and the doubt of each."""
        place = {agent: i for i, agent in enumerate(agents)}
        known = [self._agents.get(agent, _NOBODY) for agent in agents]
        behind = [_doubt(agent.weight, SPEEDS) - SPEEDS for agent in known]
        means, doubts = [], []
        for category in categories:
            usual = self.of_category(category)
            row = [usual.mean_ms * agent.pace for agent in known]
            doubt = [usual.doubt + beside for beside in behind]
            for agent in self._categories[category].pairs if category in self else ():
                if (i := place.get(agent)) is not None:
                    one = self.estimate(category, agent)
                    row[i], doubt[i] = one.mean_ms, one.doubt
            means.append(row)
            doubts.append(doubt)
        return means, doubts

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
        weight = 1 / (self._own + _doubt(behind, LEVELS) + _doubt(of_agent.weight, SPEEDS))
        total = weight * (level + of_agent.speed)
        variation, pair = USUAL, None
        if found:
            variation, pair = found.variation, found.pairs.get(agent)
        if pair:
            precision = 1 / pair.doubt(variation)
            total += precision * pair.level
            weight += precision
            variation = (pair.noise + ALIKE * variation) / (pair.free + ALIKE)
        if said_ms:
            total += log(said_ms / above(variation)) / SAID
            weight += 1 / SAID
        return total / weight, 1 / weight, variation

    def _bounded(self, category: str, agent: str, ms_log: float) -> float:
        """The logarithm of a time as it is taken in: not too far from what was expected."""
        expected, variance, _ = self._expected(category, agent, None)
        doubt = sqrt(variance)
        return min(max(ms_log, expected - SHORTEST - doubt), expected + LONGEST + doubt)

    def _enter(self, category: str, agent: str, pair: Pair) -> OfAgent:
        """Count a pair, as it is now, in its category and for its agent."""
        found, of_agent = self._categories.get(category), self._agents.setdefault(agent, OfAgent())
        if found is None:
            found = self._categories[category] = OfCategory(level=self._centre)
        if pair.counted:
            found.count(pair, of_agent.speed, -1)
            of_agent.weight -= pair.weight
        pair.fit(found.variation, self._own)
        found.pairs[agent] = of_agent.pairs[category] = pair
        found.count(pair, of_agent.speed, 1)
        of_agent.weight += pair.weight
        found.settle(self._centre)
        return of_agent

    def _settle(self, agent: OfAgent) -> None:
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
        self._fit_own()
        for agent in self._agents.values():
            self._settle(agent)
        levels = [category.level for category in self._categories.values()]
        self._centre = sum(levels) / len(levels) if levels else self._centre
        self._fit_at = 1 + self.version * 3 // 2

    def _fit_own(self) -> None:
        """Fit how much pairs differ of themselves to what is left of their levels, as if OWN had been found
        in OWN_PAIRS before. (Empirical Bayes: Efron and Morris 1975, "Data analysis using Stein's estimator";
        one step of Fisher scoring of the logarithm of the variance.)
        """
        own, agents = self._own, self._agents
        known = OWN_PAIRS * OWN / own
        slope = known - OWN_PAIRS
        for found in self._categories.values():
            for agent, pair in found.pairs.items():
                share, off = own * pair.weight, pair.level - found.level - agents[agent].speed
                slope += share * (pair.weight * off * off - 1)
                known += share * share
        step = min(max(slope / known, -1.0), 1.0)
        if abs(step) > MOVED:
            self._own = own * exp(step)
            self._weigh_again(self._own - own)

    def _weigh_again(self, more_own: float) -> None:
        """Let every pair weigh what it does where pairs differ so much more of themselves."""
        agents = self._agents
        for found in self._categories.values():
            for agent, pair in found.pairs.items():
                more = 1 / (1 / pair.weight + more_own) - pair.weight
                pair.weight += more
                found.weigh(pair, agents[agent].speed, more)
                agents[agent].weight += more
            found.settle(self._centre)

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


def _estimate(expected: float, doubt: float, variation: float, n: float) -> Estimate:
    return Estimate(exp(expected) * above(variation), doubt, spread(variation), n)


def _doubt(behind: float, variance: float) -> float:
    """What is left of a variance with so much weight behind."""
    return 1 / (behind + 1 / variance)
