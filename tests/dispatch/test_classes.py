"""Of tasks that ask the same, which are looked at: the most urgent of each kind that somebody tells apart."""

from __future__ import annotations

from typing import Any

import pytest

from assigner.dispatch.mirror import Mirror
from tests.dispatch.living import MINUTE, Living, lived
from tests.dispatch.optimum import looked_at

Doc = dict[str, Any]
NOBODY = "nobody"


async def centre(agents: dict[str, Doc], tasks: dict[str, Doc], rule: str = "snapshot") -> Living:
    """A centre in which all tasks ask for one skill and all agents have it."""
    live = Living()
    await live.queue("q", rule=rule)
    for id, doc in tasks.items():
        await live.task(id, **{"skills": {"a": 1}, **doc})
    for id, doc in agents.items():
        await live.agent(id, **{"skills": {"a": 1}, **doc})
    return live


async def seen(live: Living, weights: dict[str, float] | None = None) -> str:
    """The ids of the tasks that are looked at, in order."""
    mirror = await Mirror.of(await live.store.world())
    found = looked_at(mirror, live.clock.now_ms(), weights or {})
    return " ".join(sorted(task.id for task in found.tasks))


def urgent(*priorities: int) -> dict[str, Doc]:
    """Tasks named after their priorities."""
    return {f"p{priority}": {"priority": priority} for priority in priorities}


@lived
async def test_only_as_many_as_there_are_places_of_their_size() -> None:
    """An agent has as many places as tasks of that size fit in what is left of their capacity."""
    sized = {id: {**doc, "size": 2} for id, doc in urgent(50, 60, 70, 80, 90).items()}
    live = await centre({"ana": {"capacity": 3}, "eva": {"capacity": 5}, "luis": {"capacity": 1}}, sized)
    assert await seen(live) == "p70 p80 p90"


@lived
async def test_what_an_agent_holds_takes_their_places() -> None:
    live = await centre({"ana": {"capacity": 3}}, urgent(90))
    await live.settle()
    for id, doc in urgent(50, 60, 70, 80).items():
        await live.task(id, skills={"a": 1}, **doc)
    assert await seen(live) == "p70 p80"


@pytest.mark.parametrize(("handle_ms", "fits"), [(10 * MINUTE, True), (10 * MINUTE + 1, False)])
@lived
async def test_a_task_that_outlasts_a_shift_takes_no_place_of_one_that_does_not(
    handle_ms: int, fits: bool
) -> None:
    """To the millisecond: work that is done when the shift ends fits in it."""
    long = {"handle_s": handle_ms / 1_000}
    tasks = {"p50": {"priority": 50, "handle_s": 60}}
    tasks |= {f"p{priority}": {"priority": priority, **long} for priority in (70, 80, 90)}
    live = await centre({"ana": {}, "eva": {}}, tasks)
    await live.agent("ana", skills={"a": 1}, available_until=live.at(10 * MINUTE))
    assert await seen(live) == ("p80 p90" if fits else "p50 p80 p90")


@lived
async def test_each_end_of_a_shift_tells_tasks_apart() -> None:
    """Three people, three ends: what only the last can finish leaves the others what they can."""
    tasks = {
        f"{name}{n}": {"priority": priority - n, "handle_s": minutes * 60}
        for name, minutes, priority in (("long", 25, 90), ("mid", 15, 70), ("short", 5, 50))
        for n in range(4)
    }
    live = await centre({}, tasks)
    for id, minutes in (("ana", 10), ("eva", 20), ("luis", 30)):
        await live.agent(id, skills={"a": 1}, available_until=live.at(minutes * MINUTE))
    assert await seen(live) == "long0 long1 long2 mid0 mid1 mid2 short0 short1 short2"


