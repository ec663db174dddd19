"""As many requests a second as a service answers over so many connections, asked from another process."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection
from random import Random

import uvloop

from tests.benchmarks.apart import apart
from tests.benchmarks.live_world import Doc, task_doc
from tests.benchmarks.service import HOST, PATIENCE_S
from tests.benchmarks.wire import Hammer, connect, get, post

BODIES = 500
"""So many tasks are written beforehand; each is sent again and again under other ids."""
_EMPTY = """
import socket, sys, uvicorn
from fastapi import FastAPI
app = FastAPI()
@app.post("/empty", status_code=201)
async def empty() -> dict[str, str]:
    return {}
listener = socket.create_server((sys.argv[1], 0), backlog=2048)
print(listener.getsockname()[1], flush=True)
config = uvicorn.Config(app, loop="uvloop", http="httptools", ws="none", access_log=False, log_level="error")
uvicorn.Server(config).run(sockets=[listener])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Ask for a round: so many connections for so long, to make tasks or, with `empty`, for nothing; with a
    `path`, to get that. `key` is shown with each request, where there is one.
    """

    port: int
    connections: int
    seconds: float
    empty: bool = False
    path: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Requests answered a second, how many of them otherwise than asked, the client's share of a core."""

    a_second: float
    other: int
    client: float


@contextmanager
def empty_route() -> Iterator[int]:
    """An empty route of FastAPI, on the server that the service has; its port."""
    process = subprocess.Popen([sys.executable, "-c", _EMPTY, HOST], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@contextmanager
def hammer() -> Iterator[Connection]:
    """Another process: send it a Round for its Rate. Raises EOFError from `recv` when it has failed."""
    with apart(_main) as channel:
        yield channel


def _main(channel: Connection) -> None:
    bodies, numbers = list(_bodies()), count()
    while True:
        asked: Round = channel.recv()
        channel.send(uvloop.run(_round(asked, _requests(asked, bodies, numbers))))


async def _round(asked: Round, requests: Iterator[bytes]) -> Rate:
    hammers = [await connect(asked.port, lambda: Hammer(requests)) for _ in range(asked.connections)]
    began, cpu = time.perf_counter(), time.process_time()
    for each in hammers:
        each.begin()
    await asyncio.sleep(asked.seconds)
    took, spent = time.perf_counter() - began, time.process_time() - cpu
    statuses = [dict(each.statuses) for each in hammers]
    for each in hammers:
        each.stopping = True
    await asyncio.wait([each.stopped for each in hammers])
    total, status = sum(sum(one.values()) for one in statuses), 200 if asked.path else 201
    good = sum(one.get(status, 0) for one in statuses)
    return Rate(a_second=total / took, other=total - good, client=spent / took)


def _bodies() -> Iterator[tuple[bytes, bytes]]:
    """A task as it goes over the wire, before and after the number that its id ends with."""
    chance = Random(4)
    for _ in range(BODIES):
        doc: Doc = {**task_doc(chance.randrange(80), chance), "id": "hammered-@"}
        before, _, after = json.dumps(doc).encode().partition(b"@")
        yield before, after


def _requests(asked: Round, bodies: list[tuple[bytes, bytes]], numbers: Iterator[int]) -> Iterator[bytes]:
    shown = b"\r\nAuthorization: Bearer %s\r\n" % asked.key.encode() if asked.key else b"\r\n"
    for request in _plain(asked, bodies, numbers):
        yield request.replace(b"\r\n", shown, 1)


def _plain(asked: Round, bodies: list[tuple[bytes, bytes]], numbers: Iterator[int]) -> Iterator[bytes]:
    while asked.path:
        yield get(asked.path)
    for number in numbers:
        before, after = bodies[number % len(bodies)]
        body = b"%s%d%s" % (before, number, after)
        yield post("/empty" if asked.empty else "/v1/tasks", body, f"hammer-{number}")
