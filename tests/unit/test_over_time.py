"""Random requests by the rules over time, read again by an oracle of their own; and what must hold of any."""

import random
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fundamentals.asking import ask
from tests.unit import oracle
from tests.unit.over_time_oracle import UNIT, ZERO, World, type_of
from tests.unit.test_against_oracle import by_id, values
from tests.unit.test_metamorphic import NEW_NAMES, moved, shuffled, told
from tests.unit.worlds import CATEGORIES, NAMES, SOMEBODY, at, few, in_order

Json = dict[str, Any]

some = settings(max_examples=100, deadline=None, derandomize=True)
RULES = ("price_and_hold", "price_and_hold", "priority_first")
EDGE = 1e-6
"""How near to the edge of holding a pair is not looked at, as a fraction."""
TASKS = few(
    4,
    skills=st.dictionaries(st.sampled_from("ab"), st.integers(1, 2), max_size=2),
    category=st.sampled_from(CATEGORIES),
    priority=st.sampled_from((0, 25, 50, 51, 100, "urgent")),
    created_at=st.builds(at, st.sampled_from((-(10**6), -90_000, -3600, 0, 60))),
    due_at=st.builds(at, st.sampled_from((-90_000, -60, 600, 7200, 90_000))),
    not_before=st.builds(at, st.sampled_from((-60, 60))),
    handle_s=st.sampled_from((60, 600, 3600)),
    preferred_agents=st.lists(SOMEBODY, max_size=2),
    excluded_agents=st.lists(SOMEBODY, max_size=2),
    cooling_down=st.dictionaries(SOMEBODY, st.builds(at, st.sampled_from((-60, 60))), max_size=2),
)
BUSY = st.lists(
    st.fixed_dictionaries(
        {"remaining_s": st.sampled_from((0.5, 30, 600, 9000))}, optional={"size": st.integers(1, 2)}
    ),
    max_size=2,
)
IN_HAND = {"busy": [{"remaining_s": 30}]}
TEAM: list[Json] = [
    {"handle_s": {"invoice": 3600}},
    {"handle_s": {"invoice": 200}, **IN_HAND},
    {"handle_s": {"invoice": 9000}},
    {"handle_s": {"invoice": 60}, **IN_HAND},
]
"""Two who are slow and free, and two who are fast and soon free: what is drawn of them comes on top."""
AGENTS = few(
    3,
    skills=st.dictionaries(st.sampled_from("ab"), st.integers(1, 3), max_size=2),
    presence=st.sampled_from(("available", "available", "away")),
    capacity=st.integers(0, 3),
    busy=BUSY,
    available_from=st.builds(at, st.sampled_from((-60, 60, 3600, 20_000))),
    available_until=st.builds(at, st.sampled_from((60, 900, 7200, 90_000))),
    handle_s=st.dictionaries(st.sampled_from(CATEGORIES), st.sampled_from((60, 300, 900, 9000))),
).map(in_order)
POLICIES = st.fixed_dictionaries(
    {"rule": st.sampled_from(RULES)},
    optional={
        "arrivals": st.dictionaries(st.sampled_from((*CATEGORIES, "else")), st.sampled_from((0, 0.5, 20))),
        "prices": st.dictionaries(st.sampled_from((*NAMES, "gone")), st.sampled_from((0.01, 0.7, 1, 30))),
        "weights": st.dictionaries(
            st.sampled_from(("nearly_done", "right_agent", "waited", "priority", "promise")),
            st.sampled_from((0, 0.5, 1, 10)),
        ),
    },
)


def worlds(mixed: bool = False, most: int = 5) -> st.SearchStrategy[Json]:
    """Up to `most` tasks and four agents; unless `mixed`, all tasks have one size."""
    return st.builds(
        _world,
        st.lists(TASKS, min_size=1, max_size=most),
        st.lists(AGENTS, min_size=1, max_size=len(NAMES)),
        POLICIES,
        st.just((1,)) | st.just((2,)) if not mixed else st.just((1, 2, 1)),
    )


def _world(tasks: list[Json], agents: list[Json], policy: Json, sizes: tuple[int, ...]) -> Json:
    return {
        "now": at(0),
        "tasks": [
            {"id": f"t{i}", "category": "invoice", **task, "size": sizes[i % len(sizes)]}
            for i, task in enumerate(tasks)
        ],
        "agents": [
            {"id": name, **usual, **agent} for name, usual, agent in zip(NAMES, TEAM, agents, strict=False)
        ],
        "policy": policy,
    }


