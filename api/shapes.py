"""What goes over the wire for the resources of the living service, beside those of a snapshot."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from api.schemas import (
    COOLING_DOWN,
    LARGEST_DURATION_S,
    HandleSeconds,
    Id,
    Instant,
    Level,
    Name,
    Priority,
    Seconds,
    TaskIn,
)
from assigner.domain.queue import SETTINGS

MOST_SHOWN = 1_000
MOST_SHIFTS = 100
MOST_BREAKS = 20
MOST_DAYS = 400
MOST_SPANS = 24
MOST_LEVELS = 200
MOST_POINTS = 50
MOST_NAMED = 1_000
"""How many agents a task may name for one reason, and how many skills, channels and times an agent has."""
Sentence = Annotated[str, Meta(max_length=1_000, description="At most 1,000 characters.")]
SHIFTS = "When the agent is there, within the window; no two overlap. None given: all of the window."
UNTIL = "Then who was available is offline, and who was not is available. Default: until it is set again."
BREAKS = "When nothing new is offered; what was begun goes on after. Inside the shift; no two overlap."
Levels = Annotated[dict[Name, Level], Meta(max_length=MOST_NAMED)]
PresenceName = Literal["available", "away", "offline"]
RuleName = Literal["price_and_hold", "priority_first", "snapshot"]
_DEFAULTS = {row.name: row.default for row in SETTINGS}
Meaning = {row.name: row.meaning for row in SETTINGS}
LongEnough = Annotated[float, Meta(ge=1, le=LARGEST_DURATION_S)]
"""At least a second: what is offered or taken back, again and again, would else keep the service busy."""


PointSeconds = Annotated[float, Meta(ge=0, le=LARGEST_DURATION_S)]
AT_RISK = "A promise counts as at risk when this is left of it, or half of it where that is less."
WallTime = Annotated[
    str,
    Meta(
        description="A minute of a day, from 00:00 to 23:59.",
        extra_json_schema={"pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
    ),
]
Date = Annotated[
    str,
    Meta(
        description="A day, such as 2026-12-25.",
        extra_json_schema={"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "format": "date"},
    ),
]


class TaskPut(TaskIn, forbid_unknown_fields=True, kw_only=True, gc=False):
    """A task to be made or replaced; its id is that of the path."""

    id: Id | None = None  # type: ignore[assignment]
    preferred_agents: Annotated[list[Id], Meta(max_length=MOST_NAMED)] = field(default_factory=list)
    excluded_agents: Annotated[list[Id], Meta(max_length=MOST_NAMED)] = field(default_factory=list)
    cooling_down: Annotated[dict[Id, Instant], Meta(max_length=MOST_NAMED, description=COOLING_DOWN)] = field(
        default_factory=dict
    )


class TaskNew(TaskPut, forbid_unknown_fields=True, kw_only=True, gc=False):
    """A task to be made."""

    id: Id


class BreakIn(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, gc=False):
    """A break in a shift, from an instant until another."""

    begins: Instant = field(name="from")
    until: Instant


class ShiftIn(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, gc=False):
    """A shift: the agent is there from an instant until another, which is the first off shift."""

    begins: Instant = field(name="from")
    until: Instant
    breaks: Annotated[list[BreakIn], Meta(max_length=MOST_BREAKS, description=BREAKS)] = []


class AgentPut(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """An agent to be made or replaced. Without `presence` a new one is available; one there keeps theirs."""

    id: Id | None = None
    skills: Levels = {}
    presence: PresenceName | None = None
    channels: Annotated[
        Annotated[list[Name], Meta(max_length=MOST_NAMED)] | None, Meta(description="Default: every channel.")
    ] = None
    capacity: Annotated[int, Meta(ge=0, le=1000)] = 1
    available_from: Instant | None = None
    available_until: Annotated[Instant | None, Meta(description="The first instant off shift.")] = None
    shifts: Annotated[list[ShiftIn], Meta(max_length=MOST_SHIFTS, description=SHIFTS)] = []
    handle_s: Annotated[
        dict[Name, HandleSeconds],
        Meta(max_length=MOST_NAMED, description="The agent's own handling time, by category."),
    ] = {}
    teams: Annotated[list[Name], Meta(max_length=100, description="Yours, for lists; not interpreted.")] = []


class AgentLine(AgentPut, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One line of a batch of agents."""

    id: Id


class PresenceIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """What the agent says of themselves, and until when."""

    presence: PresenceName
    until: Annotated[Instant | None, Meta(description=UNTIL)] = None


class StepIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A relaxation step: after so long a wait some skills are asked at these levels, and some not."""

    after_s: Seconds
    skills: Levels = {}
    drop: Annotated[list[Name], Meta(max_length=MOST_NAMED)] = []


class SpanIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A part of a day, by the clock on the wall."""

    begins: WallTime = field(name="from")
    until: Annotated[
        str,
        Meta(
            description="The first minute after it; 24:00 is the end of the day.",
            extra_json_schema={"pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"},
        ),
    ]


