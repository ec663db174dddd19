"""What every store promises besides its verbs: ops, leases, events, retention."""

import asyncio
import pickle
from collections import Counter

import pytest

from assigner.clock import ManualClock
from assigner.domain.lifecycle import State
from assigner.store.base import Enqueue, EventsLost, MakeOffer, OnTask, Retention
from assigner.store.log import event_key
from assigner.store.memory import MemoryStore
from tests.store.scene import FUTURE, KINDS, NOW, PAST, Hand, Servers, done, play, refused


async def test_a_command_sent_again_is_done_once(hand: Hand) -> None:
    await hand.lead()
    await done(hand.agent(capacity=5))
    first = await done(hand.task(op="make"))
    offered = await done(hand.offer(op="give"))
    again = await done(hand.task(op="make"))
    assert again.replayed
    assert (again.task, again.event) == (first.task, first.event)
    twice = await done(hand.offer(op="give"))
    assert twice.replayed
    assert (twice.task, twice.offer, twice.agent) == (offered.task, offered.offer, offered.agent)
    agent = await hand.store.agent("ann")
    assert agent is not None
    assert agent.load == 1


async def test_an_op_is_for_one_command(hand: Hand) -> None:
    await done(hand.task(op="make", asked="x"))
    assert await refused(hand.task(op="make", asked="y")) == ("op_reused", {})
    assert await refused(hand.task("other", op="make", asked="x")) == ("op_reused", {})
    assert await refused(hand.on("cancel", op="make", asked="x")) == ("op_reused", {})


async def test_what_was_refused_is_judged_anew(hand: Hand) -> None:
    await done(hand.task())
    assert await refused(hand.on("assign", facts={"agent": "ann"}, op="give")) == ("unknown_agent", {})
    await done(hand.agent())
    given = await done(hand.on("assign", facts={"agent": "ann"}, op="give"))
    assert not given.replayed


async def test_a_task_made_again_as_it_is_changes_nothing(hand: Hand) -> None:
    made = await done(hand.task(doc={"a": 1, "b": [2]}))
    again = await done(hand.task(doc={"b": [2], "a": 1}))
    assert (again.task, again.event, again.replayed) == (made.task, None, False)
    assert await refused(hand.task(doc={"a": 2})) == ("task_exists", {"state": "queued"})
    assert await refused(hand.task(doc={"a": 1, "b": [2]}, size=2)) == ("task_exists", {"state": "queued"})


async def test_one_dispatcher_at_a_time(hand: Hand) -> None:
    first = await hand.lead()
    assert await hand.store.take_lease("other", 60_000) is None
    assert await hand.store.keep_lease(first, 60_000)
    await hand.store.drop_lease(first)
    assert not await hand.store.keep_lease(first, 60_000)
    second = await hand.store.take_lease("other", 60_000)
    assert second is not None
    await hand.store.drop_lease(first)
    assert await hand.store.keep_lease(second, 60_000)
    assert int(second.split(":")[0]) == int(first.split(":")[0]) + 1


async def test_a_dispatcher_without_the_lease_does_nothing(hand: Hand) -> None:
    old = await hand.lead()
    await hand.store.drop_lease(old)
    await hand.store.take_lease("other", 60_000)
    await done(hand.agent())
    await done(hand.task())
    assert await refused(hand.offer(lease=old)) == ("not_leader", {})
    assert await refused(hand.offer(lease=None)) == ("not_leader", {})
    assert await refused(hand.on("cancel", lease=old)) == ("not_leader", {})
    assert await refused(hand.on("relax", facts={"relaxed": 1})) == ("not_leader", {})
    await done(hand.on("cancel"))


async def test_many_commands_are_done_in_their_order(hand: Hand) -> None:
    said = [
        Enqueue(
            op=f"make-{n}", actor="me", now=NOW, task=f"t{n % 700}", doc={}, queue="q", size=1, created_at=NOW
        )
        for n in range(1_400)
    ]
    outcomes = await hand.store.enqueue(said)
    assert [one.event is not None for one in outcomes] == [True] * 700 + [False] * 700
    world = await hand.store.world()
    assert Counter(task.state for task in world.tasks) == {State.QUEUED: 700}
    events = []
    async for batch in hand.store.events("0-0"):
        events += batch
        if len(events) == 700:
            break
    assert [event.task.id for event in events if event.task] == [f"t{n}" for n in range(700)]
    assert events[-1].id == world.last_event


async def test_events_are_waited_for(hand: Hand) -> None:
    start = (await hand.store.world()).last_event
    events = hand.store.events(start)
    waiting = asyncio.ensure_future(anext(aiter(events)))
    await asyncio.sleep(0)
    await done(hand.task())
    (event,) = await waiting
    assert (event.type, event.task) == ("task.enqueued", await hand.store.task("t"))


async def test_a_mirror_fed_by_the_events_is_the_world(hand: Hand) -> None:
    await hand.lead()
    await done(hand.agent(capacity=3))
    await done(hand.task("before"))
    mirror = MemoryStore(hand.store._clock)  # type: ignore[attr-defined]
    begin = await hand.store.world()
    mirror.load(begin)
    await done(hand.queue())
    for id in ("a", "b", "c"):
        await done(hand.task(id))
        await done(hand.offer(id))
    await done(hand.answer("accept", "o-a"))
    await done(hand.on("complete", "a"))
    await done(hand.on("cancel", "b"))
    await done(hand.agent("bob"))
    await done(hand.remove("bob"))
    end = await hand.store.world()
    after = begin.last_event
    async for batch in hand.store.events(begin.last_event):
        for event in (*batch, *batch):
            mirror.apply(event)
        after = batch[-1].id
        if after == end.last_event:
            break
    assert await mirror.world() == end


