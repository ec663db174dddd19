"""RedisStore: the store in a Redis or Valkey server, one script for each verb.

A command that is sent twice, by redis-py or by a caller who got no answer, is done once: its op says so.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, cast

from redis import exceptions as errors
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from assigner.clock import Clock, SystemClock
from assigner.domain.lifecycle import OfferState
from assigner.domain.records import (
    AgentRecord,
    Event,
    KeyRecord,
    OfferRecord,
    OverrideRecord,
    QueueRecord,
    TaskRecord,
)
from assigner.store import codec, learning, packing, server
from assigner.store.base import (
    Command,
    EventsLost,
    Learn,
    Learned,
    Outcome,
    Retention,
    Store,
    StoreRefused,
    World,
)
from assigner.store.gather import Gather, Once
from assigner.store.keys import SCHEMA, names
from assigner.store.log import FIRST
from assigner.store.memory import MemoryStore
from assigner.store.scripts import every_script, script
from assigner.store.tail import Entry, Tail

BATCH = 250
"""The most commands that one call of a script does: the server answers nobody else meanwhile."""
PAGE = 1_000
BLOCK_MS = 2_000
CONNECT_S = 3.0
CONNECTIONS = 100
"""The most that one client has; who comes when all are taken waits for one."""
WHOLE = ("make_override", "end_override")
"""The verbs whose commands are many steps: one command a call."""


class RedisStore(Store):
    """A workspace's store on a server; any number of processes may use it at once.

    `told` hears of its calls. `durable`, known once it was opened: a change is on the disk of the server
    before it is answered.
    """

    def __init__(
        self,
        client: Redis,
        *,
        workspace: str = "default",
        retention: Retention | None = None,
        clock: Clock | None = None,
        told: server.Told = server.untold,
    ) -> None:
        # Any: redis-py's types cover all of its protocols and decodings at once.
        self.client: Any = client
        self.workspace = workspace
        self._keys = names(workspace)
        self._keep = retention or Retention()
        self._clock = clock or SystemClock()
        self._told = told
        self.durable = False
        # All read at once, and none later: the files may be of another version by then.
        self._scripts = {name: self.client.register_script(script(name)) for name in every_script()}
        self._gather = Gather(self._run, BATCH)
        self._world = Once(self._read_world)
        self._tail = Tail(self._entries, codec.event_of)
        # As they come: most events are known already, and need not be made into dictionaries.
        for name in ("XREAD", "XRANGE"):
            cast(Any, client).set_response_callback(name, _as_it_comes)

    async def open(self) -> list[str]:
        """Check that the server will do, and mark it as ours; what the operator should know.

        Raises StoreRefused when it is too old, may evict, or has a newer layout, and StoreUnavailable.
        """
        async with server.reachable():
            told = await self.client.info()
            faults = [*server.too_old(told), *server.may_evict(told)]
            schema = int(await self.client.get(self._keys["schema"]) or 0)
            if schema > SCHEMA:
                faults.append(
                    f"The store has layout {schema}, and this version knows {SCHEMA}: use a newer version."
                )
            if faults:
                raise StoreRefused("\n".join(faults))
            await self.try_writing()
            self.durable = await server.durable(self.client, told)
            return await server.warnings(self.client, told)

    async def try_writing(self) -> None:
        """Say the layout again, as it is."""
        async with server.reachable():
            await self.client.set(self._keys["schema"], SCHEMA)

    async def close(self) -> None:
        """Close the connections."""
        await self._tail.close()
        await self.client.aclose()

    async def do(self, verb: str, asked: Sequence[Command]) -> list[Outcome]:
        """Do one verb's commands, in order, a batch at a time; the next is encoded while the server works."""
        if verb in WHOLE:
            return [one for command in asked for one in await self._part(verb, [command])]
        if len(asked) <= BATCH:
            return await self._part(verb, asked) if asked else []
        parts: list[asyncio.Task[list[Outcome]]] = []
        for at in range(0, len(asked), BATCH):
            parts.append(asyncio.create_task(self._part(verb, asked[at : at + BATCH])))
            if len(parts) > 1:
                await asyncio.wait(parts[-2:-1])
                if parts[-2].exception():
                    break
        return [outcome for part in await asyncio.gather(*parts) for outcome in part]

    async def _part(self, verb: str, asked: Sequence[Command]) -> list[Outcome]:
        ask = self._run if verb in WHOLE else self._gather.ask
        answers = await ask(verb, [packing.command(verb, one) for one in asked])
        events, outcomes = list[Event](), list[Outcome]()
        for answer, command in zip(answers, asked, strict=True):
            if answer[0] == codec.DONE:
                event = codec.event_made(answer, command)
                events.append(event)
                outcomes.append(codec.outcome_made(answer, event))
            else:
                outcomes.append(codec.outcome_told(answer) or await self._as_now(answer, command))
        self._tail.know(events)
        return outcomes

    async def _as_now(self, answer: Sequence[Any], command: Command) -> Outcome:
        now = await self.as_now(command)
        if answer[0] == codec.NOTHING:
            return replace(now, replayed=False)
        return replace(now, event=answer[1].decode())

    async def _run(self, verb: str, commands: Sequence[bytes]) -> Any:
        keys, rules = [self._keys["events"]], packing.rules(verb, self.workspace, self._keep)
        return await self._call(verb, keys, [rules, packing.together(commands)])

    async def _call(self, name: str, keys: list[str], args: list[Any]) -> Any:
        async with server.watched(name, self._clock, self._told):
            return await self._scripts[name](keys=keys, args=args)

    async def prune(self, before: int, most: int) -> int:
        """Delete up to `most` tasks that ended before an instant."""
        return await self._prune("prune", before, most)

    async def prune_overrides(self, before: int, most: int) -> int:
        """Forget up to `most` overrides that have not held since an instant."""
        return await self._prune("prune_overrides", before, most)

    async def _prune(self, verb: str, before: int, most: int) -> int:
        gone = 0
        while gone < most:
            some = min(BATCH, most - gone)
            command = {"actor": "clock", "op": "", "now": before, "most": some}
            done = int(await self._run(verb, [packing.pack(command)]))
            gone += done
            if done < some:
                break
        return gone

    async def learn(self, learn: Learn) -> bool:
        """Keep what was learned, a part at a time."""
        return all([await self._call("learn", *call) for call in learning.calls(learn, self._keys)])

    async def learned(self, *kinds: str) -> Learned:
        """What was learned, of these kinds or of all."""
        async with server.reachable():
            return await learning.read(self.client, self._keys, kinds)

    async def _read(self, kind: str, ids: Sequence[str]) -> list[Any]:
        """The records of these ids that exist."""
        values = await self._call("page", [self._keys["events"]], [self._keys[kind], *ids])
        pairs = zip(values[::2], values[1::2], strict=True)
        return [codec.RECORD_OF[kind](live, doc) for live, doc in pairs if live is not None]

    async def _one(self, kind: str, id: str) -> Any:
        return next(iter(await self._read(kind, [id])), None)

    async def now_ms(self) -> int:
        """The server's clock."""
        async with server.reachable():
            seconds, microseconds = await self.client.time()
        return int(seconds) * 1_000 + int(microseconds) // 1_000

    async def task(self, id: str) -> TaskRecord | None:
        """A task that is not pruned."""
        found: TaskRecord | None = await self._one("task", id)
        return found

    async def agent(self, id: str) -> AgentRecord | None:
        """An agent."""
        found: AgentRecord | None = await self._one("agent", id)
        return found

    async def offer_of(self, id: str) -> OfferRecord | None:
        """An offer that is open, or was closed not long ago."""
        found: OfferRecord | None = await self._one("offer", id)
        return found

    async def queue(self, id: str) -> QueueRecord | None:
        """A queue that somebody put."""
        found: QueueRecord | None = await self._one("queue", id)
        return found

    async def override(self, id: str) -> OverrideRecord | None:
        """An override that is not pruned."""
        found: OverrideRecord | None = await self._one("override", id)
        return found

    async def override_tasks(self, id: str) -> list[str]:
        """The tasks that an override touched, and the others it is about."""
        async with server.reachable():
            ids = await self.client.lrange(self._keys["override_tasks"] + id, 0, -1)
        return [id.decode() for id in ids]

    async def overrides(self, before: tuple[int, str] | None, most: int) -> list[OverrideRecord]:
        """Overrides that are not pruned, the latest first."""
        found: list[OverrideRecord] = await self._latest("override", "overrides", before, most)
        return found

    async def key(self, id: str) -> KeyRecord | None:
        """An API key."""
        found: KeyRecord | None = await self._one("key", id)
        return found

    async def keys(self) -> list[KeyRecord]:
        """All API keys, by id."""
        found: list[KeyRecord] = await self._all("key", "keys")
        return found

    async def history(self, task: str) -> list[Event]:
        """What happened to a task, the oldest first."""
        async with server.reachable(), self.client.pipeline(transaction=True) as pipe:
            pipe.hmget(self._keys["task"] + task, ["live", "doc", "made"])
            pipe.lrange(self._keys["history"] + task, 0, -1)
            (live, doc, made), values = await pipe.execute()
        return codec.history_of(codec.task_of(live, doc), made, values) if live else []

    async def ended(self, before: tuple[int, str] | None, most: int) -> list[TaskRecord]:
        """Tasks that ended and are not pruned yet, the latest first."""
        found: list[TaskRecord] = await self._latest("task", "ended", before, most)
        return found

    async def _latest(self, kind: str, index: str, before: tuple[int, str] | None, most: int) -> list[Any]:
        """The records of an index by instants, the latest first by (instant, id)."""
        key, ids = self._keys[index], list[str]()
        async with server.reachable():
            if before:
                same = await self.client.zrevrangebyscore(key, before[0], before[0])
                ids = [id for id in map(bytes.decode, same) if id < before[1]][:most]
            top = f"({before[0]}" if before else "+inf"
            rest = await self.client.zrevrangebyscore(key, top, "-inf", 0, most - len(ids))
        return await self._read(kind, ids + [id.decode() for id in rest])

    async def world(self) -> World:
        """Everything that is open, at its last event. Who asks while it is being read gets the same."""
        return await self._world.get()

    async def _read_world(self) -> World:
        """Page by page, and then what happened meanwhile."""
        while True:
            mirror = MemoryStore(self._clock)
            start = await self._last_event()
            tasks = await self._all("task", "open")
            offers = await self._read_all("offer", [task.offer for task in tasks if task.offer])
            mirror.load(
                World(
                    tasks=tasks,
                    agents=await self._all("agent", "agents"),
                    offers=[offer for offer in offers if offer.state is OfferState.OPEN],
                    queues=await self._all("queue", "queues"),
                    overrides=await self._all("override", "active"),
                    keys=await self._all("key", "keys"),
                    last_event=start,
                )
            )
            try:
                await self._catch_up(mirror, start)
            except EventsLost:
                continue
            return await mirror.world()

    async def _catch_up(self, mirror: MemoryStore, after: str) -> None:
        while batch := await self._after(after):
            for event in batch:
                mirror.apply(event)
            after = batch[-1].id

    async def _all(self, kind: str, index: str) -> list[Any]:
        async with server.reachable():
            ids = {id.decode() async for id in self.client.sscan_iter(self._keys[index], count=PAGE)}
        return await self._read_all(kind, sorted(ids))

    async def _read_all(self, kind: str, ids: Sequence[str]) -> list[Any]:
        pages = [await self._read(kind, ids[at : at + PAGE]) for at in range(0, len(ids), PAGE)]
        return list(chain.from_iterable(pages))

    async def _last_event(self) -> str:
        told = await self._stream()
        return str(told["last-generated-id"].decode()) if told else FIRST

    async def _trimmed(self) -> bool:
        """Whether the stream does not begin with the first event there was."""
        told = await self._stream()
        return bool(told) and told["entries-added"] > told["length"]

    async def _stream(self) -> dict[str, Any]:
        async with server.reachable():
            try:
                return dict(await self.client.xinfo_stream(self._keys["events"]))
            except errors.ResponseError as error:
                if "no such key" in str(error):
                    return {}
                raise

    def events(self, after: str) -> AsyncIterator[list[Event]]:
        """What happens after an event; the server holds the answer back until there is something."""
        return self._tail.after(after)

    async def event_before(self, at: int) -> tuple[str, bool]:
        """The last event before an instant, or as early a one as there is."""
        key = self._keys["events"]
        async with server.reachable():
            # There is nothing before 0, which the server does not take.
            found = await self.client.xrevrange(key, f"({max(at, 1)}-0", count=1)
        if not found and await self._trimmed():
            async with server.reachable():
                return (await self.client.xrange(key, count=1))[0][0].decode(), False
        return (found[0][0].decode() if found else FIRST), True

    async def _after(self, after: str) -> list[Event]:
        """The next events that are there."""
        return [codec.event_of(*entry) for entry in await self._entries(after, wait=False)]

    async def _entries(self, after: str, wait: bool) -> list[Entry]:
        """The next entries. Looks afterwards whether the event before them is still there: if not, it
        was trimmed, or the server has lost it, and others with it.
        """
        key, block = self._keys["events"], ["BLOCK", BLOCK_MS] if wait else []
        reached = server.watched(server.FOLLOW, self._clock, self._told)
        async with reached, self.client.pipeline(transaction=False) as pipe:
            pipe.execute_command("XREAD", "COUNT", PAGE, *block, "STREAMS", key, after)
            pipe.execute_command("XRANGE", key, after, after)
            found, before = await pipe.execute()
        if not before and (after != FIRST or await self._trimmed()):
            raise EventsLost(f"The events right after {after} are not kept any more.")
        return [(id, fields) for id, fields in found[0][1]] if found else []

    async def take_lease(self, holder: str, ttl_ms: int) -> str | None:
        """The lease, unless somebody has it."""
        keys = [self._keys["lease"], self._keys["epoch"]]
        lease = await self._call("take_lease", keys, [f"{secrets.token_hex(4)}:{holder}", ttl_ms])
        return lease.decode() if lease else None

    async def keep_lease(self, lease: str, ttl_ms: int) -> bool:
        """Hold the lease for longer."""
        return bool(await self._call("keep_lease", [self._keys["lease"]], [lease, ttl_ms]))

    async def drop_lease(self, lease: str) -> None:
        """Let others have it."""
        await self._call("drop_lease", [self._keys["lease"]], [lease])


def connect(url: str) -> Redis:
    """A client that gives up in time, and sends again what got no answer."""
    retry = Retry(ExponentialBackoff(cap=0.5, base=0.02), 3)
    limit = server.TIMEOUT_S
    times = {"timeout": limit, "socket_timeout": limit, "socket_connect_timeout": CONNECT_S}
    pool = BlockingConnectionPool.from_url(url, protocol=2, retry=retry, max_connections=CONNECTIONS, **times)
    return Redis.from_pool(pool)


def _as_it_comes(found: Any, **_: Any) -> Any:
    return found
