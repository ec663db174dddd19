"""The same commands to both stores: every answer and the whole state are the same."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from assigner.domain.access import Role
from assigner.domain.agent import Presence
from assigner.domain.lifecycle import NOT_BEFORE, OverrideState
from assigner.domain.records import Event, KeyRecord, OverrideRecord
from assigner.store.base import (
    EndOverride,
    Enqueue,
    MakeOffer,
    MakeOverride,
    OnAgent,
    OnOffer,
    OnTask,
    Outcome,
    PutAgent,
    PutKey,
    PutQueue,
    Store,
)
from assigner.store.verbs import HOLDING
from tests.store.drawn import (
    AGENTS,
    KEYS,
    LEASES,
    LOOKING,
    OF_OFFERS,
    OF_TASKS,
    OFFERS,
    OVERRIDES,
    QUEUES,
    SLOTS,
    TASKS,
    adjustments,
    docs,
    facts,
    instants,
    own,
    sizes,
    steps,
    undoing,
)
from tests.store.scene import NOW, Servers, store_of


def plain(outcome: Outcome) -> Outcome:
    """An outcome without the id of its event, which is each store's own."""
    return replace(outcome, event=None if outcome.event is None else "one")


def anonymous(events: list[Event]) -> list[Event]:
    return [replace(event, id="") for event in events]


async def everything(store: Store) -> dict[str, Any]:
    """All that a store can be asked for."""
    world = await store.world()
    return {
        "tasks": {task.id: task for task in world.tasks},
        "agents": {agent.id: agent for agent in world.agents},
        "offers": {offer.id: offer for offer in world.offers},
        "queues": {queue.id: queue for queue in world.queues},
        "ended": await store.ended(None, 100),
        "closed": [await store.offer_of(id) for id in OFFERS],
        "standing": {one.id: one for one in world.overrides},
        "overrides": await store.overrides(None, 100),
        "some overrides": await store.overrides((NOW + 20, "x1"), 2),
        "one": [await store.override(id) for id in OVERRIDES],
        "touched": [await store.override_tasks(id) for id in OVERRIDES],
        "keys": [*await store.keys(), *[await store.key(id) for id in KEYS]],
        "keys of the world": {key.id: key for key in world.keys},
        "history": [anonymous(await store.history(id)) for id in TASKS],
    }


async def all_events(store: Store) -> list[Event]:
    """The log from its beginning to now."""
    last, found = (await store.world()).last_event, list[Event]()
    if last == "0-0":
        return found
    async for batch in store.events("0-0"):
        found += batch
        if batch[-1].id == last:
            break
    return found


