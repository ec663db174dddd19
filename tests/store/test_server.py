"""What a server can do to a store: lose an answer, be killed, be full, be the wrong one."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any, cast

import pytest

from assigner.domain.lifecycle import State
from assigner.store import embedded
from assigner.store.base import EventsLost, StoreRefused, StoreUnavailable
from assigner.store.keeper import Keeper
from assigner.store.keys import SCHEMA
from assigner.store.log import FIRST
from assigner.store.redis import CONNECTIONS, RedisStore, connect
from assigner.store.server import too_old
from tests.store.scene import KINDS, REDIS, Hand, Servers, done, store_of

SERVICE = """
import asyncio, sys
from pathlib import Path
from assigner.store.embedded import start
print(asyncio.run(start(Path(sys.argv[1]), "disk")).pid, flush=True)
sys.stdin.read()
"""


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await test()

    asyncio.run(whole())


async def opened(url: str, workspace: str = "w") -> RedisStore:
    store = RedisStore(connect(url), workspace=workspace)
    await store.open()
    return store


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


class Deaf:
    """A proxy before a server that drops the answers to some requests, and the connection with them."""

    def __init__(self, to: str, word: bytes, times: int) -> None:
        self.to, self.word, self.left = to, word, times

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self.to)
        while asked := await reader.read(1 << 20):
            back.write(asked)
            answer = await there.read(1 << 20)
            if self.left and self.word in asked:
                self.left -= 1
                break
            writer.write(answer)
        writer.close()
        back.close()


class Forgetful:
    """A proxy before a server that forgets its scripts before each call, as if it were started again."""

    def __init__(self, to: str) -> None:
        self.to = to

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self.to)
        while asked := await reader.read(1 << 20):
            if b"EVALSHA" in asked:
                back.write(b"SCRIPT FLUSH\r\n")
                assert await there.readline() == b"+OK\r\n"
            back.write(asked)
            writer.write(await there.read(1 << 20))
        writer.close()
        back.close()


def test_a_server_that_is_started_again_and_again_is_unavailable(servers: Servers, tmp_path: Path) -> None:
    async def scene() -> None:
        near = str(tmp_path / "s")
        forgetful = Forgetful(servers["valkey"].removeprefix("unix://"))
        async with await asyncio.start_unix_server(forgetful, near):
            store = RedisStore(connect(f"unix://{near}"), workspace="forgetful")
            with pytest.raises(StoreUnavailable, match="No matching script"):
                await store.task("t")
            await store.close()

    run(scene)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "memory"])
def test_who_asks_for_the_world_together_gets_one_and_later_another(kind: str, servers: Servers) -> None:
    async def scene() -> None:
        async with store_of(kind, servers) as store:
            hand = Hand(store)
            await done(hand.task("first"))
            leaving = asyncio.ensure_future(store.world())
            one, other = asyncio.ensure_future(store.world()), asyncio.ensure_future(store.world())
            await asyncio.sleep(0)
            leaving.cancel()
            assert await one is await other
            assert [task.id for task in (await one).tasks] == ["first"]
            await done(hand.task("second"))
            assert [task.id for task in (await store.world()).tasks] == ["first", "second"]

    run(scene)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "memory"])
def test_an_answer_that_was_lost_is_given_again(kind: str, servers: Servers, tmp_path: Path) -> None:
    async def scene() -> None:
        async with store_of(kind, servers) as direct:
            assert isinstance(direct, RedisStore)
            near = str(tmp_path / "s")
            deaf = Deaf(servers[kind].removeprefix("unix://"), b"only-once", 2)
            async with await asyncio.start_unix_server(deaf, near):
                far = RedisStore(connect(f"unix://{near}"), workspace=direct.workspace)
                hand = Hand(far)
                await done(hand.task("first"))
                made = await done(hand.task("t", op="only-once"))
                await far.close()
            assert deaf.left == 0
            assert made.replayed
            assert made.task == await direct.task("t")
            assert len(await direct.history("t")) == 1

    run(scene)


def test_a_store_that_is_closed_reads_no_more(servers: Servers) -> None:
    async def scene() -> None:
        async with store_of("valkey", servers) as direct:
            await done(Hand(direct).task("t"))
            store = RedisStore(connect(servers["valkey"]), workspace=cast(RedisStore, direct).workspace)
            async with aclosing(cast(Any, store.events(FIRST))) as events:
                assert len(await anext(events)) == 1
            await store.close()
            assert asyncio.all_tasks() == {asyncio.current_task()}

    run(scene)


def test_a_server_that_is_gone_is_said_to_be_and_is_found_again(tmp_path: Path) -> None:
    async def scene() -> None:
        server = await embedded.start(tmp_path, "disk")
        store = await opened(server.url)
        await done(Hand(store).task("kept"))
        kill(server.pid)
        with pytest.raises(StoreUnavailable):
            await Hand(store).task("lost")
        server.leave()
        again = await embedded.start(tmp_path, "disk")
        assert not again.attached
        kept = await store.task("kept")
        assert kept is not None
        assert kept.state is State.QUEUED
        await done(Hand(store).task("new"))
        await store.close()
        await again.stop()

    run(scene)


def test_a_server_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is there, and stopped: all attempts together have the time of one."""
    monkeypatch.setattr("assigner.store.server.TIMEOUT_S", 0.5)

    async def scene() -> None:
        server = await embedded.start(tmp_path)
        store = await opened(server.url)
        os.kill(server.pid, signal.SIGSTOP)
        with pytest.raises(StoreUnavailable, match=r"does not answer|Timeout"):
            await store.task("t")
        os.kill(server.pid, signal.SIGCONT)
        assert await store.task("t") is None
        await store.close()
        await server.stop()

    run(scene)


