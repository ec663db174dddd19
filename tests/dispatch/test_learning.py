"""How long who takes is learned from what they complete: each completion once, whoever leads."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any

import pytest

from assigner.dispatch.acting import NotLeader
from assigner.dispatch.ahead import learning
from assigner.dispatch.ahead.learning import LEARN_MS, NOTE_MS
from assigner.dispatch.ahead.sound import sound
from assigner.dispatch.loop import Pace
from assigner.domain.handling import name_of
from assigner.store.base import Learn, Retention
from assigner.store.memory import MemoryStore
from tests.dispatch.living import HOUR, MINUTE, Living, lived


def centre() -> Living:
    """A service whose dispatcher leads however far the clock is moved at once."""
    return Living(pace=Pace(tick_ms=MINUTE, lease_ms=10_000 * HOUR))


async def complete(
    live: Living, agent: str, ms: int, category: str | None = "fraud", *, start: bool = True
) -> None:
    """A task of a category that took an agent so long."""
    live.ops += 1
    task = f"t{live.ops}"
    await live.task(task, **({} if category is None else {"category": category}))
    await live.on_task("assign", task, agent=agent, force=True)
    if start:
        live.clock.at_ms += MINUTE
        await live.on_task("start", task)
    live.clock.at_ms += ms
    await live.on_task("complete", task)


async def kept(live: Living) -> dict[str, float]:
    """How many observations of each pair are in the store."""
    return {name: row[0] for name, row in (await live.store.learned("handling")).fields["handling"].items()}


async def keep(live: Living) -> None:
    """Let the dispatcher keep what it has learned."""
    await live.wait(LEARN_MS + 1)


def tried(live: Living, agent: str = "ana", category: str = "fraud") -> float:
    return live.mirror.handling.tried(category, agent)


async def crew(live: Living, **doc: Any) -> None:
    for agent in ("ana", "bob"):
        await live.agent(agent, capacity=9, **doc)


async def taken_over(live: Living, by: str) -> None:
    """The dispatcher is gone, as after kill -9: nothing is said, and its lease runs out."""
    live.dispatcher = live.another(by)
    live.clock.at_ms += live.pace.lease_ms + 1
    assert await live.dispatcher.take()


@lived
async def test_a_completion_is_learned_kept_and_expected_from_then_on() -> None:
    live = centre()
    await crew(live)
    await live.settle()
    for _ in range(12):
        await complete(live, "ana", 40 * MINUTE)
    await keep(live)
    assert await kept(live) == {name_of("fraud", "ana"): 12}
    ana, bob = (live.mirror.agents[id].agent(live.clock.now_ms()) for id in ("ana", "bob"))
    assert ana.handle_ms["fraud"] == pytest.approx(40 * MINUTE, rel=0.15)
    assert ana.handle_ms["fraud"] < bob.handle_ms["fraud"] * 1.1
    assert [live.mirror.handling.tried("fraud", id) for id in ("ana", "bob")] == [12, 0]
    assert "orders" not in ana.handle_ms
    assert pickle.loads(pickle.dumps(ana)) == ana  # noqa: S301 - our own


@lived
async def test_where_nobody_said_that_they_began_it_counts_from_when_they_took_it() -> None:
    live = centre()
    await crew(live)
    await live.settle()
    for _ in range(3):
        await complete(live, "ana", 20 * MINUTE, start=False)
        await complete(live, "ana", 20 * MINUTE)
    await live.settle()
    assert tried(live) == 6
    assert live.mirror.handling.estimate("fraud", "ana").mean_ms == pytest.approx(20 * MINUTE, rel=0.2)


@lived
async def test_what_says_nothing_is_not_learned_from() -> None:
    """No category, no time at all, a clock that went back, a year."""
    live = centre()
    await crew(live)
    await live.settle()
    await complete(live, "ana", 20 * MINUTE, category=None)
    await complete(live, "ana", 0)
    await complete(live, "ana", -5 * MINUTE)
    await complete(live, "ana", 366 * 24 * HOUR)
    await live.settle()
    assert list(live.mirror.handling.pairs()) == []


@pytest.mark.parametrize(
    ("began", "ended", "minutes"),
    [
        (0, 90, 90),
        (0, 150, 120),
        (30, 420, 90 + 30 + 60),
        (-10, 60, None),
        (0, 200, None),
        (100, 125, 20),
    ],
)
@lived
async def test_nights_and_breaks_are_no_work(began: int, ended: int, minutes: int | None) -> None:
    """Two shifts, 0 to 180 with a break from 120 to 150, and 360 to 480, in minutes: what was begun or
    completed outside of them says nothing.
    """
    live = centre()
    until = 480
    shifts = [
        {
            "from": live.at(HOUR),
            "until": live.at(HOUR + 180 * MINUTE),
            "breaks": [{"from": live.at(HOUR + 120 * MINUTE), "until": live.at(HOUR + 150 * MINUTE)}],
        },
        {"from": live.at(HOUR + 360 * MINUTE), "until": live.at(HOUR + until * MINUTE)},
    ]
    await live.agent("ana", shifts=shifts)
    await live.settle()
    live.clock.at_ms += HOUR + began * MINUTE - MINUTE
    await complete(live, "ana", (ended - began) * MINUTE)
    await live.settle()
    row = live.mirror.handling.row(name_of("fraud", "ana"))
    assert (row is None) == (minutes is None)
    if row and minutes:
        assert row[1] ** 3 == pytest.approx(minutes * MINUTE, rel=0.01)


@lived
async def test_two_leaders_one_after_the_other_count_each_completion_once() -> None:
    """What the first had learned and not kept yet, the second takes from the events; what was kept, it does
    not take twice; and so it goes on.
    """
    live = centre()
    await crew(live)
    await live.settle()
    for _ in range(3):
        await complete(live, "ana", 10 * MINUTE)
    await live.settle()
    await complete(live, "ana", LEARN_MS // 2, start=False)
    await live.step()
    assert (await kept(live), tried(live)) == ({name_of("fraud", "ana"): 3}, 4)
    await complete(live, "bob", 10 * MINUTE)
    await taken_over(live, "second")
    assert (tried(live), tried(live, "bob")) == (4, 1)
    await complete(live, "ana", 10 * MINUTE)
    await keep(live)
    assert await kept(live) == {name_of("fraud", "ana"): 5, name_of("fraud", "bob"): 1}
    await taken_over(live, "third")
    assert (tried(live), tried(live, "bob")) == (5, 1)
    await keep(live)
    assert await kept(live) == {name_of("fraud", "ana"): 5, name_of("fraud", "bob"): 1}


@lived
async def test_what_was_kept_without_its_note_is_not_counted_twice() -> None:
    """A leader that ends between two parts of what it keeps has noted nothing yet."""
    live = centre()
    await crew(live)
    await live.settle()
    for agent in ("ana", "bob"):
        await complete(live, agent, LEARN_MS // 4, start=False)
    await live.settle()
    assert await kept(live) == {}
    name, lead = name_of("fraud", "ana"), live.dispatcher.lead
    assert lead is not None
    row = live.mirror.handling.row(name)
    assert await live.store.learn(Learn(lease=lead.acting.lease, set={"handling": {name: row}}))
    await taken_over(live, "second")
    assert (tried(live), tried(live, "bob")) == (1, 1)


@lived
async def test_who_leads_no_longer_keeps_nothing() -> None:
    live = centre()
    await crew(live)
    await live.settle()
    paused = live.dispatcher
    await complete(live, "ana", LEARN_MS // 2, start=False)
    await live.step()
    await taken_over(live, "second")
    await keep(live)
    before = await live.store.learned()
    assert paused.lead is not None
    with pytest.raises(NotLeader):
        await paused.lead.lessons.keep(paused.lead.acting, live.clock.now_ms())
    assert await live.store.learned() == before
    assert paused.mirror is not None
    assert paused.mirror.handling.changed


@lived
async def test_what_was_completed_before_anything_was_learned_counts_as_far_as_the_events_go() -> None:
    """A service that learns for the first time begins with what it still knows."""
    live = centre()
    await crew(live)
    for _ in range(4):
        await complete(live, "ana", 10 * MINUTE)
    await live.step()
    assert tried(live) == 4


@lived
async def test_events_that_are_gone_are_not_learned_from_and_the_rest_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    live = centre()
    live.store = live.dispatcher.store = MemoryStore(live.clock, Retention(events=16))
    await crew(live)
    await live.settle()
    await complete(live, "ana", 10 * MINUTE)
    await keep(live)
    for _ in range(20):
        await complete(live, "ana", 10 * MINUTE)
    await taken_over(live, "second")
    assert 3 <= tried(live) < 21
    assert "is learned from: the events are gone" in caplog.text


@lived
async def test_however_many_events_there_are_it_is_not_long_before_somebody_leads(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease is not kept for ever meanwhile; and what was passed over is not gone through again."""
    monkeypatch.setattr(learning, "MOST_MISSED", 1)
    live = centre()
    await crew(live)
    for _ in range(600):
        await complete(live, "ana", 10 * MINUTE)
    await live.step()
    assert 0 < tried(live) < 400
    assert "is not learned from: it is too much" in caplog.text
    await live.wait(NOTE_MS + 1)
    assert (await live.store.learned()).upto == (await live.store.world()).last_event


