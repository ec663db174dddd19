"""Lines: waiting tasks of like requirement, their facts in arrays, so that the most urgent are found fast."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assigner.domain.curve import Curve
from assigner.domain.group import step_of
from assigner.domain.preference import NEVER, Curved, Points, urgency_points, weighed_urgency
from assigner.domain.roster import Roster
from assigner.domain.task import Requirement, Task

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Key = tuple[str, str]
"""What a line asks for and an agent offers: a skill, to be a certain person, or nothing at all."""
Signature = tuple[tuple[int, bool], ...]
"""Which agents of a roster a task names: (position, whether it bars or prefers them), ascending."""

PRIORITY, CREATED, DUE, RESPOND, OPENS, HANDLE, STEP, CURVE = range(8)
WIDTH = 8
"""The facts of a task, in the columns of its line's table."""
ALL_STEPS = 1024
"""More than there are steps of handling times."""
step_for = lru_cache(maxsize=4_096)(step_of)


class Kind:
    """What the tasks of a line have in common: what they ask, to whom they are pinned, whom overrides keep
    from them, and the rule by which they are valued. It is hashed once: a requirement takes long.
    """

    __slots__ = ("_hash", "_said", "kept_from", "pinned", "requirement", "rule")

    def __init__(
        self, requirement: Requirement, pinned: str | None, kept_from: tuple[str, ...], rule: str | None
    ) -> None:
        self.requirement = requirement
        self.pinned = pinned
        self.kept_from = kept_from
        self.rule = rule
        self._said = requirement, pinned, kept_from, rule
        self._hash = hash(self._said)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Kind) and self._said == other._said)

    def __reduce__(self) -> tuple[object, ...]:
        return Kind, self._said


@dataclass(slots=True, eq=False)
class Line:
    """Tasks of one kind. Row i of the table is the task `tasks[i]`.

    `task` asks what they all ask, of nobody by name and in no time at all: whoever may take one of them may
    take it; `key` is one thing that whoever does must have. A task that leaves is replaced by the last one,
    so its slot changes: `tasks[i]` holds its own.
    """

    kind: Kind
    task: Task
    key: Key
    tasks: list[Waiting] = field(default_factory=list)
    steps: Counter[int] = field(default_factory=Counter)
    """How many of them have a handling time of each step."""
    curves: dict[int, Curve] = field(default_factory=dict)
    """The curves that its tasks have, or had, by their numbers."""
    _table: array[int] = field(default_factory=lambda: array("q"))

    def __len__(self) -> int:
        return len(self.tasks)

    def add(self, task: Task) -> Waiting:
        """Let a task stand in the line."""
        waiting = Waiting(task, self, len(self.tasks))
        self.tasks.append(waiting)
        self._table.extend(facts(task))
        if task.curve is not None:
            self.curves[task.curve.number] = task.curve
        self.steps[step_for(task.handle_ms)] += 1
        return waiting

    def remove(self, waiting: Waiting) -> None:
        """Let a task leave; the last one takes its slot."""
        step = step_for(waiting.task.handle_ms)
        self.steps[step] -= 1
        if not self.steps[step]:
            del self.steps[step]
        last, row = self.tasks.pop(), self._table[-WIDTH:]
        del self._table[-WIDTH:]
        if last is not waiting:
            self.tasks[waiting.slot] = last
            self._table[WIDTH * waiting.slot : WIDTH * (waiting.slot + 1)] = row
            last.slot = waiting.slot

    def table(self) -> Ints:
        """int64[n, WIDTH]: the facts of each task."""
        return np.array(self._table, np.int64).reshape(-1, WIDTH)


@dataclass(slots=True, eq=False)
class Waiting:
    """A task in its line."""

    task: Task
    line: Line
    slot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """A line that somebody may take: who, and its slots that name one of them."""

    line: Line
    eligible: int
    named: Mapping[int, Signature]


def kind_of(task: Task) -> Kind:
    """The kind of a task."""
    return Kind(task.requirement, task.pinned_agent, task.kept_from, task.rule)


def line_for(kind: Kind, key: Key) -> Line:
    """An empty line for tasks of a kind."""
    task = Task(
        id="",
        requirement=kind.requirement,
        created_at=0,
        handle_ms=0,
        pinned_agent=kind.pinned,
        kept_from=kind.kept_from,
        rule=kind.rule,
    )
    return Line(kind=kind, task=task, key=key)


def facts(task: Task) -> tuple[int, ...]:
    """The facts of a task, in the order of the columns."""
    return (
        task.priority,
        task.created_at,
        NEVER if task.due_at is None else task.due_at,
        NEVER if task.respond_by is None else task.respond_by,
        -NEVER if task.not_before is None else task.not_before,
        task.handle_ms,
        step_for(task.handle_ms),
        0 if task.curve is None else task.curve.number,
    )


