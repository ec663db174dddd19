"""What a file says of a centre to simulate."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from api.schemas import Level, Name, Seconds

MOST_HOURS: Final = 8_760
"""A year is simulated at most."""
MOST_A_HOUR: Final = 10_000

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKDAYS: Final[list[Day]] = ["mon", "tue", "wed", "thu", "fri"]
Rate = Annotated[float, Meta(ge=0, le=MOST_A_HOUR)]
Share = Annotated[float, Meta(ge=0, le=1)]
Levels = Annotated[dict[Name, Level], Meta(max_length=100)]


class ShiftIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A shift that comes again each week."""

    days: list[Day] = field(default_factory=lambda: list(WORKDAYS))
    begins: str = field(name="from")
    until: str


class AgentIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """An agent, or `count` who are alike."""

    skills: Levels = {}
    pace: Annotated[float, Meta(gt=0, le=100)] = 1.0
    handle_s: dict[Name, Seconds] = {}
    shifts: Annotated[list[ShiftIn], Meta(max_length=50)] = []
    declines: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    count: Annotated[int, Meta(ge=1, le=1_000)] = 1


class QueueIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a queue promises, and how long its clients wait."""

    first_response_s: Seconds | None = None
    resolution_s: Seconds | None = None
    patience_s: Seconds | None = None


class CategoryIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A kind of task."""

    queue: Name | None = None
    skills: Levels = {}
    handle_s: Seconds
    share: Annotated[float, Meta(ge=0, le=1e6)] = 1.0
    priority: Annotated[int, Meta(ge=0, le=100)] = 50
    then: dict[Name, Share] = {}


class CentreIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A centre, and what is asked of it."""

    hours: Annotated[int, Meta(ge=1, le=MOST_HOURS)] = 168
    arrivals_per_hour: Annotated[list[Rate], Meta(max_length=168)] = []
    variation: Annotated[float, Meta(ge=0, le=5)] = 1.0
    categories: Annotated[dict[Name, CategoryIn], Meta(max_length=1_000)]
    queues: Annotated[dict[Name, QueueIn], Meta(max_length=1_000)] = {}
    agents: Annotated[dict[Name, AgentIn], Meta(max_length=10_000)]
