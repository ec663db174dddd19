"""`make demo`: start the service, send it a made-up back office, and show what it answers."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import IO, Annotated

import msgspec
import typer
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from api.messages import Language
from api.schemas import AssignResponse, Problem
from assigner.cli import shell
from assigner.cli.commands import AgentCount, Lang, SampleSeed, TaskCount
from assigner.cli.sent import sent
from assigner.cli.tables import AGENT, View, report
from assigner.cli.words import preferred, say, span
from assigner.clock import SystemClock
from assigner.config import Settings
from assigner.sample import snapshot

HOST = "127.0.0.1"
START_S = 60
PAUSE_S = 0.1
STOP_S = 15
SHOWN_ROWS = 12

Keep = Annotated[bool, typer.Option("--keep", help="Leave the service running until Ctrl-C.")]


class DemoError(Exception):
    """Why the demo cannot go on, in a sentence."""


@shell.manners()
def demo(
    tasks: TaskCount = 200,
    agents: AgentCount = 20,
    seed: SampleSeed = 0,
    lang: Lang = None,
    keep: Keep = False,
) -> None:
    """Start the service, send it a made-up back office, and show what it answers."""
    language = lang or preferred(os.environ)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    made = snapshot(tasks, agents, seed)
    view = View(
        language=language, limit=SHOWN_ROWS, more="others", zone=datetime.fromisoformat(made["now"]).tzinfo
    )
    try:
        with service(language) as (process, address):
            shell.show(*sent(made, view))
            body, seconds = post(address, json.dumps(made).encode(), language)
            answered = view.say("posted", address=f"http://{address}", time=span(seconds, language))
            shell.show(
                Text(f"{answered}\n", style="bold"),
                *report(msgspec.json.decode(body, type=AssignResponse), view),
            )
            shell.show(*ending(f"--tasks {tasks} --agents {agents} --seed {seed}", view))
            if keep:
                stay(process, address, view)
    except DemoError as error:
        shell.fail([str(error)], shell.REFUSED)


# ── the service


@contextmanager
def service(language: Language) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A service of our own on a free port, ready: its process and its `host:port`. Raises DemoError."""
    port = free_port()
    command = [sys.executable, "-m", "assigner.cli", "serve", "--dev", f"--host={HOST}", f"--port={port}"]
    with tempfile.TemporaryFile() as said, tempfile.TemporaryDirectory() as folder:
        command.append(f"--state-dir={folder}")
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)  # noqa: S603
        try:
            shell.patiently(say("starting", language), lambda: until_ready(process, port, said, language))
            yield process, f"{HOST}:{port}"
        finally:
            stop(process)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server((HOST, 0)) as found:
        port: int = found.getsockname()[1]
        return port


def until_ready(process: subprocess.Popen[bytes], port: int, said: IO[bytes], language: Language) -> None:
    """Return when the service is ready. Raises DemoError when it ends before, or takes too long."""
    clock = SystemClock()
    end = clock.monotonic_s() + START_S
    while not is_ready(port):
        with suppress(subprocess.TimeoutExpired):
            process.wait(PAUSE_S)
            raise DemoError(say("not_started", language, why=last_line(said) or say("no_reason", language)))
        if clock.monotonic_s() > end:
            raise DemoError(say("not_started", language, why=say("too_slow", language, seconds=START_S)))


def is_ready(port: int) -> bool:
    """Whether the service says so."""
    connection = http.client.HTTPConnection(HOST, port, timeout=START_S)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def last_line(said: IO[bytes]) -> str:
    """The last thing that the service said."""
    said.seek(0)
    lines = said.read().decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the service, and wait for its end."""
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stay(process: subprocess.Popen[bytes], address: str, view: View) -> None:
    """Leave the service running until Ctrl-C, or until it ends."""
    with suppress(KeyboardInterrupt):
        shell.show(Text(view.say("kept", address=f"http://{address}"), style="bold"))
        process.wait()


def post(address: str, body: bytes, language: Language) -> tuple[bytes, float]:
    """The answer to a request to assign, and the seconds that it took. Raises DemoError."""
    clock = SystemClock()
    began = clock.monotonic_s()
    connection = http.client.HTTPConnection(address)
    headers = {"Content-Type": "application/json", "Accept-Language": language}
    try:
        connection.request("POST", "/v1/assign", body, headers)
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise DemoError(say("no_answer", language, why=str(error))) from None
    finally:
        connection.close()
    if response.status != HTTPStatus.OK:
        problem = msgspec.json.decode(answer, type=Problem)
        raise DemoError(say("no_answer", language, why=problem.detail))
    return answer, clock.monotonic_s() - began


# ── the end


def ending(flags: str, view: View) -> Iterator[RenderableType]:
    """How to go on: the service, its documentation, and the same request from a shell."""
    settings = Settings.from_env(os.environ)
    address = f"http://{settings.host}:{settings.port}"
    assigner = Path(os.path.relpath(sys.executable)).with_name("assigner")
    lines = Table.grid(padding=(0, 2))
    lines.add_row(Text("  make run", style=AGENT), view.say("run_it", address=address))
    lines.add_row(Text("  make demo ARGS=--keep", style=AGENT), view.say("keep_it"))
    yield Text(f"\n{view.say('try')}", style="bold")
    yield lines
    yield Text(f"\n{view.say('same')}")
    yield Text(
        f"  {assigner} sample {flags} > snapshot.json\n"
        f"  curl -s {address}/v1/assign \\\n"
        "    -H 'Content-Type: application/json' --data-binary @snapshot.json",
        style=AGENT,
    )


if __name__ == "__main__":
    typer.run(demo)
