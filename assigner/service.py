"""A process of the service, in one of its roles: put together here, and run until it is told to stop."""

from __future__ import annotations

import contextlib
import gc
import logging

from api.app import create_app, create_monitor, listen, server
from assigner import log
from assigner.clock import Clock, SystemClock
from assigner.config import Settings
from assigner.engine import Role, engine_of
from assigner.metrics import Meters
from assigner.store.base import StoreRefused

_COLLECT_AFTER = (10_000, 20, 50)
_logger = logging.getLogger("assigner")


def serve(settings: Settings, role: Role = Role.SERVE, clock: Clock | None = None) -> None:
    """Run a process of the service. Raises SystemExit with a sentence when it cannot start or go on."""
    log.configure(settings.log, settings.log_level)
    clock, meters = clock or SystemClock(), Meters()
    try:
        engine = engine_of(settings, role, clock, meters)
    except StoreRefused as error:
        raise SystemExit(str(error)) from None
    listener = listen(settings)
    host, port = listener.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def ready() -> None:
        # What has been loaded stays: nobody has to look at it again for garbage.
        gc.freeze()
        _logger.info(_READY[role].format(address=address, workers=settings.worker_count))

    _quieten_collector()
    if role is Role.DISPATCHER:
        app = create_monitor(settings, clock=clock, meters=meters, engine=engine, on_ready=ready)
    else:
        app = create_app(settings, clock=clock, meters=meters, engine=engine, on_ready=ready)
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


_READY = {
    Role.SERVE: "Ready on {address} (docs: {address}/docs, workers: {workers}). Ctrl+C stops it.",
    Role.API: "Ready on {address} (docs: {address}/docs, workers: {workers}), the API alone.",
    Role.DISPATCHER: "Ready on {address}, a dispatcher alone.",
}


def _quieten_collector() -> None:
    """Look for garbage less often: records live long and make no circles, and looking at them all takes as
    long as everything else. What is here now stays for ever.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
