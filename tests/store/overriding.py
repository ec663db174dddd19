"""Overrides for a test: made, ended and looked at in a word each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assigner.domain.lifecycle import OverrideState
from assigner.domain.records import Event, OverrideRecord, TaskRecord
from assigner.store.base import EndOverride, MakeOverride, OnOffer, OnTask, Outcome, Step
from tests.store.scene import NOW, Hand

SAID: dict[str, Any] = {"op": "", "actor": "", "now": 0}
"""What a step says; op, actor and instant are those of its override."""


def on(verb: str, task: str, version: int | None = None, **facts: Any) -> Step:
    """A step on a task."""
    return verb, OnTask(**SAID, task=task, version=version, facts=facts)


def revoke(offer: str, **facts: Any) -> Step:
    """A step on an offer."""
    return "revoke", OnOffer(**SAID, offer=offer, facts=facts)


def override(id: str, **more: Any) -> OverrideRecord:
    """What a coordinator decided."""
    said = {"action": "pin", "doc": {"target": {}}, "author": "lea", "reason": "why", "made_at": NOW}
    return OverrideRecord(**{**said, "state": OverrideState.ACTIVE, "id": id, **more})


async def make(hand: Hand, id: str, *steps: Step, op: str = "", **more: Any) -> Outcome:
    """Make an override whose steps say that they are of it."""
    how = {name: more.pop(name) for name in ("partial", "replace", "tasks", "dry") if name in more}
    own = [(verb, _of(id, one)) for verb, one in steps]
    record = override(id, **more)
    said = {"op": op or f"make-{id}", "actor": "lea", "now": NOW}
    (outcome,) = await hand.store.make_override([MakeOverride(**said, override=record, steps=own, **how)])
    return outcome


async def end(hand: Hand, id: str, *steps: Step, state: Any = OverrideState.UNDONE, **more: Any) -> Outcome:
    """End an override."""
    said = {"op": f"end-{id}", "actor": "max", "now": NOW + 1} | more
    own = [(verb, _of(id, one)) for verb, one in steps]
    (outcome,) = await hand.store.end_override([EndOverride(**said, override=id, state=state, steps=own)])
    return outcome


def _of(id: str, one: OnTask | OnOffer) -> Any:
    return replace(one, facts={"override": id, **one.facts})


async def task(hand: Hand, id: str = "t") -> TaskRecord:
    """A task that is there."""
    found = await hand.store.task(id)
    assert found
    return found


async def overlay(hand: Hand, id: str = "t") -> Mapping[str, Any]:
    """What overrides say of a task."""
    return (await task(hand, id)).overrides


async def known(hand: Hand, id: str) -> OverrideRecord:
    """An override that is there."""
    found = await hand.store.override(id)
    assert found
    return found


async def happened(hand: Hand, after: str) -> Sequence[Event]:
    """The events since one, up to the last there is."""
    last, found = (await hand.store.world()).last_event, list[Event]()
    if last == after:
        return found
    async for events in hand.store.events(after):
        found += events
        if events[-1].id == last:
            break
    return found
