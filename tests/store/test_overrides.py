"""An override is one change of many tasks: all of it or nothing, and undone while it applies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assigner.domain.agent import Presence
from assigner.domain.lifecycle import OverrideState, State
from assigner.store.base import MOST_REFUSALS, Enqueue, Retention
from tests.store.overriding import end, happened, known, make, on, overlay, override, revoke, task
from tests.store.scene import FUTURE, NOW, Hand, Servers, done, play, refused
from tests.store.test_same import everything

MANY = 10_000


async def tasks(hand: Hand, *ids: str) -> None:
    said = {"actor": "me", "now": NOW, "queue": "q", "size": 1, "created_at": NOW, "doc": {}}
    await hand.store.enqueue([Enqueue(op=f"make-{id}", task=id, **said) for id in ids])


async def states(hand: Hand) -> dict[str, State]:
    return {one.id: one.state for one in (await hand.store.world()).tasks}


async def test_an_override_is_kept_with_who_why_and_which_tasks(hand: Hand) -> None:
    await tasks(hand, "a", "b")
    doc = {"target": {"queue": "q"}, "until": None, "n": [1]}
    made = await done(
        make(hand, "x", on("hold", "b"), on("hold", "a"), tasks=["c", "a"], doc=doc, until=FUTURE)
    )
    assert made.override == override("x", doc=doc, until=FUTURE, touched=2)
    assert made.override == await known(hand, "x")
    assert await hand.store.override_tasks("x") == ["b", "a", "c"]
    assert (await hand.store.world()).overrides == [made.override]
    assert [await hand.store.override("y"), await hand.store.override_tasks("y")] == [None, []]


async def test_each_changed_task_has_its_own_event_and_the_override_comes_first(hand: Hand) -> None:
    await tasks(hand, "a", "b")
    before = (await hand.store.world()).last_event
    made = await done(make(hand, "x", on("hold", "a", reason="why"), on("cancel", "b", reason="why")))
    events = await happened(hand, before)
    assert [(one.type, one.op, one.actor) for one in events] == [
        ("override.made", "make-x", "lea"),
        ("task.held", "make-x:0", "lea"),
        ("task.cancelled", "make-x:1", "lea"),
    ]
    assert events[1].facts == {"override": "x", "reason": "why"}
    assert events[-1].id == made.event
    assert [one.op for one in await hand.store.history("a")] == ["make-a", "make-x:0"]


async def test_steps_are_judged_on_what_the_steps_before_leave(hand: Hand) -> None:
    """Two tasks do not take the last place of an agent; a task that was held can be resumed."""
    await done(hand.agent(capacity=1))
    await tasks(hand, "a", "b")
    both = (on("assign", "a", agent="ann"), on("assign", "b", agent="ann"))
    outcome = await make(hand, "x", *both)
    assert [(number, one.refused) for number, one in outcome.refusals] == [(1, "at_capacity")]
    assert await states(hand) == {"a": State.QUEUED, "b": State.QUEUED}
    first = await done(make(hand, "x", *both, partial=True, op="again"))
    assert first.facts == {"refused": 1}
    assert [(number, one.refused) for number, one in first.refusals] == [(1, "at_capacity")]
    assert await hand.store.override_tasks("x") == ["a"]
    await done(make(hand, "y", on("hold", "b"), on("resume", "b"), on("hold", "b")))
    assert (await task(hand, "b")).version == 4
    agent = await hand.store.agent("ann")
    assert agent
    assert agent.load == 1


async def test_an_offered_task_is_assigned_elsewhere_and_its_agent_is_free(hand: Hand) -> None:
    await hand.lead()
    for id in ("ann", "bob"):
        await done(hand.agent(id))
    await tasks(hand, "a", "b")
    await done(hand.offer("a"))
    await done(make(hand, "x", on("assign", "a", agent="bob"), on("assign", "b", agent="ann")))
    found = {one.id: one.agent for one in (await hand.store.world()).tasks}
    assert found == {"a": "bob", "b": "ann"}
    assert {one.id: one.load for one in (await hand.store.world()).agents} == {"ann": 1, "bob": 1}
    assert (await hand.store.world()).offers == []


async def test_of_ten_thousand_steps_whose_last_is_refused_none_is_done(hand: Hand) -> None:
    ids = [f"t{number}" for number in range(MANY - 1)]
    await tasks(hand, *ids)
    before = await hand.store.world()
    steps = [on("hold", id, reason="incident") for id in [*ids, "gone"]]
    outcome = await make(hand, "x", *steps)
    assert (outcome.refused, outcome.facts) == ("override_refused", {"refused": 1})
    assert [(number, one.refused) for number, one in outcome.refusals] == [(MANY - 1, "unknown_task")]
    after = await hand.store.world()
    assert {one.id: one for one in after.tasks} == {one.id: one for one in before.tasks}
    assert (after.last_event, after.overrides) == (before.last_event, [])
    assert await hand.store.override_tasks("x") == []
    made = await done(make(hand, "x", *steps, partial=True))
    assert made.override
    assert made.override.touched == MANY - 1
    assert await hand.store.override_tasks("x") == ids
    assert set((await states(hand)).values()) == {State.HELD}


async def test_only_the_first_refusals_are_told_and_all_are_counted(hand: Hand) -> None:
    outcome = await make(hand, "x", *(on("hold", f"t{number}") for number in range(MOST_REFUSALS + 5)))
    assert outcome.facts == {"refused": MOST_REFUSALS + 5}
    assert [number for number, _ in outcome.refusals] == list(range(MOST_REFUSALS))


async def test_nothing_is_made_where_nothing_can_be_done(hand: Hand) -> None:
    outcome = await make(hand, "x", on("hold", "gone"), partial=True)
    assert outcome.refused == "override_refused"
    assert await hand.store.override("x") is None


async def test_a_task_that_has_gone_on_meanwhile_is_passed_over_where_that_is_said(hand: Hand) -> None:
    await tasks(hand, "a", "b")
    await done(hand.on("hold", "a"))
    steps = [on("hold", id, lenient=True) for id in ("a", "b", "gone")]
    before = (await hand.store.world()).last_event
    made = await done(make(hand, "x", *steps, revoke("gone", lenient=True)))
    assert made.facts == {"skipped": 3}
    assert await hand.store.override_tasks("x") == ["b"]
    assert [one.facts for one in await happened(hand, before)] == [{"skipped": 3}, {"override": "x"}]
    strict = await make(hand, "y", on("adjust", "b", version=7, lenient=True, set={"priority": 9}))
    assert [one.refused for _, one in strict.refusals] == ["stale_version"]


async def test_an_override_sent_again_is_made_once(hand: Hand) -> None:
    await tasks(hand, "a")
    first = await done(make(hand, "x", on("hold", "a"), on("hold", "gone"), partial=True))
    again = await done(make(hand, "x", on("hold", "a"), on("hold", "gone"), partial=True))
    assert again.replayed
    assert (again.override, again.facts, again.refusals) == (first.override, first.facts, first.refusals)
    assert (await task(hand, "a")).version == 2
    assert await refused(make(hand, "x", op="other")) == ("override_exists", {})
    assert await refused(make(hand, "y", op="make-x")) == ("op_reused", {})


async def test_a_slot_has_one_active_override(hand: Hand) -> None:
    """The later one is refused, and told which has it; with `replace` it has it instead."""
    await done(make(hand, "x", slot="freeze billing"))
    await done(make(hand, "other", slot="drain ann"))
    assert await refused(make(hand, "y", slot="freeze billing")) == (
        "override_conflict",
        {"by": "x", "field": "slot"},
    )
    await done(make(hand, "y", slot="freeze billing", replace=True, op="again"))
    gone = await known(hand, "x")
    assert (gone.state, gone.ended_at, gone.ended_by, gone.version) == ("replaced", NOW, "lea", 2)
    await done(end(hand, "y"))
    await done(make(hand, "z", slot="freeze billing"))
    assert [one.id for one in (await hand.store.world()).overrides] == ["other", "z"]


async def test_what_was_done_is_undone_while_it_applies(hand: Hand) -> None:
    """A task that somebody has moved on stays as they left it."""
    await done(hand.agent(capacity=9))
    await tasks(hand, *"abcd")
    await done(make(hand, "x", *(on("hold", id) for id in "abcd")))
    await done(hand.on("cancel", "b"))
    await done(hand.on("resume", "c"))
    await done(hand.on("resume", "d"))
    await done(hand.on("hold", "d"))
    ended = await done(end(hand, "x", *(on("resume", id) for id in [*"abcd", "gone"])))
    assert ended.facts == {"skipped": 4}
    assert ended.override == replace(
        override("x", touched=4, version=2), state=OverrideState.UNDONE, ended_at=NOW + 1, ended_by="max"
    )
    assert await states(hand) == {"a": State.QUEUED, "c": State.QUEUED, "d": State.HELD}
    assert await refused(end(hand, "x", op="again")) == ("override_ended", {"state": "undone"})
    assert await refused(end(hand, "none")) == ("unknown_override", {})


async def test_an_override_undoes_only_its_own(hand: Hand) -> None:
    await done(hand.agent(capacity=9))
    await tasks(hand, *"ab")
    there: dict[str, Any] = {"queue": "other", "size": 1, "doc": {}, "was": {"queue": "q"}}
    await done(make(hand, "x", on("assign", "a", agent="ann"), on("transfer", "b", **there)))
    await done(hand.on("release", "a"))
    await done(make(hand, "y", on("assign", "a", agent="ann"), on("transfer", "b", **there)))
    back = {"queue": "q", "size": 1, "doc": {}}
    undo = (on("release", "a"), on("transfer", "b", **back))
    assert (await done(end(hand, "x", *undo))).facts == {"skipped": 2}
    assert [(await task(hand, id)).queue for id in "ab"] == ["q", "other"]
    await done(end(hand, "y", *undo))
    assert [(await task(hand, id)).queue for id in "ab"] == ["q", "q"]
    assert [await overlay(hand, id) for id in "ab"] == [{}, {}]
    assert set((await states(hand)).values()) == {State.QUEUED}


async def test_an_override_does_not_end_while_a_task_carries_it_that_no_step_is_about(hand: Hand) -> None:
    """Whoever ends it did not know of the task yet: it would carry for ever what nothing can undo."""
    await tasks(hand, *"abc")
    await done(make(hand, "x", *(on("adjust", id, exclude=["ann"]) for id in "abc")))
    await done(hand.on("cancel", "c"))
    admit = [on("adjust", id, admit=["ann"]) for id in "ab"]
    before = await everything(hand.store)
    assert await refused(end(hand, "x", admit[0])) == ("stale_version", {"task": "b"})
    assert await everything(hand.store) == before
    await done(end(hand, "x", *admit))
    assert [await overlay(hand, id) for id in "ab"] == [{}, {}]


async def test_work_that_its_agent_has_begun_stays_when_its_override_is_undone(hand: Hand) -> None:
    """Though whoever undoes it has not seen that yet."""
    await done(hand.agent(capacity=2))
    await tasks(hand, "a", "b")
    await done(make(hand, "x", *(on("assign", id, agent="ann") for id in "ab")))
    await done(hand.on("start", "b"))
    ended = await done(end(hand, "x", *(on("release", id) for id in "ab")))
    assert ended.facts == {"skipped": 1}
    assert await states(hand) == {"a": State.QUEUED, "b": State.ASSIGNED}


async def test_the_end_of_an_override_is_its_last_event(hand: Hand) -> None:
    await tasks(hand, "a")
    await done(make(hand, "x", on("hold", "a")))
    before = (await hand.store.world()).last_event
    ended = await done(end(hand, "x", on("resume", "a"), state=OverrideState.ENDED))
    events = await happened(hand, before)
    assert [one.type for one in events] == ["task.resumed", "override.ended"]
    assert events[-1].id == ended.event
    assert events[-1].override == await known(hand, "x")


async def test_a_dispatcher_without_the_lease_ends_nothing(hand: Hand) -> None:
    old = await hand.lead()
    await hand.store.drop_lease(old)
    await hand.store.take_lease("other", 60_000)
    await done(make(hand, "x"))
    assert await refused(end(hand, "x", lease=old)) == ("not_leader", {})
    assert await refused(end(hand, "x", version=2)) == ("stale_version", {"version": 1})
    assert (await known(hand, "x")).state is OverrideState.ACTIVE


async def test_the_offers_of_a_queue_that_is_frozen_are_revoked(hand: Hand) -> None:
    await hand.lead()
    await done(hand.agent(capacity=2))
    await tasks(hand, "a", "b")
    for id in "ab":
        await done(hand.offer(id))
    await done(hand.answer("accept", "o-b"))
    made = await done(make(hand, "x", revoke("o-a"), revoke("o-b", lenient=True), slot="freeze q"))
    assert made.override
    assert (made.override.touched, made.facts) == (1, {"skipped": 1})
    assert await hand.store.override_tasks("x") == ["a"]
    assert await states(hand) == {"a": State.QUEUED, "b": State.ASSIGNED}


@pytest.mark.parametrize("slot", ["freeze q", "drain ann", "exclude ann q"])
async def test_what_is_decided_before_an_override_is_known_is_not_offered_after_it(
    hand: Hand, slot: str
) -> None:
    """Whoever decided has to decide again; when it has ended, or elsewhere, it does not matter."""
    await hand.lead()
    for id in ("ann", "bob"):
        await done(hand.agent(id, capacity=2))
    await tasks(hand, "a", "b")
    await done(hand.task("c", queue="other"))
    await done(make(hand, "x", slot=slot))
    assert await refused(hand.offer("a")) == ("override_conflict", {"by": "x", "field": "slot"})
    task, agent = ("c", "ann") if slot == "freeze q" else ("b", "bob")
    await done(hand.offer(task, agent))
    await done(end(hand, "x"))
    await done(hand.offer("a"))


async def test_nobody_who_is_away_is_given_a_task_unless_forced(hand: Hand) -> None:
    await done(hand.agent())
    await done(hand.presence(presence=Presence.AWAY))
    await tasks(hand, "a")
    outcome = await make(hand, "x", on("assign", "a", agent="ann"))
    assert [one.refused for _, one in outcome.refusals] == ["agent_away"]
    made = await done(make(hand, "x", on("assign", "a", agent="ann", force=True), op="again"))
    assert made.override
    assert made.override.forced == 1


async def test_overrides_are_listed_the_latest_first(hand: Hand) -> None:
    for number, id in enumerate("abcd"):
        await done(make(hand, id, made_at=NOW + number // 2))
    await done(end(hand, "c"))
    assert [one.id for one in await hand.store.overrides(None, 9)] == ["d", "c", "b", "a"]
    assert [one.id for one in await hand.store.overrides(None, 1)] == ["d"]
    assert [one.id for one in await hand.store.overrides((NOW + 1, "d"), 2)] == ["c", "b"]


async def test_overrides_are_forgotten_by_since_when_they_do_not_hold(hand: Hand) -> None:
    """One that holds still is kept, however old."""
    await tasks(hand, "a")
    await done(make(hand, "holds", on("hold", "a")))
    await done(make(hand, "done", state=OverrideState.DONE, tasks=["a"]))
    await done(make(hand, "undone", slot="s"))
    await done(end(hand, "undone", now=NOW + 9))
    assert await hand.store.prune_overrides(NOW + 5, 9) == 1
    assert [one.id for one in await hand.store.overrides(None, 9)] == ["undone", "holds"]
    assert await hand.store.override_tasks("done") == []
    before = (await hand.store.world()).last_event
    assert await hand.store.prune_overrides(FUTURE, 9) == 1
    assert [(one.type, one.override and one.override.id) for one in await happened(hand, before)] == [
        ("override.pruned", "undone")
    ]
    assert [one.id for one in (await hand.store.world()).overrides] == ["holds"]


@pytest.mark.parametrize("kind", ["memory", "valkey"])
def test_an_override_whose_event_is_gone_is_answered_as_it_is_now(kind: str, servers: Servers) -> None:
    async def scene(hand: Hand) -> None:
        await done(make(hand, "x"))
        await done(end(hand, "x"))
        for number in range(400):
            await done(hand.task(f"t{number}"))
        again = await done(make(hand, "x"))
        assert (again.replayed, again.override) == (True, await known(hand, "x"))

    play(scene, kind, servers, Retention(events=10))


async def test_a_store_where_an_override_was_refused_is_as_before(hand: Hand) -> None:
    """In every part that can be looked at."""
    await hand.lead()
    await done(hand.agent(capacity=1))
    for id in ("t0", "t1", "t2"):
        await done(hand.task(id))
    await done(hand.offer("t0", offer="o0"))
    await done(make(hand, "x0", on("adjust", "t1", set={"priority": 9}), slot="s"))
    before = await everything(hand.store)
    steps = [
        on("assign", "t0", agent="ann"),
        on("adjust", "t1", set={"priority": 1}, replace=True),
        on("cancel", "t2"),
        on("hold", "gone"),
    ]
    assert (await make(hand, "x1", *steps, slot="s", replace=True)).refused == "override_refused"
    assert await everything(hand.store) == before


async def test_another_version_does_not_matter_while_the_document_is_the_same(hand: Hand) -> None:
    """Of thousands of tasks that are transferred some are offered meanwhile, which changes no document."""
    said = {"category": "é", "handle_s": 0.1, "queue": "q", "skills": {"b": 1, "a": 2}}
    await done(hand.task("a", doc=said))
    await done(hand.task("b", doc=said))
    planned = await task(hand, "a")

    def step(id: str, seen: Any) -> Any:
        verb, one = on("transfer", id, version=planned.version, doc={"queue": "r"}, queue="r", size=1)
        return verb, replace(one, seen=seen)

    for id in ("a", "b"):
        await done(hand.on("hold", id, facts={"reason": "meanwhile"}))
    await done(hand.on("update", "b", facts={"doc": {**said, "priority": 2}, "queue": "q", "size": 1}))
    refused = await make(hand, "x", step("a", planned.doc), step("b", planned.doc))
    assert [(at, one.refused) for at, one in refused.refusals] == [(1, "stale_version")]
    assert [at for at, _ in (await make(hand, "y", step("a", None))).refusals] == [0]
    await done(make(hand, "z", step("a", planned.doc)))
    assert (await task(hand, "a")).queue == "r"
    assert (await hand.on("update", "b", version=1, seen=said)).refused == "stale_version"
