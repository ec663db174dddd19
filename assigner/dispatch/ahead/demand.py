"""What comes: how many tasks of each type arrive an hour, and how often a case goes on with which.

Learned from events, and forgotten with time: what happened MEMORY_H hours ago counts 1/e.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b
from math import exp
from typing import Any

from assigner.dispatch.entries import TaskEntry
from assigner.domain.group import step_of
from assigner.domain.records import Event
from assigner.domain.task import Requirement, Skills, Task

HOUR_MS = 3_600_000
MEMORY_H = 200.0
YOUNG_H = 1.0
"""What is younger is counted as if it were so old: the first arrivals say little of a rate."""
MOST_TYPES = 2_000
FAINT = 0.01
"""What follows so seldom is as good as never."""
MOST_CASES = 100_000
"""Cases whose last completed task is remembered until the next one comes."""

Name = str
"""What a type is called where it is kept."""
END = ""
"""What follows the last task of a case: in `follows`, the count of all completed tasks of a type."""


PLAIN = Task(id="", requirement=Requirement(), created_at=0)


@dataclass(slots=True)
class Fading:
    """A count that fades: `value` as of `at`."""

    value: float = 0.0
    at: int = 0

    def add(self, at: int) -> None:
        """One more, which happened at an instant."""
        latest = max(at, self.at)
        self.value, self.at = self.read(latest) + Fading(1.0, at).read(latest), latest

    def read(self, now: int) -> float:
        """What is left of it."""
        return self.value * exp(-max(0, now - self.at) / (MEMORY_H * HOUR_MS))


@dataclass(slots=True, eq=False)
class Demand:
    """See the module. `since` is when counting began; `fresh` has what is not kept in the store yet."""

    since: int | None = None
    asks: dict[Name, Task] = field(default_factory=dict)
    """A task that stands for each type that arrived."""
    arrived: dict[Name, Fading] = field(default_factory=dict)
    follows: dict[tuple[Name, Name], Fading] = field(default_factory=dict)
    fresh: set[tuple[Name, ...]] = field(default_factory=set)
    _origins: dict[Name, Name] = field(default_factory=dict)
    """Of types that ask less than when they arrived."""
    _last: dict[str, tuple[Name, int]] = field(default_factory=dict)
    """The type of the last completed task of each case, and when that was."""

    def arrives(self, task: Task, case: str | None, at: int) -> None:
        """A task has come."""
        name = name_of(task)
        self.since = at if self.since is None else min(self.since, at)
        self.asks[name] = replace(PLAIN, requirement=task.requirement, handle_ms=task.handle_ms)
        self._count(self.arrived, name, (name,), at)
        before = self._last.pop(case, None) if case else None
        if before is not None:
            # As of when it ended: what follows late would else seem to follow more often than always.
            ended, ended_at = before
            self._count(self.follows, (ended, name), (ended, name), ended_at)

    def ends(self, task: Task, case: str | None, at: int) -> None:
        """A task is done."""
        if case:
            name = name_of(task)
            self._count(self.follows, (name, END), (name, END), at)
            self._last.pop(case, None)
            self._last[case] = name, at
            if len(self._last) > MOST_CASES:
                del self._last[next(iter(self._last))]

    def relaxed(self, task: Task, before: Task) -> None:
        """A task asks less than it did when it came."""
        if len(self._origins) >= MOST_TYPES:
            self._origins.clear()
        self._origins[name_of(task)] = name_of(before)

    def origin(self, task: Task) -> Name:
        """The type of a task when it came."""
        name = name_of(task)
        return self._origins.get(name, name)

    def rate(self, name: Name, now: int) -> float:
        """Tasks of a type an hour."""
        count = self.arrived.get(name)
        if count is None or self.since is None:
            return 0.0
        age_h = max(YOUNG_H, (now - self.since) / HOUR_MS)
        return count.read(now) / (MEMORY_H * (1.0 - exp(-age_h / MEMORY_H)))

    def following(self, now: int) -> Iterator[tuple[Name, Name, float]]:
        """(type, type, probability) of each that followed another."""
        for (before, after), count in self.follows.items():
            if after != END:
                yield before, after, count.read(now) / (self._ended(before, now) + 1.0)

    def _ended(self, name: Name, now: int) -> float:
        count = self.follows.get((name, END))
        return count.read(now) if count else 0.0

    def fade(self, now: int) -> None:
        """Forget what has all but faded, and beyond MOST_TYPES the types that arrive least."""
        few = sorted(self.arrived, key=lambda name: self.arrived[name].read(now))
        for name in few[: max(0, len(few) - MOST_TYPES)]:
            self.forget(name)
        faint = [pair for pair, count in self.follows.items() if count.read(now) < FAINT]
        for pair in faint:
            del self.follows[pair]
            self.fresh.add(pair)

    def forget(self, name: Name) -> None:
        """Forget a type, and what it follows and is followed by."""
        del self.arrived[name], self.asks[name]
        self.fresh.add((name,))
        for pair in [pair for pair in self.follows if name in pair]:
            del self.follows[pair]
            self.fresh.add(pair)

    def _count(self, counts: dict[Any, Fading], key: Any, fresh: tuple[Name, ...], at: int) -> None:
        counts.setdefault(key, Fading()).add(at)
        self.fresh.add(fresh)

    # To and from what is kept in the store.

    def changes(self) -> Iterator[tuple[tuple[Name, ...], list[Any] | None]]:
        """What has changed since it was last asked: what to keep of a type, or of one after another."""
        for key in sorted(self.fresh):
            if len(key) == 1:
                count, task = self.arrived.get(key[0]), self.asks.get(key[0])
                yield key, [count.value, count.at, self.since, _asks(task)] if count and task else None
            else:
                pair = self.follows.get((key[0], key[1]))
                yield key, [pair.value, pair.at] if pair else None
        self.fresh.clear()

    @staticmethod
    def of(kept: Iterable[tuple[tuple[Name, ...], list[Any]]]) -> Demand:
        """From what was kept."""
        demand = Demand()
        for key, said in kept:
            if len(key) == 1:
                demand.arrived[key[0]], demand.asks[key[0]] = Fading(*said[:2]), _task(said[3])
                demand.since = said[2] if demand.since is None else min(demand.since, said[2])
            else:
                demand.follows[key[0], key[1]] = Fading(*said)
        return demand


def hear(demand: Demand, event: Event, entry: TaskEntry | None) -> None:
    """Take in an event of a task."""
    if entry is not None:
        case = entry.record.doc.get("case")
        if event.type == "task.enqueued":
            demand.arrives(entry.task, case, event.at)
        elif event.type == "task.reopened":
            demand.arrives(entry.task, None, event.at)
        elif event.type == "task.completed":
            demand.ends(entry.task, case, event.at)


def name_of(task: Task) -> Name:
    """What the type of a task is called: the same for tasks that ask the same. Their handling time counts,
    to a step, only where they have no category by which it could be learned.
    """
    requirement = task.requirement
    return _name(requirement, 0 if requirement.category else step_of(task.handle_ms))


@lru_cache(maxsize=8_192)
def _name(requirement: Requirement, step: int) -> Name:
    said = json.dumps([*astuple(requirement), step]).encode()
    return blake2b(said, digest_size=8).hexdigest()


def _asks(task: Task) -> list[Any]:
    return [*astuple(task.requirement), task.handle_ms]


def _task(said: list[Any]) -> Task:
    skills, any_skills, preferred, channel, category, size, handle_ms = said
    requirement = Requirement(
        skills=_skills(skills),
        any_skills=tuple(_skills(each) for each in any_skills),
        preferred_skills=_skills(preferred),
        channel=channel,
        category=category,
        size=size,
    )
    return replace(PLAIN, requirement=requirement, handle_ms=handle_ms)


def _skills(said: list[list[Any]]) -> Skills:
    return tuple((skill, level) for skill, level in said)
