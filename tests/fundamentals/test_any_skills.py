"""`any_skills` lists alternatives: besides `skills`, the agent needs all of at least one of these sets."""

from tests.fundamentals.asking import who, why

TASK = {"id": "INC-1", "skills": {"es": 4}, "any_skills": [{"sap": 2}, {"oracle": 2, "sql": 1}]}


def test_one_alternative_is_enough() -> None:
    """An agent who has one of the sets whole may take the task."""
    agents = [
        {"id": "ana", "skills": {"es": 5, "oracle": 9}},
        {"id": "eva", "skills": {"es": 5, "oracle": 2, "sql": 1}},
    ]
    assert who(tasks=[TASK], agents=agents) == {"INC-1": "eva"}


def test_without_any_alternative_a_skill_is_missing() -> None:
    """An agent who has no set whole, at whatever level, is refused as `skill_missing`."""
    assert why(tasks=[TASK], agents=[{"id": "ana", "skills": {"es": 5}}])["reason"] == "skill_missing"


def test_a_set_held_too_low_is_a_matter_of_level() -> None:
    """An agent who has a set whole, but too low, is refused as `level_too_low`."""
    waiting = why(tasks=[TASK], agents=[{"id": "ana", "skills": {"es": 5, "sap": 1}}])
    assert waiting["reason"] == "level_too_low"


def test_no_alternatives_ask_for_nothing() -> None:
    """An empty list asks for nothing."""
    assert who(tasks=[{"id": "INC-1", "any_skills": []}], agents=[{"id": "ana"}]) == {"INC-1": "ana"}
