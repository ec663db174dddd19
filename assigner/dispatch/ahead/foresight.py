"""Foresight: what the dispatcher knows beyond this moment, for the rules that judge over time.

Who could do what and how fast, who comes and goes, what arrives and follows, and the prices of agents' time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from assigner.dispatch.ahead.abilities import Abilities
from assigner.dispatch.ahead.board import Board
from assigner.dispatch.ahead.burden import Burden
from assigner.dispatch.ahead.crew import Crew, Floats
from assigner.dispatch.ahead.demand import Demand, Name
from solver.prices import TICK

TICK_MS = round(TICK * 3_600_000)
"""Prices are settled once in so long, by the store's clock."""


def next_tick(now: int) -> int:
    """The instant of the next tick."""
    return (now // TICK_MS + 1) * TICK_MS


@dataclass(slots=True, eq=False)
class Foresight:
    """See the module. `ticked` is the number of the last tick at which prices were settled.

    Prices stand between two ticks, however often anybody asks; who has none costs the mean.
    """

    crew: Crew = field(default_factory=Crew)
    abilities: Abilities = field(init=False)
    demand: Demand = field(default_factory=Demand)
    ticked: int = -1
    log_price: dict[str, float] = field(default_factory=dict)
    kept: dict[str, dict[str, float]] = field(default_factory=dict)
    """What the store has of prices and of what is left of cases."""
    after: dict[Name, float] = field(default_factory=dict)
    """As of the last tick: priced hours of what is left of a case beyond one task of each type."""
    wait: float = 0.0
    """As of the last tick: hours that tasks would wait if they were taken as they come."""
    later: list[str] = field(default_factory=list)
    """The free agents that the last cycle left for the next ones, because they were too many."""
    board: Board = field(default_factory=Board)
    burden: Burden = field(default_factory=Burden)
    _by_place: tuple[int, int, Floats] | None = None

    def __post_init__(self) -> None:
        self.abilities = Abilities(self.crew)

    def due(self, now: int) -> bool:
        """Whether a tick is due; those that were missed are one. One that is still to come says nothing: the
        clock was set back.
        """
        return self.ticked not in (now // TICK_MS, now // TICK_MS + 1)

    def age_ms(self, now: int) -> int:
        """How long ago prices were settled; 0 where they never were."""
        return max(0, now - self.ticked * TICK_MS) if self.ticked >= 0 else 0

    def prices(self) -> Floats:
        """[places]: the logs of the prices."""
        kept = self._by_place
        if kept is None or kept[:2] != (self.ticked, self.crew.stamp):
            kept = self._by_place = self.ticked, self.crew.stamp, self.crew.each(self.log_price)
        return kept[2]
