"""A proxy before a store, or a service, that loses answers, now and then, and the connection with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

CHUNK = 1 << 16


@dataclass(slots=True, kw_only=True)
class Lossy:
    """Passes everything on, but loses an answer with probability `loss`. `lost` counts them."""

    to: str | tuple[str, int]
    random: Random
    loss: float = 0.0
    lost: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it or an answer is lost."""
        try:
            far, there = await self._connect()
        except OSError:
            back.close()
            return
        work = (self._asked(near, there), self._told(far, back), self.closing.wait())
        ways = [asyncio.ensure_future(one) for one in work]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        back.close()
        there.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.to, str):
            return await asyncio.open_unix_connection(self.to)
        return await asyncio.open_connection(*self.to)

    async def _asked(self, near: asyncio.StreamReader, there: asyncio.StreamWriter) -> None:
        while chunk := await near.read(CHUNK):
            there.write(chunk)
            await there.drain()

    async def _told(self, far: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        while chunk := await far.read(CHUNK):
            if self.random.random() < self.loss:
                self.lost += 1
                return
            back.write(chunk)
            await back.drain()


@asynccontextmanager
async def lossy(to: str, path: Path, random: Random) -> AsyncIterator[Lossy]:
    """A proxy that listens at a path for the server at another, until the block ends."""
    proxy = Lossy(to=to, random=random)
    async with await asyncio.start_unix_server(proxy.serve, str(path)) as server:
        try:
            yield proxy
        finally:
            server.close()
            proxy.closing.set()
