"""A deadline for work that cannot be interrupted: it runs in a forked child, which is killed when time is
up.
"""

import ctypes
import mmap
import os
import select
import signal
import warnings
from collections.abc import Callable

import numpy as np

from solver.problem import Ints

_DONE = 1
_PR_SET_PDEATHSIG = 1


def within(seconds: float, size: int, work: Callable[[], Ints]) -> Ints | None:
    """What `work` returns, int64[size], or None when it takes longer than `seconds` or fails.

    The answer comes back through shared memory; the end of the child is seen on a pipe that only it holds.
    """
    shared = mmap.mmap(-1, 8 * (size + 1))
    buffer = np.frombuffer(shared, np.int64)
    ended, held = os.pipe()
    child = _fork()
    if child == 0:
        _answer(buffer, work)
    os.close(held)
    try:
        ready, _, _ = select.select([ended], [], [], max(0.0, seconds))
    finally:
        _end(child, ended)
    return buffer[1:] if ready and buffer[0] == _DONE else None


def _fork() -> int:
    """Fork; the child calls numpy and OR-Tools only, so the warning about other threads' locks does not
    apply.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _answer(buffer: Ints, work: Callable[[], Ints]) -> None:
    """The child's whole life."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # nobody waits for a child left behind
        buffer[1:] = work()
        buffer[0] = _DONE
    finally:
        os._exit(0)


def _end(child: int, ended: int) -> None:
    os.close(ended)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
