"""Learning how long everybody takes at the bare desk, as the service does."""

from __future__ import annotations

from collections.abc import Sequence

from assigner.domain.handling import Handling
from assigner.simulation.moment import Task
from assigner.simulation.world import NEVER, World

HOUR_MS = 3_600_000
Table = Sequence[Sequence[float]]

FEW_PAIRS = 2_000
"""Of so many types and agents what is expected is told anew at each task done: early news is worth much."""
GROWN = 1.005
"""Of more it is when so many times as much has been observed, for telling takes long."""


class Learning:
    """What has been learned of a world in one run."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._handling = Handling()
        self._seen = 0
        self._told = 0
        self._few = len(world.types) * len(world.agents) <= FEW_PAIRS

    def learn(self, task: Task) -> bool:
        """Take in a task that was done; whether it is time to tell what is expected now."""
        ms = max(1, round((task.ended - task.begun) * HOUR_MS))
        self._handling.observe(self._world.types[task.type], self._world.agents[task.agent], ms)
        self._seen += 1
        if not self._few and self._seen <= self._told * GROWN:
            return False
        self._told = self._seen
        return True

    def table(self) -> tuple[Table, Table]:
        """[type][agent]: hours expected, `inf` who may not; and the doubt of each."""
        means, doubts = self._handling.table(self._world.types, self._world.agents)
        hours = [
            [ms / HOUR_MS if takes < NEVER else NEVER for ms, takes in zip(*rows, strict=True)]
            for rows in zip(means, self._world.takes, strict=True)
        ]
        return hours, doubts
