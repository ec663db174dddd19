"""Who is there when. Times are hours; agents are numbers.

Someone who goes finishes the task in hand.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

Turn = tuple[float, Collection[int], Collection[int]]
"""An instant, who comes then, and who goes."""


class Roll(Protocol):
    """Who is there, in one run of a world.

    `at` is when it changes next; `turn`, asked then, says who comes and who goes of those there (only the
    idle leave at once), and moves `at` on. `keeps` says whether someone who has ended a task stays.
    `comes` and `leaves` have, as far as is known beforehand, when each agent who is away comes, and when each
    one's shift ends, that which is or that which comes: else `inf`.
    """

    at: float
    comes: list[float]
    leaves: list[float]

    def turn(self, idle: Collection[int], busy: Collection[int]) -> tuple[Collection[int], Collection[int]]:
        """Who comes and who goes, now that it is `at`."""
        ...

    def keeps(self, agent: int, now: float, there: int) -> bool:
        """Whether an agent who has ended a task stays, when so many others are there."""
        ...


class Presence(Protocol):
    """How it comes about who is there."""

    def roll(self, agents: int, seed: int) -> Roll:
        """That of a run: the same for the same seed."""
        ...


class Planned:
    """A roll of what is planned: turns that nothing changes. `known`: everybody knows them beforehand."""

    def __init__(self, agents: int, turns: Iterator[Turn], *, known: Sequence[Sequence[float]] = ()) -> None:
        self.comes = [math.inf] * agents
        self.leaves = [math.inf] * agents
        # Per agent, the instants of coming and going in turn, the next one last.
        self._ahead = [list(reversed(instants)) for instants in known]
        self._here: set[int] = set()
        self._turns = turns
        self._next = next(turns, (math.inf, (), ()))
        self.at = self._next[0]
        self._foretell(range(len(known)))

    def turn(self, idle: Collection[int], busy: Collection[int]) -> tuple[Collection[int], Collection[int]]:
        """The next of the turns planned; who is still busy from before need not come."""
        _, comes, goes = self._next
        self._here.difference_update(goes)
        self._here.update(comes)
        self._next = next(self._turns, (math.inf, (), ()))
        self.at = self._next[0]
        turned = (*goes, *comes) if self._ahead else ()
        for agent in turned:
            self._ahead[agent].pop()
        self._foretell(turned)
        return [agent for agent in comes if agent not in busy], [one for one in goes if one in idle]

    def keeps(self, agent: int, now: float, there: int) -> bool:
        """Whoever is on duty stays."""
        return agent in self._here

    def _foretell(self, agents: Iterable[int]) -> None:
        """What is known of these agents from now on."""
        for agent in agents:
            first, second, *_ = (*self._ahead[agent][:-3:-1], math.inf, math.inf)
            here = agent in self._here
            self.comes[agent], self.leaves[agent] = (math.inf, first) if here else (first, second)


@dataclass(frozen=True, slots=True)
class Always:
    """Everybody, always."""

    def roll(self, agents: int, seed: int) -> Roll:
        """All come at 0 and none goes."""
        return Planned(agents, iter([(0.0, range(agents), ())]))


@dataclass(frozen=True, slots=True)
class Shifts:
    """For each agent, windows `(from, until)` in order, not overlapping; a break is a gap between two.

    With `every`, they are those of a cycle of so many hours, which comes again and again until `hours`.
    """

    windows: Sequence[Sequence[tuple[float, float]]]
    every: float = 0.0
    hours: float = 0.0

    def roll(self, agents: int, seed: int) -> Roll:
        """Nothing is drawn, and everybody knows."""
        known = [self._instants(windows) for windows in self.windows]
        turns: dict[float, tuple[list[int], list[int]]] = {}
        for agent, instants in enumerate(known):
            for number, at in enumerate(instants):
                turns.setdefault(at, ([], []))[number % 2].append(agent)
        return Planned(agents, ((at, *turns[at]) for at in sorted(turns)), known=known)

    def spans(self, agent: int) -> Sequence[tuple[float, float]]:
        """When an agent is there, as one window after the other, none touching the next."""
        instants = self._instants(self.windows[agent])
        return list(zip(instants[::2], instants[1::2], strict=True))

    def _instants(self, windows: Sequence[tuple[float, float]]) -> list[float]:
        """Coming and going in turn; windows that touch are one."""
        cycles = math.ceil(self.hours / self.every) if self.every else 1
        found: list[float] = []
        for cycle in range(cycles):
            for begins, ends in windows:
                if found and found[-1] >= cycle * self.every + begins:
                    found.pop()
                else:
                    found.append(cycle * self.every + begins)
                found.append(cycle * self.every + ends)
        return found


@dataclass(frozen=True, slots=True)
class Independent:
    """So many agents on duty in each hour of a cycle; who comes is drawn by weights, who goes evenly, both
    whoever is busy.
    """

    heads: Sequence[int]
    weights: Sequence[float]

    def roll(self, agents: int, seed: int) -> Roll:
        """Nobody knows beforehand."""
        return Planned(agents, self._turns(agents, seed))

    def _turns(self, agents: int, seed: int) -> Iterator[Turn]:
        here: set[int] = set(range(agents))
        hour = 0
        while True:
            before = set(here) if hour else set()
            missing = self.heads[hour % len(self.heads)] - len(here)
            away = [agent for agent in range(agents) if agent not in here]
            here.update(_called(away, self.weights, missing, seed, hour))
            here.difference_update(_sent(sorted(here), -missing, seed, hour))
            if here != before:
                yield float(hour), sorted(here - before), sorted(before - here)
            hour += 1


@dataclass(frozen=True, slots=True)
class Published:
    """So many agents on duty in each hour of a cycle, as in the simulator published with the mined processes:
    who comes is drawn by weights, who goes evenly from the idle, and who ends a task stays while no more are
    there than the hour asks (so one more may be).
    """

    heads: Sequence[int]
    weights: Sequence[float]

    def roll(self, agents: int, seed: int) -> Roll:
        """Nobody knows beforehand."""
        return _Counted(self, agents, seed)


class _Counted:
    """The roll of `Published`."""

    def __init__(self, presence: Published, agents: int, seed: int) -> None:
        self.at = 0.0
        self.comes = self.leaves = [math.inf] * agents
        self._presence = presence
        self._agents = agents
        self._seed = seed

    def turn(self, idle: Collection[int], busy: Collection[int]) -> tuple[Collection[int], Collection[int]]:
        """As many as the hour asks: at the beginning out of all, then out of those away or idle."""
        hour = int(self.at)
        self.at += 1.0
        if hour == 0:
            everybody = range(self._agents)
            sent = _sent(everybody, self._agents - self._heads(0), self._seed, 0)
            return [agent for agent in everybody if agent not in sent], ()
        missing = self._heads(hour) - len(idle) - len(busy)
        if missing > 0:
            away = [agent for agent in range(self._agents) if agent not in idle and agent not in busy]
            return _called(away, self._presence.weights, missing, self._seed, hour), ()
        return (), _sent(sorted(idle), -missing, self._seed, hour)

    def keeps(self, agent: int, now: float, there: int) -> bool:
        """Whoever ends a task stays while no more are there than the hour asks."""
        return there <= self._heads(int(now))

    def _heads(self, hour: int) -> int:
        return self._presence.heads[hour % len(self._presence.heads)]


def _called(away: Sequence[int], weights: Sequence[float], number: int, seed: int, hour: int) -> list[int]:
    """So many of those away, drawn one after the other by weights.

    Each agent has an exponential draw of the hour divided by the weight, and the smallest are drawn: the same
    law (Efraimidis and Spirakis, 2006), and what is drawn belongs to the hour and the agent. Those without
    weight come last.
    """
    if number <= 0:
        return []
    draws = Random(f"{seed}/come/{hour}")
    race = [draws.expovariate(1.0) for _ in weights]
    return sorted(away, key=lambda agent: _over(race[agent], weights[agent]))[:number]


def _sent(there: Sequence[int], number: int, seed: int, hour: int) -> list[int]:
    """So many of those there, drawn evenly."""
    if number <= 0 or not there:
        return []
    draws = Random(f"{seed}/go/{hour}")
    race = [draws.random() for _ in range(max(there) + 1)]
    return sorted(there, key=race.__getitem__)[:number]


def _over(value: float, weight: float) -> float:
    return value / weight if weight > 0 else 1e300 * (1.0 + value)
