"""Many who follow the events, in processes of their own: how long each event took to reach each of them."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import cast

import uvloop

from tests.benchmarks.service import HOST

PATH = "/v1/events"
_END, _ID = b"}\n\n", b"id: "
_spawn = multiprocessing.get_context("spawn")


@dataclass(slots=True, kw_only=True)
class Heard:
    """What some readers have heard: events by milliseconds on their way, events of each reader, and more."""

    late: Counter[int] = field(default_factory=Counter)
    events: list[int] = field(default_factory=list)
    pieces: int = 0
    size: int = 0
    ended: int = 0
    cpu_s: float = 0.0


class Reader(asyncio.Protocol):
    """One connection. What has come at once counts as late as the oldest event in it."""

    def __init__(self, heard: Heard) -> None:
        self.heard = heard
        self.events = 0
        self._since: int | None = None
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for everything."""
        request = f"GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
        cast("asyncio.Transport", transport).write(request.encode())

    def connection_lost(self, error: Exception | None) -> None:
        """Note that it has ended."""
        self.heard.ended += 1

    def data_received(self, data: bytes) -> None:
        """Count the events whose end has come."""
        now = time.time_ns() // 1_000_000
        ended = data.count(_END) + (self._tail + data[: len(_END) - 1]).count(_END)
        self._tail = data[1 - len(_END) :]
        heard = self.heard
        heard.pieces += 1
        heard.size += len(data)
        since = self._since if self._since is not None else _made(data, data.find(_ID))
        if ended and since is not None:
            self.events += ended
            heard.late[now - since] += ended
        last = data.rfind(_ID)
        if last >= 0:
            self._since = None if _END in data[last:] else _made(data, last)

    def begin(self, heard: Heard) -> None:
        """Count from nothing."""
        self.heard, self.events = heard, 0


def _made(data: bytes, at: int) -> int | None:
    """The milliseconds of the event whose id is at a place."""
    if at < 0:
        return None
    text = data[at + len(_ID) : at + 20].partition(b"-")[0]
    return int(text) if text.isdigit() and len(text) == 13 else None


@contextmanager
def readers(port: int, count: int, parts: int = 2) -> Iterator[list[Connection]]:
    """So many readers in some processes while the block runs: each is sent `None` and gives what it has heard
    since, and begins anew.
    """
    with ExitStack() as stack:
        yield [stack.enter_context(_process(port, count // parts)) for _ in range(parts)]


def heard_by(channels: list[Connection]) -> Heard:
    """What all have heard since they were asked last."""
    for channel in channels:
        channel.send(None)
    found = [cast(Heard, channel.recv()) for channel in channels]
    total = Heard()
    for each in found:
        total.late += each.late
        total.events += each.events
        total.pieces += each.pieces
        total.size += each.size
        total.ended += each.ended
        total.cpu_s += each.cpu_s
    return total


@contextmanager
def _process(port: int, count: int) -> Iterator[Connection]:
    ours, its = _spawn.Pipe()
    process = _spawn.Process(target=_main, args=(its, port, count), daemon=True)
    process.start()
    its.close()
    try:
        ours.recv()
        yield ours
    finally:
        process.terminate()
        process.join()


def _main(channel: Connection, port: int, count: int) -> None:
    uvloop.run(_follow(channel, port, count))


async def _follow(channel: Connection, port: int, count: int) -> None:
    loop, heard = asyncio.get_running_loop(), Heard()
    every: list[Reader] = []
    for _ in range(count):
        _, reader = await loop.create_connection(lambda: Reader(heard), HOST, port)
        every.append(cast(Reader, reader))
    channel.send("all follow")
    cpu = time.process_time()
    while True:
        await asyncio.to_thread(channel.recv)
        heard.events = [reader.events for reader in every]
        heard.cpu_s = time.process_time() - cpu
        channel.send(heard)
        heard, cpu = Heard(), time.process_time()
        for reader in every:
            reader.begin(heard)
