"""Events are read from a server once for all who follow them in a process, whatever each has seen already."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, cast

import pytest

from assigner.domain.records import Event
from assigner.store.base import StoreUnavailable
from assigner.store.codec import event_of
from assigner.store.log import FIRST
from assigner.store.redis import RedisStore, connect
from assigner.store.tail import Entry, Tail
from tests.store.scene import Hand, Servers, done, play, store_of


def following(store: Any, after: str) -> Any:
    return aclosing(cast(Any, store.events(after)))


async def take(events: AsyncIterator[list[Event]], count: int) -> list[Event]:
    """The next so many events."""
    taken: list[Event] = []
    async with asyncio.timeout(10):
        while len(taken) < count:
            taken += await anext(events)
    return taken


def test_followers_share_what_is_read_once(servers: Servers) -> None:
    async def scene(hand: Hand) -> None:
        await done(hand.task("before"))
        async with following(hand.store, FIRST) as one, following(hand.store, FIRST) as two:
            await take(one, 1)
            await take(two, 1)
            made = await done(hand.task("t", doc={"skills": {"x": 1}}))
            (event,) = await take(one, 1)
            assert event is (await take(two, 1))[0]
            # What this process has made itself needs no reading again.
            assert event.task is made.task

    play(scene, "valkey", servers)


def test_what_this_process_knows_is_what_another_reads(servers: Servers) -> None:
    """Of every verb the event is the same, whether it was made here or read from the server."""

    async def scene(hand: Hand) -> None:
        async with store_of("valkey", servers):
            far = RedisStore(connect(servers["valkey"]), workspace=cast(RedisStore, hand.store).workspace)
            async with following(hand.store, FIRST) as near, following(far, FIRST) as there:
                await hand.lead()
                await done(hand.queue())
                await done(hand.agent(capacity=2))
                await done(hand.task(doc={"b": 1, "a": {"c": [1, 2.5, None, "ü"]}}))
                await done(hand.task("held", held_until=5, hold_reason="later"))
                await done(hand.offer())
                await done(hand.answer("accept"))
                await done(hand.on("complete", facts={"outcome": "well"}))
                assert await take(near, 7) == await take(there, 7)
            await far.close()

    play(scene, "valkey", servers)


def test_who_comes_from_further_back_is_told_everything_once(servers: Servers) -> None:
    async def scene(hand: Hand) -> None:
        for number in range(5):
            await done(hand.task(f"t{number}"))
        second = (await hand.store.history("t1"))[0].id
        last = (await hand.store.world()).last_event
        async with following(hand.store, last) as latest:
            waiting = asyncio.ensure_future(take(latest, 1))
            async with following(hand.store, second) as behind:
                assert [one.task.id for one in await take(behind, 3) if one.task] == ["t2", "t3", "t4"]
                await done(hand.task("new"))
                assert [one.task.id for one in await take(behind, 1) if one.task] == ["new"]
            assert [one.task.id for one in await waiting if one.task] == ["new"]

    play(scene, "valkey", servers)


def test_all_who_follow_hear_that_the_server_is_gone() -> None:
    gone = asyncio.Event()

    async def read(after: str, wait: bool) -> list[Entry]:
        await gone.wait()
        raise StoreUnavailable("It is gone.")

    async def scene() -> None:
        tail = Tail(read, event_of)
        followers = [asyncio.ensure_future(anext(tail.after(FIRST))) for _ in range(3)]
        await asyncio.sleep(0)
        gone.set()
        for follower in followers:
            with pytest.raises(StoreUnavailable):
                await follower

    asyncio.run(scene())
