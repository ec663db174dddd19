"""Long polls: an answer as soon as there is something to say. They wait for events, and never look again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Any

from starlette.requests import ClientDisconnect, Request

from api.access.refused import no_longer
from api.assign import client_leaves
from api.deps import caller, door
from api.exchange import number
from api.live import Live

MOST_WAIT_S = 60.0


def wait_s(request: Request) -> float:
    """How long the client would wait. Raises Invalid."""
    return number(request, "wait_s", 0.0, MOST_WAIT_S)


async def until(
    request: Request, parts: Live, topic: Hashable, ready: Callable[[], bool], seconds: float
) -> None:
    """Return when it is ready, when the time is over, or when the service stops.

    `topic` is what the view has to call for it to become ready. Raises ClientDisconnect, and unauthorized
    when the caller's key lets nobody in any more.
    """
    if ready() or seconds == 0:
        return
    leaving = asyncio.create_task(client_leaves(request))
    stopping = asyncio.create_task(parts.stopping.wait())
    try:
        with door(request).staying(caller(request)) as over:
            async with asyncio.timeout(seconds):
                while not ready() and not stopping.done():
                    await _first(parts, topic, leaving, stopping, over)
                    if over.done():
                        raise no_longer()
    except TimeoutError:
        pass
    finally:
        leaving.cancel()
        stopping.cancel()


async def _first(
    parts: Live, topic: Hashable, leaving: asyncio.Task[None], *others: asyncio.Future[Any]
) -> None:
    told = parts.view.expect(topic)
    these: set[asyncio.Future[Any]] = {told, leaving, *others}
    try:
        await asyncio.wait(these, return_when=asyncio.FIRST_COMPLETED)
    finally:
        parts.view.forget(topic, told)
    if leaving.done():
        raise ClientDisconnect
