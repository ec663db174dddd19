"""Cold start: how soon a service is ready again on a store that is full."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.benchmarks.live_world import read
from tests.benchmarks.processes import server_of
from tests.benchmarks.report import Result, Row, verdict
from tests.benchmarks.service import HOST, PATIENCE_S, Service, held_bytes, launch

LOOK_S = 0.02
MOST_S = 5.0
MOST_GIB = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A service that has been started, how long it took until it was ready, and its first process."""

    service: Service
    ready_s: float
    process: subprocess.Popen[bytes]


def cold(log: Path, state: Path, durability: str) -> Iterator[Result]:
    """Start on a folder of state after a graceful end, kill that service with -9, and start again."""
    with _started(log, state, durability) as first:
        stats = read(first.service, "/v1/stats")
        kept = server_of(first.process.pid)
        first.process.kill()
        first.process.wait()
    with _started(log, state, durability) as second:
        gib = (held_bytes(second.process.pid) + held_bytes(kept)) / 2**30
    waiting, agents = stats["tasks"]["queued"], sum(stats["agents"].values())
    size = sum(file.stat().st_size for file in state.rglob("*") if file.is_file()) / 2**20
    yield _row(
        f"{durability}: from start to ready, {waiting:,} waiting tasks and {agents:,} agents in the store "
        f"({size:,.0f} MiB on disk)",
        first.ready_s,
    )
    yield _row(f"{durability}: the same after kill -9 of the service, whose store lives on", second.ready_s)
    yield Row(
        what=f"{durability}: memory of the whole service after that start",
        asked=f"at most {MOST_GIB:g} GiB",
        measured=f"{gib:.2f} GiB",
        verdict=verdict(gib <= MOST_GIB),
    )


def _row(what: str, seconds: float) -> Row:
    return Row(
        what=what,
        asked=f"at most {MOST_S:g} s",
        measured=f"{seconds:.2f} s",
        verdict=verdict(seconds <= MOST_S),
    )


@contextmanager
def _started(log: Path, state: Path, durability: str) -> Iterator[Start]:
    """Start a service and wait until it is ready; end it gracefully when the block ends."""
    port, began = _free_port(), time.perf_counter()
    process = launch(log, port=port, state_dir=state, durability=durability, dev="true")
    try:
        _until(lambda: _ready(port), process)
        took = time.perf_counter() - began
        yield Start(service=Service(port=port, pid=process.pid), ready_s=took, process=process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


def _until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Return when it holds. Raises RuntimeError when the process ends, or it takes too long."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"The service did not get ready (process {process.pid}).")
        time.sleep(LOOK_S)


def _ready(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False  # nobody listens yet
    finally:
        connection.close()


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as one:
        return int(one.getsockname()[1])
