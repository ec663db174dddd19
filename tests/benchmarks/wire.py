"""HTTP over bare sockets: a client that costs much less than what it asks."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeVar, cast

from assigner.client.call import Answer as Reply
from assigner.client.retry import Ask
from tests.benchmarks.service import HOST

Answer = tuple[int, bytes, float]
"""Its status, its body, and when its last byte was there by `time.perf_counter`."""
R = TypeVar("R", bound="Replies")
_HEAD_END = b"\r\n\r\n"
_CLOSED = "The service closed a connection."
_LENGTH = b"content-length: "


class Replies(asyncio.Protocol, ABC):
    """One connection that stays open: puts together the answers, each of which says how long it is."""

    def __init__(self) -> None:
        self._received = b""
        self.transport: asyncio.Transport

    @abstractmethod
    def answered(self, status: int, body: bytes) -> None:
        """An answer is complete."""

    @abstractmethod
    def lost(self) -> None:
        """The connection has ended."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the other end."""
        self.transport = cast("asyncio.Transport", transport)  # those of uvloop have no such parent

    def connection_lost(self, error: Exception | None) -> None:
        """Tell."""
        self.lost()

    def data_received(self, data: bytes) -> None:
        """Put an answer together."""
        received = self._received = self._received + data if self._received else data
        head = received.find(_HEAD_END)
        if head < 0:
            return
        at = received.find(_LENGTH, 0, head)
        if at < 0:
            at = received.lower().index(_LENGTH, 0, head)
        at += len(_LENGTH)
        begin = head + len(_HEAD_END)
        end = begin + int(received[at : received.index(b"\r\n", at)])
        if len(received) >= end:
            self._received = received[end:]
            self.answered(int(received[9:12]), received[begin:end])


class Wire(Replies):
    """A connection that asks one thing at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: asyncio.Future[Answer] | None = None

    async def ask(self, request: bytes) -> Answer:
        """The answer to a request. Raises ConnectionError when the connection ends."""
        if self.transport.is_closing():
            raise ConnectionError(_CLOSED)
        self._waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._waiting

    def answered(self, status: int, body: bytes) -> None:
        """Give it to who waits."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result((status, body, time.perf_counter()))

    def lost(self) -> None:
        """Tell who waits."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError(_CLOSED))


class Wires:
    """So many connections; who asks when all are in use waits for the next one, in turn.

    A connection that the service has closed, for it was idle, is made anew, and what was asked over it is
    asked again: every request has to have a key that makes this safe.
    """

    def __init__(self, port: int, wires: list[Wire]) -> None:
        self._port = port
        self._free = deque(wires)
        self._waiting: deque[asyncio.Future[Wire]] = deque()

    @property
    def backlog(self) -> int:
        """How many wait for a connection."""
        return len(self._waiting)

    async def ask(self, request: bytes) -> Answer:
        """The answer to a request, on any of the connections."""
        wire = await self._turn()
        try:
            while True:
                try:
                    return await wire.ask(request)
                except ConnectionError:
                    wire = await connect(self._port, Wire)
        finally:
            if self._waiting:
                self._waiting.popleft().set_result(wire)
            else:
                self._free.append(wire)

    async def _turn(self) -> Wire:
        if self._free:
            return self._free.popleft()
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        return await turn


class WireCarrier:
    """Carries the requests of an AsyncClient over bare connections. `asked` counts them.

    Answers come without their headers, and streams not at all: nothing here needs them.
    """

    def __init__(self, wires: Wires) -> None:
        self.wires = wires
        self.asked = 0

    async def carry(self, ask: Ask) -> Reply:
        """The answer to a request."""
        self.asked += 1
        said = "".join(f"{name}: {value}\r\n" for name, value in ask.headers.items())
        length = f"Content-Length: {len(ask.body)}\r\n" if ask.method != "GET" else ""
        head = f"{ask.method} {ask.target} HTTP/1.1\r\nHost: {HOST}\r\n{said}{length}\r\n"
        status, body, _ = await self.wires.ask(head.encode() + ask.body)
        return Reply(status=status, headers={}, body=body)


class Hammer(Replies):
    """A connection that asks the next thing as soon as it has an answer, until it is told to stop."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        super().__init__()
        self._requests = requests
        self.statuses: dict[int, int] = {}
        self.stopping = False
        self.stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def begin(self) -> None:
        """Ask the first thing."""
        self.transport.write(next(self._requests))

    def answered(self, status: int, body: bytes) -> None:
        """Count it, and go on."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if self.stopping:
            self.transport.close()
        else:
            self.transport.write(next(self._requests))

    def lost(self) -> None:
        """Nothing more comes."""
        if not self.stopped.done():
            self.stopped.set_result(None)


async def connect(port: int, make: Callable[[], R]) -> R:
    """A connection to the service at a port."""
    _, made = await asyncio.get_running_loop().create_connection(make, HOST, port)
    return made


async def wires(port: int, count: int) -> Wires:
    """So many connections to the service at a port."""
    return Wires(port, [await connect(port, Wire) for _ in range(count)])


def post(path: str, body: bytes = b"", key: str = "") -> bytes:
    """The bytes of a POST, with an Idempotency-Key where one is given."""
    said = f"Idempotency-Key: {key}\r\n" if key else ""
    return (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n{said}"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def get(path: str) -> bytes:
    """The bytes of a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
