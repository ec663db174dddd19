"""A queue's settings, relaxation and its floor; the agenda."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assigner.dispatch.agenda import Agenda
from assigner.domain.queue import DEFAULT, SETTINGS, Queue, crossings
from assigner.domain.task import Requirement
from tests.dispatch.living import MINUTE, START, Living, lived

SKILLS = st.dictionaries(st.sampled_from("abc"), st.integers(1, 10))
STEPS = st.lists(
    st.fixed_dictionaries(
        {"after_s": st.integers(1, 9), "skills": SKILLS, "drop": st.lists(st.sampled_from("abc"))}
    )
)


def _asks(skills: dict[str, int]) -> Requirement:
    return Requirement(skills=tuple(sorted(skills.items())))


@given(SKILLS, STEPS, SKILLS, st.integers(0, 9))
def test_no_step_crosses_the_floor_or_asks_more_or_touches_what_it_does_not_name(
    asked: dict[str, int], steps: list[dict[str, Any]], floor: dict[str, int], applied: int
) -> None:
    queue = Queue.of({"relaxation": steps, "floor": floor})
    relaxed = queue.relaxed(replace(_asks(asked), any_skills=(_asks(asked).skills,)), applied)
    assert relaxed.any_skills in ((), (relaxed.skills,))
    left = dict(relaxed.skills)
    first = sorted(steps, key=lambda step: step["after_s"])[:applied]
    named = {skill for step in first for skill in (*step["skills"], *step["drop"])}
    for skill, level in asked.items():
        assert min(level, floor.get(skill, 0)) <= left.get(skill, 0) <= level
        assert skill in named or left[skill] == level


def test_steps_add_up_in_the_order_of_their_waits() -> None:
    steps = [{"after_s": 20, "drop": ["a"]}, {"after_s": 10, "skills": {"a": 4, "b": 2}}]
    queue = Queue.of({"relaxation": steps})
    asked = _asks({"a": 5, "b": 5})
    assert [queue.relaxed(asked, n).skills for n in (0, 1, 2)] == [
        (("a", 5), ("b", 5)),
        (("a", 4), ("b", 2)),
        (("b", 2),),
    ]
    assert [queue.relax_due(1_000, n) for n in (0, 1, 2)] == [11_000, 21_000, None]
    assert [queue.steps_due(ms) for ms in (9_999, 10_000, 20_000)] == [0, 1, 2]


def test_an_alternative_that_asks_nothing_any_more_is_met_by_everybody() -> None:
    queue = Queue.of({"relaxation": [{"after_s": 1, "drop": ["a"]}]})
    both = Requirement(any_skills=((("a", 1),), (("b", 2),)))
    assert queue.relaxed(both, 1).any_skills == ()


def test_steps_that_would_cross_the_floor_are_told_before_they_are_stored() -> None:
    doc = {
        "relaxation": [{"after_s": 1, "skills": {"a": 3, "b": 1}}, {"after_s": 2, "drop": ["a"]}],
        "floor": {"a": 2},
    }
    assert list(crossings(doc)) == [(1, "a", 2)]


def test_a_queue_that_says_nothing_has_the_defaults_of_the_table() -> None:
    assert Queue.of({row.name: row.default for row in SETTINGS}) == DEFAULT


@lived
async def test_offers_that_come_to_nothing_do_not_put_a_relaxation_off() -> None:
    """Declined, expired, revoked: the wait goes on; given back by who had it, it begins anew."""
    live = Living()
    await live.queue("q", relaxation=[{"after_s": 600, "drop": ["a"]}], offer_ttl_s=60)
    await live.agent("ana", skills={"a": 1})
    await live.task("t", skills={"a": 1})
    await live.settle()
    await live.answer("decline", "t", cool_until=START + 2 * MINUTE)
    await live.wait(4 * MINUTE)  # offered again and not answered
    await live.wait(4 * MINUTE)  # cooling down, and offered once more
    await live.present("ana", "away")
    await live.settle()
    task = await live.record("t")
    assert (task.state, task.queued_at, task.attempts, task.declines) == ("queued", START, 3, 1)
    await live.wait(2 * MINUTE - 1)
    assert (await live.record("t")).relaxed == 0
    await live.wait(1)
    assert (await live.record("t")).relaxed == 1
    await live.present("ana", "available")
    await live.settle()
    await live.answer("accept", "t")
    await live.wait(MINUTE)
    await live.on_task("release", "t")
    await live.settle()
    task = await live.record("t")
    assert (task.queued_at, task.relaxed) == (START + 11 * MINUTE, 0)


@lived
async def test_new_steps_count_from_the_beginning_of_the_wait() -> None:
    """A queue whose steps come later now asks again what it had dropped, also of who leads next."""
    live = Living()
    await live.queue("q", relaxation=[{"after_s": 60, "drop": ["a"]}, {"after_s": 120, "drop": ["b"]}])
    await live.task("t", skills={"a": 1, "b": 1})
    await live.wait(2 * MINUTE)
    assert (await live.record("t")).relaxed == 2
    await live.queue("q", relaxation=[{"after_s": 90, "drop": ["b"]}, {"after_s": 600, "drop": ["a"]}])
    await live.settle()
    assert (await live.record("t")).relaxed == 1
    await live.dispatcher.close()
    await live.queue("q", relaxation=[{"after_s": 600, "drop": ["a"]}])
    await live.settle()
    assert (await live.record("t")).relaxed == 0
    await live.wait(8 * MINUTE)
    assert (await live.record("t")).relaxed == 1


def test_an_agenda_says_each_thing_once_at_its_earliest() -> None:
    agenda = Agenda()
    for at, kind, id in ((30, "wake", "t"), (10, "wake", "t"), (20, "wake", "t"), (10, "expire", "t")):
        agenda.put(at, kind, id)
    agenda.put(None, "relax", "t")
    assert (len(agenda), agenda.next_at()) == (2, 10)
    assert list(agenda.take(9)) == []
    assert list(agenda.take(10)) == [("expire", "t"), ("wake", "t")]
    assert (len(agenda), agenda.next_at()) == (0, None)
    assert list(agenda.take(99)) == []


def test_what_an_agenda_has_forgotten_takes_no_room_until_its_instant() -> None:
    """A task that was done in minutes is not remembered until its agent's next shift."""
    agenda = Agenda()
    agenda.put(20, "rescue", "kept")
    for number in range(50_000):
        agenda.put(10 + number, "rescue", f"t{number}")
        agenda.put(10 + number, "wake", f"t{number}")
        agenda.forget(("rescue", "wake"), f"t{number}")
    assert len(agenda) == 1
    assert len(pickle.dumps(agenda)) < 1_000_000
    assert list(agenda.take(30)) == [("rescue", "kept")]
