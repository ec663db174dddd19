"""What a waiting task is worth, whoever takes it: the named parts of its index, in logs.

An index says who is next when not all can be: the weight of a task over the priced hours that are left of its
case, as in the rule of Smith (1956), raised by age, and by a promise as long as it can be kept. When more is
promised than can be done, hours go first to what can still be saved: a promise out of reach sets its task
back. How long is too long to wait follows from how much waits: towards that limit what was set back comes
forward again, and beyond it all gain without an end, so that none waits for ever.
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
PULL: Final = 20.0
"""What a task gains for each limit of waiting beyond the first, without an end; where its promise is broken,
already from half of the first on: at 0.7 of it the task stands as if nothing had been promised.
"""
REDRESSED: Final = 0.5
"""From which part of the limit on that is."""
SPARE: Final = 36.0
"""Hours of the limit where nothing waits: a night or a day without work is no long wait."""
LONGER: Final = 1.1
"""How much longer than by order of arrival a task may wait, beside that."""


def weight_of(priority: Floats) -> Floats:
    """The weight of a priority of 0 to 100; 1 for the usual 50. 25, 50 and 75 weigh 1/2, 1 and 2."""
    weight: Floats = 2.0 ** ((priority - 50.0) / DOUBLES)
    return weight


def first_come(price: Floats, waiting: Floats, arrivals: Floats) -> float:
    """Hours that tasks would wait if all were taken as they come, by the law of Little (1961): the work that
    waits over the work that arrives an hour, of all types [T] together; 0 where nothing arrives.

    `price`: priced hours of one task, 0 where nobody may do it. `waiting` tasks, and `arrivals` an hour.
    """
    an_hour = float(price @ arrivals)
    return float(price @ waiting) / an_hour if an_hour > 0 else 0.0


def limit_of(wait: float) -> float:
    """Hours beyond which a wait is too long where tasks would wait so many hours, taken as they come."""
    return SPARE + LONGER * wait


def worth(
    price: Floats, left: Floats, waited: Floats, weight: Floats, slack: Floats, limit: Floats | float
) -> dict[str, Floats]:
    """The parts of each waiting task's index, by name; all arrays [n].

    `price`: priced hours of the task; `left`: of all that is left of its case; both above 0. `waited`: hours,
    at least 0. `weight`: of its priority, above 0. `slack`: hours until its promise needs it begun (inf:
    nothing is promised; negative: hours since it cannot be kept any more). `limit`: hours, above 0, beyond
    which a wait is too long (inf: none is).
    """
    used = waited / limit
    return {
        "nearly_done": -np.log(left),
        "waited": AGEING * np.log1p(waited / (PATIENCE * price)) + PULL * np.maximum(used - 1.0, 0.0),
        "priority": np.log(weight),
        "promise": _promise(slack, used),
    }


def _promise(slack: Floats, used: Floats) -> Floats:
    """URGENT e^(−slack / NEAR) while it can be kept, then −BROKEN, redressed as the limit is used up."""
    kept = URGENT * np.exp(-np.maximum(slack, 0.0) / NEAR)
    redress = PULL * np.clip(used - REDRESSED, 0.0, 1.0 - REDRESSED)
    promise: Floats = np.where(slack >= 0.0, kept, redress - BROKEN)
    return promise
