"""The engine: what runs beside the API in a process. It keeps the stores ready, and dispatches where that is
the process's work.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from assigner.clock import Clock
from assigner.config import Process, Settings
from assigner.dispatch.aside import Decider
from assigner.dispatch.counting import Counting
from assigner.dispatch.loop import Dispatcher, Pace
from assigner.dispatch.showing import Showing
from assigner.domain.policy import Policy
from assigner.metrics import Meters
from assigner.store.base import Retention, Store, StoreRefused
from assigner.store.embedded import EmbeddedServer
from assigner.store.keeper import Keeper
from assigner.store.redis import RedisStore, connect
from assigner.store.server import FOLLOW, Told

LONGEST_DECISION_S = 5.0


@dataclass(slots=True, kw_only=True)
class Engine:
    """The stores of a process by workspace, and its dispatchers. `refused` hears it when a store will not do.

    The stores can be reached once `ready` has been. `showing` has what is shown of each dispatcher.
    """

    keeper: Keeper
    stores: Mapping[str, Store]
    dispatchers: Mapping[str, Dispatcher] = field(default_factory=dict)
    showing: Sequence[Showing] = ()
    refused: Callable[[str], None] = field(default=lambda _: None)

    @property
    def obstacle(self) -> str | None:
        """Why it cannot do its work now."""
        obstacles = (dispatcher.obstacle for dispatcher in self.dispatchers.values())
        return self.keeper.obstacle or next(filter(None, obstacles), None)

    async def ready(self) -> None:
        """Return when the stores have been found fit."""
        await self.keeper.ready.wait()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the stores and dispatch while the block runs; then give up the leases, and end our server."""
        stop = asyncio.get_running_loop().create_future()
        keeping = asyncio.create_task(self._keep())
        leading = {asyncio.create_task(self._lead(one, stop)) for one in self.dispatchers.values()}
        showing = [asyncio.create_task(one.keep()) for one in self.showing]
        try:
            yield
        finally:
            stop.set_result(None)
            for one in showing:
                one.cancel()
            if leading:
                await asyncio.wait(leading)
            keeping.cancel()
            await asyncio.wait({keeping})
            await self.keeper.close()

    async def _keep(self) -> None:
        try:
            await self.keeper.keep()
        except StoreRefused as error:
            self.keeper.obstacle = str(error)
            self.refused(str(error))

    async def _lead(self, dispatcher: Dispatcher, stop: asyncio.Future[None]) -> None:
        ready = asyncio.ensure_future(self.ready())
        await asyncio.wait({ready, stop}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        try:
            await dispatcher.run(stop)
        finally:
            if isinstance(dispatcher.decide, Decider):
                dispatcher.decide.close()


def engine_of(
    settings: Settings, process: Process, clock: Clock, meters: Meters, server: EmbeddedServer | None
) -> Engine:
    """The engine of a process, with the server of our own where it has one.

    Raises StoreRefused when the settings name a server that cannot be understood.
    """
    url = server.url if server else settings.redis_url
    told = _watching(meters)
    stores = {name: _store(url, name, settings, clock, told) for name in settings.workspace_names}
    meters.gauges["assigner_store_durable"].set_function(lambda: all(one.durable for one in stores.values()))
    keeper = Keeper(stores=list(stores.values()), server=server)
    if process is Process.API:
        return Engine(keeper=keeper, stores=stores)
    dispatchers = {name: _dispatcher(name, store, settings, clock, meters) for name, store in stores.items()}
    leads = meters.gauges["assigner_dispatcher_leads"]
    for name, dispatcher in dispatchers.items():
        leads.labels(name).set_function(partial(_leads, dispatcher))
    showing = [Showing(dispatcher=one, most_names=meters.most_names) for one in dispatchers.values()]
    meters.census.update(zip(dispatchers, (one.shown for one in showing), strict=True))
    return Engine(keeper=keeper, stores=stores, dispatchers=dispatchers, showing=showing)


def _watching(meters: Meters) -> Told:
    """What counts the calls of the stores."""
    up, took = meters.gauges["assigner_store_up"], meters.histograms["assigner_store_seconds"]
    reached: bool | None = None

    def told(verb: str, seconds: float | None) -> None:
        nonlocal reached
        if reached is not (seconds is not None):
            reached = seconds is not None
            up.set(reached)
        if seconds is not None and verb != FOLLOW:
            took.labels(verb).observe(seconds)

    return told


def _store(url: str, workspace: str, settings: Settings, clock: Clock, told: Told) -> RedisStore:
    try:
        client = connect(url)
    except ValueError:  # what it says may have the password in it
        raise StoreRefused(
            "ASSIGNER_REDIS_URL cannot be understood: expected such as redis://localhost:6379/0."
        ) from None
    return RedisStore(client, workspace=workspace, retention=retention(settings), clock=clock, told=told)


def _dispatcher(workspace: str, store: Store, settings: Settings, clock: Clock, meters: Meters) -> Dispatcher:
    counting = Counting(meters, workspace, clock)
    # A decision ends well within a lease.
    limit_s = min(LONGEST_DECISION_S, settings.lease_s / 3)
    decide = Decider(Policy(), clock, most_arcs=settings.max_arcs, time_limit_s=limit_s)
    return Dispatcher(
        store=store,
        clock=clock,
        holder=f"{workspace}@{socket.gethostname()}-{os.getpid()}",
        decide=decide,
        settle=decide.settle,
        pace=Pace(
            lease_ms=_ms(settings.lease_s),
            keep_ended_ms=_ms(settings.keep_ended_s),
            keep_overrides_ms=_ms(settings.keep_overrides_s),
        ),
        told=counting.tell,
        heard=counting.hear,
    )


def retention(settings: Settings) -> Retention:
    """How long what has happened is kept."""
    return Retention(
        events=settings.keep_events, ops_ms=_ms(settings.keep_ops_s), offers_ms=_ms(settings.keep_offers_s)
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1_000)


def _leads(dispatcher: Dispatcher) -> bool:
    return dispatcher.leads
