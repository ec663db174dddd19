"""What every store does, verb by verb."""

import pytest

from assigner.domain.agent import Presence
from assigner.domain.lifecycle import NOT_BEFORE, TRANSITIONS, OfferState, State, allowed
from tests.store.scene import FUTURE, NOW, PAST, Hand, done, refused

STEPS = {
    State.QUEUED: [],
    State.HELD: ["hold"],
    State.OFFERED: ["offer"],
    State.ASSIGNED: ["assign"],
    State.COMPLETED: ["assign", "complete"],
    State.CANCELLED: ["cancel"],
}
FACTS = {
    "assign": {"agent": "ann"},
    "relax": {"relaxed": 1},
    "hold": {"reason": "a call back", "until": PAST},
    "adjust": {"override": "x", "set": {"priority": 90}},
}
OF_TASKS = [verb for verb in TRANSITIONS if verb not in ("offer", "accept", "decline", "expire", "revoke")]


async def brought_to(hand: Hand, state: State) -> None:
    await hand.lead()
    await done(hand.agent(capacity=2))
    await done(hand.task())
    for verb in STEPS[state]:
        move = hand.offer() if verb == "offer" else hand.on(verb, facts=FACTS.get(verb))
        await done(move)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", OF_TASKS)
async def test_a_verb_moves_a_task_as_the_table_says_or_is_refused(
    hand: Hand, verb: str, state: State
) -> None:
    await brought_to(hand, state)
    row, before = TRANSITIONS[verb], await hand.store.task("t")
    outcome = await hand.on(verb, facts=FACTS.get(verb), lease=hand.lease)
    after = await hand.store.task("t")
    if state in row.sources:
        assert outcome.task == after
        assert after is not None
        assert after.state is (row.to or state)
    else:
        assert outcome.refused == "wrong_state"
        assert outcome.facts == {"state": state, "allowed": allowed(state)}
        assert after == before


async def test_a_task_goes_from_enqueue_to_complete(hand: Hand) -> None:
    await hand.lead()
    await done(hand.agent())
    made = (await done(hand.task())).task
    assert made is not None
    assert (made.state, made.version, made.created_at, made.queued_at) == (State.QUEUED, 1, NOW, NOW)
    offered = await done(hand.offer(now=NOW + 1))
    assert offered.task is not None
    assert offered.agent is not None
    assert offered.offer is not None
    assert (offered.task.agent, offered.task.offer, offered.task.attempts) == ("ann", "o-t", 1)
    assert (offered.agent.load, offered.agent.idle_since) == (1, None)
    assert (offered.offer.state, offered.offer.size, offered.offer.terms) == (
        OfferState.OPEN,
        1,
        {"skill": 3},
    )
    taken = await done(hand.answer("accept", now=NOW + 2))
    assert taken.offer is not None
    assert taken.offer.state is OfferState.ACCEPTED
    await done(hand.on("start", now=NOW + 3))
    await done(hand.on("start", now=NOW + 4))
    ended = await done(hand.on("complete", facts={"outcome": "paid"}, now=NOW + 5))
    assert ended.task is not None
    assert (ended.task.started_at, ended.task.finished_at, ended.task.outcome) == (NOW + 3, NOW + 5, "paid")
    assert ended.task.agent == "ann"
    assert ended.agent is not None
    assert (ended.agent.load, ended.agent.idle_since, ended.agent.last_seen_at) == (0, NOW + 5, NOW + 5)


@pytest.mark.parametrize("verb", ["decline", "expire", "revoke"])
async def test_an_offer_that_comes_to_nothing_does_not_end_the_wait(hand: Hand, verb: str) -> None:
    await hand.lead()
    await done(hand.agent())
    await done(hand.task())
    await done(hand.offer(now=NOW + 1, expires_at=PAST if verb == "expire" else FUTURE))
    await done(hand.answer(verb, now=NOW + 2, lease=hand.lease))
    task = await hand.store.task("t")
    assert task is not None
    assert (task.state, task.queued_at, task.updated_at) == (State.QUEUED, NOW, NOW + 2)


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        (state, verb)
        for verb in OF_TASKS
        for state in TRANSITIONS[verb].sources
        if TRANSITIONS[verb].to is State.QUEUED
    ],
)
async def test_every_other_way_into_the_queue_begins_the_wait_anew(
    hand: Hand, verb: str, state: State
) -> None:
    await brought_to(hand, state)
    await done(hand.on(verb, facts=FACTS.get(verb), lease=hand.lease, now=NOW + 7))
    task = await hand.store.task("t")
    assert task is not None
    assert (task.state, task.queued_at) == (State.QUEUED, NOW + 7)


