"""Overrides of 10,000 tasks by a filter, end to end, 40,000 others waiting; and what the next cycle does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.benchmarks.live_world import ndjson, post_batch, read
from tests.benchmarks.report import Result, Row, Table, verdict
from tests.benchmarks.service import PATIENCE_S, Service, service

MOST_S = 2.0
TOUCHED, OTHERS = 10_000, 40_000
PAUSE_S = 2.0
"""Between two of them: what the last one did is taken in."""
OFFERS = 20
"""Of the agent to whom all is pinned: as many as they have room for."""
LATER = (datetime.now(UTC) + timedelta(days=2)).isoformat()
STORM = {"filter": {"queue": "storm", "tag": "storm"}}
ACTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("pin", {"agent": "eva"}),
    ("exclude", {"agent": "ana"}),
    ("reprioritise", {"priority": 90}),
    ("reschedule", {"due_at": LATER}),
    ("hold", {}),
    ("transfer", {"queue": "calm"}),
    ("cancel", {}),
)
"""In this order; all but the last are undone before the next."""


@dataclass(slots=True, kw_only=True)
class Waits:
    """How long a reader of single tasks had to wait meanwhile."""

    seconds: list[float] = field(default_factory=list)


def run(output: Path, *, short: bool = False) -> Iterator[Result]:
    """Measure; `short` leaves most of the other tasks out."""
    with service(output / "overrides.log", durability="fast") as running:
        _world(running, OTHERS // 8 if short else OTHERS)
        connection = running.connect()
        yield _preview(connection)
        rows = []
        for action, said in ACTIONS:
            made, seconds, longest = _make(running, connection, action, said)
            yield _row(
                f"{action}: {made['touched']:,} tasks by a filter", seconds, made["touched"] == TOUCHED
            )
            if action == "pin":
                yield _next_cycle(running, connection)
            undone = _undo(connection, made["id"]) if action != "cancel" else None
            if undone is not None:
                yield _row(f"{action}: undone", undone)
            shown = "" if undone is None else f"{undone:.2f}"
            rows.append((action, f"{seconds:.2f}", shown, f"{1_000 * longest:,.0f}"))
        columns = ("action", "made_s", "undone_s", "longest_wait_of_a_reader_ms")
        notes = ["A reader gets a task again and again meanwhile: the longest that one answer took."]
        yield Table(title="Overrides of 10,000 tasks", columns=columns, rows=rows, notes=notes)


def _world(running: Service, others: int) -> None:
    """Two agents who are away, and tasks: of a storm, which they could take, and others that nobody can."""
    agents = [
        {"id": id, "presence": "away", "capacity": OFFERS, "skills": {"storm": 1}} for id in ("ana", "eva")
    ]
    post_batch(running, "agents", ndjson(iter(agents)))
    storm: dict[str, Any] = {"queue": "storm", "tags": ["storm"], "skills": {"storm": 1}}
    calm: dict[str, Any] = {"queue": "calm", "skills": {"calm": 1}}
    for name, doc, count in (("s", storm, TOUCHED), ("c", calm, others)):
        post_batch(running, "tasks", ndjson({"id": f"{name}{number}", **doc} for number in range(count)))


def _make(
    running: Service, connection: HTTPConnection, action: str, said: dict[str, Any]
) -> tuple[dict[str, Any], float, float]:
    """The override, the seconds until its answer, and the longest wait of a reader meanwhile."""
    body = {"action": action, "target": STORM, "reason": "A storm.", **said}
    time.sleep(PAUSE_S)
    with _reading(running) as waits:
        made, seconds = _ask(connection, "POST", "/v1/overrides", body, 201)
    return made, seconds, max(waits.seconds)


def _undo(connection: HTTPConnection, id: str) -> float:
    time.sleep(PAUSE_S)
    return _ask(connection, "DELETE", f"/v1/overrides/{id}", None, 200)[1]


def _preview(connection: HTTPConnection) -> Row:
    body = {"action": "hold", "target": STORM, "reason": "A storm.", "dry_run": True}
    told, seconds = _ask(connection, "POST", "/v1/overrides", body, 200)
    return _row(f"preview: {told['touched']:,} tasks by a filter", seconds, told["touched"] == TOUCHED)


def _next_cycle(running: Service, connection: HTTPConnection) -> Row:
    """Both agents come once all is pinned to one of them: who gets what."""
    began = time.perf_counter()
    for agent in ("ana", "eva"):
        _ask(connection, "PUT", f"/v1/agents/{agent}/presence", {"presence": "available"}, 200)
    while not (found := read(running, "/v1/offers")["items"]):
        if time.perf_counter() - began > PATIENCE_S:
            raise RuntimeError("Nothing was offered.")
    took = time.perf_counter() - began
    against = sum(offer["agent"] != "eva" for offer in found)
    for agent in ("ana", "eva"):
        _ask(connection, "PUT", f"/v1/agents/{agent}/presence", {"presence": "away"}, 200)
    return Row(
        what="the next cycle, two agents free for tasks pinned to one: offers to the other",
        asked="0",
        measured=f"{against} of {len(found)}, {1_000 * took:,.0f} ms after they came",
        verdict=verdict(not against),
    )


def _row(what: str, seconds: float, whole: bool = True) -> Row:
    return Row(
        what=what,
        asked=f"at most {MOST_S:g} s",
        measured=f"{seconds:.2f} s" + ("" if whole else ", not all of them"),
        verdict=verdict(seconds <= MOST_S and whole),
    )


def _ask(
    connection: HTTPConnection, method: str, path: str, body: Any, status: int
) -> tuple[dict[str, Any], float]:
    """An answer, and the seconds that it took. Raises RuntimeError when its status is another."""
    began = time.perf_counter()
    connection.request(method, path, None if body is None else json.dumps(body))
    response = connection.getresponse()
    answer = response.read()
    seconds = time.perf_counter() - began
    if response.status != status:
        raise RuntimeError(f"{method} {path} answered {response.status}: {answer[:500].decode()}")
    return json.loads(answer), seconds


@contextmanager
def _reading(running: Service) -> Iterator[Waits]:
    """Somebody reads a task again and again until the block ends."""
    waits, stop = Waits(), threading.Event()

    def reading() -> None:
        connection = running.connect()
        while not stop.is_set():
            waits.seconds.append(_ask(connection, "GET", "/v1/tasks/c0", None, 200)[1])
            stop.wait(0.005)

    reader = threading.Thread(target=reading)
    reader.start()
    try:
        yield waits
    finally:
        stop.set()
        reader.join()
