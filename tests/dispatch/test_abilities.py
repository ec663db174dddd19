"""Who could do what, and in what time: what it costs to look at new types."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

from assigner.dispatch.ahead.abilities import PREPARED, Abilities, Type
from assigner.dispatch.ahead.sight import waiting
from assigner.domain.agent import Presence
from tests.dispatch.living import Living, lived

NEW = 20


@lived
async def test_a_new_type_costs_the_same_however_many_categories_are_known() -> None:
    abilities, types, now = await unknown()
    _, second, *_, last = [lines(partial(abilities.row, type, now)) for type in types]  # the first reads more
    assert last <= second


@lived
async def test_while_many_new_types_are_looked_at_others_get_on() -> None:
    abilities, types, now = await unknown()
    rounds = 0

    async def others() -> None:
        nonlocal rounds
        while True:
            rounds += 1
            await asyncio.sleep(0)

    going = asyncio.ensure_future(others())
    await abilities.prepare(types, now)
    going.cancel()
    assert rounds >= NEW // PREPARED


async def unknown() -> tuple[Abilities, list[Type], int]:
    """NEW types of tasks, each of a category of its own, none looked at yet; and now."""
    live = Living()
    await live.agent("ana", presence=Presence.AWAY)
    for number in range(NEW):
        await live.task(f"t{number}", category=f"c{number}")
    await live.settle()
    now = live.clock.now_ms()
    abilities = Abilities(live.mirror.look_ahead(now).crew)
    return abilities, [type for type, _ in waiting(live.mirror.index)], now


def lines(do: Callable[[], object]) -> int:
    """How many lines of code are gone through."""
    count, before = 0, sys.gettrace()

    def trace(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        do()
    finally:
        sys.settrace(before)
    return count
