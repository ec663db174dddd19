"""One worker process, as its parent sees it."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Literal, cast

from api import frames
from api.messages import Job
from api.spool import Spool

_STDERR = 2
Reason = Literal["crashed", "timed_out", "disconnected", "memory"]


class WorkerGoneError(Exception):
    """A worker's process ended before it answered."""


class Worker(asyncio.Protocol):
    """The parent's end of one worker process."""

    def __init__(self, process: subprocess.Popen[bytes], channel: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self.process = process
        self.ready: asyncio.Future[bytes] = loop.create_future()
        self.ended = asyncio.Event()
        self.reason: Reason | None = None
        self._channel = channel
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._answer = self.ready

    @classmethod
    async def start(cls, command: list[str]) -> "Worker":
        """Start a process; it says READY later."""
        ours, its = socket.socketpair()
        with its:
            process = _launch(command, its)
        worker = cls(process, ours)
        await asyncio.get_running_loop().create_unix_connection(lambda: worker, sock=ours)
        return worker

    @property
    def alive(self) -> bool:
        """Whether the process can still be given a job."""
        return self.reason is None and not self.ended.is_set()

    @property
    def busy(self) -> bool:
        """Whether it has a job, or is not ready yet."""
        return not self._answer.done()

    def ask(self, body: Spool, answer: Spool, job: Job) -> asyncio.Future[bytes]:
        """Give it a job; the payload of its Outcome comes later, or WorkerGoneError.

        Cancelling the future does not stop the job. Both spools may be closed at once.
        """
        self._answer = asyncio.get_running_loop().create_future()
        try:
            # Not through the transport, which cannot send descriptors. The socket is empty, since the worker
            # has answered all before: a frame of a few hundred bytes fits whole.
            socket.send_fds(self._channel, [frames.pack(job)], [body.fileno(), answer.fileno()])
        except OSError:
            self.kill("crashed")
            self._answer.set_exception(WorkerGoneError())
        return self._answer

    def kill(self, reason: Reason) -> None:
        """End the process now; `reason` is why."""
        self.reason = reason
        self.process.kill()

    async def end(self) -> int:
        """Make sure that the process has ended, and return its exit status."""
        if self._transport:
            self._transport.abort()
        self.process.kill()
        # The system may take a tenth of a second to take a gigabyte back.
        return await asyncio.to_thread(self.process.wait)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self._received += data
        payload = frames.take(self._received)
        if payload is not None and not self._answer.done():
            self._answer.set_result(payload)

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the loop when the process has ended, or closed its end."""
        self.ended.set()
        if not self._answer.done():
            self._answer.set_exception(WorkerGoneError())


def _launch(command: list[str], channel: socket.socket) -> subprocess.Popen[bytes]:
    """Start a process that has the channel as its stdin, and imports what this process imports."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    environment = {**os.environ, "PYTHONPATH": path}
    # Its stdout is our stderr: whatever a library prints must not mix with what a command of ours prints.
    return subprocess.Popen(command, stdin=channel.fileno(), stdout=_STDERR, env=environment)  # noqa: S603
