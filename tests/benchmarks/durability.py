"""What a power cut costs: the store writes to a file system of its own, which is cut off in the middle.

The cut is the file system's shutdown without a flush: what was not on the disk yet is gone, as when
the power fails. Mounting takes a superuser; without one the rows are skipped.
"""

import asyncio
import fcntl
import os
import random
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from assigner.store import embedded
from assigner.store.base import Enqueue, StoreUnavailable
from assigner.store.redis import RedisStore, connect
from tests.benchmarks.report import Result, Row, Verdict, progress, verdict

ROUNDS = 12
SEED = 20_261_122
AT_ONCE = 8
IMAGE_BYTES = 256 * 2**20
_SHUT_DOWN = 0x8004587D
"""FS_IOC_SHUTDOWN of Linux."""
_WITHOUT_FLUSH = 2
_PROMISED = {"disk": 0.0, "fast": 2.0}
"""The most seconds of acknowledged work that a cut may cost, by durability."""


@dataclass(slots=True)
class Written:
    """What was acknowledged, and when."""

    at: dict[str, float] = field(default_factory=dict)


def run(output: Path) -> Iterator[Result]:
    """Cuts at random moments, for each durability: what had been acknowledged and is gone."""
    chance = random.Random(SEED)
    for durability, promised in _PROMISED.items():
        what = f"power cut while tasks are written, durability {durability}: acknowledged tasks lost"
        asked = "none" if promised == 0 else f"those of the last {promised:.0f} s at most"
        if os.geteuid() != 0:
            yield Row(what=what, asked=asked, measured="needs a superuser", verdict=Verdict.SKIPPED)
            continue
        rounds = progress(range(ROUNDS), f"power cuts, {durability}", ROUNDS)
        cuts = [_cut(durability, chance.uniform(0.3, 3.0)) for _ in rounds]
        lost, acknowledged = sum(cut[0] for cut in cuts), sum(cut[1] for cut in cuts)
        longest = max(cut[2] for cut in cuts)
        yield Row(
            what=what,
            asked=asked,
            measured=f"{lost:,} of {acknowledged:,} in {ROUNDS} cuts; the oldest of {longest:.2f} s before",
            verdict=verdict(lost == 0 if promised == 0 else longest <= promised),
        )


def _cut(durability: str, after_s: float) -> tuple[int, int, float]:
    """One cut: how many acknowledged tasks were lost, of how many, and how old the oldest of them was."""
    with TemporaryDirectory() as folder:
        image, root = Path(folder, "disk"), Path(folder, "mounted")
        root.mkdir()
        with image.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        _call("mkfs.ext4", "-q", "-F", str(image))
        with _mounted(image, root):
            written, cut_at = asyncio.run(_write_until_cut(root, durability, after_s))
        with _mounted(image, root):
            kept = asyncio.run(_kept(root, durability))
    lost = [at for task, at in written.at.items() if task not in kept]
    return len(lost), len(written.at), cut_at - min(lost, default=cut_at)


async def _write_until_cut(root: Path, durability: str, after_s: float) -> tuple[Written, float]:
    server = await embedded.start(root, durability)
    store = RedisStore(connect(server.url))
    await store.open()
    written = Written()
    writers = [asyncio.create_task(_write(store, writer, written)) for writer in range(AT_ONCE)]
    await asyncio.sleep(after_s)
    cut_at = time.monotonic()
    _shut_down(root)
    acknowledged = Written(dict(written.at))
    os.kill(server.pid, signal.SIGKILL)
    for writer in writers:
        writer.cancel()
    await asyncio.wait(writers)
    await server.ended()
    server.leave()
    with suppress(Exception):
        await store.close()
    return acknowledged, cut_at


async def _write(store: RedisStore, writer: int, written: Written) -> None:
    """Make tasks one after the other, and note each when it is acknowledged."""
    number = 0
    with suppress(StoreUnavailable):
        while True:
            task = f"t{writer}-{number}"
            now = time.time_ns() // 1_000_000
            command = Enqueue(
                op=task, actor="bench", now=now, task=task, doc={}, queue="main", size=1, created_at=now
            )
            await store.enqueue([command])
            written.at[task] = time.monotonic()
            number += 1


async def _kept(root: Path, durability: str) -> set[str]:
    server = await embedded.start(root, durability)
    store = RedisStore(connect(server.url))
    world = await store.world()
    await store.close()
    await server.stop()
    return {task.id for task in world.tasks}


@contextmanager
def _mounted(image: Path, root: Path) -> Iterator[None]:
    _call("mount", "-o", "loop", str(image), str(root))
    try:
        yield
    finally:
        _call("umount", str(root))


def _shut_down(root: Path) -> None:
    descriptor = os.open(root, os.O_RDONLY)
    try:
        fcntl.ioctl(descriptor, _SHUT_DOWN, struct.pack("I", _WITHOUT_FLUSH))
    finally:
        os.close(descriptor)


def _call(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
