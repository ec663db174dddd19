"""What a store says was learned, as far as it makes sense: dispatching does not end over a value that a hand
wrote there, or a newer version.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from assigner.dispatch.ahead.keeping import ARRIVALS, BETWEEN, FOLLOWS, LEFT, PRICE, TICK, WAIT
from assigner.store.base import Learned

MOST = 1e15
"""Larger than any count, instant in milliseconds, or sum of roots."""
MOST_LOG = 50.0
"""Larger than the log of any price."""
_event = re.compile(r"\d{1,20}-\d{1,20}")


def sound(learned: Learned) -> tuple[Learned, list[tuple[str, str]]]:
    """What makes sense of it, and the kind and the name of each value that does not."""
    fields: dict[str, dict[str, Any]] = {}
    odd: list[tuple[str, str]] = []
    for kind, named in learned.fields.items():
        fits = FITS[kind]
        fields[kind] = {name: value for name, value in named.items() if fits(name, value)}
        odd += [(kind, name) for name in named.keys() - fields[kind].keys()]
    upto = learned.upto if _event.fullmatch(learned.upto) else ""
    return Learned(fields=fields, upto=upto), odd


def _number(value: object, least: float = 0.0, most: float = MOST) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _whole(value: object, least: int = 0) -> bool:
    return isinstance(value, int) and _number(value, least)


def _list(value: object, length: int) -> bool:
    return isinstance(value, list | tuple) and len(value) == length


def _handling(name: str, value: Any) -> bool:
    """How many, roots, squares, the last event."""
    if BETWEEN not in name or not _list(value, 4):
        return False
    *sums, last = value
    event = isinstance(last, str) and (not last or bool(_event.fullmatch(last)))
    return event and all(_number(each, 1e-6) for each in sums)


def _price(name: str, value: Any) -> bool:
    if name == WAIT:
        return _number(value)
    return _whole(value) if name == TICK else _number(value, -MOST_LOG, MOST_LOG)


def _left(name: str, value: Any) -> bool:
    return _number(value)


def _arrivals(name: str, value: Any) -> bool:
    """How many, as of when, since when, and what the type asks."""
    if not _list(value, 4):
        return False
    count, at, since, asks = value
    return _number(count) and _whole(at) and _whole(since) and _asks(asks)


def _asks(value: Any) -> bool:
    if not _list(value, 7):
        return False
    skills, any_skills, preferred, channel, category, size, handle_ms = value
    named = all(isinstance(each, str | None) for each in (channel, category))
    skilled = isinstance(any_skills, list) and all(map(_skills, [skills, preferred, *any_skills]))
    return named and skilled and _whole(size, 1) and _whole(handle_ms, 1)


def _skills(value: Any) -> bool:
    return isinstance(value, list) and all(
        _list(each, 2) and isinstance(each[0], str) and _number(each[1]) for each in value
    )


def _follows(name: str, value: Any) -> bool:
    """How many, and as of when."""
    return name.count(BETWEEN) == 1 and _list(value, 2) and _number(value[0]) and _whole(value[1])


FITS: Mapping[str, Callable[[str, Any], bool]] = {
    "handling": _handling,
    PRICE: _price,
    LEFT: _left,
    ARRIVALS: _arrivals,
    FOLLOWS: _follows,
}
