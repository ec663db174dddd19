"""What goes on at the same time in the demo: begun together, stopped together, nothing left half told."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

T = TypeVar("T")

SETTLE_S: Final = 5.0
"""How long requests may take to end when all stops."""


@dataclass(slots=True, kw_only=True)
class Crew:
    """Coroutines that run until they are stopped; the first error of any ends `failure`."""

    failure: asyncio.Future[None]
    _running: set[asyncio.Task[Any]] = field(default_factory=set)
    _sure: set[asyncio.Task[Any]] = field(default_factory=set)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Begin something."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._over)

    async def surely(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something to its end, even when all stops meanwhile: a request whose answer is counted."""
        task = asyncio.create_task(work)
        self._sure.add(task)
        task.add_done_callback(self._sure.discard)
        return await asyncio.shield(task)

    async def stop(self) -> None:
        """Stop all; return when the requests that are on their way have been answered."""
        stopped = [*self._running]
        for task in stopped:
            task.cancel()
        await asyncio.gather(*stopped, return_exceptions=True)
        if self._sure:
            await asyncio.wait(self._sure, timeout=SETTLE_S)

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) and not self.failure.done():
            self.failure.set_exception(error)
