"""What pairs are worth by a rule over time, and which of them are held back.

A pair's value is 2³⁴ and the sum of its named parts, which are logarithms, in millionths. The parts of the
task go with the task, the part of the pair with (group, agent): the exact flow over groups answers here too.
Where tasks of several sizes are asked, a value counts as many shares as the task takes of the largest size:
else two small tasks would be worth more than a large one for ever, however long it waits.

**One scale.** A task of `priority_first` stands beside those of `price_and_hold` as one of an hour's work at
the mean price, with no promise. Its priority counts 4 a step from 50, which is 144 steps of theirs: one of a
priority above 50 goes before nearly all others, one below after them, and one of 50 is among them. Waiting
gives it less than a step in a century, and the agent a thousandth of what it gives others: so it is priority,
then age, then the agent. It is never held back; nor is a task of the rule `snapshot`, which is else valued as
one of `price_and_hold` where tasks of several rules meet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Any

import numpy as np

from assigner.dispatch.foresee import HOUR_MS, Floats, Foreseen, Ints, foresee
from assigner.dispatch.parts import FAINT, Priced, TaskFacts, pair_points, parts_of, points, rule_of
from assigner.dispatch.translate import arcs_of, columns, group_of, named_pairs, refuse_too_many
from assigner.domain.group import Group, group
from assigner.domain.held import NOT_HELD, HeldBack, HeldFor
from assigner.domain.policy import PRICE_AND_HOLD, PRIORITY_FIRST, Policy
from assigner.domain.preference import OVER_TIME, Index, Points
from assigner.domain.roster import Roster
from assigner.domain.snapshot import Snapshot
from assigner.domain.task import Task
from solver.problem import Problem
from solver.reduce import drop_arcs

PREFERRED = log(4)
"""What it adds that the task prefers the agent: as much as 50 steps of priority."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """The h (group, agent) pairs that are held back, sorted."""

    group: Index
    agent: Index
    by: Ints
    """[h]: who would finish it sooner, a position among the names of what was foreseen."""
    begins_in: Floats
    """[h]: hours until they are expected to begin it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OverTime:
    """The problem of a snapshot by a rule over time, in `groups`; pairs that are held back are not in it.

    `parts` has those of each task by name, [n] each.
    """

    problem: Problem
    groups: Sequence[Group]
    parts: Mapping[str, Points]
    held: Held
    foreseen: Foreseen

    def terms(self, task: Index, agent: Index) -> dict[str, Points]:
        """The terms of each pair (task[i], agent[i]), in the order of TERMS; their sum is its value."""
        points = {name: part[task] for name, part in self.parts.items()}
        points["right_agent"] = self.problem.value(task, agent) - self.problem.urgency[task]
        return {name: points[name] for name in OVER_TIME}

    def held_back(self, group: int, eligible: int, roster: Roster) -> HeldBack:
        """From whom a group's tasks are held back, of those who are eligible, and for whom."""
        mine = range(*np.searchsorted(self.held.group, [group, group + 1]).tolist())
        found = [i for i in mine if eligible >> int(self.held.agent[i]) & 1]
        if not found:
            return NOT_HELD
        first = min(found, key=lambda i: self.held.begins_in[i])
        at = roster.now + round(float(self.held.begins_in[first]) * HOUR_MS)
        return HeldBack(
            agents=roster.mask(self.held.agent[found].tolist()),
            held_for=HeldFor(self.foreseen.names[self.held.by[first]], at),
        )


