"""The HTTP application and its server: every part is put together here."""

import asyncio
import contextlib
import functools
import gc
import logging
import math
import os
import socket
from collections.abc import AsyncIterator, Callable
from typing import cast

import uvicorn
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from api import agents, assign, explanation, health, offers, openapi, problems, queues, stats, tasks, verbs
from api.deps import Service
from api.edge import Edge
from api.live import Live
from api.pool import Pool
from api.view import View
from assigner import __version__, log
from assigner.clock import Clock, SystemClock
from assigner.config import Settings
from assigner.dispatch.loop import Dispatcher
from assigner.metrics import Meters
from assigner.store.base import Store

_ANSWER = "api.work:answer"
_DRAIN_S = 5
_COLLECT_AFTER = (10_000, 20, 50)
_logger = logging.getLogger("assigner")


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    store: Store | None = None,
    dispatcher: Dispatcher | None = None,
    answer: str = _ANSWER,
    on_ready: Callable[[], None] | None = None,
) -> FastAPI:
    """The application. `answer` names the function that workers run; `on_ready` is called when all are up.

    With a store it has the resources of the living service too; a dispatcher is run by who gives it.
    """
    meters = Meters()
    clock = clock or SystemClock()
    parts = Service(
        settings=settings,
        clock=clock,
        meters=meters,
        pool=Pool(settings, meters, answer),
        live=Live(store=store, view=View(store), clock=clock, dispatcher=dispatcher) if store else None,
    )
    app: FastAPI = FastAPIOffline(
        title="Assigner",
        version=__version__,
        description="The right task to the right agent at the right time.",
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lambda _: _running(parts, on_ready),
    )
    # Made once: nothing adds a route later.
    app.openapi = functools.cache(lambda: openapi.document(app))  # type: ignore[method-assign]
    app.state.service = parts
    # Routes are tried in this order: the ones that are asked most come first.
    for part in (tasks, offers, verbs, explanation, agents, queues, stats) if store else ():
        app.include_router(part.router)
    app.include_router(assign.router)
    app.include_router(health.router)
    problems.install(app)
    app.add_middleware(Edge, service=parts)
    return app


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
    """An HTTP server that calls its long polls in before it waits for the requests in flight."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        parts: Service = cast(FastAPI, self.config.app).state.service
        if parts.live:
            parts.live.stopping.set()
        await super().shutdown(sockets)


def listen(settings: Settings) -> socket.socket:
    """A socket that listens where the settings say. Raises SystemExit with a sentence when it cannot."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=2_048)
    except OSError as error:
        raise SystemExit(
            f"Cannot listen on {settings.host}:{settings.port}: {os.strerror(error.errno or 0)}. "
            "Stop what uses it, or choose another with --port."
        ) from None


def serve(settings: Settings) -> None:
    """Run the service until it is told to stop. Raises SystemExit with a sentence when it cannot start."""
    log.configure(settings.log, settings.log_level)
    listener = listen(settings)
    host, port = listener.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def announce() -> None:
        workers = settings.worker_count
        _logger.info("Ready on %s (docs: %s/docs, workers: %d). Ctrl+C stops it.", address, address, workers)

    _quieten_collector()
    app = create_app(settings, on_ready=announce)
    with contextlib.suppress(KeyboardInterrupt):
        server(app, settings).run(sockets=[listener])


def _quieten_collector() -> None:
    """Look for garbage less often: records live long and make no circles, and looking at them all takes as
    long as everything else. What is here now stays for ever.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


@contextlib.asynccontextmanager
async def _running(parts: Service, on_ready: Callable[[], None] | None) -> AsyncIterator[None]:
    """The workers run, and the view follows the store, while the application does."""
    pool = parts.pool
    pool.start()
    following = asyncio.create_task(parts.live.view.follow()) if parts.live else None
    announcing = asyncio.create_task(_announce(pool, on_ready)) if on_ready else None
    try:
        yield
    finally:
        if announcing:
            announcing.cancel()
        if following:
            following.cancel()
        await pool.stop()


async def _announce(pool: Pool, on_ready: Callable[[], None]) -> None:
    await pool.wait_until_ready()
    on_ready()
