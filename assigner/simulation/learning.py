"""Learning how long everybody takes at the bare desk, as the service does."""

from __future__ import annotations

from collections.abc import Sequence

from assigner.domain.handling import Handling
from assigner.simulation.moment import Task
from assigner.simulation.world import NEVER, World

HOUR_MS = 3_600_000
Table = Sequence[Sequence[float]]

GROWN = 1.005
"""What is expected is told anew when so many times as much has been observed: at each task done at first,
then less often, for telling takes long.
"""


class Learning:
    """What has been learned of a world in one run."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._handling = Handling()
        self._seen = 0
        self._told = 0

    def learn(self, task: Task) -> bool:
        """Take in a task that was done; whether it is time to tell what is expected now."""
        ms = max(1, round((task.ended - task.begun) * HOUR_MS))
        self._handling.observe(self._world.types[task.type], self._world.agents[task.agent], ms)
        self._seen += 1
        if self._seen <= self._told * GROWN:
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
