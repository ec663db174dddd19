"""The dispatcher: takes the lease, follows the events, and runs maintenance and cycles when they are due.

`run` lives in real time. `take` and `step` are the same dispatcher one pass at a time, on whatever clock.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice

from assigner.backoff import Backoff
from assigner.clock import Clock, Stopwatch
from assigner.dispatch.acting import Acting, NotLeader
from assigner.dispatch.ahead.foresight import next_tick
from assigner.dispatch.ahead.learning import Lessons
from assigner.dispatch.ahead.prices import Settle, settle_here
from assigner.dispatch.ahead.ticking import Ticking
from assigner.dispatch.cycle import Decide, Report, cycle
from assigner.dispatch.feed import Feed, Heard, unheard
from assigner.dispatch.maintenance import maintain, prune, prune_overrides
from assigner.dispatch.mirror import Mirror
from assigner.dispatch.plan import Plan
from assigner.dispatch.waiting import Decided
from assigner.domain.policy import Policy
from assigner.store.base import EventsLost, Store, StoreUnavailable

LONGEST_REST_S = 0.25
LONGEST_STEP_S = 120.0
"""How long the lease is kept for a step, or for the reading of the world."""
_logger = logging.getLogger("assigner")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a dispatcher paces itself, in milliseconds, and how much it remembers."""

    lease_ms: int = 15_000
    coalesce_ms: int = 4
    tick_ms: int = 1_000
    prune_every_ms: int = 10_000
    keep_ended_ms: int = 7 * 86_400_000
    keep_overrides_ms: int = 90 * 86_400_000
    most_decided: int = 20_000
    most_retries: int = 3
    """Cycles in a row that may come to nothing before the next one waits for the tick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What a step did: events taken in, verbs done by the clock, and its cycle, if there was one.

    `lag_ms` is the age of the oldest of the events; `took` has the seconds of each of the steps `mirror`,
    `maintain`, `decide` and `offer` that there was.
    """

    events: int
    lag_ms: int
    done: Mapping[str, int]
    report: Report | None
    took: Mapping[str, float]


@dataclass(slots=True, kw_only=True)
class Lead:
    """What a dispatcher has while it leads, and when it last did what it does now and then.

    `ahead_ms` is how far the store's clock is ahead of this process's: instants are the store's, which has
    the last word on them, or an offer would be over before anybody could take it.
    """

    feed: Feed
    acting: Acting
    ahead_ms: int
    kept_at: int
    pruned_at: int
    lessons: Lessons
    ticking: Ticking
    ticked_at: int = 0
    retries: int = 0