Spans = Annotated[list[SpanIn], Meta(max_length=MOST_SPANS)]


class WeekIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """The open hours of each day of the week; a day without any is closed."""

    mon: Spans = []
    tue: Spans = []
    wed: Spans = []
    thu: Spans = []
    fri: Spans = []
    sat: Spans = []
    sun: Spans = []


class CalendarIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """When a centre works."""

    time_zone: Annotated[str, Meta(description="A time zone of the IANA database, such as Europe/Madrid.")]
    hours: WeekIn
    holidays: Annotated[list[Date], Meta(max_length=MOST_DAYS, description="Closed, unless special.")] = []
    special: Annotated[
        dict[Date, Spans], Meta(max_length=MOST_DAYS, description="Days with hours of their own.")
    ] = {}


class ServiceLevelIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is promised of the tasks of a category; without one, of all that have no other, in open time."""

    category: Name | None = None
    first_response_s: Annotated[LongEnough | None, Meta(description="Until an agent takes it first.")] = None
    resolution_s: Annotated[LongEnough | None, Meta(description="Until it is done.")] = None
    at_risk_s: Annotated[LongEnough | None, Meta(description=AT_RISK)] = None


class PointIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A point of a curve: so long before the promise ends, or after."""

    before_s: PointSeconds | None = None
    after_s: PointSeconds | None = None
    points: Annotated[float, Meta(ge=0, le=1000, description="Points of priority.")]


class QueuePut(Struct, forbid_unknown_fields=True, kw_only=True):
    """The settings of a queue."""

    id: Id | None = None
    offer_ttl_s: Annotated[LongEnough, Meta(description=Meaning["offer_ttl_s"])] = _DEFAULTS["offer_ttl_s"]
    auto_accept: Annotated[bool, Meta(description=Meaning["auto_accept"])] = _DEFAULTS["auto_accept"]
    decline_cool_down_s: Annotated[LongEnough, Meta(description=Meaning["decline_cool_down_s"])] = _DEFAULTS[
        "decline_cool_down_s"
    ]
    most_declines: Annotated[
        Annotated[int, Meta(ge=1, le=1000)] | None, Meta(description=Meaning["most_declines"])
    ] = None
    on_expiry: Annotated[Literal["keep", "away"], Meta(description=Meaning["on_expiry"])] = _DEFAULTS[
        "on_expiry"
    ]
    release_on_absence: Annotated[bool, Meta(description=Meaning["release_on_absence"])] = _DEFAULTS[
        "release_on_absence"
    ]
    lost_after_s: Annotated[LongEnough | None, Meta(description=Meaning["lost_after_s"])] = None
    relaxation: Annotated[list[StepIn], Meta(max_length=20, description=Meaning["relaxation"])] = []
    floor: Annotated[dict[Name, Level], Meta(max_length=MOST_NAMED, description=Meaning["floor"])] = {}
    calendar: Annotated[CalendarIn | None, Meta(description=Meaning["calendar"])] = None
    service_levels: Annotated[
        list[ServiceLevelIn], Meta(max_length=MOST_LEVELS, description=Meaning["service_levels"])
    ] = []
    curve: Annotated[
        Annotated[list[PointIn], Meta(max_length=MOST_POINTS)] | None, Meta(description=Meaning["curve"])
    ] = None
    rule: Annotated[RuleName, Meta(description=Meaning["rule"])] = _DEFAULTS["rule"]


class Nothing(Struct, forbid_unknown_fields=True, kw_only=True):
    """An empty object."""


class MaybeReason(Struct, forbid_unknown_fields=True, kw_only=True):
    """Why, when there is something to say."""

    reason: Sentence | None = None


class Reason(Struct, forbid_unknown_fields=True, kw_only=True):
    """Why."""

    reason: Sentence


class CompleteIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """What came of the task, in your words."""

    outcome: Sentence | None = None


class HoldIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """Why the task waits, and until when; without `until` a person resumes it."""

    reason: Sentence
    until: Instant | None = None


class TransferIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """Where the task goes, what it asks there, and a note for who takes it. What is left out stays."""

    queue: Id | None = None
    skills: dict[Name, Level] | None = None
    priority: Priority | None = None
    note: Sentence | None = None


_KNOWN_OF_TASK = """state agent offer started_at held_until hold_reason attempts declines handoffs reopened
relaxed version queued_at updated_at finished_at outcome sla_risk warnings overrides
said_due_at respond_by responded_at""".split()
_KNOWN_OF_AGENT = "load idle_since version last_seen_at presence_until updated_at".split()

READ_ONLY: dict[type, frozenset[str]] = {
    TaskPut: frozenset(_KNOWN_OF_TASK),
    TaskNew: frozenset(_KNOWN_OF_TASK),
    AgentPut: frozenset(_KNOWN_OF_AGENT),
    AgentLine: frozenset(_KNOWN_OF_AGENT),
    QueuePut: frozenset(["version", "updated_at"]),
}
"""What the service knows of a record, and a client may read but not write."""
