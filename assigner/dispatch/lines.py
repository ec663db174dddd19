"""Lines: waiting tasks of like requirement, their facts in arrays, so that the most urgent are found fast."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import nsmallest

import numpy as np
from numpy.typing import NDArray

from assigner.domain.group import step_of
from assigner.domain.preference import NEVER, Points, urgency_points, weighed_urgency
from assigner.domain.roster import Roster
from assigner.domain.task import Requirement, Task

Slots = NDArray[np.int64]
Signature = tuple[tuple[int, bool], ...]
"""Which agents of a roster a task names: (position, whether it bars or prefers them), ascending."""

ALL_STEPS = 1024
"""More than there are steps of handling times."""


def _longs() -> array[int]:
    return array("q")


@dataclass(slots=True, eq=False)
class Line:
    """Tasks alike in requirement and pinned agent. Slot i of each array is the task `tasks[i]`.

    `task` asks what they all ask, of nobody by name and in no time at all: whoever may take one of them may
    take it. A task that leaves is replaced by the last one, so its slot changes: `tasks[i]` holds its own.
    """

    task: Task
    tasks: list[Waiting] = field(default_factory=list)
    priority: array[int] = field(default_factory=_longs)
    created: array[int] = field(default_factory=_longs)
    due: array[int] = field(default_factory=_longs)
    opens: array[int] = field(default_factory=_longs)
    handle: array[int] = field(default_factory=_longs)
    step: array[int] = field(default_factory=_longs)

    @property
    def columns(self) -> tuple[array[int], ...]:
        """All arrays."""
        return self.priority, self.created, self.due, self.opens, self.handle, self.step

    def __len__(self) -> int:
        return len(self.tasks)

    def add(self, task: Task) -> Waiting:
        """Let a task stand in the line."""
        waiting = Waiting(task=task, line=self, slot=len(self.tasks))
        self.tasks.append(waiting)
        self.priority.append(task.priority)
        self.created.append(task.created_at)
        self.due.append(NEVER if task.due_at is None else task.due_at)
        self.opens.append(-NEVER if task.not_before is None else task.not_before)
        self.handle.append(task.handle_ms)
        self.step.append(step_of(task.handle_ms) if task.requirement.category else 0)
        return waiting

    def remove(self, waiting: Waiting) -> None:
        """Let a task leave; the last one takes its slot."""
        last = self.tasks.pop()
        for column in self.columns:
            number = column.pop()
            if last is not waiting:
                column[waiting.slot] = number
        if last is not waiting:
            self.tasks[waiting.slot] = last
            last.slot = waiting.slot

    def worth(self, now: int, weights: Mapping[str, float]) -> Points:
        """The weighed urgency of each slot."""
        priority, created, due = (np.array(column, np.int64) for column in self.columns[:3])
        return weighed_urgency(weights, urgency_points(priority, created, due, now))

    def best(
        self, roster: Roster, weights: Mapping[str, float], places: int, named: Mapping[int, Signature]
    ) -> list[Task]:
        """The tasks that may be in the best assignment, when at most `places` of the line can be assigned.

        Slots of one class are alike to every agent of the roster but for their urgency, so of each class
        only the `places` most urgent can matter. `named` has the slots that name agents of the roster.
        """
        opened = np.array(self.opens, np.int64) <= roster.now
        if places >= len(self):
            return [self.tasks[slot].task for slot in np.flatnonzero(opened).tolist()]
        worth, classes = self.worth(roster.now, weights), self._classes(roster, named)
        found: list[Task] = []
        for number in np.unique(classes[opened]).tolist():
            slots = np.flatnonzero(opened & (classes == number))
            found += [self.tasks[slot].task for slot in self._first(slots, worth, places)]
        return found

    def _classes(self, roster: Roster, named: Mapping[int, Signature]) -> Slots:
        """A number for each slot, the same for those whom no rule and no term tells apart."""
        ends = np.array(roster.endings(), np.int64)
        classes: Slots = np.searchsorted(ends, roster.now + np.array(self.handle, np.int64)).astype(np.int64)
        category = self.task.requirement.category
        if category is not None and roster.timed(category):
            classes = classes * ALL_STEPS + np.array(self.step, np.int64)
        numbers: dict[tuple[int, Signature], int] = {}
        for slot, signature in named.items():
            key = (int(classes[slot]), signature)
            classes[slot] = -1 - numbers.setdefault(key, len(numbers))
        return classes

    def _first(self, slots: Slots, worth: Points, most: int) -> list[int]:
        """The `most` of these slots that are worth most; of equal worth the older, then the smaller id."""
        if slots.size <= most:
            return slots.tolist()  # type: ignore[no-any-return]
        created = np.array(self.created, np.int64)[slots]
        least = np.partition(worth[slots], slots.size - most)[slots.size - most]
        sure = slots[worth[slots] > least]
        tied = worth[slots] == least
        left = most - sure.size
        last = np.partition(created[tied], left - 1)[left - 1]
        older = slots[tied & (created < last)]
        same = slots[tied & (created == last)].tolist()
        same = nsmallest(left - older.size, same, key=lambda slot: self.tasks[slot].task.id)
        return [*sure.tolist(), *older.tolist(), *same]


@dataclass(slots=True, eq=False)
class Waiting:
    """A task in its line."""

    task: Task
    line: Line
    slot: int


def line_for(requirement: Requirement, pinned_agent: str | None) -> Line:
    """An empty line for tasks that ask this."""
    return Line(Task(id="", requirement=requirement, created_at=0, handle_ms=0, pinned_agent=pinned_agent))