@lived
async def test_it_is_noted_how_far_it_got_though_nothing_was_learned() -> None:
    """The store forgets old events: a note that is too old would look like a loss."""
    live = centre()
    await crew(live)
    await live.wait(NOTE_MS + 1)
    assert (await live.store.learned()).upto == (await live.store.world()).last_event


@lived
async def test_what_is_forgotten_is_forgotten_in_the_store_too() -> None:
    live = centre()
    await crew(live)
    await live.settle()
    live.mirror.handling.most = 2
    for category in ("a", "b", "c"):
        await complete(live, "ana", 10 * MINUTE, category)
        await keep(live)
    assert (await kept(live)).keys() == {name_of("b", "ana"), name_of("c", "ana")}


@lived
async def test_a_shift_is_too_short_for_what_is_known_to_take_longer() -> None:
    """The task says ten minutes; everybody who has done the like took an hour."""
    live = centre()
    await crew(live)
    await live.settle()
    for _ in range(10):
        await complete(live, "bob", HOUR)
    await live.settle()
    for agent in ("ana", "bob"):
        await live.agent(agent, available_until=live.at(30 * MINUTE))
    await live.task("long", category="fraud", handle_s=600)
    await live.task("short", category="other", handle_s=600)
    await live.settle()
    states = [one.partition(" ")[0] for one in await live.where("long", "short")]
    assert states == ["queued", "offered"]


