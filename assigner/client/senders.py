"""The two that send: one waits in its thread, the other in an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterable, Iterator
from contextlib import AsyncExitStack, ExitStack
from itertools import islice
from threading import Event
from typing import Any, TypeVar, cast

from assigner.client.call import Answer, Call
from assigner.client.carriers import AsyncCarrier, Carrier
from assigner.client.errors import AssignerError, NotReached
from assigner.client.retry import Ask, Manner, asked, attempts
from assigner.client.script import Give, Open, Script, Take, following

T = TypeVar("T")


class Sender:
    """Sends, and waits."""

    def __init__(self, carrier: Carrier, manner: Manner) -> None:
        self.carrier = carrier
        self.manner = manner

    def ask(self, call: Call[T]) -> T:
        """The result of a call. Raises AssignerError."""
        steps = attempts(call, self.manner)
        step = next(steps)
        while True:
            try:
                step = steps.send(self._send(step))
            except StopIteration as end:
                return cast(T, end.value)

    def walk(self, script: Script[T]) -> Generator[T, None, None]:
        """The items that a script gives. Raises AssignerError."""
        with _Walk(self) as walk:
            found: Any = None
            while (step := following(script, found)) is not None:
                found = None
                if isinstance(step, Give):
                    yield from step.items
                    continue
                try:
                    found = walk.do(step)
                except AssignerError as error:
                    found = error

    def _send(self, step: Ask | float) -> Answer | NotReached | None:
        if not isinstance(step, Ask):
            _pause(step)
            return None
        try:
            return self.carrier.carry(step)
        except NotReached as error:
            return error


class _Walk(ExitStack):
    """What a script has opened, and its steps done."""

    def __init__(self, sender: Sender) -> None:
        super().__init__()
        self.sender = sender
        self.stream: Iterator[bytes] = iter(())

    def do(self, step: Any) -> Any:
        """What came of a step. Raises AssignerError."""
        if isinstance(step, Call):
            return self.sender.ask(step)
        if isinstance(step, Take):
            return list(islice(cast(Iterable[Any], step.source), step.most))
        if isinstance(step, Open):
            return self._open(step.call)
        if isinstance(step, float | int):
            _pause(step)
            return None
        return next(self.stream, None)

    def _open(self, call: Call[Any]) -> Any:
        self.close()
        answer, self.stream = self.enter_context(self.sender.carrier.open(asked(call, self.sender.manner)))
        return call.result(answer)


class AsyncSender:
    """Sends, and lets others go on meanwhile."""

    def __init__(self, carrier: AsyncCarrier, manner: Manner) -> None:
        self.carrier = carrier
        self.manner = manner

    async def ask(self, call: Call[T]) -> T:
        """The result of a call. Raises AssignerError."""
        steps = attempts(call, self.manner)
        step = next(steps)
        while True:
            try:
                step = steps.send(await self._send(step))
            except StopIteration as end:
                return cast(T, end.value)

    async def walk(self, script: Script[T]) -> AsyncGenerator[T, None]:
        """The items that a script gives. Raises AssignerError."""
        async with _AsyncWalk(self) as walk:
            found: Any = None
            while (step := following(script, found)) is not None:
                found = None
                if isinstance(step, Give):
                    for item in step.items:
                        yield item
                    continue
                try:
                    found = await walk.do(step)
                except AssignerError as error:
                    found = error

    async def _send(self, step: Ask | float) -> Answer | NotReached | None:
        if not isinstance(step, Ask):
            await asyncio.sleep(step)
            return None
        try:
            return await self.carrier.carry(step)
        except NotReached as error:
            return error


class _AsyncWalk(AsyncExitStack):
    """What a script has opened, and its steps done."""

    def __init__(self, sender: AsyncSender) -> None:
        super().__init__()
        self.sender = sender
        self.stream: AsyncIterator[bytes]

    async def do(self, step: Any) -> Any:
        """What came of a step. Raises AssignerError."""
        if isinstance(step, Call):
            return await self.sender.ask(step)
        if isinstance(step, Take):
            return await _taken(step)
        if isinstance(step, Open):
            return await self._open(step.call)
        if isinstance(step, float | int):
            return await asyncio.sleep(step)
        return await anext(self.stream, None)

    async def _open(self, call: Call[Any]) -> Any:
        await self.aclose()
        opening = self.sender.carrier.open(asked(call, self.sender.manner))
        answer, self.stream = await self.enter_async_context(opening)
        return call.result(answer)


async def _taken(step: Take) -> list[Any]:
    if not isinstance(step.source, AsyncIterator):
        return list(islice(step.source, step.most))
    found: list[Any] = []
    while len(found) < step.most and (item := await anext(step.source, step)) is not step:
        found.append(item)
    return found


def _pause(seconds: float) -> None:
    Event().wait(seconds)
