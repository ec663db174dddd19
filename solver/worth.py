"""What a waiting task is worth, whoever takes it: the named parts of its index, in logs.

An index says who is next when not all can be: the weight of a task over the priced hours that are left of its
case, as in the rule of Smith (1956), raised by age, and by a promise as long as it can be kept. When more is
promised than can be done, hours go first to what can still be saved: a promise out of reach sets its task
back, but ever less, so that none waits for ever.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DOUBLES: Final = 25.0
"""Points of priority that double a task's weight."""

AGEING: Final = 0.15
"""ε, how fast a task gains by waiting."""
PATIENCE: Final = 4.0
"""κ, a wait counts from so many times a task's own priced hours."""

URGENT: Final = 1.0
"""What a promise adds at the last moment at which it can be kept."""
NEAR: Final = 8.0
"""Hours of slack, a working day, over which that fades to 1/e of it."""
BROKEN: Final = 4.0
"""What a promise takes away when it cannot be kept any more."""
FORGIVEN: Final = 12.0
"""Hours late that give back 1 of that, and 1 more each time without end: after two days a task stands as if
nothing had been promised, and then before it.
"""


def weight_of(priority: Floats) -> Floats:
    """The weight of a priority of 0 to 100; 1 for the usual 50. 25, 50 and 75 weigh 1/2, 1 and 2."""
    weight: Floats = 2.0 ** ((priority - 50.0) / DOUBLES)
    return weight


def worth(price: Floats, left: Floats, waited: Floats, weight: Floats, slack: Floats) -> dict[str, Floats]:
    """The parts of each waiting task's index, by name; all arrays [n].

    `price`: priced hours of the task; `left`: of all that is left of its case; both above 0. `waited`: hours,
    at least 0. `weight`: of its priority, above 0. `slack`: hours until its promise needs it begun (inf:
    nothing is promised; negative: hours since it cannot be kept any more).
    """
    return {
        "nearly_done": -np.log(left),
        "waited": AGEING * np.log1p(waited / (PATIENCE * price)),
        "priority": np.log(weight),
        "promise": _promise(slack),
    }


def _promise(slack: Floats) -> Floats:
    """URGENT e^(−slack / NEAR) while it can be kept, then −BROKEN + late / FORGIVEN."""
    kept = URGENT * np.exp(-np.maximum(slack, 0.0) / NEAR)
    late = np.maximum(-slack, 0.0)
    promise: Floats = np.where(slack >= 0.0, kept, late / FORGIVEN - BROKEN)
    return promise
