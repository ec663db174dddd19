"""The faults that users of other products report, each as what must not happen here."""

from __future__ import annotations

from typing import Any

import pytest

from assigner.dispatch.waiting import explain_live
from assigner.store.base import OnOffer
from tests.dispatch.living import HOUR, MINUTE, Living, lived


@pytest.mark.parametrize("frees", ["complete", "cancel", "hold", "release", "capacity"])
@lived
async def test_fault_2_freed_capacity_goes_to_the_most_urgent_eligible_task_in_the_next_cycle(
    frees: str,
) -> None:
    """However it frees: the most urgent task that the agent may take is theirs in the next pass, not the
    oldest, and not a more urgent one that they may not take.
    """
    live = Living()
    await live.agent("ana", skills={"es": 3})
    await live.task("busy", skills={"es": 3})
    await live.settle()
    await live.answer("accept", "busy")
    for id, priority, skill in (("old", 20, "es"), ("urgent", 90, "es"), ("other", 100, "fr")):
        await live.task(id, priority=priority, skills={skill: 3})
        await live.wait(1)
    assert await live.where("old", "urgent", "other") == ["queued"] * 3
    if frees == "capacity":
        await live.agent("ana", skills={"es": 3}, capacity=2)
    else:
        await live.on_task(frees, "busy")
    await live.step()
    assert await live.where("old", "urgent", "other") == ["queued", "offered ana", "queued"]


@lived
async def test_fault_2_an_agent_who_comes_online_gets_the_most_urgent_task_in_the_next_cycle() -> None:
    """Presence counts at once: nothing has to happen to the task."""
    live = Living()
    await live.agent("ana")
    await live.present("ana", "offline")
    await live.task("later", priority=10)
    await live.task("first", priority=60)
    await live.settle()
    assert await live.where("first", "later") == ["queued", "queued"]
    await live.present("ana", "available")
    await live.step()
    assert await live.where("first", "later") == ["offered ana", "queued"]


@lived
async def test_fault_2_a_shift_that_begins_wakes_the_dispatcher_by_itself() -> None:
    """Nobody has to send anything when the shift begins."""
    live = Living()
    await live.agent("ana", available_from=live.at(HOUR))
    await live.task("t")
    await live.wait(HOUR - 1)
    assert await live.where("t") == ["queued"]
    await live.wait(1)
    assert await live.where("t") == ["offered ana"]


@pytest.mark.parametrize("presence", ["away", "offline"])
@lived
async def test_fault_3_work_not_begun_is_released_when_its_agent_goes_away(presence: str) -> None:
    """Offers and work not begun go on to others; work begun stays."""
    live = Living()
    await live.agent("ana", capacity=3)
    for id in ("begun", "taken", "offered"):
        await live.task(id)
    await live.settle()
    for id in ("begun", "taken"):
        await live.answer("accept", id)
    await live.on_task("start", "begun")
    await live.agent("eva", capacity=3)
    await live.present("ana", presence)
    await live.settle()
    assert await live.where("begun", "taken", "offered") == ["assigned ana", "offered eva", "offered eva"]
    assert (await live.person("ana")).load == 1


@lived
async def test_fault_3_a_shift_that_ends_releases_work_not_begun() -> None:
    """The clock alone does it, for assigned work not started, unless the queue keeps it."""
    live = Living()
    await live.queue("keeps", release_on_absence=False)
    await live.agent("ana", capacity=2, available_until=live.at(HOUR))
    await live.task("t")
    await live.task("kept", queue="keeps")
    await live.settle()
    await live.answer("accept", "t")
    await live.answer("accept", "kept")
    await live.wait(HOUR - 1)
    assert await live.where("t", "kept") == ["assigned ana", "assigned ana"]
    await live.wait(1)
    assert await live.where("t", "kept") == ["queued", "assigned ana"]


@lived
async def test_fault_4_load_counts_open_work_only() -> None:
    """What is completed, cancelled, held, released, handed on, declined or not answered takes nothing of the
    capacity, and another task may have its place.
    """
    live = Living()
    await live.agent("ana", capacity=7)
    ends = {"done": "complete", "gone": "cancel", "waits": "hold", "back": "release", "on": "transfer"}
    for id in (*ends, "no", "late"):
        await live.task(id, pinned_agent="ana")
    await live.task("next", priority=1)
    await live.settle()
    assert ((await live.person("ana")).load, await live.where("next")) == (7, ["queued"])
    for id in ends:
        await live.answer("accept", id)
    for left, (id, verb) in enumerate(ends.items()):
        assert (await live.person("ana")).load == 7 - left
        await live.on_task(verb, id)
    await live.answer("decline", "no", cool_until=live.clock.now_ms() + HOUR)
    assert (await live.person("ana")).load == 1
    await live.present("ana", "away")
    await live.settle()
    assert (await live.person("ana")).load == 0
    for id in ("back", "on", "late", "no"):
        await live.on_task("hold", id)
    await live.present("ana", "available")
    await live.settle()
    assert ((await live.person("ana")).load, await live.where("next")) == (1, ["offered ana"])


