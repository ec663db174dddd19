"""A platform that acts for all its agents, in a process of its own: makes tasks, follows the offers, accepts
them at once, finishes work, and notes how long everything takes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from multiprocessing.connection import Connection
from random import Random
from typing import Any

import uvloop

from assigner.client import AsyncClient, Problem
from tests.benchmarks.apart import apart
from tests.benchmarks.live_world import CALM, MOVING, kind_of, queue_of, task_doc
from tests.benchmarks.service import HOST
from tests.benchmarks.wire import WireCarrier, wires

CONNECTIONS = 32
DRAIN_S = 3.0
"""How long offers may still come after a run."""

_now = time.perf_counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Ask for a run: so many arrivals and as many completions a second, for so long."""

    rate: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Ask for the Standing once so many agents have a task."""

    agents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many tasks this platform has made and completed, and how many agents have one."""

    made: int
    completed: int
    holding: int


@dataclass(slots=True, kw_only=True)
class Measured:
    """What came of a run; times in seconds.

    `freed`: from the answer to a completion, while tasks wait, until its agent has an offer. `made`: from the
    answer to a new task, while agents are free, until it has an offer; infinite for the `late` ones that had
    none when all was over. `acks`: from when a request was due to its answer, by verb.
    `starved`: completions that were due when nobody had work.
    """

    run: Run
    freed: list[float] = field(default_factory=list)
    made: list[float] = field(default_factory=list)
    late: int = 0
    acks: dict[str, list[float]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    offers: int = 0
    polls: int = 0
    starved: int = 0
    behind: int = 0
    """The most requests that waited for a connection."""
    cpu_s: float = 0.0

    @property
    def waits(self) -> list[float]:
        """Since a free agent and a task for them coexisted."""
        return self.freed + self.made


@dataclass(slots=True, kw_only=True)
class Platform:
    """What the platform knows. `waiting` has agents and tasks: since when each waits for an offer, infinity
    until that is known.
    """

    stream: AsyncClient
    polls: WireCarrier
    changes: AsyncClient
    carrier: WireCarrier
    measured: Measured
    chance: Random = field(default_factory=lambda: Random(3))
    made: int = 0
    completed: int = 0
    held: dict[str, str] = field(default_factory=dict)
    busy: dict[range, list[str]] = field(default_factory=lambda: {MOVING: [], CALM: []})
    waiting: dict[str, float] = field(default_factory=dict)
    doing: set[asyncio.Task[None]] = field(default_factory=set)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    """An agent has come to a task."""

    def do(self, job: Coroutine[Any, Any, None]) -> None:
        """Begin something, and keep it until it is done."""
        task = asyncio.ensure_future(job)
        self.doing.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.doing.discard(task)
        task.result()

    async def follow(self) -> None:
        """Follow the offers over one connection, for ever."""
        async for offer in self.stream.offers.all():
            agent, task, at = offer.agent, offer.task, _now()
            self.measured.offers += 1
            if (since := self.waiting.pop(agent, None)) is not None:
                self.measured.freed.append(max(0.0, at - since))
            if (since := self.waiting.pop(task, None)) is not None:
                self.measured.made.append(max(0.0, at - since))
            self.do(self._accept(offer.id, agent, task))

    async def _accept(self, offer: str, agent: str, task: str) -> None:
        if await self._ask("accept", self.changes.offers.accept(offer), _now()):
            self.held[agent] = task
            self.came.set()
            if (kind := kind_of(queue_of(agent))) in self.busy:
                self.busy[kind].append(agent)

    async def held_by(self, agents: int) -> None:
        """Return once so many agents have a task."""
        while len(self.held) < agents:
            self.came.clear()
            await self.came.wait()

    def standing(self) -> Standing:
        """How it stands."""
        return Standing(made=self.made, completed=self.completed, holding=len(self.held))

    async def arrive(self, due: float) -> None:
        """A new task: half go where agents are free, half where all are busy."""
        number = self.chance.choice(self.chance.choice((MOVING, CALM)))
        doc = task_doc(number, self.chance)
        if number in CALM:
            self.waiting[doc["id"]] = inf
        if await self._ask("enqueue", self.changes.tasks.make(**doc), due, doc["id"]):
            self.made += 1

    async def finish(self, due: float) -> None:
        """Somebody has done their task: half are agents for whose skills tasks wait."""
        agents = self.busy[self.chance.choice((MOVING, CALM))]
        if not agents:
            self.measured.starved += 1
            return
        at = self.chance.randrange(len(agents))
        agents[at], agents[-1] = agents[-1], agents[at]
        agent = agents.pop()
        if agents is self.busy[MOVING]:
            self.waiting[agent] = inf
        if await self._ask("complete", self.changes.tasks.complete(self.held.pop(agent)), due, agent):
            self.completed += 1

    async def _ask(self, verb: str, asking: Awaitable[object], due: float, waits: str = "") -> bool:
        """Ask; whether it was done. From the answer on, `waits` waits."""
        self.measured.behind = max(self.measured.behind, self.carrier.wires.backlog)
        refused = ""
        try:
            await asking
        except Problem as problem:
            refused = f"{verb}: {problem.status} {problem.code}"
        at = _now()
        self.measured.acks.setdefault(verb, []).append(at - due)
        if waits in self.waiting:
            self.waiting[waits] = at
        if refused:
            self.waiting.pop(waits, None)
            self.measured.refused[refused] = self.measured.refused.get(refused, 0) + 1
        return not refused

    async def run(self, run: Run) -> Measured:
        """Arrivals and completions at random instants, at these rates whatever the answers."""
        self.measured = measured = Measured(run=run)
        began, cpu, polls = _now(), time.process_time(), self.polls.asked
        due = began + self.chance.expovariate(2 * run.rate)
        while due < began + run.seconds:
            await asyncio.sleep(max(0.0, due - _now()))
            while due <= _now():
                self.do(self.chance.choice((self.arrive, self.finish))(due))
                due += self.chance.expovariate(2 * run.rate)
        measured.cpu_s = time.process_time() - cpu
        await self._drain()
        measured.polls = self.polls.asked - polls
        return measured

    async def _drain(self) -> None:
        """Wait for the offers that are on their way; one that does not come in time came never."""
        end = _now() + DRAIN_S
        while self.waiting and _now() < end:  # noqa: ASYNC110 - in the measured run nobody sets an event
            await asyncio.sleep(0.01)
        self.measured.late = len(self.waiting)
        for key in self.waiting:
            (self.measured.freed if key.startswith("agent-") else self.measured.made).append(inf)
        self.waiting.clear()


@contextmanager
def platform(port: int) -> Iterator[Connection]:
    """A platform on the service at a port while the block runs: send it a Run for its Measured, None for its
    Standing, or Holding. Raises EOFError from `recv` when it has failed.
    """
    with apart(_main, port) as channel:
        yield channel


def _main(channel: Connection, port: int) -> None:
    uvloop.run(_serve(channel, port))


async def _serve(channel: Connection, port: int) -> None:
    """Do what is asked, one thing after the other."""
    nothing = Measured(run=Run(rate=0, seconds=0))
    polls, carrier = WireCarrier(await wires(port, 1)), WireCarrier(await wires(port, CONNECTIONS))
    stream, changes = (
        AsyncClient(f"http://{HOST}:{port}", carrier=each, retries=0) for each in (polls, carrier)
    )
    one = Platform(stream=stream, polls=polls, changes=changes, carrier=carrier, measured=nothing)
    following = asyncio.ensure_future(one.follow())
    while True:
        asking = asyncio.ensure_future(asyncio.to_thread(channel.recv))
        await asyncio.wait({following, asking}, return_when=asyncio.FIRST_COMPLETED)
        if following.done():
            following.result()
        asked = await asking
        if isinstance(asked, Holding):
            await one.held_by(asked.agents)
        if asked is None or isinstance(asked, Holding):
            channel.send(one.standing())
        else:
            channel.send(await one.run(asked))
