"""What is asked for at about the same time goes to the server together: commands of one verb in one call,
and a long reading once for all.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

R = TypeVar("R")
Run = Callable[[str, Sequence[bytes]], Awaitable[Sequence[Any]]]
"""Does a verb's commands in one call: an answer for each."""
Asked = tuple[Sequence[bytes], asyncio.Future[Sequence[Any]]]
"""Commands, and where their answers go."""


@dataclass(slots=True, eq=False)
class _Line:
    """What waits for one verb, and the call under way."""

    waiting: deque[Asked] = field(default_factory=deque)
    call: asyncio.Task[None] | None = None
    called: bool = False


class Gather:
    """Sends at most `most` commands in one call, and one call of a verb at a time, so that order is kept.

    What is asked in one turn of the event loop goes together; what is asked during a call, after it.
    """

    def __init__(self, run: Run, most: int) -> None:
        self._run = run
        self._most = most
        self._lines: defaultdict[str, _Line] = defaultdict(_Line)

    async def ask(self, verb: str, commands: Sequence[bytes]) -> Sequence[Any]:
        """The answers to at most `most` commands. A call that fails, fails for all in it."""
        loop = asyncio.get_running_loop()
        answers: asyncio.Future[Sequence[Any]] = loop.create_future()
        line = self._lines[verb]
        line.waiting.append((commands, answers))
        if line.call is None and not line.called:
            line.called = True
            loop.call_soon(self._begin, verb, line)
        return await answers

    def _begin(self, verb: str, line: _Line) -> None:
        line.called = False
        if line.call is None and line.waiting:
            line.call = asyncio.create_task(self._call(verb, line))

    def _take(self, line: _Line) -> list[Asked]:
        """The first of those who wait, as many as fit in one call; nothing of who waits no more."""
        taken: list[Asked] = []
        count = 0
        while line.waiting and (not taken or count + len(line.waiting[0][0]) <= self._most):
            commands, answers = line.waiting.popleft()
            if not answers.cancelled():
                taken.append((commands, answers))
                count += len(commands)
        return taken

    async def _call(self, verb: str, line: _Line) -> None:
        taken, failed = self._take(line), None
        found: Sequence[Any] = ()
        try:
            if taken:
                found = await self._run(verb, [one for commands, _ in taken for one in commands])
        except Exception as error:
            failed = error
        except asyncio.CancelledError:
            for _, answers in taken:
                answers.cancel()
            raise
        finally:
            # Before the answers are handed back: the server works while they are understood.
            line.call = None
            self._begin(verb, line)
        if failed is None:
            _hand_back(taken, found)
        else:
            _fail(taken, failed)


def _fail(taken: Sequence[Asked], error: Exception) -> None:
    for _, answers in taken:
        if not answers.done():
            answers.set_exception(error)


def _hand_back(taken: Sequence[Asked], found: Sequence[Any]) -> None:
    at = 0
    for commands, answers in taken:
        if not answers.done():
            answers.set_result(found[at : at + len(commands)])
        at += len(commands)


class Once(Generic[R]):
    """A reading that takes long: whoever asks for it while it goes on gets what the first one gets."""

    def __init__(self, read: Callable[[], Coroutine[Any, Any, R]]) -> None:
        self._read = read
        self._reading: asyncio.Task[R] | None = None
        self._asking: Counter[asyncio.Task[R]] = Counter()

    async def get(self) -> R:
        """What is read. It is broken off when nobody waits for it any more."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        reading = self._reading
        self._asking[reading] += 1
        try:
            return await asyncio.shield(reading)
        finally:
            self._asking[reading] -= 1
            if not self._asking[reading]:
                self._let_go(reading)

    def _let_go(self, reading: asyncio.Task[R]) -> None:
        del self._asking[reading]
        reading.cancel()
        if self._reading is reading:
            self._reading = None
