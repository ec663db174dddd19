"""A process of the service starts: first what may be refused, and its store; then all the rest."""

from __future__ import annotations

import os
import resource
import socket
from contextlib import suppress
from pathlib import Path

from assigner import log
from assigner.clock import Clock, SystemClock
from assigner.config import Process, Settings
from assigner.store.base import StoreRefused
from assigner.store.embedded import EmbeddedServer, claim

MOST_FILES = 65_536
"""How many files a process may have open at once, where the machine lets it."""


def serve(settings: Settings, process: Process = Process.SERVE, clock: Clock | None = None) -> None:
    """Run a process of the service. Raises SystemExit with a sentence when it cannot start or go on."""
    log.configure(settings.log, settings.log_level)
    open_many()
    listener = listen(settings)
    try:
        own = _own_server(settings, process)
    except StoreRefused as error:
        raise SystemExit(str(error)) from None
    # The rest takes a while, and a server of our own reads its disk meanwhile.
    from assigner.running import run  # noqa: PLC0415

    run(settings, process, clock or SystemClock(), listener, own)


def open_many() -> None:
    """Have as many files open as the machine lets us: each connection is one, and at first there are few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(OSError, ValueError):  # it will have to do with what it has
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


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


def _own_server(settings: Settings, process: Process) -> EmbeddedServer | None:
    """The server of our own, begun; None where the settings name another. Raises StoreRefused."""
    if settings.redis_url:
        return None
    if process is not Process.SERVE:
        raise StoreRefused(
            f"`assigner {process}` shares its store with other processes: set ASSIGNER_REDIS_URL to a server "
            "that they all reach. Only `assigner serve` brings one of its own."
        )
    server = claim(Path(settings.state_dir).expanduser(), settings.durability)
    server.begin()
    return server
