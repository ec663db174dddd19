"""Clients of a living service at a bounded rate: a platform, agents, and a desk that changes who can what.

Every client asks again, under the same Idempotency-Key and of whatever address, until it knows; what it asks
and what it is told is in the history. What they do is drawn from a seed; when, is up to the machine.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from tests.faults.history import History, Result

RATE = 25.0
"""Tasks a second."""
AGENTS = 6
SKILLS = ("billing", "fraud", "sap")
CHANNELS = ("case", "email")
ALL = dict.fromkeys(SKILLS, 3)
QUEUES: dict[str, dict[str, Any]] = {
    "main": {"decline_cool_down_s": 1},
    "eager": {"decline_cool_down_s": 1, "auto_accept": True},
    "easing": {
        "decline_cool_down_s": 1,
        "relaxation": [{"after_s": 0.2, "skills": {"billing": 2}}, {"after_s": 0.5, "drop": ["sap"]}],
        "floor": {"billing": 1},
    },
}
ANSWERS = (("accept",), ("decline",), ("accept", "accept"), ("accept", "decline"))
OFTEN = (6, 1, 2, 1)
PAUSE_S = 0.05
PATIENCE_S = 3.0
CALM_S = 45.0
POLL_S = 0.4

Doc = dict[str, Any]
Work = Callable[["Load"], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a client knows in the end: the result, why it was refused, whether it had been done before."""

    result: Result
    code: str = ""
    replayed: bool = False


