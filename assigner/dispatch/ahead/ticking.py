"""Ticking: the leader settles prices when it is time, and keeps them in the store."""

from __future__ import annotations

import asyncio

from assigner.dispatch.acting import Acting, NotLeader
from assigner.dispatch.ahead.keeping import learn_of
from assigner.dispatch.ahead.prices import Settle, tick

AT_ONCE_CELLS = 20_000
"""Up to so many (line, agent) pairs a step waits until prices are settled: a few milliseconds."""


class Ticking:
    """When prices are settled. Where there is much to look at, the dispatcher goes on meanwhile with those of
    the last tick.
    """

    def __init__(self, settle: Settle) -> None:
        self._settle = settle
        self._settling: asyncio.Task[None] | None = None

    async def keep(self, acting: Acting, now: int) -> None:
        """Settle prices, or go on with it, when it is time. Raises NotLeader."""
        mirror = acting.mirror
        if self._settling is None:
            if not mirror.sees.due(now):
                return
            sees = mirror.look_ahead(now)
            self._settling = asyncio.ensure_future(tick(sees, mirror.index, now, self._settle))
            if len(mirror.index.lines()) * len(sees.crew) <= AT_ONCE_CELLS:
                await asyncio.wait({self._settling})
        if self._settling.done():
            settling, self._settling = self._settling, None
            settling.result()
            await _learn(acting)

    def close(self) -> None:
        """Let be what goes on."""
        if self._settling is not None:
            self._settling.cancel()


async def _learn(acting: Acting) -> None:
    """Have the store keep what is new; what it did not take is still new at the next tick."""
    sees = acting.mirror.sees
    fresh, kept = set(sees.demand.fresh), dict(sees.kept)
    try:
        if not await acting.store.learn(learn_of(sees, acting.lease)):
            raise NotLeader
    except BaseException:
        sees.demand.fresh |= fresh
        sees.kept = kept
        raise
