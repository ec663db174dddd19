"""The engine: what runs beside the API in a process. It keeps the store ready, and dispatches where that is
its role.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from assigner.clock import Clock
from assigner.config import Role, Settings
from assigner.dispatch.aside import Decider
from assigner.dispatch.loop import Dispatcher, Pace, Pass
from assigner.domain.policy import Policy
from assigner.metrics import Meters
from assigner.store.base import Retention, Store, StoreRefused
from assigner.store.embedded import EmbeddedServer
from assigner.store.keeper import Keeper
from assigner.store.redis import RedisStore, connect

LONGEST_DECISION_S = 5.0


@dataclass(slots=True, kw_only=True)
class Engine:
    """The store of a process, and its dispatcher. `refused` hears it when the store will not do."""

    keeper: Keeper
    dispatcher: Dispatcher | None = None
    decider: Decider | None = None
    refused: Callable[[str], None] = field(default=lambda _: None)

    @property
    def store(self) -> Store:
        """The store, which can be reached once `ready` has been."""
        return self.keeper.store

    @property
    def obstacle(self) -> str | None:
        """Why it cannot do its work now."""
        return self.keeper.obstacle or (self.dispatcher.obstacle if self.dispatcher else None)

    async def ready(self) -> None:
        """Return when the store has been found fit."""
        await self.keeper.ready.wait()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the store and dispatch while the block runs; then give up the lease, and end our server."""
        stop = asyncio.get_running_loop().create_future()
        keeping = asyncio.create_task(self._keep())
        leading = asyncio.create_task(self._lead(stop))
        try:
            yield
        finally:
            stop.set_result(None)
            await asyncio.wait({leading})
            keeping.cancel()
            await asyncio.wait({keeping})
            await self.keeper.close()

    async def _keep(self) -> None:
        try:
            await self.keeper.keep()
        except StoreRefused as error:
            self.keeper.obstacle = str(error)
            self.refused(str(error))

    async def _lead(self, stop: asyncio.Future[None]) -> None:
        if self.dispatcher is None:
            return
        ready = asyncio.ensure_future(self.ready())
        await asyncio.wait({ready, stop}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        try:
            await self.dispatcher.run(stop)
        finally:
            if self.decider:
                self.decider.close()


def engine_of(
    settings: Settings, role: Role, clock: Clock, meters: Meters, server: EmbeddedServer | None
) -> Engine:
    """The engine of a process in this role, with the server of our own where it has one.

    Raises StoreRefused when the settings name a server that cannot be understood.
    """
    try:
        client = connect(server.url if server else settings.redis_url)
    except ValueError:  # what it says may have the password in it
        raise StoreRefused(
            "ASSIGNER_REDIS_URL cannot be understood: expected such as redis://localhost:6379/0."
        ) from None
    store = RedisStore(client, workspace=settings.workspace, retention=_retention(settings), clock=clock)
    keeper = Keeper(store=store, server=server)
    if role is Role.API:
        return Engine(keeper=keeper)
    # A decision ends well within a lease.
    limit_s = min(LONGEST_DECISION_S, settings.lease_s / 3)
    decider = Decider(Policy(), clock, most_arcs=settings.max_arcs, time_limit_s=limit_s)
    dispatcher = Dispatcher(
        store=store,
        clock=clock,
        holder=f"{socket.gethostname()}-{os.getpid()}",
        decide=decider,
        pace=Pace(lease_ms=_ms(settings.lease_s), keep_ended_ms=_ms(settings.keep_ended_s)),
        told=_counting(meters),
    )
    meters.gauges["assigner_dispatcher_leads"].set_function(lambda: dispatcher.lead is not None)
    return Engine(keeper=keeper, dispatcher=dispatcher, decider=decider)


def _retention(settings: Settings) -> Retention:
    return Retention(
        events=settings.keep_events, ops_ms=_ms(settings.keep_ops_s), offers_ms=_ms(settings.keep_offers_s)
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1_000)


def _counting(meters: Meters) -> Callable[[Pass], None]:
    """What counts the passes of a dispatcher."""
    lag, took = meters.histograms["assigner_mirror_lag_seconds"], meters.histograms["assigner_cycle_seconds"]
    made, refused = (
        meters.counters["assigner_offers_made_total"],
        meters.counters["assigner_offers_refused_total"],
    )
    clock_verbs = meters.counters["assigner_clock_verbs_total"]

    def count(passed: Pass) -> None:
        if passed.events:
            lag.observe(passed.lag_ms / 1_000)
        for verb, times in passed.done.items():
            clock_verbs.labels(verb).inc(times)
        if passed.report is not None:
            took.observe(passed.cycle_s)
            made.inc(passed.report.offered)
            for code, times in passed.report.refused.items():
                refused.labels(code).inc(times)

    return count
