"""What goes over the wire in `POST /v1/assign`: the fields, their types and their bounds, said once.

Requests are decoded into these, faults are found against these, and OpenAPI is made from these.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from api.errors import ERRORS, FAULTS
from assigner.dispatch.unblock import KINDS
from assigner.domain.eligibility import LIVING, RULES
from assigner.domain.preference import TERMS
from assigner.domain.reasons import HELD_BACK, REASONS, UNDECIDED

LARGEST_DURATION_S = 31_536_000
SHORTEST_S = 0.001
"""Work takes a millisecond at least: less would be none."""
MOST_TAGS = 20
MOST_SKILLS = 100
STILL = "The rules that would still refuse the first agent, where no one change is enough."
COOLING_DOWN = "Agents who declined, each not asked again before the instant."
LOAD = "What is taken of the capacity now. Default: the sizes in `busy`."
BUSY = "The tasks in hand. Given with `load`, their sizes add up to it."
MOST_BUSY = 1000
ARRIVALS = (
    "Tasks that come an hour, by category; with what waits they say which wait is too long. Of a category "
    "that no task has here, nothing follows."
)
PRICED = (
    "By a rule over time: what an hour of each agent at work is worth to the others' work, 1 for the mean."
)
PRICES = (
    "What an hour of each agent is worth to the others' work, as `prices` of an answer says: 1 of an agent "
    "who is not named; nothing follows of who is not in the request. Default: found."
)
MOST_ATTRIBUTE_BYTES = 4096
DEEPEST = 32
PRIORITIES = {"low": 25, "medium": 50, "high": 75, "urgent": 95}

Id = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        description="1 to 128 visible ASCII characters.",
        extra={"kind": "id"},
        extra_json_schema={"pattern": "^[!-~]{1,128}$"},
    ),
]
Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        description="1 to 128 characters, none of them a control character.",
        extra={"kind": "name"},
        extra_json_schema={"pattern": "^[^\\u0000-\\u001f\\u007f]{1,128}$"},
    ),
]
Instant = Annotated[
    datetime,
    Meta(tz=True, description="RFC 3339 with an offset; what is finer than a millisecond is cut off."),
]
Seconds = Annotated[
    float,
    Meta(gt=0, le=LARGEST_DURATION_S, description="Seconds, rounded half to even to milliseconds."),
]
HandleSeconds = Annotated[
    float,
    Meta(
        ge=SHORTEST_S,
        lt=LARGEST_DURATION_S,
        description="Seconds, from a millisecond and under a year, rounded half to even to milliseconds.",
    ),
]
Level = Annotated[int, Meta(ge=1, le=10)]
Skills = Annotated[dict[Name, Level], Meta(max_length=MOST_SKILLS)]
Weight = Annotated[float, Meta(ge=0, le=1000)]
ModestWeight = Annotated[float, Meta(ge=0, le=10)]
Size = Annotated[int, Meta(ge=1, le=100, description="What it takes of an agent's capacity.")]
Load = Annotated[int, Meta(ge=0, le=2**31 - 1, description=LOAD)]
Remaining = Annotated[
    float,
    Meta(
        ge=SHORTEST_S, lt=LARGEST_DURATION_S, description="Expected seconds until it is done, under a year."
    ),
]
PerHour = Annotated[float, Meta(ge=0, le=1_000_000)]
Price = Annotated[float, Meta(ge=0.0001, le=1_000_000)]
Priority = (
    Annotated[int, Meta(ge=0, le=100)]
    | Annotated[
        Literal["low", "medium", "high", "urgent"],
        Meta(description="low 25, medium 50, high 75, urgent 95."),
    ]
)


class TaskIn(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """A task: a unit of work waiting for a person."""

    id: Id
    case: Id | None = None
    queue: Id | None = None
    category: Name | None = None
    channel: Name | None = None
    tags: Annotated[list[Name], Meta(max_length=MOST_TAGS)] = []
    skills: Annotated[Skills, Meta(description="All of these, each at its level or above.")] = {}
    any_skills: Annotated[
        list[Skills], Meta(max_length=MOST_SKILLS, description="And all of at least one of these sets.")
    ] = []
    preferred_skills: Skills = {}
    priority: Priority = 50
    created_at: Annotated[Instant | None, Meta(description="Default: now.")] = None
    due_at: Annotated[Instant | None, Meta(description="When it was promised for.")] = None
    not_before: Annotated[Instant | None, Meta(description="Nobody may take it before.")] = None
    handle_s: Annotated[HandleSeconds, Meta(description="Expected handling time, under a year.")] = 600.0
    size: Size = 1
    preferred_agents: list[Id] = []
    excluded_agents: list[Id] = []
    pinned_agent: Annotated[Id | None, Meta(description="To this agent or to nobody.")] = None
    cooling_down: Annotated[dict[Id, Instant], Meta(description=COOLING_DOWN)] = {}
    attributes: Annotated[
        dict[str, Any], Meta(description="Yours; at most 4 KiB as compact JSON, never interpreted.")
    ] = {}


class BusyIn(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, gc=False):
    """A task that an agent has in hand."""

    size: Size = 1
    remaining_s: Remaining


class AgentIn(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """An agent: a person who does the work."""

    id: Id
    skills: dict[Name, Level] = {}
    presence: Literal["available", "away", "offline"] = "available"
    channels: Annotated[list[Name] | None, Meta(description="Default: every channel.")] = None
    capacity: Annotated[int, Meta(ge=0, le=1000)] = 1
    load: Load | UnsetType = UNSET
    busy: Annotated[list[BusyIn], Meta(max_length=MOST_BUSY, description=BUSY)] = []
    available_from: Instant | None = None
    available_until: Annotated[Instant | None, Meta(description="The first instant off shift.")] = None
    idle_since: Instant | None = None
    handle_s: Annotated[
        dict[Name, HandleSeconds], Meta(description="The agent's own handling time, by category.")
    ] = {}


class Weights(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What multiplies each term, in thousandths."""

    urgency: ModestWeight = 1.0
    fit: Weight = 1.0
    idle: Weight = 1.0
    load: Weight = 1.0
    nearly_done: ModestWeight = 1.0
    right_agent: ModestWeight = 1.0
    waited: ModestWeight = 1.0
    priority: ModestWeight = 1.0
    promise: ModestWeight = 1.0


class PolicyIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """How pairs are valued."""

    rule: Literal["snapshot", "price_and_hold", "priority_first"] = "snapshot"
    weights: Weights = Weights()
    arrivals: Annotated[dict[Name, PerHour], Meta(description=ARRIVALS)] = {}
    prices: Annotated[dict[Id, Price] | None, Meta(description=PRICES)] = None


class AssignRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """A snapshot of tasks and agents, and how to decide."""

    now: Annotated[Instant | None, Meta(description="Default: the service's clock.")] = None
    tasks: list[TaskIn] = []
    agents: list[AgentIn] = []
    policy: PolicyIn = field(default_factory=PolicyIn)
    explain: Literal["none", "reasons", "pairs"] = "reasons"
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    time_limit_s: Annotated[Seconds, Meta(description="Bounds the solver's time.")] = 1.0


Reason = Annotated[
    str, Meta(extra_json_schema={"enum": [name for name in REASONS if name not in {*LIVING, UNDECIDED}]})
]
Rule = Annotated[
    str, Meta(extra_json_schema={"enum": [rule.name for rule in RULES if rule.name not in LIVING]})
]
Refused = Annotated[
    str,
    Meta(extra_json_schema={"enum": [*(rule.name for rule in RULES if rule.name not in LIVING), HELD_BACK]}),
]
TermName = Annotated[str, Meta(extra_json_schema={"enum": [term.name for term in TERMS]})]
Kind = Annotated[str, Meta(extra_json_schema={"enum": list(KINDS)})]
STANDING = "The overrides that would have to be undone; never in a snapshot."
Value = Annotated[int, Meta(ge=1, le=2**35)]


class Assignment(Struct, kw_only=True):
    """A task and the agent who takes it; `value` is the sum of `terms`: by a rule over time, of shares of the
    largest size among the tasks.
    """

    task: str
    agent: str
    value: Value
    terms: dict[TermName, int]
    expected_handle_s: float


class UnblockOut(Struct, kw_only=True):
    """The smallest change that would make somebody eligible, or free; of the agents, the first ten."""

    kind: Kind
    agents: list[str]
    skill: str | UnsetType = UNSET
    level: Level | UnsetType = UNSET
    channel: str | UnsetType = UNSET
    at: Annotated[str, Meta(description="An instant in UTC.")] | UnsetType = UNSET
    overrides: Annotated[list[str], Meta(description=STANDING)] | UnsetType = UNSET
    also: Annotated[list[Rule], Meta(description=STILL)] | UnsetType = UNSET


class HeldForOut(Struct, kw_only=True):
    """Whom a task that is held back waits for, and when they are expected to begin it."""

    agent: str
    expected_at: Annotated[str, Meta(description="An instant in UTC.")]


class Explained(Struct, kw_only=True):
    """Why a task waits. `refusals` counts each agent once, under the first rule that refuses."""

    reason: Reason
    refusals: dict[Refused, int]
    detail: str
    unblock: UnblockOut
    held_for: HeldForOut | UnsetType = UNSET


class Unassigned(Struct, kw_only=True):
    """A task that waits, and why. With `explain: none`, only the reason."""

    task: str
    reason: Reason
    refusals: dict[Refused, int] | UnsetType = UNSET
    detail: str | UnsetType = UNSET
    unblock: UnblockOut | UnsetType = UNSET
    held_for: HeldForOut | UnsetType = UNSET


class SolutionOut(Struct, kw_only=True):
    """What is proven of the answer: no feasible assignment has an objective above `bound`.

    `gap` is (bound - objective) / max(1, |bound|).
    """

    status: Annotated[str, Meta(extra_json_schema={"enum": ["optimal", "feasible", "fallback"]})]
    objective: int
    bound: int
    gap: float
    method: Annotated[str, Meta(extra_json_schema={"enum": ["flow", "cpsat", "greedy"]})]
    solve_s: float
    seed: int


class Pair(Struct, kw_only=True):
    """An eligible pair and its value."""

    task: str
    agent: str
    value: Value


class AssignResponse(Struct, kw_only=True):
    """Who takes what, and why the other tasks wait, in the order of the request."""

    assignments: list[Assignment]
    unassigned: list[Unassigned]
    solution: SolutionOut
    pairs: (
        Annotated[list[Pair], Meta(description="With `explain: pairs`: every eligible pair.")] | UnsetType
    ) = UNSET
    prices: Annotated[dict[Id, float], Meta(description=PRICED)] | UnsetType = UNSET


class FaultOut(Struct, kw_only=True):
    """One thing that is wrong in a body: where (a JSON Pointer), a stable code, and a sentence."""

    pointer: str
    code: Annotated[str, Meta(extra_json_schema={"enum": list(FAULTS)})]
    detail: str


class Problem(Struct, kw_only=True):
    """An error (RFC 9457). `errors` has the first 100 of `errors_total` faults of the body."""

    type: str
    title: str
    status: int
    detail: str
    code: Annotated[str, Meta(extra_json_schema={"enum": list(ERRORS)})]
    request_id: str
    errors: list[FaultOut] | UnsetType = UNSET
    errors_total: int | UnsetType = UNSET
