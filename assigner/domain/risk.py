"""Will what a task is promised be kept?"""

from __future__ import annotations

from enum import StrEnum


class Risk(StrEnum):
    """How a task stands to its promises: the worse, where there are two."""

    NONE = "none"
    """Nothing is promised, or nothing any more."""
    OK = "ok"
    """There is time, or it was done in time."""
    AT_RISK = "at_risk"
    """No more time is left than its service level says; or begun now (or when it was begun), and handled in
    the time expected, it ends after the instant.
    """
    BREACHED = "breached"
    """The instant has passed."""


_ORDER = tuple(Risk)


def risk(
    *, now: int, due_at: int | None, handle_ms: int, started_at: int | None, at_risk_ms: int = 0
) -> Risk:
    """How a task stands at `now` to the instant by which it is done; for one that has ended, `now` is when.

    All in milliseconds; it counts as at risk for the last `at_risk_ms`.
    """
    if due_at is None:
        return Risk.NONE
    if now >= due_at:
        return Risk.BREACHED
    began = now if started_at is None else started_at
    return Risk.AT_RISK if began + handle_ms > due_at or now >= due_at - at_risk_ms else Risk.OK


def response_risk(*, now: int, respond_by: int | None, at_risk_ms: int) -> Risk:
    """How a task that nobody has taken stands at `now` to the instant by which somebody does."""
    return risk(now=now, due_at=respond_by, handle_ms=0, started_at=None, at_risk_ms=at_risk_ms)


def worse(one: Risk, other: Risk) -> Risk:
    """The worse of two."""
    return max(one, other, key=_ORDER.index)
