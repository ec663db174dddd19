"""The rules that others use, to compare with. Each says in a sentence what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

from assigner.simulation.moment import Moment, Policy, Task
from assigner.simulation.price_and_hold import PriceAndHold

Pairs = Sequence[tuple[Task, int]]


def by_case(task: Task) -> float:
    """The oldest case first."""
    return task.case.at


class Fifo(Policy):
    """The oldest case first, to the fastest agent idle."""

    name = "fifo"
    order = staticmethod(by_case)

    def choose(self, moment: Moment) -> Pairs:
        """The head that is first of all, of those that somebody idle may take."""
        best, least, taker = None, 0.0, -1
        for line in moment.lines.values():
            key = line.tasks[0].key
            if best is None or key < least:
                agent = moment.best(line)
                if agent >= 0:
                    best, least, taker = line, key, agent
        return [(best.head, taker)] if best is not None else ()


class Spt(Policy):
    """The pair that is expected to take least."""

    name = "spt"

    def choose(self, moment: Moment) -> Pairs:
        """The least of the expected times of heads and idle agents; then the oldest."""
        best, least, taker = None, (0.0, 0), -1
        for line in moment.lines.values():
            agent = moment.best(line)
            if agent >= 0:
                key = moment.handling[line.type][agent], line.tasks[0].number
                if best is None or key < least:
                    best, least, taker = line, key, agent
        return [(best.head, taker)] if best is not None else ()


class Hrrn(Policy):
    """The pair with the highest response ratio: waiting and handling over handling."""

    name = "hrrn"

    def choose(self, moment: Moment) -> Pairs:
        """The highest ratio of heads and idle agents."""
        best, most, taker = None, 0.0, -1
        for line in moment.lines.values():
            agent = moment.best(line)
            if agent >= 0:
                ratio = (moment.now - line.tasks[0].arrived) / moment.handling[line.type][agent]
                if best is None or ratio > most:
                    best, most, taker = line, ratio, agent
        return [(best.head, taker)] if best is not None else ()


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
    "fifo": Fifo,
    "spt": Spt,
    "hrrn": Hrrn,
    "random": Chance,
    "price_and_hold": PriceAndHold,
}
