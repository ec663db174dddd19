"""A key that has been shown before is known again at once, and only as long as it would be admitted."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from api.access.door import Door
from api.access.keyring import Minted, mint, new_id
from api.access.table import Caller
from assigner.clock import ManualClock
from assigner.config import Settings
from assigner.domain.access import Role
from assigner.domain.records import KeyRecord

NOW = 1_000_000


def minted() -> Minted:
    return mint(
        KeyRecord(
            id=new_id(), name="n", role=Role.SRE, hash="", created_at=0, created_by="b", expires_at=NOW + 10
        )
    )


def shown(text: str) -> bytes:
    return f"Bearer {text}".encode()


def admitted() -> tuple[Door, ManualClock, Minted]:
    """A door that has admitted who shows a key."""
    clock, key = ManualClock(at_ms=NOW), minted()
    door = Door(Settings(), ("default",), clock)
    door.know("default", [key.key], whole=True)
    assert door.recognise(shown(key.text)) is None
    assert isinstance(asyncio.run(door.admit(shown(key.text))), Caller)
    return door, clock, key


def test_who_was_admitted_is_recognised_by_the_whole_key_alone() -> None:
    door, _, key = admitted()
    found = door.recognise(shown(key.text))
    assert found == asyncio.run(door.admit(shown(key.text)))
    for other in (key.text[:-1], f"{key.text}A", f"ak_{key.key.id}_", minted().text):
        assert door.recognise(shown(other)) is None
    assert door.recognise(None) is None
    assert door.recognise(key.text.encode()) is None


def test_a_key_that_expires_is_recognised_no_more() -> None:
    door, clock, key = admitted()
    clock.advance(9)
    assert door.recognise(shown(key.text))
    clock.advance(1)
    assert door.recognise(shown(key.text)) is None


def test_a_key_that_is_revoked_or_gone_is_recognised_no_more() -> None:
    door, _, key = admitted()
    door.know("default", [replace(key.key, revoked_at=NOW, version=2)], whole=False)
    assert door.recognise(shown(key.text)) is None
    assert not isinstance(asyncio.run(door.admit(shown(key.text))), Caller)
    assert door.recognise(shown(key.text)) is None
    door, _, key = admitted()
    door.know("default", [], whole=True)
    assert door.recognise(shown(key.text)) is None