@lived
async def test_the_end_of_the_shift_of_now_counts_and_not_that_of_the_last_one() -> None:
    """Shifts inside an outer window that holds both tasks: the long one outlasts the shift."""
    tasks = {"long": {"priority": 90, "handle_s": 1200}, "short": {"handle_s": 60}}
    live = await centre({}, tasks)
    shifts = [(0, 10), (20, 45)]
    said = [{"from": live.at(a * MINUTE), "until": live.at(b * MINUTE)} for a, b in shifts]
    await live.agent("ana", skills={"a": 1}, shifts=said, available_until=live.at(60 * MINUTE))
    assert await seen(live) == "long short"
    await live.settle()
    assert await live.where("long", "short") == ["queued", "offered ana"]


@lived
async def test_an_agents_own_time_tells_handling_times_apart() -> None:
    """A task at which an agent is much faster is worth more to them than one a little more urgent."""
    tasks = {
        "quick": {"priority": 51, "handle_s": 60, "category": "x"},
        "slow": {"priority": 50, "handle_s": 3600, "category": "x"},
    }
    live = await centre({"ana": {"handle_s": {"x": 600}}}, tasks)
    assert await seen(live) == "quick slow"
    live = await centre({"ana": {"handle_s": {"y": 600}}}, tasks)
    assert await seen(live) == "quick"


@lived
async def test_an_agent_who_is_too_slow_leaves_the_place_to_what_others_may_take() -> None:
    """Their own time outlasts their shift for every task of the category: only eva has a place."""
    tasks = {id: {**doc, "category": "x", "handle_s": 60} for id, doc in urgent(50, 60, 70).items()}
    live = await centre({"eva": {}}, tasks)
    until = live.at(10 * MINUTE)
    await live.agent("ana", skills={"a": 1}, handle_s={"x": 601}, available_until=until)
    assert "p70" in (await seen(live)).split()


@lived
async def test_a_task_that_bars_an_agent_takes_no_place_of_one_that_does_not() -> None:
    """Excluded or cooling down: the next one that the agent may take is looked at too."""
    live = await centre({"ana": {}}, urgent(50, 60))
    await live.task("excludes", skills={"a": 1}, priority=90, excluded_agents=["ana"])
    await live.task("cools", skills={"a": 1}, priority=80, cooling_down={"ana": live.at(MINUTE)})
    await live.task("elsewhere", skills={"a": 1}, priority=70, excluded_agents=[NOBODY])
    assert "elsewhere" in (await seen(live)).split()
    assert "p60" not in (await seen(live)).split()


@lived
async def test_whom_a_task_bars_tells_it_apart() -> None:
    """Two that bar ana leave the place of one that bars eva."""
    tasks = {
        "no-ana1": {"priority": 90, "excluded_agents": ["ana"]},
        "no-ana2": {"priority": 80, "excluded_agents": ["ana"]},
        "no-ana3": {"priority": 70, "excluded_agents": ["ana"]},
        "no-eva": {"priority": 50, "excluded_agents": ["eva"]},
    }
    live = await centre({"ana": {}, "eva": {}}, tasks)
    assert await seen(live) == "no-ana1 no-ana2 no-eva"


@lived
async def test_all_whom_a_task_bars_tell_it_apart() -> None:
    """Three that bar ana and eva leave the place of one that bars eva alone, though both end with eva."""
    tasks = {f"no-both{n}": {"priority": 90 - n, "excluded_agents": ["ana", "eva"]} for n in range(4)}
    tasks["no-eva"] = {"priority": 50, "excluded_agents": ["eva"]}
    live = await centre({"ana": {}, "eva": {}, "luis": {}}, tasks)
    assert await seen(live) == "no-both0 no-both1 no-both2 no-eva"


