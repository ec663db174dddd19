"""Making tasks: one by one against an empty route, and many at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from statistics import median

from tests.benchmarks.hammer import Rate, Round, empty_route, hammer
from tests.benchmarks.live_world import (
    MOVING,
    Size,
    agent_docs,
    ndjson,
    post_batch,
    put_queues,
    task_doc,
    task_docs,
)
from tests.benchmarks.report import Result, Row, Table, progress, verdict
from tests.benchmarks.service import Service, service

CONNECTIONS = (1, 16, 64)
LEAST_RATIO = 0.25
LEAST_BATCH = 15_000
SMALL = Size(parts=100)
"""1,000 agents, all of whom but some have their hands full: a tenth of the large centre."""
WARM_UP_S = 1.0

Pairs = dict[int, list[tuple[Rate, Rate]]]


def posts(log: Path, durability: str, *, rounds: int, seconds: float, batch: int) -> Iterator[Result]:
    """Requests a second beside those of an empty route, in turns; then a batch."""
    with service(log, durability=durability) as running, hammer() as channel, empty_route() as empty:
        put_queues(running)
        post_batch(running, "agents", ndjson(agent_docs(SMALL)))
        post_batch(running, "tasks", ndjson(task_docs(SMALL)))
        pairs = _in_turns(channel, running.port, empty, rounds, seconds)
        yield from _ratios(durability, pairs)
        yield _batch(running, durability, batch)


def _in_turns(channel: Connection, port: int, empty: int, rounds: int, seconds: float) -> Pairs:
    """The rates of the service and of the empty route, one after the other in each round."""
    asked = [Round(port=port, connections=count, seconds=seconds) for count in CONNECTIONS]
    for one in (asked[0], replace(asked[0], port=empty, empty=True)):
        _rate(channel, replace(one, seconds=WARM_UP_S))
    pairs: Pairs = {count: [] for count in CONNECTIONS}
    for one in progress([one for one in asked for _ in range(rounds)], "POST /v1/tasks and an empty route"):
        ours, bare = _rate(channel, one), _rate(channel, replace(one, port=empty, empty=True))
        pairs[one.connections].append((ours, bare))
    return pairs


def _rate(channel: Connection, asked: Round) -> Rate:
    channel.send(asked)
    rate: Rate = channel.recv()
    return rate


def _ratios(durability: str, pairs: Pairs) -> Iterator[Result]:
    rows = []
    for count, measured in pairs.items():
        ratio = median(ours.a_second / bare.a_second for ours, bare in measured)
        ours_s, bare_s = (median(pair[which].a_second for pair in measured) for which in (0, 1))
        other = sum(ours.other for ours, _ in measured)
        yield Row(
            what=f"{durability}: POST /v1/tasks over {count} connections, against an empty FastAPI route",
            asked=f"at least {LEAST_RATIO:g}",
            measured=f"{ratio:.2f} ({ours_s:,.0f} a second, {bare_s:,.0f})"
            + (f"; {other} were not 201" if other else ""),
            verdict=verdict(ratio >= LEAST_RATIO and not other),
        )
        client = [f"{median(pair[which].client for pair in measured):.2f}" for which in (0, 1)]
        rows.append((str(count), f"{ours_s:,.0f}", f"{bare_s:,.0f}", f"{ratio:.3f}", *client))
    yield Table(
        title=f"POST /v1/tasks, {durability}: requests a second",
        columns=("connections", "tasks", "empty route", "ratio", "client, tasks", "client, empty"),
        rows=rows,
        notes=[f"Medians; the client's share of a core. {SMALL.agents:,} agents are there."],
    )


def _batch(running: Service, durability: str, lines: int) -> Row:
    """From the first byte sent to the last one received."""
    chance = Random(5)
    body = ndjson(task_doc(chance.randrange(MOVING[0]), chance) for _ in range(lines))
    began = time.perf_counter()
    post_batch(running, "tasks", body)
    took = time.perf_counter() - began
    return Row(
        what=f"{durability}: NDJSON batch of {lines:,} tasks ({len(body) / 2**20:.0f} MiB), all answered",
        asked=f"at least {LEAST_BATCH:,} a second",
        measured=f"{lines / took:,.0f} a second",
        verdict=verdict(lines / took >= LEAST_BATCH),
    )
