"""A living service over a store in memory that can be taken away, and what a dispatcher would do to it."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from assigner.clock import ManualClock
from assigner.domain.records import Event, TaskRecord
from assigner.store.base import Command, MakeOffer, OnOffer, OnTask, Outcome, StoreUnavailable, World
from assigner.store.memory import MemoryStore
from tests.api.running import Running, running, until

NOON_MS = 1_795_345_200_000
T = TypeVar("T")
Json = dict[str, Any]


class Unpluggable(MemoryStore):
    """A store in memory whose cable can be pulled, and which can be full: then it is read only."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.plugged = True
        self.full = False
        self.looked = 0
        self.faster: list[tuple[str, Command]] = []
        """What others do just before the next verb."""
        self.loop: asyncio.AbstractEventLoop | None = None
        self._pulled = asyncio.Event()

    def plug(self, *, plugged: bool) -> None:
        """Pull the cable, or put it back; called in the loop."""
        self.plugged = plugged
        (self._pulled.clear if plugged else self._pulled.set)()

    def _need(self) -> None:
        if not self.plugged:
            raise StoreUnavailable("The cable is out.")

    async def try_writing(self) -> None:
        self._need()
        if self.full:
            raise StoreUnavailable("The disk is full.")

    async def do(self, verb: str, asked: Sequence[Command]) -> list[Outcome]:
        await self.try_writing()
        while self.faster:
            before, command = self.faster.pop(0)
            await super().do(before, [command])
        return await super().do(verb, asked)

    async def task(self, id: str) -> TaskRecord | None:
        self._need()
        return await super().task(id)

    async def world(self) -> World:
        self.looked += 1
        self.loop = asyncio.get_running_loop()
        self._need()
        return await super().world()

    async def _until_pulled(self, after: str) -> AsyncIterator[list[Event]]:
        source = super().events(after)
        pulled = asyncio.ensure_future(self._pulled.wait())
        while True:
            coming = asyncio.ensure_future(anext(source))
            await asyncio.wait({coming, pulled}, return_when=asyncio.FIRST_COMPLETED)
            if pulled.done():
                coming.cancel()
                self._need()
            yield coming.result()

    def events(self, after: str) -> AsyncIterator[list[Event]]:
        return self._until_pulled(after)


@dataclass(slots=True, kw_only=True)
class Living:
    """One living service."""

    service: Running
    store: Unpluggable
    clock: ManualClock
    lease: str = ""
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the service's loop."""
        assert self.store.loop
        return asyncio.run_coroutine_threadsafe(work, self.store.loop).result(30)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send a request; header names have `_` for `-`."""
        content = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.service.client.request(method, path, content=content, headers=named)

    def new(self, kind: str = "t") -> str:
        """An id that nothing has yet."""
        return f"{kind}{next(self.numbers)}"

    def agent(self, **said: Any) -> str:
        """A new agent who can take much."""
        id = self.new("a")
        assert self.ask("PUT", f"/v1/agents/{id}", {"capacity": 1000, **said}).status_code == 201
        return id

    def task(self, **said: Any) -> str:
        """A new task."""
        id = self.new("t")
        made = self.ask("POST", "/v1/tasks", {"id": id, **said})
        assert made.status_code == 201, made.text
        return id

    def offer(
        self, task: str, agent: str, ttl_ms: int = 60_000, terms: Mapping[str, int] | None = None
    ) -> str:
        """Offer a task, as the dispatcher does, for what it is worth by the terms."""
        terms = terms or {"fit": 7}
        now, id = self.clock.now_ms(), self.new("o")
        if not self.lease:
            self.lease = self.run(self.store.take_lease("tests", 10**9)) or ""
        record = self.run(self.store.task(task))
        assert record
        asked = MakeOffer(
            op=id, actor="dispatcher", now=now, lease=self.lease, offer=id, task=task, agent=agent,
            task_version=record.version, expires_at=now + ttl_ms, value=sum(terms.values()), terms=terms,
            expected_ms=90_000,
        )  # fmt: skip
        self.dispatch("offer", asked)
        return id

    def dispatch(self, verb: str, command: Command) -> Outcome:
        """Do a verb of the dispatcher."""
        [outcome] = self.run(self.store.do(verb, [command]))
        assert not outcome.refused, outcome
        return outcome

    def on_offer(self, verb: str, offer: str) -> None:
        command = OnOffer(
            op=self.new("op"), actor="x", now=self.clock.now_ms(), lease=self.lease, offer=offer
        )
        self.dispatch(verb, command)

    def on_task(self, verb: str, task: str, **facts: Any) -> None:
        now = self.clock.now_ms()
        self.dispatch(verb, OnTask(op=self.new("op"), actor="x", now=now, task=task, facts=facts))

    def in_state(self, state: str) -> str:
        """A new task in a state."""
        task = self.task()
        if state == "held":
            self.on_task("hold", task, reason="test")
        if state == "cancelled":
            self.on_task("cancel", task, reason="test")
        if state in ("offered", "assigned", "completed"):
            offer = self.offer(task, self.agent())
            if state != "offered":
                self.on_offer("accept", offer)
            if state == "completed":
                self.on_task("complete", task)
        return task


@contextmanager
def living(**settings: Any) -> Iterator[Living]:
    """A living service until the block ends."""
    clock = ManualClock(at_ms=NOON_MS)
    store = Unpluggable(clock)
    with running(workers=1, clock=clock, store=store, **settings) as service:
        until(lambda: service.client.get("/readyz").status_code == 200, "the service is ready")
        yield Living(service=service, store=store, clock=clock)


def code(response: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem."""
    return response.status_code, response.json()["code"]


def faults(response: httpx.Response) -> list[tuple[str, str]]:
    """(pointer, code) of each fault of a problem."""
    assert response.status_code == 422, response.text
    return [(fault["pointer"], fault["code"]) for fault in response.json()["errors"]]
