"""What it costs to be watched: /metrics at full size, and requests a second with authentication, metrics and
the log beside the same service without them.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from api.access.keyring import mint, new_id
from assigner.clock import SystemClock
from assigner.domain.access import Role
from assigner.domain.records import KeyRecord
from assigner.store.commands import PutKey
from assigner.store.embedded import start
from assigner.store.redis import RedisStore, connect
from tests.benchmarks.hammer import Rate, Round, hammer
from tests.benchmarks.live_posts import SMALL
from tests.benchmarks.live_world import Size, agent_docs, ndjson, post_batch, put_queues, task_docs
from tests.benchmarks.processes import spent
from tests.benchmarks.report import Result, Row, Table, progress, verdict
from tests.benchmarks.service import PATIENCE_S, Service, service

MOST_S, MOST_SERIES = 0.05, 5_000
LEAST_RATIO = 0.9
SCRAPES, ROUNDS, SECONDS = 40, 15, 2.0
WARM_UP_S = 2.0
LOOK_S = 1.0
"""Between two looks at a census, which its process takes every few seconds and tells of in no other way."""
PAUSE_S = 0.2
"""Between two scrapes: they come one by one, as Prometheus sends them."""
CONNECTIONS = 16
BARE = ("-m", "tests.benchmarks.bare")
PATHS = {"POST /v1/tasks": "", "GET /v1/tasks/{id}": "/v1/tasks/known"}
"""What is asked; where there is a path, it is a GET."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One service's round: its rate, and its processor time for each request in microseconds."""

    rate: Rate
    cpu_us: float


def run(output: Path, *, short: bool = False) -> Iterator[Result]:
    """The scrapes, then both services in turns."""
    size = Size(parts=100) if short else Size()
    with service(output / "service-metrics.log", durability="fast") as running:
        put_queues(running)
        post_batch(running, "agents", ndjson(agent_docs(size)))
        post_batch(running, "tasks", ndjson(task_docs(size)))
        _until_counted(running, size.tasks)
        yield from _scrapes(running, size, 10 if short else SCRAPES)
    yield from _watched(output, rounds=5 if short else ROUNDS, seconds=1.0 if short else SECONDS)


def _until_counted(running: Service, tasks: int) -> None:
    """Return when a census has seen all tasks."""
    end = time.monotonic() + PATIENCE_S
    while (seen := _sum(running, "assigner_tasks")) < tasks:
        if time.monotonic() > end:
            raise RuntimeError(f"Of {tasks:,} tasks {seen:,.0f} were counted.")
        time.sleep(LOOK_S)


def _sum(running: Service, name: str) -> float:
    return sum(value for series, value in running.metrics().items() if series.partition("{")[0] == name)


def _scrapes(running: Service, size: Size, count: int) -> Iterator[Result]:
    connection, took, text = running.connect(), list[float](), b""
    for _ in range(count):
        began = time.perf_counter()
        connection.request("GET", "/metrics")
        text = connection.getresponse().read()
        took.append(time.perf_counter() - began)
        time.sleep(PAUSE_S)
    connection.close()
    series = [line.split("{")[0].split(" ")[0] for line in text.decode().splitlines() if line[0] != "#"]
    what = f"/metrics, {size.tasks:,} tasks, {size.agents:,} agents, 100 queues"
    yield Row(
        what=f"{what}: time of a scrape, median and longest of {count}",
        asked=f"under {MOST_S * 1e3:g} ms",
        measured=f"{median(took) * 1e3:.0f} ms, {max(took) * 1e3:.0f} ms",
        verdict=verdict(median(took) < MOST_S),
    )
    yield Row(
        what=f"{what}: series",
        asked=f"under {MOST_SERIES:,}",
        measured=f"{len(series):,} ({len(text) / 1024:,.0f} KiB)",
        verdict=verdict(len(series) < MOST_SERIES),
    )
    most = Counter(series).most_common(8)
    yield Table(
        title="Where the series are",
        columns=("metric", "series"),
        rows=[(name, f"{n:,}") for name, n in most],
    )


