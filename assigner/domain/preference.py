"""Should this agent take this task? The soft terms: what a pair is worth, in points.

A thousand points are worth one step of priority, or one hour of waiting. The value of a pair is the
sum of its terms, each an integer of the pair alone, so no other task or agent changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assigner.domain.agent import Agent
from assigner.domain.group import Group
from assigner.domain.roster import Roster
from assigner.domain.task import Task

Points = NDArray[np.int64]
Index = NDArray[np.int32]

PRIORITY_STEP = 1_000
HOUR_MS = 3_600_000
DUE_POINTS = 50_000
DUE_HORIZON_MS = 4 * HOUR_MS
MOST_URGENCY = 2**34
LEVEL_POINTS, LEVEL_COST = 1_000, 50
PREFERRED_SKILL_POINTS = 500
SPEED_POINTS = 1_000
PREFERRED_AGENT_POINTS = 2_000
IDLE_POINTS = 500
LOAD_POINTS = 500


def urgency(tasks: Sequence[Task], now: int) -> Points:
    """priority × 1,000 + hours waited × 1,000 + the pull of `due_at`.

    The pull is 50,000 × 4 h / (4 h + time left) before `due_at`, and from there grows by the same
    slope, 12,500 an hour, for ever. At least 1 in all; at most 2³⁴, which takes more than a century.
    """
    count = len(tasks)
    priority = np.fromiter((task.priority for task in tasks), np.int64, count)
    waited = now - np.fromiter((task.created_at for task in tasks), np.int64, count)
    points: Points = 1 + PRIORITY_STEP * priority + np.maximum(waited, 0) * PRIORITY_STEP // HOUR_MS
    promised = [i for i, task in enumerate(tasks) if task.due_at is not None]
    due = np.fromiter((tasks[i].due_at for i in promised), np.int64, len(promised))
    points[promised] += due_pull(due - now)
    return np.minimum(points, MOST_URGENCY)


def due_pull(left: Points) -> Points:
    """Points for the time left until `due_at`, in milliseconds, negative once it has passed."""
    ahead, late = np.maximum(left, 0), np.maximum(-left, 0)
    points: Points = DUE_POINTS * DUE_HORIZON_MS // (DUE_HORIZON_MS + ahead)
    points += late // (DUE_HORIZON_MS // DUE_POINTS)
    return points


def fit(facts: Facts, group: Index, agent: Index) -> Points:
    """1,000 less 50 for each level above the ones asked (20 at most, so experts are kept), 500 for each
    preferred skill, and 2,000 × the task's handling time / (the task's + the agent's own), 1,000 where the
    agent has none of their own. An agent whom the task prefers adds 2,000 to the task's pair.
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
    """A soft term: its name as callers see it, and its formula in a sentence."""

    name: str
    meaning: str


PAIR_TERMS: dict[str, Callable[[Facts, Index, Index], Points]] = {"fit": fit, "idle": idle, "load": load}

TERMS: tuple[Term, ...] = tuple(
    Term(term.__name__, " ".join((term.__doc__ or "").split())) for term in (urgency, *PAIR_TERMS.values())
)
"""All soft terms. `policy.weights` multiplies them by name."""


class Facts:
    """What the terms need to know of groups and agents, as arrays. All lookups are by position."""

    def __init__(self, groups: Sequence[Group], roster: Roster) -> None:
        wanted = [group.task.requirement for group in groups]
        names = [[(skill, 0) for skill, _ in requirement.skills] for requirement in wanted]
        self._levels = Table(names, _level_row(roster))
        self._welcome = Table([requirement.preferred_skills for requirement in wanted], _welcome_row(roster))
        self._own = Table([_timed(group) for group in groups], _own_row(roster))
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


Row = Callable[[str, int], NDArray[np.integer]]


class Table:
    """Rows of one number an agent, several of them to a group: `total` adds a group's rows at an agent."""

    def __init__(self, keys: Sequence[Sequence[tuple[str, int]]], row: Row) -> None:
        """`keys` has the keys of each group's rows; `row` makes the row of a key."""
        number: dict[tuple[str, int], int] = {}
        lists = [[number.setdefault(key, len(number)) for key in group] for group in keys]
        self._count = np.array([len(numbers) for numbers in lists], np.int32)
        self._first = np.cumsum(self._count) - self._count
        self._flat = np.array([n for numbers in lists for n in numbers], np.int32)
        self._rows = np.stack([row(*key) for key in number]) if number else None

    def total(self, group: Index, agent: Index) -> Points:
        """The sum of the rows of group[i] at agent[i], for each i."""
        total = np.zeros(len(group), np.int64)
        if self._rows is None:
            return total
        count, first = self._count[group], self._first[group]
        for k in range(int(count.max(initial=0))):
            deep = np.flatnonzero(count > k)
            total[deep] += self._rows[self._flat[first[deep] + k], agent[deep]]
        return total


def _level_row(roster: Roster) -> Row:
    def row(skill: str, _: int) -> NDArray[np.int8]:
        levels = np.zeros(len(roster.agents), np.int8)
        for position, level in roster.holders(skill):
            levels[position] = level
        return levels

    return row


def _welcome_row(roster: Roster) -> Row:
    levels = _level_row(roster)
    return lambda skill, level: (levels(skill, level) >= level).astype(np.int8)


def _own_row(roster: Roster) -> Row:
    """Own handling times, plus one so that 0 can mean none."""
    return lambda category, _: np.array([a.handle_ms.get(category, -1) + 1 for a in roster.agents], np.int64)


def _timed(group: Group) -> list[tuple[str, int]]:
    category = group.task.requirement.category
    return [] if category is None or group.estimate_ms is None else [(category, 0)]


def _idle_points(agent: Agent, now: int) -> int:
    idle_ms = 0 if agent.idle_since is None else max(0, now - agent.idle_since)
    return IDLE_POINTS * idle_ms // (HOUR_MS + idle_ms)


def _load_points(agent: Agent) -> int:
    return LOAD_POINTS * agent.capacity_left // max(1, agent.capacity)


def weigh(weights: Mapping[str, float], name: str, points: Points) -> Points:
    """A term's points under a policy's weights, rounded down; a term without a weight has weight 1."""
    return points * round(weights.get(name, 1) * 1000) // 1000