@lived
async def test_fault_5_a_task_that_nobody_may_take_says_why_while_it_waits() -> None:
    """The reason, who was refused by what, and the smallest change: at once, and never a fallback."""
    live = Living()
    await live.agent("ana", skills={"es": 2})
    await live.agent("eva", skills={"fr": 5})
    await live.task("t", skills={"es": 4})
    await live.wait(HOUR)
    assert await live.where("t") == ["queued"]
    found = await explain_live(live.mirror, await live.record("t"), live.clock.now_ms(), weights={})
    assert found.waiting.reason == "level_too_low"
    assert found.waiting.refusals == {"skill_missing": 1, "level_too_low": 1}
    assert (found.waiting.unblock.kind, found.waiting.unblock.agents) == ("raise_level", ["ana"])


@lived
async def test_fault_6_an_offer_that_nobody_answers_expires_and_the_task_goes_on() -> None:
    """The next agent is asked; the first is not asked again before the cool-down is over."""
    live = Living()
    await live.agent("ana", skills={"es": 5})
    await live.task("t", preferred_agents=["ana"])
    await live.settle()
    await live.agent("eva")
    first = await live.offer_of("t")
    await live.wait(MINUTE - 1)
    assert await live.where("t") == ["offered ana"]
    await live.wait(1)
    assert await live.where("t") == ["offered eva"]
    late = OnOffer(**live.said("ana"), offer=first.id)
    assert [outcome.refused for outcome in await live.store.accept([late])] == ["offer_expired"]
    assert ((await live.person("ana")).presence, (await live.person("ana")).load) == ("available", 0)
    await live.wait(5 * MINUTE - 1)
    assert await live.where("t") == ["queued"]
    await live.wait(1)
    assert await live.where("t") == ["offered ana"]


@lived
async def test_fault_6_an_offer_of_a_task_that_changed_expires_too() -> None:
    """News of the task is no news of the offer, which ends when it was going to."""
    live = Living()
    await live.agent("ana")
    await live.task("t")
    await live.settle()
    await live.on_task("update", "t", doc={"priority": 70})
    await live.wait(MINUTE - 1)
    assert await live.where("t") == ["offered ana"]
    await live.wait(1)
    assert await live.where("t") == ["queued"]


@lived
async def test_fault_6_what_befalls_an_agent_who_lets_an_offer_expire_is_the_queues_choice() -> None:
    """`on_expiry: away` takes them out until they come back; the offer's time is the queue's too."""
    live = Living()
    await live.queue("q", on_expiry="away", offer_ttl_s=10)
    await live.agent("ana")
    await live.task("t")
    await live.wait(10_000)
    assert await live.where("t") == ["queued"]
    assert (await live.person("ana")).presence == "away"
    await live.task("u")
    await live.wait(HOUR)
    assert await live.where("t", "u") == ["queued", "queued"]
    await live.present("ana", "available")
    await live.step()
    assert await live.where("t", "u") == ["offered ana", "queued"]


@lived
async def test_fault_7_a_task_that_its_only_agent_declined_is_shown_blocked_and_comes_back() -> None:
    """It waits for the cool-down, says so, and is offered again when it is over."""
    live = Living()
    await live.agent("ana", skills={"es": 3})
    await live.agent("eva")
    await live.task("t", skills={"es": 3})
    await live.settle()
    until = live.clock.now_ms() + 5 * MINUTE
    await live.answer("decline", "t", reason="lunch", cool_until=until)
    await live.settle()
    found = await explain_live(live.mirror, await live.record("t"), live.clock.now_ms(), weights={})
    assert found.waiting.reason == "cooling_down"
    assert (found.waiting.unblock.kind, found.waiting.unblock.at) == ("wait_until", until)
    await live.wait(5 * MINUTE - 1)
    assert await live.where("t") == ["queued"]
    await live.wait(1)
    assert await live.where("t") == ["offered ana"]


@lived
async def test_fault_7_a_task_declined_too_often_is_held_for_a_person() -> None:
    """A queue may set a cap; without one a task is offered for ever."""
    live = Living()
    await live.queue("q", most_declines=2)
    await live.agent("ana")
    await live.task("t")
    await live.agent("eva")
    await live.task("u", queue="other", pinned_agent="eva")
    for _ in range(2):
        await live.settle()
        await live.answer("decline", "t", cool_until=live.clock.now_ms())
    for _ in range(100):
        await live.settle()
        await live.answer("decline", "u", cool_until=live.clock.now_ms())
    await live.settle()
    record = await live.record("t")
    assert (record.state, record.hold_reason) == ("held", "declined_too_often")
    assert await live.where("u") == ["offered eva"]


