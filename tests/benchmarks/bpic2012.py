"""Two weeks of a bank's real backlog, hour by hour, over HTTP: each answer judged twice."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from api.messages import Job
from api.parse import parse
from assigner.clock import SystemClock
from assigner.dispatch.decide import Effort, decide
from solver.check import CheckError, check
from solver.problem import Problem
from solver.solution import Method, Solution, Status
from tests.benchmarks import backlog, reading
from tests.benchmarks.load import quantile
from tests.benchmarks.report import Result, Row, Table, Verdict, progress, verdict
from tests.benchmarks.service import service, timed
from tests.benchmarks.yardsticks import VARIABLE, yardsticks

MOST_SHOWN = 10
BAND_H = 4
WARM_UPS = 3

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One snapshot and what came back. `ms` is the round trip; `faults` is what both judges found; `proven`
    says that the answer is optimal and that prices prove it.
    """

    now: datetime
    tasks: int
    agents: int
    assigned: int
    waiting: Counter[str]
    ms: float
    faults: Sequence[str]
    proven: bool


def run(output: Path) -> Iterator[Result]:
    """Post each snapshot, judge each answer."""
    file = yardsticks() / "bpic2012" / "workitems.csv.gz"
    if not file.is_file():
        missing = f"{file} is not there; ${VARIABLE} names the folder of the data"
        yield Row(what=_WHAT, asked="every one", measured=missing, verdict=Verdict.SKIPPED)
        return
    answered = list(_answers(output, file))
    faults = [fault for each in answered for fault in each.faults]
    good = sum(not each.faults for each in answered)
    yield Row(
        what=_WHAT,
        asked="every one",
        measured=f"{good} of {len(answered)} ({sum(each.proven for each in answered)} proven optimal)",
        verdict=verdict(good == len(answered)),
    )
    yield Row(what="a bank's hourly snapshots: round trip p50 and p99", measured=_latency(answered))
    yield _table("Two weeks of a bank's back office, by day", _by(answered, _day), _NOTES)
    yield _table("The same, by hours of the day", _by(answered, _band))
    if faults:
        yield Table(
            title=f"Faults: the first of {len(faults)}",
            columns=["fault"],
            rows=[[f] for f in faults[:MOST_SHOWN]],
        )


_WHAT = "a bank's hourly snapshots over two weeks: answers that hold, judged twice"
_NOTES = ("Sums over the snapshots: a task counts in each hour that finds it open.", *backlog.ASSUMPTIONS)


def _answers(output: Path, file: Path) -> Iterator[Answered]:
    hours = backlog.hours()
    requests = list(backlog.requests(backlog.read(file), hours))
    with service(output / "service-bpic2012.log") as running:
        connection = running.connect()
        for request in requests[:WARM_UPS]:
            timed(connection, _bytes(request))
        for now, request in progress(zip(hours, requests, strict=True), "hours of the bank", len(hours)):
            body = _bytes(request)
            answer, seconds = timed(connection, body)
            yield _judged(now, request, body, json.loads(answer), seconds)


def _bytes(request: Record) -> bytes:
    return json.dumps(request).encode()


def _judged(now: datetime, request: Record, body: bytes, answer: Record, seconds: float) -> Answered:
    problem, solution = _rebuilt(body, answer)
    faults = [*reading.faults(request, answer), *_check_faults(problem, solution)]
    return Answered(
        now=now,
        tasks=len(request["tasks"]),
        agents=len(request["agents"]),
        assigned=len(answer["assignments"]),
        waiting=Counter(row["reason"] for row in answer["unassigned"]),
        ms=seconds * 1e3,
        faults=[f"{now:%d %b %H:%M}: {fault}" for fault in faults],
        proven=not faults and solution.status is Status.OPTIMAL and solution.price is not None,
    )


def _rebuilt(body: bytes, answer: Record) -> tuple[Problem, Solution]:
    """The problem of a request, built anew, and the service's answer as a solution of it.

    The prices that prove the bound are not in an answer: they come from a solve here.
    """
    job = Job(now_ms=0, request_id="benchmark")
    question = parse(body, job)
    snapshot = question.snapshot
    decision = decide(
        snapshot,
        question.policy,
        Effort(most_arcs=job.limits.max_arcs, time_limit_s=question.time_limit_s),
        clock=SystemClock(),
        seed=question.seed,
    )
    agents = {agent.id: position for position, agent in enumerate(snapshot.agents)}
    taken = {row["task"]: agents[row["agent"]] for row in answer["assignments"]}
    said = answer["solution"]
    return decision.model.problem, Solution(
        agent=np.array([taken.get(task.id, -1) for task in snapshot.tasks], np.int32),
        objective=said["objective"],
        bound=said["bound"],
        status=Status(said["status"]),
        method=Method(said["method"]),
        price=decision.solution.price,
    )


def _check_faults(problem: Problem, solution: Solution) -> list[str]:
    """What the solver's judge finds."""
    try:
        check(problem, solution)
    except CheckError as error:
        return [str(error)]
    return []


def _day(now: datetime) -> str:
    return f"{now:%a %d %b}"


def _band(now: datetime) -> str:
    first = now.hour // BAND_H * BAND_H
    return f"{first:02} to {first + BAND_H:02} h"


def _by(answered: Sequence[Answered], part: Callable[[datetime], str]) -> dict[str, list[Answered]]:
    """The answers by a part of the time, as the parts come, and all of them."""
    parts: defaultdict[str, list[Answered]] = defaultdict(list)
    for each in answered:
        parts[part(each.now)].append(each)
    return parts | {"in all": list(answered)}


def _table(title: str, parts: dict[str, list[Answered]], notes: Sequence[str] = ()) -> Table:
    reasons = list(sum((each.waiting for each in parts["in all"]), Counter()))
    return Table(
        title=title,
        columns=("snapshots at", "tasks", "agents", "assigned", *reasons, "p50 ms", "p99 ms"),
        rows=[(name, *_numbers(answers, reasons)) for name, answers in parts.items()],
        notes=notes,
    )


def _numbers(answers: Sequence[Answered], reasons: Sequence[str]) -> Iterator[str]:
    counts = [
        sum(each.tasks for each in answers),
        sum(each.agents for each in answers),
        sum(each.assigned for each in answers),
        *(sum(each.waiting[reason] for each in answers) for reason in reasons),
    ]
    yield from (f"{count:,}" for count in counts)
    yield from (f"{quantile([each.ms for each in answers], part):.1f}" for part in (0.5, 0.99))


def _latency(answers: Sequence[Answered]) -> str:
    p50, p99 = (quantile([each.ms for each in answers], part) for part in (0.5, 0.99))
    return f"{p50:.1f} ms, {p99:.1f} ms"
