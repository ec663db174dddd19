"""Who leads, what a stale plan costs, what it decides aside, and what clocks do to it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from assigner.clock import ManualClock
from assigner.dispatch.acting import NotLeader
from assigner.dispatch.ahead.sight import Seen
from assigner.dispatch.aside import Decider
from assigner.dispatch.loop import Pace
from assigner.dispatch.plan import Plan, make_plan
from assigner.domain.agent import Presence
from assigner.domain.policy import Policy
from assigner.domain.snapshot import Snapshot
from assigner.store.base import OnAgent, OnOffer, OnTask
from tests.dispatch.living import HOUR, MINUTE, START, Living, lived


@dataclass
class Meanwhile:
    """Decides, and lets the world go on before the plan is applied."""

    live: Living
    verbs: list[tuple[Any, ...]]

    async def __call__(self, snapshot: Snapshot, seen: Seen | None) -> Plan:
        plan = make_plan(snapshot, Policy(), self.live.clock, 1000, None, seen)
        while self.verbs:
            act, *args = self.verbs.pop()
            await act(*args)
        return plan


@lived
async def test_fault_1_a_stale_plan_costs_a_retry_only() -> None:
    """While the cycle decides one task is cancelled, one changes and an agent goes: the rest is offered."""
    live = Living()
    for id in ("ana", "eva", "luis", "zoe"):
        await live.agent(id, skills={id: 5})
        await live.task(f"for-{id}", skills={id: 1})
    meanwhile: list[tuple[Any, ...]] = [
        (live.on_task, "cancel", "for-ana"),
        (live.task, "new"),
        (live.present, "luis", "away"),
    ]
    meanwhile.append((live.on_task, "hold", "for-eva"))
    assert await live.dispatcher.take()
    live.dispatcher.decide = Meanwhile(live, meanwhile)
    passed = await live.step()
    assert passed.report is not None
    assert (passed.report.offered, dict(passed.report.refused)) == (1, {"wrong_state": 2, "agent_away": 1})
    await live.settle()
    assert await live.where("for-ana", "for-eva", "for-luis", "for-zoe") == [
        "cancelled",
        "held",
        "queued",
        "offered zoe",
    ]
    assert (await live.where("new"))[0].startswith("offered")


@lived
async def test_an_agent_who_changed_while_it_was_decided_is_decided_about_again() -> None:
    """Ana was to be offered a task in German; she does not do that any more, and Eva does."""
    live = Living()
    await live.agent("ana", skills={"german": 5})
    await live.task("t", skills={"german": 1})
    assert await live.dispatcher.take()

    async def swap() -> None:
        await live.agent("ana", skills={"french": 5})
        await live.agent("eva", skills={"german": 5})

    live.dispatcher.decide = Meanwhile(live, [(swap,)])
    passed = await live.step()
    assert passed.report is not None
    assert (passed.report.offered, dict(passed.report.refused)) == (0, {"stale_version": 1})
    await live.settle()
    assert await live.where("t") == ["offered eva"]


@lived
async def test_a_plan_that_never_fits_does_not_spin() -> None:
    """After a few cycles in a row that came to nothing, the next one waits for the tick."""
    live = Living()
    await live.agent("ana")
    await live.task("t")
    assert await live.dispatcher.take()
    stolen = live.store.records.agents
    mirror = live.mirror
    stolen["ana"] = type(stolen["ana"])(**{**_fields(stolen["ana"]), "load": 1})
    cycles = 0
    while (live.dispatcher.next_at() or 0) <= START and cycles < 50:
        await live.step()
        cycles += 1
    assert cycles == live.pace.most_retries
    assert mirror.tasks["t"].record.state == "queued"


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


@lived
async def test_fault_1_of_two_dispatchers_only_one_acts_and_a_paused_one_is_refused() -> None:
    """The second takes over when the lease ends; the first, back from its pause, can do nothing."""
    live = Living(pace=Pace(lease_ms=10_000))
    second = live.another("second")
    assert await live.dispatcher.take()
    assert not await second.take()
    live.clock.advance(10_000)
    await live.agent("ana")
    await live.task("t")
    assert await second.take()
    with pytest.raises(NotLeader):
        await live.dispatcher.step()
    await second.step()
    assert await live.where("t") == ["offered ana"]
    paused = live.dispatcher.lead
    assert paused is not None
    paused.kept_at = live.clock.now_ms()  # as if it had woken between keeping the lease and offering
    await live.agent("eva")
    await live.task("u")
    with pytest.raises(NotLeader):
        await live.dispatcher.step()
    assert await live.where("u") == ["queued"]


@lived
async def test_a_dispatcher_that_begins_finds_what_happened_before() -> None:
    """Offers to expire, holds to end, agents who have gone: all from the world as it is."""
    live = Living()
    await live.agent("ana", capacity=2)
    await live.task("expires")
    await live.task("works")
    await live.settle()
    await live.answer("accept", "works")
    await live.task("sleeps", pinned_agent="nobody")
    await live.on_task("hold", "sleeps", reason="waiting", until=START + HOUR)
    await live.dispatcher.close()
    await live.present("ana", "offline")
    live.clock.advance(HOUR)
    await live.settle()
    assert await live.where("expires", "works", "sleeps") == ["queued"] * 3


@lived
async def test_a_lost_agents_work_is_rescued() -> None:
    """Begun work too, once they are unseen for as long as the queue says, or an hour into the next shift."""
    live = Living()
    await live.queue("strict", lost_after_s=600)
    await live.agent("ana", capacity=2)
    await live.task("t", queue="strict")
    await live.task("slow")
    await live.settle()
    for id in ("t", "slow"):
        await live.answer("accept", id)
        await live.on_task("start", id)
    await live.present("ana", "offline")
    await live.wait(600_000 - 1)
    assert await live.where("t", "slow") == ["assigned ana", "assigned ana"]
    await live.wait(1)
    assert await live.where("t", "slow") == ["queued", "assigned ana"]
    await live.agent("ana", capacity=2, available_from=live.at(HOUR))
    await live.wait(2 * HOUR)
    assert await live.where("slow") == ["queued"]


@lived
async def test_an_agent_not_seen_yet_today_is_not_lost_the_moment_they_get_work() -> None:
    """Hours into their shift, and given a task at once or by an offer: it stays with them."""
    live = Living()
    await live.queue("direct", auto_accept=True)
    await live.agent("ana", capacity=2, available_from=live.at(-5 * HOUR))
    await live.task("t", queue="direct")
    await live.task("u")
    await live.settle()
    assert await live.where("t", "u") == ["assigned ana", "offered ana"]


@lived
async def test_a_presence_ends_when_it_was_said_to() -> None:
    """Away until: available then. Available until: offline then."""
    live = Living()
    await live.agent("ana")
    await live.agent("eva")
    await live.present("ana", "away", START + HOUR)
    await live.present("eva", "available", START + HOUR)
    await live.wait(HOUR)
    assert [(await live.person(id)).presence for id in ("ana", "eva")] == ["available", "offline"]


@dataclass
class Off:
    """A clock that is off by so much."""

    clock: ManualClock
    by_ms: int

    def now_ms(self) -> int:
        return self.clock.now_ms() + self.by_ms

    def monotonic_s(self) -> float:
        return self.clock.monotonic_s()


@pytest.mark.parametrize("by_ms", [-HOUR, HOUR])
@lived
async def test_an_offer_stands_as_long_as_its_queue_says_by_the_stores_clock(by_ms: int) -> None:
    """However wrong the dispatcher's own clock is: it is neither over at once, nor open without an end."""
    live = Living()
    live.dispatcher.clock = Off(live.clock, by_ms)
    await live.queue("q", offer_ttl_s=5)
    await live.agent("ana")
    await live.task("t")
    await live.settle()
    assert (await live.offer_of("t")).expires_at == START + 5_000
    await live.wait(5_000 - 1)
    assert await live.where("t") == ["offered ana"]
    await live.wait(1)
    assert await live.where("t") == ["queued"]