@dataclass(slots=True, kw_only=True)
class Load:
    """The clients. `calm` ends what is new; `over` ends everything."""

    urls: Sequence[str]
    random: Random
    http: httpx.AsyncClient
    offer_ttl_s: float
    silent: float
    """How often an agent does not answer an offer at all."""
    history: History = field(default_factory=History)
    calm: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    completed: int = 0
    numbers: Iterator[int] = field(default_factory=itertools.count)
    work: asyncio.TaskGroup = field(default_factory=asyncio.TaskGroup)
    enqueuing: set[asyncio.Task[Answer]] = field(default_factory=set)
    others: Sequence[Work] = ()
    """Who else works while tasks are made, and leaves nothing undone in the end."""
    stirring: list[asyncio.Task[None]] = field(default_factory=list)
    unavailable: list[httpx.Response] = field(default_factory=list)
    """The answers 503."""
    replayed: int = 0
    """How often a request that was sent once was done twice, and answered as the first time."""

    # Asking.

    async def ask(self, client: str, verb: str, target: str, method: str, path: str, said: Doc) -> Answer:
        """Ask until it is known what came of it."""
        op, again = f"{client}-{next(self.numbers)}", False
        while not self.over.is_set():
            attempt = self.history.invoke(client, verb, target, f"dev {op}")
            found = await self._send(method, path, said, op)
            self.replayed += found.replayed and not again
            again = True
            self.history.answered(attempt, found.result, found.code)
            if found.result is not Result.UNKNOWN:
                return found
            await self.rest(PAUSE_S)
        return Answer(result=Result.UNKNOWN)

    async def _send(self, method: str, path: str, said: Doc, op: str) -> Answer:
        headers = {"Idempotency-Key": op}
        try:
            got = await self.http.request(method, self.url() + path, json=said, headers=headers)
            body = got.json()
        except (httpx.TransportError, ValueError):
            return Answer(result=Result.UNKNOWN)
        if got.status_code >= 500:
            self.unavailable += [got] if got.status_code == 503 else []
            assert got.status_code == 503, got.text
            return Answer(result=Result.UNKNOWN, code=body["code"])
        if got.is_success:
            return Answer(result=Result.OK, replayed="idempotent-replayed" in got.headers)
        return Answer(result=Result.FAIL, code=body["code"])

    async def read(self, path: str) -> Any:
        """What is there, asked until there is an answer."""
        while True:
            try:
                got = await self.http.get(self.url() + path)
                if got.is_success:
                    return got.json()
            except (httpx.TransportError, ValueError):
                pass
            await self.rest(PAUSE_S)

    def url(self) -> str:
        """One of the addresses."""
        return self.random.choice(self.urls)

    async def rest(self, seconds: float) -> None:
        """Wait so long, or until all is over."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.over.wait(), seconds)

    # The platform.

    async def platform(self) -> None:
        """Make tasks at the rate, whether or not those before are answered."""
        while not (self.calm.is_set() or self.over.is_set()):
            making = self.work.create_task(self._enqueue(f"t{next(self.numbers)}"))
            self.enqueuing.add(making)
            making.add_done_callback(self.enqueuing.discard)
            await self.rest(1 / RATE)

    async def _enqueue(self, id: str) -> Answer:
        chance, queue = self.random, self.random.choice(list(QUEUES))
        doc: Doc = {"id": id, "queue": queue, "size": chance.choice((1, 1, 1, 2))}
        doc["skills"] = {skill: chance.randint(1, 3) for skill in chance.sample(SKILLS, chance.randint(0, 2))}
        if chance.random() < 0.2:
            doc["any_skills"] = [{skill: 3} for skill in chance.sample(SKILLS, 2)]
        if chance.random() < 0.2:
            doc["channel"] = chance.choice(CHANNELS)
        if chance.random() < 0.2:
            doc["excluded_agents"] = chance.sample(self.agents(), 2)
        return await self.ask("platform", "enqueue", id, "POST", "/v1/tasks", doc)

    # The agents.

    def agents(self) -> list[str]:
        """Their ids."""
        return [f"a{number}" for number in range(AGENTS)]

    async def put_agent(self, id: str, doc: Doc) -> None:
        """Say what an agent can."""
        capacity = 2 + int(id[1:]) % 3
        await self.ask("desk", "put_agent", id, "PUT", f"/v1/agents/{id}", {"capacity": capacity, **doc})

    async def desk(self) -> None:
        """Change who can what, and who is there, all the time; in the end everybody can all, and is there."""
        while not (self.calm.is_set() or self.over.is_set()):
            id, chance = self.random.choice(self.agents()), self.random
            if chance.random() < 0.2:
                said = {"presence": chance.choice(("away", "available", "available"))}
                await self.ask("desk", "set_presence", id, "PUT", f"/v1/agents/{id}/presence", said)
            else:
                skills = {skill: chance.randint(1, 3) for skill in chance.sample(SKILLS, 2)}
                channels = chance.choice((None, None, ["case"], ["email"]))
                await self.put_agent(id, {"skills": skills, "channels": channels})
            await self.rest(2 / RATE)
        for id in self.agents():
            await self.put_agent(id, {"skills": ALL, "presence": "available"})

    async def agent(self, id: str) -> None:
        """Answer offers as they come, and do what was accepted."""
        seen: set[str] = set()
        while not self.over.is_set():
            items = await self.items(f"/v1/agents/{id}/offers?wait_s={POLL_S}")
            new = [offer for offer in items if offer["id"] not in seen]
            seen.update(offer["id"] for offer in new)
            for offer in new:
                self.work.create_task(self._answer(id, offer["id"], offer["task"]))
            if not new:
                await self.rest(PAUSE_S)

    async def items(self, path: str) -> list[Doc]:
        """A list as it is now; nothing when there is no answer."""
        try:
            got = await self.http.get(self.url() + path)
            return list(got.json()["items"]) if got.is_success else []
        except (httpx.TransportError, ValueError):
            return []

    async def _answer(self, agent: str, offer: str, task: str) -> None:
        """Accept, mostly; or decline, or give two answers at once, or none."""
        if self.random.random() < self.silent and not self.calm.is_set():
            return
        verbs = self.random.choices(ANSWERS, OFTEN)[0]
        answers = await asyncio.gather(*(self._verb(agent, verb, "offers", offer) for verb in verbs))
        told = zip(verbs, answers, strict=True)
        if any(verb == "accept" and answer.result is Result.OK for verb, answer in told):
            await self._work(agent, task)

    async def _work(self, agent: str, task: str) -> None:
        if self.random.random() < 0.1 and not self.calm.is_set():
            await self._verb(agent, "release", "tasks", task)
            return
        if self.random.random() < 0.3:
            await self._verb(agent, "start", "tasks", task)
        done = await self._verb(agent, "complete", "tasks", task)
        self.completed += done.result is Result.OK

    async def _verb(self, agent: str, verb: str, kind: str, id: str) -> Answer:
        return await self.ask(agent, verb, id, "POST", f"/v1/{kind}/{id}/{verb}", {})

    async def worker(self, id: str) -> None:
        """Do what an agent was given without an offer: tasks of a queue that accepts for them."""
        seen: set[tuple[str, int]] = set()
        while not self.over.is_set():
            for task in await self.items(f"/v1/tasks?queue=eager&state=assigned&agent={id}"):
                if (task["id"], task["attempts"]) not in seen:
                    seen.add((task["id"], task["attempts"]))
                    self.work.create_task(self._work(id, task["id"]))
            await self.rest(2 * PAUSE_S)

    # All of it.

    async def begin(self) -> None:
        """Make the queues and the agents, and let the agents begin."""
        for queue, said in QUEUES.items():
            doc = {"offer_ttl_s": self.offer_ttl_s, **said}
            await self.ask("desk", "put_queue", queue, "PUT", f"/v1/queues/{queue}", doc)
        for id in self.agents():
            await self.put_agent(id, {"skills": ALL, "presence": "available"})
            self.work.create_task(self.agent(id))
            self.work.create_task(self.worker(id))
        self.stir()

    def stir(self) -> None:
        """Let the platform, the desk and the others begin, or begin again."""
        self.calm.clear()
        self.work.create_task(self.platform())
        self.stirring = [self.work.create_task(work(self)) for work in (Load.desk, *self.others)]

    async def goes_on(self, more: int = 20) -> None:
        """Return when so many more tasks are completed. Raises TimeoutError."""
        goal = self.completed + more
        async with asyncio.timeout(CALM_S):
            while self.completed < goal:
                await self.rest(PAUSE_S)

    async def settle(self) -> list[str]:
        """Make nothing new until every task is done. Returns those that still are not after CALM_S."""
        self.calm.set()
        waiting = [{"id": "the desk", "state": "busy"}]
        with suppress(TimeoutError):
            async with asyncio.timeout(CALM_S):
                await asyncio.wait(self.stirring)
                while self.enqueuing or (waiting := (await self.read("/v1/tasks"))["items"]):
                    await self.rest(PAUSE_S)
        return [f"{task['id']} is {task['state']}" for task in waiting]


@asynccontextmanager
async def load_on(
    urls: Sequence[str],
    random: Random,
    *,
    offer_ttl_s: float = 1.0,
    silent: float = 0.06,
    others: Sequence[Work] = (),
) -> AsyncIterator[Load]:
    """Clients of the service at these addresses, until the block ends."""
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=50)
    async with httpx.AsyncClient(timeout=PATIENCE_S, limits=limits) as http:
        load = Load(
            urls=urls, random=random, http=http, offer_ttl_s=offer_ttl_s, silent=silent, others=others
        )
        async with load.work:
            await load.begin()
            try:
                yield load
            finally:
                load.over.set()
