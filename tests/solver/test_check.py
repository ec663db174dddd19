"""The judge finds every kind of false claim."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from solver.check import CheckError, check
from solver.solve import solve
from solver.stop import Stop
from tests.solver.problems import tiny

PROBLEM = tiny(
    group=[0, 0, 1], urgency=[5, 6, 7], arc_group=[0, 0, 1], arc_agent=[0, 1, 1], arc_fit=[1, 2, 3],
    capacity=[1, 2], barred_task=[0], barred_agent=[1], bonus_task=[1], bonus_agent=[1], bonus=[4],
)  # fmt: skip
RIGHT = solve(PROBLEM, Stop())


def _agents(*agent: int) -> np.ndarray:
    return np.array(agent, np.int32)


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        ({"agent": _agents(0, 1)}, "2 tasks are answered; expected 3"),
        ({"agent": _agents(0, 1, 2)}, "not there"),
        ({"agent": _agents(0, 1, -2)}, "not there"),
        ({"agent": _agents(0, 1, 0)}, "task 2 is not eligible for agent 0"),
        ({"agent": _agents(1, 1, -1)}, "task 0 is barred from agent 1"),
        ({"agent": _agents(0, 0, 1)}, "agent 0 carries 2 of 1"),
        ({"objective": RIGHT.objective - 1}, "are worth"),
        ({"bound": RIGHT.bound - 1}, "below the objective"),
        ({"bound": RIGHT.bound + 1}, "optimal is claimed with a gap"),
        ({"bound": RIGHT.bound + 1}, "the prices prove"),
        ({"price": np.array([-1, 0])}, "none below 0"),
        ({"price": np.array([0])}, "one an agent"),
        ({"price": RIGHT.price + 100}, "the prices prove"),
    ],
)
def test_a_lie_is_told(lie: dict[str, Any], told: str) -> None:
    """Each false claim is named; the true solution passes."""
    check(PROBLEM, RIGHT)
    with pytest.raises(CheckError, match=told):
        check(PROBLEM, replace(RIGHT, **lie))


def test_all_faults_are_told_at_once() -> None:
    """The message lists every fault."""
    with pytest.raises(CheckError) as caught:
        check(PROBLEM, replace(RIGHT, agent=_agents(1, 0, 0), objective=1, bound=0))
    for told in ("barred", "not eligible", "are worth", "below the objective"):
        assert told in str(caught.value)
