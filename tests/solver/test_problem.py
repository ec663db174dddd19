"""A problem that makes no sense is refused in a sentence."""

from typing import Any

import numpy as np
import pytest

from solver.problem import Problem

FINE = {
    "group": [0, 0, 1],
    "urgency": [1, 2, 3],
    "arc_group": [0, 0, 1],
    "arc_agent": [0, 1, 1],
    "arc_fit": [0, 5, 5],
    "capacity": [1, 2],
}


def _problem(**changed: Any) -> Problem:
    return Problem(**{name: np.array(value) for name, value in (FINE | changed).items()})


def test_sizes_and_named_pairs_may_be_left_out() -> None:
    """Sizes are one and no pair is named unless said."""
    problem = _problem()
    assert problem.arc_size.tolist() == [1, 1, 1]
    assert problem.bonus.size == problem.barred_task.size == 0
    assert (problem.n_groups, problem.n_agents) == (2, 2)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"urgency": [1, 2]}, "equally long: group 3, urgency 2"),
        ({"arc_fit": [1, 2]}, "equally long"),
        ({"urgency": [1.5, 2, 3]}, "urgency holds float64; expected integers"),
        ({"urgency": [[1, 2, 3]]}, "urgency has 2 dimensions"),
        ({"group": [0, 0, 2**40]}, "group does not fit int32"),
        ({"group": [0, 0, 3_000_000]}, "group ids go up to 3000000"),
        ({"group": [0, -1, 1]}, "group goes from -1"),
        ({"arc_agent": [0, 2, 1]}, "arc_agent goes from 0 to 2; expected 0 to 1"),
        ({"arc_agent": [1, 0, 1]}, "sorted"),
        ({"arc_agent": [1, 1, 1]}, "sorted"),
        ({"arc_size": [1, 0, 1]}, "arc_size goes from 0"),
        ({"capacity": [-1, 2]}, "capacity goes from -1"),
        ({"urgency": [0, 2, 3]}, "value goes from 0"),
        ({"arc_fit": [0, 2**35, 5]}, "value goes from 1 to 34359738370"),
        ({"bonus_task": [2], "bonus_agent": [0], "bonus": [1]}, "bonus pair is not among the arcs"),
        ({"bonus_task": [3], "bonus_agent": [0], "bonus": [1]}, "bonus_task goes from 3"),
        ({"bonus_task": [0], "bonus_agent": [0], "bonus": [-1]}, "bonus goes from -1"),
        ({"bonus_task": [0], "bonus_agent": [0], "bonus": [2**35]}, "value goes"),
        ({"barred_task": [2], "barred_agent": [0]}, "barred pair is not among the arcs"),
        ({"barred_task": [0, 0], "barred_agent": [0, 0]}, "barred pair is given twice"),
    ],
)
def test_a_fault_is_told(changed: dict[str, Any], told: str) -> None:
    """Each fault names the field and what was expected."""
    with pytest.raises(ValueError, match=told):
        _problem(**changed)
