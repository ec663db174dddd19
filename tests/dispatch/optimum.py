"""What the best assignment of a snapshot is worth, and whether a cycle's candidates have it."""

from __future__ import annotations

from collections.abc import Mapping

from assigner.clock import ManualClock
from assigner.dispatch.candidates import candidates, everything
from assigner.dispatch.decide import Effort, decide
from assigner.dispatch.mirror import Mirror
from assigner.domain.policy import Policy
from assigner.domain.snapshot import Snapshot
from solver.solution import Status
from tests.dispatch.living import LONGEST_S


def objective(snapshot: Snapshot, weights: Mapping[str, float]) -> int:
    """What the best assignment is worth, judged. A search that does not end fails its test instead."""
    effort = Effort(most_arcs=10**6, time_limit_s=LONGEST_S)
    found = decide(snapshot, Policy(weights=weights), effort, clock=ManualClock(), verify=True)
    assert found.solution.status is Status.OPTIMAL
    return found.solution.objective


def looked_at(mirror: Mirror, now: int, weights: Mapping[str, float]) -> Snapshot:
    """The candidates, which have the optimum of everything."""
    few = candidates(mirror, now, Policy(weights=weights)).snapshot
    assert objective(few, weights) == objective(everything(mirror, now), weights)
    return few
