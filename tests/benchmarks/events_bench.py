"""The stream of events: 500 readers, one of whom has stopped to read, while 500 transitions a second happen.
All readers, and the platform that makes the transitions, are other processes on the same machine.
"""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from tests.benchmarks.events_platform import TRANSITIONS_A_TASK, Done, Run, platform, populate
from tests.benchmarks.events_readers import PATH, Heard, heard_by, readers
from tests.benchmarks.load import quantile
from tests.benchmarks.processes import Used, watching
from tests.benchmarks.report import Result, Row, Table, verdict
from tests.benchmarks.service import HOST, PATIENCE_S, Service, service

READERS = 500
RATE = 500
"""Transitions a second."""
P99_MS = 250
WARM_UP_S, RUN_S, SHORT_S = 3.0, 30.0, 8.0
SETTLE_S = 1.0
"""How long the last events may be on their way."""
PARTS = (0.5, 0.9, 0.99, 0.999, 1.0)


def run(output: Path, *, short: bool = False) -> Iterator[Result]:
    """The transitions alone, and then with readers."""
    seconds = SHORT_S if short else RUN_S
    with service(output / "service-events.log", dev=True, durability="fast") as running:
        populate(running)
        with platform(running.port) as channel:
            _transitions(channel, WARM_UP_S)
            with watching(running.pid) as alone:
                before = _transitions(channel, seconds / 3)
            with readers(running.port, READERS) as others, _stopped(running):
                _transitions(channel, WARM_UP_S)
                time.sleep(SETTLE_S)
                heard_by(others)
                with watching(running.pid) as used:
                    done = _transitions(channel, seconds)
                time.sleep(SETTLE_S)
                yield from _told(running, heard_by(others), done, used, seconds)
            yield _costs(alone, before, used, done)


def _transitions(channel: Connection, seconds: float) -> Done:
    channel.send(Run(rate=RATE / TRANSITIONS_A_TASK, seconds=seconds))
    if not channel.poll(seconds + PATIENCE_S):
        raise RuntimeError("The platform does not come to an end.")
    done: Done = channel.recv()
    if done.refused:
        raise RuntimeError(f"Refused: {done.refused}")
    return done


@contextmanager
def _stopped(running: Service) -> Iterator[None]:
    """One who follows, and takes nothing."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        one.connect((HOST, running.port))
        one.sendall(f"GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        yield


def _told(running: Service, heard: Heard, done: Done, used: Used, seconds: float) -> Iterator[Result]:
    made = TRANSITIONS_A_TASK * done.made
    whole = sum(1 for events in heard.events if events == made)
    p99 = _within(heard.late, 0.99)
    yield Row(
        what=f"{READERS} readers, one stopped, {RATE} transitions a second: an event reaches a reader, p99",
        asked=f"at most {P99_MS} ms",
        measured=f"{p99} ms",
        verdict=verdict(p99 <= P99_MS),
    )
    yield Row(
        what=f"of {READERS} readers so many got each of {made:,} events once",
        asked=f"all {READERS}",
        measured=f"{whole}",
        verdict=verdict(whole == READERS and not heard.ended),
    )
    yield Table(
        title="Events on their way, milliseconds",
        columns=("events", "p50", "p90", "p99", "p99.9", "most"),
        rows=[(f"{sum(heard.late.values()):,}", *(f"{_within(heard.late, part)}" for part in PARTS))],
        notes=[
            "From the store's clock to the reader; what comes at once counts as late as the oldest in it.",
            f"{heard.pieces / seconds:,.0f} pieces and {heard.size / seconds / 2**20:,.0f} MiB a second.",
            f"The readers took {heard.cpu_s / seconds:.2f} cores, the service {used.peak_bytes >> 20} MiB.",
        ],
    )
    dropped = running.metrics()["assigner_event_readers_dropped_total"]
    yield Row(what="readers dropped, for they took nothing", measured=f"{dropped:g}")


def _within(late: Counter[int], part: float) -> int:
    """The milliseconds that at least this part of the events did not exceed."""
    left = part * sum(late.values())
    for ms in sorted(late):
        left -= late[ms]
        if left <= 1e-6:
            return ms
    return 0


def _costs(alone: Used, before: Done, used: Used, done: Done) -> Table:
    """What the readers cost the service, and those who ask it."""
    parts = sorted(alone.cores.keys() | used.cores.keys())

    def row(name: str, cores: Used, asked: Done) -> tuple[str, ...]:
        spent = (f"{cores.cores.get(part, 0.0):.2f}" for part in parts)
        answers = (f"{quantile(asked.acks, part) * 1e3:.1f}" for part in (0.5, 0.99))
        return (name, *spent, f"{cores.idle:.2f}", *answers)

    return Table(
        title=f"{RATE} transitions a second: cores of the service, and milliseconds until it answers",
        columns=("", *parts, "idle", "answer p50", "answer p99"),
        rows=[row("nobody follows", alone, before), row(f"{READERS} follow", used, done)],
    )
