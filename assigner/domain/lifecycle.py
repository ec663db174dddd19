"""What can happen to a task: the one table of its states and of every move between them.

A verb is the store's method, the Lua file, the API's path, the event, the metric's label and the test's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a task is in its life, and who moves it on."""

    QUEUED = "queued"
    """Waits for an agent. The dispatcher offers it; a person may hold, transfer, assign or cancel it."""
    HELD = "held"
    """Waits for an instant, or for a person. The clock or a person resumes it."""
    OFFERED = "offered"
    """Proposed to one agent, whose capacity it takes. The agent answers, or the offer expires."""
    ASSIGNED = "assigned"
    """An agent has it. The agent completes or releases it; it is rescued when the agent is lost."""
    COMPLETED = "completed"
    """Done. A person may reopen it until it is pruned."""
    CANCELLED = "cancelled"
    """Not needed any more. It is pruned by the clock."""


class OfferState(StrEnum):
    """How an offer stands. Every offer ends."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    REVOKED = "revoked"


class OverrideState(StrEnum):
    """Whether an override holds still, and why not."""

    ACTIVE = "active"
    """It holds. A person undoes it, the clock ends it, or another takes its place."""
    DONE = "done"
    """It was done at once, and nothing of it can be undone."""
    UNDONE = "undone"
    """A person undid it."""
    ENDED = "ended"
    """The end came that it was given, or no task carries anything of it any more."""
    REPLACED = "replaced"
    """Another override took the place of all of it."""


NOT_BEFORE = "not_before"
"""The reason of a hold that ends by itself, when the client lets the task be begun."""
OPEN_STATES = (State.QUEUED, State.HELD, State.OFFERED, State.ASSIGNED)


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: `verb` takes a task from one of the states to another, or leaves it there (`to` None).

    `offer` is how an open offer of the task ends, where there is one. `event` is the verb in the past.
    """

    verb: str
    event: str
    sources: tuple[State, ...]
    to: State | None
    who: str
    offer: OfferState | None = None


_Q, _H, _O, _A = OPEN_STATES
_REVOKED = OfferState.REVOKED

TRANSITIONS: dict[str, Transition] = {
    row.verb: row
    for row in (
        Transition("offer", "offered", (_Q,), _O, "dispatcher"),
        Transition("accept", "accepted", (_O,), _A, "agent", OfferState.ACCEPTED),
        Transition("decline", "declined", (_O,), _Q, "agent", OfferState.DECLINED),
        Transition("expire", "expired", (_O,), _Q, "clock", OfferState.EXPIRED),
        Transition("revoke", "revoked", (_O,), _Q, "dispatcher", _REVOKED),
        Transition("assign", "assigned", (_Q, _O), _A, "person", _REVOKED),
        Transition("start", "started", (_A,), None, "agent"),
        Transition("complete", "completed", (_A,), State.COMPLETED, "agent"),
        Transition("release", "released", (_A,), _Q, "agent"),
        Transition("transfer", "transferred", (_Q, _H, _O, _A), _Q, "person", _REVOKED),
        Transition("hold", "held", (_Q, _O, _A), _H, "person", _REVOKED),
        Transition("resume", "resumed", (_H,), _Q, "person"),
        Transition("wake", "woken", (_H,), _Q, "clock"),
        Transition("relax", "relaxed", (_Q,), None, "clock"),
        Transition("update", "updated", OPEN_STATES, None, "platform"),
        Transition("adjust", "adjusted", OPEN_STATES, None, "person"),
        Transition("rescue", "rescued", (_O, _A), _Q, "dispatcher", _REVOKED),
        Transition("cancel", "cancelled", OPEN_STATES, State.CANCELLED, "person", _REVOKED),
        Transition("reopen", "reopened", (State.COMPLETED,), _Q, "person"),
    )
}
"""Every verb on a task that exists. `enqueue` makes one, queued or held; `prune` deletes one that ended."""


def allowed(state: State) -> list[str]:
    """The verbs that a task in this state takes, in the order of the table."""
    return [row.verb for row in TRANSITIONS.values() if state in row.sources]
