"""What happens is counted by the dispatcher that leads, once in all the service."""

from __future__ import annotations

import pytest

from assigner.dispatch.ahead.sight import Seen
from assigner.dispatch.plan import Plan
from assigner.domain.snapshot import Snapshot
from assigner.metrics import OTHER, band_of
from tests.dispatch.living import HOUR, MINUTE, lived
from tests.metrics.metered import metered


@pytest.mark.parametrize(
    ("priority", "band"),
    [(0, "low"), (25, "low"), (37, "low"), (38, "medium"), (62, "medium"), (63, "high"), (84, "high"),
     (85, "urgent"), (100, "urgent")],
)  # fmt: skip
def test_a_band_is_the_nearest_of_the_named_priorities(priority: int, band: str) -> None:
    assert band_of(priority) == band


@lived
async def test_waits_are_counted_by_band_from_the_task_to_its_offer_its_acceptance_and_its_end() -> None:
    live = await metered()
    await live.task("one", priority="high")
    await live.wait(10 * MINUTE)
    await live.agent("ana")
    await live.settle()
    await live.wait(0)
    live.clock.advance(1_000)
    await live.given("one")
    live.clock.advance(30 * MINUTE)
    await live.on_task("complete", "one")
    await live.settle()
    for name, seconds in (("offer", 600), ("accept", 601), ("completion", 601 + 1_800)):
        assert live.metric(f"assigner_wait_to_{name}_seconds_sum", band="high") == seconds, name
        assert live.metric(f"assigner_wait_to_{name}_seconds_count") == 1
    assert live.metric("assigner_wait_to_offer_seconds_bucket", band="high", le="900.0") == 1
    assert live.metric("assigner_wait_to_offer_seconds_bucket", band="high", le="300.0") == 0


@lived
async def test_an_offer_that_comes_to_nothing_is_no_second_wait_for_one() -> None:
    live = await metered()
    await live.agent("ana")
    await live.task("one")
    await live.settle()
    await live.answer("decline", "one")
    await live.settle()
    assert live.metric("assigner_offers_total", outcome="made") == 2
    assert live.metric("assigner_offers_total", outcome="declined") == 1
    assert live.metric("assigner_wait_to_offer_seconds_count") == 1


@lived
async def test_offers_are_counted_by_what_became_of_them() -> None:
    live = await metered()
    await live.agent("ana", capacity=3)
    for task in ("taken", "revoked", "expired"):
        await live.task(task)
    await live.settle()
    await live.answer("accept", "taken")
    await live.on_task("cancel", "revoked", reason="not needed")
    await live.wait(10 * MINUTE)
    for outcome in ("accepted", "revoked"):
        assert live.metric("assigner_offers_total", outcome=outcome) == 1, outcome
    assert live.metric("assigner_offers_total", outcome="expired") > 0
    await live.count()
    made, still = (
        live.metric("assigner_offers_total", outcome="made"),
        live.metric("assigner_tasks", state="offered"),
    )
    assert live.metric("assigner_offers_total") - made == made - still


@lived
async def test_an_offer_that_a_queue_accepts_at_once_was_made_and_accepted() -> None:
    live = await metered()
    await live.queue("q", auto_accept=True)
    await live.agent("ana")
    await live.task("one")
    await live.settle()
    assert await live.where("one") == ["assigned ana"]
    for outcome in ("made", "accepted"):
        assert live.metric("assigner_offers_total", outcome=outcome) == 1, outcome
    assert live.metric("assigner_wait_to_offer_seconds_count") == 1
    assert live.metric("assigner_wait_to_accept_seconds_count") == 1


@lived
async def test_completions_and_handling_are_counted_by_category() -> None:
    live = await metered()
    await live.agent("ana", capacity=2)
    await live.task("one", category="refund")
    await live.task("two")
    await live.given("one")
    await live.given("two")
    live.clock.advance(90_000)
    await live.on_task("complete", "one")
    await live.on_task("complete", "two")
    await live.settle()
    assert live.metric("assigner_completions_total", category="refund") == 1
    assert live.metric("assigner_completions_total", category="none") == 1
    assert live.metric("assigner_handling_seconds_sum", category="refund") == 90
    assert live.metric("assigner_handling_seconds_count", category="refund") == 1


