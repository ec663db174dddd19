"""The store does not answer, is gone, or is full: the service says so, loses nothing, and heals by itself."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from shutil import which
from subprocess import run
from tempfile import TemporaryDirectory

import pytest

from tests.faults.load import Load, load_on
from tests.faults.proxy import lossy
from tests.faults.scene import LONG, SEED, lived, rounds
from tests.faults.world import Process, until, world_of

LOSS = 0.05
GONE_S = 20.0 if LONG else 3.0
ROOM_BYTES = 4_096
DISK = "64m" if LONG else "8m"


async def says_why(service: Process, load: Load, word: str) -> None:
    """Return when /readyz says that the store is to blame, and a client was answered 503."""
    load.unavailable.clear()

    async def told() -> bool:
        got = await service.get("/readyz")
        return got is not None and got.status_code == 503 and word in got.json()["detail"]

    async def refused() -> bool:
        return any(got.json()["code"] == "store_unavailable" for got in load.unavailable)

    await until(told, f"/readyz says {word!r}")
    await until(refused, "a client is told")


def all_say_when_to_come_again(load: Load) -> bool:
    return all(int(got.headers["retry-after"]) > 0 for got in load.unavailable)


@lived
async def test_answers_that_are_lost_are_given_again() -> None:
    """Replies vanish on the wire and redis-py sends again: what was done is not done twice."""
    for chance in rounds("lost replies", short=1, share=0.1):
        async with world_of() as world:
            world.server()
            await world.answers()
            near, far = world.folder / "near", world.url.removeprefix("unix://")
            async with lossy(far, near, chance) as proxy:
                service = world.service("serve", ASSIGNER_REDIS_URL=f"unix://{near}")
                await service.ready()
                async with load_on([service.url], chance) as load:
                    proxy.loss = LOSS

                    async def often() -> bool:
                        return proxy.lost >= 30 and load.replayed >= 3

                    await until(often, "answers were lost, and given again")
                    proxy.loss = 0
                    await load.goes_on(10)
                    await world.check(load)


@lived
async def test_a_store_that_is_gone_for_a_while() -> None:
    """/readyz says why, requests get 503 with Retry-After, and all goes on when the store is back."""
    async with world_of() as world:
        store, service = world.server(), world.service("serve")
        await service.ready()
        async with load_on([service.url], Random(SEED)) as load:
            for _ in rounds("the store is gone", short=1, share=0.06):
                await load.goes_on(10)
                store.kill()
                await says_why(service, load, "store")
                await load.rest(GONE_S)
                store.start()
                await service.ready()
                await load.goes_on(20)
                assert all_say_when_to_come_again(load)
                await world.check(load)


@lived
async def test_a_disk_that_is_full_for_a_while() -> None:
    """The store's server cannot write its log: nothing is done, and clients are told, until there is room."""
    async with world_of() as world:
        store, service = world.server("fast"), world.service("serve")
        await service.ready()
        async with load_on([service.url], Random(SEED)) as load:
            for _ in rounds("a full disk", short=1, share=0.06):
                await load.goes_on(10)
                limit_files(store.pid, largest(world.folder / "appendonlydir") + ROOM_BYTES)
                await says_why(service, load, "MISCONF")
                limit_files(store.pid, resource.RLIM_INFINITY)
                await service.ready()
                await load.goes_on(20)
                assert all_say_when_to_come_again(load)
                await world.check(load)


@lived
async def test_a_full_disk_under_a_store_of_its_own() -> None:
    """With `disk` the server ends when it cannot write: the service starts it until there is room again."""
    with small_disk() as disk:
        await full(disk)


async def full(disk: Path) -> None:
    async with world_of(embedded=True, state=disk) as world:
        service = world.service("serve")
        await service.ready()
        async with load_on([service.url], Random(SEED)) as load:
            for _ in rounds("a full disk of its own", short=1, share=0.06):
                await load.goes_on(10)
                fill(disk / "ballast")
                await says_why(service, load, "embedded store")
                await load.rest(1)
                (disk / "ballast").unlink()
                await service.ready()
                await load.goes_on(20)
                assert all_say_when_to_come_again(load)
                await world.check(load)


@contextmanager
def small_disk() -> Iterator[Path]:
    """A disk of a few megabytes, where this user may mount one."""
    mount, umount = which("mount"), which("umount")
    with TemporaryDirectory(prefix="disk-") as name:
        told = ["-t", "tmpfs", "-o", f"size={DISK},mode=700", "none", name]
        if not (mount and umount) or run([mount, *told], check=False, capture_output=True).returncode:
            pytest.skip("this user may not mount a disk here")
        try:
            yield Path(name)
        finally:
            run([umount, name], check=True)


def fill(ballast: Path) -> None:
    """Write until there is no room."""
    file = os.open(ballast, os.O_CREAT | os.O_WRONLY)
    with suppress(OSError):
        while True:
            os.write(file, bytes(4_096))
    os.close(file)


def limit_files(pid: int, size: int) -> None:
    """The largest file that a process may write; beyond, its writes fail."""
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))


def largest(folder: Path) -> int:
    return max(file.stat().st_size for file in folder.iterdir())
