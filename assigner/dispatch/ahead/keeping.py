"""Foresight kept in the store, so that whoever leads next goes on from the same prices and counts.

What arrived since the last tick is not kept: of MEMORY_H hours it is minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from assigner.dispatch.ahead.demand import Demand
from assigner.dispatch.ahead.foresight import Foresight
from assigner.store.base import Learn, Learned

PRICE, LEFT, ARRIVALS, FOLLOWS = KINDS = ("price", "left", "arrivals", "follows")
TICK = ""
"""Stands among the prices for the number of the tick at which they were settled; no agent is called so."""
WAIT = " "
"""Stands there for the hours that tasks would wait as of that tick; no agent is called so either."""
BETWEEN = "\x1f"
"""Stands between the names of two types."""


def learn_of(sees: Foresight, lease: str) -> Learn:
    """What is new since it was last asked for."""
    said: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    gone: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for key, value in sees.demand.changes():
        kind, name = ARRIVALS if len(key) == 1 else FOLLOWS, BETWEEN.join(key)
        if value is None:
            gone[kind].append(name)
        else:
            said[kind][name] = value
    for kind, values in ((PRICE, sees.log_price), (LEFT, sees.after)):
        kept = sees.kept.get(kind, {})
        said[kind] = {name: value for name, value in values.items() if kept.get(name) != value}
        gone[kind] = sorted(kept.keys() - values.keys())
        sees.kept[kind] = dict(values)
    said[PRICE] |= {TICK: sees.ticked, WAIT: sees.wait}
    return Learn(lease=lease, set=said, drop=gone)


def foresight_of(learned: Learned) -> Foresight:
    """Foresight that goes on from what was kept."""
    fields = learned.fields
    prices = {name: float(price) for name, price in fields[PRICE].items() if name not in (TICK, WAIT)}
    sees = Foresight(demand=Demand.of([*_keyed(fields[ARRIVALS]), *_keyed(fields[FOLLOWS])]))
    sees.log_price, sees.after = prices, {name: float(hours) for name, hours in fields[LEFT].items()}
    sees.kept = {PRICE: dict(prices), LEFT: dict(sees.after)}
    sees.ticked, sees.wait = int(fields[PRICE].get(TICK, -1)), float(fields[PRICE].get(WAIT, 0.0))
    return sees


def _keyed(named: Mapping[str, Any]) -> Iterable[tuple[tuple[str, ...], list[Any]]]:
    return ((tuple(name.split(BETWEEN)), value) for name, value in named.items())