def over_time(
    snapshot: Snapshot, roster: Roster, policy: Policy, most_arcs: int, foreseen: Foreseen | None = None
) -> OverTime:
    """The problem of a snapshot by a rule over time; `foreseen` where somebody looks ahead already. Raises
    TooManyArcs.
    """
    groups: Sequence[Group] = group(snapshot.tasks, roster, over_time=True)
    refuse_too_many(groups, most_arcs)
    foreseen = foreseen or foresee(snapshot, groups, roster, policy, most_arcs)
    groups, arcs = _split(snapshot, groups, roster, foreseen, _rated_arcs(groups, roster, foreseen, policy))
    facts = TaskFacts.of(snapshot.tasks, policy)
    parts = parts_of(facts, _priced(foreseen), snapshot.now, policy.weights)
    problem = Problem(
        group=group_of(groups, len(snapshot.tasks)),
        urgency=np.sum([*parts.values()], axis=0),
        arc_group=arcs.group,
        arc_agent=arcs.agent,
        arc_fit=_fit(groups, arcs, policy, facts.largest),
        arc_size=np.array([one.task.requirement.size for one in groups], np.int32)[arcs.group],
        capacity=np.array([agent.capacity_left for agent in roster.agents], np.int64),
        **_named(snapshot, groups, roster, facts, policy),
    )
    return OverTime(
        problem=drop_arcs(problem, arcs.by >= 0),
        groups=groups,
        parts=parts,
        held=_held(arcs),
        foreseen=foreseen,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Arcs:
    """The eligible (group, agent) pairs, sorted: the part of each, for whom it is held back (-1: nobody)."""

    group: Index
    agent: Index
    part: Floats
    by: Ints
    begins_in: Floats


def _held(arcs: _Arcs) -> Held:
    back = arcs.by >= 0
    return Held(
        group=arcs.group[back],
        agent=arcs.agent[back],
        by=arcs.by[back],
        begins_in=arcs.begins_in[back],
    )


def _rated_arcs(groups: Sequence[Group], roster: Roster, foreseen: Foreseen, policy: Policy) -> _Arcs:
    """The arcs of the groups by what the rule says of their types; only PRICE_AND_HOLD holds back."""
    rated = foreseen.rated
    group, agent = arcs_of(groups, len(roster.agents))
    type_of = foreseen.type_of[np.array([one.members[0] for one in groups], np.int64)]
    type, column = type_of[group], foreseen.column_of[agent]
    known = (type >= 0) & (column >= 0)
    part, by, begins_in = np.full(group.size, -np.inf), np.full(group.size, -1), np.zeros(group.size)
    for to, table in ((part, rated.pair), (by, rated.held_for), (begins_in, rated.expected_in)):
        to[known] = table[type[known], column[known]]
    holds = np.array([rule_of(one.task, policy) == PRICE_AND_HOLD for one in groups], bool)
    by = np.where(holds[group], by, -1)
    return _Arcs(group=group, agent=agent, part=part, by=by, begins_in=begins_in)


def _split(
    snapshot: Snapshot, groups: Sequence[Group], roster: Roster, foreseen: Foreseen, arcs: _Arcs
) -> tuple[Sequence[Group], _Arcs]:
    """Tasks that are not held back from whom the others of their group are: from agents whom they prefer, and
    where they bar the one who would be waited for. They make groups of their own.
    """
    made: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    back = np.flatnonzero(arcs.by >= 0)
    for number, mine in _by_group(arcs.group[back], back):
        for position in groups[number].members:
            task = snapshot.tasks[position]
            if task.preferred_agents or task.bars_agents:
                free = _let_go(task, snapshot.now, mine, arcs, roster, foreseen)
                if free:
                    made.setdefault((number, free), []).append(position)
    if not made:
        return groups, arcs
    return _regrouped(groups, made), _extended(arcs, len(groups), list(made))


def _by_group(group: Index, arc: Ints) -> list[tuple[int, list[int]]]:
    """The arcs of each group; both arrays are sorted."""
    numbers, first = np.unique(group, return_index=True)
    parts = np.split(arc, first)[1:]
    return [(number, mine.tolist()) for number, mine in zip(numbers.tolist(), parts, strict=True)]


def _let_go(
    task: Task, now: int, mine: Sequence[int], arcs: _Arcs, roster: Roster, foreseen: Foreseen
) -> tuple[int, ...]:
    """Of the arcs that are held back, those that are not for this task."""
    barred = {*task.excluded_agents, *(agent for agent, until in task.cooling_down if now < until)}
    preferred = roster.named(task.preferred_agents)
    return tuple(
        arc for arc in mine if preferred >> int(arcs.agent[arc]) & 1 or foreseen.names[arcs.by[arc]] in barred
    )


def _regrouped(
    groups: Sequence[Group], made: Mapping[tuple[int, tuple[int, ...]], list[int]]
) -> Sequence[Group]:
    left = {position for members in made.values() for position in members}
    split = {number for number, _ in made}
    kept = [
        replace(one, members=[i for i in one.members if i not in left]) if number in split else one
        for number, one in enumerate(groups)
    ]
    return [*kept, *(replace(groups[number], members=members) for (number, _), members in made.items())]


def _extended(arcs: _Arcs, count: int, made: Sequence[tuple[int, tuple[int, ...]]]) -> _Arcs:
    """The arcs with those of the groups that were made, less what holds them back there."""
    start = np.searchsorted(arcs.group, np.arange(count + 1))
    rows = [np.arange(start[number], start[number + 1]) for number, _ in made]
    every = np.concatenate((np.arange(arcs.group.size), *rows))
    sizes = [row.size for row in rows]
    new = np.repeat(np.arange(count, count + len(made), dtype=np.int32), sizes)
    freed = [np.isin(row, free) for row, (_, free) in zip(rows, made, strict=True)]
    by = np.where(np.concatenate((np.zeros(arcs.group.size, bool), *freed)), -1, arcs.by[every])
    return _Arcs(
        group=np.concatenate((arcs.group, new)),
        agent=arcs.agent[every],
        part=arcs.part[every],
        by=by,
        begins_in=arcs.begins_in[every],
    )


def _priced(foreseen: Foreseen) -> Priced:
    """What was foreseen of each task."""
    rated = foreseen.rated
    return Priced.of(rated.price, rated.left, foreseen.fastest, foreseen.limit, foreseen.type_of)


def _fit(groups: Sequence[Group], arcs: _Arcs, policy: Policy, largest: int) -> Points:
    """The part of each arc's pairs, and ZERO."""
    size = np.array([one.task.requirement.size for one in groups], np.int64)
    first = np.array([rule_of(one.task, policy) == PRIORITY_FIRST for one in groups], np.bool_)
    return pair_points(arcs.part, size[arcs.group], largest, first[arcs.group], policy.weights)


def _named(
    snapshot: Snapshot, groups: Sequence[Group], roster: Roster, facts: TaskFacts, policy: Policy
) -> dict[str, Any]:
    """The pairs that a task prefers, and what that adds, and those that it bars."""
    preferred, refused = named_pairs(snapshot, groups, roster)
    bonus_task, bonus_agent = columns(preferred)
    barred_task, barred_agent = columns(refused)
    weight = policy.weights.get("right_agent", 1) * np.where(facts.first, FAINT, 1.0)
    bonus = points(PREFERRED * weight * facts.size / facts.largest)
    return {
        "bonus_task": bonus_task,
        "bonus_agent": bonus_agent,
        "bonus": bonus[bonus_task],
        "barred_task": barred_task,
        "barred_agent": barred_agent,
    }