@lived
async def test_fault_8_relaxation_never_crosses_the_floor() -> None:
    """Steps lower what they name, as far as the floor; what no step names is asked to the end."""
    live = Living()
    steps = [
        {"after_s": 60, "skills": {"fraud": 2}, "drop": ["es"]},
        {"after_s": 120, "drop": ["fraud", "es"]},
    ]
    await live.queue("q", relaxation=steps, floor={"fraud": 3})
    await live.agent("low", skills={"fraud": 2, "law": 5, "es": 5})
    await live.agent("novice", skills={"fraud": 5, "es": 5})
    await live.task("t", skills={"fraud": 5, "es": 3, "law": 2})
    await live.wait(HOUR)
    assert await live.where("t") == ["queued"]
    assert (await live.record("t")).relaxed == 2
    assert live.mirror.tasks["t"].task.requirement.skills == (("fraud", 3), ("law", 2))
    await live.agent("right", skills={"fraud": 3, "law": 2})
    await live.settle()
    assert await live.where("t") == ["offered right"]


@lived
async def test_fault_11_new_skills_or_priority_count_at_once() -> None:
    """A changed task is judged by what it asks now, in the next pass."""
    live = Living()
    await live.agent("ana", skills={"es": 3})
    await live.task("t", skills={"fr": 3})
    await live.settle()
    assert await live.where("t") == ["queued"]
    await live.on_task("update", "t", doc={"skills": {"es": 2}})
    await live.step()
    assert await live.where("t") == ["offered ana"]
    await live.task("first", priority=60)
    await live.task("second", priority=50)
    await live.settle()
    await live.on_task("update", "second", doc={"priority": "urgent"})
    await live.on_task("cancel", "t")
    await live.step()
    assert await live.where("first", "second") == ["queued", "offered ana"]


@pytest.mark.parametrize(
    ("asks", "stays"),
    [
        ({"skills": {"es": 3}, "priority": 90}, True),
        ({"skills": {"es": 4}}, False),
        ({"excluded_agents": ["ana"]}, False),
        ({"pinned_agent": "eva"}, False),
        ({"handle_s": 3601}, False),
    ],
)
@lived
async def test_fault_11_an_offer_is_taken_back_when_its_agent_may_not_take_the_task_any_more(
    asks: dict[str, Any], stays: bool
) -> None:
    """While it is offered too: another agent gets it in the same pass, or it waits; else the offer stands."""
    live = Living()
    await live.agent("ana", skills={"es": 3}, available_until=live.at(HOUR))
    await live.task("t", skills={"es": 3})
    await live.settle()
    await live.agent("eva", skills={"es": 5})
    first = (await live.offer_of("t")).id
    await live.on_task("update", "t", doc=asks)
    await live.step()
    assert await live.where("t") == ["offered ana" if stays else "offered eva"]
    assert ((await live.offer_of("t")).id == first) is stays
    assert (await live.person("ana")).load == int(stays)


@pytest.mark.parametrize(
    ("says", "stays"), [({"skills": {"es": 3}, "teams": ["a"]}, True), ({"skills": {"es": 2}}, False)]
)
@lived
async def test_fault_11_an_offer_is_taken_back_when_its_agent_is_another_now(
    says: dict[str, Any], stays: bool
) -> None:
    """Whoever loses the skill loses the offer; the time that passed since it was made does not count."""
    live = Living()
    ends = {"available_until": live.at(10 * MINUTE)}
    await live.agent("ana", skills={"es": 3}, **ends)
    await live.task("t", skills={"es": 3}, handle_s=600)
    await live.settle()
    await live.wait(MINUTE // 2)
    await live.on_task("update", "t", doc={"skills": {"es": 3}, "handle_s": 600, "priority": 60})
    await live.agent("ana", **says, **ends)
    await live.step()
    assert await live.where("t") == ["offered ana" if stays else "queued"]


@lived
async def test_fault_11_a_task_that_changed_while_nobody_led_is_judged_by_who_leads_next() -> None:
    live = Living()
    await live.agent("ana", skills={"es": 3})
    await live.task("t", skills={"es": 3})
    await live.settle()
    await live.dispatcher.close()
    live.clock.advance(1)
    await live.on_task("update", "t", doc={"skills": {"es": 4}})
    await live.step()
    assert await live.where("t") == ["queued"]


@lived
async def test_fault_14_of_equal_worth_the_older_task_goes_first_then_the_smaller_id() -> None:
    """Whatever the order in which they came: and to the agent of the smaller id."""
    for order in (("b", "a", "c"), ("c", "b", "a"), ("a", "c", "b")):
        live = Living()
        for id in order:
            await live.task(id)
        for id in ("eva", "ana"):
            await live.agent(id)
        await live.settle()
        assert await live.where("a", "b", "c") == ["offered ana", "offered eva", "queued"], order
        live = Living()
        for id in order:
            await live.task(id)
            live.clock.advance(1)
        await live.agent("ana")
        await live.settle()
        assert await live.where(*order) == ["offered ana", "queued", "queued"], order
