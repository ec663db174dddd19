"""What a waiting task is worth, whoever takes it: the named parts of its index, in logs.

An index says who is next when not all can be: the weight of a task over the priced hours that are left of its
case, as in the rule of Smith (1956), raised by age and by a promise that is about to be broken.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DOUBLES: Final = 25.0
"""Points of priority that double a task's weight."""

AGEING: Final = 0.3
"""How fast a task gains by waiting."""

PATIENCE: Final = 4.0
"""A wait counts from so many times a task's own priced hours."""

PROMISE: Final = 3.0
"""What a promise that must be kept now adds."""

NEAR: Final = 4.0
"""Hours of slack over which a promise grows urgent."""


def weight_of(priority: Floats) -> Floats:
    """The weight of a priority of 0 to 100; 1 for the usual 50. 25, 50 and 75 weigh 1/2, 1 and 2."""
    return 2.0 ** ((priority - 50.0) / DOUBLES)


def worth(price: Floats, left: Floats, waited: Floats, weight: Floats, slack: Floats) -> dict[str, Floats]:
    """The parts of each waiting task's index, by name; all arrays [n].

    `price`: priced hours of the task; `left`: of all that is left of its case; both above 0. `waited`: hours,
    at least 0. `weight`: of its priority, above 0. `slack`: hours until its promise needs it begun (inf:
    nothing is promised; negative: it cannot be kept).
    """
    kept = np.where(slack >= 0, PROMISE * np.exp(-np.maximum(slack, 0.0) / NEAR), 0.0)
    return {
        "nearly_done": -np.log(left),
        "waited": AGEING * np.log1p(waited / (PATIENCE * price)),
        "priority": np.log(weight),
        "promise": kept,
    }