@lived
async def test_what_was_expected_is_counted_beside_what_it_took() -> None:
    """Of the same tasks: at first ten minutes, as of any task; later what the others have taken."""
    live = await metered()
    await live.agent("ana", capacity=2)
    for number in range(9):
        await live.task(f"t{number}", category="refund")
        await live.given(f"t{number}")
        live.clock.advance(40 * MINUTE)
        await live.on_task("complete", f"t{number}")
        await live.settle()
        if number == 0:
            assert live.metric("assigner_handling_expected_seconds_sum", category="refund") == 600
    expected, took = (
        live.metric(f"assigner_handling_{name}_sum", category="refund")
        for name in ("expected_seconds", "seconds")
    )
    assert took == 9 * 2_400
    assert 0.9 * 8 < (expected - 600) / 2_400 < 1.3 * 8
    assert live.metric("assigner_handling_expected_seconds_count", category="refund") == 9


@lived
async def test_promises_kept_and_broken_are_counted_when_tasks_are_done() -> None:
    live = await metered()
    await live.agent("ana", capacity=3)
    await live.task("met", due_at=live.at(HOUR))
    await live.task("missed", due_at=live.at(MINUTE), priority="urgent")
    await live.task("moved", due_at=live.at(MINUTE), priority="low")
    for task in ("met", "missed", "moved"):
        await live.given(task)
    await live.override("reschedule", ("adjust", "moved", {"set": {"due_at": live.clock.now_ms() + HOUR}}))
    live.clock.advance(2 * MINUTE)
    for task in ("met", "missed", "moved"):
        await live.on_task("complete", task)
    await live.settle()
    assert live.metric("assigner_sla_completed_total", result="met", band="medium") == 1
    assert live.metric("assigner_sla_completed_total", result="missed", band="urgent") == 1
    assert live.metric("assigner_sla_completed_total", result="met", band="low") == 1
    assert live.metric("assigner_sla_completed_total") == 3


@lived
async def test_first_responses_kept_and_missed_are_counted_once_a_task() -> None:
    """However it is taken; whoever takes it after another responds to nothing."""
    live = await metered()
    await live.queue("q", service_levels=[{"first_response_s": 60}])
    await live.queue("unpromised")
    await live.agent("ana", capacity=4)
    await live.task("free", queue="unpromised")
    await live.given("free")
    await live.task("met", priority="high")
    await live.given("met")
    await live.on_task("release", "met")
    await live.given("met")
    await live.present("ana", "away")
    await live.task("missed", priority="low")
    live.clock.advance(MINUTE)
    await live.settle()
    await live.present("ana", "available")
    await live.on_task("assign", "missed", agent="ana")
    await live.settle()
    assert live.metric("assigner_sla_responded_total", result="met", band="high") == 1
    assert live.metric("assigner_sla_responded_total", result="missed", band="low") == 1
    assert live.metric("assigner_sla_responded_total") == 2


@lived
async def test_a_hand_off_is_counted_for_the_queue_that_was_left() -> None:
    live = await metered()
    await live.task("one", "cards")
    await live.settle()
    await live.on_task("transfer", "one", doc={}, queue="loans", size=1)
    await live.settle()
    assert live.metric("assigner_handoffs_total", queue="cards") == 1
    assert live.metric("assigner_handoffs_total") == 1


@lived
async def test_beyond_the_most_names_what_happens_is_counted_as_other() -> None:
    live = await metered(most_names=1)
    await live.agent("ana", capacity=9)
    for task, category in (("a", "first"), ("b", "second"), ("c", "third"), ("d", "first")):
        await live.task(task, category=category)
        await live.given(task)
        await live.on_task("complete", task)
        await live.settle()
    assert live.instance.shown("assigner_completions_total", "category") == {"first", OTHER}
    assert live.metric("assigner_completions_total", category="first") == 2
    assert live.metric("assigner_completions_total", category=OTHER) == 2