@pytest.mark.parametrize("cooled_ms", [None, -1, 0])
@lived
async def test_barred_is_not_preferred(cooled_ms: int | None) -> None:
    """Nor is one barred who has cooled down."""
    tasks: dict[str, Doc] = {
        "no-ana1": {"priority": 90, "excluded_agents": ["ana"]},
        "no-ana2": {"priority": 80, "excluded_agents": ["ana"]},
    }
    live = await centre({"ana": {}, "eva": {}}, tasks)
    cooled = {} if cooled_ms is None else {"cooling_down": {"ana": live.at(cooled_ms)}}
    await live.task("for-ana", skills={"a": 1}, preferred_agents=["ana"], **cooled)
    assert await seen(live) == "for-ana no-ana1 no-ana2"


@lived
async def test_names_do_not_hide_that_a_shift_is_outlasted() -> None:
    """Of tasks that prefer the same agent, the long ones take no place of a short one."""
    wish = {"preferred_agents": ["ana"]}
    tasks = {
        "long1": {"priority": 90, "handle_s": 1200, **wish},
        "long2": {"priority": 80, "handle_s": 1200, **wish},
        "short": {"priority": 50, "handle_s": 60, **wish},
    }
    live = await centre({"eva": {}}, tasks)
    await live.agent("ana", skills={"a": 1}, available_until=live.at(10 * MINUTE))
    assert await seen(live) == "long1 long2 short"


@lived
async def test_names_do_not_join_what_asks_different_things() -> None:
    """Two lines whose tasks prefer the same agent are two."""
    wish = {"preferred_agents": ["ana"]}
    live = await centre({"ana": {}}, {"low": {"priority": 50, **wish}})
    await live.task("other", skills={"b": 1}, priority=90, **wish)
    await live.agent("ana", skills={"a": 1, "b": 1})
    assert await seen(live) == "low other"


@lived
async def test_names_count_in_every_line() -> None:
    """In each of two lines the more urgent tasks bar the only agent; in each the other one is looked at."""
    live = Living()
    for skill in ("a", "b"):
        for n in (1, 2):
            await live.task(f"no-ana-{skill}{n}", skills={skill: 1}, priority=90, excluded_agents=["ana"])
        await live.task(f"plain-{skill}", skills={skill: 1})
    await live.agent("ana", skills={"a": 1, "b": 1}, capacity=2)
    assert {"plain-a", "plain-b"} <= set((await seen(live)).split())


@lived
async def test_a_task_that_prefers_an_agent_is_looked_at_though_others_are_more_urgent() -> None:
    live = await centre({"ana": {}}, urgent(50, 51))
    await live.task("wish", skills={"a": 1}, priority=49, preferred_agents=["ana"])
    assert await seen(live) == "p51 wish"


@lived
async def test_a_cool_down_counts_until_its_instant_cycle_after_cycle() -> None:
    """The same mirror, asked at each instant: barred until the cool-down ends, and not from then on."""
    live = await centre({"ana": {}}, urgent(50, 60))
    await live.task("cools", skills={"a": 1}, priority=90, cooling_down={"ana": live.at(MINUTE)})
    mirror, now = await Mirror.of(await live.store.world()), live.clock.now_ms()
    ids = [{task.id for task in looked_at(mirror, at, {}).tasks} for at in (now, now + MINUTE - 1)]
    assert ids == [{"cools", "p60"}] * 2
    assert [task.id for task in looked_at(mirror, now + MINUTE, {}).tasks] == ["cools"]


@lived
async def test_a_cool_down_that_comes_or_grows_between_cycles_counts() -> None:
    """Declined, the task leaves its place to the next; a changed document bars others and frees the first."""
    live = await centre({"ana": {}}, urgent(90))
    await live.settle()
    for id, doc in urgent(50, 60).items():
        await live.task(id, skills={"a": 1}, **doc)
    until = live.clock.now_ms() + 2 * MINUTE
    await live.answer("decline", "p90", cool_until=until)
    await live.settle()
    assert await live.where("p50", "p60", "p90") == ["queued", "offered ana", "queued"]
    await live.on_task(
        "update", "p60", doc={"skills": {"a": 1}, "cooling_down": {"ana": live.at(9 * MINUTE)}}
    )
    await live.answer("decline", "p60", cool_until=live.clock.now_ms() + MINUTE)
    await live.settle()
    assert await live.where("p50", "p60", "p90") == ["offered ana", "queued", "queued"]
    await live.answer("decline", "p50", cool_until=live.clock.now_ms() + 9 * MINUTE)
    await live.settle()
    found = [looked_at(live.mirror, at, {}) for at in (until - 1, until)]
    assert [{task.id for task in few.tasks} >= {"p90"} for few in found] == [True, True]
    await live.wait(2 * MINUTE)
    assert await live.where("p50", "p60", "p90") == ["queued", "queued", "offered ana"]


