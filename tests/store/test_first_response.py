"""When somebody first took a task, when it was reopened, and what it was promised when it was done."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from assigner.store.keys import prefix
from assigner.store.memory import MemoryStore
from assigner.store.redis import RedisStore
from tests.store.scene import NOW, Hand, done

PROMISED = {"respond_by": NOW + 60_000, "due_at": NOW + 3_600_000}


@pytest.mark.parametrize("how", ["accepted", "auto-accepted", "assigned by hand"])
async def test_the_first_who_takes_a_task_responds_and_nobody_after_them(hand: Hand, how: str) -> None:
    """To be offered is no response; to be taken is, however it comes; to be taken again changes nothing."""
    await hand.lead()
    await done(hand.agent())
    await done(hand.task())
    if how == "assigned by hand":
        taken = await done(hand.on("assign", facts={"agent": "ann"}, now=NOW + 9))
    elif how == "auto-accepted":
        taken = await done(hand.offer(accept=True, now=NOW + 9))
    else:
        offered = await done(hand.offer(now=NOW + 5))
        assert offered.task is not None
        assert offered.task.responded_at is None
        taken = await done(hand.answer("accept", now=NOW + 9))
    assert taken.task is not None
    assert taken.task.responded_at == NOW + 9
    await done(hand.on("release", now=NOW + 20))
    again = await done(hand.on("assign", facts={"agent": "ann"}, now=NOW + 30))
    assert again.task is not None
    assert again.task.responded_at == NOW + 9
    assert await hand.store.task("t") == again.task


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("verb", ["release", "hold", "complete"])
async def test_what_was_taken_when_that_was_not_noted_has_been_taken_all_the_same(
    hand: Hand, verb: str, begun: bool
) -> None:
    """An older version gave it to its agent; once they have it no more, it is noted when it was first taken:
    when they began, else when it was last changed.
    """
    await done(hand.agent())
    await done(hand.task())
    await done(hand.on("assign", facts={"agent": "ann"}, now=NOW + 1))
    if begun:
        await done(hand.on("start", now=NOW + 3))
    await done(hand.on("adjust", facts={"override": "o", "set": {"priority": 3}}, now=NOW + 5))
    await _forget(hand, "responded_at", "assigned_at")
    after = await done(hand.on(verb, now=NOW + 9))
    assert after.task is not None
    assert after.task.responded_at == (NOW + 3 if begun else NOW + 5)
    assert await hand.store.task("t") == after.task


async def _forget(hand: Hand, *fields: str) -> None:
    """Make the record of the task one of a version that did not have these fields."""
    if isinstance(hand.store, RedisStore):
        key = f"{prefix(hand.store.workspace)}task:t"
        live: dict[str, Any] = msgspec.json.decode(await hand.store.client.hget(key, "live"))
        kept = {name: value for name, value in live.items() if name not in fields}
        await hand.store.client.hset(key, "live", msgspec.json.encode(kept))
    else:
        assert isinstance(hand.store, MemoryStore)
        tasks = hand.store.records.tasks
        tasks["t"] = replace(tasks["t"], **dict.fromkeys(fields))


@pytest.mark.parametrize("promised", [PROMISED, {"due_at": NOW + 5}, {}])
async def test_a_completed_task_keeps_what_it_was_promised_until_it_is_reopened(
    hand: Hand, promised: dict[str, int]
) -> None:
    await done(hand.agent())
    await done(hand.task())
    await done(hand.on("assign", facts={"agent": "ann"}, now=NOW + 1))
    await done(hand.on("complete", facts={"promised": promised}, now=NOW + 2))
    kept = await hand.store.task("t")
    assert kept is not None
    assert kept.promised == promised
    await done(hand.on("reopen", facts={"doc": {}, "queue": "q", "size": 1}, now=NOW + 3))
    opened = await hand.store.task("t")
    assert opened is not None
    assert (opened.promised, opened.reopened_at, opened.responded_at) == (None, NOW + 3, NOW + 1)
