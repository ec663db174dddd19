"""Our rule over time at the bare desk: the solver's prices, index and hold test on what the desk shows."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import exp

import numpy as np

from assigner.simulation.moment import Line, Moment, Policy, Task
from assigner.simulation.world import NEVER
from solver.in_hand import in_all
from solver.left import beyond
from solver.outlook import SOON, Floats, Outlook
from solver.over_time import Rated, rate
from solver.prices import TICK, settle
from solver.worth import first_come, limit_of, worth

MEMORY = 200.0
"""Hours over which an arrival is forgotten, by the factor e."""


class Flows:
    """How many tasks of each type come an hour, and which type follows which: counts that fade."""

    def __init__(self, types: int) -> None:
        self.follows: Floats = np.zeros((types, types))
        self._came: Floats = np.zeros(types)
        self._at: Floats = np.zeros(types)
        self._after: Floats = np.zeros((types, types))
        self._ended: Floats = np.zeros(types)

    def came(self, type: int, now: float) -> None:
        """A task of a type begins to wait."""
        self._came[type] = 1.0 + self._came[type] * exp((self._at[type] - now) / MEMORY)
        self._at[type] = now

    def followed(self, type: int, next: int | None) -> None:
        """What came after a task of a type; None: nothing."""
        self._ended[type] += 1.0
        if next is not None:
            self._after[type, next] += 1.0
        self.follows[type] = self._after[type] / (self._ended[type] + 1.0)

    def arrivals(self, now: float) -> Floats:
        """[T]: tasks an hour; what began lately is not taken for rare."""
        seen = MEMORY * (1.0 - exp(-now / MEMORY)) if now > 0 else NEVER
        faded: Floats = self._came * np.exp((self._at - now) / MEMORY)
        return faded / seen


class PriceAndHold(Policy):
    """The best pair by the solver's index that is not better left to someone faster."""

    name = "price_and_hold"
    hears = True

    def __init__(self, tick: float = TICK) -> None:
        self.tick = tick

    def begin(self, moment: Moment, seed: int) -> None:
        """Equal prices, and nothing known of what comes."""
        self._flows = Flows(len(moment.world.types))
        self._log_price: Floats = np.zeros(len(moment.world.agents))
        self._after: Floats | None = None
        self._settled = False
        self._learned(moment)

    def came(self, moment: Moment, task: Task) -> None:
        """Count the arrival."""
        self._flows.came(task.type, moment.now)

    def followed(self, moment: Moment, task: Task, next: Task | None) -> None:
        """Count what comes after what."""
        self._flows.followed(task.type, None if next is None else next.type)

    def ticked(self, moment: Moment) -> None:
        """Settle the prices, what is left of cases, and which wait is too long."""
        at_work = _at_work(moment)
        if at_work:
            before, rounds = None, None
            if self._settled:
                before, rounds = self._log_price[at_work], max(1, round(self.tick / TICK))
            self._log_price[at_work] = settle(self._outlook(moment, at_work), before, rounds)
            prices = self._prices(at_work)
            self._cases, self._after = (prices, self._flows.follows.copy()), None
            queued, arrivals = np.array(moment.queued, np.float64), self._flows.arrivals(moment.now)
            self._limit = limit_of(first_come(prices, queued, arrivals))
            self._settled = True

    def choose(self, moment: Moment) -> Sequence[tuple[Task, int]]:
        """The pair of the highest index, of those that are not held; only the first is certain."""
        lines = [line for line in moment.lines.values() if moment.best(line) >= 0]
        if not lines:
            return ()
        if not self._settled:
            self.ticked(moment)
        at_work = _at_work(moment)
        idle = np.arange(len(moment.idle))  # they come first
        outlook = self._outlook(moment, at_work, self._left())
        rated = rate(outlook, self._log_price[at_work], idle)
        asked = [(line, task) for line in lines for task in _first(line, moment)]
        index = _index(asked, rated, moment, self._limit)
        best = int(index.argmax())
        if index.flat[best] == -np.inf:
            return ()
        row, column = divmod(best, len(idle))
        return [(asked[row][1], at_work[column])]

    def _learned(self, moment: Moment) -> None:
        self._seen = moment.handling
        self._handling = np.array(moment.handling, np.float64)
        self._doubt = None if moment.doubt is None else np.array(moment.doubt, np.float64)

    def _left(self) -> Floats:
        """What is left of cases, as of the last tick; reckoned only where anything was decided since."""
        if self._after is None:
            self._after = beyond(*self._cases)
        return self._after

    def _outlook(self, moment: Moment, at_work: list[int], after: Floats | float = 0.0) -> Outlook:
        """What the rule sees of a moment and these agents."""
        if self._seen is not moment.handling:
            self._learned(moment)
        return Outlook(
            handling=self._handling[:, at_work],
            waiting=np.array(moment.queued, np.float64),
            arrivals=self._flows.arrivals(moment.now),
            frees_in=self._frees_in(moment, at_work),
            leaves_in=np.array([moment.leaves[agent] for agent in at_work]) - moment.now,
            slots=np.ones(len(at_work)),
            after=after,
        )

    def _frees_in(self, moment: Moment, at_work: list[int]) -> Floats:
        """Hours until each is expected to be free: of a task in hand all it takes again, as of an exponential
        law; which is the more the longer it has taken, where that is in doubt.
        """
        tasks, agents = moment.busy.values(), list(moment.busy)
        types = np.array([task.type for task in tasks], np.int64)
        left = self._handling[types, agents]
        if self._doubt is not None:
            spent = moment.now - np.array([task.begun for task in tasks])
            left = in_all(left, self._doubt[types, agents], spent)
        comes = [moment.comes[agent] - moment.now for agent in at_work[len(moment.idle) + len(agents) :]]
        return np.concatenate((np.zeros(len(moment.idle)), left, comes))

    def _prices(self, at_work: list[int]) -> Floats:
        """[T]: priced hours of one task of each type, of those at work who may do it, or of whoever may."""
        priced = self._handling * np.exp(self._log_price)
        there, ever = priced[:, at_work].min(axis=1), priced.min(axis=1)
        found = np.where(np.isfinite(there), there, ever)
        return np.where(np.isfinite(found), found, 0.0)


