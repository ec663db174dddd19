"""kill -9 of whoever dispatches while work is completed: each completion is learned from once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from assigner.domain.handling import pair_of
from assigner.store.base import Enqueue, OnTask, PutAgent
from assigner.store.redis import RedisStore
from tests.faults.scene import SEED, lived, rounds
from tests.faults.world import Process, until, world_of

AGENTS, CATEGORIES = ("ana", "bob", "eva"), ("fraud", "orders", *(f"c{number}" for number in range(40)))
"""So many that no pair comes to where older times begin to be forgotten."""
MOST_PAUSE_S = 1.5
"""Beyond how long a dispatcher lets what it has learned wait, and a lease."""
Pair = tuple[str, str]


class Work:
    """Tasks that are made, taken and completed as fast as the store does it; how many of a pair."""

    def __init__(self, store: RedisStore, chance: Random) -> None:
        self.store = store
        self.chance = chance
        self.done: Counter[Pair] = Counter()
        self.number = 0

    def said(self) -> dict[str, Any]:
        self.number += 1
        return {"op": f"work-{self.number}", "actor": "work", "now": 2_000_000}

    async def hire(self) -> None:
        for agent in AGENTS:
            await self.store.put_agent(
                [PutAgent(**self.said(), agent=agent, doc={"capacity": 90}, capacity=90)]
            )

    async def go_on(self, stop: asyncio.Event) -> None:
        """A task after the other, until told to stop."""
        while not stop.is_set():
            await self.one(self.chance.choice(CATEGORIES), self.chance.choice(AGENTS))

    async def one(self, category: str, agent: str) -> None:
        said = self.said()
        task, doc = said["op"], {"category": category}
        await self.store.enqueue(
            [Enqueue(**said, task=task, doc=doc, queue="q", size=1, created_at=said["now"])]
        )
        for verb, ms in (("assign", 0), ("complete", self.chance.randint(1, 10**6))):
            command = {**self.said(), "now": said["now"] + ms}
            [outcome] = await self.store.do(
                verb, [OnTask(**command, task=task, facts={"agent": agent, "force": True})]
            )
            assert outcome.refused is None, outcome
        self.done[category, agent] += 1

    async def learned(self) -> Counter[Pair]:
        rows = (await self.store.learned("handling")).fields["handling"]
        return Counter({pair_of(name): round(row[0]) for name, row in rows.items()})


@lived
async def test_kill_9_of_whoever_leads_loses_no_completion_and_counts_none_twice() -> None:
    """Two dispatchers; whichever leads is killed at a random moment while work goes on, and started again."""
    async with world_of() as world:
        world.server()
        await world.answers()
        dispatchers = [world.service("dispatcher", name) for name in ("one", "two")]
        for dispatcher in dispatchers:
            await dispatcher.ready()
        async with world.store() as store:
            work = Work(store, Random(SEED))
            await work.hire()
            for chance in rounds("kill -9 of whoever leads", short=3):
                await kill_at_work(dispatchers, work, chance)
            await until(lambda: _same(work), f"all is learned: {work.done}")
            await (await leader(dispatchers)).get("/livez")
            before = await work.learned()
            await work.one("fraud", "ana")
            await until(lambda: _same(work), "one more is one more")
            assert await work.learned() == before + Counter({("fraud", "ana"): 1})


async def kill_at_work(dispatchers: Sequence[Process], work: Work, chance: Random) -> None:
    """Kill whoever leads, at some moment of the work; the work goes on while the other takes over."""
    stop, victim = asyncio.Event(), await leader(dispatchers)
    going = asyncio.create_task(work.go_on(stop))
    await asyncio.wait({going}, timeout=chance.random() * MOST_PAUSE_S)
    victim.kill()
    await victim.gone()
    victim.start()
    await leader(dispatchers)
    await asyncio.wait({going}, timeout=chance.random() * MOST_PAUSE_S)
    stop.set()
    await going


async def leader(dispatchers: Sequence[Process]) -> Process:
    """The dispatcher that leads, as soon as one does."""
    found: list[Process] = []

    async def some() -> bool:
        found[:] = [one for one in dispatchers if await one.leads()]
        return bool(found)

    await until(some, "somebody leads")
    return found[0]


async def _same(work: Work) -> bool:
    return await work.learned() == work.done