def test_a_service_that_was_killed_finds_its_server_running(tmp_path: Path) -> None:
    service = Popen([sys.executable, "-c", SERVICE, str(tmp_path)], stdin=PIPE, stdout=PIPE)
    assert service.stdout
    assert service.stdin
    pid = int(service.stdout.readline())
    service.kill()
    service.wait()
    service.stdin.close()
    service.stdout.close()

    async def scene() -> None:
        server = await embedded.start(tmp_path)
        assert (server.attached, server.pid) == (True, pid)
        with pytest.raises(StoreRefused, match=f"process {os.getpid()}"):
            await embedded.start(tmp_path)
        store = await opened(server.url)
        # The server that was started for `disk` is as durable as this service asks.
        assert (await store.client.config_get("appendfsync"))["appendfsync"] == "everysec"
        await store.close()
        await server.stop()
        fresh = await embedded.start(tmp_path)
        assert not fresh.attached
        await fresh.stop()

    run(scene)


def test_events_that_a_server_has_lost_do_not_go_unnoticed_when_others_come_after(servers: Servers) -> None:
    """As when the power failed there, or a replica took over that had not got them all."""

    async def scene() -> None:
        async with store_of("valkey", servers) as store:
            assert isinstance(store, RedisStore)
            hand = Hand(store)
            await done(hand.task("kept"))
            lost = (await done(hand.task("lost"))).event
            await store.client.xdel(f"ta:{{{store.workspace}}}:events", lost)
            await done(hand.task("new"))
            with pytest.raises(EventsLost):
                await anext(aiter(store.events(str(lost))))

    run(scene)


