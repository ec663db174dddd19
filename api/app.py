"""The HTTP application and its server: every part is put together here."""

import asyncio
import contextlib
import functools
import math
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from typing import Any, cast

import uvicorn
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from api import (
    agents,
    assign,
    explanation,
    handling,
    health,
    keys,
    offers,
    openapi,
    problems,
    queues,
    stats,
    tasks,
    verbs,
)
from api.access.door import Door
from api.deps import Service
from api.edge import Edge
from api.events import route as events
from api.live import Live
from api.overrides import route as overrides
from api.pool import Pool
from api.view import View
from assigner import __version__
from assigner.backoff import Backoff
from assigner.clock import Clock, SystemClock
from assigner.config import Settings
from assigner.engine import Engine
from assigner.metrics import Meters
from assigner.store.base import Store, StoreUnavailable

_ANSWER = "api.work:answer"
_DRAIN_S = 5
_KEYS_S = 5
"""Between two looks of a dispatcher that runs alone at the keys of those who read its metrics."""
_PATIENCE_S = 5
"""How long a server that stops waits for a client who neither sends nor takes anything."""
HEAD_S = 30.0
"""How long the head of a request may take to arrive: anybody can open connections, up to a limit."""
_TICKS = 10
"""Of the server's loop, a tenth of a second each, between two looks at who takes longer."""


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    meters: Meters | None = None,
    stores: Mapping[str, Store] | None = None,
    engine: Engine | None = None,
    answer: str = _ANSWER,
    on_ready: Callable[[], None] | None = None,
) -> FastAPI:
    """The application. `answer` names the function that workers run; `on_ready` is called when all is up.

    With stores by workspace, or with an engine, which then is run too, it has the resources of the living
    service.
    """
    meters, clock = meters or Meters(settings.workspace_names), clock or SystemClock()
    stores = engine.stores if engine else stores or {}
    parts = _service(settings, clock, meters, stores, engine, Pool(settings, meters, answer))
    app: FastAPI = FastAPIOffline(
        title="Assigner",
        version=__version__,
        description="The right task to the right agent at the right time.",
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lambda _: _running(parts, engine, on_ready),
    )
    # Made once: nothing adds a route later.
    app.openapi = functools.cache(lambda: openapi.document(app))  # type: ignore[method-assign]
    app.state.service = parts
    # Routes are tried in this order: the ones that are asked most come first.
    living = (tasks, offers, verbs, explanation, agents, handling, queues, stats, events, keys, overrides)
    for part in living if parts.lives else ():
        app.include_router(part.router)
    app.include_router(assign.router)
    app.include_router(health.router)
    problems.install(app)
    app.add_middleware(Edge, service=parts)
    return app


def _service(
    settings: Settings,
    clock: Clock,
    meters: Meters,
    stores: Mapping[str, Store],
    engine: Engine | None,
    pool: Pool,
) -> Service:
    """All that requests share."""
    door = Door(settings, stores, clock)
    lives = {name: _live(name, store, clock, engine, door) for name, store in stores.items()}
    return Service(
        settings=settings,
        clock=clock,
        meters=meters,
        pool=pool,
        lives=lives,
        door=door,
        obstacles=tuple(_obstacles(pool, engine, lives.values())),
    )


