"""API keys are kept with the rest: made, replaced, and told as they change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from assigner.domain.access import Role
from assigner.domain.records import KeyRecord
from assigner.store.base import Outcome, PutKey
from tests.store.overriding import happened
from tests.store.scene import FUTURE, NOW, Hand, done, refused

ANN = KeyRecord(
    id="k1",
    name="ann",
    role=Role.AGENT,
    hash="e3b0c442",
    agent="ann",
    rate=0.5,
    created_at=NOW,
    created_by="root",
    expires_at=FUTURE,
)


async def put(hand: Hand, key: KeyRecord, op: str, version: int | None = None) -> Outcome:
    said: dict[str, Any] = {"op": op, "actor": "root", "now": NOW}
    (outcome,) = await hand.store.put_key([PutKey(**said, key=key, version=version)])
    return outcome


async def test_a_key_comes_back_as_it_was_put(hand: Hand) -> None:
    made = await done(put(hand, ANN, "a", version=0))
    assert made.key == await hand.store.key("k1") == ANN
    other = replace(ANN, id="k0", role=Role.ADMIN, agent=None, rate=1e15, expires_at=None)
    await done(put(hand, other, "b"))
    assert await hand.store.keys() == [other, ANN]
    assert {key.id: key for key in (await hand.store.world()).keys} == {"k0": other, "k1": ANN}
    assert await hand.store.key("none") is None


async def test_a_key_that_is_revoked_is_kept_and_told(hand: Hand) -> None:
    """Whoever checks keys learns of it from the events."""
    made = await done(put(hand, ANN, "a"))
    revoked = await done(put(hand, replace(ANN, revoked_at=NOW + 1), "b", version=1))
    assert revoked.key == replace(ANN, revoked_at=NOW + 1, version=2)
    assert [(one.type, one.key) for one in await happened(hand, made.event or "")] == [
        ("key.put", revoked.key)
    ]
    assert await hand.store.keys() == [revoked.key]


async def test_the_version_of_a_key_is_the_stores(hand: Hand) -> None:
    await done(put(hand, replace(ANN, version=7), "a"))
    assert (await hand.store.keys())[0].version == 1
    assert await refused(put(hand, ANN, "b", version=0)) == ("stale_version", {"version": 1})
    again = await done(put(hand, ANN, "a"))
    assert (again.replayed, again.key) == (True, ANN)