async def test_history_tells_who_when_and_why(hand: Hand) -> None:
    await hand.lead()
    await done(hand.agent())
    await done(hand.task())
    await done(hand.offer())
    await done(hand.answer("decline", facts={"reason": "lunch", "cool_until": FUTURE}, actor="ann"))
    await done(hand.on("update", facts={"doc": {"priority": 9}, "queue": "q", "size": 1}))
    past = await hand.store.history("t")
    assert [event.type for event in past] == [
        "task.enqueued",
        "task.offered",
        "task.declined",
        "task.updated",
    ]
    assert (past[2].actor, past[2].facts) == ("ann", {"reason": "lunch", "cool_until": FUTURE})
    assert [event.task.doc for event in past if event.task] == [{}, {}, {}, {"priority": 9}]
    assert past[0].task is not None
    assert past[0].task.state is State.QUEUED
    assert past[2].offer is not None
    assert past[2].offer.state is OfferState.DECLINED
    assert past[2].task is not None
    assert past[2].task.cooling_down == {"ann": FUTURE}
    assert await hand.store.history("none") == []


async def test_an_agent_is_given_no_more_than_fits(hand: Hand) -> None:
    await hand.lead()
    await done(hand.agent(capacity=3))
    for id in ("a", "b"):
        await done(hand.task(id, size=2))
    await done(hand.offer("a"))
    assert await refused(hand.offer("b")) == ("at_capacity", {"load": 2, "capacity": 3})
    assert await refused(hand.on("assign", "b", {"agent": "ann"})) == (
        "at_capacity",
        {"load": 2, "capacity": 3},
    )
    grown = {"doc": {}, "queue": "q", "size": 4}
    assert await refused(hand.on("update", "a", grown)) == ("at_capacity", {"load": 2, "capacity": 3})
    await done(hand.on("update", "a", grown | {"size": 3}))
    forced = await done(hand.on("assign", "b", {"agent": "ann", "force": True}))
    assert forced.agent is not None
    assert forced.agent.load == 5


async def test_an_agent_who_is_away_is_given_nothing(hand: Hand) -> None:
    await hand.lead()
    await done(hand.agent())
    await done(hand.task())
    away = await done(hand.presence(presence=Presence.AWAY, presence_until=FUTURE))
    assert away.agent is not None
    assert (away.agent.presence, away.agent.presence_until, away.agent.version) == ("away", FUTURE, 2)
    assert await refused(hand.offer()) == ("agent_away", {"presence": "away"})
    assert await refused(hand.on("assign", facts={"agent": "bob"})) == ("unknown_agent", {})


async def test_of_two_answers_to_an_offer_one_wins(hand: Hand) -> None:
    await hand.lead()
    await done(hand.agent())
    await done(hand.task())
    await done(hand.offer())
    await done(hand.answer("accept"))
    assert await refused(hand.answer("accept")) == ("offer_taken", {"state": "accepted"})
    assert await refused(hand.answer("decline")) == ("offer_taken", {"state": "accepted"})


async def test_the_stores_clock_says_whether_an_offer_stands(hand: Hand) -> None:
    await hand.lead()
    await done(hand.agent(capacity=2))
    await done(hand.task("late"))
    await done(hand.task("early"))
    await done(hand.offer("late", expires_at=PAST))
    await done(hand.offer("early"))
    assert await refused(hand.answer("accept", "o-late", now=0)) == ("offer_expired", {"state": "open"})
    assert await refused(hand.answer("expire", "o-early", lease=hand.lease, now=FUTURE + 1)) == (
        "not_due",
        {"due": FUTURE},
    )
    over = await done(
        hand.answer("expire", "o-late", {"presence": "away", "cool_until": FUTURE}, lease=hand.lease)
    )
    assert over.agent is not None
    assert (over.agent.presence, over.agent.load) == (Presence.AWAY, 1)
    assert await refused(hand.answer("accept", "o-late")) == ("offer_expired", {"state": "expired"})


