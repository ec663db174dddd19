"""Will a task be done by the instant it was promised for?"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from assigner.domain.instant import to_ms
from assigner.domain.records import TaskRecord


class Risk(StrEnum):
    """How a task stands to its `due_at`."""

    NONE = "none"
    """Nothing was promised."""
    OK = "ok"
    """There is time, or it was done in time."""
    AT_RISK = "at_risk"
    """Begun now (or when it was begun), and handled in the time expected, it ends after the instant."""
    BREACHED = "breached"
    """The instant has passed."""


def due_at(task: TaskRecord) -> int | None:
    """When a task was promised for, in milliseconds: as an override says, else as the client did."""
    held = task.overrides.get("due_at")
    if held is not None:
        return held.get("value")
    due = task.doc.get("due_at")
    return None if due is None else to_ms(datetime.fromisoformat(due))


def risk(*, now: int, due_at: int | None, handle_ms: int, started_at: int | None) -> Risk:
    """How a task stands at `now`; for one that has ended, `now` is when. All in milliseconds."""
    if due_at is None:
        return Risk.NONE
    if now >= due_at:
        return Risk.BREACHED
    began = now if started_at is None else started_at
    return Risk.AT_RISK if began + handle_ms > due_at else Risk.OK
