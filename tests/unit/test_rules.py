"""Each rule alone, and their order: an agent counts under the first rule that refuses them."""

from itertools import pairwise
from typing import Any

import pytest

from assigner.domain.eligibility import LIVING, RULES
from tests.fundamentals.asking import ask
from tests.unit import oracle
from tests.unit.worlds import at

Json = dict[str, Any]

ALONE: dict[str, tuple[Json, Json]] = {
    "not_yet": ({"not_before": at(0.001)}, {}),
    "pinned_elsewhere": ({"pinned_agent": "gone"}, {}),
    "excluded": ({"excluded_agents": ["ana", "nobody"]}, {}),
    "skill_missing": ({"skills": {"sap": 1}}, {}),
    "level_too_low": ({"any_skills": [{"sql": 5}]}, {"skills": {"sql": 4}}),
    "wrong_channel": ({"channel": "email"}, {"channels": ["case"]}),
    "absent": ({}, {"presence": "offline"}),
    "off_shift": ({}, {"available_from": at(0.001)}),
    "shift_too_short": ({"handle_s": 900}, {"available_until": at(899.999)}),
    "cooling_down": ({"cooling_down": {"ana": at(0.001)}}, {}),
    "at_capacity": ({"size": 2}, {"capacity": 2, "load": 1}),
}
"""For each rule, what of the task and of the agent it alone refuses."""

JUST_FINE: list[tuple[Json, Json]] = [
    ({"not_before": at(0)}, {}),
    ({"pinned_agent": "ana"}, {}),
    ({"excluded_agents": ["gone"]}, {}),
    ({"skills": {"sap": 4}, "any_skills": [{"sap": 4}, {"sql": 9}]}, {"skills": {"sap": 4}}),
    ({"any_skills": [{}]}, {}),
    ({"channel": "email"}, {"channels": ["case", "email"]}),
    ({"channel": "email"}, {"channels": None}),
    ({}, {"channels": []}),
    ({}, {"available_from": at(0), "available_until": at(600)}),
    ({"handle_s": 0.001}, {"available_until": at(0.001)}),
    ({"category": "invoice", "handle_s": 900}, {"available_until": at(60), "handle_s": {"invoice": 60}}),
    ({"category": "order"}, {"available_until": at(600), "handle_s": {"invoice": 900}}),
    ({"cooling_down": {"ana": at(0)}}, {}),
    ({"size": 2}, {"capacity": 3, "load": 1}),
]


def pair(task: Json, agent: Json) -> Json:
    return {"now": at(0), "tasks": [{"id": "t", **task}], "agents": [{"id": "ana", **agent}]}


def test_the_rules_are_those_of_the_contract() -> None:
    """The rules are those of API.md, in its order, and each says what it means; those of the living service
    stand where they do there.
    """
    names = [rule.name for rule in RULES]
    assert tuple(name for name in names if name not in LIVING) == oracle.RULES == tuple(ALONE)
    assert (names[1], names[names.index("absent") + 1]) == ("frozen", "draining")
    assert all(rule.meaning for rule in RULES)


@pytest.mark.parametrize("rule", ALONE)
def test_alone(rule: str) -> None:
    """A rule refuses the pair it is made for, and no other rule does."""
    request = pair(*ALONE[rule])
    (waiting,) = ask(**request)["unassigned"]
    assert waiting["refusals"] == {rule: 1}
    assert waiting["reason"] == rule
    assert oracle.refusing(request, request["tasks"][0], request["agents"][0]) == [rule]


@pytest.mark.parametrize("rule", ALONE)
def test_another_agent_is_not_refused(rule: str) -> None:
    """What a rule refuses of one agent, or for one task, leaves others free."""
    task, agent = ALONE[rule]
    able = {"id": "eva", "skills": {"sap": 9, "sql": 9}, "capacity": 2}
    request = pair(task, agent)
    request["agents"].append(able)
    request["tasks"].append({"id": "u"})
    everybody = rule in ("not_yet", "pinned_elsewhere")
    assert ("t" in {pair["task"] for pair in ask(**request)["assignments"]}) != everybody


@pytest.mark.parametrize(("task", "agent"), JUST_FINE)
def test_at_the_edge_nobody_is_refused(task: Json, agent: Json) -> None:
    """What is just enough is enough."""
    assert ask(**pair(task, agent))["unassigned"] == []


@pytest.mark.parametrize(("first", "second"), list(pairwise(ALONE)))
def test_the_first_rule_counts(first: str, second: str) -> None:
    """An agent whom two rules refuse counts once, under the first; the reason follows."""
    task = {**ALONE[first][0], **ALONE[second][0]}
    agent = {**ALONE[first][1], **ALONE[second][1]}
    found = {"first": pair(task, agent), "second": pair(*ALONE[second])}
    refused = {name: ask(**request)["unassigned"][0]["refusals"] for name, request in found.items()}
    assert refused == {"first": {first: 1}, "second": {second: 1}}


def test_all_at_once() -> None:
    """Agents refused by different rules are counted by rule, in order, and the reason is the last."""
    agents = [
        {"id": name, **agent} for name, (_, agent) in ALONE.items() if agent and name != "level_too_low"
    ]
    agents += [{"id": "low", "skills": {"sap": 1}}, {"id": "none"}, {"id": "no"}, {"id": "cool"}]
    able = {"skills": {"sap": 2}, "channels": ["case", "email"]}
    agents = [{**able, **agent} if agent["id"] not in ("low", "none") else agent for agent in agents]
    task = {
        "skills": {"sap": 2},
        "channel": "email",
        "handle_s": 900,
        "size": 2,
        "excluded_agents": ["no"],
        "cooling_down": {"cool": at(1)},
    }
    (waiting,) = ask(now=at(0), tasks=[{"id": "t", **task}], agents=agents)["unassigned"]
    order = [rule for rule in oracle.RULES if rule not in ("not_yet", "pinned_elsewhere")]
    assert list(waiting["refusals"]) == order
    assert sum(waiting["refusals"].values()) == len(agents)
    assert waiting["reason"] == "at_capacity"


@pytest.mark.parametrize(
    "held", [{}, {"sap": 1}, {"sql": 9}, {"sap": 9}, {"oracle": 1}, {"sap": 1, "sql": 1}]
)
def test_alternatives(held: dict[str, int]) -> None:
    """`any_skills` refuses as missing where no set is held whole, else as too low where none is mastered."""
    request = pair({"any_skills": [{"sap": 2, "sql": 1}, {"oracle": 2}]}, {"skills": held})
    expected = "level_too_low" if "oracle" in held or len(held) == 2 else "skill_missing"
    assert ask(**request)["unassigned"][0]["refusals"] == {expected: 1}
