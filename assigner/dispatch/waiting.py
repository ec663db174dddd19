"""Why does a task of the living service wait, or why did it go where it went?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from assigner.dispatch.entries import TaskEntry
from assigner.dispatch.explain import Explanation, explain
from assigner.dispatch.lines import CREATED, worth
from assigner.dispatch.mirror import Mirror
from assigner.dispatch.plan import Choice
from assigner.domain.eligibility import judge
from assigner.domain.lifecycle import State
from assigner.domain.roster import Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The last decision about a task: the agent chosen, and those who were worth most after them."""

    at: int
    choice: Choice
    runners_up: Sequence[Choice]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveExplanation:
    """A task's state; while it is queued its place among the tasks that ask the same, and why it waits.

    `position` 1 is the most urgent of `of`. `held_until` and `hold_reason` are those of a held task.
    """

    state: State
    position: int | None = None
    of: int | None = None
    waiting: Explanation | None = None
    held_until: int | None = None
    hold_reason: str | None = None
    decided: Decided | None = None


def explain_live(
    mirror: Mirror,
    task: str,
    now: int,
    decided: Mapping[str, Decided],
    *,
    weights: Mapping[str, float],
    language: str = "en",
) -> LiveExplanation | None:
    """Why a task waits, or where it went. None when no open task has this id.

    The rules are asked by the same `judge` that decides, about all agents as they are now.
    """
    entry = mirror.tasks.get(task)
    if entry is None:
        return None
    record = entry.record
    found = LiveExplanation(
        state=record.state,
        held_until=record.held_until,
        hold_reason=record.hold_reason,
        decided=decided.get(task),
    )
    if entry.waiting is None:
        return found
    agents = sorted((agent.agent(now) for agent in mirror.agents.values()), key=lambda agent: agent.id)
    roster = Roster(agents, now)
    return replace(
        found,
        position=_position(entry, now, weights),
        of=len(entry.waiting.line),
        waiting=explain(entry.task, judge(entry.task, roster), roster, language),
    )


def _position(entry: TaskEntry, now: int, weights: Mapping[str, float]) -> int:
    """One more than the number of tasks in the line that are worth more, or as much and are older."""
    assert entry.waiting is not None  # noqa: S101
    line, slot = entry.waiting.line, entry.waiting.slot
    table = line.table()
    value, created = worth(table, now, weights), table[:, CREATED]
    ahead = (value > value[slot]) | ((value == value[slot]) & (created < created[slot]))
    same = np.flatnonzero((value == value[slot]) & (created == created[slot])).tolist()
    lower = sum(line.tasks[other].task.id < entry.task.id for other in same)
    return 1 + int(np.count_nonzero(ahead)) + lower