def test_the_socket_is_ours_alone_and_short(tmp_path: Path) -> None:
    async def scene() -> None:
        server = await embedded.start(tmp_path / ("deep" * 40))
        assert len(os.fsencode(server.socket)) <= embedded.SOCKET_BYTES
        assert server.socket.stat().st_mode & 0o077 == 0
        assert server.folder.stat().st_mode & 0o077 == 0
        await server.stop()

    run(scene)


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "store" / "appendonlydir").mkdir(parents=True)
    (tmp_path / "store" / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")

    async def scene() -> None:
        with pytest.raises(StoreUnavailable, match=r"did not start: .+"):
            await embedded.start(tmp_path)

    run(scene)


def test_a_store_that_may_evict_or_is_newer_is_refused(servers: Servers) -> None:
    async def scene() -> None:
        async with store_of("valkey", servers) as store:
            assert isinstance(store, RedisStore)
            try:
                await store.client.config_set("maxmemory-policy", "allkeys-lru")
                await store.client.set(f"ta:{{{store.workspace}}}:schema", SCHEMA + 1)
                with pytest.raises(StoreRefused) as refusal:
                    await store.open()
                assert "noeviction" in str(refusal.value)
                assert "use a newer version" in str(refusal.value)
            finally:
                await store.client.config_set("maxmemory-policy", "noeviction")

    run(scene)


@pytest.mark.parametrize(
    ("told", "fine"),
    [
        ({"redis_version": "6.2.14"}, False),
        ({"redis_version": "7.0.15"}, True),
        ({"redis_version": "7.2.4", "valkey_version": "7.2.5"}, True),
        ({"redis_version": "7.2.4", "valkey_version": "7.1.0"}, False),
        ({"redis_version": "7.2.4", "valkey_version": "9.0.0"}, True),
    ],
)
def test_a_server_that_is_too_old_is_refused(told: dict[str, str], fine: bool) -> None:
    assert (list(too_old(told)) == []) is fine


@pytest.mark.skipif(not REDIS, reason="there is no redis-server here")
def test_a_server_that_keeps_nothing_is_warned_of(servers: Servers) -> None:
    async def scene() -> None:
        async with store_of("redis", servers) as bare, store_of("valkey", servers) as kept:
            assert isinstance(bare, RedisStore)
            assert isinstance(kept, RedisStore)
            (warning,) = await bare.open()
            assert "keeps nothing on disk" in warning
            await bare.client.config_set("save", "60 1")
            (warning,) = await bare.open()
            assert "snapshots only" in warning
            await bare.client.config_set("save", "")
            assert await kept.open() == []

    run(scene)


def test_a_full_server_is_unavailable_and_heals(servers: Servers) -> None:
    async def scene() -> None:
        async with store_of("valkey", servers) as store:
            assert isinstance(store, RedisStore)
            hand = Hand(store)
            try:
                await store.client.config_set("maxmemory", 1)
                with pytest.raises(StoreUnavailable, match="memory"):
                    await hand.task("t", op="try")
                with pytest.raises(StoreUnavailable, match="memory"):
                    await store.try_writing()
            finally:
                await store.client.config_set("maxmemory", 0)
            await store.try_writing()
            assert await store.task("t") is None
            assert not (await done(hand.task("t", op="try"))).replayed

    run(scene)


def test_more_readers_than_connections_wait_for_one(servers: Servers) -> None:
    """While the server does something long, whoever reads meanwhile is not told that it is gone."""

    async def scene() -> None:
        async with store_of("valkey", servers) as store:
            await done(Hand(store).task("t"))
            histories = await asyncio.gather(*(store.history("t") for _ in range(3 * CONNECTIONS)))
            assert {len(history) for history in histories} == {1}

    run(scene)


def test_a_keeper_survives_whatever_opening_the_store_raises(servers: Servers) -> None:
    """A server that is none of ours, then one that is: nobody has to start the service again."""

    async def scene() -> None:
        async with store_of("valkey", servers) as store:
            assert isinstance(store, RedisStore)
            key = f"ta:{{{store.workspace}}}:schema"
            await store.client.set(key, "seven")
            keeper = Keeper(stores=[store])
            keeping = asyncio.create_task(keeper.keep())
            while keeper.obstacle == "The store is starting.":
                await asyncio.wait({keeping}, timeout=0.01)
            assert "seven" in str(keeper.obstacle)
            await store.client.delete(key)
            await asyncio.wait_for(keeping, 30)
            assert keeper.obstacle is None

    run(scene)


def test_a_directory_that_cannot_be_used_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreRefused, match="cannot be used: Not a directory"):
        embedded.claim(tmp_path / "file", "disk")
    (tmp_path / "store").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreRefused, match=r"cannot be used|is a link"):
        embedded.claim(tmp_path, "disk")


def test_a_directory_deleted_under_a_server_is_made_again_when_the_server_has_ended(tmp_path: Path) -> None:
    async def scene() -> None:
        server = await embedded.start(tmp_path)
        shutil.rmtree(tmp_path / "store")
        kill(server.pid)
        await server.ended()
        await server.launch()
        assert (tmp_path / "store" / "appendonlydir").exists()
        await server.stop()

    run(scene)
