"""What happens whatever a policy does: who could work, what is asked and when, and how much work is in it.

Every draw belongs to the seed, the case and its step, never to the policy: two policies see the same world.
Times are hours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from random import Random
from typing import TypeVar

from assigner.simulation.presence import Always, Presence

NEVER = math.inf
T = TypeVar("T")

Chances = Sequence[tuple[float, T]]
"""Probabilities that sum to 1, each with what comes then."""
Law = Callable[[Random], float]
"""Draws the work of a step; 1 on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What is promised to a task: its priority, 0 to 100, and its weight beside others; and that it is done,
    or with `begun` that it is begun, within so many hours from its arrival.
    """

    priority: int = 50
    weight: float = 1.0
    target: float = NEVER
    begun: bool = False


USUAL = Service()


@dataclass(frozen=True, slots=True)
class Step:
    """One task of a case. It takes an agent `work × World.takes[type][agent]` hours; it can be done `after`
    so many hours from the end of the step before; its client leaves after `patience` hours of waiting.
    """

    type: int
    work: float
    after: float = 0.0
    patience: float = NEVER
    service: Service = USUAL


@dataclass(frozen=True, slots=True)
class Case:
    """What a client asks at an instant, and the tasks that come of it, one after the other."""

    number: int
    at: float
    steps: Sequence[Step]


def exponential(chance: Random) -> float:
    """Work that may end at any moment: the mean and the deviation are 1."""
    return chance.expovariate(1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A centre: `takes[type][agent]` is how long an agent needs for a unit of work, `inf` where they may not.

    `known` is what a policy is told of it; without, it is told the truth. `rates` are cases an hour, for each
    hour of a cycle (24: a day, 168: a week, 1: always the same); `starts` says with which type a case begins,
    `follows[type]` what comes after (None: nothing). `law` draws the work, `services[type]` what is promised;
    `patience[type]` is the mean of an exponential law. An agent refuses an offer with the probability
    `declines[agent]`, and is not asked about that task again for `cool` hours.
    """

    types: Sequence[str]
    agents: Sequence[str]
    takes: Sequence[Sequence[float]]
    known: Sequence[Sequence[float]] | None = None
    rates: Sequence[float] = (1.0,)
    starts: Chances[int] = ((1.0, 0),)
    follows: Sequence[Chances[int | None]] = ()
    law: Law = exponential
    services: Sequence[Chances[Service]] = ()
    patience: Sequence[float] = ()
    declines: Sequence[float] = ()
    cool: float = 0.25
    presence: Presence = field(default_factory=Always)


def cases(world: World, seed: int, number: int | None = None, until: float = NEVER) -> list[Case]:
    """The first cases of a world, so many or those until an hour: a Poisson process, drawn before anything
    is decided.
    """
    arrivals = islice(_arrivals(world.rates, Random(f"{seed}/arrivals")), number)
    chance = Random(f"{seed}/cases")
    coming = takewhile(lambda at: at < until, arrivals)
    return [Case(n, at, tuple(_steps(world, chance))) for n, at in enumerate(coming)]


def drawn(chances: Chances[T], chance: Random) -> T:
    """One of them, as probable as it says; the last one takes what rounding leaves."""
    left = chance.random()
    for probability, one in chances:
        left -= probability
        if left < 0:
            return one
    return chances[-1][1]


def _arrivals(rates: Sequence[float], chance: Random) -> Iterator[float]:
    """Instants of a Poisson process whose rate is that of the hour: a unit process, its time stretched."""
    if max(rates) <= 0:
        return
    hour, left = 0, chance.expovariate(1.0)
    while True:
        rate = rates[hour % len(rates)]
        here = 0.0
        while rate > 0 and left <= (1.0 - here) * rate:
            here += left / rate
            yield hour + here
            left = chance.expovariate(1.0)
        left -= (1.0 - here) * rate
        hour += 1


def _steps(world: World, chance: Random) -> Iterator[Step]:
    type: int | None = drawn(world.starts, chance)
    while type is not None:
        work = world.law(chance)
        patience = chance.expovariate(1.0) * world.patience[type] if world.patience else NEVER
        service = drawn(world.services[type], chance) if world.services else USUAL
        yield Step(type, work, patience=patience, service=service)
        type = drawn(world.follows[type], chance) if world.follows else None
