"""A task may name agents: preferred, excluded, or the only one."""

from tests.fundamentals.asking import ask, who, why

ANA, EVA = {"id": "ana"}, {"id": "eva"}


def test_a_preferred_agent_comes_first() -> None:
    """Of two agents who may take the task, the preferred one does."""
    assert who(tasks=[{"id": "INC-1", "preferred_agents": ["eva"]}], agents=[ANA, EVA]) == {"INC-1": "eva"}


def test_a_preference_is_not_a_condition() -> None:
    """Where the preferred agent is not there, another takes the task."""
    assert who(tasks=[{"id": "INC-1", "preferred_agents": ["eva"]}], agents=[ANA]) == {"INC-1": "ana"}


def test_an_excluded_agent_never_gets_it() -> None:
    """A task never goes to an agent it excludes."""
    task = {"id": "INC-1", "excluded_agents": ["ana"]}
    assert who(tasks=[task], agents=[ANA, EVA]) == {"INC-1": "eva"}
    assert why(tasks=[task], agents=[ANA])["reason"] == "excluded"


def test_a_pinned_task_goes_to_its_agent() -> None:
    """A pinned task goes to its agent, however well others fit."""
    task = {"id": "INC-1", "pinned_agent": "eva", "preferred_agents": ["ana"]}
    assert who(tasks=[task], agents=[ANA, EVA]) == {"INC-1": "eva"}


def test_or_to_nobody() -> None:
    """A task pinned to somebody who is not in the request waits; the rest of the request is decided."""
    tasks = [{"id": "INC-1", "pinned_agent": "eva"}, {"id": "INC-2"}]
    found = ask(tasks=tasks, agents=[ANA])
    assert [pair["task"] for pair in found["assignments"]] == ["INC-2"]
    assert found["unassigned"][0]["reason"] == "pinned_elsewhere"
    assert found["unassigned"][0]["unblock"] == {"kind": "agent_not_in_request", "agents": ["eva"]}
