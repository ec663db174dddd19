"""How a request is sent until there is an answer: again, after a pause, when it may be tried again.

The same request is sent each time, under the same Idempotency-Key: it is done once, whichever answer is lost.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, repeat
from random import Random
from typing import Final, TypeVar
from uuid import uuid4

from assigner.client.call import Answer, Call
from assigner.client.errors import AssignerError, NotReached, Problem, retry_after_s

T = TypeVar("T")

AGAIN: Final = frozenset((429, 502, 503))
FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 20.0
"""The longest pause; a service that asks for a longer one is not asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a client asks: who it is, how often it tries again, how long it waits for an answer in seconds."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    retries: int = 6
    timeout_s: float = 30.0
    chance: Random = field(default_factory=lambda: Random(uuid4().int), repr=False)  # noqa: S311 - for pauses

    def pauses(self) -> Iterator[float]:
        """The pauses before each further attempt: twice as long each time, a half of it by chance."""
        for number in range(self.retries):
            longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**number)
            yield longest * self.chance.uniform(0.5, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request as it is sent once, and how long its answer may take, in seconds."""

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes
    timeout_s: float


Attempts = Generator[Ask | float, Answer | NotReached | None, T]
"""Yields what to send, and is told what came of it; or a pause to be made, in seconds."""


def asked(call: Call[T], manner: Manner) -> Ask:
    """A call as this client sends it. Raises AssignerError for what no header can say."""
    headers = {**manner.headers, **call.headers}
    for name, value in headers.items():
        if not value.isascii() or not value.isprintable() or value != value.strip():
            raise AssignerError(f"{name} can have only visible ASCII characters.")
    return Ask(
        method=call.method,
        target=call.target,
        headers=headers,
        body=call.body,
        timeout_s=manner.timeout_s + call.waits_s,
    )


def attempts(call: Call[T], manner: Manner) -> Attempts[T]:
    """Send a call until it is answered, or all attempts are used up. Raises AssignerError."""
    ask = asked(call, manner)
    found = yield ask
    for pause_s in manner.pauses():
        wait_s = before_again(found, pause_s)
        if wait_s is None:
            break
        yield wait_s
        found = yield ask
    return settled(call, found)


def before_again(found: Answer | NotReached | None, pause_s: float) -> float | None:
    """How long to wait before the next attempt; None where there is to be none."""
    if not isinstance(found, Answer):
        return pause_s
    if found.status not in AGAIN:
        return None
    wait_s = max(pause_s, retry_after_s(found.headers) or 0.0)
    return wait_s if wait_s <= LONGEST_PAUSE_S else None


class Patience:
    """When to come back to what has no end: after the pauses `at_first`; once it has gone well, for ever."""

    def __init__(self, manner: Manner, at_first: Iterator[float]) -> None:
        self._manner = manner
        self._pauses = at_first

    def went_well(self) -> None:
        """It was there, and will be again."""
        self._pauses = chain(self._manner.pauses(), repeat(LONGEST_PAUSE_S))

    def pause_s(self, error: AssignerError) -> float:
        """How long to wait before coming back. Raises the error where that would not help."""
        busy = isinstance(error, Problem) and error.status in AGAIN
        pause_s = next(self._pauses, None) if busy or isinstance(error, NotReached) else None
        if pause_s is None:
            raise error
        asked_s = error.retry_after_s if isinstance(error, Problem) else None
        return min(LONGEST_PAUSE_S, max(pause_s, asked_s or 0.0))


def settled(call: Call[T], found: Answer | NotReached | None) -> T:
    """What came of a call in the end. Raises AssignerError."""
    if isinstance(found, Answer):
        return call.result(found)
    raise NotReached(f"{call.method} {call.target}: {found}") from found
