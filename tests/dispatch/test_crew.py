"""When agents have room again, come and leave: what the dispatcher foresees of them."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from assigner.dispatch.ahead.crew import LEAST_LEFT, MEMORYLESS, OVERDUE, remaining
from assigner.domain.instant import rfc3339
from tests.dispatch.living import HOUR, MINUTE, START, Living, lived


def foreseen(live: Living, agent: str, size: float = 1.0) -> tuple[float, float] | None:
    """Hours until an agent has so much room, and until they leave; None: they are not at work."""
    now = live.clock.now_ms()
    crew = live.mirror.look_ahead(now).crew
    place = crew.place(agent)
    if place is None or not crew.at_work(now)[place]:
        return None
    times = crew.times(np.array([place]), now, size)
    return float(times.frees_in[0]), float(times.leaves_in[0])


@lived
async def test_who_has_room_is_free_and_stays() -> None:
    live = Living()
    await live.agent("ann")
    await live.settle()
    assert foreseen(live, "ann") == (0, inf)


@lived
async def test_who_is_busy_is_free_when_the_task_is_expected_to_be_done() -> None:
    live = Living()
    await live.agent("ann", handle_s={"easy": 7_200})
    await live.task("t", category="easy")
    await live.settle()
    assert foreseen(live, "ann") == (2, inf)
    await live.answer("accept", "t")
    await live.on_task("complete", "t")
    await live.settle()
    assert foreseen(live, "ann") == (0, inf)


@lived
async def test_with_several_tasks_in_hand_the_first_to_end_gives_room() -> None:
    live = Living()
    await live.agent("ann", capacity=2, handle_s={"easy": 3_600, "hard": 7_200})
    await live.task("t1", category="hard")
    await live.settle()
    assert foreseen(live, "ann") == (0, inf)
    await live.task("t2", category="easy")
    await live.settle()
    assert foreseen(live, "ann") == (1, inf)


@lived
async def test_who_comes_soon_counts_and_who_comes_tomorrow_does_not() -> None:
    live = Living()
    shifts = [{"from": rfc3339(START + HOUR), "until": rfc3339(START + 3 * HOUR)}]
    await live.agent("ann", shifts=shifts)
    await live.agent("bob", available_from=rfc3339(START + 24 * HOUR))
    await live.settle()
    assert foreseen(live, "ann") == (1, 3)
    assert foreseen(live, "bob") is None
    await live.wait(90 * MINUTE)
    assert foreseen(live, "ann") == (0, 1.5)
    await live.wait(90 * MINUTE)
    assert foreseen(live, "ann") is None


@lived
async def test_who_is_away_counts_when_they_have_said_when_they_are_back() -> None:
    live = Living()
    await live.agent("ann")
    await live.present("ann", "away")
    await live.settle()
    assert foreseen(live, "ann") is None
    await live.present("ann", "away", until=START + HOUR)
    await live.settle()
    assert foreseen(live, "ann") == (1, inf)
    await live.present("ann", "available", until=START + HOUR)
    await live.settle()
    assert foreseen(live, "ann") == (0, 1)


@lived
async def test_who_logged_off_after_a_shift_is_expected_at_the_next_one() -> None:
    """Who is away in the middle of one, without saying until when, is not, until it is over."""
    live = Living()
    shifts = [(START, START + 8 * HOUR), (START + 16 * HOUR, START + 24 * HOUR)]
    await live.agent("ann", shifts=[{"from": rfc3339(a), "until": rfc3339(b)} for a, b in shifts])
    await live.present("ann", "offline")
    await live.settle()
    assert foreseen(live, "ann") is None
    await live.wait(10 * HOUR)
    assert foreseen(live, "ann") == (6, 14)
    await live.wait(7 * HOUR)
    assert foreseen(live, "ann") is None
    await live.present("ann", "available")
    await live.settle()
    assert foreseen(live, "ann") == (0, 7)


@lived
async def test_who_is_drained_is_not_waited_for() -> None:
    live = Living()
    await live.agent("ann")
    await live.override("drain", {"agent": "ann"})
    await live.settle()
    assert foreseen(live, "ann") is None


@lived
async def test_room_for_a_large_task_is_there_when_the_last_of_those_in_hand_is_done() -> None:
    live = Living()
    await live.agent("ann", capacity=3, handle_s={"easy": 3_600, "hard": 7_200})
    await live.task("t1", category="hard")
    await live.task("t2", category="easy")
    await live.settle()
    assert foreseen(live, "ann") == (0, inf)
    assert foreseen(live, "ann", size=2) == (2, inf)


@lived
async def test_nights_and_breaks_are_not_time_spent_on_a_task() -> None:
    live = Living()
    await live.queue("q", lost_after_s=1_000_000)
    breaks = [{"from": rfc3339(START + HOUR), "until": rfc3339(START + 2 * HOUR)}]
    day = {"from": rfc3339(START), "until": rfc3339(START + 4 * HOUR), "breaks": breaks}
    morrow = {"from": rfc3339(START + 24 * HOUR), "until": rfc3339(START + 32 * HOUR)}
    await live.agent("ann", handle_s={"easy": 3_600}, shifts=[day, morrow])
    await live.task("t", category="easy")
    await live.settle()
    await live.answer("accept", "t")
    await live.on_task("start", "t")
    await live.settle()
    await live.wait(26 * HOUR)
    assert foreseen(live, "ann") == (1, 6)
    await live.wait(3 * HOUR)
    assert foreseen(live, "ann") == (4, 3)


@lived
async def test_who_was_never_seen_at_such_a_task_is_thought_slow_the_longer_they_take() -> None:
    """Of who has done many, about as much is left as ever."""
    live = Living()
    await live.queue("q", lost_after_s=1_000_000)
    for agent in ("ann", "bob"):
        await live.agent(agent, skills={agent: 1})
    await live.settle()
    for agent in ("ann", *(f"other-{n}" for n in range(20))):
        for minutes in (6, 24, 60, 150) * 10:
            live.mirror.handling.observe("easy", agent, minutes * MINUTE)
    for agent in ("ann", "bob"):
        await live.task(f"for-{agent}", category="easy", skills={agent: 1})
    await live.settle()
    for agent in ("ann", "bob"):
        await live.answer("accept", f"for-{agent}")
    await live.settle()
    hours = []
    for _ in range(3):
        hours.append([times[0] for agent in ("ann", "bob") if (times := foreseen(live, agent))])
        await live.wait(90 * MINUTE)
    known, new = zip(*hours, strict=True)
    assert known == pytest.approx([1.0, 1.0, 1.0], abs=0.1)
    assert new == pytest.approx([1.0, 1.4, 1.8], abs=0.1)


@pytest.mark.parametrize(("spread", "expected"), [(0.0, 0.5), (MEMORYLESS, 1.0), (MEMORYLESS / 2, 0.75)])
def test_what_is_left_of_a_task_in_hand_depends_on_how_times_spread(spread: float, expected: float) -> None:
    """Half an hour into an hour: regular times have half an hour left, exponential ones the whole again."""
    assert remaining(np.array([[0, 1.0, 0.0, spread]]), 30 * MINUTE) == pytest.approx([expected])


def test_what_takes_longer_than_expected_is_never_thought_to_be_over() -> None:
    task = np.array([[0, 1.0, 0.0, 0.0]])
    assert remaining(task, 3 * HOUR) == pytest.approx([LEAST_LEFT])


@pytest.mark.parametrize("spread", [0.0, MEMORYLESS])
def test_the_longer_a_task_is_overdue_the_more_is_left_of_it(spread: float) -> None:
    task = np.array([[0, 1.0, 0.0, spread]])
    assert remaining(task, 24 * HOUR) == pytest.approx([24 - OVERDUE])
