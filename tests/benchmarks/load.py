"""Load from other processes: probes of `/livez` at a steady rate, and samples of a service's memory."""

import math
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from multiprocessing.connection import Connection

from tests.benchmarks.service import HOST, PATIENCE_S, Service, held_bytes

# Longer than a probe takes on busy cores: the one prober must not hold up its own probes.
PROBE_EVERY_S = 0.025
SAMPLE_EVERY_S = 0.02
LONGEST_S = 300.0
"""Load ends by itself after this, whoever has forgotten it."""

_spawn = multiprocessing.get_context("spawn")
_Take = Callable[[int, float], float]


@contextmanager
def probing(service: Service) -> Iterator[list[float]]:
    """Probe `/livez` from another process while the block runs; then the list has the seconds of each probe.

    Probes are due at a steady rate, and their time counts from when they were due: the ones that a
    stall holds up count as well.
    """
    with _meanwhile(_probe, service.port, PROBE_EVERY_S) as seconds:
        yield seconds


@contextmanager
def sampling(service: Service) -> Iterator[list[float]]:
    """Sample the service's memory from another process while the block runs; then the list has the bytes."""
    with _meanwhile(_sample, service.pid, SAMPLE_EVERY_S) as held:
        yield held


def quantile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least `part` of the values do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]


@contextmanager
def _meanwhile(take: _Take, target: int, every_s: float) -> Iterator[list[float]]:
    """Take a number of the target every so often. Raises EOFError when the other process fails."""
    ours, its = _spawn.Pipe()
    process = _spawn.Process(target=_repeat, args=(its, take, target, every_s), daemon=True)
    process.start()
    its.close()
    values: list[float] = []
    try:
        ours.recv()
        yield values
        ours.send("end")
        values += ours.recv()
    finally:
        process.terminate()
        process.join()


def _repeat(channel: Connection, take: _Take, target: int, every_s: float) -> None:
    """Say that it begins; take numbers until told to end, or for LONGEST_S; send them."""
    channel.send("begun")
    values: list[float] = []
    due = time.perf_counter()
    end = due + LONGEST_S
    while due < end and not channel.poll(max(0.0, due - time.perf_counter())):
        values.append(take(target, due))
        due += every_s
    channel.send(values)


def _probe(port: int, due: float) -> float:
    """Ask `/livez` over a connection of its own, as probes do; the seconds since it was due."""
    connection = HTTPConnection(HOST, port, timeout=PATIENCE_S)
    connection.request("GET", "/livez")
    response = connection.getresponse()
    response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"/livez answered {response.status}")
    return time.perf_counter() - due


def _sample(pid: int, _: float) -> float:
    return held_bytes(pid)
