"""Acting: how a dispatcher's commands reach the store, and what it learns from the answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from assigner.dispatch.mirror import Mirror
from assigner.store.base import Command, Outcome, Store

BATCH = 500
ACTOR = "dispatcher"


class NotLeader(Exception):
    """Another dispatcher has the lease: stop at once."""


@dataclass(slots=True, kw_only=True)
class Acting:
    """A dispatcher's hand: its lease, and names for what it does that nobody else gives."""

    store: Store
    mirror: Mirror
    lease: str
    count: int = 0

    def name(self) -> str:
        """A name that was not given before: the lease's epoch and nonce, and a number."""
        self.count += 1
        return "-".join((*self.lease.split(":")[:2], str(self.count)))

    def said(self, now: int, version: int | None = None) -> dict[str, Any]:
        """What every command of the dispatcher says."""
        op = f"dispatcher-{self.name()}"
        return {"op": op, "actor": ACTOR, "now": now, "lease": self.lease, "version": version}

    async def do(self, verb: str, asked: Sequence[Command]) -> list[Outcome]:
        """Do commands in batches and take in what they changed. Raises NotLeader."""
        found: list[Outcome] = []
        for batch in _batches(asked):
            outcomes = await self.store.do(verb, batch)
            for outcome in outcomes:
                self.mirror.learn(outcome)
            if any(outcome.refused == "not_leader" for outcome in outcomes):
                raise NotLeader
            found += outcomes
        return found


def _batches(asked: Sequence[Command]) -> Iterator[Sequence[Command]]:
    return (asked[first : first + BATCH] for first in range(0, len(asked), BATCH))
