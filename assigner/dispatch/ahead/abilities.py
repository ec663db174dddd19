"""Who could do which type of task, and how long it would take them: made once, brought up to date when asked.

A type is tasks of one line whose expected handling is the same but for a step. Its row has everybody who
could ever do it, by what they can and may do, whoever is there just now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from assigner.dispatch.ahead.crew import HOUR_MS, Crew, Floats, Places, places
from assigner.dispatch.entries import AgentEntry
from assigner.dispatch.lines import Kind, kind_of, line_for, step_for
from assigner.domain.agent import Agent
from assigner.domain.eligibility import qualified
from assigner.domain.expected import Times
from assigner.domain.group import STEPS_PER_OCTAVE
from assigner.domain.roster import Roster
from assigner.domain.task import Task

Type = tuple[Kind, int]
"""What tasks of a type have in common: the kind of their line, and the step of their handling time."""
SLICE = 500
"""After so many expectations the event loop goes round: they take two milliseconds."""
PREPARED = 2
"""After so many rows that are new it goes round, too: they take a few milliseconds."""
MOST_ROWS = 10_000
"""So many rows are kept; then all are made anew."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Who could do a type: their places, ascending; hours expected of each."""

    who: Places
    hours: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Among:
    """Some agents: their places, and the same ones as a roster."""

    places: Sequence[int]
    roster: Roster

    def able(self, task: Task) -> Iterator[int]:
        """The places of those who could ever do a task."""
        return (self.places[at] for at in self.roster.positions(qualified(task, self.roster)))


@dataclass(slots=True, eq=False)
class _Kept:
    """A row, and of which change of documents and of which lesson it is."""

    task: Task
    who: Places
    stamp: int
    lesson: int
    row: Row


