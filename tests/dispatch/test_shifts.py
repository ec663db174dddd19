"""Agents who work in shifts: when they are offered work, when it is taken back, and what a task is told."""

from __future__ import annotations

from typing import Any

from assigner.dispatch.explain import Explanation
from assigner.dispatch.loop import Pace
from assigner.dispatch.waiting import explain_live
from tests.dispatch.living import HOUR, MINUTE, START, Living, lived


def alive() -> Living:
    """A service whose dispatcher wakes for what happens and for what is due only: its tick is a day."""
    return Living(pace=Pace(tick_ms=24 * HOUR, lease_ms=240 * HOUR))


def shifts(live: Living, *hours: tuple[float, float]) -> list[dict[str, str]]:
    """Shifts from and until so many hours from now."""
    return [
        {"from": live.at(round(begins * HOUR)), "until": live.at(round(ends * HOUR))}
        for begins, ends in hours
    ]


async def why(live: Living, task: str) -> Explanation:
    """Why a task waits."""
    found = await explain_live(live.mirror, await live.record(task), live.clock.now_ms(), weights={})
    return found.waiting


@lived
async def test_an_agent_is_offered_work_in_every_shift_and_in_no_break() -> None:
    """The clock alone wakes the dispatcher, at the beginning of each shift."""
    live = alive()
    await live.agent("ana", shifts=shifts(live, (1, 2), (3, 4), (6, 7)))
    offered = []
    for hour in range(8):
        await live.task(f"t{hour}", pinned_agent="ana")
        await live.settle()
        offered.append((await live.record(f"t{hour}")).state == "offered")
        await live.on_task("cancel", f"t{hour}")
        await live.task(f"u{hour}")
        await live.wait(HOUR - 1)
        assert ((await live.record(f"u{hour}")).attempts > 0) == offered[-1]
        await live.on_task("cancel", f"u{hour}")
        await live.wait(1)
    assert offered == [False, True, False, True, False, False, True, False]


