"""What overrides say of a task, apart from what the client said: who may say it, and how long it stands."""

from __future__ import annotations

from typing import Any

import pytest

from assigner.domain.lifecycle import NOT_BEFORE, State
from assigner.store.overlay import says
from tests.store.overriding import end, known, make, on, overlay, task
from tests.store.scene import FUTURE, NOW, PAST, Hand, done, refused


def adjust(task: str = "t", **facts: Any) -> Any:
    return on("adjust", task, **facts)


def priority(value: int, **facts: Any) -> Any:
    return adjust(set={"priority": value}, **facts)


async def test_what_an_override_says_stands_whatever_the_client_says(hand: Hand) -> None:
    await done(hand.task(doc={"priority": 10, "due_at": "soon"}))
    said = {"priority": 90, "due_at": None, "pinned_agent": "ann"}
    await done(make(hand, "x", adjust(set=said, exclude=["bob"])))
    await done(hand.on("update", facts={"doc": {"priority": 5}, "queue": "other", "size": 2}))
    now = await task(hand)
    assert now.doc == {"priority": 5}
    assert now.overrides == {
        "priority": {"by": "x", "value": 90},
        "due_at": {"by": "x", "value": None},
        "pinned_agent": {"by": "x", "value": "ann"},
        "excluded_agents": {"bob": "x"},
    }
    assert (now.version, now.state) == (3, State.QUEUED)


async def test_an_override_lifts_what_it_has_said_and_nothing_else(hand: Hand) -> None:
    await done(hand.task())
    await done(make(hand, "x", adjust(set={"priority": 90}, exclude=["bob"])))
    await done(make(hand, "y", adjust(set={"due_at": FUTURE}, exclude=["ann"])))
    lifting = adjust(lift=["priority", "due_at"], admit=["ann", "bob"])
    await done(end(hand, "x", lifting))
    assert await overlay(hand) == {
        "due_at": {"by": "y", "value": FUTURE},
        "excluded_agents": {"ann": "y"},
    }
    gone = await done(end(hand, "y", lifting))
    assert await overlay(hand) == {}
    assert gone.facts == {}


async def test_where_nothing_changes_there_is_no_event(hand: Hand) -> None:
    await done(hand.task())
    facts = {"override": "x", "set": {"priority": 90}}
    first = await done(hand.on("adjust", facts=facts))
    again = await done(hand.on("adjust", facts=facts))
    nothing = await done(hand.on("adjust", facts={"override": "x", "lift": ["due_at"], "admit": ["bob"]}))
    assert first.event
    assert (again.event, nothing.event) == (None, None)
    assert again.task == nothing.task == first.task


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        ({"set": {"priority": 90}}, {"set": {"priority": 90}}, "priority"),
        ({"set": {"due_at": None}}, {"set": {"due_at": FUTURE}}, "due_at"),
        ({"set": {"pinned_agent": None}}, {"set": {"pinned_agent": "ann"}}, "pinned_agent"),
        ({"set": {"pinned_agent": "ann"}}, {"exclude": ["bob", "ann"]}, "pinned_agent"),
        ({"exclude": ["ann"]}, {"set": {"pinned_agent": "ann"}}, "excluded_agents"),
        ({"exclude": ["ann"]}, {"exclude": ["bob", "ann"]}, "excluded_agents"),
    ],
)
async def test_two_overrides_do_not_say_the_same_or_the_contrary(
    hand: Hand, first: Any, second: Any, field: str
) -> None:
    """The later one is refused, and told which other holds; with `replace` it holds instead."""
    await done(hand.task())
    await done(make(hand, "x", adjust(**first)))
    before = await overlay(hand)
    outcome = await make(hand, "y", adjust(**second))
    assert (outcome.refused, outcome.facts) == ("override_refused", {"refused": 1})
    ((number, why),) = outcome.refusals
    assert (number, why.refused, why.facts) == (0, "override_conflict", {"by": "x", "field": field})
    assert await overlay(hand) == before
    await done(make(hand, "y", adjust(**second, replace=True), op="again"))
    after = await overlay(hand)
    assert says(after) == {"y"}
    for name, value in second.get("set", {}).items():
        assert after[name] == {"by": "y", "value": value}
    assert after.get("excluded_agents", {}) == dict.fromkeys(second.get("exclude", ()), "y")


async def test_what_does_not_meet_does_not_conflict(hand: Hand) -> None:
    await done(hand.task())
    await done(make(hand, "x", adjust(set={"pinned_agent": "ann"})))
    await done(make(hand, "y", adjust(exclude=["bob"])))
    await done(make(hand, "z", priority(90)))
    assert set(await overlay(hand)) == {"pinned_agent", "excluded_agents", "priority"}


