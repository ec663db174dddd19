"""A living service with its dispatcher, one pass at a time, over a store in memory or on a real server."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import httpx

from assigner.clock import Clock, ManualClock, SystemClock
from assigner.dispatch.aside import Decider
from assigner.dispatch.loop import Dispatcher, Pace, Pass
from assigner.domain.policy import Policy
from assigner.store import embedded
from assigner.store.base import Store, World
from assigner.store.log import event_key
from assigner.store.memory import MemoryStore
from assigner.store.redis import RedisStore, connect
from tests.api.running import Running, running, until

KINDS = ("memory", "valkey")
LONGEST_S = 5.0
"""How long an event may be on its way."""
NOON_MS = 1_795_345_200_000
T = TypeVar("T")
Json = dict[str, Any]


class InMemory(MemoryStore):
    """A store in memory that knows its loop."""

    loop: asyncio.AbstractEventLoop | None = None

    async def world(self) -> World:
        self.loop = asyncio.get_running_loop()
        return await super().world()


class OnServer(RedisStore):
    """A store on a server that knows its loop."""

    loop: asyncio.AbstractEventLoop | None = None

    async def world(self) -> World:
        self.loop = asyncio.get_running_loop()
        return await super().world()


@dataclass(slots=True, kw_only=True)
class Desk:
    """A coordinator's desk, with the floor behind it."""

    service: Running
    store: InMemory | OnServer
    clock: Clock
    dispatcher: Dispatcher
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the service's loop."""
        assert self.store.loop
        return asyncio.run_coroutine_threadsafe(work, self.store.loop).result(30)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send a request; header names have `_` for `-`."""
        content = None if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.service.client.request(method, path, content=content, headers=named)

    def new(self, kind: str) -> str:
        """An id that nothing has yet."""
        return f"{kind}{next(self.numbers)}"

    def agent(self, **said: Any) -> str:
        """A new agent, who alone has a skill of their own name."""
        id = self.new("a")
        skills = {id: 1, **said.pop("skills", {})}
        made = self.ask("PUT", f"/v1/agents/{id}", {"capacity": 1000, "skills": skills, **said})
        assert made.status_code == 201, made.text
        return id

    def queue(self, **said: Any) -> str:
        """A new queue, whose tasks are their agent's at once unless it says otherwise."""
        id = self.new("q")
        assert self.ask("PUT", f"/v1/queues/{id}", {"auto_accept": True, **said}).status_code == 201
        return id

    def task(self, queue: str, **said: Any) -> str:
        """A new task."""
        id = self.new("t")
        made = self.ask("POST", "/v1/tasks", {"id": id, "queue": queue, **said})
        assert made.status_code == 201, made.text
        return id

    def get(self, task: str) -> Json:
        """A task as it is now."""
        found: Json = self.ask("GET", f"/v1/tasks/{task}").json()
        return found

    def where(self, *tasks: str) -> list[str]:
        """`state`, or `state agent`, of each task."""
        found = (self.get(task) for task in tasks)
        return [" ".join(filter(None, (task["state"], task["agent"]))) for task in found]

    def why(self, task: str, language: str = "en") -> Json:
        """Why a task waits, or went where it went."""
        found: Json = self.ask("GET", f"/v1/tasks/{task}/explanation", accept_language=language).json()
        return found

    def tried(self, action: str, target: Json, **more: Any) -> httpx.Response:
        """The answer to an override."""
        return self.ask(
            "POST", "/v1/overrides", {"action": action, "target": target, "reason": "because", **more}
        )

    def override(self, action: str, target: Json, **more: Any) -> Json:
        """An override that is made."""
        response = self.tried(action, target, **more)
        assert response.status_code == 201, response.text
        made: Json = response.json()
        return made

    def undo(self, override: Json) -> Json:
        """Undo an override."""
        response = self.ask("DELETE", f"/v1/overrides/{override['id']}")
        assert response.status_code == 200, response.text
        done: Json = response.json()
        return done

    def state(self, override: Json) -> str:
        """The state of an override now."""
        return str(self.ask("GET", f"/v1/overrides/{override['id']}").json()["state"])

    def cycle(self) -> None:
        """Passes of the dispatcher until there is nothing more to do at this instant."""
        self.run(self._settle())

    async def _settle(self) -> None:
        """All that has been written has arrived at the dispatcher then, and at the API."""
        view = self.service.app.state.service.lives["default"].view
        for _ in range(200):
            passed = await self._step()
            lead, due = self.dispatcher.lead, self.dispatcher.next_at()
            assert lead is not None
            last = event_key((await self.store.world()).last_event)
            if lead.feed.mirror.last < last:
                await lead.feed.wait(asyncio.get_running_loop().create_future(), LONGEST_S)
            elif not passed.events and (due is None or due > self.clock.now_ms()):
                await view.reached(last)
                return
        raise AssertionError("the dispatcher does not come to rest")

    async def _step(self) -> Pass:
        if self.dispatcher.lead is None:
            assert await self.dispatcher.take()
        return await self.dispatcher.step()


@contextmanager
def desk(kind: str) -> Iterator[Desk]:
    """A desk over a store of a kind until the block ends."""
    with TemporaryDirectory() as folder:
        server = asyncio.run(embedded.start(Path(folder))) if kind == "valkey" else None
        clock: Clock = SystemClock() if server else ManualClock(at_ms=NOON_MS)
        store = OnServer(connect(server.url)) if server else InMemory(clock)
        try:
            with running(workers=1, clock=clock, store=store) as service:
                until(lambda: service.client.get("/readyz").status_code == 200, "the service is ready")
                it = Desk(service=service, store=store, clock=clock, dispatcher=_dispatcher(store, clock))
                yield it
                it.run(it.dispatcher.close())
                if isinstance(store, OnServer):
                    it.run(store.close())
        finally:
            if server:
                asyncio.run(server.stop())


def _dispatcher(store: Store, clock: Clock) -> Dispatcher:
    decide = Decider(Policy(), clock, time_limit_s=60.0, large=10**9)
    pace = Pace(tick_ms=60_000, lease_ms=3_600_000)
    return Dispatcher(store=store, clock=clock, holder="tests", decide=decide, pace=pace)
