"""`unblock` names the smallest change that would let somebody take a waiting task."""

from typing import Any

import pytest

from tests.fundamentals.asking import why

ANA = {"id": "ana"}
CASES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({}, {"load": 1}, {"kind": "free_capacity"}),
    ({"size": 3}, {}, {"kind": "more_capacity"}),
    ({}, {"presence": "away"}, {"kind": "presence"}),
    ({"channel": "email"}, {"channels": ["case"]}, {"kind": "add_channel", "channel": "email"}),
    ({"skills": {"sap": 2}}, {"skills": {"sap": 1}}, {"kind": "raise_level", "skill": "sap", "level": 2}),
    ({"skills": {"sap": 2}}, {}, {"kind": "add_skill", "skill": "sap", "level": 2}),
    (
        {"not_before": "2026-11-23T10:00:00+01:00"},
        {},
        {"kind": "wait_until", "at": "2026-11-23T09:00:00Z"},
    ),
    ({}, {"available_until": "2026-11-23T09:05:00+01:00"}, {"kind": "extend_shift"}),
    ({"excluded_agents": ["ana"]}, {}, {"kind": "lift_exclusion"}),
]


@pytest.mark.parametrize(("task", "agent", "change"), CASES, ids=[str(case[2]["kind"]) for case in CASES])
def test_what_one_agent_needs(task: dict[str, Any], agent: dict[str, Any], change: dict[str, Any]) -> None:
    """Where one rule stands between a task and an agent, the change that lifts it is named."""
    waiting = why(tasks=[{"id": "INC-1", **task}], agents=[{**ANA, **agent}])
    assert waiting["unblock"] == {"agents": ["ana"], **change}


def test_unpin() -> None:
    """Where the pinned agent cannot, but another could, the pin is what stands in the way."""
    agents = [{"id": "eva", "presence": "away", "load": 1}, ANA]
    waiting = why(tasks=[{"id": "INC-1", "pinned_agent": "eva"}], agents=agents)
    assert waiting["unblock"] == {"kind": "unpin", "agents": ["ana"]}


def test_a_free_agent_before_a_trained_one() -> None:
    """A change to somebody's day is smaller than one to what they can do."""
    agents = [{"id": "eva", "skills": {"sap": 1}}, {"id": "luis", "skills": {"sap": 2}, "load": 1}]
    waiting = why(tasks=[{"id": "INC-1", "skills": {"sap": 2}}], agents=agents)
    assert waiting["unblock"] == {"kind": "free_capacity", "agents": ["luis"]}


def test_where_one_change_is_not_enough_the_rest_is_named() -> None:
    """The agent with the fewest obstacles is named, and `also` has the rules that would still refuse them."""
    far = {"id": "luis", "presence": "away", "load": 1, "channels": []}
    ana = {"id": "ana", "presence": "away"}
    task = {"id": "INC-1", "skills": {"fraud": 1}, "channel": "case"}
    found = why(tasks=[task], agents=[far, ana])["unblock"]
    assert found == {"kind": "add_skill", "agents": ["ana"], "skill": "fraud", "level": 1, "also": ["absent"]}
