"""The rules that others use, to compare with. Each says in a sentence what it does."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from random import Random

from assigner.simulation.moment import Line, Moment, Policy, Task
from assigner.simulation.price_and_hold import PriceAndHold
from assigner.simulation.world import NEVER

Pairs = Sequence[tuple[Task, int]]
Score = tuple[float, ...]

RINGS = 3
"""Rings of a bullseye."""
LATEST = 50.0
"""Points of priority that a task gains until its service level; beyond it, twice as fast."""
USUAL_TARGET = 24.0
"""Hours that stand for a service level where there is none."""


def by_case(task: Task) -> float:
    """The oldest case first."""
    return task.case.at


def by_due(task: Task) -> float:
    """What is due first; then, and where nothing is, as it came."""
    return task.due


class Heads(Policy):
    """The head of a line whose score is least goes to whoever the policy takes for it: the fastest idle."""

    def choose(self, moment: Moment) -> Pairs:
        """The best of the heads that somebody idle may take."""
        best: Line | None = None
        least: Score = ()
        taker = -1
        for line in moment.lines.values():
            agent = self.taker(moment, line)
            if agent >= 0:
                score = self.score(moment, line, agent)
                if best is None or score < least:
                    best, least, taker = line, score, agent
        return () if best is None else [(best.head, taker)]

    def taker(self, moment: Moment, line: Line) -> int:
        """Who is to take the head of a line; -1: nobody now."""
        return moment.best(line)

    @abstractmethod
    def score(self, moment: Moment, line: Line, agent: int) -> Score:
        """The less, the sooner."""


class Fifo(Heads):
    """The oldest case first, to the fastest agent idle."""

    name = "fifo"
    order = staticmethod(by_case)

    def score(self, moment: Moment, line: Line, agent: int) -> Score:
        """When the case came."""
        head = line.tasks[0]
        return head.key, head.number


class Priority(Heads):
    """The highest priority first, of those the oldest, to the fastest agent idle."""

    name = "priority"

    def score(self, moment: Moment, line: Line, agent: int) -> Score:
        """Priority, then age."""
        return -line.service.priority, line.tasks[0].arrived


class Edd(Heads):
    """What is due first, first, to the fastest agent idle."""

    name = "edd"
    order = staticmethod(by_due)

    def score(self, moment: Moment, line: Line, agent: int) -> Score:
        """When it is due; of what is not, age."""
        head = line.tasks[0]
        return head.due, head.arrived


class Spt(Heads):
    """The pair that is expected to take least."""

    name = "spt"

    def score(self, moment: Moment, line: Line, agent: int) -> Score:
        """The time expected, then age."""
        return moment.handling[line.type][agent], line.tasks[0].number


class Hrrn(Heads):
    """The highest response ratio first: waiting and handling over handling. Of equal pairs the fastest."""

    name = "hrrn"

    def score(self, moment: Moment, line: Line, agent: int) -> Score:
        """The ratio, less one."""
        hours = moment.handling[line.type][agent]
        return (line.tasks[0].arrived - moment.now) / hours, hours


class Curve(Heads):
    """The most points first: priority, growing until the service level, and beyond it twice as fast."""

    name = "priority_curve"

    def score(self, moment: Moment, line: Line, agent: int) -> Score:
        """The points of the head."""
        head, service = line.tasks[0], line.service
        target = service.target if service.target < NEVER else USUAL_TARGET
        used = (moment.now - head.arrived) / target
        over = max(0.0, used - 1.0)
        return -(service.priority + LATEST * (used + over)), head.arrived


class RoundRobin(Fifo):
    """The oldest case first, to the next idle agent in turn."""

    name = "round_robin"

    def begin(self, moment: Moment, seed: int) -> None:
        """The first agent is the first in turn."""
        self._last = -1

    def choose(self, moment: Moment) -> Pairs:
        """Who gets it was the last in turn."""
        pairs = super().choose(moment)
        self._last = pairs[0][1] if pairs else self._last
        return pairs

    def taker(self, moment: Moment, line: Line) -> int:
        """The next after who was last."""
        number = len(moment.world.agents)
        turns = ((agent - self._last - 1) % number for agent in moment.free(line))
        turn = min(turns, default=-1)
        return -1 if turn < 0 else (self._last + 1 + turn) % number


class LeastBusy(Fifo):
    """The oldest case first, to whoever has worked least."""

    name = "least_busy"
    hears = True

    def begin(self, moment: Moment, seed: int) -> None:
        """Nobody has worked."""
        self._worked = [0.0] * len(moment.world.agents)

    def ended(self, moment: Moment, task: Task) -> None:
        """Count the hours."""
        self._worked[task.agent] += task.ended - task.begun

    def taker(self, moment: Moment, line: Line) -> int:
        """The fewest hours worked."""
        return min(moment.free(line), key=self._worked.__getitem__, default=-1)


class LongestIdle(Fifo):
    """The oldest case first, to whoever is idle longest."""

    name = "longest_idle"

    def taker(self, moment: Moment, line: Line) -> int:
        """The first of those idle."""
        return next(moment.free(line), -1)


class Bullseye(Priority):
    """The highest priority first, to the longest idle of a ring of the best agents for it; the ring widens
    each time the task has waited as long as it usually takes.
    """

    name = "bullseye"
    tick = 0.25

    def begin(self, moment: Moment, seed: int) -> None:
        """Nothing is known of who is in which ring."""
        self._seen: Sequence[Sequence[int]] | None = None

    def taker(self, moment: Moment, line: Line) -> int:
        """The longest idle of the rings that are open."""
        if self._seen is not moment.fastest:
            self._draw(moment)
        rings, usual = self._rings[line.type]
        opened = (moment.now - line.tasks[0].arrived) / usual
        return next((agent for agent in moment.free(line) if rings[agent] <= opened), -1)

    def _draw(self, moment: Moment) -> None:
        """For each type, the ring of each agent who may take it, and what it usually takes."""
        self._seen = moment.fastest
        self._rings = [
            (
                {agent: place * RINGS // len(able) for place, agent in enumerate(able)},
                row[able[len(able) // 2]] if able else 1.0,
            )
            for able, row in zip(moment.fastest, moment.handling, strict=True)
        ]


class Chance(Policy):
    """Any pair of a head and an idle agent."""

    name = "random"

    def begin(self, moment: Moment, seed: int) -> None:
        """The draws of a run are those of its seed."""
        self._chance = Random(f"{seed}/random")

    def choose(self, moment: Moment) -> Pairs:
        """One of the pairs, evenly."""
        pairs = [(line, agent) for line in moment.lines.values() for agent in moment.free(line)]
        if not pairs:
            return ()
        line, agent = self._chance.choice(pairs)
        return [(line.head, agent)]


POLICIES: Mapping[str, Callable[[], Policy]] = {
    policy.name: policy
    for policy in (
        Fifo,
        Priority,
        Edd,
        Spt,
        Hrrn,
        RoundRobin,
        LeastBusy,
        LongestIdle,
        Bullseye,
        Curve,
        Chance,
        PriceAndHold,
    )
}
"""What makes a policy for one run after another, by its name."""
