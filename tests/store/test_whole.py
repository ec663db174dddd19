"""What the end of a server leaves of an override; and what is stored of a version that knew none."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from assigner.domain.lifecycle import OverrideState, State
from assigner.domain.records import OverrideRecord
from assigner.store import embedded
from assigner.store.base import Enqueue, MakeOverride, StoreUnavailable
from assigner.store.keys import SCHEMA, prefix
from assigner.store.redis import RedisStore, connect
from tests.store.overriding import make, on, overlay, task
from tests.store.scene import FUTURE, NOW, Hand, Servers, done, play
from tests.store.test_same import everything
from tests.store.test_server import kill

MANY = 2_000


def whole(ids: list[str]) -> MakeOverride:
    record = OverrideRecord(
        id="x", action="hold", doc={}, author="lea", reason="why", state=OverrideState.ACTIVE, made_at=NOW
    )
    steps = [on("hold", id, override="x") for id in ids]
    return MakeOverride(op="make", actor="lea", now=NOW, override=record, steps=steps)


@pytest.mark.parametrize("after_ms", [0, 20, 60, 150, 10_000])
def test_a_server_that_is_killed_during_an_override_has_all_of_it_or_nothing(
    tmp_path: Path, after_ms: int
) -> None:
    """It is killed at different instants, the last one after its answer, and reads its file again."""

    async def scene() -> None:
        server = await embedded.start(tmp_path, "disk")
        store = RedisStore(connect(server.url), workspace="w")
        await store.open()
        said = {"actor": "me", "now": NOW, "doc": {}, "queue": "q", "size": 1, "created_at": NOW}
        ids = [f"t{number}" for number in range(MANY)]
        await store.enqueue([Enqueue(op=id, task=id, **said) for id in ids])
        making = asyncio.ensure_future(store.make_override([whole(ids)]))
        await asyncio.wait({making}, timeout=after_ms / 1_000)
        kill(server.pid)
        told = (await asyncio.gather(making, return_exceptions=True))[0]
        server.leave()
        again = await embedded.start(tmp_path, "disk")
        states = [one.state for one in (await store.world()).tasks]
        kept, touched = await store.override("x"), await store.override_tasks("x")
        nothing = states == [State.QUEUED] * MANY and kept is None and touched == []
        all_of_it = states == [State.HELD] * MANY and kept is not None and touched == ids
        assert nothing or all_of_it
        # What was answered is there.
        assert isinstance(told, StoreUnavailable) or all_of_it
        assert making.exception() is None or after_ms < 10_000
        (outcome,) = await store.make_override([whole(ids)])
        assert outcome.refused is None
        assert outcome.replayed == all_of_it
        await store.close()
        await again.stop()

    asyncio.run(scene())


def test_a_full_server_does_nothing_of_an_override(servers: Servers) -> None:
    async def scene(hand: Hand) -> None:
        assert isinstance(hand.store, RedisStore)
        for id in ("a", "b"):
            await done(hand.task(id))
        before = await everything(hand.store)
        try:
            await hand.store.client.config_set("maxmemory", 1)
            with pytest.raises(StoreUnavailable, match="memory"):
                await hand.store.make_override([whole(["a", "b"])])
        finally:
            await hand.store.client.config_set("maxmemory", 0)
        assert await everything(hand.store) == before
        (outcome,) = await hand.store.make_override([whole(["a", "b"])])
        assert (outcome.refused, outcome.replayed) == (None, False)

    play(scene, "valkey", servers)


def test_what_was_stored_before_there_were_overrides_is_read_and_changed(servers: Servers) -> None:
    """The layout has the same number: nothing that it held is read otherwise, and what is new is added."""
    assert SCHEMA == 1
    live = {
        "id": "t",
        "state": "assigned",
        "queue": "q",
        "size": 1,
        "version": 3,
        "created_at": NOW,
        "queued_at": NOW,
        "updated_at": NOW,
        "agent": "ann",
        "attempts": 1,
        "cooling_down": {"bob": FUTURE},
    }

    async def scene(hand: Hand) -> None:
        assert isinstance(hand.store, RedisStore)
        client, keys = hand.store.client, prefix(hand.store.workspace)
        await done(hand.agent(capacity=1))
        made = '1-0 {"actor":"me","op":"o","queue":"q","size":1,"at":2000000}'
        stored = {"live": json.dumps(live), "doc": '{"priority":1}', "made": made}
        await client.hset(f"{keys}task:t", mapping=stored)
        await client.sadd(f"{keys}open", "t")
        old = await task(hand)
        assert (old.state, old.agent, old.cooling_down, old.overrides) == (
            State.ASSIGNED,
            "ann",
            {"bob": FUTURE},
            {},
        )
        assert (await hand.store.world()).tasks == [old]
        await done(make(hand, "x", on("adjust", "t", set={"priority": 90})))
        assert await overlay(hand) == {"priority": {"by": "x", "value": 90}}
        assert [one.type for one in await hand.store.history("t")] == ["task.enqueued", "task.adjusted"]
        after = await task(hand)
        assert (after.cooling_down, after.attempts, after.doc) == ({"bob": FUTURE}, 1, {"priority": 1})

    play(scene, "valkey", servers)


def test_the_events_of_before_are_read(servers: Servers) -> None:
    """As a version without overrides wrote them."""

    async def scene(hand: Hand) -> None:
        assert isinstance(hand.store, RedisStore)
        live = {"id": "t", "state": "queued", "queue": "q", "size": 1, "version": 1}
        live |= {"created_at": NOW, "queued_at": NOW, "updated_at": NOW}
        fields = {"type": "task.enqueued", "actor": "me", "op": "o"}
        fields |= {"task": json.dumps(live), "task_doc": "{}"}
        await hand.store.client.xadd(f"{prefix(hand.store.workspace)}events", fields)
        async for events in hand.store.events("0-0"):
            assert [(one.type, one.override, one.key) for one in events] == [("task.enqueued", None, None)]
            assert events[0].task
            assert events[0].task.overrides == {}
            break

    play(scene, "valkey", servers)
