"""A contact centre in simulated time: its agents answer, work and err; its dispatcher is the real one."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Any

from assigner.clock import Clock
from assigner.dispatch.loop import Pace
from assigner.domain.instant import rfc3339
from assigner.domain.records import Event, OfferRecord
from assigner.store.base import Enqueue, OnOffer, OnTask, Outcome, PutAgent, PutQueue
from assigner.store.memory import MemoryStore
from tests.dispatch.living import HOUR, MINUTE, START, Living

SKILLS = ("billing", "orders", "complaints", "breakdowns", "fraud", "collections", "moves", "contracts")
SECOND = 1_000
SHIFT = 8 * HOUR
DECLINES, IGNORES, ABANDONS = 0.03, 0.01, 0.02
"""Shares of the offers that are declined or not answered, and of accepted tasks given back."""

Act = Callable[[], Awaitable[None]]


@dataclass
class Totals:
    """What came of it; `waits` in milliseconds up to each offer, with the time that earlier ones took."""

    tasks: int = 0
    steps: int = 0
    verbs: dict[str, int] = field(default_factory=dict)
    waits: list[int] = field(default_factory=list)
    most_waiting: int = 0
    refused: dict[str, int] = field(default_factory=dict)


class Watched(MemoryStore):
    """A store whose events of now are at hand."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.fresh: list[Event] = []

    def apply(self, event: Event) -> None:
        super().apply(event)
        self.fresh.append(event)


class Centre:
    """So many agents in three shifts, and as much work as keeps them busy for `load` of their time."""

    def __init__(self, agents: int, hours: float, load: float = 0.8, seed: int = 7) -> None:
        self.live = Living(pace=Pace(tick_ms=10 * SECOND, keep_ended_ms=HOUR))
        self.clock, self.store = self.live.clock, Watched(self.live.clock)
        self.live.store = self.live.dispatcher.store = self.store
        self.end = START + round(hours * HOUR)
        self.totals = Totals()
        self._chance = Random(seed)
        self._agents = agents
        self._gap = 10 * MINUTE * 3 / (agents * load)
        self._due: list[tuple[int, int, Act]] = []
        self._count = 0

    async def run(self) -> Totals:
        """Live through it; every instant at which something happens has its pass."""
        await self._open()
        assert await self.live.dispatcher.take()
        self._at(0, self._arrive)
        while (now := self._next()) <= self.end:
            self.clock.at_ms = max(now, self.clock.now_ms())
            while self._due and self._due[0][0] <= self.clock.now_ms():
                await heappop(self._due)[2]()
            passed = await self.live.dispatcher.step()
            self.totals.steps += 1
            for verb, count in passed.done.items():
                self.totals.verbs[verb] = self.totals.verbs.get(verb, 0) + count
            self._answer_offers()
            self.totals.most_waiting = max(self.totals.most_waiting, self.live.mirror.queued)
        return self.totals

    def _next(self) -> int:
        due = self.live.dispatcher.next_at()
        mine = self._due[0][0] if self._due else self.end + 1
        return mine if due is None else min(mine, due)

    def _at(self, after: float, act: Act) -> None:
        self._count += 1
        heappush(self._due, (self.clock.now_ms() + round(after), self._count, act))

    async def _open(self) -> None:
        for skill in SKILLS:
            doc = {"relaxation": [{"after_s": 1800, "skills": {skill: 1}}], "floor": {skill: 1}}
            await self.store.put_queue([PutQueue(**self.live.said(), queue=skill, doc=doc)])
        for number in range(self._agents):
            await self._hire(f"agent-{number:04}", START + (number % 3) * SHIFT - SHIFT)

    async def _hire(self, id: str, begins: int) -> None:
        """An agent, with a shift a day from the first beginning on."""
        chance = Random(id)
        doc = {
            "skills": {skill: chance.randint(2, 8) for skill in chance.sample(SKILLS, 3)},
            "capacity": chance.choice((1, 1, 2, 3)),
            "shifts": [
                {"from": rfc3339(first), "until": rfc3339(first + SHIFT)}
                for first in range(begins, self.end + 3 * SHIFT, 3 * SHIFT)
            ],
        }
        await self.store.put_agent(
            [PutAgent(**self.live.said(), agent=id, doc=doc, capacity=doc["capacity"])]
        )

    async def _arrive(self) -> None:
        chance = self._chance
        skill = chance.choice(SKILLS)
        doc = {
            "skills": {skill: chance.randint(1, 6)},
            "category": skill,
            "priority": chance.choice((25, 50, 50, 75, 95)),
            "handle_s": chance.choice((300, 600, 900)),
            "due_at": rfc3339(self.clock.now_ms() + chance.randint(1, 8) * HOUR),
        }
        self.totals.tasks += 1
        id, now = f"task-{self.totals.tasks:06}", self.clock.now_ms()
        task = Enqueue(**self.live.said(), task=id, doc=doc, queue=skill, size=1, created_at=now)
        await self.store.enqueue([task])
        daily = 1 + 0.6 * math.sin(2 * math.pi * (now - START) / (24 * HOUR))
        self._at(chance.expovariate(daily / self._gap), self._arrive)

    def _answer_offers(self) -> None:
        events, self.store.fresh = self.store.fresh, []
        for event in events:
            if event.type == "task.offered" and event.offer and event.task:
                self.totals.waits.append(event.at - event.task.queued_at)
                self._answer(event, event.offer)

    def _answer(self, event: Event, offer: OfferRecord) -> None:
        luck = self._chance.random()
        if luck < IGNORES:
            return
        verb = "decline" if luck < IGNORES + DECLINES else "accept"
        self._at(self._chance.uniform(1, 30) * SECOND, lambda: self._reply(verb, offer))

    async def _reply(self, verb: str, offer: OfferRecord) -> None:
        facts = {"cool_until": self.clock.now_ms() + 5 * MINUTE} if verb == "decline" else {}
        outcome = await self._do(verb, OnOffer(**self.live.said(offer.agent), offer=offer.id, facts=facts))
        if verb == "accept" and outcome.task is not None:
            self._at(self._chance.uniform(1, 60) * SECOND, lambda: self._begin(offer.task))

    async def _begin(self, task: str) -> None:
        outcome = await self._do("start", self._on(task))
        if outcome.task is None:
            return
        handle = 1_000 * outcome.task.doc["handle_s"] * self._chance.lognormvariate(0, 0.4)
        ending = "release" if self._chance.random() < ABANDONS else "complete"
        version = outcome.task.version
        self._at(handle, lambda: self._finish(ending, task, version))

    async def _finish(self, verb: str, task: str, version: int) -> None:
        await self._do(verb, self._on(task, version))

    def _on(self, task: str, version: int | None = None) -> OnTask:
        return OnTask(**{**self.live.said(), "version": version}, task=task)

    async def _do(self, verb: str, command: OnTask | OnOffer) -> Outcome:
        (outcome,) = await self.store.do(verb, [command])
        tally: dict[str, Any] = self.totals.refused if outcome.refused else self.totals.verbs
        name = f"{verb}: {outcome.refused}" if outcome.refused else verb
        tally[name] = tally.get(name, 0) + 1
        return outcome
