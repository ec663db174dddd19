"""A store for a test: in memory, on the bundled Valkey, on the machine's redis-server where there is one."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, Popen
from tempfile import TemporaryDirectory
from typing import Any

from redis.exceptions import RedisError

from assigner.clock import SystemClock
from assigner.store import embedded
from assigner.store.base import (
    Enqueue,
    MakeOffer,
    OnAgent,
    OnOffer,
    OnTask,
    Outcome,
    PutAgent,
    PutQueue,
    Retention,
    Store,
)
from assigner.store.keys import prefix, row_of
from assigner.store.memory import MemoryStore
from assigner.store.redis import RedisStore, connect

REDIS = shutil.which("redis-server")
KINDS = ("memory", "valkey", *(["redis"] if REDIS else []))
PAST, NOW, FUTURE = 1_000, 2_000_000, 4_000_000_000_000
"""Instants that the store's own clock agrees about; `NOW` is what commands say."""

_numbers = itertools.count()

Servers = Mapping[str, str]


@contextmanager
def running_servers() -> Iterator[Servers]:
    """The addresses of servers, by kind."""
    with TemporaryDirectory() as folder:
        server = asyncio.run(embedded.start(Path(folder)))
        urls, processes = {"valkey": server.url}, []
        if REDIS:
            path = Path(folder) / "redis.sock"
            options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
            processes = [Popen([REDIS, *options], stdout=DEVNULL)]
            asyncio.run(answering(f"unix://{path}"))
            urls["redis"] = f"unix://{path}"
        yield urls
        for process in processes:
            process.terminate()
            process.wait()
        asyncio.run(server.stop())


async def answering(url: str) -> None:
    """Return when a server answers."""
    client = connect(url)
    async with asyncio.timeout(20):
        while True:
            try:
                await client.ping()
                break
            except RedisError:
                await asyncio.sleep(0.01)
    await client.aclose()


@asynccontextmanager
async def store_of(kind: str, servers: Servers, keep: Retention | None = None) -> AsyncIterator[Store]:
    """An empty store; in the end every key it left is declared, of the type that is declared, and removed."""
    if kind == "memory":
        yield MemoryStore(SystemClock(), keep)
        return
    store = RedisStore(connect(servers[kind]), workspace=f"w{next(_numbers)}", retention=keep)
    try:
        await store.open()
        yield store
        wrong = await undeclared(store)
        assert not wrong, wrong
    finally:
        async for key in store.client.scan_iter(match=prefix(store.workspace) + "*", count=1_000):
            await store.client.delete(key)
        await store.close()


async def undeclared(store: RedisStore) -> list[str]:
    """The workspace's keys that keys.py does not declare, or declares otherwise."""
    wrong = []
    async for key in store.client.scan_iter(match=prefix(store.workspace) + "*", count=1_000):
        row, type = row_of(store.workspace, key.decode()), (await store.client.type(key)).decode()
        if row is None or type not in (row.type, "none"):
            wrong.append(f"{key.decode()}: {type}")
    return wrong


@dataclass(slots=True)
class Hand:
    """Sends single commands to a store, each with an op of its own unless it says which."""

    store: Store
    lease: str | None = None

    async def lead(self) -> str:
        self.lease = await self.store.take_lease("me", 60_000)
        assert self.lease
        return self.lease

    async def agent(self, id: str = "ann", capacity: int = 1, **more: Any) -> Outcome:
        doc = more.pop("doc", {"skills": {"german": 5}})
        return await self._one(
            "put_agent", PutAgent(**self._said(more), agent=id, doc=doc, capacity=capacity)
        )

    async def task(self, id: str = "t", size: int = 1, **more: Any) -> Outcome:
        doc = more.pop("doc", {"priority": 1})
        queue = more.pop("queue", "q")
        said = self._said(more)
        return await self._one(
            "enqueue", Enqueue(**said, task=id, doc=doc, queue=queue, size=size, created_at=NOW)
        )

    async def offer(self, task: str = "t", agent: str = "ann", **more: Any) -> Outcome:
        found = await self.store.task(task)
        given = {
            "offer": f"o-{task}",
            "task": task,
            "agent": agent,
            "task_version": found.version if found else 1,
            "expires_at": FUTURE,
            "value": 7,
            "terms": {"skill": 3},
            "lease": self.lease,
        }
        return await self._one("offer", MakeOffer(**self._said(given | more)))

    async def answer(self, verb: str, offer: str = "o-t", facts: Any = None, **more: Any) -> Outcome:
        return await self._one(verb, OnOffer(**self._said(more), offer=offer, facts=facts or {}))

    async def on(self, verb: str, task: str = "t", facts: Any = None, **more: Any) -> Outcome:
        return await self._one(verb, OnTask(**self._said(more), task=task, facts=facts or {}))

    async def presence(self, agent: str = "ann", **more: Any) -> Outcome:
        return await self._one("set_presence", OnAgent(**self._said(more), agent=agent))

    async def remove(self, agent: str = "ann", **more: Any) -> Outcome:
        return await self._one("remove_agent", OnAgent(**self._said(more), agent=agent))

    async def queue(self, id: str = "q", **more: Any) -> Outcome:
        doc = more.pop("doc", {"offer_ttl_s": 60})
        return await self._one("put_queue", PutQueue(**self._said(more), queue=id, doc=doc))

    def _said(self, more: Mapping[str, Any]) -> dict[str, Any]:
        return {"op": f"op-{next(_numbers)}", "actor": "me", "now": NOW} | dict(more)

    async def _one(self, verb: str, command: Any) -> Outcome:
        (outcome,) = await self.store.do(verb, [command])
        return outcome


async def done(outcome: Awaitable[Outcome]) -> Outcome:
    """What was done; fails when it was refused."""
    given = await outcome
    assert given.refused is None, given
    return given


async def refused(outcome: Awaitable[Outcome]) -> tuple[str | None, Mapping[str, Any]]:
    """The code and the facts of a refusal."""
    given = await outcome
    return given.refused, given.facts


Test = Callable[[Hand], Awaitable[None]]


def play(test: Test, kind: str, servers: Servers, keep: Retention | None = None) -> None:
    """Run a test on a store of a kind."""

    async def scene() -> None:
        async with store_of(kind, servers, keep) as store:
            await test(Hand(store))

    asyncio.run(scene())
