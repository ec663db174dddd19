"""What a decision over time costs: 10,000 tasks of 200 types wait, of 1,000 agents five are free, and the
world changes between one decision and the next. All of it is the dispatcher's own path.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from assigner.clock import ManualClock
from assigner.dispatch.loop import Pace
from assigner.memory import collect_seldom, keep_freed
from tests.benchmarks.load import quantile
from tests.benchmarks.report import Result, Row, Table, progress, verdict
from tests.dispatch.living import START, Living

TYPES, AGENTS, FREE, WAITING = 200, 1_000, 5, 10_000
SKILLS, SKILLS_EACH = 20, 10
ASKED_S = 0.02
DECISIONS, FEW = 2_000, 300
BETWEEN_MS = 2_000
PARTS = (0.5, 0.9, 0.99, 1.0)


class HalfManual(ManualClock):
    """The time of day is moved by hand, and durations are real."""

    def monotonic_s(self) -> float:
        """Seconds since an arbitrary instant."""
        return time.perf_counter()


@dataclass
class Centre:
    """The centre, with the tasks that agents have in hand, the oldest first."""

    live: Living
    chance: Random = field(default_factory=lambda: Random(1))
    tasks: int = 0
    in_hand: deque[str] = field(default_factory=deque)

    async def task(self) -> str:
        """A task of any type comes."""
        number, self.tasks = self.chance.randrange(TYPES), self.tasks + 1
        self.live.clock.advance(1)
        await self.live.task(
            f"t{self.tasks}",
            category=f"c{number}",
            skills={f"s{number % SKILLS}": 3},
            priority=self.chance.choice((25, 50, 50, 75)),
        )
        return f"t{self.tasks}"

    async def fill(self) -> None:
        """Everybody comes, each with half of the skills and a time of their own for each category; all but
        FREE have a task; and WAITING tasks wait.
        """
        await self.live.queue("q", auto_accept=True)
        for number in range(AGENTS):
            skills = {f"s{one}": 3 for one in self.chance.sample(range(SKILLS), SKILLS_EACH)}
            times = {f"c{one}": round(600 * self.chance.lognormvariate(0, 0.6), 3) for one in range(TYPES)}
            await self.live.agent(f"a{number}", skills=skills, handle_s=times)
        for number in range(AGENTS - FREE):
            task = await self.task()
            await self.live.on_task("assign", task, agent=f"a{number}", force=True)
            self.in_hand.append(task)
        for _ in range(WAITING):
            await self.task()
        await self.live.dispatcher.take()

    async def decide(self) -> dict[str, float]:
        """One pass of the dispatcher, and how long its parts took; then as many tasks come and are completed
        as were given to somebody.
        """
        passed = await self.live.step()
        report = passed.report
        given = report.plan.choices if report and report.plan else ()
        self.live.clock.advance(BETWEEN_MS)
        for choice in given:
            self.in_hand.append(choice.task)
            await self.live.on_task("complete", self.in_hand.popleft())
            await self.task()
        if not given:
            await self.task()
        return dict(passed.took)


async def _measured(decisions: int) -> list[dict[str, float]]:
    centre = Centre(Living(clock=HalfManual(at_ms=START), pace=Pace(tick_ms=1, lease_ms=10**9)))
    await centre.fill()
    for _ in range(FREE):
        await centre.decide()
    return [await centre.decide() for _ in progress(range(decisions), "decisions")]


def run(output: Path, *, short: bool = False) -> Iterator[Result]:
    """How long decisions take, and a tick of the prices beside them; memory is as in the service."""
    collect_seldom()
    keep_freed()
    took = asyncio.run(_measured(FEW if short else DECISIONS))
    seconds = [each["decide"] for each in took]
    slow = quantile(seconds, 0.99)
    yield Row(
        what=f"a decision over time: {WAITING:,} tasks of {TYPES} types wait, {FREE} of {AGENTS:,} agents are"
        f" free; p99 of {len(seconds):,}",
        asked=f"at most {ASKED_S * 1e3:g} ms",
        measured=f"{slow * 1e3:.1f} ms",
        verdict=verdict(slow <= ASKED_S),
    )
    rows = {
        "a decision": seconds,
        "what time does, a tick of the prices among it": [each["maintain"] for each in took],
    }
    yield Table(
        title="A decision over time: milliseconds",
        columns=("what", "times", "p50", "p90", "p99", "most"),
        rows=[
            (name, f"{len(each):,}", *(f"{quantile(each, part) * 1e3:.1f}" for part in PARTS))
            for name, each in rows.items()
        ],
        notes=["From the mirror to who takes what: candidates, rating, the flow."],
    )
