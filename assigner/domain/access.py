"""Who may use the service, and as what."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a caller is to the service."""

    PLATFORM = "platform"
    """A program that puts in tasks, agents and queues, and acts for the agents."""
    COORDINATOR = "coordinator"
    """A person who watches what waits, asks why, and overrides."""
    AGENT = "agent"
    """Who does the work: sees and answers their own offers and tasks only."""
    SRE = "sre"
    """Who runs the service: its health, numbers and metrics."""
    ADMIN = "admin"
    """May do all of it, and makes the keys of the others."""
