"""A real server on a free port, in a thread of the tests' process, with real worker processes."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app, server
from assigner.clock import Clock
from assigner.config import Settings
from assigner.service import listen
from assigner.store.base import Store

DEADLINE_S = 30.0


def until(condition: Callable[[], bool], what: str) -> None:
    """Return when the condition holds; fail when it does not within DEADLINE_S."""
    pause = threading.Event()
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end, f"still not so: {what}"
        pause.wait(0.01)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One running server."""

    app: FastAPI
    server: uvicorn.Server
    client: httpx.Client
    address: tuple[str, int]
    threads: ThreadPoolExecutor

    def post(self, body: bytes | Iterator[bytes], path: str = "/v1/assign", **more: Any) -> httpx.Response:
        return self.client.post(path, content=body, **more)

    def post_meanwhile(self, body: bytes) -> Future[httpx.Response]:
        """Post in another thread, and return when a worker is at it."""
        before = self.metric("assigner_workers", state="busy")
        posting = self.threads.submit(self.post, body)
        until(lambda: self.metric("assigner_workers", state="busy") > before, "one more worker is busy")
        return posting

    def connect(self, sent: bytes) -> socket.socket:
        """A bare connection over which `sent` has gone."""
        connection = socket.create_connection(self.address, timeout=DEADLINE_S)
        connection.sendall(sent)
        return connection

    def metric(self, name: str, **labels: str) -> float:
        """The present value of one series; 0 when there is none."""
        families = text_string_to_metric_families(self.client.get("/metrics").text)
        samples = [sample for family in families for sample in family.samples]
        return sum(s.value for s in samples if s.name == name and labels.items() <= s.labels.items())

    def replaced(self, reason: str) -> float:
        return self.metric("assigner_worker_replacements_total", reason=reason)

    def until_idle(self, workers: int) -> None:
        until(lambda: self.metric("assigner_workers", state="idle") == workers, f"{workers} workers are idle")


@contextmanager
def running(
    *,
    answer: str = "tests.api.answers:behave",
    clock: Clock | None = None,
    store: Store | None = None,
    stores: Mapping[str, Store] | None = None,
    extend: Callable[[FastAPI], None] = lambda app: None,
    ready: bool = True,
    **overrides: Any,
) -> Iterator[Running]:
    """Run a server until the block ends, without keys unless `dev` is False. `ready`: wait until its workers
    are up. `extend`: add to its app.
    """
    settings = Settings.from_env({}, {"port": 0, "workers": 1, "dev": True, **overrides})
    up = threading.Event()
    stores = {settings.workspace_names[0]: store} if store else stores
    app = create_app(settings, answer=answer, clock=clock, stores=stores, on_ready=up.set)
    extend(app)
    listener = listen(settings)
    host, port = listener.getsockname()
    http_server = server(app, settings)
    thread = threading.Thread(target=http_server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        if ready:
            assert up.wait(DEADLINE_S), "the workers did not start"
        with (
            httpx.Client(base_url=f"http://{host}:{port}", timeout=DEADLINE_S) as client,
            ThreadPoolExecutor() as threads,
        ):
            yield Running(app=app, server=http_server, client=client, address=(host, port), threads=threads)
    finally:
        http_server.should_exit = True
        thread.join(DEADLINE_S)
        assert not thread.is_alive(), "the server did not stop"