@dataclass(slots=True, eq=False)
class Abilities:
    """The rows of a crew. `lesson` counts how often expected times were learned anew."""

    crew: Crew
    lesson: int = 0
    _rows: dict[Type, _Kept] = field(default_factory=dict)
    _rosters: dict[tuple[str | None, int], Among] = field(default_factory=dict)
    """The agents with a skill, or those whose documents changed since a stamp, as of `_rosters_of`."""
    _rosters_of: int = 0
    _own: dict[str, dict[int, int]] = field(default_factory=dict)
    """Milliseconds expected of agents in a category, 0 of who has no time of their own; as of `_own_of`."""
    _own_of: tuple[int, int] = (0, 0)

    def row(self, type: Type, now: int) -> Row:
        """The row of a type."""
        kept = self._rows.get(type)
        if kept is None:
            kept = self._rows[type] = self._make(type, now)
        elif kept.stamp != self.crew.stamp:
            self._renew(kept, now)
        if kept.lesson != self.lesson:
            kept.row, kept.lesson = self._expect(kept.task, kept.who, now), self.lesson
        return kept.row

    async def prepare(self, types: Iterable[Type], now: int) -> None:
        """Make the rows that are missing, as long as there is place for them: many take seconds."""
        missing = [type for type in types if type not in self._rows]
        for number, type in enumerate(missing[: MOST_ROWS - len(self._rows)]):
            self.row(type, now)
            if number % PREPARED == 0:
                await asyncio.sleep(0)

    async def relearn(self) -> None:
        """Look anew at how long everybody is expected to take, a slice at a time; then all of it holds."""
        stamp, fresh, asked = self.crew.stamp, dict[str, dict[int, int]](), 0
        rows: list[tuple[_Kept, Row]] = []
        for kept in list(self._rows.values()):
            category = kept.task.requirement.category or ""
            own = fresh.setdefault(category, {})
            for place in kept.who.tolist():
                entry = self.crew.entries[place]
                if place not in own and entry is not None:
                    own[place], asked = _own_ms(entry.said, category), asked + 1
                    if asked % SLICE == 0:
                        await asyncio.sleep(0)
            if kept.stamp == stamp == self.crew.stamp:
                rows.append((kept, _row(kept.task, kept.who, own)))
        self.lesson += 1
        for kept, row in rows:
            if kept.stamp == self.crew.stamp:
                kept.row, kept.lesson = row, self.lesson
        self._own, self._own_of = fresh, (stamp, self.lesson)

    def _make(self, type: Type, now: int) -> _Kept:
        if len(self._rows) >= MOST_ROWS:
            self._rows.clear()
        task = task_for(type)
        who = self._able(task, now)
        return _Kept(task, who, self.crew.stamp, self.lesson, self._expect(task, who, now))

    def _able(self, task: Task, now: int) -> Places:
        """Everybody who could ever do a task, looked for among those who have its rarest skill."""
        by_skill, nobody = self.crew.by_skill, set[int]()
        skills = [skill for skill, _ in task.requirement.skills]
        rarest = min(skills, key=lambda skill: len(by_skill.get(skill, nobody)), default=None)
        everybody = range(len(self.crew))
        among = self._among(rarest, -1, everybody if rarest is None else by_skill.get(rarest, nobody), now)
        return places(among.able(task))

    def _renew(self, kept: _Kept, now: int) -> None:
        """Let those out who are not as they were, and back in who still can."""
        changed = self.crew.changed(kept.stamp)
        if changed is None or 2 * len(changed) > len(self.crew):
            who = self._able(kept.task, now)
        else:
            able = self._among(None, kept.stamp, set(changed), now).able(kept.task)
            who = places({*np.setdiff1d(kept.who, changed).tolist(), *able})
        kept.who, kept.stamp = who, self.crew.stamp
        kept.row = self._expect(kept.task, who, now)

    def _among(self, skill: str | None, since: int, those: Iterable[int], now: int) -> Among:
        """The agents in some places, which a skill or a stamp names, kept until a document changes."""
        if self._rosters_of != self.crew.stamp:
            self._rosters, self._rosters_of = {}, self.crew.stamp
        kept = self._rosters.get((skill, since))
        if kept is None:
            there = [place for place in sorted(those) if self.crew.entries[place] is not None]
            roster = Roster([_entry(self.crew, place).said for place in there], now)
            kept = self._rosters[skill, since] = Among(there, roster)
        return kept

    def _expect(self, task: Task, who: Places, now: int) -> Row:
        own = self._own_times(task.requirement.category or "")
        there = who.tolist()
        for place in there:
            if place not in own:
                own[place] = _own_ms(_entry(self.crew, place).said, task.requirement.category or "")
        return _row(task, who, own)

    def _own_times(self, category: str) -> dict[int, int]:
        """What is known already of a category: nothing of those who are not as they were."""
        stamp, lesson = self._own_of
        changed = self.crew.changed(stamp) if lesson == self.lesson else None
        if changed is None:
            self._own = {}
        elif changed:  # else there is nothing to forget, and going through thousands of categories takes long
            for known in self._own.values():
                for place in changed:
                    known.pop(place, None)
        self._own_of = self.crew.stamp, self.lesson
        return self._own.setdefault(category, {})


def _row(task: Task, who: Places, own: Mapping[int, int]) -> Row:
    there = who.tolist()
    return Row(who, np.array([own[place] or task.handle_ms for place in there], np.float64) / HOUR_MS)


def _own_ms(said: Agent, category: str) -> int:
    times = said.handle_ms
    return (times.ms(category) if isinstance(times, Times) else times.get(category)) or 0


def type_of(task: Task) -> Type:
    """The type of a task."""
    return kind_of(task), step_for(task.handle_ms)


def task_for(type: Type) -> Task:
    """A task that stands for a type: it asks what they all ask, of nobody by name."""
    kind, step = type
    return replace(line_for(kind, ("", "")).task, handle_ms=round(2 ** (step / STEPS_PER_OCTAVE)))


def _entry(crew: Crew, place: int) -> AgentEntry:
    entry = crew.entries[place]
    if entry is None:
        raise LookupError(place)
    return entry
