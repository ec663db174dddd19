"""Functions that a worker runs in the tests instead of deciding: each behaves as its body says."""

import os
import signal
import sys

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
GIVEN_BACK = bytearray()


def behave(body: memoryview, job: Job) -> Reply:
    """Do what the first word of the body says; echo what is unknown."""
    word, _, rest = bytes(body).partition(b" ")
    match word:
        case b"spin":
            while True:
                pass
        case b"crash":
            os.kill(os.getpid(), signal.SIGKILL)
        case b"raise":
            raise RuntimeError("on purpose")
        case b"grow":
            GIVEN_BACK.extend(b"x" * int(rest))
        case b"big":
            return Reply(status=200, body=b"y" * int(rest.split()[0]), facts=FACTS)
        case b"refuse":
            refused = problem("too_many_arcs", "", job.request_id)
            return Reply(status=422, body=refused, media_type=MEDIA_TYPE)
        case b"job":
            return Reply(status=200, body=f"{job.language} {job.now_ms} {job.limits.max_tasks}".encode())
        case b"pid":
            return Reply(status=200, body=str(os.getpid()).encode())
        case _:
            pass
    return Reply(status=200, body=bytes(body), facts=FACTS)


def fail_at_start(body: memoryview, job: Job) -> Reply:
    """End the worker before it is ready."""
    sys.exit(3)
