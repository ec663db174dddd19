"""A task's place among its like, by what is known of it where it is asked."""

from __future__ import annotations

from dataclasses import replace

from assigner.dispatch.mirror import Mirror
from assigner.dispatch.waiting import explain_live
from assigner.domain.records import TaskRecord
from tests.dispatch.living import START, Living, lived


async def centre() -> tuple[Mirror, TaskRecord]:
    """A mirror of three like tasks, and the record of the one in the middle."""
    live = Living()
    for id, priority in (("low", 10), ("middle", 50), ("high", 90)):
        await live.task(id, skills={"a": 1}, priority=priority)
    return await Mirror.of(await live.store.world()), await live.record("middle")


async def place(mirror: Mirror, record: TaskRecord) -> tuple[int, int]:
    found = await explain_live(mirror, record, START, weights={})
    return found.position, found.of


@lived
async def test_a_place_is_counted_from_the_most_urgent() -> None:
    mirror, middle = await centre()
    assert await place(mirror, middle) == (2, 3)


@lived
async def test_of_equal_urgency_the_older_comes_first_then_the_smaller_id() -> None:
    mirror, middle = await centre()
    twins = [
        replace(middle, id="a"),
        replace(middle, id="z"),
        replace(middle, created_at=middle.created_at - 1),
    ]
    assert [await place(mirror, twin) for twin in twins[:2]] == [(2, 4), (3, 4)]
    assert await place(mirror, twins[2]) == (2, 3)


@lived
async def test_a_task_that_has_changed_since_does_not_stand_before_itself() -> None:
    """What the mirror knew of it does not count, nor the line in which it stood."""
    mirror, middle = await centre()
    doc = {**middle.doc, "priority": 5}
    assert await place(mirror, replace(middle, doc=doc, version=2)) == (3, 3)
    assert await place(mirror, replace(middle, doc={**doc, "skills": {"b": 1}}, version=2)) == (1, 1)


@lived
async def test_a_task_that_is_not_known_yet_has_a_place() -> None:
    mirror, middle = await centre()
    assert await place(mirror, replace(middle, id="new", doc={**middle.doc, "priority": 99})) == (1, 4)