async def test_the_stores_clock_can_be_read(hand: Hand) -> None:
    """It is the one of which its events tell."""
    before = await hand.store.now_ms()
    made = await done(hand.task())
    assert made.event is not None
    assert before <= int(made.event.partition("-")[0]) <= await hand.store.now_ms()


async def test_the_stores_clock_wakes_what_is_held(hand: Hand) -> None:
    await hand.lead()
    for id, until in (("past", PAST), ("future", FUTURE)):
        await done(hand.task(id, held_until=until))
    await done(hand.task("person", hold_reason="the customer calls"))
    await done(hand.on("wake", "past", lease=hand.lease))
    assert await refused(hand.on("wake", "future", lease=hand.lease)) == ("not_due", {"due": FUTURE})
    assert await refused(hand.on("wake", "person", lease=hand.lease)) == ("not_due", {"due": None})


async def test_assigning_an_offered_task_revokes_the_offer_first(hand: Hand) -> None:
    await hand.lead()
    for agent in ("ann", "bob"):
        await done(hand.agent(agent))
    await done(hand.task())
    before = (await done(hand.offer())).event
    given = await done(hand.on("assign", facts={"agent": "bob"}))
    assert given.task is not None
    assert (given.task.agent, given.task.offer, given.task.version) == ("bob", None, 4)
    async for events in hand.store.events(before or ""):
        assert [(one.type, one.agent.id) for one in events if one.agent] == [
            ("task.revoked", "ann"),
            ("task.assigned", "bob"),
        ]
        break
    loads = {agent.id: agent.load for agent in (await hand.store.world()).agents}
    assert loads == {"ann": 0, "bob": 1}
    assert await refused(hand.answer("accept")) == ("offer_revoked", {"state": "revoked"})


async def test_a_task_at_its_agent_may_be_assigned_to_them_at_their_last_place(hand: Hand) -> None:
    await brought_to(hand, State.OFFERED)
    await done(hand.agent(capacity=1))
    given = await done(hand.on("assign", facts={"agent": "ann"}))
    assert given.agent is not None
    assert given.agent.load == 1


async def test_a_transfer_and_a_reopening_are_counted(hand: Hand) -> None:
    await brought_to(hand, State.ASSIGNED)
    there = {"doc": {"skills": {"french": 3}}, "queue": "other", "size": 2}
    moved = await done(hand.on("transfer", facts=there))
    assert moved.task is not None
    assert (moved.task.queue, moved.task.size, moved.task.handoffs) == ("other", 2, 1)
    assert moved.task.doc == there["doc"]
    assert moved.agent is not None
    assert moved.agent.load == 0
    await done(hand.on("assign", facts={"agent": "ann"}))
    await done(hand.on("complete"))
    back = await done(hand.on("reopen", facts={"doc": {"prefer": ["ann"]}}))
    assert back.task is not None
    assert (back.task.reopened, back.task.finished_at, back.task.agent) == (1, None, None)
    assert [task.id for task in (await hand.store.world()).tasks] == ["t"]


async def test_what_is_held_until_its_not_before_is_held_until_the_new_one(hand: Hand) -> None:
    """A hold of somebody else's is theirs to end."""
    await done(hand.task(held_until=FUTURE, hold_reason=NOT_BEFORE))
    for facts, until in (({"not_before": FUTURE + 9}, FUTURE + 9), ({}, NOW + 3)):
        task = (await done(hand.on("update", facts={"doc": {}, **facts}, now=NOW + 3))).task
        assert task is not None
        assert (task.state, task.held_until, task.hold_reason) == (State.HELD, until, NOT_BEFORE)
    await done(hand.task("person", hold_reason="the customer calls"))
    task = (await done(hand.on("update", "person", {"doc": {}, "not_before": FUTURE}))).task
    assert task is not None
    assert (task.held_until, task.hold_reason) == (None, "the customer calls")


async def test_the_steps_of_another_queue_are_other_steps(hand: Hand) -> None:
    """A task that was relaxed in one queue begins anew in the next, and stays relaxed in its own."""
    await hand.lead()
    await done(hand.task())
    await done(hand.on("relax", facts={"relaxed": 2}, lease=hand.lease))
    for queue, relaxed in (("q", 2), ("other", 0)):
        task = (await done(hand.on("update", facts={"doc": {}, "queue": queue, "size": 1}))).task
        assert task is not None
        assert (task.queue, task.relaxed) == (queue, relaxed)


