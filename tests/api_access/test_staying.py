"""Who stays for long, for a stream or a long poll, is told when they may stay no longer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from api import app
from api.access.door import Door
from api.access.keyring import mint, new_id
from api.access.table import Caller
from assigner.clock import Clock, ManualClock, SystemClock
from assigner.config import Settings
from assigner.domain.access import Role
from assigner.domain.records import KeyRecord
from assigner.engine import Engine
from assigner.store.keeper import Keeper
from assigner.store.memory import MemoryStore

NORTH = "north"
HOUR = 3_600_000


def known(clock: Clock, expires_at: int | None = None) -> tuple[Door, KeyRecord, Caller]:
    """A door that knows a key, and the caller whom it shows."""
    door = Door(Settings(), [NORTH], clock)
    wanted = KeyRecord(
        id=new_id(), name="x", role=Role.SRE, hash="", created_at=0, created_by="x", expires_at=expires_at
    )
    minted = mint(wanted)
    door.know(NORTH, [minted.key], whole=True)
    caller = asyncio.run(door.admit(f"Bearer {minted.text}".encode()))
    assert isinstance(caller, Caller)
    return door, minted.key, caller


Change = Callable[[Door, KeyRecord, ManualClock], None]


def revoked(door: Door, key: KeyRecord, _: ManualClock) -> None:
    door.know(NORTH, [replace(key, revoked_at=1, version=2)], whole=False)


def gone(door: Door, _: KeyRecord, __: ManualClock) -> None:
    """The store is another now."""
    door.know(NORTH, [], whole=True)


def shortened(door: Door, key: KeyRecord, clock: ManualClock) -> None:
    door.know(NORTH, [replace(key, expires_at=clock.now_ms(), version=2)], whole=False)


@pytest.mark.parametrize("change", [revoked, gone, shortened])
def test_who_may_be_nobody_any_more_is_told_at_once(change: Change) -> None:
    clock = ManualClock(at_ms=HOUR)
    door, key, caller = known(clock, 10 * HOUR)

    async def stay() -> None:
        with door.staying(caller) as over, door.staying(caller) as other:
            assert door.still(caller)
            assert not over.done()
            change(door, key, clock)
            assert over.done()
            assert other.done()
            assert not door.still(caller)

    asyncio.run(stay())


def lasting(door: Door, key: KeyRecord, clock: ManualClock) -> None:
    """It is rotated: it goes on until the overlap ends."""
    door.know(NORTH, [replace(key, expires_at=clock.now_ms() + HOUR, version=2)], whole=False)


def late(door: Door, key: KeyRecord, _: ManualClock) -> None:
    """News of the key as it was, after news of what it is."""
    door.know(NORTH, [replace(key, version=3)], whole=False)
    door.know(NORTH, [replace(key, revoked_at=1, version=2)], whole=False)


def others(door: Door, key: KeyRecord, _: ManualClock) -> None:
    door.know(NORTH, [replace(key, id=new_id(), revoked_at=1)], whole=False)
    door.know("south", [], whole=True)


@pytest.mark.parametrize("change", [lasting, late, others])
def test_who_may_stay_is_left_alone(change: Change) -> None:
    clock = ManualClock(at_ms=HOUR)
    door, key, caller = known(clock)

    async def stay() -> None:
        with door.staying(caller) as over:
            change(door, key, clock)
            assert not over.done()
            assert door.still(caller)

    asyncio.run(stay())


def a_key(clock: SystemClock) -> tuple[Door, Caller]:
    door, _, caller = known(clock, clock.now_ms() + 300)
    return door, caller


def a_token(clock: SystemClock) -> tuple[Door, Caller]:
    door = Door(Settings(), [NORTH], clock)
    who = "oidc:eva"
    until = clock.now_ms() + 300
    return door, Caller(id=who, name=who, role=Role.SRE, workspace=NORTH, until=until)


@pytest.mark.parametrize("shown", [a_key, a_token])
def test_when_its_time_comes_it_is_told(shown: Callable[[SystemClock], tuple[Door, Caller]]) -> None:
    door, caller = shown(SystemClock())

    async def stay() -> None:
        with door.staying(caller) as over:
            await _within(30, over)
        assert not door.still(caller)

    asyncio.run(stay())


def test_without_keys_everybody_may_stay() -> None:
    door = Door(Settings(dev=True), [NORTH], ManualClock())

    async def stay() -> None:
        caller = await door.admit(None)
        assert isinstance(caller, Caller)
        with door.staying(caller) as over:
            door.know(NORTH, [], whole=True)
            assert not over.done()
            assert door.still(caller)

    asyncio.run(stay())


def test_before_the_keys_are_read_nobody_is_told_that_theirs_is_wrong() -> None:
    door = Door(Settings(), [NORTH, "south"], ManualClock())
    shown = b"Bearer ak_0123456789abcdef_" + b"a" * 43

    def why() -> object:
        refused = asyncio.run(door.admit(shown))
        return None if isinstance(refused, Caller) else refused.code

    assert why() == "not_ready"
    door.know(NORTH, [], whole=True)
    assert why() == "not_ready"
    door.know("south", [], whole=True)
    assert why() == "unauthorized"


class Stumbling(MemoryStore):
    """A store that cannot give its keys the first time that it is asked for them."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.times = 0
        self.thrice = asyncio.Event()

    async def keys(self) -> list[KeyRecord]:
        self.times += 1
        if self.times == 1:
            raise ValueError("This is no key.")
        if self.times == 3:
            self.thrice.set()
        return await super().keys()


def test_a_dispatcher_alone_goes_on_to_ask_for_keys_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_KEYS_S", 0.01)
    clock, keeper = ManualClock(), Keeper(stores=())
    door = Door(Settings(), [NORTH], clock)

    async def ask() -> None:
        keeper.ready.set()
        store = Stumbling(clock)
        asking = asyncio.create_task(app._know_keys(door, Engine(keeper=keeper, stores={NORTH: store})))
        thrice = asyncio.create_task(store.thrice.wait())
        await asyncio.wait({asking, thrice}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        assert thrice.done()
        assert door.keyring.loaded
        asking.cancel()

    asyncio.run(ask())


async def _within(seconds: float, told: Awaitable[None]) -> None:
    async with asyncio.timeout(seconds):
        await told
