"""What an hour of each agent is worth to the others' work: prices that spread the expected load.

They are the dual of sharing out the fluid load (what waits and what will arrive) so that all are equally
busy: who alone can do much of it becomes dear, and work that others can do goes to the others.
"""

import numpy as np

from solver.outlook import FAR, Floats, Outlook

HORIZON = 24.0
"""H, hours of arrivals that count as demand beside what waits."""
NO_DEMAND = 1e-9
"""Tasks within the horizon of which no agent need keep time free: what is left of arrivals long over."""
SOFTNESS = 0.3
"""θ, how much dearer than the cheapest agent (as a fraction) still gets a good share of a type."""
STEP = 0.05
"""η, how far one round moves the log of a price per unit of relative overload."""
FLOOR = 0.0003
"""The lowest price, as a fraction of the highest."""
TICK = 1 / 12
"""Hours between two settlings, of one round each: how fast prices move hangs on the hours that pass, not on
how often somebody looks. Who settles them less often lets as many rounds go together.
"""
ROUNDS_AT_FIRST = 50
MOST_OVERLOAD = 3.0
AT_ONCE = 50_000
"""So many pairs are gone through at once: what is reckoned of them stays in the processor's cache."""


def settle(outlook: Outlook, log_price: Floats | None = None, rounds: int | None = None) -> Floats:
    """Prices moved towards balance; their logs, [R], of mean 1. None starts from equal prices.

    Call it on a fixed tick with what it gave last: how often somebody asks must not change them.
    `rounds`: 1, or 50 from equal prices.
    """
    rounds = rounds or (ROUNDS_AT_FIRST if log_price is None else 1)
    price = np.ones(outlook.slots.size) if log_price is None else np.exp(log_price)
    price = normal(price)
    hours, demand = _demand(outlook)
    for _ in range(rounds if demand.size else 0):
        price = normal(price * np.exp(STEP * _overload(outlook, hours, price, demand)))
    logs: Floats = np.log(price)
    return logs


def normal(price: Floats) -> Floats:
    """None below the floor, of mean 1."""
    raised: Floats = np.maximum(price, FLOOR * price.max(initial=0.0))
    return raised * (raised.size / raised.sum()) if raised.size else raised


def cheapest(hours: Floats, price: Floats) -> tuple[Floats, Floats]:
    """The priced hours of each pair [T, R], and the least of each type [T]. `hours` are FAR, not inf."""
    priced = hours * price
    return priced, priced.min(axis=1, initial=FAR)


def shares(priced: Floats, least: Floats) -> Floats:
    """[T, R]: the share of a type's work that each agent would get, soft around the cheapest."""
    part = priced * (1.0 / (SOFTNESS * least))[:, None]
    part += 1.0 - 1.0 / SOFTNESS
    np.multiply(part, part, out=part)
    np.multiply(part, part, out=part)
    np.reciprocal(part, out=part)
    if part.size:  # else nobody is at work
        part *= 1.0 / part.sum(axis=1, keepdims=True)
    return part


def _demand(outlook: Outlook) -> tuple[Floats, Floats]:
    """The hours and the tasks that wait or arrive within the horizon, of types of which some do that somebody
    may do.
    """
    demand = outlook.waiting + HORIZON * outlook.arrivals
    hours = np.minimum(outlook.handling, FAR)
    rows = np.flatnonzero((demand > NO_DEMAND) & (hours.min(axis=1, initial=FAR) < FAR))
    return hours[rows], demand[rows]


def _overload(outlook: Outlook, hours: Floats, price: Floats, demand: Floats) -> Floats:
    """[R]: how much more than their due share each would be busy, as a fraction, cut at both ends."""
    load, step = np.zeros(price.size), max(1, AT_ONCE // price.size)
    for first in range(0, demand.size, step):
        some = hours[first : first + step]
        part = shares(*cheapest(some, price))
        part *= some
        load += demand[first : first + step] @ part
    load /= outlook.slots
    relative: Floats = load * (load.size / (price @ load)) - 1.0  # never below -1
    return np.minimum(relative, MOST_OVERLOAD)
