"""A task that somebody may take, before a decision has looked at it: it was not outranked by anything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assigner.dispatch import candidates
from assigner.dispatch.ahead.sight import Seen
from assigner.dispatch.explain import Explanation
from assigner.dispatch.loop import Pace
from assigner.dispatch.plan import Plan
from assigner.dispatch.waiting import explain_live
from assigner.domain.snapshot import Snapshot
from tests.dispatch.living import HOUR, MINUTE, Living, lived


async def why(live: Living, task: str = "t", language: str = "en") -> Explanation:
    """Why a task waits, by what the dispatcher knows."""
    now, record = live.clock.now_ms(), await live.record(task)
    found = await explain_live(live.mirror, record, now, weights={}, language=language, deciding=True)
    return found.waiting


async def floor() -> Living:
    """A dispatcher that leads, and ana, who has room; all that was to be decided is decided."""
    live = Living(pace=Pace(tick_ms=MINUTE, lease_ms=9 * HOUR))
    await live.agent("ana", skills={"a": 5}, capacity=2)
    await live.settle()
    return live


def idle(live: Living) -> None:
    """From now on decisions give nobody anything."""
    decide = live.dispatcher.decide

    async def nothing(snapshot: Snapshot, seen: Seen | None) -> Plan:
        return replace(await decide(snapshot, seen), choices=())

    live.dispatcher.decide = nothing


async def hear(live: Living) -> None:
    """Let the dispatcher hear of what has happened, and decide nothing yet."""
    assert live.dispatcher.lead
    await live.dispatcher.lead.feed.catch_up()


@lived
async def test_a_task_made_just_now_waits_for_the_next_decision() -> None:
    live = await floor()
    await live.task("t")
    found = await why(live)
    assert (found.reason, found.refusals) == ("undecided", {})
    assert found.detail == "1 agent may take it now: the next decision will look at it."
    assert (found.unblock.kind, found.unblock.agents) == ("next_decision", ["ana"])
    spanish = await why(live, language="es")
    assert spanish.detail == "1 agente puede hacerla ya: la próxima decisión la tendrá en cuenta."
    await live.settle()
    assert await live.where("t") == ["offered ana"]


@lived
async def test_so_do_one_with_other_words_and_one_that_is_in_line_again() -> None:
    live = await floor()
    idle(live)
    await live.task("t")
    await live.task("u")
    await live.settle()
    assert (await why(live)).reason == "outranked"
    await live.on_task("update", "t", doc={"priority": 90}, size=1)
    await live.on_task("hold", "u", reason="papers")
    await live.settle()
    assert (await why(live)).reason == "outranked"
    await live.on_task("resume", "u")
    assert (await why(live)).reason == "outranked"
    assert (await why(live, "u")).reason == "undecided"
    await live.on_task("update", "t", doc={"priority": 10}, size=1)
    assert (await why(live)).reason == "undecided"


@lived
async def test_while_it_is_decided_nothing_is_decided() -> None:
    live = await floor()
    await live.task("t")
    decide, told = live.dispatcher.decide, []

    async def asked(snapshot: Snapshot, seen: Seen | None) -> Plan:
        told.append((await why(live)).reason)
        return await decide(snapshot, seen)

    live.dispatcher.decide = asked
    await live.settle()
    assert told == ["undecided"]


@lived
async def test_what_was_looked_at_is_outranked_whatever_else_happens() -> None:
    live = await floor()
    idle(live)
    await live.task("t")
    await live.settle()
    await live.task("late")
    await hear(live)
    assert live.mirror.stirred
    found = await why(live)
    assert (found.reason, found.unblock.kind) == ("outranked", "free_capacity")
    assert (await why(live, "late")).reason == "undecided"


@lived
async def test_somebody_who_has_come_since_has_not_been_looked_at() -> None:
    live = await floor()
    idle(live)
    await live.task("t")
    await live.settle()
    await live.agent("bob")
    await hear(live)
    found = await why(live)
    assert (found.reason, found.unblock.agents) == ("undecided", ["ana", "bob"])
    assert found.detail == "2 agents may take it now: the next decision will look at it."
    await live.settle()
    assert (await why(live)).reason == "outranked"


@lived
async def test_nor_has_what_only_time_has_made_possible() -> None:
    live = await floor()
    idle(live)
    await live.agent("bob", skills={"b": 1}, shifts=[{"from": live.at(HOUR), "until": live.at(2 * HOUR)}])
    await live.task("t", not_before=live.at(MINUTE))
    await live.task("u", skills={"b": 1})
    await live.settle()
    assert ((await why(live)).reason, (await why(live, "u")).reason) == ("not_yet", "off_shift")
    live.clock.at_ms += HOUR
    assert ((await why(live)).reason, (await why(live, "u")).reason) == ("undecided", "undecided")
    await live.settle()
    assert ((await why(live)).reason, (await why(live, "u")).reason) == ("outranked", "outranked")


@lived
async def test_what_was_left_for_the_next_decision_is_for_that() -> None:
    live = await floor()
    decide = live.dispatcher.decide

    async def half(snapshot: Snapshot, seen: Seen | None) -> Plan:
        return replace(await decide(snapshot, seen), choices=(), deferred=1)

    live.dispatcher.decide = half
    await live.task("t")
    await live.step()
    assert (await why(live)).reason == "undecided"


@lived
async def test_who_comes_back_from_a_break_or_has_more_room_again_has_not_been_looked_at() -> None:
    live = await floor()
    day = {"from": live.at(0), "until": live.at(8 * HOUR)}
    rest = {"from": live.at(0), "until": live.at(HOUR)}
    await live.agent("bob", skills={"b": 1}, shifts=[{**day, "breaks": [rest]}])
    await live.task("work", skills={"a": 1})
    await live.settle()
    await live.answer("accept", "work")
    idle(live)
    for id, doc in (("t", {"skills": {"a": 1}}), ("u", {"skills": {"b": 1}})):
        await live.task(id, **doc)
    await live.settle()
    assert [(await why(live, id)).reason for id in "tu"] == ["outranked", "off_shift"]
    live.clock.at_ms += HOUR
    assert [(await why(live, id)).reason for id in "tu"] == ["outranked", "undecided"]
    await live.on_task("complete", "work")
    await hear(live)
    assert [(await why(live, id)).reason for id in "tu"] == ["undecided", "undecided"]


@lived
async def test_what_was_left_because_of_an_offer_that_was_refused_is_undecided() -> None:
    live = await floor()
    decide = live.dispatcher.decide

    async def late(snapshot: Snapshot, seen: Seen | None) -> Plan:
        plan = await decide(snapshot, seen)
        await live.on_task("cancel", "first")
        return plan

    live.dispatcher.decide = late
    await live.task("first", size=2, priority=99)
    await live.task("t", size=2)
    passed = await live.step()
    assert passed.report
    assert dict(passed.report.refused) == {"wrong_state": 1}
    assert (await why(live)).reason == "undecided"


@lived
async def test_nor_has_who_was_left_out_where_very_many_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """One agent is looked at in a cycle: the last one looks at bob, and not at ana, who may take it."""
    live = await floor()
    await live.agent("bob", skills={"b": 1})
    await live.settle()
    idle(live)
    monkeypatch.setattr(candidates, "MOST_FREE", 1)
    for id, doc in (("t", {"skills": {"a": 1}}), ("u", {"skills": {"b": 1}})):
        await live.task(id, **doc)
    for _ in range(2):
        assert (await live.step()).report
        assert (await why(live)).reason == "undecided"
    assert not live.mirror.sees.later


@pytest.mark.parametrize(
    ("reason", "doc"),
    [("skill_missing", {"skills": {"b": 1}}), ("excluded", {"excluded_agents": ["ana"]})],
)
@lived
async def test_who_may_not_take_it_is_not_waited_for(reason: str, doc: dict[str, object]) -> None:
    live = await floor()
    await live.task("t", **doc)
    assert (await why(live)).reason == reason


@lived
async def test_nor_is_anybody_in_a_frozen_queue_or_without_room() -> None:
    live = await floor()
    await live.override("freeze", {"queue": "q"})
    await live.settle()
    await live.task("t")
    assert (await why(live)).reason == "frozen"
    for id in ("x", "y"):
        await live.task(id, queue="other")
    await live.settle()
    await live.task("full", queue="other")
    assert (await why(live, "full")).reason == "at_capacity"
    await live.override("unfreeze", {"queue": "q"})
    await hear(live)
    assert (await why(live)).reason == "at_capacity"
    for id in ("x", "y"):
        await live.answer("accept", id)
        await live.on_task("complete", id)
    await hear(live)
    assert (await why(live)).reason == "undecided"


@lived
async def test_what_is_held_back_is_held_back_before_it_is_decided_too() -> None:
    live = Living()
    await live.agent("ana", handle_s={"easy": 600.0})
    await live.task("first", category="easy")
    await live.settle()
    await live.answer("accept", "first")
    await live.on_task("start", "first")
    await live.agent("bob", handle_s={"easy": 36_000.0})
    await live.settle()
    await live.task("t", category="easy")
    assert (await why(live)).reason == "held_back"
    await live.settle()
    assert (await why(live)).reason == "held_back"


@lived
async def test_where_nobody_decides_no_decision_is_promised() -> None:
    live = await floor()
    await live.task("t")
    found = await explain_live(live.mirror, await live.record("t"), live.clock.now_ms(), weights={})
    assert found.waiting.reason != "undecided"
