"""A day of a centre of 200 agents through the real dispatcher, on a clock that is moved."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.report import Result, Row, Table, verdict
from tests.dispatch.centre import Centre

AGENTS, HOURS, LOAD = 200, 24, 1.5
SECONDS_ASKED = 120


def run(output: Path) -> Iterator[Result]:
    """How long a simulated day takes, and what happened in it."""
    centre = Centre(agents=AGENTS, hours=HOURS, load=LOAD)
    began = time.perf_counter()
    totals = asyncio.run(centre.run())
    took = time.perf_counter() - began
    yield Row(
        what=f"{HOURS} simulated hours of {AGENTS} agents through the dispatcher and a store in memory",
        asked=f"under {SECONDS_ASKED} s",
        measured=f"{took:.0f} s",
        verdict=verdict(took < SECONDS_ASKED),
    )
    waits = sorted(totals.waits) or [0]
    rows = [(name, f"{count:,}") for name, count in sorted(totals.verbs.items())]
    rows += [("tasks", f"{totals.tasks:,}"), ("passes of the dispatcher", f"{totals.steps:,}")]
    rows += [("most tasks waiting", f"{totals.most_waiting:,}")]
    rows += [("seconds waited, nine of ten at most", f"{waits[len(waits) * 9 // 10] / 1_000:,.0f}")]
    yield Table(title="A simulated day", columns=("what", "how often"), rows=rows)
