"""The burden: hours of waiting work before each agent, as the prices of the last tick share it out.

Where there is too much to look at all of it at each decision, this stands for the types that are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

import numpy as np

from assigner.dispatch.ahead.abilities import Type
from assigner.dispatch.ahead.crew import Floats, Places
from assigner.dispatch.lines import Kind
from solver.outlook import FAR
from solver.prices import cheapest, shares

Part = tuple[Places, Floats]
"""What one task of a type adds to the hours before each agent who does such tasks."""


@dataclass(slots=True, eq=False)
class Burden:
    """`tick`: of which tick the shares are. What waits is brought up to date, the shares are not."""

    tick: int = -1
    hours: Floats = field(default_factory=lambda: np.zeros(0))
    """[places]"""
    parts: dict[Type, Part] = field(default_factory=dict)
    whole: bool = False
    """Whether all that waits was counted since this began anew; from then on what has changed will do."""
    _counted: dict[Kind, dict[int, int]] = field(default_factory=dict)
    """How much waits, in sizes, of each step of each kind."""

    @property
    def kinds(self) -> Collection[Kind]:
        """The kinds of which something was counted."""
        return self._counted.keys()

    def begin(self, type: Type, part: Part, amount: int) -> None:
        """So much waits of a type, as far as is known until all is counted; what one task of it adds."""
        self.parts[type] = part
        if amount:
            self._add(type, amount)
            self._counted.setdefault(type[0], {})[type[1]] = amount

    def count(
        self,
        waiting: Iterable[tuple[Type, int]],
        kinds: Collection[Kind],
        part_of: Callable[[Type], Part],
        places: int,
    ) -> None:
        """So much waits now of each type of these kinds, and nothing of others of them."""
        self.hold(places)
        gone = {kind: self._counted.pop(kind, {}) for kind in kinds}
        for type, amount in waiting:
            more = amount - gone.get(type[0], {}).pop(type[1], 0)
            if more:
                if type not in self.parts:
                    self.parts[type] = part_of(type)
                self._add(type, more)
            self._counted.setdefault(type[0], {})[type[1]] = amount
        for kind, steps in gone.items():
            for step, amount in steps.items():
                self._add((kind, step), -amount)

    def hold(self, places: int) -> None:
        """Have room for so many agents."""
        if places > self.hours.size:
            self.hours = np.concatenate((self.hours, np.zeros(places - self.hours.size)))

    def _add(self, type: Type, amount: int) -> None:
        who, hours = self.parts[type]
        self.hours[who] += amount * hours


def share_out(who: Places, hours: Floats, log_price: Floats) -> Part:
    """The hours that one task of a type adds to each agent at work who could do it."""
    if not who.size:
        return who, hours
    table = np.minimum(hours, FAR)[None, :]
    return who, (shares(*cheapest(table, np.exp(log_price))) * table)[0]
