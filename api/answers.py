"""Answers that are given while the request still comes in, and wait until the client takes them."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect
from starlette.types import Send

MOST_WAITING_BYTES = 2**25
"""How much may wait for the client: who sends everything before they take anything gets by with this."""
_STRIDE = 2**16


class Answers:
    """What waits to be taken by a client. Whoever puts more waits for room once too much does.

    The client has `patience_s` to take something, again and again, while we wait for them: for room, or
    because nothing comes after. As long as we take what they send and have room, they may take their time.
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._parts: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        self._next: bytes | Exception | None = None
        self._waiting = 0
        self._room = asyncio.Event()
        self._ended = False
        self._until: asyncio.Timeout | None = None

    async def put(self, part: bytes) -> None:
        """Let a part wait, and wait for room."""
        self._waiting += len(part)
        self._parts.put_nowait(part)
        self._mind()
        await self._room.wait()

    def end(self, error: Exception | None = None) -> None:
        """Nothing comes after this; an error breaks the answer off."""
        self._parts.put_nowait(error)
        self._ended = True
        self._mind()

    async def begin(self) -> None:
        """Wait for the first part. Raises what was told in place of it."""
        self._next = await self._parts.get()
        if isinstance(self._next, Exception):
            raise self._next

    async def give(self, send: Send) -> None:
        """Send all the parts, once begun. Raises what breaks the answer off, and ClientDisconnect when our
        patience with the client is at an end.
        """
        try:
            async with asyncio.timeout(None) as self._until:
                self._mind()
                while isinstance(self._next, bytes):
                    await self._send(self._next, send)
                    self._next = await self._parts.get()
                if self._next:
                    raise self._next
                await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            raise ClientDisconnect from None
        finally:
            self._until = None

    async def _send(self, part: bytes, send: Send) -> None:
        for start in range(0, len(part), _STRIDE):
            stride = part[start : start + _STRIDE]
            await send({"type": "http.response.body", "body": stride, "more_body": True})
            self._waiting -= len(stride)
            self._mind()

    def _mind(self) -> None:
        """See whether there is room, and whether we wait for the client: then their time begins."""
        full = self._waiting > MOST_WAITING_BYTES
        (self._room.clear if full else self._room.set)()
        if self._until and not self._until.expired():
            now = asyncio.get_running_loop().time()
            self._until.reschedule(now + self._patience_s if full or self._ended else None)