async def test_a_version_guards_every_record(hand: Hand) -> None:
    await brought_to(hand, State.QUEUED)
    await done(hand.queue())
    stale = ("stale_version", {"version": 1})
    assert await refused(hand.on("update", version=2)) == stale
    assert await refused(hand.offer(task_version=2)) == stale
    assert await refused(hand.offer(agent_version=2)) == stale
    assert await refused(hand.agent(version=0)) == stale
    assert await refused(hand.presence(version=3)) == stale
    assert await refused(hand.remove(version=3)) == stale
    assert await refused(hand.queue(version=0)) == stale
    assert await refused(hand.agent("new", version=4)) == ("stale_version", {"version": 0})
    changed = await done(hand.queue(version=1))
    assert changed.queue is not None
    assert changed.queue.version == 2


async def test_what_is_not_there_is_said(hand: Hand) -> None:
    await hand.lead()
    await done(hand.task())
    assert await refused(hand.on("start", "none")) == ("unknown_task", {})
    assert await refused(hand.offer("none")) == ("unknown_task", {})
    assert await refused(hand.offer(agent="none")) == ("unknown_agent", {})
    assert await refused(hand.answer("accept", "none")) == ("unknown_offer", {})
    assert await refused(hand.presence("none")) == ("unknown_agent", {})
    assert await refused(hand.remove("none")) == ("unknown_agent", {})
    assert [await hand.store.task("x"), await hand.store.agent("x"), await hand.store.queue("x")] == [
        None
    ] * 3


async def test_agents_are_kept_while_they_hold_something(hand: Hand) -> None:
    await brought_to(hand, State.ASSIGNED)
    assert await refused(hand.remove()) == ("agent_has_work", {"load": 1})
    await done(hand.on("release", facts={"reason": "ill"}))
    await done(hand.remove())
    assert await hand.store.agent("ann") is None
    assert (await hand.store.world()).agents == []


async def test_an_agent_put_again_keeps_load_and_presence(hand: Hand) -> None:
    await brought_to(hand, State.ASSIGNED)
    await done(hand.presence(presence=Presence.OFFLINE))
    again = await done(hand.agent(capacity=9, doc={"skills": {}}))
    assert again.agent is not None
    assert (again.agent.load, again.agent.presence, again.agent.capacity) == (1, "offline", 9)


async def test_numbers_come_back_in_full(hand: Hand) -> None:
    long, doc = (
        253_402_300_799_999,
        {"big": 2**60 + 1, "float": 0.1, "text": 'ünï "q" \\ / \u0000', "no": None},
    )
    await hand.lead()
    await done(hand.agent(doc=doc))
    await done(hand.task(doc=doc, held_until=long))
    await done(hand.on("update", facts={"doc": doc, "queue": "q", "size": 1}))
    await done(hand.on("resume"))
    offer = await done(hand.offer(value=2**62 + 3, terms={"due": -(2**61) - 1}, expires_at=long))
    await done(hand.answer("decline", facts={"cool_until": long}))
    task = await hand.store.task("t")
    assert task is not None
    assert (task.doc, task.cooling_down) == (doc, {"ann": long})
    assert offer.offer is not None
    assert (offer.offer.value, offer.offer.terms) == (2**62 + 3, {"due": -(2**61) - 1})
    assert [event.task.held_until for event in await hand.store.history("t") if event.task][:2] == [long] * 2


async def test_ended_tasks_are_listed_latest_first_and_pruned_first_first(hand: Hand) -> None:
    for number, id in enumerate("abcde"):
        await done(hand.task(id))
        await done(hand.on("cancel", id, {"reason": "twice"}, now=NOW + number // 2))
    tasks = await hand.store.ended(None, 2)
    assert [task.id for task in tasks] == ["e", "d"]
    assert [task.id for task in await hand.store.ended((NOW + 1, "d"), 9)] == ["c", "b", "a"]
    assert await hand.store.prune(NOW + 1, 1) == 1
    assert await hand.store.task("a") is None
    assert await hand.store.history("a") == []
    assert await hand.store.prune(NOW + 2, 9) == 3
    assert [task.id for task in await hand.store.ended(None, 9)] == ["e"]
