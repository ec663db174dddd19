"""What a rule over time looks at besides the pairs that are free now: hours, rates and who comes and goes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FAR = 1e30
"""Hours that stand for never: so large that nothing is added to them, so small that no power overflows."""

SOON = 12.0
"""Hours: who comes to work within them counts as at work; one may wait for them."""


def in_time(hours: Floats, begins: Floats, leaves_in: Floats, longest: Floats) -> Floats:
    """[T, R]: the hours of work that begins in so many hours; inf where it would not end before its agent
    leaves, unless it is longer than the longest of their shifts and goes on in the next one anyhow.
    """
    late = begins + hours > leaves_in
    if not late.any():  # the usual case is the quick one
        return hours
    ends: Floats = np.where(late & (hours <= longest), np.inf, hours)
    return ends


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outlook:
    """T types of tasks, R agents at work: idle, busy, or soon to come. All times in hours.

    A type is tasks alike in what they ask and in expected handling.
    """

    handling: Floats
    """[T, R], above 0: expected hours of one task; inf where the agent may not do the type."""
    waiting: Floats
    """[T]: tasks waiting now."""
    arrivals: Floats
    """[T]: new tasks an hour, follow-ups included."""
    frees_in: Floats
    """[R]: expected hours until the agent has room; 0 who has room now; who is yet to come, until then."""
    leaves_in: Floats
    """[R]: hours until the agent's shift ends; inf where no end is known."""
    slots: Floats
    """[R], at least 1: how many tasks the agent works on at once."""
    beside: Floats | float = 0.0
    """[R]: hours of work that waits for each agent besides `waiting`: of types that are left out here."""
    after: Floats | float = 0.0
    """[T]: priced hours of what is left of a case beyond the task itself, from `beyond`."""
