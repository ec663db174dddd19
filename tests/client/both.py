"""Either client under one roof, so that a test says what it wants once and both have to do it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, cast

from assigner.client import AsyncClient, Client


class Waits:
    """A part of an AsyncClient whose methods wait in a loop of their own."""

    def __init__(self, part: Any, runner: asyncio.Runner) -> None:
        self._part = part
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if not callable(found):
            return (
                Waits(found, self._runner) if type(found).__module__.startswith("assigner.client") else found
            )
        return lambda *args, **fields: self._given(found(*args, **fields))

    def _given(self, made: Any) -> Any:
        if isinstance(made, Coroutine):
            return self._runner.run(made)
        if isinstance(made, AsyncClient):
            return Waits(made, self._runner)
        return self._items(made) if isinstance(made, AsyncIterator) else made

    def _items(self, source: AsyncIterator[Any]) -> Iterator[Any]:
        end = object()

        async def following() -> Any:
            return await anext(source, end)

        try:
            while (item := self._runner.run(following())) is not end:
                yield item
        finally:
            self._runner.run(cast(Any, source).aclose())


@contextmanager
def asking(kind: str, url: str, **more: Any) -> Iterator[Client]:
    """A client of the kind, `sync` or `async`, until the block ends."""
    if kind == "sync":
        with Client(url, **more) as client:
            yield client
        return
    with asyncio.Runner() as runner:
        other = AsyncClient(url, **more)
        try:
            yield cast(Client, Waits(other, runner))
        finally:
            runner.run(other.close())
