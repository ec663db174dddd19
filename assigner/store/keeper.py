"""The keeper: has the stores of a service ready, and ready again after their server was gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from assigner.store.base import StoreRefused, StoreUnavailable
from assigner.store.embedded import EmbeddedServer
from assigner.store.redis import RedisStore

PAUSE_S = 0.5
"""Between two attempts to reach a store."""
LASTING_S = 5.0
"""A server that ended sooner than this is not started again at once."""
_logger = logging.getLogger("assigner")


@dataclass(slots=True, kw_only=True)
class Keeper:
    """The stores of one server, one a workspace, and the server where it is our own: started, and started
    again whenever it ends.

    `obstacle` says why the stores are not to be had now. `ready` is set when they have been opened once.
    """

    stores: Sequence[RedisStore]
    server: EmbeddedServer | None = None
    obstacle: str | None = "The store is starting."
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep(self) -> None:
        """Open the stores, and keep their server running until cancelled. Raises StoreRefused."""
        loop, pause_s = asyncio.get_running_loop(), PAUSE_S
        while True:
            began = loop.time()
            try:
                await self._open()
                if self.server is None:
                    return
                await self.server.ended()
                self._tell(f"The embedded store has ended and is started again. {self.server.last_words()}")
            except (StoreUnavailable, OSError) as error:
                self._tell(str(error))
            except StoreRefused:
                raise
            except Exception as error:  # whatever it was, nobody else would try again
                self._tell(f"The store cannot be opened: {type(error).__name__}: {error}")
            if loop.time() - began > LASTING_S:
                pause_s = PAUSE_S
            else:  # such as for want of room on the disk: it would only end again
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, LASTING_S)

    async def _open(self) -> None:
        if self.server is not None:
            await self.server.launch()
        warnings = [warning for store in self.stores for warning in await store.open()]
        for warning in dict.fromkeys(warnings):
            _logger.warning(warning)
        self.obstacle = None
        self.ready.set()
        _logger.info("The store is %s.", self._named())

    def _named(self) -> str:
        if self.server is None:
            return "reached"
        how = "found running" if self.server.attached else "started"
        return f"{how} in {self.server.folder}, durability {self.server.durability}"

    def _tell(self, obstacle: str) -> None:
        if obstacle != self.obstacle:
            _logger.warning(obstacle)
        self.obstacle = obstacle

    async def close(self) -> None:
        """Close the connections, and end the server that is ours."""
        for store in self.stores:
            await store.close()
        if self.server is not None:
            await self.server.stop()