@lived
async def test_a_clock_ahead_of_the_dispatchers_delays_nothing() -> None:
    """What an agent said is looked at when it is heard, whatever the clock of the instance that they told."""
    live = Living()
    await live.queue("q", most_declines=1)
    for id in ("ana", "eva"):
        await live.agent(id, skills={id: 1})
        await live.task(f"t-{id}", skills={id: 1})
    await live.settle()
    ahead = live.said() | {"now": START + HOUR}
    await live.store.set_presence([OnAgent(**ahead, agent="ana", presence=Presence.AWAY)])
    declined = live.said() | {"now": START + HOUR}
    await live.store.decline([OnOffer(**declined, offer=(await live.offer_of("t-eva")).id)])
    await live.settle()
    assert await live.where("t-ana", "t-eva") == ["queued", "held"]


@lived
async def test_a_clock_that_is_set_back_stops_nothing() -> None:
    """The dispatcher keeps its lease, and goes on with what is due by the clock as it is now."""
    live = Living(pace=Pace(tick_ms=MINUTE, lease_ms=10 * MINUTE))
    await live.settle()
    live.clock.at_ms -= HOUR
    passed = await live.step()
    assert passed.report is not None
    lead, due = live.dispatcher.lead, live.dispatcher.next_at()
    assert lead is not None
    assert due is not None
    assert lead.kept_at == live.clock.now_ms()
    assert due - live.clock.now_ms() <= MINUTE


