"""A queue: a line of tasks with one set of rules for offers, absence and relaxation.

SETTINGS is the one table of what a queue's document may say and of what holds where it does not. A
relaxation step lowers or drops what tasks of the queue ask, once they have waited so long. Steps add up, and
none crosses the floor: a skill named there is never asked below its level and never dropped. A skill that
no step names is asked to the end: there is no last step after which anybody will do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Literal

from assigner.domain.curve import Curve
from assigner.domain.hours import Hours
from assigner.domain.task import Requirement, Skills

OnExpiry = Literal["keep", "away"]
Rule = Literal["price_and_hold", "priority_first", "snapshot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One relaxation step: after so long a wait, these skills are asked at these levels at most, and the
    dropped ones not at all.
    """

    after_ms: int
    skills: Mapping[str, int] = field(default_factory=dict)
    drop: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevel:
    """What is promised of tasks, in open time: until somebody takes one, and until it is done.

    A promise counts as at risk when `at_risk_ms` is left of it, or half of it where that is less.
    """

    first_response_ms: int | None = None
    resolution_ms: int | None = None
    at_risk_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One row of SETTINGS: the field of the document, its default there, and its meaning."""

    name: str
    default: Any
    meaning: str


SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="offer_ttl_s", default=60, meaning="How long an agent has to answer an offer: a second at least."
    ),
    Setting(
        name="auto_accept", default=False, meaning="Whether a task is the agent's at once, with no answer."
    ),
    Setting(
        name="decline_cool_down_s",
        default=300,
        meaning="How long an agent who declined a task, or let its offer expire, is not asked again: "
        "a second at least.",
    ),
    Setting(
        name="most_declines",
        default=None,
        meaning="After so many declines a task is held for a person; null: it is offered for ever.",
    ),
    Setting(
        name="on_expiry",
        default="keep",
        meaning="What befalls an agent who lets an offer expire: `keep` them available, or set them `away`.",
    ),
    Setting(
        name="release_on_absence",
        default=True,
        meaning="Whether assigned work not started is released when its agent goes away or the shift ends.",
    ),
    Setting(
        name="lost_after_s",
        default=None,
        meaning="How long an agent with work may be unseen before it is rescued, a second at least; "
        "null: until an hour into their next shift.",
    ),
    Setting(
        name="relaxation",
        default=(),
        meaning="Steps `{after_s, skills: {name: level}, drop: [name]}`: what is asked less after a wait.",
    ),
    Setting(name="floor", default={}, meaning="`{name: level}`: below these levels no step lowers a skill."),
    Setting(
        name="calendar",
        default=None,
        meaning="`{time_zone, hours: {mon: [{from, until}]}, holidays: [date], special: {date: [{from, "
        "until}]}}`: when the clocks of the service levels run; null: always.",
    ),
    Setting(
        name="service_levels",
        default=(),
        meaning="`{category, first_response_s, resolution_s, at_risk_s}`: what is promised of tasks of a "
        "category, or, without one, of all others, in open time from their creation, or from their "
        "`not_before` where that is later. A task's own `due_at` wins.",
    ),
    Setting(
        name="curve",
        default=None,
        meaning="`{before_s or after_s, points}`: how a promise pulls before it ends and after, in points of "
        "priority, linear in between; the last slope goes on for ever. null: the default curve.",
    ),
    Setting(
        name="rule",
        default="price_and_hold",
        meaning="How its tasks are valued: `price_and_hold` looks ahead, `priority_first` lets the higher "
        "priority go first, `snapshot` looks at this moment alone.",
    ),
)
"""Every setting of a queue, in the names of the API; durations in seconds.

