"""Preferred skills are welcome and never needed."""

from tests.fundamentals.asking import terms, who

TASK = {"id": "INC-1", "preferred_skills": {"vip": 2}}


def test_the_agent_with_the_preferred_skill_is_chosen() -> None:
    """Of two agents who may take the task, the one with the preferred skill does."""
    assert who(tasks=[TASK], agents=[{"id": "ana"}, {"id": "eva", "skills": {"vip": 2}}]) == {"INC-1": "eva"}


def test_nobody_is_refused_for_lacking_it() -> None:
    """Where nobody has the preferred skill, the task is assigned all the same."""
    assert who(tasks=[TASK], agents=[{"id": "ana"}]) == {"INC-1": "ana"}


def test_it_is_worth_points_of_fit() -> None:
    """A preferred skill at its level adds 500 points to the term `fit`; below its level, nothing."""
    fits = [
        terms(tasks=[TASK], agents=[{"id": "ana", "skills": skills}])["fit"]
        for skills in ({}, {"vip": 1}, {"vip": 2})
    ]
    assert [fit - fits[0] for fit in fits] == [0, 0, 500]
