"""An override that is only asked about does nothing, and says what it would do."""

from __future__ import annotations

from typing import Any

from assigner.domain.lifecycle import OverrideState
from assigner.domain.records import OverrideRecord
from assigner.store.base import MakeOverride, OnTask, Outcome
from tests.store.scene import NOW, Hand

HELD = OverrideRecord(
    id="x", action="hold", doc={}, author="lea", reason="why", state=OverrideState.ACTIVE, made_at=NOW
)


async def make(hand: Hand, op: str, *tasks: str, **how: Any) -> Outcome:
    said: dict[str, Any] = {"op": op, "actor": "lea", "now": NOW}
    steps = [("hold", OnTask(**said, task=task, facts={"override": "x", "reason": "why"})) for task in tasks]
    [outcome] = await hand.store.make_override([MakeOverride(**said, override=HELD, steps=steps, **how)])
    return outcome


async def test_what_is_only_asked_changes_nothing(hand: Hand) -> None:
    """The tasks are those of then; the same op does it afterwards."""
    for task in ("a", "b"):
        await hand.task(task)
    asked = await make(hand, "op", "a", "b", dry=True)
    assert (asked.refused, asked.facts) == ("only_asked", {"touched": ["a", "b"], "forced": 0})
    assert asked.refusals == ()
    world = await hand.store.world()
    assert {task.state for task in world.tasks} == {"queued"}
    assert await hand.store.override("x") is None
    done = await make(hand, "op", "a", "b")
    assert done.refused is None
    assert done.override
    assert (done.override.touched, done.replayed) == (2, False)


async def test_what_would_be_refused_is_told_as_it_would_be(hand: Hand) -> None:
    await hand.task("a")
    asked, tried = await make(hand, "op", "a", "gone", dry=True), await make(hand, "op", "a", "gone")
    assert asked.facts == {"touched": ["a"], "forced": 0, "refused": 1}
    nothing = await make(hand, "op", "gone", dry=True)
    assert nothing.facts == {"touched": [], "forced": 0, "refused": 1}
    assert tried.refused == "override_refused"
    assert asked.refusals == tried.refusals
    [(number, refusal)] = asked.refusals
    assert (number, refusal.refused) == (1, "unknown_task")
