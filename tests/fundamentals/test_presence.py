"""Agents say whether they are there: `available`, `away` or `offline`."""

import pytest

from tests.fundamentals.asking import who, why

TASK = {"id": "INC-1"}


def test_an_available_agent_gets_work() -> None:
    """Only `available` agents receive work, and that is what an agent is unless told otherwise."""
    agents = [{"id": "ana", "presence": "away"}, {"id": "eva", "presence": "available"}]
    assert who(tasks=[TASK], agents=agents) == {"INC-1": "eva"}


@pytest.mark.parametrize("presence", ["away", "offline"])
def test_others_do_not(presence: str) -> None:
    """Where all are away or offline the task waits, and says who should come back."""
    waiting = why(tasks=[TASK], agents=[{"id": "ana", "presence": presence}])
    assert waiting["reason"] == "absent"
    assert waiting["unblock"] == {"kind": "presence", "agents": ["ana"]}
