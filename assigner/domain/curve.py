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
    seconds: float = point["after_s"] if "after_s" in point else -point["before_s"]
    return round(seconds * 1000)


def flaws(doc: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int | None, str, str]]:
    """(number of the point, field, what is wrong) of all that keeps a document from being a curve."""
    if len(doc) < 2:
        yield None, "", "too_few"
    sides = [("before_s" in point) + ("after_s" in point) for point in doc]
    yield from ((number, "", "one_side") for number, count in enumerate(sides) if count != 1)
    if any(count != 1 for count in sides) or len(doc) < 2:
        return
    order = sorted(range(len(doc)), key=lambda number: place_of(doc[number]))
    for early, late in pairwise(order):
        if place_of(doc[early]) == place_of(doc[late]):
            yield late, "", "same_place"
        elif doc[late]["points"] < doc[early]["points"]:
            yield late, "points", "falls"
        elif late == order[-1] and doc[late]["points"] == doc[early]["points"]:
            yield late, "points", "saturates"
