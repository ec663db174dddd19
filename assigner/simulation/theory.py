"""What queueing theory says of systems simple enough for formulas: to check the simulator with.

Arrivals are Poisson (`arrivals` an hour), handling is exponential (each agent `ends` so many an hour), and
all `agents` are alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

MANY = 100_000
"""So many waiting have no probability left in any system that is used."""
NONE_LEFT = 1e-15


def erlang_c(arrivals: float, ends: float, agents: int) -> float:
    """The probability that an arrival has to wait in M/M/c, with as much patience as it takes (Erlang, 1917).

    Raises ValueError where more arrives than can be done.
    """
    offered = arrivals / ends
    if offered >= agents:
        raise ValueError(f"{offered:g} agents' worth of work arrives, and there are {agents}.")
    blocked = 1.0  # Erlang B, by its recursion over the agents
    for number in range(1, agents + 1):
        blocked = offered * blocked / (number + offered * blocked)
    return blocked / (1.0 - offered / agents * (1.0 - blocked))


def wait(arrivals: float, ends: float, agents: int) -> float:
    """The mean wait in M/M/c, in hours, of all that arrive."""
    return erlang_c(arrivals, ends, agents) / (agents * ends - arrivals)


def waits_by_priority(arrivals: Sequence[float], ends: float, agents: int) -> list[float]:
    """The mean wait of each class in M/M/c, the first class before the second and so on; what is begun is
    finished (Cobham, 1954).
    """
    capacity = agents * ends
    remaining = erlang_c(sum(arrivals), ends, agents) / capacity
    loads = [0.0, *accumulate(rate / capacity for rate in arrivals)]
    return [remaining / ((1.0 - before) * (1.0 - with_it)) for before, with_it in pairwise(loads)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Impatient:
    """Of M/M/c with exponential patience: the share who leave, and the mean wait of all, in hours."""

    leave: float
    wait: float


def erlang_a(arrivals: float, ends: float, agents: int, patience: float) -> Impatient:
    """M/M/c where each who waits leaves after `patience` hours on average (Palm, 1946): the balance of births
    and deaths, summed until nothing is left.
    """
    weight, total, waiting = 1.0, 1.0, 0.0
    for number in range(1, MANY):
        queued = max(0, number - agents)
        weight *= arrivals / (min(number, agents) * ends + queued / patience)
        total += weight
        waiting += queued * weight
        if queued and weight < NONE_LEFT * total:
            break
    length = waiting / total
    return Impatient(leave=length / patience / arrivals, wait=length / arrivals)
