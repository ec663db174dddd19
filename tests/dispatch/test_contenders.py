"""Of many tasks few contend for the places there are: none is left out that somebody might be given."""

from __future__ import annotations

import pytest

from assigner.dispatch import contenders
from assigner.dispatch.candidates import candidates
from assigner.dispatch.mirror import Mirror
from assigner.domain.policy import Policy
from tests.dispatch.living import MINUTE, START, Living, lived


async def contending(live: Living) -> list[str]:
    """The tasks that a decision is about now, by id."""
    mirror = await Mirror.of(await live.store.world())
    return sorted(task.id for task in candidates(mirror, START, Policy()).snapshot.tasks)


@lived
async def test_a_large_task_pushes_no_small_one_out_nor_the_other_way_round() -> None:
    """A large one counts more, but two small ones may be worth more together: the best of each size stay."""
    live = Living()
    for number in range(5):
        for size, name in ((1, "small"), (2, "large")):
            await live.task(f"{name}{number}", category=f"c{number}", size=size, priority=number)
    await live.agent("ana", capacity=2)
    assert await contending(live) == ["large3", "large4", "small3", "small4"]


@lived
async def test_what_may_not_be_begun_yet_pushes_nothing_out_though_it_names_somebody() -> None:
    live = Living()
    await live.task("later", priority=90, preferred_agents=["ana"], not_before=live.at(MINUTE))
    await live.task("now", preferred_agents=["ana"])
    await live.agent("ana")
    assert await contending(live) == ["now"]


@lived
async def test_what_would_outlast_a_shift_by_a_little_pushes_nothing_out() -> None:
    """The rule takes 650 seconds for 623, the nearest step of handling times; the shift ends between."""
    live = Living()
    for number in range(3):
        await live.task(f"long{number}", category=f"c{number}", handle_s=650, priority=100)
    await live.task("short", category="short", handle_s=60, priority=0)
    await live.agent("ana", available_until=live.at(630_000))
    assert "short" in await contending(live)


@lived
async def test_where_too_many_pairs_would_be_compared_all_tasks_contend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contenders, "MOST_CELLS", 5)
    live = Living()
    for number in range(6):
        await live.task(f"t{number}", category=f"c{number}", priority=number)
    await live.agent("ana")
    assert len(await contending(live)) == 6
    monkeypatch.setattr(contenders, "MOST_CELLS", 6)
    assert await contending(live) == ["t5"]


@lived
async def test_by_priority_first_who_would_be_faster_pushes_no_task_out() -> None:
    """Eva, who is busy, takes a minute for what ana takes two hours for; nothing is held back for her."""
    live = Living()
    await live.queue("q", rule="priority_first", auto_accept=True)
    await live.agent("eva", handle_s={"hers": 60})
    await live.task("first", category="hers")
    await live.settle()
    await live.agent("ana", handle_s={"hers": 7_200, "own": 60})
    await live.task("important", category="hers", priority=51)
    await live.task("usual", category="own")
    assert await contending(live) == ["important"]
