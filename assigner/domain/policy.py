"""A policy: the rule and the weights by which a decision is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`rule` names how pairs are valued; `weights` multiplies soft terms by name, 1 where none is given."""

    rule: str = "snapshot"
    weights: Mapping[str, float] = field(default_factory=dict)
