"""Held back: a task waits for somebody faster, though others could begin it now."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeldFor:
    """Who is waited for, and when they are expected to begin."""

    agent: str
    expected_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """The mask of the agents from whom a task is held back; for whom: of several the one expected to begin
    first, None where it is held back from nobody.
    """

    agents: int = 0
    held_for: HeldFor | None = None


NOT_HELD = HeldBack()
