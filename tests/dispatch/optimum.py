"""What the best assignment of a snapshot is worth, and whether a cycle's candidates have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from assigner.clock import ManualClock
from assigner.dispatch.ahead.abilities import type_of
from assigner.dispatch.ahead.crew import places
from assigner.dispatch.ahead.sight import Seen, see
from assigner.dispatch.candidates import candidates, everything
from assigner.dispatch.decide import Effort, decide
from assigner.dispatch.mirror import Mirror
from assigner.domain.policy import SNAPSHOT, Policy
from assigner.domain.snapshot import Snapshot
from solver.solution import Status
from tests.dispatch.living import LONGEST_S


def objective(snapshot: Snapshot, weights: Mapping[str, float], seen: Seen | None = None) -> int:
    """What the best assignment is worth, judged. A search that does not end fails its test instead."""
    effort = Effort(most_arcs=10**6, time_limit_s=LONGEST_S)
    policy, foreseen = Policy(weights=weights), seen.of(snapshot) if seen else None
    found = decide(snapshot, policy, effort, clock=ManualClock(), verify=True, foreseen=foreseen)
    assert found.solution.status is Status.OPTIMAL
    return found.solution.objective


def looked_at(mirror: Mirror, now: int, weights: Mapping[str, float]) -> Snapshot:
    """The candidates, which have the optimum of everything."""
    found = candidates(mirror, now, Policy(weights=weights))
    few, all_of_it = found.snapshot, comparable(everything(mirror, now), found.snapshot)
    assert objective(few, weights, found.seen) == objective(all_of_it, weights, overview(mirror, all_of_it))
    return few


def overview(mirror: Mirror, snapshot: Snapshot) -> Seen:
    """What a rule over time says of all tasks and agents of a snapshot."""
    sees = mirror.look_ahead(snapshot.now)
    types = list(dict.fromkeys(map(type_of, snapshot.tasks)))
    everybody = places(sees.crew.place(agent.id) or 0 for agent in snapshot.agents)
    return see(sees, mirror.index, types, everybody, snapshot.now)


def comparable(all_of_it: Snapshot, few: Snapshot) -> Snapshot:
    """Everything, but for what nobody can be given and would let values count otherwise: tasks larger than
    all candidates, and where those are all of the snapshot's rule, tasks of another.
    """
    largest = max((task.requirement.size for task in few.tasks), default=0)
    rules = {task.rule for task in few.tasks}
    tasks = (
        task
        for task in all_of_it.tasks
        if task.requirement.size <= largest and (rules != {SNAPSHOT} or task.rule == SNAPSHOT)
    )
    return replace(all_of_it, tasks=tuple(tasks))
