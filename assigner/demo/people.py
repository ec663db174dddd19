"""The simulated agents: they accept, now and then decline or look away, work, finish, leave and come back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, Protocol

Record = dict[str, Any]

IGNORES, DECLINES, LEAVES = 0.02, 0.06, 0.05
"""Parts: of offers that are left to expire, and declined; of finished tasks after which the agent leaves."""

REASONS: Final = ("not_mine", "unsure", "leaving", "conflict")
ANSWERS_S: Final = (5.0, 60.0)
"""The least and the most time to an answer, in the centre's seconds."""
BREAK_S: Final = (300.0, 1_800.0)


@dataclass(slots=True, kw_only=True)
class Work:
    """What the platform knows of a task. Instants are milliseconds since 1970: `came` when it began to wait
    first, `ready` when it did last.
    """

    id: str
    queue: str
    category: str | None
    handle_s: float
    came: int
    ready: int
    offered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An offer to an agent; instants in milliseconds since 1970."""

    id: str
    work: Work
    offered: int
    expires: int


class Acts(Protocol):
    """What an agent can do in the centre; each is false where it came too late."""

    async def accept(self, person: Person, offer: Offer) -> bool:
        """Take the task."""
        ...

    async def decline(self, person: Person, offer: Offer, reason: str) -> None:
        """Leave it to others."""
        ...

    async def expired(self, person: Person, offer: Offer) -> bool:
        """Wait until the offer is over; whether that made the agent away."""
        ...

    async def begin(self, person: Person, work: Work) -> bool:
        """Start on a task."""
        ...

    async def finish(self, person: Person, work: Work, took_s: float) -> None:
        """Complete it."""
        ...

    async def leave(self, person: Person) -> None:
        """Go away."""
        ...

    async def come_back(self, person: Person) -> None:
        """Be available again."""
        ...


@dataclass(slots=True, kw_only=True)
class Person:
    """One agent. They work on one task at a time, in the order in which they took them; `room_since` is when
    they last got room for another, in milliseconds since 1970. In the queues of `keeping`, a task stays
    with an agent who leaves before beginning it.
    """

    id: str
    handle_s: Mapping[str, float]
    pace: float
    random: Random
    acts: Acts
    keeping: frozenset[str]
    room_since: int
    _inbox: asyncio.Queue[tuple[Work, float | None]] = field(default_factory=asyncio.Queue)

    async def live(self, *, present: bool) -> None:
        """Come when not there yet; then do what comes into hand, and now and then leave for a while."""
        if not present:
            await self._rest()
        while True:
            work, left_s = await self._inbox.get()
            await self._do(work, left_s)
            if self.random.random() < LEAVES:
                await self.acts.leave(self)
                self._drop()
                await self._rest()

    async def answer(self, offer: Offer) -> None:
        """Answer an offer after a while, or do not."""
        await asyncio.sleep(self._some(ANSWERS_S))
        drawn = self.random.random()
        if drawn < IGNORES:
            if await self.acts.expired(self, offer):
                self._drop()
                await self._rest()
        elif drawn < IGNORES + DECLINES:
            await self.acts.decline(self, offer, self.random.choice(REASONS))
        elif await self.acts.accept(self, offer):
            self.take(offer.work)

    def take(self, work: Work, left_s: float | None = None) -> None:
        """Have a task in hand; with `left_s` it was begun before, and needs so many seconds more."""
        self._inbox.put_nowait((work, left_s))

    async def _do(self, work: Work, left_s: float | None) -> None:
        if left_s is None and not await self.acts.begin(self, work):
            return
        took_s = self._takes(work) if left_s is None else left_s
        await asyncio.sleep(took_s)
        await self.acts.finish(self, work, took_s)

    async def _rest(self) -> None:
        await asyncio.sleep(self._some(BREAK_S))
        await self.acts.come_back(self)

    def _drop(self) -> None:
        """What was not begun is not theirs any more, but for the queues that let them keep it."""
        had = [self._inbox.get_nowait() for _ in range(self._inbox.qsize())]
        for work, left_s in had:
            if work.queue in self.keeping:
                self.take(work, left_s)

    def _takes(self, work: Work) -> float:
        """Seconds of work: about the time planned, or their own."""
        planned = self.handle_s.get(work.category or "", work.handle_s)
        return planned * self.random.lognormvariate(-0.06, 0.35)

    def _some(self, bounds: tuple[float, float]) -> float:
        """Real seconds, for a time of the centre between these."""
        return self.random.uniform(*bounds) / self.pace