def _watched(output: Path, *, rounds: int, seconds: float) -> Iterator[Result]:
    log, bare = output / "service-watched.log", output / "service-bare.log"
    said = {"durability": "fast", "log": "json", "workers": 1}
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        key = asyncio.run(_key(Path(folder)))
        keyed = {"dev": "false", "rate_limit": 1_000_000, "state_dir": folder}
        on = stack.enter_context(service(log, **said, **keyed))
        off = stack.enter_context(service(bare, **said, program=BARE))
        channel = stack.enter_context(hammer())
        for running, shown in ((on, key), (off, "")):
            put_queues(running, shown)
            post_batch(running, "agents", ndjson(agent_docs(SMALL)), shown)
            post_batch(running, "tasks", ndjson(iter([{"id": "known", "queue": "queue-00"}])), shown)
        asked = Round(port=0, connections=CONNECTIONS, seconds=WARM_UP_S, key=key)
        for running in (on, off):
            _turn(channel, _for(asked, running is on), running)
        yield from _ratios(channel, replace(asked, seconds=seconds), on, off, rounds)


async def _key(folder: Path) -> str:
    """The text of a new key, put into the store of a service before it starts."""
    clock, server = SystemClock(), await start(folder)
    store = RedisStore(connect(server.url))
    wanted = KeyRecord(
        id=new_id(),
        name="hammer",
        role=Role.ADMIN,
        hash="",
        created_at=clock.now_ms(),
        created_by="benchmark",
    )
    minted = mint(wanted)
    put = PutKey(op="key", actor="benchmark", now=clock.now_ms(), key=minted.key)
    [outcome] = await store.put_key([put])
    assert not outcome.refused, outcome
    await store.close()
    await server.stop()
    return minted.text


def _turn(channel: Connection, asked: Round, running: Service) -> Turn:
    before = spent(running.pid)
    channel.send(replace(asked, port=running.port))
    rate: Rate = channel.recv()
    used_s = spent(running.pid) - before
    return Turn(rate=rate, cpu_us=used_s * 1e6 / (rate.a_second * asked.seconds))


def _ratios(channel: Connection, asked: Round, on: Service, off: Service, rounds: int) -> Iterator[Result]:
    rows = []
    for what, path in PATHS.items():
        each, pairs = replace(asked, path=path), list[tuple[Turn, Turn]]()
        for number in progress(range(rounds), what):
            first, second = (on, off) if number % 2 else (off, on)
            turns = {one.port: _turn(channel, _for(each, one is on), one) for one in (first, second)}
            pairs.append((turns[on.port], turns[off.port]))
        yield _compared(what, pairs)
        rows += [_row(f"{what}, round {number}", pair) for number, pair in enumerate(pairs, 1)]
    yield Table(
        title="Requests a second, watched and not",
        columns=("what", "with", "without", "ratio", "with: µs", "without: µs", "ratio"),
        rows=rows,
        notes=[
            "In turns, in one run. With: a key, metrics, and a line of JSON in the log for each request.",
            "µs: processor time of the service's main process for each request.",
        ],
    )


def _for(asked: Round, keyed: bool) -> Round:
    return asked if keyed else replace(asked, key="")


def _compared(what: str, pairs: list[tuple[Turn, Turn]]) -> Row:
    ratio = median(on.rate.a_second / off.rate.a_second for on, off in pairs)
    other = sum(turn.rate.other for pair in pairs for turn in pair)
    rates = [f"{median(pair[which].rate.a_second for pair in pairs):,.0f}" for which in (0, 1)]
    more = median(on.cpu_us - off.cpu_us for on, off in pairs)
    return Row(
        what=f"{what} over {CONNECTIONS} connections, authentication, metrics and log against none",
        asked=f"at least {LEAST_RATIO:g}",
        measured=f"{ratio:.3f} ({rates[0]} a second, {rates[1]}; {more:.0f} µs of processor time more)"
        + (f"; {other} were not answered as asked" if other else ""),
        verdict=verdict(ratio >= LEAST_RATIO and not other),
    )


def _row(name: str, pair: tuple[Turn, Turn]) -> list[str]:
    rates, times = [turn.rate.a_second for turn in pair], [turn.cpu_us for turn in pair]
    return [
        name,
        *(f"{rate:,.0f}" for rate in rates),
        f"{rates[0] / rates[1]:.3f}",
        *(f"{us:.0f}" for us in times),
        f"{times[1] / times[0]:.3f}",
    ]
