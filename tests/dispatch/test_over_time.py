"""The living service decides over time: prices on a tick, tasks held back for who is faster."""

from __future__ import annotations

from typing import Any

import pytest

from assigner.dispatch import candidates
from assigner.dispatch.ahead import left, sight
from assigner.dispatch.ahead.foresight import TICK_MS, Foresight
from assigner.dispatch.ahead.keeping import PRICE, TICK, WAIT
from assigner.dispatch.waiting import explain_live
from assigner.store.base import OnAgent
from tests.dispatch.living import MINUTE, Living, done, lived

FAST, SLOW = {"easy": 600.0}, {"easy": 36_000.0}


async def fast_and_slow(**queue: Any) -> Living:
    """Ana takes ten minutes and is busy with a first task; bob would take ten hours, and is free."""
    live = Living()
    await live.queue("q", **queue)
    await live.agent("ana", handle_s=FAST)
    await live.task("first", category="easy")
    await live.settle()
    await live.answer("accept", "first")
    await live.on_task("start", "first")
    await live.agent("bob", handle_s=SLOW)
    await live.task("t", category="easy")
    await live.settle()
    return live


@lived
async def test_a_task_waits_for_who_will_finish_it_sooner() -> None:
    live = await fast_and_slow()
    assert await live.where("t") == ["queued"]
    await live.on_task("complete", "first")
    await live.settle()
    assert await live.where("t") == ["offered ana"]


@pytest.mark.parametrize("rule", ["snapshot", "priority_first"])
@lived
async def test_by_other_rules_nothing_is_held_back(rule: str) -> None:
    live = await fast_and_slow(rule=rule)
    assert await live.where("t") == ["offered bob"]


@lived
async def test_the_rule_of_a_queue_can_be_changed_while_its_tasks_wait() -> None:
    live = await fast_and_slow()
    await live.queue("q", rule="priority_first")
    await live.settle()
    assert await live.where("t") == ["offered bob"]


@lived
async def test_nobody_is_waited_for_whom_the_task_bars_or_who_is_not_there() -> None:
    live = await fast_and_slow()
    await live.task("barred", category="easy", excluded_agents=["ana"])
    await live.settle()
    assert await live.where("t", "barred") == ["queued", "offered bob"]
    live = await fast_and_slow()
    await live.present("ana", "away")
    await live.settle()
    assert await live.where("t") == ["offered bob"]


@lived
async def test_who_never_ends_their_task_is_not_waited_for_for_ever() -> None:
    """Bob would take ten hours, and so long at most a task waits for ana beyond what she should take."""
    live = await fast_and_slow()
    await live.queue("q", auto_accept=True)
    await live.wait(90 * MINUTE)
    assert await live.where("t") == ["queued"]
    await live.wait(10 * 60 * MINUTE)
    assert await live.where("t") == ["assigned bob"]


@lived
async def test_a_large_task_waits_for_nobody_who_has_room_for_small_ones_alone() -> None:
    live = Living()
    await live.queue("q")
    await live.agent("ana", handle_s={**FAST, "long": 360_000}, capacity=2)
    await live.task("first", category="long")
    await live.settle()
    await live.answer("accept", "first")
    await live.agent("bob", handle_s=SLOW, capacity=2)
    await live.task("small", category="easy")
    await live.task("large", category="easy", size=2)
    await live.settle()
    assert await live.where("small", "large") == ["offered ana", "offered bob"]


