"""From groups and agents to the solver's numbers. Positions stay: task i of the problem is task i here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from assigner.domain.eligibility import barred
from assigner.domain.errors import TooManyArcs
from assigner.domain.group import Group, group
from assigner.domain.held import NOT_HELD, HeldBack
from assigner.domain.preference import (
    PAIR_TERMS,
    PREFERRED_AGENT_POINTS,
    Facts,
    Index,
    Points,
    urgency,
    weigh,
    weighed_urgency,
)
from assigner.domain.roster import Roster
from assigner.domain.snapshot import Snapshot
from solver.problem import Problem

CHUNK_BITS = 2**26
NAMED = attrgetter("preferred_agents", "excluded_agents", "cooling_down")
NOBODY: tuple[object, ...] = ((), (), ())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """A problem of groups, and what it takes to say what a pair's value is made of.

    `preferred` has the (task, agent) pairs in which the task prefers the agent.
    """

    problem: Problem
    groups: Sequence[Group]
    facts: Facts
    weights: Mapping[str, float]
    preferred: frozenset[tuple[int, int]]

    def terms(self, task: Index, agent: Index) -> dict[str, Points]:
        """The terms of each pair (task[i], agent[i]), in the order of TERMS; their sum is its value."""
        group = self.problem.group[task]
        points = {"urgency": self.problem.urgency[task]}
        for name, term in PAIR_TERMS.items():
            points[name] = weigh(self.weights, name, term(self.facts, group, agent))
        extra = [pair in self.preferred for pair in zip(task.tolist(), agent.tolist(), strict=True)]
        points["fit"] = points["fit"] + np.array(extra, np.int64) * _preferred_points(self.weights)
        return points

    def held_back(self, group: int, eligible: int, roster: Roster) -> HeldBack:
        """Nothing: the rule of the snapshot waits for nobody."""
        return NOT_HELD


def translate(snapshot: Snapshot, roster: Roster, weights: Mapping[str, float], most_arcs: int) -> Model:
    """The problem of a snapshot. Raises TooManyArcs."""
    groups = group(snapshot.tasks, roster)
    refuse_too_many(groups, most_arcs)
    arc_group, arc_agent = arcs_of(groups, len(roster.agents))
    facts = Facts(groups, roster)
    fit = sum(weigh(weights, name, term(facts, arc_group, arc_agent)) for name, term in PAIR_TERMS.items())
    sizes = np.array([group.task.requirement.size for group in groups], np.int32)
    preferred, refused = named_pairs(snapshot, groups, roster)
    bonus_task, bonus_agent = columns(preferred)
    barred_task, barred_agent = columns(refused)
    problem = Problem(
        group=group_of(groups, len(snapshot.tasks)),
        urgency=weighed_urgency(weights, urgency(snapshot.tasks, snapshot.now)),
        arc_group=arc_group,
        arc_agent=arc_agent,
        arc_fit=np.asarray(fit, np.int64),
        arc_size=sizes[arc_group],
        capacity=np.array([agent.capacity_left for agent in roster.agents], np.int64),
        bonus_task=bonus_task,
        bonus_agent=bonus_agent,
        bonus=np.full(len(preferred), _preferred_points(weights), np.int64),
        barred_task=barred_task,
        barred_agent=barred_agent,
    )
    return Model(problem=problem, groups=groups, facts=facts, weights=weights, preferred=frozenset(preferred))


def group_of(groups: Sequence[Group], tasks: int) -> Index:
    """[tasks]: the number of each task's group."""
    numbers = np.zeros(tasks, np.int32)
    for number, one in enumerate(groups):
        numbers[one.members] = number
    return numbers


def refuse_too_many(groups: Sequence[Group], most: int) -> None:
    """Raise TooManyArcs when the groups have more eligible agents in all than that."""
    arcs = sum(group.verdict.eligible.bit_count() for group in groups)
    if arcs > most:
        raise TooManyArcs(
            f"{len(groups):,} groups of like tasks have {arcs:,} eligible agents in all, above the bound of "
            f"{most:,}: send fewer tasks or agents in one call, or tasks that differ less."
        )


def arcs_of(groups: Sequence[Group], agents: int) -> tuple[Index, Index]:
    """The eligible (group, agent) pairs, sorted, unpacked from the groups' masks."""
    parts = [_unpack(groups[i:j], i, agents) for i, j in _chunks(len(groups), agents)]
    arc_group = np.concatenate([group for group, _ in parts] or [np.zeros(0, np.int32)])
    arc_agent = np.concatenate([agent for _, agent in parts] or [np.zeros(0, np.int32)])
    return arc_group, arc_agent


def _chunks(groups: int, agents: int) -> Iterator[tuple[int, int]]:
    """Runs of groups whose masks unpack into a bounded number of bytes."""
    step = max(1, CHUNK_BITS // max(1, agents))
    return ((first, first + step) for first in range(0, groups, step))


def _unpack(groups: Sequence[Group], first: int, agents: int) -> tuple[Index, Index]:
    group, agent = np.nonzero(unpacked([group.verdict.eligible for group in groups], agents))
    return (group + first).astype(np.int32), agent.astype(np.int32)


def unpacked(masks: Sequence[int], agents: int) -> NDArray[np.bool_]:
    """[masks, agents]: which agents are in which mask."""
    width = (agents + 7) // 8
    packed = b"".join(mask.to_bytes(width, "little") for mask in masks)
    rows = np.frombuffer(packed, np.uint8).reshape(len(masks), width)
    return np.unpackbits(rows, axis=1, bitorder="little", count=agents).view(np.bool_)


Pairs = list[tuple[int, int]]


def named_pairs(snapshot: Snapshot, groups: Sequence[Group], roster: Roster) -> tuple[Pairs, Pairs]:
    """The (task, agent) pairs, among their groups' arcs, of preferred agents and of barred ones."""
    preferred: Pairs = []
    refused: Pairs = []
    naming = naming_tasks(snapshot)
    group = group_of(groups, len(snapshot.tasks))[naming].tolist() if naming else []
    for position, number in zip(naming, group, strict=True):
        task, eligible = snapshot.tasks[position], groups[number].verdict.eligible
        refuses = eligible & barred(task, roster) if eligible else 0
        prefers = eligible & ~refuses & roster.named(task.preferred_agents)
        refused += ((position, agent) for agent in roster.positions(refuses))
        preferred += ((position, agent) for agent in roster.positions(prefers))
    return preferred, refused


def naming_tasks(snapshot: Snapshot) -> list[int]:
    """The positions of the tasks that prefer, exclude or cool down agents by name."""
    return [i for i, named in enumerate(map(NAMED, snapshot.tasks)) if named != NOBODY]


def columns(pairs: Pairs) -> tuple[Index, Index]:
    """The tasks, and the agents, of pairs."""
    table: NDArray[np.int32] = np.array(pairs, np.int32).reshape(-1, 2)
    return table[:, 0].copy(), table[:, 1].copy()


def _preferred_points(weights: Mapping[str, float]) -> int:
    return int(weigh(weights, "fit", np.array(PREFERRED_AGENT_POINTS, np.int64)))
