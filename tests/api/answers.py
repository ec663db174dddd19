"""Functions that a worker runs in the tests instead of deciding: each behaves as its body says."""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from api.errors import MEDIA_TYPE, problem
from api.messages import Facts, Job, Reply

FACTS = Facts(
    tasks=3,
    agents=2,
    groups=2,
    arcs=4,
    assigned=1,
    waiting_by_reason={"outranked": 2},
    status="optimal",
    method="flow",
    gap=0.0,
    solve_s=0.001,
    parse_s=0.002,
    decide_s=0.003,
    encode_s=0.004,
)
KEPT = bytearray()


def behave(body: memoryview, job: Job) -> Reply:
    """Do what the first word of the body says, with the rest; echo a body that says nothing known."""
    word, _, rest = bytes(body).partition(b" ")
    reply = ACTIONS[word](rest.decode(), job) if word in ACTIONS else None
    return reply or Reply(status=200, body=bytes(body), facts=FACTS)


def fail_at_start(body: memoryview, job: Job) -> Reply:
    """End the worker before it is ready."""
    sys.exit(3)


def spin_at_start(body: memoryview, job: Job) -> Reply:
    """Never be ready."""
    while True:
        pass


def _spin(rest: str, job: Job) -> None:
    while True:
        pass


def _fail(rest: str, job: Job) -> None:
    raise RuntimeError("on purpose")


def _exhaust(rest: str, job: Job) -> None:
    raise MemoryError


def _grow(rest: str, job: Job) -> None:
    """Keep so many bytes."""
    KEPT.extend(b"x" * int(rest))


def _await(rest: str, job: Job) -> None:
    """Answer when a file is there."""
    _until(Path(rest).exists)


def _meet(rest: str, job: Job) -> None:
    """Answer when another worker has come to the same folder."""
    (Path(rest) / str(os.getpid())).touch()
    _until(lambda: len(list(Path(rest).iterdir())) > 1)


def _until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    while not condition():
        pause.wait(0.01)


def _refuse(rest: str, job: Job) -> Reply:
    refused = problem("too_many_arcs", "", job.request_id)
    return Reply(status=422, body=refused, media_type=MEDIA_TYPE)


def _tell_job(rest: str, job: Job) -> Reply:
    told = f"{job.language} {job.now_ms} {job.limits.max_tasks} {job.verify}"
    return Reply(status=200, body=told.encode())


def _tell_pid(rest: str, job: Job) -> Reply:
    return Reply(status=200, body=str(os.getpid()).encode())


ACTIONS: dict[bytes, Callable[[str, Job], Reply | None]] = {
    b"spin": _spin,
    b"raise": _fail,
    b"exhaust": _exhaust,
    b"grow": _grow,
    b"await": _await,
    b"meet": _meet,
    b"refuse": _refuse,
    b"job": _tell_job,
    b"pid": _tell_pid,
}
