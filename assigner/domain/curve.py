"""A curve: how a promise pulls at its task over time, in points of priority, before it ends and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of priority by the time since the promise ended, in milliseconds, below 0 before: ascending.

    Linear in between. What the first has holds before it, and the slope up to the last goes on for ever.
    """

    at: tuple[int, ...]
    points: tuple[float, ...]

    @staticmethod
    def of(doc: Sequence[Mapping[str, Any]]) -> Curve:
        """The curve of a validated document."""
        said = sorted((place_of(point), float(point["points"])) for point in doc)
        return Curve(tuple(at for at, _ in said), tuple(points for _, points in said))

    @property
    def slope(self) -> float:
        """Points a millisecond, after the last of the points."""
        return (self.points[-1] - self.points[-2]) / (self.at[-1] - self.at[-2])

    @property
    def number(self) -> int:
        """A number of its own, above 0: equal curves have the same."""
        return hash((self.at, self.points)) & (2**62 - 1) | 1


def place_of(point: Mapping[str, Any]) -> int:
    """Where a point of a document is: milliseconds after the promise ends, below 0 before."""
    after: float | None = point.get("after_s")
    seconds: float = -point["before_s"] if after is None else after
    return round(seconds * 1000)


def flaws(doc: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, str]]:
    """(number of the point, what is wrong) of all that keeps points of a document from being a curve.

    `one_side`: it says when twice, or not at all; `same_place`: another is there already; `not_rising`: it is
    below the one before it or, the last, not above.
    """
    sides = [(point.get("before_s") is None) + (point.get("after_s") is None) for point in doc]
    yield from ((number, "one_side") for number, none in enumerate(sides) if none != 1)
    order = [number for number, none in enumerate(sides) if none == 1]
    order.sort(key=lambda number: place_of(doc[number]))
    for early, late in pairwise(order):
        rise = doc[late]["points"] - doc[early]["points"]
        if place_of(doc[early]) == place_of(doc[late]):
            yield late, "same_place"
        elif rise < 0 or (rise == 0 and late == order[-1]):
            yield late, "not_rising"
