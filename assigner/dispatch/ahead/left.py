"""What is left of cases beyond each type of task, as of a tick: by what has followed what so far."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from assigner.dispatch.ahead.abilities import Row, type_of
from assigner.dispatch.ahead.crew import Floats
from assigner.dispatch.ahead.demand import Demand, Name
from assigner.dispatch.ahead.foresight import Foresight
from solver.left import beyond
from solver.outlook import FAR

MOST_LINKED = 200
"""So many types that follow others or are followed count; beyond, those that arrive least do not."""
SLICE = 8
"""After so many types the event loop goes round."""


async def cases_left(sees: Foresight, log_price: Mapping[str, float], now: int) -> dict[Name, float]:
    """Priced hours of what is left of a case beyond one task of each type; of those of which something is.

    `log_price`: by agent, 0 of who has none.
    """
    names = _linked(sees.demand, now)
    rows = await _rows(sees, names, now)
    hours = beyond(_prices(sees, rows, log_price, now), _follows(sees.demand, names, now))
    return {name: each for name, each in zip(names, hours.tolist(), strict=True) if each > 0.0}


def _linked(demand: Demand, now: int) -> Sequence[Name]:
    """The types that follow others or are followed."""
    names = dict.fromkeys(name for before, after, _ in demand.following(now) for name in (before, after))
    known = [name for name in names if name in demand.asks]
    return sorted(known, key=lambda name: (-demand.rate(name, now), name))[:MOST_LINKED]


def _follows(demand: Demand, names: Sequence[Name], now: int) -> Floats:
    """[T, T]: how likely each follows each."""
    at = {name: i for i, name in enumerate(names)}
    table = np.zeros((len(names), len(names)))
    for before, after, likely in demand.following(now):
        if before in at and after in at:
            table[at[before], at[after]] = likely
    return table


async def _rows(sees: Foresight, names: Sequence[Name], now: int) -> Sequence[Row]:
    types = [type_of(sees.demand.asks[name]) for name in names]
    rows = []
    for number, type in enumerate(types):
        if number % SLICE == 0:
            await asyncio.sleep(0)
        rows.append(sees.abilities.row(type, now))
    return rows


def _prices(sees: Foresight, rows: Iterable[Row], log_price: Mapping[str, float], now: int) -> Floats:
    """[T]: priced hours of one task of each, by those at work who could do it, or by whoever else could."""
    at_work, costs = sees.crew.at_work(now), np.exp(sees.crew.each(log_price))
    found = []
    for row in rows:
        there = at_work[row.who]
        some = there if there.any() else ~there
        found.append((row.hours * costs[row.who])[some].min(initial=FAR))
    price = np.array(found, np.float64)
    return np.where(price < FAR, price, 0.0)
