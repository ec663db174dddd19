"""What waits, where and why, and who is there: told by the dispatcher that leads, and by nobody else."""

from __future__ import annotations

from assigner.metrics import OTHER
from tests.dispatch.living import HOUR, MINUTE, lived
from tests.metrics.metered import metered


@lived
async def test_the_backlog_is_told_by_queue_state_and_priority_band() -> None:
    live = await metered()
    await live.task("a", "cards", priority="urgent")
    await live.task("b", "cards", priority=20)
    await live.task("c", "loans", priority="urgent")
    await live.on_task("hold", "c", reason="waits for papers")
    await live.count()
    assert live.metric("assigner_tasks", queue="cards", state="queued", band="urgent") == 1
    assert live.metric("assigner_tasks", queue="cards", state="queued", band="low") == 1
    assert live.metric("assigner_tasks", queue="loans", state="held") == 1
    assert live.metric("assigner_tasks") == 3


@lived
async def test_a_queue_with_nothing_in_it_is_there_at_zero() -> None:
    live = await metered()
    await live.queue("quiet")
    await live.count()
    series = [one.value for one in live.instance.samples() if one.labels.get("queue") == "quiet"]
    assert len(series) >= 4 * 4
    assert set(series) == {0.0}


@lived
async def test_the_oldest_wait_is_the_one_of_a_queued_task() -> None:
    live = await metered()
    await live.task("held", "cards")
    await live.on_task("hold", "held", reason="later")
    await live.wait(HOUR)
    await live.task("waits", "cards")
    await live.wait(5 * MINUTE)
    await live.count()
    assert live.metric("assigner_oldest_wait_seconds", queue="cards") == 300


@lived
async def test_the_band_is_the_one_that_holds() -> None:
    live = await metered()
    await live.task("a", priority="low")
    await live.override("reprioritise", ("adjust", "a", {"set": {"priority": 95}}))
    await live.count()
    assert live.metric("assigner_tasks", band="urgent") == 1
    assert live.metric("assigner_tasks", band="low") == 0
    assert live.metric("assigner_overrides_active", action="reprioritise") == 1


@lived
async def test_promises_at_risk_are_told_from_broken_ones() -> None:
    live = await metered()
    await live.task("fine", due_at=live.at(HOUR), handle_s=60)
    await live.task("late", due_at=live.at(HOUR), handle_s=7_200, priority="high")
    await live.task("missed", due_at=live.at(-HOUR), handle_s=60)
    await live.count()
    assert live.metric("assigner_sla_open_tasks", risk="at_risk", band="high") == 1
    assert live.metric("assigner_sla_open_tasks", risk="at_risk") == 1
    assert live.metric("assigner_sla_open_tasks", risk="breached") == 1


@lived
async def test_first_responses_that_are_due_are_told_apart_from_resolutions() -> None:
    """Who has been taken once is not waited for again; the second half of a promise is a risk."""
    live = await metered()
    await live.queue("q", service_levels=[{"first_response_s": 1200, "at_risk_s": 3600}])
    await live.agent("ana")
    await live.task("answered", priority="high")
    await live.given("answered")
    await live.on_task("release", "answered")
    await live.present("ana", "away")
    await live.task("near", priority="high")
    live.clock.advance(10 * MINUTE)
    await live.task("fine")
    await live.count()
    assert live.metric("assigner_sla_open_responses", risk="at_risk", band="high") == 1
    assert live.metric("assigner_sla_open_responses") == 1
    live.clock.advance(10 * MINUTE)
    await live.count()
    assert live.metric("assigner_sla_open_responses", risk="breached", band="high") == 1
    assert live.metric("assigner_sla_open_responses", risk="at_risk", band="medium") == 1
    assert live.metric("assigner_sla_open_tasks") == 0


@lived
async def test_what_is_promised_by_a_queue_is_at_risk_when_its_service_level_says_so() -> None:
    live = await metered()
    await live.queue("q", service_levels=[{"resolution_s": 1800, "at_risk_s": 600}])
    await live.task("t")
    live.clock.advance(20 * MINUTE - 1)
    await live.count()
    assert live.metric("assigner_sla_open_tasks") == 0
    live.clock.advance(1)
    await live.count()
    assert live.metric("assigner_sla_open_tasks", risk="at_risk") == 1


@lived
async def test_each_task_that_waits_has_a_reason_and_each_rule_its_refusals() -> None:
    live = await metered()
    await live.agent("ana", skills={"cards": 3}, capacity=1)
    await live.agent("ben", skills={"cards": 9})
    await live.present("ben", "away")
    await live.task("taken", skills={"cards": 1})
    await live.settle()
    await live.task("one", skills={"cards": 1})
    await live.task("two", skills={"cards": 1})
    await live.task("hard", skills={"cards": 8})
    await live.task("odd", skills={"loans": 1})
    await live.count()
    assert live.metric("assigner_waiting_reasons", reason="at_capacity") == 2
    assert live.metric("assigner_waiting_reasons", reason="absent") == 1
    assert live.metric("assigner_waiting_reasons", reason="skill_missing") == 1
    assert live.metric("assigner_refusals", rule="at_capacity") == 2  # ana, of one and two
    assert live.metric("assigner_refusals", rule="absent") == 3  # ben, of one, two and hard
    assert live.metric("assigner_refusals", rule="level_too_low") == 1  # ana, of hard
    assert live.metric("assigner_refusals", rule="skill_missing") == 2  # both, of odd
    assert live.metric("assigner_unqualified_tasks") == 1


