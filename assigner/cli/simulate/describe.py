"""From what a file says to a world to simulate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, log
from random import Random
from typing import Final

import numpy as np

from assigner.cli.simulate import trace
from assigner.cli.simulate.shapes import DAYS, AgentIn, CategoryIn, CentreIn, QueueIn, ShiftIn
from assigner.cli.simulate.trace import Arrival
from assigner.simulation.presence import Always, Presence, Shifts
from assigner.simulation.world import NEVER, Case, Chances, Law, Service, World, cases, exponential
from solver.worth import weight_of

HOUR_S: Final = 3_600.0
WEEK: Final = 168.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A world, for how many hours it is simulated, and what arrives where a trace says so; `usual` are the
    hours that each type takes.
    """

    world: World
    hours: float
    usual: Sequence[float]
    arrivals: Sequence[Arrival] = ()

    def cases(self, seed: int) -> list[Case]:
        """What arrives: as the trace says, or drawn."""
        if self.arrivals:
            return trace.cases(self.world, self.arrivals, self.usual, seed)
        return cases(self.world, seed, until=self.hours)


def world_of(said: CentreIn, hours: float) -> World:
    """The world of a centre without faults, whose shifts go on for so many hours."""
    names = list(said.categories)
    crew = [(name, agent) for name, one in said.agents.items() for name, agent in _each(name, one)]
    place = {name: number for number, name in enumerate(names)}
    begins = sum(category.share for category in said.categories.values())
    kinds = [(said.categories[name], said.queues.get(said.categories[name].queue or "")) for name in names]
    return World(
        types=names,
        agents=[name for name, _ in crew],
        takes=[[_hours(name, category, agent) for _, agent in crew] for name, category in _of(said)],
        rates=said.arrivals_per_hour or [0.0],
        starts=[(category.share / begins, place[name]) for name, category in _of(said)],
        follows=[_then(category, place) for category, _ in kinds],
        law=_law(said.variation),
        services=[[(1.0, _service(category, queue))] for category, queue in kinds],
        patience=_patience([queue for _, queue in kinds]),
        declines=[agent.declines for _, agent in crew] if any(one.declines for _, one in crew) else (),
        presence=_presence([agent for _, agent in crew], hours),
    )


def _of(said: CentreIn) -> Iterator[tuple[str, CategoryIn]]:
    yield from said.categories.items()


def _each(name: str, agent: AgentIn) -> Iterator[tuple[str, AgentIn]]:
    """An agent by their name; of those who are alike, each with a number."""
    if agent.count == 1:
        yield name, agent
    else:
        yield from ((f"{name}-{number}", agent) for number in range(1, agent.count + 1))


def _hours(name: str, category: CategoryIn, agent: AgentIn) -> float:
    """How long an agent takes; inf where they lack a skill."""
    if not able(category, agent):
        return inf
    return agent.handle_s.get(name, category.handle_s * agent.pace) / HOUR_S


def able(category: CategoryIn, agent: AgentIn) -> bool:
    """Whether an agent has the skills of a category."""
    return all(agent.skills.get(skill, 0) >= level for skill, level in category.skills.items())


def _then(category: CategoryIn, place: Mapping[str, int]) -> Chances[int | None]:
    ends = 1.0 - sum(category.then.values())
    return [*((share, place[name]) for name, share in category.then.items()), (ends, None)]


def _service(category: CategoryIn, queue: QueueIn | None) -> Service:
    """What is promised; of a first response and a resolution, the first response."""
    weight = float(weight_of(np.array(float(category.priority))))
    begun = queue is not None and queue.first_response_s is not None
    seconds = (queue.first_response_s or queue.resolution_s) if queue is not None else None
    target = seconds / HOUR_S if seconds else NEVER
    return Service(priority=category.priority, weight=weight, target=target, begun=begun)


def _patience(queues: Sequence[QueueIn | None]) -> list[float]:
    hours = [queue.patience_s / HOUR_S if queue and queue.patience_s else NEVER for queue in queues]
    return hours if any(one < NEVER for one in hours) else []


def _law(variation: float) -> Law:
    """Work of mean 1 whose deviation is so many times the mean: exponential for 1, else lognormal."""
    if variation == 1:
        return exponential
    spread = log(1 + variation**2)

    def lognormal(chance: Random) -> float:
        return chance.lognormvariate(-spread / 2, spread**0.5)

    return lognormal


def _presence(agents: Sequence[AgentIn], hours: float) -> Presence:
    if not any(agent.shifts for agent in agents):
        return Always()
    weeks = [windows(agent.shifts) if agent.shifts else [(0.0, WEEK)] for agent in agents]
    return Shifts(weeks, WEEK, hours + WEEK)


def windows(shifts: Sequence[ShiftIn]) -> list[tuple[float, float]]:
    """The hours of a week from Monday's midnight."""
    return sorted(
        (24 * DAYS.index(day) + hour_of(shift.begins), 24 * DAYS.index(day) + hour_of(shift.until))
        for shift in shifts
        for day in shift.days
    )


def hour_of(text: str) -> float:
    """A time of day in hours: 8.5 for `08:30`."""
    hours, _, minutes = text.partition(":")
    return int(hours) + int(minutes) / 60
