"""A living service without its API: a MemoryStore, a dispatcher and a clock that is moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec

from assigner.clock import ManualClock
from assigner.dispatch.actions import ACTIONS, slot_of
from assigner.dispatch.aside import Decider
from assigner.dispatch.loop import Dispatcher, Pace, Pass
from assigner.dispatch.mirror import Mirror
from assigner.dispatch.overrides import plan
from assigner.domain.agent import Presence
from assigner.domain.instant import rfc3339
from assigner.domain.lifecycle import OverrideState
from assigner.domain.policy import Policy
from assigner.domain.queue import DEFAULT
from assigner.domain.records import AgentRecord, OfferRecord, OverrideRecord, TaskRecord
from assigner.store.base import Enqueue, MakeOverride, OnAgent, OnOffer, OnTask, Outcome, PutAgent, PutQueue
from assigner.store.memory import MemoryStore

P = ParamSpec("P")
START = 1_795_500_000_000
MINUTE, HOUR = 60_000, 3_600_000
LONGEST_S = 60.0
"""Far more than any decision here takes, and an answer that is optimal is the same under every limit."""


def lived(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run a test that awaits."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


@dataclass
class Living:
    """The service: clients' verbs in a line each, and time."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(at_ms=START))
    pace: Pace = field(default_factory=lambda: Pace(tick_ms=MINUTE, lease_ms=HOUR))

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.clock)
        self.dispatcher = self.another("first")
        self.ops = 0

    def another(self, holder: str) -> Dispatcher:
        """Another dispatcher of the same store."""
        decide = Decider(Policy(), self.clock, time_limit_s=LONGEST_S, large=10**9)
        return Dispatcher(store=self.store, clock=self.clock, holder=holder, decide=decide, pace=self.pace)

    @property
    def mirror(self) -> Mirror:
        """What the dispatcher knows."""
        assert self.dispatcher.mirror is not None
        return self.dispatcher.mirror

    def said(self, actor: str = "client") -> dict[str, Any]:
        """What every command says."""
        self.ops += 1
        return {"op": f"{actor}-{self.ops}", "actor": actor, "now": self.clock.now_ms()}

    async def step(self) -> Pass:
        """One pass of the dispatcher, which takes the lease first where it has to."""
        if self.dispatcher.lead is None:
            assert await self.dispatcher.take()
        return await self.dispatcher.step()

    async def settle(self) -> None:
        """Passes until there is nothing more to do at this instant."""
        for _ in range(20):
            passed = await self.step()
            due = self.dispatcher.next_at()
            if not passed.events and (due is None or due > self.clock.now_ms()):
                return
        raise AssertionError("the dispatcher does not come to rest")

    async def wait(self, ms: int) -> None:
        """Let time pass, with a pass at every instant at which something is due."""
        end = self.clock.now_ms() + ms
        await self.settle()
        while (due := self.dispatcher.next_at() or end) < end:
            self.clock.at_ms = max(due, self.clock.now_ms() + 1)
            await self.settle()
        self.clock.at_ms = end
        await self.settle()

    async def queue(self, id: str, **doc: Any) -> None:
        done(await self.store.put_queue([PutQueue(**self.said(), queue=id, doc=doc)]))

    async def agent(self, id: str, presence: Presence | None = None, **doc: Any) -> None:
        command = PutAgent(
            **self.said(), agent=id, doc=doc, capacity=doc.get("capacity", 1), presence=presence
        )
        done(await self.store.put_agent([command]))

    async def present(self, id: str, presence: str, until: int | None = None) -> None:
        command = OnAgent(**self.said(id), agent=id, presence=Presence(presence), presence_until=until)
        done(await self.store.set_presence([command]))

    async def task(self, id: str, queue: str = "q", **doc: Any) -> None:
        size, now = doc.get("size", 1), self.clock.now_ms()
        command = Enqueue(**self.said(), task=id, doc=doc, queue=queue, size=size, created_at=now)
        done(await self.store.enqueue([command]))

    async def on_task(self, verb: str, id: str, **facts: Any) -> Outcome:
        return done(await self.store.do(verb, [OnTask(**self.said(), task=id, facts=facts)]))

    async def override(
        self, action: str, target: dict[str, Any], *tasks: str, until: int | None = None, **doc: Any
    ) -> Outcome:
        """Do something by hand, as the API does: to these tasks, or to a queue or an agent."""
        said, row = self.said("lea"), ACTIONS[action]
        queue, agent = target.get("queue"), doc.get("agent") or target.get("agent")
        record = OverrideRecord(
            id=f"ov-{self.ops}",
            action=action,
            doc={"target": target, **doc},
            author="lea",
            reason="because",
            state=OverrideState.DONE if action == "unfreeze" else OverrideState.ACTIVE,
            made_at=said["now"],
            until=until,
            slot=slot_of(row, agent, queue),
        )
        steps = list(plan(record, [await self.record(task) for task in tasks], lambda _: DEFAULT))
        command = MakeOverride(**said, override=record, steps=steps, partial=True, replace=True)
        [outcome] = await self.store.make_override([command])
        return outcome

    async def answer(self, verb: str, task: str, **facts: Any) -> Outcome:
        """Accept or decline the offer of a task."""
        offer = (await self.offer_of(task)).id
        return done(await self.store.do(verb, [OnOffer(**self.said(), offer=offer, facts=facts)]))

    async def offer_of(self, task: str) -> OfferRecord:
        """The open offer of a task."""
        record = await self.record(task)
        assert record.offer is not None, f"{task} is {record.state}"
        offer = await self.store.offer_of(record.offer)
        assert offer is not None
        return offer

    async def record(self, task: str) -> TaskRecord:
        record = await self.store.task(task)
        assert record is not None
        return record

    async def person(self, agent: str) -> AgentRecord:
        record = await self.store.agent(agent)
        assert record is not None
        return record

    async def where(self, *tasks: str) -> list[str]:
        """`state` or `state agent` of each task."""
        records = [await self.record(task) for task in tasks]
        return [" ".join(filter(None, (str(record.state), record.agent))) for record in records]

    def at(self, ms: int) -> str:
        """The instant so long from now, as a client says it."""
        return rfc3339(self.clock.now_ms() + ms)


def done(outcomes: list[Outcome]) -> Outcome:
    """The one outcome, which was not a refusal."""
    (outcome,) = outcomes
    assert outcome.refused is None, outcome
    return outcome
