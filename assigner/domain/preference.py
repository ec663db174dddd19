"""Should this agent take this task? The soft terms: what a pair is worth, in points.

By the rule of the snapshot a thousand points are worth one step of priority, or one hour of waiting. The
value of a pair is the sum of its terms, each an integer of the pair alone, so no other task or agent changes
it. The terms of a rule over time are millionths of logarithms, made of the solver's numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assigner.domain.agent import Agent
from assigner.domain.curve import Curve
from assigner.domain.group import Group
from assigner.domain.roster import Roster
from assigner.domain.task import Requirement, Task

Points = NDArray[np.int64]
Index = NDArray[np.int32]

PRIORITY_STEP = 1_000
HOUR_MS = 3_600_000
DUE_POINTS = 50_000
DUE_HORIZON_MS = 4 * HOUR_MS
LATE_POINTS, LONG_LATE_POINTS = 2_500, 100
"""Points an hour, in the first four hours after a promise has ended and in all after them."""
MOST_URGENCY = 2**34
NEVER = 2**61
"""An instant too far away for its pull to be felt."""
LEVEL_POINTS, LEVEL_COST = 1_000, 50
PREFERRED_SKILL_POINTS = 500
SPEED_POINTS = 1_000
PREFERRED_AGENT_POINTS = 2_000
IDLE_POINTS = 500
LOAD_POINTS = 500
MOST_CELLS = 2**22


def urgency(tasks: Sequence[Task], now: int) -> Points:
    """priority × 1,000 + hours waited × 1,000 + the pull of what is promised: of `due_at`, or of `respond_by`
    where that is sooner.

    The pull is 50,000 × 4 h / (4 h + time left) before the instant. From there it grows by 2,500 an hour for
    4 hours, and then by 100 an hour for ever: to be late for a month adds less than the highest priority. A
    queue may have a curve of its own. At least 1 in all; at most 2³⁴, which takes more than a century.
    """
    count = len(tasks)
    priority = np.fromiter((task.priority for task in tasks), np.int64, count)
    created = np.fromiter((task.created_at for task in tasks), np.int64, count)
    ends = (task.promised_at for task in tasks)
    promised = np.fromiter((NEVER if end is None else end for end in ends), np.int64, count)
    curves = {task.curve.number: task.curve for task in tasks if task.curve is not None}
    number = np.fromiter((0 if task.curve is None else task.curve.number for task in tasks), np.int64, count)
    return urgency_points(priority, created, promised, now, Curved(number, curves))


@dataclass(frozen=True, slots=True)
class Curved:
    """The number of each task's curve, 0 where it has none of its own, and the curves by their numbers."""

    number: Points
    curves: Mapping[int, Curve]


def urgency_points(
    priority: Points, created_at: Points, promised_at: Points, now: int, curved: Curved | None = None
) -> Points:
    """The urgency of tasks whose facts are in arrays; `promised_at` is NEVER where nothing is promised."""
    waited, left = now - created_at, promised_at - now
    points: Points = PRIORITY_STEP * priority + np.maximum(waited, 0) * PRIORITY_STEP // HOUR_MS
    pull = due_pull(left)
    if curved is not None:
        for number, curve in curved.curves.items():
            rows = np.flatnonzero((curved.number == number) & (promised_at < NEVER))
            pull[rows] = curve_pull(curve, left[rows])
    points += pull
    return np.clip(points, 1, MOST_URGENCY)


def weighed_urgency(weights: Mapping[str, float], points: Points) -> Points:
    """What urgency adds to the value of each pair under a policy's weights: at least 1."""
    weighed: Points = np.clip(weigh(weights, "urgency", points), 1, MOST_URGENCY)
    return weighed


def due_pull(left: Points) -> Points:
    """Points for the time left until a promise ends, in milliseconds, negative once it has passed."""
    ahead, late = np.maximum(left, 0), np.maximum(-left, 0)
    points: Points = DUE_POINTS * DUE_HORIZON_MS // (DUE_HORIZON_MS + ahead)
    points += LATE_POINTS * np.minimum(late, DUE_HORIZON_MS) // HOUR_MS
    points += LONG_LATE_POINTS * np.maximum(late - DUE_HORIZON_MS, 0) // HOUR_MS
    return points