Declines have no cap unless one is set: a task that its agents declined comes back to them after each
cool-down, while one held for a person who does not look never does. An agent who lets an offer expire stays
available unless the queue says otherwise: going away takes back all that they have not begun, too much for
one message missed, and the cool-down lets the task go on to others anyway.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The settings of a queue, understood: the rows of SETTINGS, durations in milliseconds."""

    offer_ttl_ms: int
    auto_accept: bool
    decline_cool_down_ms: int
    most_declines: int | None
    on_expiry: OnExpiry
    release_on_absence: bool
    lost_after_ms: int | None
    relaxation: tuple[Step, ...]
    floor: Mapping[str, int]
    hours: Hours | None
    service_levels: Mapping[str | None, ServiceLevel]
    """By category; None: of all others."""
    curve: Curve | None
    rule: Rule

    @staticmethod
    def of(doc: Mapping[str, Any]) -> Queue:
        """A queue's settings from its validated document; SETTINGS say what holds where it is silent."""
        said = {row.name: doc.get(row.name, row.default) for row in SETTINGS}
        return Queue(
            offer_ttl_ms=_ms(said["offer_ttl_s"]),
            auto_accept=said["auto_accept"],
            decline_cool_down_ms=_ms(said["decline_cool_down_s"]),
            most_declines=said["most_declines"],
            on_expiry=said["on_expiry"],
            release_on_absence=said["release_on_absence"],
            lost_after_ms=None if said["lost_after_s"] is None else _ms(said["lost_after_s"]),
            relaxation=tuple(sorted(map(_step, said["relaxation"]), key=lambda step: step.after_ms)),
            floor=dict(said["floor"]),
            hours=None if said["calendar"] is None else Hours.of(said["calendar"]),
            service_levels={level.get("category"): _level(level) for level in said["service_levels"]},
            curve=None if said["curve"] is None else Curve.of(said["curve"]),
            rule=said["rule"],
        )

    def promised(self, category: str | None) -> ServiceLevel | None:
        """The service level of tasks of a category."""
        found = self.service_levels.get(category)
        return self.service_levels.get(None) if found is None else found

    def relax_due(self, waiting_since: int, applied: int) -> int | None:
        """The instant of the next relaxation step of a task; None when there is none left."""
        return waiting_since + self.relaxation[applied].after_ms if applied < len(self.relaxation) else None

    def steps_due(self, waited_ms: int) -> int:
        """How many steps apply after a wait."""
        return sum(step.after_ms <= waited_ms for step in self.relaxation)

    def relaxed(self, requirement: Requirement, applied: int) -> Requirement:
        """What a task asks after so many steps: never below the floor, never more than it asked."""
        return reduce(self._lower, self.relaxation[:applied], requirement)

    def _lower(self, requirement: Requirement, step: Step) -> Requirement:
        sets = {self._lowered(skills, step) for skills in requirement.any_skills}
        return replace(
            requirement,
            skills=self._lowered(requirement.skills, step),
            any_skills=() if () in sets else tuple(sorted(sets)),
        )

    def _lowered(self, skills: Skills, step: Step) -> Skills:
        asked = ((skill, self._asked(skill, level, step)) for skill, level in skills)
        return tuple((skill, level) for skill, level in asked if level > 0)

    def _asked(self, skill: str, level: int, step: Step) -> int:
        """The level asked after a step; 0 when the skill is not asked any more."""
        lowered = 0 if skill in step.drop else min(level, step.skills.get(skill, level))
        return max(lowered, min(level, self.floor.get(skill, 0)))


def crossings(doc: Mapping[str, Any]) -> Iterator[tuple[int, str, int]]:
    """(step, skill, floor) of each place where a queue's document would have a step cross its floor."""
    floor = doc.get("floor", {})
    for number, step in enumerate(doc.get("relaxation", ())):
        lowered = {**step.get("skills", {}), **dict.fromkeys(step.get("drop", ()), 0)}
        yield from (
            (number, skill, floor[skill]) for skill, to in lowered.items() if to < floor.get(skill, 0)
        )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _level(said: Mapping[str, Any]) -> ServiceLevel:
    names = ("first_response", "resolution", "at_risk")
    return ServiceLevel(**{f"{name}_ms": _ms(said[f"{name}_s"]) for name in names if said.get(f"{name}_s")})


def _step(said: Mapping[str, Any]) -> Step:
    return Step(
        after_ms=_ms(said["after_s"]),
        skills=dict(said.get("skills", {})),
        drop=frozenset(said.get("drop", ())),
    )


DEFAULT = Queue.of({})
"""The settings of a queue that nobody has put."""
