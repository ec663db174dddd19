"""The answer: who takes what, how good it is, and what is proven about it."""

from dataclasses import dataclass
from enum import StrEnum

from solver.problem import Ids, Ints


class Status(StrEnum):
    """What is proven."""

    OPTIMAL = "optimal"
    """No feasible assignment has a larger objective: the bound equals the objective."""
    FEASIBLE = "feasible"
    """The limit stopped the search; the gap says how far from the optimum at most."""
    FALLBACK = "fallback"
    """The limit stopped the method before it had an answer: this is the greedy one, or the start."""


class Method(StrEnum):
    """What found the answer."""

    FLOW = "flow"
    CPSAT = "cpsat"
    GREEDY = "greedy"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """An assignment with its objective and an upper bound of the optimum."""

    agent: Ids
    """int32[n]: the agent of each task, -1 = waits."""
    objective: int
    """Sum of the values of the chosen pairs."""
    bound: int
    """No feasible assignment has a larger objective."""
    status: Status
    method: Method
    work: int = 0
    """Steps done: networks solved (flow), neighbourhoods searched (cpsat)."""
    price: Ints | None = None
    """int64[m]: what one unit of each agent's capacity is worth; proves the bound, see `solver.check`."""

    @property
    def gap(self) -> float:
        """`(bound - objective) / max(1, |bound|)`."""
        return (self.bound - self.objective) / max(1, abs(self.bound))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """The answer for a part: an assignment, an upper bound of the optimum, steps done."""

    agent: Ids
    bound: int
    rounds: int