def worth(table: Ints, curves: Mapping[int, Curve], now: int, weights: Mapping[str, float]) -> Points:
    """The weighed urgency of each row; `curves` has those of the rows, by their numbers."""
    promised = np.minimum(table[:, DUE], table[:, RESPOND])
    curved = Curved(table[:, CURVE], curves) if curves else None
    points = urgency_points(table[:, PRIORITY], table[:, CREATED], promised, now, curved)
    return weighed_urgency(weights, points)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """The tasks of some lines, one below the other: their facts [n, WIDTH], the number of each one's line.

    `over_time`: some of them are valued by a rule over time, which tells all handling times apart; it holds
    some back from everybody, `held` [n].
    """

    chances: Sequence[Chance]
    table: Ints
    owner: Ints
    held: Mask
    over_time: bool = False

    @staticmethod
    def of(chances: Sequence[Chance]) -> Rows:
        """The tasks of these lines, of which there is one at least."""
        table = np.concatenate([chance.line.table() for chance in chances])
        owner = np.repeat(np.arange(len(chances)), [len(chance.line) for chance in chances])
        return Rows(chances=chances, table=table, owner=owner, held=np.zeros(owner.size, np.bool_))

    def open(self, now: int) -> Mask:
        """[n]: which tasks may be begun now, by somebody from whom they are not held back."""
        opened: Mask = (self.table[:, OPENS] <= now) & ~self.held
        return opened

    def owners(self, now: int) -> list[int]:
        """The numbers of the lines of those tasks."""
        found: list[int] = np.flatnonzero(np.bincount(self.owner[self.open(now)])).tolist()
        return found

    def first(self) -> list[int]:
        """[chances]: the row of each line's first task."""
        found: list[int] = np.searchsorted(self.owner, np.arange(len(self.chances))).tolist()
        return found

    def named(self) -> Iterator[tuple[int, Signature]]:
        """The rows of the tasks that name somebody who counts, and whom they name."""
        for chance, first in zip(self.chances, self.first(), strict=True):
            for slot, signature in chance.named.items():
                yield first + slot, signature

    def curves(self) -> Mapping[int, Curve]:
        """The curves of these tasks, by their numbers."""
        return {number: one for chance in self.chances for number, one in chance.line.curves.items()}


def most_urgent(rows: Rows, value: Points, among: Mask, roster: Roster) -> list[Task]:
    """The tasks that may be in the best assignment of those `among` [n], where their own part of a pair's
    value is `value` [n].

    Tasks of one class are alike to every agent of the roster but for that part, so of each class only as
    many of those that are worth most can matter as its line has places; of equal worth the older, then the
    smaller id.
    """
    table, owner, chances = rows.table, rows.owner, rows.chances
    kind, created = _classes(rows, roster), table[:, CREATED]
    asked = np.flatnonzero(among)
    row = asked[np.lexsort((created[asked], -value[asked], kind[asked]))]
    rank = np.arange(row.size) - np.searchsorted(kind[row], kind[row])
    places, first = np.zeros(len(chances), np.int64), rows.first()
    for of in np.flatnonzero(np.bincount(owner[row])).tolist():
        places[of] = _places(chances[of], roster)

    def task_at(at: int) -> Task:
        of = int(owner[at])
        return chances[of].line.tasks[at - first[of]].task

    same = (kind[row][1:] == kind[row][:-1]) & (value[row][1:] == value[row][:-1])
    same &= created[row][1:] == created[row][:-1]
    kept = rank < places[owner[row]]
    for begin, end, most in _cut_ties(same, kept):
        tied = sorted(range(begin, end), key=lambda at: task_at(int(row[at])).id)
        kept[begin:end] = False
        kept[tied[:most]] = True
    return [task_at(at) for at in row[kept].tolist()]


def _places(chance: Chance, roster: Roster) -> int:
    """How many tasks of a line there is room for; it is not counted beyond the line's length."""
    places, most, size = 0, len(chance.line), chance.line.task.requirement.size
    for position in roster.positions(chance.eligible):
        places += roster.agents[position].capacity_left // size
        if places >= most:
            break
    return places


def _cut_ties(same: Mask, kept: Mask) -> list[tuple[int, int, int]]:
    """(first, last + 1, how many are kept) of each run of equals of which only some are kept.

    `same[i]`: row i + 1 equals row i.
    """
    runs = []
    for at in np.flatnonzero(same & kept[:-1] & ~kept[1:]).tolist():
        breaks = np.flatnonzero(~same[:at])
        first = int(breaks[-1]) + 1 if breaks.size else 0
        after = np.flatnonzero(~same[at:])
        last = at + int(after[0]) + 1 if after.size else same.size + 1
        runs.append((first, last, at + 1 - first))
    return runs


def _classes(rows: Rows, roster: Roster) -> Ints:
    """A number for each row, the same for tasks of a line that no rule and no term tells apart."""
    chances, table, owner = rows.chances, rows.table, rows.owner
    ends, longest = (np.array(each, np.int64) for each in (roster.endings(), roster.longest()))
    outlasted = np.searchsorted(ends, roster.now + table[:, HANDLE]) * (longest.size + 1)
    outlasted += np.searchsorted(longest, table[:, HANDLE])
    step = table[:, STEP]
    if not rows.over_time:
        categories = [chance.line.task.requirement.category for chance in chances]
        timed = np.array([category is not None and roster.timed(category) > 0 for category in categories])
        step = np.where(timed[owner], step, 0)
    classes: Ints = (owner * (ends.size + 1) * (longest.size + 1) + outlasted) * ALL_STEPS + step
    numbers: dict[tuple[int, Signature], int] = {}
    for row, signature in rows.named():
        key = (int(classes[row]), signature)
        classes[row] = -1 - numbers.setdefault(key, len(numbers))
    return classes
