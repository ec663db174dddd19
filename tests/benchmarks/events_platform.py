"""A platform that lives on the events, in a process of its own: it makes tasks at a steady rate, and as it
hears of them accepts their offers and completes them. Each task makes four transitions.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any, cast

import uvloop

from tests.benchmarks.apart import apart
from tests.benchmarks.service import HOST, Service
from tests.benchmarks.wire import Wires, post, wires

TRANSITIONS_A_TASK = 4
QUEUE, SKILL = "billing", "invoices"
AGENTS, CAPACITY = 100, 20
CONNECTIONS = 16
_HEARD = "/v1/events?type=task.offered,task.accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Ask for so many tasks a second, for so long."""

    rate: float
    seconds: float


@dataclass(slots=True, kw_only=True)
class Done:
    """What came of it: the tasks that were made and those completed, what was refused, and answers in s."""

    made: int = 0
    completed: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    acks: list[float] = field(default_factory=list)
    cpu_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class Platform(asyncio.Protocol):
    """The platform, and the stream that it hears."""

    wires: Wires
    done: Done = field(default_factory=Done)
    number: int = 0
    doing: set[asyncio.Task[None]] = field(default_factory=set)
    _text: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the events."""
        request = f"GET {_HEARD} HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
        cast("asyncio.Transport", transport).write(request.encode())

    def data_received(self, data: bytes) -> None:
        """Do what each event calls for."""
        *lines, self._text = (self._text + data).split(b"\n")
        for line in lines:
            if line.startswith(b"data: "):
                self._hear(json.loads(line[6:]))

    def _hear(self, event: dict[str, Any]) -> None:
        if event["type"] == "task.offered":
            self._do(f"/v1/offers/{event['data']['offer']}/accept", b"", "accept")
        else:
            self._do(f"/v1/tasks/{event['subject']}/complete", b"{}", "complete")

    def _do(self, path: str, body: bytes, verb: str) -> None:
        task = asyncio.ensure_future(self._ask(path, body, verb))
        self.doing.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self.doing.discard(task)
        task.result()

    async def _ask(self, path: str, body: bytes, verb: str) -> None:
        self.number += 1
        began = time.perf_counter()
        status, answer, at = await self.wires.ask(post(path, body, f"events-{self.number}"))
        self.done.acks.append(at - began)
        if status >= 300:
            code = f"{verb}: {status} {json.loads(answer).get('code')}"
            self.done.refused[code] = self.done.refused.get(code, 0) + 1
        self.done.made += verb == "enqueue"
        self.done.completed += verb == "complete"

    async def run(self, run: Run) -> Done:
        """Make tasks, one after the other."""
        self.done, cpu = Done(), time.process_time()
        began = time.perf_counter()
        for at in range(round(run.rate * run.seconds)):
            await asyncio.sleep(max(0.0, began + at / run.rate - time.perf_counter()))
            self._do("/v1/tasks", _task(self.number), "enqueue")
        while self.done.completed < self.done.made or self.doing:  # noqa: ASYNC110 - it comes true elsewhere
            await asyncio.sleep(0.01)
        self.done.cpu_s = time.process_time() - cpu
        return self.done


def _task(number: int) -> bytes:
    due = datetime.now(UTC) + timedelta(hours=4)
    doc = {
        "id": f"INC-{number}",
        "queue": QUEUE,
        "category": "invoice_correction",
        "skills": {SKILL: 3},
        "priority": "high",
        "due_at": due.isoformat(timespec="milliseconds"),
        "handle_s": 900,
        "attributes": {"ticket": f"CRM-{number}"},
    }
    return json.dumps(doc).encode()


def populate(running: Service) -> None:
    """Make the queue and the agents. Raises RuntimeError when that is refused."""
    connection = running.connect()
    records = {
        f"/v1/agents/agent-{at:03}": {"skills": {SKILL: 5}, "capacity": CAPACITY} for at in range(AGENTS)
    }
    for path, doc in {f"/v1/queues/{QUEUE}": {"offer_ttl_s": 60}, **records}.items():
        connection.request("PUT", path, json.dumps(doc))
        response = connection.getresponse()
        answer = response.read()
        if response.status != 201:
            raise RuntimeError(f"{path} was answered {response.status}: {answer[:300].decode()}")


@contextmanager
def platform(port: int) -> Iterator[Connection]:
    """A platform on the service at a port while the block runs: send it a Run for what it has Done."""
    with apart(_main, port) as channel:
        yield channel


def _main(channel: Connection, port: int) -> None:
    uvloop.run(_serve(channel, port))


async def _serve(channel: Connection, port: int) -> None:
    one = Platform(wires=await wires(port, CONNECTIONS))
    await asyncio.get_running_loop().create_connection(lambda: one, HOST, port)
    while True:
        channel.send(await one.run(await asyncio.to_thread(channel.recv)))
