"""A tick of the prices goes on while others decide."""

import asyncio

import numpy as np
import pytest

from assigner.dispatch.ahead.burden import Burden
from assigner.dispatch.ahead.foresight import TICK_MS
from assigner.dispatch.ahead.keeping import KINDS, foresight_of
from assigner.dispatch.ahead.prices import settle_here, tick
from assigner.dispatch.candidates import candidates
from assigner.domain.policy import Policy
from assigner.store.base import Learn, StoreUnavailable
from assigner.store.memory import MemoryStore
from tests.dispatch.living import Living, lived

TYPES, AGENTS = 40, 6


async def _busy() -> Living:
    """Tasks of many types wait for a few agents, one of whom is free."""
    live = Living()
    await live.queue("q")
    for number in range(AGENTS):
        times = {f"c{one}": 60.0 + 7 * number * one for one in range(TYPES)}
        await live.agent(f"a{number}", handle_s=times)
        if number:
            await live.on_task("assign", await _task(live, number, number), agent=f"a{number}", force=True)
    await live.step()
    for number in range(TYPES):
        await _task(live, AGENTS + number, number)
    assert live.dispatcher.lead is not None
    await live.dispatcher.lead.feed.catch_up()
    return live


async def _task(live: Living, number: int, category: int) -> str:
    await live.task(f"t{number}", category=f"c{category}")
    return f"t{number}"


@lived
async def test_nobody_decides_by_the_half_of_a_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where much is shared out a slice at a time, prices and shares change together, and what waits counts
    once.
    """
    for module in ("sight", "prices"):
        monkeypatch.setattr(f"assigner.dispatch.ahead.{module}.WHOLE_CELLS", 0)
    live = await _busy()
    mirror, now = live.mirror, live.clock.now_ms() + TICK_MS
    sees, before = mirror.look_ahead(now), mirror.sees.ticked
    candidates(mirror, now, Policy())

    ticking, seen = asyncio.ensure_future(tick(sees, mirror.index, now, settle_here)), set[int]()
    while not ticking.done():
        await asyncio.sleep(0)
        assert sees.burden.tick == sees.ticked
        candidates(mirror, now, Policy())
        seen.add(sees.burden.tick)
    await ticking
    assert seen == {before, now // TICK_MS}

    counted, sees.burden = sees.burden, Burden(tick=sees.ticked)
    candidates(mirror, now, Policy())
    assert counted.hours.sum() > 0
    assert np.allclose(counted.hours, sees.burden.hours)


@lived
async def test_what_is_taken_during_a_tick_burdens_nobody_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last task of its kind: nothing else says that it waits no more."""
    for module in ("sight", "prices"):
        monkeypatch.setattr(f"assigner.dispatch.ahead.{module}.WHOLE_CELLS", 0)
    live = await _busy()
    mirror, now = live.mirror, live.clock.now_ms() + TICK_MS
    ticking = asyncio.ensure_future(tick(mirror.look_ahead(now), mirror.index, now, settle_here))
    await asyncio.sleep(0)
    mirror.index.leave(mirror.tasks[f"t{AGENTS}"])
    await ticking
    candidates(mirror, now, Policy())

    counted, mirror.sees.burden = mirror.sees.burden, Burden(tick=mirror.sees.ticked)
    candidates(mirror, now, Policy())
    assert np.allclose(counted.hours, mirror.sees.burden.hours)


class Away(MemoryStore):
    """A store that is away when it is told what was learned, until it is back."""

    back = False

    async def learn(self, learn: Learn) -> bool:
        if not self.back:
            raise StoreUnavailable("away")
        return await super().learn(learn)


@lived
async def test_what_the_store_did_not_take_it_is_told_at_the_next_tick() -> None:
    """Of a type that comes no more, too: nothing else would say so again."""
    live = Living()
    live.store = live.dispatcher.store = store = Away(live.clock)
    assert await live.dispatcher.take()
    await live.agent("ana")
    await _task(live, 0, 0)
    with pytest.raises(StoreUnavailable):
        await live.step()
    store.back = True
    live.clock.advance(TICK_MS)
    await live.step()
    kept, demand = foresight_of(await store.learned(*KINDS)), live.mirror.sees.demand
    assert kept.demand.arrived.keys() == demand.arrived.keys() != set()