def server(app: FastAPI, settings: Settings) -> uvicorn.Server:
    """The HTTP server of the application; on its way out it lets the requests in flight end."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=problems.Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=math.ceil(settings.answer_timeout_s) + _DRAIN_S,
    )
    return Server(config)


class Server(uvicorn.Server):
    """An HTTP server that ends its long polls before it waits for the requests in flight, and does not wait
    for clients who neither send nor take anything; nor, ever, for a request that does not begin.
    """

    async def on_tick(self, counter: int) -> bool:
        """Called now and then while the server runs; True ends it."""
        if counter % _TICKS == 0:
            before_s = asyncio.get_running_loop().time() - HEAD_S
            for connection in list(self._connections):
                if (since_s := connection.headless_since_s) is not None and since_s < before_s:
                    connection.transport.close()
        return await super().on_tick(counter)

    @property
    def _connections(self) -> "set[problems.Protocol]":
        return cast("set[problems.Protocol]", self.server_state.connections)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        parts: Service = cast(FastAPI, self.config.app).state.service
        for live in parts.lives.values():
            live.stopping.set()
        with _meanwhile(self._hang_up()):
            await super().shutdown(sockets)

    async def _hang_up(self) -> None:
        """Hang up on whoever has kept us waiting since the last look."""
        seen: dict[problems.Protocol, tuple[int, int]] = {}
        while True:
            waited_for = {
                connection: progress for connection in self._connections if (progress := connection.progress)
            }
            for connection, progress in waited_for.items():
                if seen.get(connection) == progress:
                    connection.transport.abort()
            seen = waited_for
            await asyncio.sleep(_PATIENCE_S)


def create_monitor(
    settings: Settings, *, clock: Clock, meters: Meters, engine: Engine, on_ready: Callable[[], None]
) -> FastAPI:
    """The application of a dispatcher that runs alone: it answers probes and Prometheus, and nothing else."""
    door = Door(settings, engine.stores, clock)
    parts = Service(
        settings=settings,
        clock=clock,
        meters=meters,
        pool=None,
        lives={},
        door=door,
        obstacles=tuple(_obstacles(None, engine, ())),
    )
    app = FastAPI(
        openapi_url=None, redirect_slashes=False, lifespan=lambda _: _running(parts, engine, on_ready)
    )
    app.state.service = parts
    app.include_router(health.router)
    problems.install(app)
    app.add_middleware(Edge, service=parts)
    return app


def _live(workspace: str, store: Store, clock: Clock, engine: Engine | None, door: Door) -> Live:
    dispatcher = engine.dispatchers.get(workspace) if engine else None
    view = View(store, lambda keys, whole: door.know(workspace, keys, whole=whole))
    return Live(workspace=workspace, store=store, view=view, clock=clock, dispatcher=dispatcher)


def _obstacles(
    pool: Pool | None, engine: Engine | None, lives: Iterable[Live]
) -> Iterator[Callable[[], str | None]]:
    """What may keep these parts from their work."""
    if pool:
        yield lambda: pool.obstacle
    if engine:
        yield lambda: engine.obstacle
    living = tuple(lives)
    for live in living:
        yield functools.partial(_obstacle, live, named=len(living) > 1)


def _obstacle(live: Live, *, named: bool) -> str | None:
    """What keeps a workspace from its work; it is named where there are others."""
    obstacle = live.view.obstacle or live.obstacle
    return f"Workspace {live.workspace}: {obstacle}" if obstacle and named else obstacle


@contextlib.asynccontextmanager
async def _running(
    parts: Service, engine: Engine | None, on_ready: Callable[[], None] | None
) -> AsyncIterator[None]:
    """The workers and the engine run, and the view follows the store, while the application does."""
    async with contextlib.AsyncExitStack() as stack:
        if parts.pool:
            parts.pool.start()
            stack.push_async_callback(parts.pool.stop)
        if engine:
            await stack.enter_async_context(engine.running())
        for live in parts.lives.values():
            stack.enter_context(_meanwhile(_follow(live.view, engine)))
            stack.enter_context(_meanwhile(live.heal()))
            stack.enter_context(_meanwhile(live.hub.keep(live.stopping)))
        if engine and not parts.lives:
            stack.enter_context(_meanwhile(_know_keys(parts.door, engine)))
        if on_ready:
            stack.enter_context(_meanwhile(_announce(parts, engine, on_ready)))
        yield


@contextlib.contextmanager
def _meanwhile(work: Coroutine[Any, Any, None]) -> Iterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()


async def _follow(view: View, engine: Engine | None) -> None:
    if engine:
        await engine.ready()
    await view.follow()


async def _know_keys(door: Door, engine: Engine) -> None:
    """Ask for the keys now and then, where there is no view that is told of them."""
    await engine.ready()
    backoff = Backoff(shortest_s=_KEYS_S)
    while True:
        pause_s: float = _KEYS_S
        for workspace, store in engine.stores.items():
            try:
                door.know(workspace, await store.keys(), whole=True)
            except StoreUnavailable:
                pass  # those that are known are kept
            except Exception as error:  # such as a key that cannot be understood: others are to end still
                pause_s = backoff.failed(error, "The keys cannot be read", asyncio.get_running_loop().time())
        await asyncio.sleep(pause_s)


async def _announce(parts: Service, engine: Engine | None, on_ready: Callable[[], None]) -> None:
    if parts.pool:
        await parts.pool.wait_until_ready()
    if engine:
        await engine.ready()
    for live in parts.lives.values():
        await live.view.loaded()
    on_ready()
