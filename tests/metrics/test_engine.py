"""What a process with a store of its own tells of itself."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from platform import python_version
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from assigner import __version__
from assigner.clock import SystemClock
from assigner.config import Process, Settings
from assigner.engine import Engine, engine_of
from assigner.metrics import Meters
from assigner.store.base import StoreUnavailable
from assigner.store.commands import Enqueue, PutAgent
from assigner.store.embedded import claim
from tests.dispatch.living import done

PROMTOOL = shutil.which("promtool")
DEADLINE_S = 60.0
LOOK_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The engine, and its metrics."""

    engine: Engine
    meters: Meters
    folder: Path

    def text(self) -> str:
        return "".join(self.meters.pages())

    def metric(self, name: str, **labels: str) -> float | None:
        """The sum of the series of a name with these labels; None when there is none."""
        found = [
            one.value
            for family in text_string_to_metric_families(self.text())
            for one in family.samples
            if one.name == name and labels.items() <= one.labels.items()
        ]
        return sum(found) if found else None

    async def until(self, value: float, name: str, **labels: str) -> None:
        """Return when a metric has this value."""
        async with asyncio.timeout(DEADLINE_S):
            while self.metric(name, **labels) != value:  # noqa: ASYNC110 - others make it so
                await asyncio.sleep(LOOK_S)

    async def work(self, workspace: str = "default") -> None:
        """One agent and two tasks, of which one is offered."""
        store, said = self.engine.stores[workspace], {"actor": "tests", "now": SystemClock().now_ms()}
        ana = PutAgent(**said, op="ana", agent="ana", doc={}, capacity=1)
        done(await store.put_agent([ana]))
        for id in ("one", "two"):
            task = Enqueue(**said, op=id, task=id, doc={}, queue="cards", size=1, created_at=said["now"])
            done(await store.enqueue([task]))


def lived(
    folder: Path,
    scene: Callable[[Running], Coroutine[None, None, None]],
    durability: str = "fast",
    workspaces: str = "default",
    lease_s: float = 15.0,
) -> None:
    """Run a scene with the engine of a `serve` process."""
    flags = {"durability": durability, "workspaces": workspaces, "lease_s": str(lease_s)}
    settings = Settings.from_env({}, flags)

    async def play() -> None:
        meters = Meters(settings.workspace_names)
        engine = engine_of(settings, Process.SERVE, SystemClock(), meters, claim(folder, durability))
        async with engine.running():
            await engine.ready()
            await scene(Running(engine=engine, meters=meters, folder=folder))

    asyncio.run(play())


def test_a_backlog_is_counted_and_the_store_timed_by_verb(tmp_path: Path) -> None:
    async def scene(running: Running) -> None:
        await running.until(1, "assigner_dispatcher_leads", workspace="default")
        await running.work()
        await running.until(1, "assigner_offers_total", outcome="made")
        await running.until(1, "assigner_tasks", queue="cards", state="offered")
        assert running.metric("assigner_tasks") == 2
        for verb in ("enqueue", "put_agent", "offer", "take_lease"):
            assert running.metric("assigner_store_seconds_count", verb=verb), verb
        assert running.metric("assigner_store_seconds_count", verb="follow") is None  # it waits on purpose
        assert running.metric("assigner_build_info", version=__version__, python=python_version()) == 1
        assert running.metric("assigner_dispatcher_last_pass_timestamp_seconds")

    lived(tmp_path, scene)


def test_each_workspace_is_told_apart(tmp_path: Path) -> None:
    async def scene(running: Running) -> None:
        for workspace in ("north", "south"):
            await running.until(1, "assigner_dispatcher_leads", workspace=workspace)
        await running.work("south")
        await running.until(2, "assigner_tasks", workspace="south")
        assert running.metric("assigner_arrivals_total", workspace="south") == 2
        assert running.metric("assigner_arrivals_total", workspace="north") == 0

    lived(tmp_path, scene, workspaces="north,south")


@pytest.mark.parametrize(("durability", "durable"), [("disk", 1), ("fast", 0)])
def test_whether_the_store_keeps_on_disk_what_it_has_answered(
    durability: str, durable: int, tmp_path: Path
) -> None:
    async def scene(running: Running) -> None:
        assert running.metric("assigner_store_durable") == durable

    lived(tmp_path, scene, durability)


def test_a_store_that_does_not_answer_is_down_and_then_up_again(tmp_path: Path) -> None:
    async def scene(running: Running) -> None:
        await running.until(1, "assigner_store_up")
        store = running.engine.stores["default"]
        await store.client.config_set("maxmemory", 1)  # type: ignore[attr-defined]
        with pytest.raises(StoreUnavailable):
            await running.work()
        assert running.metric("assigner_store_up") == 0
        await store.client.config_set("maxmemory", 0)  # type: ignore[attr-defined]
        await running.work()
        assert running.metric("assigner_store_up") == 1

    lived(tmp_path, scene)


@asynccontextmanager
async def cut_off(running: Running) -> AsyncIterator[None]:
    """The store lives, and cannot be reached from here while the block runs."""
    server = running.engine.keeper.server
    assert server
    socket = Path(urlsplit(server.url).path)
    aside = socket.with_name("aside")
    os.rename(socket, aside)
    for store in running.engine.stores.values():
        await store.client.connection_pool.disconnect()  # type: ignore[attr-defined]
    try:
        yield
    finally:
        os.rename(aside, socket)


def test_who_cannot_keep_the_lease_does_not_lead_and_tells_of_no_backlog(tmp_path: Path) -> None:
    """Another may lead meanwhile, and would tell of the same backlog."""

    async def scene(running: Running) -> None:
        await running.work()
        await running.until(2, "assigner_tasks")
        async with cut_off(running):
            await running.until(0, "assigner_dispatcher_leads")
            assert running.metric("assigner_tasks") is None
        await running.until(1, "assigner_dispatcher_leads")
        await running.until(2, "assigner_tasks")

    lived(tmp_path, scene, lease_s=1.0)


@pytest.mark.skipif(not PROMTOOL, reason="promtool, of Debian's prometheus, cannot be found")
def test_promtool_has_nothing_to_say_of_a_scrape(tmp_path: Path) -> None:
    async def scene(running: Running) -> None:
        await running.work()
        await running.until(2, "assigner_tasks")
        assert PROMTOOL
        checked = subprocess.run(  # noqa: ASYNC221 - nothing else is to happen meanwhile
            [PROMTOOL, "check", "metrics"], input=running.text(), capture_output=True, text=True, check=False
        )
        assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")

    lived(tmp_path, scene)