def _held(world: World, task: Json, id: str) -> bool | None:
    """Whether a pair that no rule refuses is held back; None: too near the edge to say."""
    if world.request["policy"]["rule"] != "price_and_hold" or id in task.get("preferred_agents", []):
        return False
    wait = world.wait(task, id)
    if wait is None:
        return False
    ratio = wait.mine / (1.5 * wait.alternative)
    if abs(ratio - 1) < EDGE:
        return None
    barred = {*task.get("excluded_agents", [])}
    barred |= {one for one, until in task.get("cooling_down", {}).items() if oracle.ms(until) > world.now}
    if ratio > 1 and barred & wait.whom:
        return None if len(wait.whom) > 1 else False
    return ratio > 1


@some
@given(worlds(mixed=True))
def test_pairs_and_values_are_what_the_formulas_say(request: Json) -> None:
    """`pairs` has every pair that no rule refuses and nothing holds back, and no other, at the value that the
    prices of the answer give.
    """
    found = ask(**request, explain="pairs")
    world, value = World(request, found["prices"]), values(found)
    for task in request["tasks"]:
        for id in oracle.eligible(request, task):
            held = _held(world, task, id)
            if held is not None:
                assert ((task["id"], id) in value) != held
            if (task["id"], id) in value:
                assert abs(value[task["id"], id] - sum(world.terms(task, id).values())) <= 10
    assert all(id in oracle.eligible(request, by_id(request["tasks"])[task]) for task, id in value)


@some
@given(worlds())
def test_terms_are_what_the_formulas_say(request: Json) -> None:
    """The terms of an assignment are those of the formulas, each to the millionth."""
    found = ask(**request)
    world = World(request, found["prices"])
    for pair in found["assignments"]:
        expected = world.terms(by_id(request["tasks"])[pair["task"]], pair["agent"])
        assert pair["terms"].keys() == expected.keys()
        assert all(abs(pair["terms"][name] - expected[name]) <= 3 for name in expected)
        assert pair["value"] == sum(pair["terms"].values())


@some
@given(worlds(mixed=True))
def test_the_answer_is_optimal_among_its_pairs(request: Json) -> None:
    """No assignment of the pairs that are listed is worth more, and the bound says so."""
    found = ask(**request, explain="pairs")
    solution, best = found["solution"], oracle.best(request, values(found))
    assert (solution["status"], solution["objective"], solution["bound"]) == ("optimal", best, best)


@some
@given(worlds(mixed=True))
def test_who_is_waited_for(request: Json) -> None:
    """A task that is held back names an agent who is faster, may do it, does not leave before they could, and
    is there in time; who could begin it now is counted after all rules.
    """
    found = ask(**request)
    world = World(request, found["prices"])
    for waiting in found["unassigned"]:
        task = by_id(request["tasks"])[waiting["task"]]
        refused = {rule: count for rule, count in waiting["refusals"].items() if rule != "held_back"}
        assert refused == oracle.refusals(request, task)
        assert list(waiting["refusals"])[-1:] == ["held_back"] or "held_back" not in waiting["refusals"]
        assert ("held_for" in waiting) == (waiting["reason"] == "held_back")
        if waiting["reason"] == "held_back":
            assert waiting["refusals"]["held_back"] == len(oracle.eligible(request, task))
            _holds(world, task, waiting["held_for"])
            assert waiting["unblock"]["kind"] == "held_for"
            assert waiting["unblock"]["agents"] == [waiting["held_for"]["agent"]]


def _holds(world: World, task: Json, held_for: Json) -> None:
    who, expected = held_for["agent"], (oracle.ms(held_for["expected_at"]) - world.now) / 3_600_000
    refusal = oracle.refusal(world.request, task, world.agents[who])
    assert refusal in (None, "at_capacity", "off_shift")
    assert world.frees_in(who) <= expected + 1e-6
    assert world.frees_in(who) + world.hours[type_of(task), who] <= world.leaves_in(who) + 1e-6
    waits = [world.wait(task, id) for id in oracle.eligible(world.request, task)]
    assert any(
        wait
        and who in wait.whom
        and wait.mine > 1.5 * wait.alternative * (1 - EDGE)
        and abs(wait.begins_in[who] - expected) < 1e-5
        for wait in waits
    )


@some
@given(worlds(mixed=True), st.randoms(use_true_random=False))
def test_the_order_of_the_request_changes_nothing(request: Json, dice: random.Random) -> None:
    """Tasks, agents and keys in another order give the same prices, pairs and explanations."""
    first, second = ask(**request, explain="pairs"), ask(**shuffled(request, dice), explain="pairs")
    assert told(first) == told(second)
    assert first["prices"] == second["prices"]