@dataclass(slots=True, kw_only=True)
class Dispatcher:
    """One workspace's dispatcher; it acts only while it has the lease.

    `decided` has the last decision about each task, the latest at the end. `told` hears of every step, and
    `heard` of every event while it leads: once among all that dispatch a workspace.
    Whoever gives `decide` closes it.
    """

    store: Store
    clock: Clock
    holder: str
    decide: Decide
    settle: Settle = settle_here
    policy: Policy = field(default_factory=Policy)
    pace: Pace = field(default_factory=Pace)
    told: Callable[[Pass], None] = lambda _: None
    heard: Heard = unheard
    decided: dict[str, Decided] = field(default_factory=dict)
    lead: Lead | None = None
    obstacle: str | None = None
    """Why it cannot go on now."""
    backoff: Backoff = field(default_factory=lambda: Backoff(shortest_s=1.0))
    """After what it does not foresee, such as a record that it cannot read."""

    @property
    def mirror(self) -> Mirror | None:
        """What it knows, while it leads."""
        return self.lead.feed.mirror if self.lead else None

    @property
    def leads(self) -> bool:
        """Whether it has the lease, as far as it can know: while the store cannot be had, as long as that
        lasts which was kept last. Then another may lead.
        """
        if self.lead is None or self.obstacle is None:
            return self.lead is not None
        return not _over(self.lead.kept_at, self._now(), self.pace.lease_ms)

    async def run(self, stop: asyncio.Future[None]) -> None:
        """Lead whenever nobody else does, until `stop` is done. A step begun is finished first."""
        try:
            while not stop.done():
                rest = await self._try(stop)
                await asyncio.wait({stop}, timeout=rest)
        finally:
            await self.close()

    async def _try(self, stop: asyncio.Future[None]) -> float:
        """Lead as long as it goes; how long to rest before trying again, in seconds."""
        try:
            if self.lead is None and not await self.take():
                self.obstacle = None
                return min(self.pace.lease_ms / 4, self.pace.tick_ms) / 1_000
            await self._go_on(stop)
        except (NotLeader, EventsLost):
            await self._step_down()
        except (StoreUnavailable, BrokenProcessPool) as error:
            if self.obstacle is None:
                _logger.warning("Dispatching pauses: %s", error)
            self.obstacle = str(error)
            return self.pace.tick_ms / 1_000
        except Exception as error:
            # Whatever it was, the work that waits must not wait for a person: begin anew from the store.
            pause_s = self.backoff.failed(
                error, "The dispatcher has failed; it begins anew", self.clock.monotonic_s()
            )
            await self._step_down()
            return pause_s
        return 0.0

    async def _go_on(self, stop: asyncio.Future[None]) -> None:
        while not stop.done() and self.lead is not None:
            began = self.clock.monotonic_s()
            async with self._keeping(self.lead.acting.lease):
                await self.step()
            self.obstacle = None
            took = self.clock.monotonic_s() - began
            if await self.lead.feed.wait(stop, self._idle_s()):
                # What arrives in a moment is taken together; a long step rests as long, and the API gets on.
                rest = max(self.pace.coalesce_ms / 1_000, min(took, LONGEST_REST_S))
                await asyncio.wait({stop}, timeout=rest)

    def _idle_s(self) -> float:
        at, longest = self.next_at(), self.pace.tick_ms / 1_000
        return 0.0 if at is None else min(longest, max(0.0, (at - self._now()) / 1_000))

    def _now(self) -> int:
        return self.clock.now_ms() + (self.lead.ahead_ms if self.lead else 0)

    async def _ahead_ms(self) -> int:
        return await self.store.now_ms() - self.clock.now_ms()

    async def take(self) -> bool:
        """Take the lease and read the world. Returns False when another dispatcher leads."""
        lease = await self.store.take_lease(self.holder, self.pace.lease_ms)
        if lease is None:
            return False
        try:
            async with self._keeping(lease):
                feed, ahead_ms = await Feed.of(self.store, self.heard), await self._ahead_ms()
        except BaseException:
            await self._drop(lease)
            raise
        now = self.clock.now_ms() + ahead_ms
        acting = Acting(store=self.store, mirror=feed.mirror, lease=lease)
        # Kept just now, or not long before; the first step asks.
        kept_at = now - self.pace.lease_ms // 3
        self.lead = Lead(
            feed=feed,
            acting=acting,
            ahead_ms=ahead_ms,
            kept_at=kept_at,
            pruned_at=now,
            lessons=Lessons(now),
            ticking=Ticking(self.settle),
        )
        _logger.info("This process dispatches now (lease %s).", lease)
        return True

    @asynccontextmanager
    async def _keeping(self, lease: str) -> AsyncIterator[None]:
        """Keep the lease while the block runs, which may take longer than one lasts; not for ever: what takes
        much longer is stuck, and others are let lead.
        """
        keepers: set[asyncio.Task[None]] = set()
        loop, third_s = asyncio.get_running_loop(), self.pace.lease_ms / 3_000
        until = loop.time() + LONGEST_STEP_S

        def keep() -> None:
            keepers.add(asyncio.ensure_future(self._keep_once(lease)))
            if loop.time() < until:
                timers.append(loop.call_later(third_s, keep))

        timers = [loop.call_later(third_s, keep)]
        try:
            yield
        finally:
            timers[-1].cancel()
            if keepers:
                await asyncio.wait(keepers)

    async def _keep_once(self, lease: str) -> None:
        with suppress(StoreUnavailable):  # whoever uses the store meanwhile is told
            await self.store.keep_lease(lease, self.pace.lease_ms)

    def next_at(self) -> int | None:
        """When there is something to do even if nothing happens; None: nothing while others lead."""
        if self.lead is None:
            return None
        lead, pace = self.lead, self.pace
        if self._eager(lead):
            return self._now()
        due = lead.acting.mirror.agenda.next_at()
        ticks = lead.ticked_at + pace.tick_ms, lead.kept_at + pace.lease_ms // 3
        return min(*ticks, next_tick(self._now()), ticks[0] if due is None else due)

    async def step(self) -> Pass:
        """One pass. Raises NotLeader, EventsLost or StoreUnavailable, after which nothing more is done."""
        lead = self.lead
        if lead is None:
            raise NotLeader
        now = self._now()

        # 1. Still the leader?
        await self._keep(lead, now)

        # 2. What has happened?
        watch = Stopwatch(self.clock)
        events, oldest = await lead.feed.catch_up()
        watch.lap("mirror")
        lag_ms = max(0, self._now() - oldest) if events else 0
        lead.retries = 0 if events else lead.retries

        # 3. What does time do?
        done = await maintain(lead.acting, now)
        if _over(lead.pruned_at, now, self.pace.prune_every_ms):
            lead.pruned_at = now
            done |= await prune(lead.acting, now - self.pace.keep_ended_ms)
            done |= await prune_overrides(lead.acting, now - self.pace.keep_overrides_ms)
        await lead.lessons.keep(lead.acting, now)
        await lead.ticking.keep(lead.acting, now)
        watch.lap("maintain")

        # 4. Who takes what?
        report = None
        if self._eager(lead) or _over(lead.ticked_at, now, self.pace.tick_ms):
            lead.ticked_at = now
            report = await cycle(lead.acting, self.decide, self.policy, now, watch)
            lead.retries = lead.retries + 1 if report.refused and not report.offered else 0
            if report.plan is not None:
                self._remember(report.plan, now)

        # 5. Tell.
        passed = Pass(events=events, lag_ms=lag_ms, done=done, report=report, took=watch.took)
        self.told(passed)
        return passed

    def _eager(self, lead: Lead) -> bool:
        return lead.acting.mirror.stirred and lead.retries < self.pace.most_retries

    async def _keep(self, lead: Lead, now: int) -> None:
        if not _over(lead.kept_at, now, self.pace.lease_ms // 3):
            return
        if not await self.store.keep_lease(lead.acting.lease, self.pace.lease_ms):
            raise NotLeader
        lead.kept_at, lead.ahead_ms = now, await self._ahead_ms()

    def _remember(self, plan: Plan, now: int) -> None:
        for choice in plan.choices:
            self.decided.pop(choice.task, None)
            runners_up = plan.runners_up.get(choice.task, ())
            self.decided[choice.task] = Decided(at=now, choice=choice, runners_up=runners_up)
        for task in list(islice(self.decided, max(0, len(self.decided) - self.pace.most_decided))):
            del self.decided[task]

    async def _step_down(self) -> None:
        if self.lead is not None:
            lead, self.lead = self.lead, None
            _logger.info("This process dispatches no longer (lease %s).", lead.acting.lease)
            lead.ticking.close()
            await lead.feed.close()
            await self._drop(lead.acting.lease)

    async def _drop(self, lease: str) -> None:
        with suppress(StoreUnavailable):  # the lease ends by itself
            await self.store.drop_lease(lease)

    async def close(self) -> None:
        """Give up the lease, for another to take it at once."""
        await self._step_down()


def _over(since: int, now: int, ms: int) -> bool:
    """Whether so long has passed; a clock that was set back does not know, and then it has."""
    return not 0 <= now - since < ms