@pytest.mark.parametrize("cells", [sight.WHOLE_CELLS, 0])
@lived
async def test_when_much_waits_for_who_is_faster_the_slow_one_begins(
    cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after the next tick, where there is too much to look at all of it together."""
    for module in ("sight", "prices"):
        monkeypatch.setattr(f"assigner.dispatch.ahead.{module}.WHOLE_CELLS", cells)
    live = await fast_and_slow()
    await live.present("bob", "away")
    for number in range(60):
        await live.task(f"t{number}", category="easy")
    await live.settle()
    await explain_live(live.mirror, live.mirror.tasks["t"].record, live.clock.now_ms(), weights={})
    await live.wait(2 * TICK_MS)
    await live.present("bob", "available")
    await live.settle()
    assert await live.where("t") == ["offered bob"]


@lived
async def test_a_task_goes_to_whom_it_prefers_though_others_are_faster() -> None:
    live = await fast_and_slow()
    await live.task("theirs", category="easy", preferred_agents=["bob"])
    await live.settle()
    assert await live.where("t", "theirs") == ["queued", "offered bob"]


@lived
async def test_tasks_that_are_held_back_do_not_change_what_others_are_worth() -> None:
    """By the rule of the snapshot what is late is urgent; by the other one it is given up for a day."""
    live = await fast_and_slow()
    await live.queue("now", rule="snapshot")
    await live.task("late", category="easy", queue="now", due_at="2026-11-24T05:00:00Z")
    await live.task("other", category="easy", queue="now")
    await live.settle()
    assert await live.where("t", "late", "other") == ["queued", "offered bob", "queued"]


@lived
async def test_what_is_held_back_does_not_keep_the_dispatcher_busy() -> None:
    """It rests until the next tick, though somebody is free and a task waits."""
    live = await fast_and_slow()
    passed = await live.step()
    assert passed.report is None
    assert (live.dispatcher.next_at() or 0) > live.clock.now_ms()


@lived
async def test_the_cycle_tells_how_many_are_held_back() -> None:
    live = await fast_and_slow()
    live.mirror.stirred = True
    passed = await live.step()
    assert passed.report is not None
    assert (passed.report.held, passed.report.tasks, passed.report.plan) == (1, 0, None)


@lived
async def test_the_explanation_names_who_is_waited_for_and_when_they_will_begin() -> None:
    live = await fast_and_slow()
    now = live.clock.now_ms()
    found = await explain_live(live.mirror, await live.record("t"), now, weights={})
    why = found.waiting
    assert (why.reason, why.refusals) == ("held_back", {"at_capacity": 1, "held_back": 1})
    assert why.held_for is not None
    assert why.held_for.agent == "ana"
    assert now + 5 * MINUTE < why.held_for.expected_at < now + 20 * MINUTE
    assert (why.unblock.kind, why.unblock.agents) == ("held_for", ["ana"])
    assert "ana" in why.detail


async def centre(*, asked_often: bool = False) -> Living:
    """Two who can do two kinds of work and one who can do one, with work for an hour."""
    live = Living()
    await live.agent("ana", skills={"a": 1, "b": 1}, handle_s={"x": 600, "y": 600})
    await live.agent("eva", skills={"a": 1}, handle_s={"x": 300})
    await live.agent("luis", skills={"a": 1, "b": 1}, handle_s={"x": 1_200, "y": 900})
    for number in range(12):
        kind = {"skills": {"b": 1}, "category": "y"} if number % 3 else {"skills": {"a": 1}, "category": "x"}
        await live.task(f"t{number}", **kind)
    for _ in range(10):
        await live.settle()
        for _ in range(20 if asked_often else 0):
            live.clock.advance(100)
            live.mirror.stirred = True
            await live.step()
        live.clock.at_ms = live.clock.at_ms // MINUTE * MINUTE + MINUTE
    await live.settle()
    return live


def prices(live: Living) -> dict[str, float]:
    return dict(live.mirror.sees.log_price)


@lived
async def test_prices_are_settled_once_a_tick_however_often_one_asks() -> None:
    seldom, often = await centre(), await centre(asked_often=True)
    assert prices(seldom) == prices(often)
    assert prices(seldom) != dict.fromkeys(("ana", "eva", "luis"), 0.0)


@lived
async def test_between_two_ticks_prices_stand() -> None:
    live = await centre()
    before = prices(live)
    live.clock.advance(TICK_MS - 1)
    await live.task("more", skills={"b": 1})
    await live.settle()
    assert prices(live) == before
    live.clock.advance(1)
    await live.settle()
    assert prices(live) != before


@lived
async def test_ticks_that_were_missed_are_made_up_for_once() -> None:
    """Half an hour without a step is one tick, as five minutes are."""
    one, many = await centre(), await centre()
    one.clock.advance(TICK_MS)
    await one.step()
    many.clock.advance(6 * TICK_MS)
    await many.step()
    assert prices(one) == prices(many)


def test_when_the_clock_was_set_back_prices_are_settled_anew() -> None:
    sees = Foresight(ticked=100)
    now = 100 * TICK_MS
    assert [sees.due(at) for at in (now, now - 1, now + TICK_MS, now - 2 * TICK_MS)] == [
        False,
        False,
        True,
        True,
    ]


@lived
async def test_the_next_leader_goes_on_from_the_same_prices_and_counts() -> None:
    live = await centre()
    for case in ("c1", "c2"):
        await live.task(case, skills={"a": 1}, category="x", case=case, pinned_agent="eva")
        await live.settle()
    before, demand, now = prices(live), live.mirror.sees.demand, live.clock.now_ms()
    live.clock.advance(TICK_MS)
    await live.step()
    settled, wait = prices(live), live.mirror.sees.wait
    await live.dispatcher.close()
    live.dispatcher = live.another("second")
    assert await live.dispatcher.take()
    sees = live.mirror.sees
    assert prices(live) == settled != before
    assert sees.wait == wait > 0
    assert {name: sees.demand.rate(name, now) for name in demand.arrived} == {
        name: demand.rate(name, now) for name in demand.arrived
    }
    await live.settle()
    assert prices(live) == settled


@pytest.mark.parametrize("steps", [[], [{"after_s": 600, "skills": {"a": 2}}]])
@lived
async def test_what_asks_less_by_now_waits_as_it_did(steps: list[Any]) -> None:
    """By order of arrival the last one waits for an hour for each that waits already."""
    live = Living()
    await live.queue("q", relaxation=steps, floor={"a": 1})
    await live.agent("ana", skills={"a": 3}, handle_s={"x": 3_600})
    await live.agent("eva", skills={"a": 2}, handle_s={"x": 3_600})
    await live.present("eva", "away")
    for number in range(12):
        await live.task(f"t{number}", category="x", skills={"a": 3})
        await live.wait(20 * MINUTE)
    assert 2 < live.mirror.sees.wait < 12


@lived
async def test_an_agent_who_is_removed_has_no_price_any_more() -> None:
    live = await centre()
    await live.agent("gone", skills={"a": 1})
    live.clock.advance(TICK_MS)
    await live.settle()
    assert "gone" in prices(live)
    await live.present("gone", "away")
    await live.settle()
    done(await live.store.remove_agent([OnAgent(**live.said(), agent="gone")]))
    await live.settle()
    live.clock.advance(TICK_MS)
    await live.settle()
    assert "gone" not in prices(live)
    kept = (await live.store.learned(PRICE)).fields[PRICE]
    tick, wait = live.clock.now_ms() // TICK_MS, live.mirror.sees.wait
    assert kept == {TICK: tick, WAIT: wait, **prices(live)}


@pytest.mark.parametrize(
    ("cells", "linked", "heir", "first"),
    [
        (sight.WHOLE_CELLS, left.MOST_LINKED, False, "single"),
        (0, left.MOST_LINKED, False, "single"),
        (0, left.MOST_LINKED, True, "single"),
        (0, 0, False, "begins"),
    ],
)
@lived
async def test_what_follows_in_a_case_makes_its_first_step_worth_less(
    cells: int, linked: int, heir: bool, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two kinds that take equally long, the one after which nothing follows goes first; where that is not
    looked at, the first by name. Nobody is at work when prices are settled.
    """
    for module in ("sight", "prices"):
        monkeypatch.setattr(f"assigner.dispatch.ahead.{module}.WHOLE_CELLS", cells)
    monkeypatch.setattr(left, "MOST_LINKED", linked)
    live = Living()
    await live.agent("ana", handle_s={"start": 600, "end": 600, "only": 600})
    for number in range(12):
        for step in ("start", "end"):
            await live.task(f"{step}{number}", category=step, case=f"c{number}")
            await live.settle()
            await live.answer("accept", f"{step}{number}")
            await live.on_task("complete", f"{step}{number}")
        await live.task(f"only{number}", category="only", case=f"o{number}")
        await live.settle()
        await live.answer("accept", f"only{number}")
        await live.on_task("complete", f"only{number}")
    await live.present("ana", "away")
    await live.wait(TICK_MS)
    if heir:
        await live.dispatcher.close()
        live.dispatcher = live.another("heir")
        assert await live.dispatcher.take()
    await live.task("begins", category="start", case="new")
    await live.task("single", category="only", case="other")
    await live.settle()
    await live.present("ana", "available")
    await live.settle()
    offered = [id for id in ("begins", "single") if await live.where(id) == ["offered ana"]]
    assert offered == [first]


@pytest.mark.parametrize(("bound", "most"), [("MOST_FREE", 2), ("MOST_SEEN", 4)])
@lived
async def test_free_agents_beyond_what_a_cycle_looks_at_come_in_the_next_ones(
    bound: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five are free and two are looked at a cycle, of two types; the round ends, and the dispatcher rests."""
    monkeypatch.setattr(candidates, bound, most)
    live = Living()
    for number in range(5):
        await live.agent(f"a{number}", skills={"a" if number == 4 else "b": 1})
    await live.queue("q", auto_accept=True)
    await live.task("t", skills={"a": 1})
    await live.task("other", skills={"b": 1}, excluded_agents=[f"a{number}" for number in range(4)])
    await live.settle()
    assert await live.where("t", "other") == ["assigned a4", "queued"]
    assert (live.dispatcher.next_at() or 0) > live.clock.now_ms()
