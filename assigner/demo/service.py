"""The demo's service: a process of its own on a directory of its own, and the one client that talks to it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from api.messages import Language
from assigner.client import AssignerError, AsyncClient, NotReached
from assigner.demo.keys import Keyring, keyring
from assigner.demo.words import say
from assigner.store import embedded
from assigner.store.base import StoreRefused, StoreUnavailable

HOST: Final = "127.0.0.1"
PATIENCE_S: Final = 60.0
"""How long a start and an answer may take; a long poll is shorter."""
LEAVE_S: Final = 10.0
"""How long a service may take to leave the directory, after its demo was killed."""
STOP_S: Final = 30.0
PAUSE_S: Final = 0.1
AT_ONCE: Final = 8
"""How many keys are made at the same time."""
MODEST: Final = ("--workers=1", "--log=console", "--log-level=warning")
LISTENS: Final = "0A"
"""The state of a listening socket in /proc/net/tcp."""
APART: Final = (
    "ASSIGNER_REDIS_URL",
    "ASSIGNER_WORKSPACE",
    "ASSIGNER_STATE_DIR",
    "ASSIGNER_PORT",
    "ASSIGNER_HOST",
    "ASSIGNER_DEV",
)
"""Settings of a service that is somebody's: the demo has its own."""


class DemoError(Exception):
    """Why the demo cannot go on, in a sentence."""


@dataclass(slots=True, kw_only=True)
class Service:
    """A service that runs, and the connections to it."""

    address: str
    log: Path
    language: Language
    process: asyncio.subprocess.Process
    client: AsyncClient
    keyring: Keyring | None = None
    """The keys of the agents; None where there are none."""
    agents: dict[str, AsyncClient] = field(default_factory=dict)

    def of(self, agent: str) -> AsyncClient:
        """The client as an agent uses it, with their own key."""
        return self.agents.get(agent, self.client)

    async def meet(self, agent: str) -> None:
        """See that an agent has a key."""
        if self.keyring:
            key = await self.keyring.key(agent, "agent", agent)
            self.agents[agent] = self.client.with_options(key=key)

    async def meet_all(self, agents: Iterable[str]) -> None:
        """See that each of them has a key, some at the same time."""
        to_come = iter(agents)

        async def one_by_one() -> None:
            for agent in to_come:
                await self.meet(agent)

        await asyncio.gather(*(one_by_one() for _ in range(AT_ONCE)))

    async def over(self) -> None:
        """Wait for the service's end, which is not to come: raises DemoError."""
        await self.process.wait()
        raise DemoError(self.ended())

    def ended(self) -> str:
        """That the service has ended, and why as far as is known."""
        code = self.process.returncode or 0
        killed = say("by_signal", self.language, number=-code) if code < 0 else ""
        why = killed or last_line(self.log) or say("no_reason", self.language)
        return say("ended", self.language, why=why, log=self.log)


@asynccontextmanager
async def running(folder: Path, port: int | None, language: Language, *, dev: bool) -> AsyncIterator[Service]:
    """A service on the directory, ready, until the block ends; with `dev`, without keys. Raises DemoError."""
    _make(folder)
    await left(folder)
    address, log = f"http://{HOST}:{_port(port)}", folder / "service.log"
    process = await _started(folder, address, log, dev=dev)
    try:
        async with AsyncClient(address, "", timeout_s=PATIENCE_S, language=language) as client:
            service = Service(address=address, log=log, language=language, process=process, client=client)
            await _ready(service)
            with _ending(service):
                if not dev:
                    service.keyring = await keyring(folder, client, _environment())
                    service.client = client.with_options(
                        key=await service.keyring.key("platform", "platform")
                    )
                yield service
    finally:
        await _stop(process)
        await put_away(folder)


async def _started(folder: Path, address: str, log: Path, *, dev: bool) -> asyncio.subprocess.Process:
    port = address.rpartition(":")[2]
    flags = [f"--host={HOST}", f"--port={port}", f"--state-dir={folder}", *MODEST]
    if dev:
        flags.append("--dev")
    with log.open("wb") as said:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "assigner.demo.tether", "serve", *flags),
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
            # Its own group: a Ctrl-C is for the demo, which ends the service last.
            process_group=0,
        )


def _environment() -> dict[str, str]:
    """The environment without what is somebody else's service."""
    return {name: value for name, value in os.environ.items() if name not in APART}


async def _ready(service: Service) -> None:
    """Return when the service is ready. Raises DemoError when it ends before, or takes too long."""
    process, language = service.process, service.language
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while process.returncode is None:
                if _listens(process.pid, service.address) and await _says_so(service):
                    return
                await asyncio.sleep(PAUSE_S)
    why = last_line(service.log) or say("no_reason", language)
    if process.returncode is None:
        why = say("too_slow", language, seconds=round(PATIENCE_S))
    raise DemoError(say("not_started", language, why=why))


async def _says_so(service: Service) -> bool:
    with suppress(AssignerError):
        await service.client.with_options(retries=0).ready()
        return True
    return False


@contextmanager
def _ending(service: Service) -> Iterator[None]:
    """A service that is gone is told as such, by whoever asks it."""
    try:
        yield
    except NotReached as error:
        raise DemoError(service.ended()) from error


def _listens(pid: int, address: str) -> bool:
    """Whether it is this process that listens on the address: another service may have the port."""
    port = f":{int(address.rpartition(':')[2]):04X}"
    with suppress(OSError):
        held = {os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir()}
        for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if local.endswith(port) and state == LISTENS and f"socket:[{inode}]" in held:
                return True
    return False


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End the service, and wait for its end."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()


async def left(folder: Path) -> None:
    """Return when no service has the directory, or has it still after a while: then ours will say so."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LEAVE_S):
            # Nobody tells when a lock is given up.
            while not _is_free(folder / "store" / "service.lock"):  # noqa: ASYNC110
                await asyncio.sleep(PAUSE_S)


async def put_away(folder: Path) -> None:
    """End the store of a service that was killed; one that runs for another service is left alone."""
    if _is_free(folder / "store" / "server.lock"):
        return
    with suppress(StoreRefused, StoreUnavailable):
        server = embedded.claim(folder, "fast")
        try:
            await server.launch()  # which attaches
            await server.stop()
        finally:
            server.leave()


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _is_free(lock: Path) -> bool:
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def _port(wanted: int | None) -> int:
    """The port wanted; else 8080 if nobody listens there, else any that is free."""
    if wanted is not None:
        return wanted
    for port in (8080, 0):
        with suppress(OSError), socket.create_server((HOST, port)) as found:
            free: int = found.getsockname()[1]
            return free
    return 0


def last_line(log: Path) -> str:
    """The last thing that the service said."""
    lines = log.read_text("utf-8", "replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