@lived
async def test_a_shift_that_begins_wakes_the_dispatcher_however_many_were_before() -> None:
    live = alive()
    await live.agent("ana", shifts=shifts(live, (1, 2), (3, 4)))
    await live.wait(HOUR + HOUR // 2)
    await live.wait(HOUR)
    await live.task("t")
    await live.wait(HOUR // 2 - 1)
    assert live.dispatcher.next_at() == live.clock.now_ms() + 1
    assert await live.where("t") == ["queued"]
    await live.wait(1)
    assert await live.where("t") == ["offered ana"]


@lived
async def test_the_end_of_every_shift_revokes_offers_and_releases_work_not_begun() -> None:
    """Work begun stays; a break between two shifts is no shift; two that adjoin are one."""
    live = alive()
    await live.queue("q", offer_ttl_s=7200)
    await live.agent("ana", capacity=3, shifts=shifts(live, (0, 1), (1, 2), (3, 4)))
    for end in (2, 4):
        for id in ("begun", "taken", "offered"):
            await live.task(f"{id}{end}", handle_s=60)
        await live.settle()
        for id in ("begun", "taken"):
            await live.answer("accept", f"{id}{end}")
        await live.on_task("start", f"begun{end}")
        await live.wait(START + end * HOUR - 1 - live.clock.now_ms())
        held = await live.where(f"begun{end}", f"taken{end}", f"offered{end}")
        assert held == ["assigned ana", "assigned ana", "offered ana"]
        await live.wait(1)
        held = await live.where(f"begun{end}", f"taken{end}", f"offered{end}")
        assert held == ["assigned ana", "queued", "queued"]
        for id in ("begun", "taken", "offered"):
            await live.on_task("cancel", f"{id}{end}")
        await live.wait(HOUR)


@lived
async def test_work_that_does_not_fit_in_the_shift_waits_for_one_in_which_it_does() -> None:
    """Joined shifts count whole; the explanation says when, past shifts that are too short."""
    live = alive()
    await live.agent("ana", shifts=shifts(live, (0, 1), (2, 2.5), (4, 5), (5, 6)))
    await live.task("long", handle_s=90 * 60)
    await live.settle()
    for reason in ("shift_too_short", "off_shift", "shift_too_short"):
        waiting = await why(live, "long")
        assert (waiting.reason, waiting.unblock.agents) == (reason, ["ana"])
        assert (waiting.unblock.kind, waiting.unblock.at) == ("wait_until", START + 4 * HOUR)
        await live.wait(HOUR)
    await live.wait(HOUR - 1)
    assert await live.where("long") == ["queued"]
    await live.wait(1)
    assert await live.where("long") == ["offered ana"]


@lived
async def test_work_that_is_longer_than_any_shift_is_begun_in_whichever_comes() -> None:
    """It goes on in the next one; where a longer shift comes it waits for that."""
    live = alive()
    await live.agent("ana", shifts=shifts(live, (0, 2), (24, 26)))
    await live.agent("bea", shifts=shifts(live, (0, 1), (24, 27)))
    await live.task("long", handle_s=3 * 3600, pinned_agent="bea")
    await live.task("longer", handle_s=3 * 3600 + 1, pinned_agent="bea")
    await live.settle()
    assert await live.where("long", "longer") == ["queued", "offered bea"]
    await live.on_task("cancel", "longer")
    await live.settle()
    waiting = await why(live, "long")
    assert (waiting.reason, waiting.unblock.at) == ("shift_too_short", START + 24 * HOUR)
    await live.task("split", handle_s=8 * 3600, pinned_agent="ana")
    await live.settle()
    assert await live.where("split") == ["offered ana"]
    await live.answer("accept", "split")
    await live.on_task("start", "split")
    await live.wait(24 * HOUR)
    assert await live.where("long", "split") == ["offered bea", "assigned ana"]


@lived
async def test_what_is_learned_to_take_longer_than_any_shift_waits_for_nobody() -> None:
    """Whatever is said of its tasks, and whichever of them are alike besides."""
    live = alive()
    await live.agent("ana", capacity=9, shifts=shifts(live, (0, 2), (24, 26)), handle_s={"c": 9 * 3600})
    await live.task("t", category="c", handle_s=60)
    await live.wait(HOUR)
    assert await live.where("t") == ["offered ana"]
    for hours in (0.5, 1.5, 2, 2.5):
        await live.task(f"of {hours}", handle_s=hours * 3600)
    await live.settle()
    assert await live.where(*(f"of {hours}" for hours in (0.5, 1.5, 2, 2.5))) == [
        "offered ana", "queued", "queued", "offered ana",
    ]  # fmt: skip


@lived
async def test_work_over_several_shifts_is_held_for_who_does_it_sooner() -> None:
    live = alive()
    for agent, hours in (("ana", 60), ("bea", 9)):
        there = shifts(live, (0, 8), (24, 32), (48, 56))
        await live.agent(agent, shifts=there, handle_s={"c": hours * 3600})
    await live.task("short", pinned_agent="bea", handle_s=600)
    await live.settle()
    await live.answer("accept", "short")
    await live.task("t", category="c")
    await live.settle()
    assert (await why(live, "t")).reason == "held_back"
    await live.on_task("start", "short")
    await live.on_task("complete", "short")
    await live.settle()
    assert await live.where("t") == ["offered bea"]


@lived
async def test_off_shift_is_named_with_the_next_shift_and_after_the_last_one_with_whoever_could_stay() -> (
    None
):
    live = alive()
    await live.agent("ana", shifts=shifts(live, (2, 3)))
    await live.agent("eva", shifts=shifts(live, (1, 3)))
    await live.task("t")
    await live.settle()
    told = await why(live, "t")
    assert (told.reason, told.refusals) == ("off_shift", {"off_shift": 2})
    assert (told.unblock.kind, told.unblock.at) == ("wait_until", START + HOUR)
    assert told.unblock.agents == ["eva"]
    await live.on_task("hold", "t", reason="later", until=START + 4 * HOUR)
    await live.wait(4 * HOUR)
    told = await why(live, "t")
    assert (told.reason, told.unblock.kind) == ("off_shift", "extend_shift")


@lived
async def test_the_outer_window_bounds_the_shifts() -> None:
    """Nobody is offered anything before `available_from` or from `available_until` on."""
    live = alive()
    bounds: dict[str, Any] = {"available_from": live.at(HOUR), "available_until": live.at(2 * HOUR)}
    await live.agent("ana", shifts=shifts(live, (0, 3)), **bounds)
    await live.task("t")
    await live.wait(HOUR - 1)
    assert await live.where("t") == ["queued"]
    await live.wait(1)
    assert await live.where("t") == ["offered ana"]
    await live.answer("accept", "t")
    await live.wait(HOUR)
    assert await live.where("t") == ["queued"]


@lived
async def test_begun_work_is_rescued_an_hour_into_the_next_shift_unless_its_agent_was_seen() -> None:
    """Not in the break, not in the shift in which they were seen, and not if they show up."""
    live = alive()
    await live.agent("ana", capacity=2, shifts=shifts(live, (0, 8), (24, 32), (48, 56)))
    await live.task("t", handle_s=60)
    await live.settle()
    await live.answer("accept", "t")
    await live.on_task("start", "t")
    await live.wait(24 * HOUR + 59 * MINUTE)
    assert await live.where("t") == ["assigned ana"]
    await live.present("ana", "available")
    await live.wait(24 * HOUR)
    assert await live.where("t") == ["assigned ana"]
    await live.wait(MINUTE - 1)
    assert await live.where("t") == ["assigned ana"]
    await live.wait(1)
    assert await live.where("t") == ["offered ana"]
    assert [event.type for event in await live.store.history("t")].count("task.rescued") == 1


@lived
async def test_new_shifts_count_at_once() -> None:
    """Told that a shift is over, the dispatcher takes work back; told of one that holds, it offers."""
    live = alive()
    await live.agent("ana", shifts=shifts(live, (0, 8)))
    await live.task("t")
    await live.settle()
    await live.answer("accept", "t")
    await live.wait(HOUR)
    await live.agent("ana", shifts=shifts(live, (-1, 0), (5, 6)))
    await live.settle()
    assert await live.where("t") == ["queued"]
    await live.agent("ana", shifts=shifts(live, (-1, 2)))
    await live.settle()
    assert await live.where("t") == ["offered ana"]


@lived
async def test_a_dispatcher_that_begins_in_a_break_knows_what_was_missed_and_what_comes() -> None:
    live = alive()
    await live.agent("ana", shifts=shifts(live, (0, 1), (2, 3), (5, 6)))
    await live.task("t")
    await live.settle()
    await live.answer("accept", "t")
    await live.dispatcher.close()
    live.clock.advance(4 * HOUR)
    await live.settle()
    assert await live.where("t") == ["queued"]
    await live.wait(HOUR - 1)
    assert await live.where("t") == ["queued"]
    await live.wait(1)
    assert await live.where("t") == ["offered ana"]
