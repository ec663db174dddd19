"""Decide: who takes what. The one path for a snapshot from anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from assigner.clock import Clock
from assigner.dispatch.foresee import Foreseen
from assigner.dispatch.over_time import OverTime, over_time
from assigner.dispatch.translate import Model, translate
from assigner.domain.errors import TooManyPairs
from assigner.domain.group import Group
from assigner.domain.policy import SNAPSHOT, Policy
from assigner.domain.preference import Points
from assigner.domain.roster import Roster
from assigner.domain.snapshot import Snapshot
from solver.check import check
from solver.solution import Solution
from solver.solve import solve
from solver.stop import Stop

RULE = attrgetter("rule")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decision:
    """Who takes what, with all that it takes to say why.

    Tasks and agents are positions in `snapshot`. `solution.agent` (n_tasks,) is the agent of each
    task, -1 where it waits; `model.problem.group` (n_tasks,) its group in `groups`. `solve_s` is how
    long the solver took, in seconds.
    """

    snapshot: Snapshot
    roster: Roster
    model: Model | OverTime
    solution: Solution
    solve_s: float

    @property
    def groups(self) -> Sequence[Group]:
        """The groups of like tasks."""
        return self.model.groups

    @property
    def prices(self) -> Mapping[str, float] | None:
        """By a rule over time, what an hour of each agent at work is worth to the others' work; else None."""
        return self.model.foreseen.prices if isinstance(self.model, OverTime) else None

    def assigned(self) -> NDArray[np.int32]:
        """The positions of the tasks that got an agent, ascending."""
        return np.flatnonzero(self.solution.agent >= 0).astype(np.int32)

    def waiting(self) -> NDArray[np.int32]:
        """The positions of the tasks that wait, ascending."""
        return np.flatnonzero(self.solution.agent < 0).astype(np.int32)

    def terms(self) -> dict[str, Points]:
        """The terms of each assigned pair, in the order of `assigned`."""
        tasks = self.assigned()
        return self.model.terms(tasks, self.solution.agent[tasks])


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What a decision may cost: eligible (group, agent) arcs, eligible pairs, the solver's seconds.

    None is no bound; a solver without one goes on until its answer is proven, which can be very long.
    """

    most_arcs: int
    most_pairs: int | None = None
    time_limit_s: float | None


def decide(
    snapshot: Snapshot,
    policy: Policy,
    effort: Effort,
    *,
    clock: Clock,
    seed: int = 0,
    verify: bool = False,
    foreseen: Foreseen | None = None,
) -> Decision:
    """The best assignment of a snapshot's tasks. Raises TooManyArcs, TooManyPairs; with `verify`, CheckError
    when the solver's answer does not hold. `clock` times the solver. `foreseen`: for a rule over time, where
    somebody looks ahead already; None: the snapshot and the policy say all there is to know.
    """
    roster = Roster(snapshot.agents, snapshot.now)
    model = _model(snapshot, roster, policy, effort.most_arcs, foreseen)
    if effort.most_pairs is not None:
        _refuse_too_many_pairs(model, effort.most_pairs)
    began = clock.monotonic_s()
    solution = solve(model.problem, Stop(seconds=effort.time_limit_s), seed)
    solve_s = clock.monotonic_s() - began
    if verify:
        check(model.problem, solution)
    return Decision(snapshot=snapshot, roster=roster, model=model, solution=solution, solve_s=solve_s)


def _model(
    snapshot: Snapshot, roster: Roster, policy: Policy, most_arcs: int, foreseen: Foreseen | None
) -> Model | OverTime:
    """The problem by the rules of the tasks: that of the snapshot is for those alone who all have it."""
    own = set(map(RULE, snapshot.tasks)) or {None}
    if {rule or policy.rule for rule in own} == {SNAPSHOT}:
        return translate(snapshot, roster, policy.weights, most_arcs)
    return over_time(snapshot, roster, policy, most_arcs, foreseen)


def pairs(decision: Decision) -> list[tuple[str, str, int]]:
    """(task id, agent id, value) of every eligible pair, sorted by the ids."""
    return sorted(pair for number in range(len(decision.groups)) for pair in _group_pairs(decision, number))


def _refuse_too_many_pairs(model: Model | OverTime, most: int) -> None:
    problem = model.problem
    members = np.bincount(problem.group, minlength=problem.n_groups)
    count = int(members[problem.arc_group].sum()) - problem.barred_task.size
    if count > most:
        raise TooManyPairs(
            f"The answer would list {count:,} eligible pairs, above the bound of {most:,}: "
            "ask with explain 'reasons', or send fewer tasks."
        )


def _group_pairs(decision: Decision, number: int) -> list[tuple[str, str, int]]:
    problem, snapshot = decision.model.problem, decision.snapshot
    agents = problem.arc_agent[slice(*problem.group_start[number : number + 2])]
    members = np.array(decision.groups[number].members, np.int32)
    task, agent = np.repeat(members, agents.size), np.tile(agents, members.size)
    allowed = ~problem.barred(task, agent)
    task, agent = task[allowed], agent[allowed]
    values = problem.value(task, agent)
    return [
        (snapshot.tasks[t].id, snapshot.agents[a].id, value)
        for t, a, value in zip(task.tolist(), agent.tolist(), values.tolist(), strict=True)
    ]
