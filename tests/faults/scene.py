"""A scene: a coroutine that is a test, how often it is played, and what is drawn for it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from functools import wraps
from random import Random
from typing import Any, ParamSpec

P = ParamSpec("P")
ROUNDS = int(os.environ.get("FAULTS_ROUNDS", "0"))
"""How many rounds the long form plays; 0 is the short form."""
SEED = int(os.environ.get("FAULTS_SEED", "0")) or (Random().randrange(1, 10**6) if ROUNDS else 1)
LONG = ROUNDS > 0


def lived(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run a test that awaits."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


def rounds(what: str, short: int, share: float = 1.0) -> Iterator[Random]:
    """The chance of each round: a few rounds in the short form, or a share of all. Tells of each."""
    count = max(1, round(ROUNDS * share)) if LONG else short
    for number in range(1, count + 1):
        seed = SEED + number
        if LONG:
            told = f"\n{what}: round {number} of {count} (FAULTS_SEED={SEED}) "
            sys.stderr.write(told)
            sys.stderr.flush()
        yield Random(seed)
