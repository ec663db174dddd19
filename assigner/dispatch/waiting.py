"""Why does a task of the living service wait, or why did it go where it went?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from assigner.dispatch.ahead.abilities import type_of
from assigner.dispatch.ahead.crew import places
from assigner.dispatch.ahead.sight import Seen, see
from assigner.dispatch.explain import Explanation, explain
from assigner.dispatch.lines import CREATED, Line, facts, step_for, worth
from assigner.dispatch.mirror import Mirror, in_slices
from assigner.dispatch.over_time import over_time
from assigner.dispatch.parts import TaskFacts, parts_of, rule_of
from assigner.dispatch.plan import Choice
from assigner.dispatch.shaped import lifting
from assigner.domain.eligibility import RULES, Verdict, eligible, judge
from assigner.domain.held import NOT_HELD, HeldBack
from assigner.domain.policy import SNAPSHOT, Policy
from assigner.domain.preference import Points
from assigner.domain.reasons import OUTRANKED, UNDECIDED
from assigner.domain.records import TaskRecord
from assigner.domain.roster import Roster
from assigner.domain.snapshot import Snapshot
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
    mirror: Mirror,
    record: TaskRecord,
    now: int,
    *,
    weights: Mapping[str, float],
    language: str = "en",
    deciding: bool = False,
) -> LiveExplanation:
    """Why a queued task waits: also one that the mirror does not know yet, or knows as it was before.
    `deciding`: the mirror is that of a dispatcher that leads.

    The rules are asked by the same `judge` that decides, about all agents as they are now. It goes in slices:
    ten thousand agents take longer than others who use the event loop should wait.
    """
    (task, line, slot), looked = mirror.like(record), mirror.looked
    roster = await _roster(mirror, now)
    for rule in RULES:
        rule.refuses(task, roster)  # the roster keeps the masks that this makes
        await asyncio.sleep(0)
    verdict = judge(task, roster)
    policy = Policy(weights=weights)
    seen = None if rule_of(task, policy) == SNAPSHOT else _see(mirror, task, line, verdict, roster)
    held = NOT_HELD if seen is None else _held_back(task, roster, policy, seen, verdict.eligible)
    new = deciding and _undecided(mirror, looked, task, roster, verdict.eligible & ~held.agents)
    waiting = explain(task, verdict, roster, language, held, UNDECIDED if new else OUTRANKED)
    waiting = replace(waiting, unblock=lifting(waiting.unblock, record, mirror.standing))
    position, of = _place(task, line, slot, now, policy, seen) if line else (1, 1)
    return LiveExplanation(position=position, of=of, waiting=waiting)


async def _roster(mirror: Mirror, now: int) -> Roster:
    """All agents as they are now, in the order of their ids."""
    agents = [entry.agent(now) async for entry in in_slices(list(mirror.agents.values()))]
    agents.sort(key=lambda agent: agent.id)
    return Roster(agents, now)


def _see(mirror: Mirror, task: Task, line: Line | None, verdict: Verdict, roster: Roster) -> Seen:
    """What a rule over time says of the types of a line and of a task, and of those who may take it."""
    sees = mirror.look_ahead(roster.now)
    types = [(line.kind, step) for step in line.steps] if line else []
    found = (sees.crew.place(roster.agents[i].id) for i in roster.positions(verdict.eligible))
    free = places(place for place in found if place is not None)
    return see(sees, mirror.index, list(dict.fromkeys([*types, type_of(task)])), free, roster.now)


def _held_back(task: Task, roster: Roster, policy: Policy, seen: Seen, eligible: int) -> HeldBack:
    """From whom a task is held back, and for whom, as if it were to be decided about alone."""
    alone = Snapshot(now=roster.now, tasks=(task,), agents=tuple(roster.agents))
    model = over_time(alone, roster, policy, len(roster.agents), seen.of(alone))
    return model.held_back(int(model.problem.group[0]), eligible, roster)


def _undecided(mirror: Mirror, looked: tuple[int, int], task: Task, roster: Roster, free: int) -> bool:
    """Whether no decision has looked at a task with one of the free: since the last one about all that there
    was, it or they have changed, or time has let them.
    """
    (number, at), entry = looked, mirror.tasks.get(task.id)
    if entry is None or entry.task is not task or entry.waiting is None or entry.since >= number:
        return True
    found = (mirror.agents.get(roster.agents[i].id) for i in roster.positions(free))
    before = Roster([one.agent(at) for one in found if one is not None and one.since < number], at)
    return eligible(task, before).bit_count() < free.bit_count()


def _worth(task: Task, line: Line, now: int, policy: Policy, seen: Seen | None) -> tuple[Points, int]:
    """What each task of a line is worth by itself, and what this one is."""
    if seen is None:
        mine = {} if task.curve is None else {task.curve.number: task.curve}
        own = worth(np.array([facts(task)], np.int64), mine, now, policy.weights)[0]
        return worth(line.table(), line.curves, now, policy.weights), int(own)
    tasks = [*(waiting.task for waiting in line.tasks), task]
    types = np.array([seen.types[line.kind, step_for(one.handle_ms)] for one in tasks], np.int64)
    parts = parts_of(TaskFacts.of(tasks, policy), seen.priced(types), now, policy.weights)
    value: Points = np.sum([*parts.values()], axis=0)
    return value[:-1], int(value[-1])


def _place(
    task: Task, line: Line, slot: int | None, now: int, policy: Policy, seen: Seen | None
) -> tuple[int, int]:
    """One more than the number of tasks in the line that are worth more, or as much and are older; and how
    many tasks there are, with this one.
    """
    created = line.table()[:, CREATED]
    value, own = _worth(task, line, now, policy, seen)
    ahead = (value > own) | ((value == own) & (created < task.created_at))
    same = (value == own) & (created == task.created_at)
    if slot is not None:
        ahead[slot] = same[slot] = False
    lower = sum(line.tasks[other].task.id < task.id for other in np.flatnonzero(same).tolist())
    return 1 + int(np.count_nonzero(ahead)) + lower, len(line) + (slot is None)