class Both(RuleBasedStateMachine):
    """A MemoryStore and a RedisStore, told the same."""

    servers: Servers
    kind = "valkey"

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.ops = 0
        self.runner.run(self.begin())

    async def begin(self) -> None:
        self.memory = await self.stack.enter_async_context(store_of("memory", self.servers))
        self.server = await self.stack.enter_async_context(store_of(self.kind, self.servers))
        self.leases: list[dict[str | None, str | None]] = []
        for store in (self.memory, self.server):
            lost = await store.take_lease("lost", 60_000)
            assert lost
            await store.drop_lease(lost)
            self.leases.append({"lost": lost, "held": await store.take_lease("held", 60_000), None: None})

    def teardown(self) -> None:
        async def end() -> None:
            logs = [anonymous(await all_events(store)) for store in (self.memory, self.server)]
            await self.stack.aclose()
            assert logs[0] == logs[1]

        try:
            self.compare()
            self.runner.run(end())
        finally:
            self.runner.close()

    def tell(self, verb: str, type: Any, again: int, **said: Any) -> None:
        """Give both the same command, under an op of before when `again` is its number."""
        self.ops += 1
        lease = said.pop("lease", None)
        said |= {"op": str(again if again < self.ops else self.ops), "actor": "me", "now": NOW + self.ops}

        async def send() -> list[Outcome]:
            stores = zip((self.memory, self.server), self.leases, strict=True)
            pairs = [(store, type(**said, lease=own[lease])) for store, own in stores]
            return [plain(one) for store, command in pairs for one in await store.do(verb, [command])]

        memory, server = self.runner.run(send())
        assert memory == server

    @initialize(doc=docs, size=sizes, capacity=st.integers(1, 5))
    def some_are_there(self, doc: Any, size: int, capacity: int) -> None:
        for agent in AGENTS:
            self.tell("put_agent", PutAgent, 10_000, agent=agent, doc=doc, capacity=capacity)
        for task in TASKS:
            said = {"task": task, "doc": doc, "queue": "q0", "size": size, "created_at": NOW}
            self.tell("enqueue", Enqueue, 10_000, **said)

    again = st.sampled_from([*[10_000] * 9, 1, 2, 3, 5, 8])
    version = st.sampled_from([None, None, None, 1, 2, 3])

    @rule(
        task=st.sampled_from(TASKS),
        doc=docs,
        size=sizes,
        queue=st.sampled_from(QUEUES),
        held=instants | st.none(),
        why=st.sampled_from(["why", NOT_BEFORE, None, None]),
        again=again,
    )
    def enqueue(self, task: str, doc: Any, size: int, queue: str, held: Any, why: Any, again: int) -> None:
        said = {"doc": doc, "size": size, "queue": queue, "held_until": held, "hold_reason": why}
        self.tell("enqueue", Enqueue, again, task=task, created_at=NOW, **said)

    @rule(
        ids=st.tuples(st.sampled_from(OFFERS), st.sampled_from(TASKS), st.sampled_from([*AGENTS, "nobody"])),
        behind=st.sampled_from([0, 0, 0, 1]),
        of_agent=version,
        expires_at=instants,
        accept=st.booleans(),
        lease=st.sampled_from(LEASES),
        again=again,
    )
    def offer(
        self, ids: Any, behind: int, of_agent: Any, expires_at: int, accept: bool, lease: Any, again: int
    ) -> None:
        found = self.runner.run(self.memory.task(ids[1]))
        said = {"task_version": (found.version if found else 1) + behind, "accept": accept, "lease": lease}
        said |= {
            "agent_version": of_agent,
            "expires_at": expires_at,
            "value": -5,
            "terms": {"skill": 2**53 + 1},
            "expected_ms": None if accept else 2**53 + 1,
        }
        self.tell("offer", MakeOffer, again, offer=ids[0], task=ids[1], agent=ids[2], **said)

    @rule(
        verb=st.sampled_from(OF_OFFERS),
        offer=st.sampled_from(OFFERS),
        facts=facts,
        version=version,
        lease=st.sampled_from(LEASES),
        again=again,
    )
    def on_offer(self, verb: str, offer: str, facts: Any, version: Any, lease: Any, again: int) -> None:
        own = {name: facts[name] for name in ("reason", "cool_until", "presence") if name in facts}
        self.tell(verb, OnOffer, again, offer=offer, facts=own, version=version, lease=lease)

    @rule(
        verb=st.sampled_from(OF_TASKS),
        task=st.sampled_from(TASKS),
        facts=facts,
        version=version,
        lease=st.sampled_from(LEASES),
        again=again,
    )
    def on_task(self, verb: str, task: str, facts: Any, version: Any, lease: Any, again: int) -> None:
        self.tell(verb, OnTask, again, task=task, facts=facts, version=version, lease=lease)

    @rule(task=st.sampled_from(TASKS), facts=adjustments(), version=version, again=again)
    def adjust(self, task: str, facts: Any, version: Any, again: int) -> None:
        self.tell("adjust", OnTask, again, task=task, facts=facts, version=version)

    @rule(
        id=st.sampled_from(OVERRIDES),
        slot=st.sampled_from(SLOTS),
        standing=st.booleans(),
        steps=st.lists(steps, max_size=6),
        how=st.tuples(st.booleans(), st.booleans(), st.sampled_from((False, False, True))),
        tasks=st.sampled_from([(), ("t9", "t0")]),
        again=again,
    )
    def make_override(
        self, id: str, slot: Any, standing: bool, steps: Any, how: Any, tasks: Any, again: int
    ) -> None:
        state = OverrideState.ACTIVE if standing else OverrideState.DONE
        made = OverrideRecord(
            id=id,
            action="pin",
            doc={"agent": "ann"},
            author="me",
            reason="why",
            state=state,
            made_at=NOW + self.ops,
            slot=slot if standing else None,
        )
        said = {"partial": how[0], "replace": how[1], "dry": how[2], "tasks": tasks, "steps": own(steps, id)}
        self.tell("make_override", MakeOverride, again, override=made, **said)

    @rule(
        id=st.sampled_from(OVERRIDES),
        state=st.sampled_from([OverrideState.UNDONE, OverrideState.ENDED]),
        steps=st.lists(steps, max_size=4),
        whole=st.booleans(),
        version=version,
        lease=st.sampled_from(LEASES),
        again=again,
    )
    def end_override(
        self, id: str, state: Any, steps: Any, whole: bool, version: Any, lease: Any, again: int
    ) -> None:
        all_steps = own([*steps, *(undoing() if whole else ())], id)
        said = {"state": state, "steps": all_steps, "version": version, "lease": lease}
        self.tell("end_override", EndOverride, again, override=id, **said)

    @rule(
        id=st.sampled_from(KEYS),
        role=st.sampled_from(Role),
        rate=st.none() | st.sampled_from([0.5, 1e15]),
        version=version,
        again=again,
    )
    def put_key(self, id: str, role: Any, rate: Any, version: Any, again: int) -> None:
        key = KeyRecord(id=id, name="n", role=role, hash="ab", rate=rate, created_at=NOW, created_by="me")
        self.tell("put_key", PutKey, again, key=key, version=version)

    @rule(
        agent=st.sampled_from(AGENTS),
        doc=docs,
        capacity=st.integers(0, 5),
        presence=st.sampled_from([*Presence, None]),
        until=instants | st.none(),
        version=version,
        again=again,
    )
    def put_agent(
        self, agent: str, doc: Any, capacity: int, presence: Any, until: Any, version: Any, again: int
    ) -> None:
        said = {"doc": doc, "capacity": capacity, "presence": presence, "presence_until": until}
        self.tell("put_agent", PutAgent, again, agent=agent, version=version, **said)

    @rule(
        verb=st.sampled_from(["set_presence", "set_presence", "remove_agent"]),
        agent=st.sampled_from(AGENTS),
        presence=st.sampled_from([*[Presence.AVAILABLE] * 3, Presence.AWAY]),
        until=instants | st.none(),
        version=version,
        again=again,
    )
    def on_agent(self, verb: str, agent: str, presence: Any, until: Any, version: Any, again: int) -> None:
        said = {"agent": agent, "presence": presence, "presence_until": until, "version": version}
        self.tell(verb, OnAgent, again, **said)

    @rule(queue=st.sampled_from(QUEUES), doc=docs, version=version, again=again)
    def put_queue(self, queue: str, doc: Any, version: Any, again: int) -> None:
        self.tell("put_queue", PutQueue, again, queue=queue, doc=doc, version=version)

    @rule(ago=st.integers(0, 10), most=st.integers(1, 2), overrides=st.booleans())
    def prune(self, ago: int, most: int, overrides: bool) -> None:
        before, verb = NOW + self.ops - ago, "prune_overrides" if overrides else "prune"

        async def prune() -> list[int]:
            return [await getattr(store, verb)(before, most) for store in (self.memory, self.server)]

        memory, server = self.runner.run(prune())
        assert memory == server

    @invariant()
    def the_state_is_the_same(self) -> None:
        """Looked at now and then, and in the end: it takes longer than the commands."""
        if self.ops % LOOKING == 0:
            self.compare()

    def compare(self) -> None:
        memory, server = [self.runner.run(everything(store)) for store in (self.memory, self.server)]
        assert memory == server

    @invariant()
    def load_is_what_agents_hold(self) -> None:
        world = self.runner.run(self.memory.world())
        held = [task for task in world.tasks if task.state in HOLDING]
        for agent in world.agents:
            assert agent.load == sum(task.size for task in held if task.agent == agent.id)
        assert {offer.id for offer in world.offers} == {task.offer for task in held if task.offer}


def drive(servers: Servers, kind: str, examples: int) -> None:
    machine = type("Machine", (Both,), {"servers": servers, "kind": kind})
    how = settings(
        max_examples=examples,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=how)  # type: ignore[no-untyped-call]


def test_both_stores_answer_alike(servers: Servers) -> None:
    for kind in servers:
        drive(servers, kind, 25)
