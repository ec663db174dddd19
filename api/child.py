"""A worker process: takes a job, calls the function that answers it, hands the answer back; again, until EOF.

Run by `api.pool` as `python -m api.child FUNCTION LOG LEVEL`; its stdin is a socket to the parent.
"""

import contextlib
import ctypes
import gc
import importlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

from api import errors, frames
from api.messages import Job, Reply
from api.spool import Spool
from assigner import log
from assigner.memory import keep_freed

Answer = Callable[[memoryview, Job], Reply]

# Behind the parent in the queue for a core, so that accepting and probes go on while every core solves.
_NICENESS = 5
_MOST_READ = 65_536
_PR_SET_PDEATHSIG = 1
_logger = logging.getLogger(__name__)

# The first solve of each method loads what the next ones have: it is done before the worker says READY.
WARM_UP = (
    b'{"tasks": [{"id": "warm"}], "agents": [{"id": "up"}]}',
    b'{"tasks": [{"id": "warm", "size": 2}, {"id": "er"}], "agents": [{"id": "up", "capacity": 2}]}',
)


def main(function: str, style: str, level: str) -> None:
    """Answer jobs until the parent goes away."""
    # The keyboard and a service manager signal the whole group: the parent decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _die_with_parent()
    os.nice(_NICENESS)
    log.configure(style, level)
    answer = load(function)
    for body in WARM_UP:
        answer(memoryview(body), Job(now_ms=0, request_id="warm-up"))
    _quieten_collector()
    keep_freed()
    # A parent that dies in the middle of a job is not there to take the answer.
    with socket.socket(fileno=os.dup(0)) as channel, contextlib.suppress(ConnectionError):
        channel.sendall(frames.READY)
        while (received := _receive(channel)) is not None:
            channel.sendall(frames.pack(_work(answer, *received)))
            gc.collect()


def _die_with_parent() -> None:
    """Have the kernel end this process, even inside a solve, when its parent ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def load(function: str) -> Answer:
    """The function named `module:name`."""
    module, _, name = function.partition(":")
    return cast(Answer, getattr(importlib.import_module(module), name))


def _quieten_collector() -> None:
    """Collect after each job, never inside one.

    The objects of a job live as long as it does: collecting among them finds nothing. What is here now stays
    for ever, so the collection after a job has only that job's remains to look at.
    """
    gc.disable()
    gc.collect()
    gc.freeze()


def _receive(channel: socket.socket) -> tuple[Job, Spool, Spool] | None:
    """The next job, its body and the file for its answer; None when the parent is gone."""
    received = bytearray()
    spools: list[Spool] = []
    while (payload := frames.take(received)) is None:
        data, descriptors, _, _ = socket.recv_fds(channel, _MOST_READ, frames.DESCRIPTORS)
        if not data:
            return None
        received += data
        spools += map(Spool, descriptors)
    body, answer = spools
    return frames.unpack(payload, Job), body, answer


def _work(answer: Answer, job: Job, body: Spool, out: Spool) -> frames.Outcome:
    """Do one job: the answer's bytes go to `out`, the rest is returned."""
    with body, out:
        reply = _answer_or_fail(answer, body, job)
        out.write(reply.body)
    status, media_type, facts = reply.status, reply.media_type, reply.facts
    del reply
    return frames.Outcome(status=status, media_type=media_type, facts=facts, resident_bytes=_resident_bytes())


def _answer_or_fail(answer: Answer, body: Spool, job: Job) -> Reply:
    """The answer, or the error of a fault in our code; without memory the process is better replaced."""
    try:
        # Nothing here keeps the view: the memory of the body is free as soon as the function drops it.
        return answer(body.view(), job)
    except MemoryError:
        raise
    except Exception:
        _logger.exception("A worker failed to answer", extra={"fields": {"request_id": job.request_id}})
        failed = errors.problem("internal_error", "", job.request_id)
        return Reply(status=errors.ERRORS["internal_error"].status, body=failed, media_type=errors.MEDIA_TYPE)


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main(*sys.argv[1:])