@lived
async def test_an_offer_says_how_long_the_agent_is_expected_to_take_and_so_do_the_runners_up() -> None:
    live = centre()
    await crew(live)
    await live.queue("q", rule="snapshot")
    await live.settle()
    for agent, minutes in (("ana", 20), ("bob", 40)):
        for _ in range(10):
            await complete(live, agent, minutes * MINUTE)
    await live.task("t", category="fraud")
    await live.settle()
    offer, decided = await live.offer_of("t"), live.dispatcher.decided["t"]
    expected = {
        agent: live.mirror.agents[agent].agent(live.clock.now_ms()).handle_ms["fraud"]
        for agent in ("ana", "bob")
    }
    assert offer.expected_ms == decided.choice.expected_ms == expected[offer.agent]
    [other] = decided.runners_up
    assert other.expected_ms == expected[other.agent]
    assert expected["bob"] == pytest.approx(2 * expected["ana"], rel=0.2)


@lived
async def test_what_the_client_says_of_an_agent_holds_until_more_is_known() -> None:
    live = centre()
    await live.agent("ana", capacity=9, handle_s={"fraud": 3600, "orders": 60})
    await live.agent("bob", capacity=9)
    await live.settle()
    times: list[Mapping[str, int]] = []
    for minutes in (0, *[30] * 20):
        if minutes:
            await complete(live, "ana", minutes * MINUTE)
        await live.settle()
        times.append(dict(live.mirror.agents["ana"].agent(live.clock.now_ms()).handle_ms))
    assert times[0] == {"fraud": HOUR, "orders": MINUTE}
    fraud = [known["fraud"] for known in times]
    assert fraud == sorted(fraud, reverse=True)
    assert HOUR > fraud[1] > 0.7 * HOUR
    assert fraud[-1] == pytest.approx(35 * MINUTE, rel=0.15)
    assert times[-1]["orders"] == MINUTE


ASKS = [[["x", 1]], [], [], None, "fraud", 1, 600_000]
ODD = {
    "handling": {
        "fraud\x1fann": None,
        "fraud\x1fbea": [1.0, -5.0, 1.0, ""],
        "fraud\x1fcid": [1.0, 1e308, 1e308, "1-0"],
        "fraud\x1fdan": [1.0, 10.0, 100.0, "then"],
        "nobody": [1.0, 10.0, 100.0, "1-0"],
        "fraud\x1feva": [0, 0, 0, ""],
    },
    "price": {"": "now", " ": -1.0, "ann": None, "bob": "dear", "cid": 1e308, "dan": True},
    "left": {"a": -1.0, "b": None, "c": "much"},
    "arrivals": {
        "a": [1],
        "b": [-1.0, 0, 0, ASKS],
        "c": [1.0, 0, 0, [[["x", "high"]], *ASKS[1:]]],
        "d": [1.0, 0, 0, [*ASKS[:5], 0, 600_000]],
        "e": [1.0, 0, 0, [[["x"]], *ASKS[1:]]],
    },
    "follows": {"a": [1.0, 0], "a\x1fb": [], "a\x1fb\x1fc": [1.0, 0], "b\x1fc": [1.0, None]},
}


@lived
async def test_values_that_make_no_sense_are_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    live = centre()
    await crew(live)
    await complete(live, "ana", 10 * MINUTE)
    await keep(live)
    lease = live.dispatcher.lead.acting.lease if live.dispatcher.lead else ""
    assert await live.store.learn(Learn(lease=lease, set=ODD, upto="then"))
    found, odd = sound(await live.store.learned())
    assert sorted(odd) == sorted((kind, name) for kind, named in ODD.items() for name in named)
    assert list(found.fields["handling"]) == [name_of("fraud", "ana")]
    assert found.upto == ""

    await taken_over(live, "another")
    await live.task("t", category="fraud")
    await live.settle()
    assert await live.where("t") != ["queued"]
    assert tried(live) == 1
    assert "make no sense" in caplog.text
