"""Which decisions would keep the event loop from its other work for too long."""

import pytest

from assigner.dispatch.aside import LARGE, work_of
from assigner.domain.agent import Agent
from assigner.domain.snapshot import Snapshot
from assigner.domain.task import Requirement, Task
from tests.dispatch.living import START


@pytest.mark.parametrize(
    ("tasks", "agents", "large"),
    [
        (30, 5, False),
        (400, 5, False),
        (1_000, 10, False),
        (100, 100, False),
        (3, 500, False),
        (2_000, 1, True),
        (10_000, 6, True),
        (2, 20_000, True),
        (300, 300, True),
    ],
)
def test_many_tasks_are_large_for_a_few_agents_too_and_many_agents_for_a_few_tasks(
    tasks: int, agents: int, large: bool
) -> None:
    """Each of them takes its time, not only the pairs."""
    asked = [Task(id=f"t{i}", requirement=Requirement(), created_at=START) for i in range(tasks)]
    snapshot = Snapshot.freeze(START, asked, [Agent(id=f"a{i}") for i in range(agents)])
    assert (work_of(snapshot) > LARGE) is large