@lived
async def test_overrides_are_counted_by_action_and_what_they_force() -> None:
    live = await metered()
    await live.agent("ana", capacity=1)
    await live.task("one")
    await live.given("one")
    await live.task("two")
    await live.override("assign", ("assign", "two", {"agent": "ana", "force": True}))
    await live.settle()
    assert await live.where("two") == ["assigned ana"]
    assert live.metric("assigner_overrides_total", action="assign") == 1
    assert live.metric("assigner_assignments_forced_total") == 1


@lived
async def test_two_instances_count_what_happens_once() -> None:
    live = await metered()
    second = live.another_instance("second")
    await live.agent("ana", capacity=9)
    await live.task("one")
    await live.settle()
    assert not await second.dispatcher.take()
    await live.answer("accept", "one")
    await live.settle()
    await live.dispatcher.close()
    assert await second.dispatcher.take()
    await live.task("two")
    for _ in range(5):
        await second.dispatcher.step()
    both = [live.instance, second]
    assert sum(one.metric("assigner_offers_total", outcome="made") for one in both) == 2
    assert sum(one.metric("assigner_arrivals_total") for one in both) == 2
    assert second.metric("assigner_arrivals_total") == 1


@lived
async def test_the_dispatcher_tells_how_its_passes_went() -> None:
    live = await metered()
    await live.agent("ana")
    await live.task("one")
    await live.settle()
    for step in ("mirror", "maintain", "decide", "offer"):
        assert live.metric("assigner_cycle_seconds_count", step=step) > 0, step
    assert live.metric("assigner_solutions_total", status="optimal") == 1
    assert live.metric("assigner_solve_seconds_count") == 1
    assert live.metric("assigner_solution_gap_ratio_count") == 1
    assert live.metric("assigner_mirror_lag_seconds_count") > 0
    last = live.metric("assigner_dispatcher_last_pass_timestamp_seconds")
    assert last == live.clock.now_ms() / 1_000


@lived
async def test_an_offer_that_could_not_be_made_is_counted_by_why_in_a_series_that_was_there() -> None:
    """While it is decided the queue is frozen."""
    live = await metered()
    codes = live.instance.shown("assigner_offers_refused_total", "code")
    await live.agent("ana")
    await live.task("one", "cards")
    decide = live.dispatcher.decide

    async def frozen(snapshot: Snapshot, seen: Seen | None) -> Plan:
        live.dispatcher.decide = decide
        plan = await decide(snapshot, seen)
        await live.override("freeze", queue="cards")
        return plan

    live.dispatcher.decide = frozen
    await live.settle()
    assert live.metric("assigner_offers_refused_total", code="override_conflict") == 1
    assert live.metric("assigner_offers_refused_total") == 1
    assert live.instance.shown("assigner_offers_refused_total", "code") == codes


@lived
async def test_the_lag_of_the_mirror_is_the_age_of_the_oldest_event_that_it_takes_in() -> None:
    live = await metered()
    before = live.metric("assigner_mirror_lag_seconds_sum")
    await live.task("one")
    live.clock.advance(2_000)
    await live.task("two")
    live.clock.advance(1_000)
    await live.settle()
    assert live.metric("assigner_mirror_lag_seconds_sum") - before == 3


@lived
async def test_what_time_does_is_counted_by_verb() -> None:
    live = await metered()
    await live.task("one")
    await live.on_task("hold", "one", until=live.clock.now_ms() + MINUTE, reason="later")
    await live.wait(2 * MINUTE)
    assert live.metric("assigner_clock_verbs_total", verb="wake") == 1


@lived
async def test_no_metric_names_a_task_an_agent_an_offer_or_an_override() -> None:
    live = await metered()
    await live.agent("private-agent", capacity=2)
    await live.task("private-task")
    await live.given("private-task", "private-agent")
    await live.override("hold", ("hold", "private-task", {"reason": "private-reason"}))
    await live.task("private-task-2", pinned_agent="private-agent", excluded_agents=["private-nobody"])
    await live.count()
    text = live.instance.text()
    assert live.metric("assigner_overrides_total") == 1
    assert "private" not in text
    assert "override-" not in text
    assert not {label for one in live.instance.samples() for label in one.labels} & {"task", "agent", "offer"}
