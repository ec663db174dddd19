"""A process of the service runs: its parts are put together here, and run until it is told to stop."""

from __future__ import annotations

import contextlib
import gc
import logging
import socket

from api.app import create_app, create_monitor, server
from api.deps import Service
from assigner.clock import Clock
from assigner.config import Process, Settings
from assigner.engine import engine_of
from assigner.memory import collect_seldom, keep_freed
from assigner.metrics import Meters
from assigner.store.base import StoreRefused
from assigner.store.embedded import EmbeddedServer

_READY = {
    Process.SERVE: "Ready on {address} (docs: {address}/docs, workers: {workers}). Ctrl+C stops it.",
    Process.API: "Ready on {address} (docs: {address}/docs, workers: {workers}), the API alone.",
    Process.DISPATCHER: "Ready on {address}, a dispatcher alone.",
}
_NO_KEYS = (
    "There is no key yet, so nobody gets in. Make one where the store is reached, with the same settings: "
    "assigner keys create --role admin --name NAME"
)
_logger = logging.getLogger("assigner")


def run(
    settings: Settings, process: Process, clock: Clock, listener: socket.socket, own: EmbeddedServer | None
) -> None:
    """Run a process on a socket, with the server of our own where it has one.

    Raises SystemExit with a sentence when its store turns out not to do.
    """
    host, port = listener.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def ready() -> None:
        # What has been loaded stays: nobody has to look at it again for garbage.
        gc.freeze()
        parts: Service = app.state.service
        if process is not Process.DISPATCHER and parts.door.open_to_nobody:
            _logger.warning(_NO_KEYS)
        _logger.info(_READY[process].format(address=address, workers=settings.worker_count))

    collect_seldom()
    keep_freed()
    meters = Meters(settings.workspace_names)
    try:
        engine = engine_of(settings, process, clock, meters, own)
    except StoreRefused as error:
        raise SystemExit(str(error)) from None
    create = create_monitor if process is Process.DISPATCHER else create_app
    app = create(settings, clock=clock, meters=meters, engine=engine, on_ready=ready)
    http = server(app, settings)
    refused: list[str] = []

    def refuse(why: str) -> None:
        refused.append(why)
        http.should_exit = True

    engine.refused = refuse
    with contextlib.suppress(KeyboardInterrupt):
        http.run(sockets=[listener])
    if refused:
        raise SystemExit(refused[0])
