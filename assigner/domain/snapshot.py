"""A snapshot: tasks and agents, frozen at one instant, for one decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assigner.domain.agent import Agent
from assigner.domain.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The world at `now`. Ids are unique, and the order is the tie order: see `freeze`."""

    now: int
    tasks: tuple[Task, ...]
    agents: tuple[Agent, ...]

    @staticmethod
    def freeze(now: int, tasks: Iterable[Task], agents: Iterable[Agent]) -> Snapshot:
        """A snapshot in tie order: of equal worth the older task goes first, then the smaller id."""
        return Snapshot(
            now=now,
            tasks=tuple(sorted(tasks, key=lambda task: (task.created_at, task.id))),
            agents=tuple(sorted(agents, key=lambda agent: agent.id)),
        )
