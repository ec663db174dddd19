"""Agents on a break: nothing new is offered, nothing is taken back, and what takes longer goes on after."""

from __future__ import annotations

from typing import Any

from assigner.dispatch.loop import Pace
from assigner.dispatch.waiting import explain_live
from tests.dispatch.living import HOUR, MINUTE, START, Living, lived


def alive() -> Living:
    """A service whose dispatcher wakes for what happens and for what is due only: its tick is a day."""
    return Living(pace=Pace(tick_ms=24 * HOUR, lease_ms=240 * HOUR))


def shift(
    live: Living, *breaks: tuple[float, float], hours: tuple[float, float] = (0, 8)
) -> list[dict[str, Any]]:
    """A shift, and breaks in it, from and until so many hours from now."""

    def span(begins: float, ends: float) -> dict[str, Any]:
        return {"from": live.at(round(begins * HOUR)), "until": live.at(round(ends * HOUR))}

    return [{**span(*hours), "breaks": [span(*one) for one in breaks]}]


@lived
async def test_nothing_is_offered_in_a_break_and_its_end_wakes_the_dispatcher() -> None:
    """Two that adjoin are one; each end is noticed by the clock alone, also that of the second."""
    live = alive()
    await live.agent("ana", shifts=shift(live, (1, 1.5), (1.5, 2), (4, 5)))
    for begins, ends in ((1, 2), (4, 5)):
        await live.wait(round(begins * HOUR) - (live.clock.now_ms() - START))
        await live.task(f"t{begins}")
        await live.settle()
        assert await live.where(f"t{begins}") == ["queued"]
        await live.wait((ends - begins) * HOUR - 1)
        assert await live.where(f"t{begins}") == ["queued"]
        assert live.dispatcher.next_at() == live.clock.now_ms() + 1
        await live.wait(1)
        assert await live.where(f"t{begins}") == ["offered ana"]
        await live.on_task("cancel", f"t{begins}")


@lived
async def test_a_break_takes_nothing_back() -> None:
    """An open offer stands until it expires, and what is assigned stays, begun or not."""
    live = alive()
    await live.queue("q", offer_ttl_s=1800)
    await live.agent("ana", capacity=2, shifts=shift(live, (1, 2)))
    await live.wait(HOUR - MINUTE)
    await live.task("assigned")
    await live.settle()
    await live.answer("accept", "assigned")
    await live.task("offered")
    await live.wait(10 * MINUTE)
    assert await live.where("assigned", "offered") == ["assigned ana", "offered ana"]


@lived
async def test_what_does_not_end_before_a_break_goes_on_after_it() -> None:
    """Three hours of work an hour before lunch are offered; three hours before the end of the shift, not."""
    live = alive()
    await live.agent("ana", shifts=shift(live, (1, 2), hours=(0, 4.5)))
    await live.task("long", handle_s=3 * 3600)
    await live.settle()
    assert await live.where("long") == ["offered ana"]
    await live.on_task("cancel", "long")
    await live.wait(2 * HOUR)
    await live.task("late", handle_s=3 * 3600)
    await live.settle()
    assert await live.where("late") == ["queued"]


@lived
async def test_who_waits_for_an_agent_on_a_break_is_told_when_it_ends() -> None:
    live = alive()
    await live.agent("ana", shifts=shift(live, (1, 2)))
    await live.wait(HOUR)
    await live.task("t")
    await live.settle()
    found = await explain_live(live.mirror, await live.record("t"), live.clock.now_ms(), weights={})
    assert found.waiting.reason == "off_shift"
    assert found.waiting.unblock.kind == "wait_until"
    assert found.waiting.unblock.at == START + 2 * HOUR
