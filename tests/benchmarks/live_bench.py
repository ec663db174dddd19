"""The living service at its published size: waits for offers, the rate at which it breaks, single and many
posts, cold start; with each durability, and all load from other processes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.buckets import Spread, spread
from tests.benchmarks.live_cold import cold
from tests.benchmarks.live_platform import Holding, Measured, Run, Standing, platform
from tests.benchmarks.live_posts import posts
from tests.benchmarks.live_world import Size, agent_docs, ndjson, post_batch, put_queues, read, task_docs
from tests.benchmarks.load import quantile
from tests.benchmarks.processes import Used, watching
from tests.benchmarks.report import Result, Row, Table, progress, verdict
from tests.benchmarks.service import PATIENCE_S, Service, service

DURABILITIES = ("disk", "fast")
RATE = 5_000 / 60
"""Arrivals a second, and completions."""
P50_S, P99_S, LAG_S, MOST_GIB = 0.05, 0.5, 0.2, 1.0
STEP, MOST_STEPS = 1.5, 9
ACK_S = 1.0
"""When one answer in a hundred takes longer than this from when its request was due, answers fall behind."""
CLIENT = "load generator"
PARTS = (0.5, 0.9, 0.99, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How long and how often: seconds of the measured run before it and of each step after it, rounds and
    seconds of the single posts, lines of the batch.
    """

    warm_up_s: float = 5.0
    run_s: float = 300.0
    step_s: float = 12.0
    rounds: int = 3
    round_s: float = 2.0
    batch: int = 100_000