@lived
async def test_ended_tasks_are_pruned() -> None:
    live = Living(pace=Pace(keep_ended_ms=HOUR))
    await live.task("t")
    await live.on_task("cancel", "t")
    await live.wait(HOUR)
    assert await live.store.task("t")
    await live.wait(live.pace.prune_every_ms)
    assert await live.store.task("t") is None


@lived
async def test_a_snapshot_too_large_for_one_cycle_is_decided_over_several() -> None:
    """The more urgent half first; nothing is lost, and nothing fails."""
    live = Living()
    for number in range(8):
        await live.agent(f"a{number}", skills={"s": 1 + number})
        await live.task(f"t{number}", skills={"s": 1}, category=f"c{number}", priority=number)
    assert await live.dispatcher.take()
    live.dispatcher.decide = Decider(Policy(), live.clock, most_arcs=20, time_limit_s=None)
    passed = await live.step()
    assert passed.report is not None
    assert passed.report.plan is not None
    assert passed.report.plan.deferred == 6
    assert await live.where("t0", "t1") == ["queued", "queued"]
    await live.settle()
    assert all(where.startswith("offered") for where in await live.where(*(f"t{n}" for n in range(8))))


@lived
@pytest.mark.parametrize(("rule", "first"), [("snapshot", ("t0", "t1")), ("price_and_hold", ("t6", "t7"))])
async def test_of_a_snapshot_too_large_those_are_decided_first_that_the_rule_puts_first(
    rule: str, first: tuple[str, str]
) -> None:
    """Over time what is soon done; at the moment the older one."""
    live = Living()
    await live.queue("q", rule=rule)
    for number in range(8):
        await live.agent(f"a{number}", skills={"s": 1 + number})
        await live.task(
            f"t{number}", queue="q", skills={"s": 1}, category=f"c{number}", handle_s=8000 - 900 * number
        )
        live.clock.advance(1)
    assert await live.dispatcher.take()
    live.dispatcher.decide = Decider(Policy(), live.clock, most_arcs=20, time_limit_s=None)
    await live.step()
    where = {f"t{n}": (await live.where(f"t{n}"))[0] for n in range(8)}
    assert tuple(task for task, found in where.items() if found.startswith("offered")) == first


@lived
async def test_the_last_decision_keeps_its_terms_and_who_was_next() -> None:
    live = Living()
    await live.queue("q", rule="snapshot")
    for id, level in (("ana", 3), ("eva", 5), ("luis", 9)):
        await live.agent(id, skills={"es": level})
    await live.task("t", skills={"es": 3})
    await live.settle()
    decided = live.dispatcher.decided["t"]
    offer = await live.offer_of("t")
    assert (decided.choice.agent, decided.choice.value) == (offer.agent, offer.value) == ("ana", offer.value)
    assert [choice.agent for choice in decided.runners_up] == ["eva", "luis"]
    assert [sum(choice.terms.values()) for choice in decided.runners_up] == [
        offer.value - 100,
        offer.value - 300,
    ]


def test_large_snapshots_are_decided_in_another_process_and_the_same() -> None:
    """The answer does not depend on where it is made."""
    live = Living()

    async def both() -> tuple[Plan, Plan]:
        for number in range(5):
            await live.agent(f"a{number}")
            await live.task(f"t{number}", priority=number)
        assert await live.dispatcher.take()
        asked: list[tuple[Snapshot, Seen | None]] = []
        here = live.dispatcher.decide

        async def watch(snapshot: Snapshot, seen: Seen | None) -> Plan:
            asked.append((snapshot, seen))
            return await here(snapshot, seen)

        live.dispatcher.decide = watch
        await live.step()
        aside = Decider(Policy(), live.clock, large=0)
        try:
            return await here(*asked[0]), await aside(*asked[0])
        finally:
            aside.close()

    inline, sent = asyncio.run(both())
    assert (inline.choices, inline.runners_up) == (sent.choices, sent.runners_up)


@lived
@pytest.mark.parametrize("behind_ms", [0, 10 * MINUTE])
async def test_what_changed_while_nobody_led_takes_an_offer_back(behind_ms: int) -> None:
    """However far behind the clock of the process that took the change is."""
    live = Living()
    await live.agent("ana")
    await live.queue("q", offer_ttl_s=3_600)
    await live.task("changed")
    await live.settle()
    assert await live.where("changed") == ["offered ana"]
    await live.dispatcher.close()
    command = OnTask(
        op="late",
        actor="client",
        now=live.clock.now_ms() - behind_ms,
        task="changed",
        facts={"doc": {"skills": {"a": 1}}, "queue": "q", "size": 1, "not_before": None},
    )
    assert (await live.store.update([command]))[0].refused is None
    await live.settle()
    assert await live.where("changed") == ["queued"]