def _at_work(moment: Moment) -> list[int]:
    """Those idle, those busy, and those who come soon."""
    last = moment.now + SOON
    busy = moment.busy
    soon = [one for one, at in enumerate(moment.comes) if at <= last and one not in busy]
    return [*moment.idle, *moment.busy, *soon]


def _first(line: Line, moment: Moment) -> list[Task]:
    """The tasks of a line among which the best is: the oldest, and the oldest whose promise can be kept."""
    head = line.head
    if _slack(head, moment) >= 0:
        return [head]
    kept = bisect_left(line.tasks, 0.0, key=lambda task: _slack(task, moment))
    return [head, *line.tasks[kept : kept + 1]]


def _slack(task: Task, moment: Moment) -> float:
    """Hours until a task must be begun for its promise to be kept, by whoever is fastest of all."""
    if task.due == NEVER:
        return NEVER
    fastest = moment.fastest[task.type]
    needs = 0.0 if task.step.service.begun or not fastest else moment.handling[task.type][fastest[0]]
    return task.due - moment.now - needs


def _index(asked: Sequence[tuple[Line, Task]], rated: Rated, moment: Moment, limit: float) -> Floats:
    """[asked, idle]: the index of each pair; -inf where it is held or may not be."""
    types = np.array([task.type for _, task in asked])
    parts = worth(
        rated.price[types],
        rated.left[types],
        moment.now - np.array([task.arrived for _, task in asked]),
        np.array([task.step.service.weight for _, task in asked]),
        np.array([_slack(task, moment) for _, task in asked]),
        limit,
    )
    index: Floats = rated.pair[types] + np.sum(list(parts.values()), axis=0)[:, None]
    index[rated.held_for[types] >= 0] = -np.inf
    for row, (line, _) in enumerate(asked):
        for column, agent in enumerate(moment.idle if line.declined else ()):
            if agent in line.declined:
                index[row, column] = -np.inf
    return index