@some
@given(worlds())
def test_names_are_only_names(request: Json) -> None:
    """Renaming tasks and agents, their order kept, changes nothing but the names."""
    other = _renamed(request)
    first, second = ask(**request, explain="pairs"), ask(**other, explain="pairs")
    assert [(NEW_NAMES[task], NEW_NAMES[agent], value) for (task, agent), value in values(first).items()] == [
        (*pair, value) for pair, value in values(second).items()
    ]


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {NEW_NAMES.get(key, key): _renamed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner) for inner in value]
    return NEW_NAMES.get(value, value) if isinstance(value, str) else value


@some
@given(worlds(), st.sampled_from((-1000, 1, 333)))
def test_another_day_changes_nothing(request: Json, days: int) -> None:
    """Moving every instant alike changes no pair, no value and no price."""
    first, second = (ask(**each, explain="pairs") for each in (request, moved(request, timedelta(days=days))))
    assert first["pairs"] == second["pairs"]
    assert first["prices"] == second["prices"]


@some
@given(worlds(), st.data())
def test_a_raised_priority_never_loses(request: Json, data: st.DataObject) -> None:
    """A task that got an agent still gets one when its priority is raised, whoever its rivals are."""
    before = [pair["task"] for pair in ask(**request)["assignments"]]
    if not before:
        return
    task = data.draw(st.sampled_from(before))
    raised = [{**each, "priority": 100} if each["id"] == task else each for each in request["tasks"]]
    assert task in {pair["task"] for pair in ask(**{**request, "tasks": raised})["assignments"]}


@some
@given(worlds(), st.data())
def test_a_more_urgent_twin_is_never_left(request: Json, data: st.DataObject) -> None:
    """Of two tasks that differ in priority or age alone, the less urgent never goes where the other waits."""
    task = data.draw(st.sampled_from(request["tasks"]))
    calm = {**task, "id": "t8", "priority": 10, "created_at": at(-60)}
    keen = {**calm, "id": "t9", **data.draw(st.sampled_from(({"priority": 11}, {"created_at": at(-3600)})))}
    policy = {key: value for key, value in request["policy"].items() if key != "weights"}
    found = ask(**{**request, "policy": policy, "tasks": [*request["tasks"], calm, keen]})
    done = {pair["task"] for pair in found["assignments"]}
    assert "t9" in done or "t8" not in done


@some
@given(worlds())
def test_nobody_waits_for_who_leaves(request: Json) -> None:
    """When all who are busy or yet to come leave at once, nothing is held for any of them."""
    gone = deepcopy(request)
    for agent in gone["agents"]:
        comes = max(agent.get("available_from", ""), at(30))
        if oracle.room(agent) == 0 or comes > at(30):
            leaves = datetime.fromisoformat(comes) + timedelta(seconds=0.5)
            agent["available_until"] = leaves.isoformat()
            agent["busy"] = [{"remaining_s": 31}] * max(1, agent.get("capacity", 1))
    found = ask(**gone)
    full = {agent["id"] for agent in gone["agents"] if oracle.room(agent) == 0}
    assert not full & {
        waiting["held_for"]["agent"] for waiting in found["unassigned"] if "held_for" in waiting
    }


@some
@given(worlds())
def test_a_load_that_nobody_explains_is_never_waited_for(request: Json) -> None:
    """Of an agent without room, of whom nothing says when they have some, nobody expects anything."""
    vague = deepcopy(request)
    for agent in vague["agents"]:
        if oracle.room(agent) == 0:
            agent["load"] = max(1, oracle.load(agent))
            agent.pop("busy", None)
    full = {agent["id"] for agent in vague["agents"] if oracle.room(agent) == 0}
    found = ask(**vague)
    assert not full & {
        waiting["held_for"]["agent"] for waiting in found["unassigned"] if "held_for" in waiting
    }


@some
@given(worlds())
def test_prices_given_back_change_nothing(request: Json) -> None:
    """The prices of an answer, given back with the same request, give the same pairs."""
    first = ask(**request, explain="pairs")
    policy = {**request["policy"], "prices": first["prices"]}
    second = ask(**{**request, "policy": policy}, explain="pairs")
    near = values(second)
    assert near.keys() == values(first).keys() or _on_the_edge(request, first)
    assert all(abs(near[pair] - value) <= 10 for pair, value in values(first).items() if pair in near)


def _on_the_edge(request: Json, found: Json) -> bool:
    world = World(request, found["prices"])
    return any(
        _held(world, task, id) is None for task in request["tasks"] for id in oracle.eligible(request, task)
    )


@some
@given(worlds())
def test_values_are_in_their_range(request: Json) -> None:
    """Every value is from 1 to 2³⁵, near 2³⁴ where nothing extreme is asked."""
    found = ask(**request, explain="pairs")
    assert all(1 <= value <= 2**35 for value in values(found).values())
    assert all(abs(value - ZERO) < 2100 * UNIT for value in values(found).values())
