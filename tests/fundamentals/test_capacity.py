"""An agent holds work up to a capacity; each task takes its size of it."""

from tests.fundamentals.asking import ask, who, why

THREE = [{"id": f"INC-{n}"} for n in (1, 2, 3)]


def test_several_tasks_up_to_the_capacity_left() -> None:
    """Within one call an agent receives tasks up to `capacity` less `load`."""
    found = ask(tasks=THREE, agents=[{"id": "ana", "capacity": 3, "load": 1}])
    assert len(found["assignments"]) == 2
    assert found["unassigned"][0]["reason"] == "outranked"


def test_a_full_agent_gets_nothing() -> None:
    """An agent who was full before the call is refused as `at_capacity`, overload included."""
    for load in (1, 5):
        assert why(tasks=THREE[:1], agents=[{"id": "ana", "load": load}])["reason"] == "at_capacity"


def test_a_large_task_takes_more_of_the_capacity() -> None:
    """A task of size 2 leaves one unit of three."""
    tasks = [{"id": "INC-1", "size": 2, "priority": 90}, {"id": "INC-2"}, {"id": "INC-3", "priority": 10}]
    assert set(who(tasks=tasks, agents=[{"id": "ana", "capacity": 3}])) == {"INC-1", "INC-2"}


def test_a_task_larger_than_everybody_asks_for_a_larger_capacity() -> None:
    """Where nobody could ever hold the task, freeing work is no help, and the answer says so."""
    waiting = why(tasks=[{"id": "INC-1", "size": 2}], agents=[{"id": "ana"}])
    assert waiting["unblock"] == {"kind": "more_capacity", "agents": ["ana"]}
