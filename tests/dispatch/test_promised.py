"""What queues promise moves their tasks: among like tasks, when settings change, and when it is broken."""

from __future__ import annotations

from typing import Any

import pytest

from assigner.dispatch.loop import Pace
from tests.dispatch.living import HOUR, MINUTE, START, Living, lived

STEEP: list[dict[str, Any]] = [{"before_s": 7200, "points": 0}, {"before_s": 0, "points": 900}]
SNAPSHOT: dict[str, Any] = {"rule": "snapshot"}


async def taken(live: Living, *tasks: str) -> str:
    """Which of some tasks ana is offered, who takes one at a time."""
    await live.agent("ana")
    await live.settle()
    [first] = [task for task in tasks if await live.where(task) == ["offered ana"]]
    return first


@lived
async def test_of_like_tasks_that_of_the_steeper_curve_goes_first() -> None:
    """Though its promise ends later, and it is of no more priority."""
    live = Living()
    await live.queue("flat", **SNAPSHOT)
    await live.queue("steep", curve=STEEP, **SNAPSHOT)
    for number in range(3):
        await live.task(f"flat{number}", queue="flat", due_at=live.at(MINUTE))
    await live.task("steep", queue="steep", due_at=live.at(HOUR))
    assert await taken(live, "steep", "flat0", "flat1", "flat2") == "steep"


@lived
async def test_the_first_response_that_is_due_puts_a_task_first_until_it_is_given() -> None:
    live = Living()
    await live.queue("q", service_levels=[{"category": "a", "first_response_s": 600}], **SNAPSHOT)
    await live.task("answered", category="a")
    assert await taken(live, "answered") == "answered"
    await live.answer("accept", "answered")
    await live.on_task("release", "answered")
    await live.task("new", category="a")
    await live.present("ana", "away")
    await live.wait(20 * MINUTE)
    assert live.mirror.tasks["answered"].task.respond_by is None
    assert live.mirror.tasks["new"].task.respond_by == START + 10 * MINUTE
    await live.present("ana", "available")
    await live.settle()
    assert await live.where("new", "answered") == ["offered ana", "queued"]


@lived
async def test_new_settings_move_the_tasks_that_wait() -> None:
    """A promise that a queue makes now is that of all of its open tasks."""
    live = Living()
    for id in ("one", "other"):
        await live.queue(id, **SNAPSHOT)
        await live.task(f"{id}-task", queue=id)
    await live.settle()
    await live.queue("other", service_levels=[{"resolution_s": 60}], **SNAPSHOT)
    await live.settle()
    assert live.mirror.tasks["other-task"].task.due_at == START + MINUTE
    assert await taken(live, "one-task", "other-task") == "other-task"


async def busy(*tasks: str) -> Living:
    """Ana has something in hand; some tasks wait for her, who were to be begun within a minute."""
    live = Living(pace=Pace(tick_ms=MINUTE, lease_ms=1_000 * HOUR))
    await live.queue("q", lost_after_s=10_000_000)
    await live.agent("ana")
    await live.settle()
    await live.task("begun")
    await live.settle()
    await live.answer("accept", "begun")
    await live.on_task("start", "begun")
    for task in tasks:
        await live.task(task, due_at=live.at(MINUTE))
    await live.settle()
    return live


@pytest.mark.parametrize(("waits", "first"), [(24 * HOUR, "fresh"), (72 * HOUR, "late")])
@lived
async def test_a_promise_out_of_reach_is_set_back_until_its_task_has_waited_too_long(
    waits: int, first: str
) -> None:
    """Too long where so much arrives, and next to nothing waits."""
    live = await busy("late")
    live.clock.advance(waits)
    for number in range(20):
        await live.task(f"t{number}")
        await live.on_task("cancel", f"t{number}")
    await live.task("fresh")
    await live.settle()
    await live.on_task("complete", "begun")
    await live.settle()
    assert await live.where(first) == ["offered ana"]


@lived
async def test_where_nothing_gets_done_tasks_would_wait_as_long_as_they_have() -> None:
    """As much as arrived in all that time waits; while nobody is at work, no more is said of it."""
    live = await busy("a", "b", "c")
    live.clock.advance(10 * HOUR)
    await live.settle()
    waits = live.mirror.sees.wait
    assert waits == pytest.approx(10 * 3 / 4, rel=0.05)
    await live.present("ana", "away")
    live.clock.advance(10 * HOUR)
    await live.settle()
    assert live.mirror.sees.wait == waits
