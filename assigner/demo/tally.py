"""What the demo counts of what it did, and the last things that happened."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

Count = Literal["made", "offers", "accepted", "declined", "expired", "withdrawn", "completed"]

LAST: Final = 1_000
SHOWN: Final = 60
RATE_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened: the key of its words, and the facts in them; when, in the demo's seconds."""

    at: float
    key: str
    facts: dict[str, str]


@dataclass(slots=True, kw_only=True)
class Tally:
    """The counts of this run. Times are in milliseconds.

    `to_offer`: from a task's coming to its first offer. `reactions`: from the instant at which both a task
    waited and its agent had room, to the offer.
    """

    counts: Counter[Count] = field(default_factory=Counter)
    to_offer: deque[int] = field(default_factory=lambda: deque(maxlen=LAST))
    reactions: deque[int] = field(default_factory=lambda: deque(maxlen=LAST))
    happenings: deque[Happening] = field(default_factory=lambda: deque(maxlen=SHOWN))
    _offers: deque[float] = field(default_factory=lambda: deque(maxlen=10_000))

    def offered(self, at: float) -> None:
        """An offer came, at so many seconds of the demo."""
        self.counts["offers"] += 1
        self._offers.append(at)

    def offers_a_second(self, now: float) -> float:
        """Of the last ten seconds, or of all when they are fewer."""
        return sum(at > now - RATE_S for at in self._offers) / max(min(RATE_S, now), 1.0)

    def tell(self, at: float, key: str, **facts: str) -> None:
        """Note what happened."""
        self.happenings.append(Happening(at=at, key=key, facts=facts))


def part(values: Iterable[int], share: float) -> int | None:
    """The value within which this share of the values lies; None when there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
