"""A skill has a level from 1 to 10; the task names the least that will do."""

from tests.fundamentals.asking import who, why

ANA = {"id": "ana", "skills": {"billing": 3}}


def test_the_level_asked_is_enough() -> None:
    """An agent at exactly the level asked may take the task."""
    assert who(tasks=[{"id": "INC-1", "skills": {"billing": 3}}], agents=[ANA]) == {"INC-1": "ana"}


def test_a_level_below_is_refused() -> None:
    """One level below is not enough, and the answer says which level to raise."""
    waiting = why(tasks=[{"id": "INC-1", "skills": {"billing": 4}}], agents=[ANA])
    assert waiting["reason"] == "level_too_low"
    assert waiting["unblock"] == {"kind": "raise_level", "agents": ["ana"], "skill": "billing", "level": 4}


def test_the_expert_is_kept_for_harder_work() -> None:
    """Of two agents who may take it, the one nearer to the level asked does."""
    expert = {"id": "alba", "skills": {"billing": 9}}
    assert who(tasks=[{"id": "INC-1", "skills": {"billing": 3}}], agents=[expert, ANA]) == {"INC-1": "ana"}
