"""A policy: the rule and the weights by which a decision is made, and what the rule is told of the future."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SNAPSHOT, PRICE_AND_HOLD, PRIORITY_FIRST = "snapshot", "price_and_hold", "priority_first"

RULES_OF_VALUE: dict[str, str] = {
    SNAPSHOT: "What the pairs of this moment are worth: urgency, fit, time idle and load, in points. Nothing "
    "is foreseen and nothing held back.",
    PRICE_AND_HOLD: "What is best over time: first what is soon finished for what it weighs, by the agent "
    "whose time is worth least elsewhere; held back where somebody faster will finish it sooner.",
    PRIORITY_FIRST: "Of the tasks that somebody may take, the one of the highest priority first; of equal "
    "priority the older one; by the agent whose time is worth least elsewhere. Nothing is held back.",
}
"""The rules by which pairs are valued, and what each means. A task may have one of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`rule`, of RULES_OF_VALUE, says how pairs are valued; `weights` multiplies soft terms by name, 1 where
    none is given.

    Of the rules over time: `arrivals` are the tasks that come an hour, by category, and `prices` what an hour
    of an agent is worth to the others' work, by id, 1 for the mean; None: they are to be found out.
    """

    rule: str = SNAPSHOT
    weights: Mapping[str, float] = field(default_factory=dict)
    arrivals: Mapping[str, float] = field(default_factory=dict)
    prices: Mapping[str, float] | None = None