@lived
async def test_nobody_is_there_at_all() -> None:
    live = await metered()
    await live.task("one", "cards")
    await live.count()
    assert live.metric("assigner_waiting_reasons", reason="no_agents") == 1
    assert live.metric("assigner_unqualified_tasks", queue="cards") == 1


@lived
async def test_who_declined_is_refused_while_they_cool_down() -> None:
    live = await metered()
    await live.agent("ana")
    await live.task("one")
    await live.settle()
    await live.answer("decline", "one", cool_until=live.clock.now_ms() + HOUR)
    await live.count()
    assert live.metric("assigner_refusals", rule="cooling_down") == 1
    assert live.metric("assigner_waiting_reasons", reason="cooling_down") == 1


@lived
async def test_a_frozen_queue_is_a_reason_to_wait() -> None:
    live = await metered()
    await live.agent("ana")
    await live.override("freeze", queue="cards")
    await live.task("one", "cards")
    await live.count()
    assert live.metric("assigner_waiting_reasons", reason="frozen") == 1
    assert live.metric("assigner_overrides_active", action="freeze") == 1


@lived
async def test_agents_are_told_by_presence_and_how_busy_those_who_are_there_are() -> None:
    live = await metered()
    await live.agent("ana", capacity=4)
    await live.agent("ben", capacity=100)
    await live.present("ben", "away")
    await live.task("one", size=3)
    await live.count()
    assert live.metric("assigner_agents", presence="available") == 1
    assert live.metric("assigner_agents", presence="away") == 1
    assert "offline" in live.instance.shown("assigner_agents", "presence")
    assert live.metric("assigner_occupancy_ratio") == 0.75


@lived
async def test_the_biggest_queues_have_names_and_the_rest_is_other() -> None:
    live = await metered(most_names=2)
    for number, queue in enumerate(("big", "big", "big", "middle", "middle", "small", "tiny")):
        await live.task(f"t{number}", queue)
    await live.queue("empty")
    await live.count()
    assert live.instance.shown("assigner_tasks", "queue") == {"big", "middle", OTHER}
    assert live.metric("assigner_tasks", queue="big") == 3
    assert live.metric("assigner_tasks", queue=OTHER) == 2
    assert live.metric("assigner_tasks") == 7
    assert live.metric("assigner_unqualified_tasks", queue=OTHER) == 2


@lived
async def test_the_oldest_wait_of_other_is_the_longest_of_the_rest() -> None:
    live = await metered(most_names=1)
    await live.task("small", "small")
    await live.wait(MINUTE)
    for number in range(2):
        await live.task(f"t{number}", "big")
        await live.task(f"u{number}", f"late{number}")
    await live.wait(MINUTE)
    await live.count()
    assert live.metric("assigner_oldest_wait_seconds", queue=OTHER) == 120
    assert live.metric("assigner_oldest_wait_seconds", queue="big") == 60


@lived
async def test_only_who_leads_tells_of_the_backlog() -> None:
    live = await metered()
    second = live.another_instance("second")
    await live.task("one")
    await live.count()
    await second.showing.take()
    assert live.metric("assigner_tasks") == 1
    assert second.shown("assigner_tasks", "queue") == set()
    await live.dispatcher.close()
    assert live.instance.shown("assigner_tasks", "queue") == set()
    assert await second.dispatcher.take()
    await second.showing.take()
    assert second.metric("assigner_tasks") == 1


@lived
async def test_a_task_that_has_ended_is_no_backlog() -> None:
    live = await metered()
    await live.task("one")
    await live.count()
    await live.on_task("cancel", "one", reason="not needed")
    live.clock.advance(MINUTE)
    await live.count()
    assert live.metric("assigner_tasks") == 0
    assert live.metric("assigner_waiting_reasons") == 0


@lived
async def test_who_leads_again_judges_anew() -> None:
    """Others may have led in between, and what was judged before is of another time."""
    live = await metered()
    await live.task("one")
    await live.count()
    assert live.metric("assigner_waiting_reasons") == 1
    await live.dispatcher.close()
    await live.on_task("cancel", "one", reason="not needed")
    assert await live.dispatcher.take()
    await live.instance.showing.take()
    assert live.metric("assigner_waiting_reasons") == 0


@lived
async def test_what_is_held_back_is_told_and_how_old_the_prices_are() -> None:
    """Ana is fast and busy, bob is slow and free: the next task waits for her."""
    live = await metered()
    await live.agent("ana", handle_s={"x": 600})
    await live.task("first", category="x")
    await live.settle()
    await live.agent("bob", handle_s={"x": 36_000})
    await live.task("second", category="x")
    await live.wait(MINUTE // 2)
    await live.count()
    assert live.metric("assigner_held_back_tasks") == 1
    assert live.metric("assigner_waiting_reasons", reason="held_back") == 1
    assert live.metric("assigner_waiting_reasons", reason="outranked") == 0
    assert 0 <= live.metric("assigner_price_age_seconds") < 60
