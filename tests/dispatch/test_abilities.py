"""Who could do what, and in what time: what it costs to look at a new type."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

from assigner.dispatch.ahead.abilities import Abilities
from assigner.dispatch.ahead.sight import waiting
from assigner.domain.agent import Presence
from tests.dispatch.living import Living, lived


@lived
async def test_a_new_type_costs_the_same_however_many_categories_are_known() -> None:
    live = Living()
    await live.agent("ana", presence=Presence.AWAY)
    for number in range(20):
        await live.task(f"t{number}", category=f"c{number}")
    await live.settle()
    now = live.clock.now_ms()
    abilities = Abilities(live.mirror.look_ahead(now).crew)
    types = [type for type, _ in waiting(live.mirror.index)]
    _, second, *_, last = [lines(partial(abilities.row, type, now)) for type in types]  # the first reads more
    assert last <= second


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