async def test_what_happened_since_an_instant_begins_after_the_last_event_before_it(hand: Hand) -> None:
    assert await hand.store.event_before(FUTURE) == ("0-0", True)
    ids = ["0-0", *[str((await done(hand.task(f"t{number}"))).event) for number in range(50)]]
    for id in ids[1:]:
        at = event_key(id)[0]
        last = max((one for one in ids if event_key(one)[0] < at), key=event_key)
        assert await hand.store.event_before(at) == (last, True)
    assert await hand.store.event_before(0) == ("0-0", True)
    assert await hand.store.event_before(FUTURE) == (ids[-1], True)


@pytest.mark.parametrize("kind", ["memory", "valkey"])
def test_what_is_not_kept_of_what_happened_since_an_instant_is_said(kind: str, servers: Servers) -> None:
    async def scene(hand: Hand) -> None:
        for number in range(400):
            await done(hand.task(f"t{number}"))
        first, whole = await hand.store.event_before(PAST)
        assert not whole
        assert await anext(aiter(hand.store.events(first)))

    play(scene, kind, servers, Retention(events=10))


@pytest.mark.parametrize("kind", ["memory", "valkey"])
def test_events_that_are_gone_are_said_to_be(kind: str, servers: Servers) -> None:
    async def scene(hand: Hand) -> None:
        for number in range(400):
            await done(hand.task(f"t{number}"))
        with pytest.raises(EventsLost):
            await anext(aiter(hand.store.events("0-0")))
        again = await done(hand.on("cancel", "t0", op="x"))
        assert again.task == await hand.store.task("t0")

    play(scene, kind, servers, Retention(events=10))


@pytest.mark.parametrize("kind", ["memory", "valkey"])
def test_an_op_whose_event_is_gone_is_answered_with_the_records_as_they_are(
    kind: str, servers: Servers
) -> None:
    async def scene(hand: Hand) -> None:
        made = await done(hand.task(op="make"))
        await done(hand.on("update", facts={"doc": {}, "queue": "q", "size": 4}))
        for number in range(400):
            await done(hand.task(f"t{number}"))
        again = await done(hand.task(op="make"))
        assert (again.replayed, again.event) == (True, made.event)
        assert again.task == await hand.store.task("t")

    play(scene, kind, servers, Retention(events=10))


@pytest.mark.parametrize("kind", KINDS)
def test_a_history_is_its_beginning_and_what_was_last(kind: str, servers: Servers) -> None:
    """A task that nobody ever answers is offered for ever, and does not fill the store."""

    async def scene(hand: Hand) -> None:
        await done(hand.task())
        for number in range(9):
            await done(hand.on("update", facts={"doc": {"n": number}, "queue": "q", "size": 1}))
            past = await hand.store.history("t")
            assert past[0].type == "task.enqueued"
            kept = [moment.task.doc["n"] for moment in past[1:] if moment.task]
            assert kept == list(range(number + 1))[-4:]

    play(scene, kind, servers, Retention(moments=4))


async def test_a_plan_made_twice_gives_a_task_once(hand: Hand) -> None:
    """Rocket.Chat #37776: several instances, and an agent gets more than they can hold."""
    lease = await hand.lead()
    await done(hand.agent("ann", capacity=3))
    await done(hand.agent("bob", capacity=3))
    for number in range(8):
        await done(hand.task(f"t{number}"))
    plans = [
        hand.store.offer(
            [
                MakeOffer(
                    op=f"{agent}-{number}",
                    actor=agent,
                    now=NOW,
                    lease=lease,
                    offer=f"{agent}-{number}",
                    task=f"t{number}",
                    agent=agent,
                    task_version=1,
                    expires_at=FUTURE,
                    value=1,
                    terms={},
                )
            ]
        )
        for agent in ("ann", "bob")
        for number in range(8)
    ]
    outcomes = [one for (one,) in await asyncio.gather(*plans)]
    given = [one.task.id for one in outcomes if one.task]
    assert len(given) == len(set(given)) == 6
    assert {agent.id: agent.load for agent in (await hand.store.world()).agents} == {"ann": 3, "bob": 3}


def test_a_month_in_memory_needs_no_more_than_a_week() -> None:
    clock, day = ManualClock(at_ms=NOW), 86_400_000
    store = MemoryStore(clock, Retention(events=500))

    async def live(number: int) -> int:
        hand = Hand(store)
        for n in range(40):
            await done(hand.task(f"{number}-{n}", now=clock.at_ms))
            await done(hand.on("assign", f"{number}-{n}", {"agent": "ann"}, now=clock.at_ms))
            await done(hand.on("complete", f"{number}-{n}", now=clock.at_ms))
        await store.prune(clock.at_ms - 2 * day, 1_000)
        clock.advance(day)
        return len(pickle.dumps([value for name, value in vars(store).items() if name != "_log"]))

    async def month() -> list[int]:
        await done(Hand(store).agent())
        return [await live(number) for number in range(28)]

    sizes = asyncio.run(month())
    assert sizes[-1] <= sizes[6] * 1.1


async def test_a_verb_on_many_tasks_answers_each(hand: Hand) -> None:
    await done(hand.task("a"))
    said = [OnTask(op=f"c-{id}", actor="me", now=NOW, task=id, facts={"reason": "r"}) for id in "ab"]
    outcomes = await hand.store.cancel(said)
    assert [one.refused for one in outcomes] == [None, "unknown_task"]