def curve_pull(curve: Curve, left: Points) -> Points:
    """The same by a curve, rounded down."""
    since = -left.astype(np.float64)
    shown = np.interp(since, curve.at, curve.points)
    shown += curve.slope * np.maximum(since - curve.at[-1], 0)
    pull: Points = np.minimum(PRIORITY_STEP * shown, MOST_URGENCY).astype(np.int64)
    return pull


def fit(facts: Facts, group: Index, agent: Index) -> Points:
    """1,000 less 50 for each level above the ones asked (20 at most, so experts are kept), 500 for each
    preferred skill, and 2,000 × the task's handling time / (the task's + the agent's own), 1,000 where the
    agent has none of their own; the task's is taken to the nearest of eight steps between a time and its
    double. An agent whom the task prefers adds 2,000.
    """
    surplus = facts.levels(group, agent) - facts.asked[group]
    points: Points = LEVEL_POINTS - LEVEL_COST * np.clip(surplus, 0, LEVEL_POINTS // LEVEL_COST)
    points += PREFERRED_SKILL_POINTS * facts.welcome(group, agent)
    return points + facts.speed(group, agent)


def idle(facts: Facts, group: Index, agent: Index) -> Points:
    """500 × time idle / (1 h + time idle): who has been idle longest goes first."""
    return facts.idle[agent]


def load(facts: Facts, group: Index, agent: Index) -> Points:
    """500 × the share of the agent's capacity that is free before this call: who carries least goes first."""
    return facts.load[agent]


@dataclass(frozen=True, slots=True)
class Term:
    """A soft term: its name as callers see it, its formula in a sentence, and whether it is of the rules over
    time.
    """

    name: str
    meaning: str
    over_time: bool = False


PAIR_TERMS: dict[str, Callable[[Facts, Index, Index], Points]] = {"fit": fit, "idle": idle, "load": load}

OVER_TIME: dict[str, str] = {
    "nearly_done": "-ln of the priced hours that are left of the task's case, times its size: expected hours "
    "× the price of the agent's time, by the agent for whom that is least. What is soon finished goes first.",
    "right_agent": "2³⁴, for the agent for whom the priced hours are least; for others less, by 6 × ln of "
    "how many times as many theirs are, 2³² at most. An agent whom the task prefers adds ln 4.",
    "waited": "0.15 × ln(1 + hours waited / 4 times the task's priced hours), and 20 for each limit of "
    "waiting beyond the first; 2³¹ at most, which takes more than a hundred limits. The limit is 36 h and "
    "1.1 times as long as tasks would wait if they were taken as they come: the work that waits over the "
    "work that arrives an hour. With `priority_first` there is none.",
    "priority": "ln 2 for each 25 steps above 50, less for each below. With `priority_first` 4 a step: "
    "before all else.",
    "promise": "e^(-hours / 8) while there are so many hours until the task has to be begun for its promise "
    "to be kept, by `respond_by` or done by `due_at`; after that −4, and 20 for each limit of waiting "
    "beyond half of the first, to the whole of it: at 0.7 of it 0, at the limit 6. By a curve of the queue's "
    "own ln 2 for each 25 of its points.",
}
"""The terms of the rules over time, in millionths. All but `right_agent` are of the task, within 2³¹."""

TERMS: tuple[Term, ...] = (
    *(
        Term(term.__name__, " ".join((term.__doc__ or "").split()))
        for term in (urgency, *PAIR_TERMS.values())
    ),
    *(Term(name, meaning, over_time=True) for name, meaning in OVER_TIME.items()),
)
"""All soft terms. `policy.weights` multiplies them by name."""


class Facts:
    """What the terms need to know of groups and agents, as arrays. All lookups are by position.

    Of a group that nobody may take, nothing is known.
    """

    def __init__(self, groups: Sequence[Group], roster: Roster) -> None:
        wanted = [group.task.requirement if group.verdict.eligible else Requirement() for group in groups]
        names = [[(skill, 0) for skill, _ in requirement.skills] for requirement in wanted]
        agents = len(roster.agents)
        self._levels = Table(names, lambda skill, _: roster.holders(skill), agents)
        self._welcome = Table([item.preferred_skills for item in wanted], _welcome_row(roster), agents)
        self._own = Table([_timed(group) for group in groups], _own_row(roster), agents)
        self._estimate = np.array([group.estimate_ms or 0 for group in groups], np.int64)
        self.asked = np.array([sum(level for _, level in item.skills) for item in wanted], np.int64)
        self.idle = np.array([_idle_points(agent, roster.now) for agent in roster.agents], np.int64)
        self.load = np.array([_load_points(agent) for agent in roster.agents], np.int64)

    def levels(self, group: Index, agent: Index) -> Points:
        """The sum of the agent's levels over the group's skills."""
        return self._levels.total(group, agent)

    def welcome(self, group: Index, agent: Index) -> Points:
        """How many of the group's preferred skills the agent has at their level."""
        return self._welcome.total(group, agent)

    def speed(self, group: Index, agent: Index) -> Points:
        """Points for the agent's own handling time beside the group's estimate."""
        own = self._own.total(group, agent)
        estimate = self._estimate[group]
        points = 2 * SPEED_POINTS * estimate // np.maximum(1, estimate + own - 1)
        return np.where(own > 0, points, SPEED_POINTS)


Row = Callable[[str, int], Sequence[tuple[int, int]]]
"""The (position, number) pairs of a key's row that are not 0."""


class Table:
    """Rows of one number an agent, several of them to a group: `total` adds a group's rows at an agent.

    Rows are spread out over all agents only for as many groups at a time as MOST_CELLS allows.
    """

    def __init__(self, keys: Sequence[Sequence[tuple[str, int]]], row: Row, agents: int) -> None:
        """`keys` has the keys of each group's rows; `row` makes the row of a key."""
        number: dict[tuple[str, int], int] = {}
        flat = [number.setdefault(key, len(number)) for group in keys for key in group]
        self._flat = np.array(flat, np.int32)
        self._end = np.cumsum([0, *map(len, keys)])
        self._rows = [np.array(row(*key), np.int64).reshape(-1, 2) for key in number]
        self._agents = agents

    def total(self, group: Index, agent: Index) -> Points:
        """The sum of the rows of group[i] at agent[i], for each i."""
        total = np.zeros(len(group), np.int64)
        for first, last in self._runs() if len(group) else ():
            inside = np.flatnonzero((first <= group) & (group < last))
            total[inside] = self._run_total(first, last, group[inside], agent[inside])
        return total

    def _runs(self) -> Iterator[tuple[int, int]]:
        """Runs of groups that have rows, each run with no more of them than may be spread out at a time."""
        most = max(1, MOST_CELLS // max(1, self._agents))
        first, groups = 0, self._end.size - 1
        while self._end[first] < self._end[-1]:
            last = int(np.searchsorted(self._end, self._end[first] + most, side="right")) - 1
            last = min(groups, max(first + 1, last))
            yield first, last
            first = last

    def _run_total(self, first: int, last: int, group: Index, agent: Index) -> Points:
        rows, number = np.unique(self._flat[self._end[first] : self._end[last]], return_inverse=True)
        cells = np.zeros((rows.size, self._agents), np.int64)
        for i, row in enumerate(rows.tolist()):
            cells[i, self._rows[row][:, 0]] = self._rows[row][:, 1]
        begin, count = self._end[group] - self._end[first], self._end[group + 1] - self._end[group]
        total = np.zeros(len(group), np.int64)
        for k in range(int(count.max(initial=0))):
            deep = np.flatnonzero(count > k)
            total[deep] += cells[number[begin[deep] + k], agent[deep]]
        return total


def _welcome_row(roster: Roster) -> Row:
    return lambda skill, level: [(i, 1) for i, held in roster.holders(skill) if held >= level]


def _own_row(roster: Roster) -> Row:
    """Own handling times, plus one so that 0 can mean none."""
    return lambda category, _: [(i, ms + 1) for i, ms in roster.own_times(category)]


def _timed(group: Group) -> list[tuple[str, int]]:
    category = group.task.requirement.category
    if category is None or group.estimate_ms is None or not group.verdict.eligible:
        return []
    return [(category, 0)]


def _idle_points(agent: Agent, now: int) -> int:
    idle_ms = 0 if agent.idle_since is None else max(0, now - agent.idle_since)
    return IDLE_POINTS * idle_ms // (HOUR_MS + idle_ms)


def _load_points(agent: Agent) -> int:
    return LOAD_POINTS * agent.capacity_left // max(1, agent.capacity)


def weigh(weights: Mapping[str, float], name: str, points: Points) -> Points:
    """A term's points under a policy's weights, rounded down; a term without a weight has weight 1."""
    return points * round(weights.get(name, 1) * 1000) // 1000