SHORT = Span(warm_up_s=2.0, run_s=30.0, step_s=8.0, rounds=1, round_s=1.0, batch=20_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A rate, what the platform measured at it, and what the processes used."""

    rate: float
    measured: Measured
    used: Used
    lag: Spread
    cycle: Spread

    @property
    def wait_s(self) -> float:
        """The wait for an offer that 99 in 100 do not exceed."""
        return quantile(self.measured.waits, 0.99)

    @property
    def ack_s(self) -> float:
        """The same of the answers."""
        return quantile([seconds for each in self.measured.acks.values() for seconds in each], 0.99)

    @property
    def cores(self) -> dict[str, float]:
        """Processor time by part, the load generator's too."""
        return {**self.used.cores, CLIENT: self.measured.cpu_s / self.measured.run.seconds}

    @property
    def broken(self) -> str:
        """What does not hold any more; empty while all does."""
        if not self.measured.waits or self.wait_s > P99_S:
            return "offers come late"
        if self.ack_s > ACK_S:
            return "answers fall behind"
        return "requests are refused" if self.measured.refused else ""


def run(output: Path, *, short: bool = False) -> Iterator[Result]:
    """All of it, on disk first."""
    span = SHORT if short else Span()
    for durability in DURABILITIES:
        log = output / f"service-live-{durability}.log"
        with TemporaryDirectory() as folder:
            yield from _centre(log, Path(folder), durability, span)
            yield from cold(log, Path(folder), durability)
        yield from posts(log, durability, rounds=span.rounds, seconds=span.round_s, batch=span.batch)


def _centre(log: Path, state: Path, durability: str, span: Span) -> Iterator[Result]:
    """The large centre: five minutes at its rate, then more and more until it breaks."""
    size = Size()
    with (
        service(log, durability=durability, state_dir=state) as running,
        platform(running.port) as channel,
    ):
        _populate(running, channel, size)
        _step(running, channel, RATE, span.warm_up_s)
        first = _step(running, channel, RATE, span.run_s)
        yield from _waits(durability, first)
        yield from _told(durability, first)
        yield _accounts(running, durability, _standing(channel), size)
        steps = [first, *_ramp(running, channel, first, span)]
        yield from _breaks(durability, steps)


def _populate(running: Service, channel: Connection, size: Size) -> None:
    """Make queues, agents and tasks, and wait until all who are to be busy have accepted a task."""
    put_queues(running)
    post_batch(running, "agents", ndjson(agent_docs(size)))
    post_batch(running, "tasks", ndjson(task_docs(size)))
    channel.send(Holding(agents=size.holding))
    if not channel.poll(PATIENCE_S):
        raise RuntimeError(f"Fewer than {size.holding:,} agents came to a task.")
    channel.recv()


def _standing(channel: Connection) -> Standing:
    channel.send(None)
    standing: Standing = channel.recv()
    return standing


def _step(running: Service, channel: Connection, rate: float, seconds: float) -> Step:
    before = running.metrics()
    with watching(running.pid) as used:
        channel.send(Run(rate=rate, seconds=seconds))
        measured: Measured = channel.recv()
    after = running.metrics()
    lag = spread("assigner_mirror_lag_seconds", before, after)
    cycle = spread("assigner_cycle_seconds", before, after, step="decide")
    return Step(rate=rate, measured=measured, used=used, lag=lag, cycle=cycle)


def _waits(durability: str, step: Step) -> Iterator[Result]:
    waits = step.measured.waits
    what = f"{durability}: a free agent and a task for them coexist until there is an offer"
    for part, asked in ((0.5, P50_S), (0.99, P99_S)):
        measured = quantile(waits, part)
        yield Row(
            what=f"{what}, p{100 * part:g} of {len(waits):,}",
            asked=f"at most {asked * 1e3:g} ms",
            measured=f"{measured * 1e3:.0f} ms",
            verdict=verdict(measured <= asked),
        )
    rows = {
        "an agent is freed, tasks wait: until the offer": step.measured.freed,
        "a task comes, agents are free: until the offer": step.measured.made,
        **{f"answer to {verb}": seconds for verb, seconds in sorted(step.measured.acks.items())},
    }
    yield Table(
        title=f"{step.rate * 60:,.0f} arrivals and as many completions a minute, {durability}: milliseconds",
        columns=("what", "times", "p50", "p90", "p99", "most"),
        rows=[
            (name, f"{len(each):,}", *(f"{quantile(each, part) * 1e3:.1f}" for part in PARTS))
            for name, each in rows.items()
        ],
        notes=[
            f"{step.measured.offers:,} offers in {step.measured.polls:,} answers to one long poll.",
            f"Offers that never came: {step.measured.late}; refused: {step.measured.refused or 'nothing'}.",
            "Answers count from when their request was due, offers from the answer.",
        ],
    )


def _told(durability: str, step: Step) -> Iterator[Result]:
    """What the service tells of itself, and what its processes use."""
    high = step.lag.within(0.99)[1]
    yield Row(
        what=f"{durability}: lag of the dispatcher's mirror, p99",
        asked=f"at most {LAG_S * 1e3:g} ms",
        measured=f"{step.lag.shown(0.99)} (bucket), mean {step.lag.mean * 1e3:.0f} ms",
        verdict=verdict(high <= LAG_S),
    )
    gib = step.used.peak_bytes / 2**30
    yield Row(
        what=f"{durability}: peak memory of the whole service meanwhile",
        asked=f"at most {MOST_GIB:g} GiB",
        measured=f"{gib:.2f} GiB",
        verdict=verdict(gib <= MOST_GIB),
    )
    yield Row(
        what=f"{durability}: deciding of a cycle, mean and p99",
        measured=f"{step.cycle.mean * 1e3:.0f} ms, {step.cycle.shown(0.99)} (bucket)",
    )
    cores = ", ".join(f"{part} {share:.2f}" for part, share in step.cores.items())
    yield Row(what=f"{durability}: processor time, in cores", measured=f"{cores}; idle {step.used.idle:.2f}")


def _accounts(running: Service, durability: str, standing: Standing, size: Size) -> Row:
    """Whether every task made is open or was completed, as the service itself counts them."""
    still = sum(read(running, "/v1/stats")["tasks"].values())
    completed = _completed(running)
    made = size.tasks + standing.made
    return Row(
        what=f"{durability}: tasks made = completed + open",
        asked="every one",
        measured=f"{made:,} = {completed:,} + {still:,}"
        + ("" if completed == standing.completed else f"; answered as completed: {standing.completed:,}"),
        verdict=verdict(made == completed + still and completed == standing.completed),
    )


def _completed(running: Service) -> int:
    """How many completed tasks the service lists."""
    count, path = 0, "/v1/tasks?state=completed&limit=1000"
    cursor = ""
    while True:
        page = read(running, path + cursor)
        count += len(page["items"])
        if page["next"] is None:
            return count
        cursor = f"&cursor={page['next']}"


def _ramp(running: Service, channel: Connection, first: Step, span: Span) -> Iterator[Step]:
    """Half as much again from step to step, until something breaks."""
    rate = first.rate
    for _ in progress(range(MOST_STEPS), "until it breaks"):
        rate *= STEP
        step = _step(running, channel, rate, span.step_s)
        yield step
        if step.broken:
            return


def _breaks(durability: str, steps: Sequence[Step]) -> Iterator[Result]:
    """The rate at which it breaks, and what breaks first."""
    last = steps[-1]
    busiest = max(last.cores, key=last.cores.__getitem__)
    what = f"{last.broken or 'not yet'}; {busiest} takes {last.cores[busiest]:.2f} cores"
    yield Row(
        what=f"{durability}: breaks at so many arrivals and completions a minute, and what breaks first",
        measured=f"{last.rate * 60:,.0f}: {what}, {last.used.idle:.2f} are idle",
    )
    parts = list(last.cores)
    yield Table(
        title=f"More and more, {durability}",
        columns=("a minute", "offer p50", "offer p99", "answer p99", "decide", "lag", *parts, "idle"),
        rows=[_line(step, parts) for step in steps],
        notes=[
            "Arrivals, and as many completions. Milliseconds: offer, answer, means of decide and lag. Cores.",
            f"It breaks above {P99_S * 1e3:g} ms for an offer, or {ACK_S * 1e3:g} ms for an answer.",
        ],
    )


def _line(step: Step, parts: Sequence[str]) -> list[str]:
    seconds = (quantile(step.measured.waits, 0.5), step.wait_s, step.ack_s, step.cycle.mean, step.lag.mean)
    cores = [f"{step.cores.get(part, 0.0):.2f}" for part in parts]
    return [
        f"{step.rate * 60:,.0f}",
        *(f"{each * 1e3:.0f}" for each in seconds),
        *cores,
        f"{step.used.idle:.2f}",
    ]
