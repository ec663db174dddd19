"""Either client under one roof, so that a test says what it wants once and both have to do it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, cast

from assigner.client import AsyncClient, Client


class Waits:
    """A part of an AsyncClient whose methods wait in a loop of their own."""

    def __init__(self, part: Any, runner: asyncio.Runner, begun: list[Any]) -> None:
        self._part = part
        self._runner = runner
        self._begun = begun

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if not callable(found):
            ours = type(found).__module__.startswith("assigner.client")
            return Waits(found, self._runner, self._begun) if ours else found
        return lambda *args, **fields: self._given(found(*args, **fields))

    def _given(self, made: Any) -> Any:
        if isinstance(made, Coroutine):
            return self._runner.run(made)
        if isinstance(made, AsyncClient):
            return Waits(made, self._runner, self._begun)
        if not isinstance(made, AsyncIterator):
            return made
        self._begun.append(made)
        return self._items(made)

    def _items(self, source: AsyncIterator[Any]) -> Iterator[Any]:
        end = object()

        async def following() -> Any:
            return await anext(source, end)

        while (item := self._runner.run(following())) is not end:
            yield item


@contextmanager
def asking(kind: str, url: str, **more: Any) -> Iterator[Client]:
    """A client of the kind, `sync` or `async`, until the block ends."""
    if kind == "sync":
        with Client(url, **more) as client:
            yield client
        return
    with asyncio.Runner() as runner:
        other, begun = AsyncClient(url, **more), list[Any]()
        try:
            yield cast(Client, Waits(other, runner, begun))
        finally:
            for source in begun:
                runner.run(source.aclose())
            runner.run(other.close())
