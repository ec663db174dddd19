"""End to end over HTTP: speed against JSON alone, memory at 100,000 × 5,000, and probes meanwhile."""

import gc
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from assigner.sample import snapshot
from tests.benchmarks.load import probing, quantile, sampling
from tests.benchmarks.report import Result, Row, Table, progress, verdict
from tests.benchmarks.service import Service, assign, peak_bytes, service, timed

ROUNDS = 15
WARM_UPS = 3
LARGE_ROUNDS = 5
AT_ONCE = 2
IDLE_S = 2.0
MOST_RATIO = 6.0
MOST_GIB = 2.0
MOST_LIVEZ_MS = 50.0
_PHASES = ("parse", "decide", "encode")


def run(output: Path) -> Iterator[Result]:
    """Speed at 10,000 × 1,000, then memory, time and probes at 100,000 × 5,000."""
    log = output / "service-http.log"
    body = _body(10_000, 1_000)
    with service(log) as running:
        yield from _speed(running, body)
    body = _body(100_000, 5_000)
    with service(log) as running:
        yield from _memory(running, body)
    with service(log) as running:
        yield from _probes(running, body)


def _body(tasks: int, agents: int) -> bytes:
    return json.dumps(snapshot(tasks=tasks, agents=agents) | {"explain": "reasons"}).encode()


def _speed(running: Service, body: bytes) -> Iterator[Result]:
    """The round trip beside what JSON alone costs for the same bytes, one after the other in each round."""
    connection = running.connect()
    for _ in range(WARM_UPS):
        answer = assign(connection, body)
    parsed = json.loads(answer)
    before = running.metrics()
    whole, alone = [], []
    for _ in progress(range(ROUNDS), "10,000 × 1,000 over HTTP"):
        whole.append(timed(connection, body)[1])
        alone.append(_json_s(body, parsed))
    after = running.metrics()
    ratio = median(http / plain for http, plain in zip(whole, alone, strict=True))
    yield Row(
        what="10,000 × 1,000 over HTTP, reasons explained, as a multiple of JSON in and out alone",
        asked=f"at most {MOST_RATIO:g}",
        measured=f"{ratio:.2f}",
        verdict=verdict(ratio <= MOST_RATIO),
    )
    yield _split(whole, alone, before, after)


def _json_s(body: bytes, answer: Any) -> float:
    """Seconds of `json.loads(request) + json.dumps(answer)`, with the collector off, as timeit does."""
    gc.collect()
    gc.disable()
    began = time.perf_counter()
    request = json.loads(body)
    json.dumps(answer)
    seconds = time.perf_counter() - began
    gc.enable()
    del request
    return seconds


def _split(
    whole: list[float], alone: list[float], before: dict[str, float], after: dict[str, float]
) -> Table:
    """Where the time of a round trip goes: means of the service's own clocks over the same requests."""
    phase_s = {
        phase: _mean(f"assigner_phase_seconds_sum{{phase={phase}}}", before, after) for phase in _PHASES
    }
    phase_s["of decide: solve"] = _mean("assigner_solve_seconds_sum{method=flow}", before, after)
    rest = sum(whole) / len(whole) - sum(phase_s[phase] for phase in _PHASES)
    json_s = sum(alone) / len(alone)
    rows = {
        "JSON alone": json_s,
        "round trip": sum(whole) / len(whole),
        **phase_s,
        "transport and waiting": rest,
    }
    return Table(
        title=f"10,000 × 1,000 over HTTP: mean of {len(whole)} requests",
        columns=("part", "ms", "multiple of JSON"),
        rows=[(name, f"{seconds * 1e3:.1f}", f"{seconds / json_s:.2f}") for name, seconds in rows.items()],
        notes=[f"Round trip: fastest {min(whole) * 1e3:.1f} ms, slowest {max(whole) * 1e3:.1f} ms."],
    )


def _mean(series: str, before: dict[str, float], after: dict[str, float]) -> float:
    """Seconds a request by which a sum of the metrics has grown."""
    return (after.get(series, 0.0) - before.get(series, 0.0)) / ROUNDS


def _memory(running: Service, body: bytes) -> Iterator[Result]:
    """Time without the sampler first, then what all processes hold with it; then their own peaks."""
    connection = running.connect()
    rounds = progress(range(LARGE_ROUNDS), "100,000 × 5,000 over HTTP")
    times = [timed(connection, body)[1] for _ in rounds]
    with sampling(running) as held:
        _repeat(LARGE_ROUNDS, "100,000 × 5,000, sampling memory", lambda: assign(connection, body))
    peak, high = max(held) / 2**30, peak_bytes(running.pid) / 2**30
    yield Row(
        what="100,000 × 5,000 over HTTP: peak memory of all the service's processes",
        asked=f"at most {MOST_GIB:g} GiB",
        measured=f"{max(peak, high):.2f} GiB",
        verdict=verdict(max(peak, high) <= MOST_GIB),
    )
    yield Row(
        what="the same: largest sample (PSS and files in memory); sum of the processes' own peaks (VmHWM)",
        measured=f"{peak:.2f} GiB of {len(held)} samples; {high:.2f} GiB",
    )
    yield Row(
        what=f"the same: round trip, request of {len(body) / 2**20:.0f} MiB",
        measured=f"{median(times):.2f} s (median of {len(times)})",
    )


def _probes(running: Service, body: bytes) -> Iterator[Result]:
    """Probes of an idle service, and while large requests follow one another."""
    with probing(running) as idle:
        time.sleep(IDLE_S)
    connection = running.connect()
    with probing(running) as busy:
        _repeat(LARGE_ROUNDS, "100,000 × 5,000, probing /livez", lambda: assign(connection, body))
    p99 = quantile(busy, 0.99) * 1e3
    yield Row(
        what=f"/livez while 100,000 × 5,000 runs, p99 of {len(busy)} probes",
        asked=f"under {MOST_LIVEZ_MS:g} ms",
        measured=f"{p99:.1f} ms",
        verdict=verdict(p99 < MOST_LIVEZ_MS),
    )
    with probing(running) as crowded:
        _at_once(running, body)
    high = peak_bytes(running.pid) / 2**30
    yield Row(what="/livez p50, p99 and longest: meanwhile", measured=_three(busy))
    yield Row(what=f"the same: while {AT_ONCE} such requests run at once", measured=_three(crowded))
    yield Row(what="the same: idle", measured=_three(idle))
    yield Row(what=f"peak memory (VmHWM) after {AT_ONCE} such requests at once", measured=f"{high:.2f} GiB")


def _repeat(times: int, description: str, act: Callable[[], object]) -> None:
    for _ in progress(range(times), description):
        act()


def _at_once(running: Service, body: bytes) -> None:
    """So many clients, each posting one request after the other."""
    with ThreadPoolExecutor(AT_ONCE) as clients:
        connections = [running.connect() for _ in range(AT_ONCE * LARGE_ROUNDS)]
        answers = clients.map(assign, connections, [body] * len(connections))
        _repeat(len(connections), f"100,000 × 5,000, {AT_ONCE} at once", lambda: next(answers))


def _three(seconds: list[float]) -> str:
    return ", ".join(f"{quantile(seconds, part) * 1e3:.1f}" for part in (0.5, 0.99, 1.0)) + " ms"
