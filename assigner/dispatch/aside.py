"""Deciding aside: large snapshots are decided in another process, so that the event loop goes on.

A thread would not help: the solver holds the interpreter's lock for the whole solve, and so does Python.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import get_context
from typing import Any, TypeVar

from assigner.clock import Clock, SystemClock
from assigner.dispatch.ahead.crew import Floats
from assigner.dispatch.ahead.handled import narrowed
from assigner.dispatch.ahead.prices import Load, settled
from assigner.dispatch.ahead.sight import Seen
from assigner.dispatch.plan import Plan, make_plan
from assigner.domain.agent import Agent
from assigner.domain.policy import Policy
from assigner.domain.snapshot import Snapshot

LARGE = 60_000
"""Work above which a snapshot is sent to the other process: about 30 ms. Where the service is busy the way
there and back takes longer.
"""
SETTLED_HERE = 20_000
"""So many (type, agent) pairs are priced here: a few milliseconds."""
SLICE = 5_000
"""After so many expectations the event loop goes round: they take some milliseconds."""
T = TypeVar("T")


class Decider:
    """Decides small snapshots here, large ones in a process of its own, which starts when first needed."""

    def __init__(
        self,
        policy: Policy,
        clock: Clock,
        *,
        most_arcs: int = 5_000_000,
        time_limit_s: float | None = 5.0,
        large: int = LARGE,
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._most_arcs = most_arcs
        self._time_limit_s = time_limit_s
        self._large = large
        self._aside: ProcessPoolExecutor | None = None

    async def __call__(self, snapshot: Snapshot, seen: Seen | None = None) -> Plan:
        """The plan for a snapshot. Raises BrokenProcessPool when the other process died: the next is new."""
        if work_of(snapshot) <= self._large:
            return make_plan(snapshot, self._policy, self._clock, self._most_arcs, self._time_limit_s, seen)
        told = await _told(snapshot)
        asked = (told, self._policy, SystemClock(), self._most_arcs, self._time_limit_s, seen)
        return await self._elsewhere(make_plan, *asked)

    async def settle(self, load: Load) -> Floats:
        """The logs of the prices after a tick. Raises BrokenProcessPool."""
        if load.hours.size <= SETTLED_HERE:
            return settled(load)
        return await self._elsewhere(settled, load)

    async def _elsewhere(self, work: Callable[..., T], *asked: Any) -> T:
        if self._aside is None:
            self._aside = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        try:
            return await asyncio.get_running_loop().run_in_executor(self._aside, work, *asked)
        except BrokenProcessPool:
            self.close()
            raise

    def close(self) -> None:
        """End the other process, at once."""
        if self._aside is not None:
            self._aside.shutdown(wait=False, cancel_futures=True)
            self._aside = None


def work_of(snapshot: Snapshot) -> int:
    """How much work a decision is, in pairs of a task and an agent: a task by itself is as much as 40 pairs,
    an agent as 10.
    """
    return (len(snapshot.tasks) + 10) * (len(snapshot.agents) + 40)


async def _told(snapshot: Snapshot) -> Snapshot:
    """A snapshot for another process: of times that are learned, only those that its tasks may take. There
    is one of each agent for every category, and all would be asked for to be sent.
    """
    asked = {task.requirement.category for task in snapshot.tasks}
    categories = [category for category in asked if category is not None]
    agents: list[Agent] = []
    step = max(1, SLICE // max(1, len(categories)))
    for start in range(0, len(snapshot.agents), step):
        agents += (narrowed(agent, categories) for agent in snapshot.agents[start : start + step])
        await asyncio.sleep(0)
    return replace(snapshot, agents=tuple(agents))
