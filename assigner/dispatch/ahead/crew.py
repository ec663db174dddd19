"""The crew: the agents in arrays, each in a place of its own: when they come and go, when they have room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

from assigner.dispatch.ahead.handled import shared
from assigner.dispatch.entries import AgentEntry, TaskEntry
from assigner.domain.agent import Agent, Presence
from assigner.domain.expected import Times
from solver.in_hand import in_all
from solver.outlook import SOON

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

COMES, LEAVES, FIRST, LAST, ROOM, SLOTS, LONGEST, UNTIL = 0, 1, slice(2, 6), slice(6, 10), 10, 11, 12, 13
WIDTH = 14
"""The columns of an agent: the instants from when and until when they work, in milliseconds; of the tasks in
hand the one expected to end first and the one expected to end last (see InHand); room for how much more; how
many tasks they do at once; how many hours their longest shift has; and until when all this holds if nothing
happens.
"""
HOUR_MS = 3_600_000
MEMORYLESS = 1.28
"""The spread (σ of ln) of exponential times, where what is left is the mean again: π/√6."""
MOST_REGULAR = 0.1
"""Of that spread: no times are taken for more regular."""
LEAST_LEFT = 0.2
"""The least that is left of a task in hand, as a part of what it was expected to take."""
OVERDUE = 4.0
"""Of a task that has taken more than so many times what was expected, what goes beyond is expected once more:
who has forgotten a task, or is stuck in it, is waited for ever less.
"""
MOST_LOGGED = 20_000
InHand = tuple[float, float, float, float]
"""A task in hand: the instant at which it was begun, if it was, as if the agent had been at work ever since,
in milliseconds; how many hours it was expected to take in all, above 0; the doubt of that, and the spread.
"""
NOTHING: InHand = (inf, 1 / HOUR_MS, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spans:
    """When some agents are there, in hours from now: until they come, have room, leave. `room`: how much they
    have now; `slots`: how many tasks they do at once; `longest`: how long their longest shift is.
    """

    comes_in: Floats
    frees_in: Floats
    leaves_in: Floats
    room: Floats
    slots: Floats
    longest: Floats


@dataclass(slots=True, eq=False)
class Crew:
    """See the module. Facts are read again when somebody was touched, or when their time has come."""

    entries: list[AgentEntry | None] = field(default_factory=list)
    """By place; None: nobody has it now."""
    by_skill: dict[str, set[int]] = field(default_factory=dict)
    """The places of who has each skill."""
    log: list[int] = field(default_factory=list)
    """The places of those whose document changed, as it happened, but for the first `forgotten`."""
    forgotten: int = 0
    _places: dict[str, int] = field(default_factory=dict)
    _vacant: list[int] = field(default_factory=list)
    _touched: set[int] = field(default_factory=set)
    _facts: Floats = field(default_factory=lambda: np.zeros((0, WIDTH)))

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def stamp(self) -> int:
        """How many changes of documents there have been."""
        return self.forgotten + len(self.log)

    def place(self, agent: str) -> int | None:
        """The place of an agent."""
        return self._places.get(agent)

    def name(self, place: int) -> str:
        """The id of the agent in a place; empty where nobody is."""
        entry = self.entries[place]
        return entry.said.id if entry else ""

    def each(self, said: Mapping[str, float]) -> Floats:
        """[places]: what is said of each agent, by id; 0 of whom nothing is, or where nobody is."""
        return np.array(
            [said.get(entry.said.id, 0.0) if entry else 0.0 for entry in self.entries], np.float64
        )

    def put(self, entry: AgentEntry) -> None:
        """An agent has come, or their document is another."""
        place = self._places.get(entry.said.id)
        if place is None:
            place = self._new_place(entry.said.id)
        self._forget_skills(place)
        self.entries[place] = entry
        for skill in entry.said.skills:
            self.by_skill.setdefault(skill, set()).add(place)
        self._note(place)

    def remove(self, agent: str) -> None:
        """An agent has gone for good; their place is for another."""
        place = self._places.pop(agent, None)
        if place is not None:
            self._forget_skills(place)
            self.entries[place] = None
            self._vacant.append(place)
            self._note(place)

    def touch(self, agent: str | None) -> None:
        """Something about when an agent works, or what they have in hand, is not as before."""
        place = self._places.get(agent or "")
        if place is not None:
            self._touched.add(place)

    def changed(self, since: int) -> list[int] | None:
        """The places whose documents changed since a stamp; None: it is too long ago to say."""
        return None if since < self.forgotten else self.log[since - self.forgotten :]

    def refresh(self, held: dict[str, set[str]], tasks: dict[str, TaskEntry], now: int) -> None:
        """Bring the facts up to date. `held`: the tasks that each agent has."""
        over = np.flatnonzero(self._facts[:, UNTIL] <= now).tolist()
        for place in self._touched.union(over):
            entry = self.entries[place]
            if entry is None:
                self._facts[place] = (inf, inf, *NOTHING, *NOTHING, 0.0, 1.0, inf, inf)
            else:
                mine = [tasks[id] for id in held.get(entry.said.id, ())]
                self._facts[place] = _facts(entry, mine, now)
        self._touched.clear()

    def at_work(self, now: int) -> NDArray[np.bool_]:
        """[places]: who works now, or will soon."""
        comes: NDArray[np.bool_] = self._facts[:, COMES] <= now + SOON * HOUR_MS
        return comes

    def times(self, who: Places, now: int, size: Floats | float = 1.0) -> Spans:
        """When the agents in these places are there. `size`: of the room that each of them is to have."""
        facts = self._facts[who]
        comes_in = np.maximum(facts[:, COMES] - now, 0.0) / HOUR_MS
        large = np.greater(size, 1.0)[..., None]
        left = remaining(np.where(large, facts[:, LAST], facts[:, FIRST]), now)
        return Spans(
            comes_in=comes_in,
            frees_in=comes_in + np.where(facts[:, ROOM] >= size, 0.0, left),
            leaves_in=(facts[:, LEAVES] - now) / HOUR_MS,
            room=facts[:, ROOM],
            slots=facts[:, SLOTS],
            longest=facts[:, LONGEST],
        )

    def _new_place(self, agent: str) -> int:
        if self._vacant:
            place = self._vacant.pop()
        else:
            place = len(self.entries)
            self.entries.append(None)
            if place == len(self._facts):
                more = np.full((max(64, place), WIDTH), inf)
                self._facts = np.concatenate((self._facts, more))
        self._places[agent] = place
        return place

    def _forget_skills(self, place: int) -> None:
        entry = self.entries[place]
        for skill in entry.said.skills if entry else ():
            self.by_skill[skill].discard(place)

    def _note(self, place: int) -> None:
        self._touched.add(place)
        self.log.append(place)
        if len(self.log) > 2 * MOST_LOGGED:
            del self.log[:MOST_LOGGED]
            self.forgotten += MOST_LOGGED


def remaining(tasks: Floats, now: int) -> Floats:
    """[n]: hours until tasks in hand, [n, 4], are done, given how long they have taken, which says how long
    they take in all where that was in doubt.

    Where times spread like exponential ones it is the mean again; where they do not spread at all, what the
    mean leaves; between the two, in proportion, which is near the truth for Weibull times. Of what is long
    overdue more is left the longer it takes.
    """
    began, expected, doubt, spread = tasks.T
    spent = np.maximum(now - began, 0.0) / HOUR_MS
    by_chance = np.minimum(spread / MEMORYLESS, 1.0)
    expected = in_all(expected, doubt, spent, 1.0 / np.maximum(by_chance, MOST_REGULAR))
    left = np.maximum(expected - (1.0 - by_chance) * np.minimum(spent, expected), LEAST_LEFT * expected)
    longer: Floats = np.maximum(left, spent - OVERDUE * expected)
    return longer


def _facts(entry: AgentEntry, mine: Sequence[TaskEntry], now: int) -> tuple[float, ...]:
    comes, leaves, until = _presence(entry, now)
    in_hand = sorted((_in_hand(entry, one, now) for one in mine), key=lambda each: each[1]) or [NOTHING]
    room, slots = float(entry.said.capacity - entry.record.load), float(max(1, entry.said.capacity))
    longest = inf if entry.said.longest_ms is None else entry.said.longest_ms / HOUR_MS
    return comes, leaves, *in_hand[0], *in_hand[-1], room, slots, longest, until


def _presence(entry: AgentEntry, now: int) -> tuple[float, float, float]:
    """From when and until when an agent works, and until when that is so.

    Who is away without saying until when is back nobody knows when; but off shift, or in a break, that says
    nothing of the next time they work.
    """
    record, until = entry.record, entry.record.presence_until
    if entry.draining:
        return inf, inf, inf
    here, window = record.presence is Presence.AVAILABLE, entry.working(now)
    if not here and until is None and window.holds(now):
        return inf, inf, entry.unchanged_until(now)
    back = now if here else max(now, until or now)
    comes = max(back, window.begins or back)
    leaves = min(window.ends or inf, (until or inf) if here else inf)
    if leaves <= comes:
        return inf, inf, leaves if leaves > now else inf
    if comes > now:
        return comes, leaves, min(comes, leaves)
    return -inf, leaves, min(leaves, entry.unchanged_until(now))


def _in_hand(entry: AgentEntry, one: TaskEntry, now: int) -> InHand:
    record = one.record
    began = record.started_at or record.assigned_at
    if began is not None:
        began = now - shared(entry.windows, entry.breaks, began, now)
    expected = entry.said.handling_ms(one.task) / HOUR_MS
    return began or inf, expected, *_doubt_and_spread(entry.said, one.task.requirement.category or "")


def _doubt_and_spread(said: Agent, category: str) -> tuple[float, float]:
    """Of an agent's times of a category. Where nothing was learned what is said is taken for known, and times
    for exponential ones.
    """
    times = said.handle_ms
    if isinstance(times, Times) and category in times.handling:
        found = times.handling.estimate(category, said.id, times.said.get(category))
        return found.doubt, found.spread
    return 0.0, MEMORYLESS


def places(found: Iterable[int]) -> Places:
    """Places in order."""
    return np.array(sorted(found), np.int64)
