"""A task names the skills it needs; only an agent who has all of them may take it."""

from tests.fundamentals.asking import who, why


def test_an_agent_with_the_skill_takes_the_task() -> None:
    """A task goes to an agent who has the skill it asks for."""
    task = {"id": "INC-1", "skills": {"billing": 1}}
    ana, luis = {"id": "ana", "skills": {"fraud": 9}}, {"id": "luis", "skills": {"billing": 1}}
    assert who(tasks=[task], agents=[ana, luis]) == {"INC-1": "luis"}


def test_all_the_skills_are_needed() -> None:
    """One skill of two is not enough: the task waits, and says what is missing."""
    task = {"id": "INC-1", "skills": {"billing": 1, "fraud": 1}}
    waiting = why(tasks=[task], agents=[{"id": "ana", "skills": {"billing": 5}}])
    assert waiting["reason"] == "skill_missing"
    assert waiting["detail"] == "1 agent lacks 'fraud'."


def test_a_task_without_skills_goes_to_anybody() -> None:
    """A task that asks for nothing may go to an agent who knows nothing."""
    assert who(tasks=[{"id": "INC-1"}], agents=[{"id": "ana"}]) == {"INC-1": "ana"}


def test_the_specialist_is_left_for_the_task_that_needs_one() -> None:
    """The decision looks at all tasks together: each goes where the other can also be done."""
    plain = {"id": "INC-1", "skills": {"billing": 1}}
    special = {"id": "INC-2", "skills": {"fraud": 1}}
    ana = {"id": "ana", "skills": {"billing": 1, "fraud": 1}}
    luis = {"id": "luis", "skills": {"billing": 1}}
    assert who(tasks=[plain, special], agents=[ana, luis]) == {"INC-1": "luis", "INC-2": "ana"}
