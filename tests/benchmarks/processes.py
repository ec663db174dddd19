"""What the processes of a running service do: the processor time of each, and who is who."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.service import held_bytes, processes

TICKS = os.sysconf("SC_CLK_TCK")
SAMPLE_EVERY_S = 2.0
SERVER = "valkey"
MAIN, STORE, OTHERS = "API and dispatcher", "store", "workers"


@dataclass(slots=True, kw_only=True)
class Used:
    """The processor time of each part of a service while a block ran, and what nobody on the machine used,
    in cores; and the most bytes that the service held.
    """

    cores: dict[str, float] = field(default_factory=dict)
    idle: float = 0.0
    peak_bytes: int = 0


@contextmanager
def watching(pid: int) -> Iterator[Used]:
    """Watch a service from a thread while the block runs; then `Used` is filled in."""
    used, over = Used(), threading.Event()
    thread = threading.Thread(target=_sample, args=(pid, used, over), daemon=True)
    began, before, idle = time.perf_counter(), _seconds(pid), _idle()
    thread.start()
    try:
        yield used
    finally:
        over.set()
        thread.join()
    after, took = _seconds(pid), time.perf_counter() - began
    used.idle = (_idle() - idle) / took
    used.cores = {part: (after[part] - before.get(part, 0.0)) / took for part in after}


def server_of(pid: int) -> int:
    """The process of a service's own store. Raises StopIteration when it has none."""
    return next(each for each in processes(pid) if _part(pid, each) == STORE)


def _sample(pid: int, used: Used, over: threading.Event) -> None:
    while True:
        used.peak_bytes = max(used.peak_bytes, held_bytes(pid))
        if over.wait(SAMPLE_EVERY_S):
            return


def _seconds(pid: int) -> Mapping[str, float]:
    """Processor time by part."""
    found: dict[str, float] = {}
    for each in processes(pid):
        part = _part(pid, each)
        found[part] = found.get(part, 0.0) + spent(each)
    return found


def spent(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _idle() -> float:
    """Seconds that cores of the machine had nothing to do."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split(maxsplit=6)
    return (int(fields[4]) + int(fields[5])) / TICKS


def _part(main: int, pid: int) -> str:
    if pid == main:
        return MAIN
    command = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8")
    return STORE if command.startswith(SERVER) else OTHERS
