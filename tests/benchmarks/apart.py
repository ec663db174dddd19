"""A function in a process of its own, so that what it does takes no time from what is measured."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Concatenate, ParamSpec

P = ParamSpec("P")
_spawn = multiprocessing.get_context("spawn")


@contextmanager
def apart(
    main: Callable[Concatenate[Connection, P], None], *args: P.args, **said: P.kwargs
) -> Iterator[Connection]:
    """The other end of the channel that `main` gets, while the block runs. `recv` raises EOFError when the
    process has failed.
    """
    ours, its = _spawn.Pipe()
    process = _spawn.Process(target=main, args=(its, *args), kwargs=said, daemon=True)
    process.start()
    its.close()
    try:
        yield ours
    finally:
        process.terminate()
        process.join()
