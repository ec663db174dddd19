"""Groups of like tasks: what is true of one member, against every agent, is true of all.

Tasks are alike when they have the same requirement, the same pinned agent, the same agents whom
overrides keep from them, the same opening instant if it is still to come, and handling times that no rule and
no term tells apart. A rule over time tells all handling times apart, and tasks with rules of their own.
Agents whom a task excludes, prefers or lets cool down are its own: they do not split a group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log2
from operator import attrgetter

from assigner.domain.eligibility import Verdict, judge
from assigner.domain.roster import Roster
from assigner.domain.task import Task

STEPS_PER_OCTAVE = 8
REQUIREMENT = attrgetter("requirement")
THE_REST = attrgetter("handle_ms", "pinned_agent", "not_before", "kept_from", "frozen", "rule")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Like tasks. `members` are positions in the snapshot, ascending; `task` stands for them all.

    `estimate_ms` is their handling time to the nearest step, of which there are eight between a time
    and its double; None where nothing tells one step from another.
    """

    task: Task
    members: list[int]
    estimate_ms: int | None
    verdict: Verdict


def group(tasks: Sequence[Task], roster: Roster, *, over_time: bool = False) -> list[Group]:
    """Sort tasks into groups, in the order of their first members, and judge each group once.

    `over_time`: for a rule over time.
    """
    same: dict[tuple[object, ...], list[int]] = {}  # by identity: hashing a requirement is slow
    alike: dict[tuple[object, ...], list[int]] = {}
    for position, key in enumerate(zip(map(id, map(REQUIREMENT, tasks)), map(THE_REST, tasks), strict=True)):
        members = same.get(key)
        if members is None:
            members = same[key] = alike.setdefault(_likeness(tasks[position], roster, over_time), [])
        members.append(position)
    return [_judged(members, tasks, roster, over_time) for members in alike.values()]


def _likeness(task: Task, roster: Roster, over_time: bool) -> tuple[object, ...]:
    """What the rules and the terms can tell of a task; of a handling time, whose window it outlasts, and
    whose longest shift.
    """
    opening = task.not_before if task.not_before is not None and task.not_before > roster.now else None
    outlasted = roster.endings_before(task.handle_ms), roster.longest_before(task.handle_ms)
    by_hand = (task.kept_from, task.frozen, task.rule if over_time else None)
    return task.requirement, task.pinned_agent, opening, outlasted, _step(task, roster, over_time), by_hand


def _step(task: Task, roster: Roster, over_time: bool) -> int | None:
    category = task.requirement.category
    if not over_time and (category is None or not roster.timed(category)):
        return None
    return step_of(task.handle_ms)


def step_of(handle_ms: int) -> int:
    """The step of a handling time; within one, no term tells two times apart."""
    return round(STEPS_PER_OCTAVE * log2(max(1, handle_ms)))


def _judged(members: list[int], tasks: Sequence[Task], roster: Roster, over_time: bool) -> Group:
    plain = tasks[members[0]]
    if plain.bars_agents or plain.preferred_agents:
        plain = replace(plain, excluded_agents=(), preferred_agents=(), cooling_down=())
    step = _step(plain, roster, over_time)
    return Group(
        task=plain,
        members=members,
        estimate_ms=None if step is None else round(2 ** (step / STEPS_PER_OCTAVE)),
        verdict=judge(plain, roster),
    )
