"""When the agent took a task who has it: not an earlier one, and nobody once it is given back."""

import pytest

from tests.store.scene import NOW, Hand, done

SAID = {"transfer": {"doc": {}, "queue": "q", "size": 1}, "hold": {"reason": "why"}, "release": {}}


async def give(hand: Hand, how: str, now: int) -> None:
    if how == "assigned by hand":
        await done(hand.on("assign", facts={"agent": "ann"}, now=now))
    elif how == "auto-accepted":
        await done(hand.offer(offer=f"o{now}", accept=True, now=now))
    else:
        await done(hand.offer(offer=f"o{now}", now=now - 2))
        await done(hand.answer("accept", offer=f"o{now}", now=now))


async def taken_at(hand: Hand) -> int | None:
    task = await hand.store.task("t")
    assert task is not None
    return task.assigned_at


@pytest.mark.parametrize("how", ["accepted", "auto-accepted", "assigned by hand"])
@pytest.mark.parametrize("verb", sorted(SAID))
async def test_whoever_takes_a_task_again_has_it_since_then(hand: Hand, how: str, verb: str) -> None:
    await hand.lead()
    await done(hand.agent())
    await done(hand.task())
    assert await taken_at(hand) is None
    await give(hand, how, NOW + 9)
    assert await taken_at(hand) == NOW + 9
    await done(hand.on(verb, facts=SAID[verb], now=NOW + 20))
    assert await taken_at(hand) is None
    if verb == "hold":
        await done(hand.on("resume", now=NOW + 21))
    await give(hand, how, NOW + 30)
    await done(hand.on("start", now=NOW + 40))
    await done(hand.on("complete", now=NOW + 50))
    assert await taken_at(hand) == NOW + 30
