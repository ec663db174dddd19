"""Why does a task of the living service wait, or why did it go where it went?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from assigner.dispatch.explain import Explanation, explain
from assigner.dispatch.lines import CREATED, Line, facts, worth
from assigner.dispatch.mirror import Mirror, in_slices
from assigner.dispatch.plan import Choice
from assigner.dispatch.shaped import lifting
from assigner.domain.eligibility import RULES, judge
from assigner.domain.records import TaskRecord
from assigner.domain.roster import Roster
from assigner.domain.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The last decision about a task: the agent chosen, and those who were worth most after them."""

    at: int
    choice: Choice
    runners_up: Sequence[Choice]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveExplanation:
    """A queued task's place among the tasks that ask the same, and why it waits.

    `position` 1 is the most urgent of `of`.
    """

    position: int
    of: int
    waiting: Explanation


async def explain_live(
    mirror: Mirror, record: TaskRecord, now: int, *, weights: Mapping[str, float], language: str = "en"
) -> LiveExplanation:
    """Why a queued task waits: also one that the mirror does not know yet, or knows as it was before.

    The rules are asked by the same `judge` that decides, about all agents as they are now. It goes in slices:
    ten thousand agents take longer than others who use the event loop should wait.
    """
    task, line, slot = mirror.like(record)
    position, of = _place(task, line, slot, now, weights) if line else (1, 1)
    roster = await _roster(mirror, now)
    for rule in RULES:
        rule.refuses(task, roster)  # the roster keeps the masks that this makes
        await asyncio.sleep(0)
    waiting = explain(task, judge(task, roster), roster, language)
    waiting = replace(waiting, unblock=lifting(waiting.unblock, record, mirror.standing))
    return LiveExplanation(position=position, of=of, waiting=waiting)


async def _roster(mirror: Mirror, now: int) -> Roster:
    """All agents as they are now, in the order of their ids."""
    agents = [entry.agent(now) async for entry in in_slices(list(mirror.agents.values()))]
    agents.sort(key=lambda agent: agent.id)
    return Roster(agents, now)


def _place(
    task: Task, line: Line, slot: int | None, now: int, weights: Mapping[str, float]
) -> tuple[int, int]:
    """One more than the number of tasks in the line that are worth more, or as much and are older; and how
    many tasks there are, with this one.
    """
    table = line.table()
    value, created = worth(table, line.curves, now, weights), table[:, CREATED]
    mine = {} if task.curve is None else {task.curve.number: task.curve}
    own = worth(np.array([facts(task)], np.int64), mine, now, weights)[0]
    ahead = (value > own) | ((value == own) & (created < task.created_at))
    same = (value == own) & (created == task.created_at)
    if slot is not None:
        ahead[slot] = same[slot] = False
    lower = sum(line.tasks[other].task.id < task.id for other in np.flatnonzero(same).tolist())
    return 1 + int(np.count_nonzero(ahead)) + lower, len(line) + (slot is None)
