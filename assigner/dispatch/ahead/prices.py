"""Prices of agents' time, settled on a tick: what waits and what arrives is spread over those at work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from assigner.dispatch.ahead.abilities import Row, Type, type_of
from assigner.dispatch.ahead.burden import Burden, share_out
from assigner.dispatch.ahead.crew import Floats, Places
from assigner.dispatch.ahead.foresight import TICK_MS, Foresight
from assigner.dispatch.ahead.left import cases_left
from assigner.dispatch.ahead.sight import WHOLE_CELLS, waiting
from assigner.dispatch.index import Index
from solver.outlook import Outlook
from solver.prices import HORIZON, settle
from solver.worth import first_come

MOST_CELLS = 2_000_000
"""So many (type, agent) pairs are priced; beyond, the types with least work before them do not count."""
SLICE = 8
"""After so many types the event loop goes round: they take a few milliseconds."""
DIGITS = 6
"""What is settled is rounded to so many, so that who reads it goes on from the very same."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Load:
    """What prices are settled by, of T types and R agents at work: see Outlook.

    `log_price` is None where none were settled yet.
    """

    hours: Floats
    waiting: Floats
    arrivals: Floats
    slots: Floats
    log_price: Floats | None


Settle = Callable[[Load], Awaitable[Floats]]
"""From a load to the logs of prices, in this process or in another."""


def settled(load: Load) -> Floats:
    """The logs of the prices after a tick."""
    agents = load.slots.size
    outlook = Outlook(
        handling=load.hours,
        waiting=load.waiting,
        arrivals=load.arrivals,
        frees_in=np.zeros(agents),
        leaves_in=np.full(agents, inf),
        slots=load.slots,
    )
    logs: Floats = np.round(settle(outlook, load.log_price), DIGITS)
    return logs


async def settle_here(load: Load) -> Floats:
    """The same, in this process."""
    return settled(load)


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """A type, who could do it, and in sizes what waits of it and what arrives an hour."""

    type: Type
    row: Row
    waiting: int
    arrivals: float


async def tick(sees: Foresight, index: Index, now: int, settle: Settle) -> None:
    """Settle the prices, and look anew at what arrives, what is left of cases, who takes how long, and how
    long tasks would wait.

    The crew is up to date.
    """
    tick = now // TICK_MS
    sees.demand.fade(now)
    await sees.abilities.relearn()
    wanted = await _wanted(sees, index, now)
    who, load = _load(sees, wanted, now)
    names = [sees.crew.name(place) for place in who.tolist()]
    logs = await settle(load) if load.hours.size else np.zeros(0)
    prices = sees.log_price | dict(zip(names, logs.tolist(), strict=False))
    after, burden = await cases_left(sees, prices, now), Burden(tick=tick)
    if len(wanted) * who.size > WHOLE_CELLS:
        await _share(burden, sees, wanted, prices, now)

    # From here on all of it holds, at once: nobody decides by the half of a tick.
    sees.log_price = {name: log for name, log in prices.items() if sees.crew.place(name) is not None}
    sees.after, sees.wait = after, _wait(load, logs) if who.size else sees.wait
    sees.ticked, sees.burden, index.changed = tick, burden, set()


async def _wanted(sees: Foresight, index: Index, now: int) -> list[Wanted]:
    """All types of which something waits or arrives."""
    amounts = dict(waiting(index))
    arrivals = {type_of(task): (name, task) for name, task in sees.demand.asks.items()}
    found = []
    for number, type in enumerate(dict.fromkeys([*amounts, *arrivals])):
        if number % SLICE == 0:
            await asyncio.sleep(0)
        name, task = arrivals.get(type, ("", None))
        rate = sees.demand.rate(name, now) * task.requirement.size if task else 0.0
        found.append(Wanted(type, sees.abilities.row(type, now), amounts.get(type, 0), rate))
    return found


def _load(sees: Foresight, wanted: Sequence[Wanted], now: int) -> tuple[Places, Load]:
    """What prices are settled by; types that the same people do in the same time are one."""
    at_work = sees.crew.at_work(now)
    alike: dict[tuple[bytes, bytes], list[Wanted]] = {}
    for one in wanted:
        alike.setdefault((one.row.who.tobytes(), one.row.hours.tobytes()), []).append(one)
    who = np.flatnonzero(_anybody(at_work.size, wanted) & at_work)
    types = _busiest(list(alike.values()), MOST_CELLS // max(1, who.size))
    hours = np.full((len(types), at_work.size), inf)
    for t, same in enumerate(types):
        hours[t, same[0].row.who] = same[0].row.hours
    return who, Load(
        hours=hours[:, who],
        waiting=np.array([sum(one.waiting for one in same) for same in types]),
        arrivals=np.array([sum(one.arrivals for one in same) for same in types]),
        slots=sees.crew.times(who, now).slots,
        log_price=sees.prices()[who] if sees.log_price else None,
    )


def _anybody(places: int, wanted: Iterable[Wanted]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """[places]: who could do anything that is wanted."""
    able = np.zeros(places, np.bool_)
    for one in wanted:
        able[one.row.who] = True
    return able


def _busiest(types: list[list[Wanted]], most: int) -> list[list[Wanted]]:
    """Those with most work, where there are more."""
    if len(types) <= most:
        return types

    def work(same: list[Wanted]) -> float:
        hours = float(same[0].row.hours.min(initial=inf))
        return sum(one.waiting + HORIZON * one.arrivals for one in same) * (hours if hours < inf else 0.0)

    return sorted(types, key=work, reverse=True)[:most]


def _wait(load: Load, log_price: Floats) -> float:
    """Hours that tasks would wait if they were taken as they come."""
    price = (load.hours * np.exp(log_price)).min(axis=1, initial=inf)
    price = np.where(price < inf, price, 0.0)
    return round(first_come(price, load.waiting, load.arrivals), DIGITS)


async def _share(
    burden: Burden, sees: Foresight, wanted: Sequence[Wanted], log_price: Mapping[str, float], now: int
) -> None:
    """Share what waits out, for where there is too much to look at at once."""
    at_work, prices = sees.crew.at_work(now), sees.crew.each(log_price)
    burden.hold(prices.size)
    for number, one in enumerate(wanted):
        if number % SLICE == 0:
            await asyncio.sleep(0)
        there = at_work[one.row.who]
        who = one.row.who[there]
        burden.begin(one.type, share_out(who, one.row.hours[there], prices[who]), one.waiting)
