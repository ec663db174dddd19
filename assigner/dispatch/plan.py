"""From a snapshot to a plan: what decide chose, in what can be sent between processes and remembered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from assigner.clock import Clock
from assigner.dispatch.ahead.sight import Seen
from assigner.dispatch.decide import Decision, Effort, decide
from assigner.dispatch.parts import TaskFacts, parts_of
from assigner.domain.errors import TooManyArcs
from assigner.domain.policy import Policy
from assigner.domain.preference import Index, urgency
from assigner.domain.snapshot import Snapshot

MOST_RUNNERS_UP = 3
MOST_PAIRS_COMPARED = 200_000
"""Above so many eligible pairs of the tasks chosen, nobody is named who was next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An agent for a task: what the pair is worth, of which terms, and how long they are expected to take."""

    task: str
    agent: str
    value: int
    terms: Mapping[str, int]
    expected_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was chosen, who was next for each task, and how good it is.

    `deferred`: how many tasks were left for the next cycle because the whole was too large for one.
    """

    choices: Sequence[Choice]
    runners_up: Mapping[str, Sequence[Choice]]
    status: str
    method: str
    gap: float
    arcs: int
    solve_s: float
    deferred: int = 0


def make_plan(
    snapshot: Snapshot,
    policy: Policy,
    clock: Clock,
    most_arcs: int,
    time_limit_s: float | None,
    seen: Seen | None = None,
) -> Plan:
    """The best plan for a snapshot; where it has too many arcs, for the half of its tasks that go first."""
    try:
        effort = Effort(most_arcs=most_arcs, time_limit_s=time_limit_s)
        foreseen = seen.of(snapshot) if seen else None
        decision = decide(snapshot, policy, effort, clock=clock, foreseen=foreseen)
    except TooManyArcs:
        if len(snapshot.tasks) < 2:
            raise
        half = _first_half(snapshot, policy, seen)
        plan = make_plan(half, policy, clock, most_arcs, time_limit_s, seen)
        return replace(plan, deferred=plan.deferred + len(snapshot.tasks) - len(half.tasks))
    return Plan(
        choices=_choices(decision),
        runners_up=_runners_up(decision),
        status=decision.solution.status,
        method=decision.solution.method,
        gap=decision.solution.gap,
        arcs=int(decision.model.problem.arc_agent.size),
        solve_s=decision.solve_s,
    )


def _first_half(snapshot: Snapshot, policy: Policy, seen: Seen | None) -> Snapshot:
    """The half worth most of itself, by the rule that `seen` is of; without, the more urgent half."""
    if seen is None:
        worth = urgency(snapshot.tasks, snapshot.now)
    else:
        facts, priced = TaskFacts.of(snapshot.tasks, policy), seen.priced(seen.of(snapshot).type_of)
        worth = np.sum([*parts_of(facts, priced, snapshot.now, policy.weights).values()], axis=0)
    first = np.argsort(-worth, kind="stable")[: len(snapshot.tasks) // 2]
    return replace(snapshot, tasks=tuple(snapshot.tasks[i] for i in np.sort(first).tolist()))


def _choices(decision: Decision) -> list[Choice]:
    tasks = decision.assigned()
    return list(_pairs(decision, tasks, decision.solution.agent[tasks]))


def _pairs(decision: Decision, tasks: Index, agents: Index) -> Iterator[Choice]:
    snapshot = decision.snapshot
    terms = {name: points.tolist() for name, points in decision.model.terms(tasks, agents).items()}
    for i, (task, agent) in enumerate(zip(tasks.tolist(), agents.tolist(), strict=True)):
        own, to = {name: points[i] for name, points in terms.items()}, snapshot.agents[agent]
        yield Choice(
            task=snapshot.tasks[task].id,
            agent=to.id,
            value=sum(own.values()),
            terms=own,
            expected_ms=to.handling_ms(snapshot.tasks[task]),
        )


def _runners_up(decision: Decision) -> dict[str, list[Choice]]:
    """The agents who would have been worth most for each task chosen, besides the one chosen."""
    problem, chosen = decision.model.problem, decision.assigned()
    starts = problem.group_start
    groups = problem.group[chosen]
    if int((starts[groups + 1] - starts[groups]).sum()) > MOST_PAIRS_COMPARED:
        return {}
    task, arc = problem.pairs_of(chosen)
    agent = problem.arc_agent[arc]
    other = (agent != decision.solution.agent[task]) & ~problem.barred(task, agent)
    task, agent = task[other], agent[other]
    best = np.lexsort((agent, -problem.value(task, agent), task))
    task, agent = task[best], agent[best]
    first = np.arange(task.size) - np.searchsorted(task, task) < MOST_RUNNERS_UP
    found: dict[str, list[Choice]] = {}
    for choice in _pairs(decision, task[first].astype(np.int32), agent[first]):
        found.setdefault(choice.task, []).append(choice)
    return found
