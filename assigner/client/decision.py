"""The answer to a snapshot, as the service says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assigner.client.record import Record
from assigner.client.records import HeldFor, Unblock


class Assignment(Record):
    """A task and its agent, and what the pair is worth, term by term."""

    task: str
    agent: str
    value: int
    terms: Mapping[str, int]
    expected_handle_s: float


class Unassigned(Record):
    """A task without an agent: why, how many agents each rule refuses, and what would unblock it; whom it
    waits for where it is held back.
    """

    task: str
    reason: str
    detail: str | None
    refusals: Mapping[str, int]
    unblock: Unblock | None
    held_for: HeldFor | None


class Solution(Record):
    """How good a decision is: `status` optimal, feasible or fallback; `gap` how much more there could be."""

    status: str
    objective: int
    bound: int
    gap: float
    method: str
    solve_s: float
    seed: int


class Pair(Record):
    """A task, an agent who may take it, and what the pair is worth."""

    task: str
    agent: str
    value: int


class Decision(Record):
    """What was decided on a snapshot; by a rule over time, with the prices of agents' time."""

    assignments: Sequence[Assignment]
    unassigned: Sequence[Unassigned]
    solution: Solution
    pairs: Sequence[Pair]
    prices: Mapping[str, float]
