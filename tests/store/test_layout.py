"""What is kept on a server: keys that are declared, scripts that are short, no more of it by the month."""

import asyncio
from pathlib import Path

import pytest

from assigner.store import embedded
from assigner.store.base import Enqueue, Retention
from assigner.store.keys import KEYS, row_of
from assigner.store.redis import RedisStore
from assigner.store.scripts import every_script, script
from tests.store.scene import FUTURE, KINDS, NOW, Hand, Servers, done, play, store_of, undeclared


def test_scripts_that_the_server_forgot_are_sent_again(servers: Servers) -> None:
    async def scene(hand: Hand) -> None:
        assert isinstance(hand.store, RedisStore)
        await done(hand.task("a"))
        await hand.store.client.script_flush()
        await done(hand.task("b"))

    play(scene, "valkey", servers)


async def leaving_something(servers: Servers) -> None:
    async with store_of("valkey", servers) as store:
        assert isinstance(store, RedisStore)
        await store.client.set(f"ta:{{{store.workspace}}}:stray", 1)


def test_a_key_that_is_not_declared_is_found(servers: Servers) -> None:
    async def scene() -> None:
        with pytest.raises(AssertionError, match="stray"):
            await leaving_something(servers)
        async with store_of("valkey", servers) as store:
            assert isinstance(store, RedisStore)
            await store.client.set(f"ta:{{{store.workspace}}}:task:t", 1)
            assert await undeclared(store) == [f"ta:{{{store.workspace}}}:task:t: string"]
            await store.client.delete(f"ta:{{{store.workspace}}}:task:t")

    asyncio.run(scene())


def test_the_table_of_keys_is_clear() -> None:
    for key in KEYS.values():
        assert row_of("w", "ta:{w}:" + key.shape.replace("…", "x:y")) == key
    assert row_of("w", "ta:{other}:events") is None


def test_scripts_are_short() -> None:
    folder = Path(embedded.__file__).parent / "lua"
    lines = {path.stem: path.read_text().count("\n") for path in folder.glob("*.lua")}
    assert all(count <= 40 for name, count in lines.items() if name != "prelude")
    assert all(script(name) for name in every_script())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "memory"])
def test_a_month_needs_no_more_memory_than_a_week(kind: str, servers: Servers) -> None:
    """Retention: the stream, the ops, the closed offers and the ended tasks go as others come."""
    keep = Retention(events=500, ops_ms=1, brief_ops_ms=1, offers_ms=1)

    async def day(hand: Hand, number: int) -> None:
        now = NOW + number * 86_400_000
        said = {"actor": "me", "now": now}
        tasks = [
            Enqueue(
                op=f"e{number}-{i}", task=f"{number}-{i}", doc={}, queue="q", size=1, created_at=now, **said
            )
            for i in range(40)
        ]
        await hand.store.enqueue(tasks)
        for task in tasks:
            offer = f"o-{task.task}"
            await done(hand.offer(task.task, offer=offer, expires_at=FUTURE, now=now))
            await done(hand.answer("accept", offer, now=now))
            await done(hand.on("complete", task.task, now=now))
        await hand.store.prune(now - 2 * 86_400_000, 1_000)

    async def size(hand: Hand) -> tuple[int, int]:
        assert isinstance(hand.store, RedisStore)
        client = hand.store.client
        keys = [key async for key in client.scan_iter(match=f"ta:{{{hand.store.workspace}}}:*", count=1_000)]
        used = [await client.memory_usage(key, samples=0) or 0 for key in keys]
        return len(keys), sum(used)

    async def month(hand: Hand) -> None:
        await hand.lead()
        await done(hand.agent())
        sizes = []
        for number in range(28):
            await day(hand, number)
            if number % 7 == 6:
                sizes.append(await size(hand))
        (keys, used), (last_keys, last_used) = sizes[0], sizes[-1]
        assert last_keys <= keys + 10
        assert last_used <= used * 1.1

    play(month, kind, servers, keep)