@lived
async def test_a_pinned_task_takes_no_place_of_one_that_is_not() -> None:
    """Those pinned to somebody else are not even looked at; each agent's own are, as many as fit."""
    live = await centre({"ana": {"capacity": 2}}, urgent(50, 60, 70))
    for n, agent in enumerate(("ana", "ana", "ana", "luis", NOBODY)):
        await live.task(f"pin{n}", skills={"a": 1}, priority=90 - n, pinned_agent=agent)
    assert await seen(live) == "p60 p70 pin0 pin1"


@pytest.mark.parametrize(("opens_in", "looked"), [(0, "soon"), (1, "p60")])
@lived
async def test_a_task_that_is_not_open_yet_takes_no_place(opens_in: int, looked: str) -> None:
    """To the millisecond."""
    live = await centre({"ana": {}}, urgent(50, 60))
    await live.task("soon", skills={"a": 1}, priority=90, not_before=live.at(opens_in))
    assert await seen(live) == looked


@lived
async def test_of_equal_worth_the_older_then_the_smaller_id_whatever_the_order_of_arrival() -> None:
    """Also where urgency weighs nothing at all: then all are of equal worth."""
    live = await centre({"ana": {"capacity": 2}}, {id: {} for id in ("c", "a", "d", "b")})
    assert await seen(live) == "a b"
    live.clock.advance(1)
    await live.task("_younger", skills={"a": 1})
    await live.task("_urgent", skills={"a": 1}, priority=90)
    assert await seen(live) == "_urgent a"
    assert await seen(live, {"urgency": 0}) == "a b"


@lived
async def test_who_leaves_a_line_takes_nobody_elses_place() -> None:
    """The last of the line moves up with all that is known of it: its urgency, its time and its names."""
    live = await centre({}, urgent(50, 60, 70, 80))
    await live.agent("eva", skills={"a": 1})
    await live.agent("ana", skills={"a": 1}, available_until=live.at(10 * MINUTE))
    await live.task("last", skills={"a": 1}, priority=90, handle_s=3600, excluded_agents=["eva"])
    mirror = await Mirror.of(await live.store.world())
    assert await seen(live) == "last p70 p80"
    for gone in ("p60", "p80"):
        outcome = await live.on_task("cancel", gone)
        mirror.learn(outcome)
    few = looked_at(mirror, live.clock.now_ms(), {})
    assert sorted(task.id for task in few.tasks) == ["last", "p50", "p70"]
    mirror.learn(await live.on_task("cancel", "last"))
    few = looked_at(mirror, live.clock.now_ms(), {})
    assert sorted(task.id for task in few.tasks) == ["p50", "p70"]


@lived
async def test_who_moves_up_in_a_line_is_as_urgent_as_before() -> None:
    live = await centre({"ana": {}}, urgent(50, 60, 90))
    mirror = await Mirror.of(await live.store.world())
    mirror.learn(await live.on_task("cancel", "p50"))
    assert [task.id for task in looked_at(mirror, live.clock.now_ms(), {}).tasks] == ["p90"]


@lived
async def test_what_was_promised_sooner_goes_first() -> None:
    live = await centre({"ana": {}}, urgent(50, 60))
    await live.task("due", skills={"a": 1}, priority=40, due_at=live.at(MINUTE))
    assert await seen(live) == "due"