async def test_an_override_all_of_whose_tasks_were_taken_over_is_replaced(hand: Hand) -> None:
    """It holds as long as it says something of one of them."""
    for id in ("a", "b"):
        await done(hand.task(id))
    both = {"set": {"priority": 90}}
    await done(make(hand, "x", adjust("a", **both), adjust("b", **both)))
    await done(make(hand, "y", adjust("a", set={"priority": 10}, replace=True)))
    half = await known(hand, "x")
    assert (half.state, half.replaced, half.version) == ("active", 1, 2)
    await done(make(hand, "z", adjust("b", set={"priority": 10}, replace=True)))
    gone = await known(hand, "x")
    assert (gone.state, gone.replaced, gone.ended_at, gone.ended_by) == ("replaced", 2, NOW, "lea")
    assert [one.id for one in (await hand.store.world()).overrides] == ["y", "z"]
    assert await refused(end(hand, "x")) == ("override_ended", {"state": "replaced"})


async def test_who_holds_and_who_assigned_is_known_while_it_is_so(hand: Hand) -> None:
    await done(hand.agent(capacity=1))
    for id in ("a", "b"):
        await done(hand.task(id))
    await done(make(hand, "x", on("hold", "a", reason="incident")))
    assert await overlay(hand, "a") == {"held": {"by": "x"}}
    await done(hand.on("resume", "a"))
    assert await overlay(hand, "a") == {}
    first, second = (on("assign", id, agent="ann", force=True) for id in "ab")
    made = await done(make(hand, "y", first, second))
    assert made.override
    assert (made.override.touched, made.override.forced) == (2, 1)
    assert await overlay(hand, "a") == {"assigned": {"by": "y", "forced": False}}
    assert await overlay(hand, "b") == {"assigned": {"by": "y", "forced": True}}
    await done(hand.on("start", "b"))
    assert await overlay(hand, "b") == {"assigned": {"by": "y", "forced": True}}
    await done(hand.on("release", "b"))
    assert await overlay(hand, "b") == {}


async def test_how_a_task_was_before_a_transfer_is_known_until_it_is_changed_again(hand: Hand) -> None:
    was = {"queue": "q", "skills": {"german": 3}}
    there = {"queue": "other", "size": 1, "doc": {}}
    for id in "abc":
        await done(hand.task(id))
    await done(make(hand, "x", *(on("transfer", id, **there, was=was) for id in "abc")))
    assert await overlay(hand, "a") == {"transferred": {"by": "x", **was}}
    await done(hand.on("update", "b", facts={"doc": {}}))
    await done(hand.on("transfer", "c", facts=there))
    assert [await overlay(hand, id) for id in "bc"] == [{}, {}]


async def test_what_an_override_holds_its_client_does_not_wake_whatever_the_reason_is(hand: Hand) -> None:
    """The word is that of a hold which ends by itself; only the service's own hold is one."""
    await done(hand.task())
    await done(make(hand, "x", on("hold", "t", reason=NOT_BEFORE)))
    await done(hand.on("update", facts={"doc": {"n": 1}, "not_before": PAST}))
    assert ((await task(hand)).held_until, await overlay(hand)) == (None, {"held": {"by": "x"}})


@pytest.mark.parametrize("verb", ["cancel", "complete"])
async def test_nothing_is_said_of_a_task_that_has_ended(hand: Hand, verb: str) -> None:
    """Who opens it again begins anew: the override may not hold any more by then."""
    await done(hand.agent())
    await done(hand.task())
    await done(make(hand, "x", priority(90), on("assign", "t", agent="ann")))
    await done(hand.on(verb))
    assert await overlay(hand) == {}
    assert await refused(hand.on("adjust", facts={"override": "x", "lift": ["priority"]})) == (
        "wrong_state",
        {"state": (await task(hand)).state, "allowed": ["reopen"] if verb == "complete" else []},
    )


async def test_when_a_task_was_due_is_known_when_it_has_ended_until_it_is_reopened(hand: Hand) -> None:
    """Whether it was done in time is judged by it; the override has ended with its task."""
    await done(hand.agent())
    await done(hand.task())
    due = {"by": "x", "value": None}
    await done(make(hand, "x", adjust(set={"due_at": None, "priority": 9})))
    await done(make(hand, "y", on("assign", "t", agent="ann")))
    await done(hand.on("complete"))
    assert await overlay(hand) == {"due_at": due}
    await done(end(hand, "x"))
    assert await overlay(hand) == {"due_at": due}
    await done(hand.on("reopen"))
    assert await overlay(hand) == {}


async def test_numbers_of_an_overlay_come_back_in_full(hand: Hand) -> None:
    long = 253_402_300_799_999
    await done(hand.task())
    await done(make(hand, "x", adjust(set={"due_at": long})))
    await done(hand.on("hold", facts={"until": long}))
    assert await overlay(hand) == {"due_at": {"by": "x", "value": long}}
