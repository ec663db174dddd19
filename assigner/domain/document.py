"""From what a client said, as it is stored, to the domain's own tasks and agents.

A document is validated before it is stored: the names of the API, RFC 3339 instants, durations in seconds,
defaults left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assigner.domain.agent import Agent
from assigner.domain.calendar import Window, windows
from assigner.domain.instant import ms_of, rfc3339
from assigner.domain.promise import handling_ms, owed
from assigner.domain.queue import Queue
from assigner.domain.records import AgentRecord, Doc, TaskRecord
from assigner.domain.task import Requirement, Skills, Task

PRIORITIES = {"low": 25, "medium": 50, "high": 75, "urgent": 95}
PRIORITY = 50
OVERRIDDEN = frozenset(("priority", "due_at", "pinned_agent"))
"""What overrides say instead of the client."""
NOTHING: frozenset[str] = frozenset()


class Requirements:
    """Requirements of documents, each distinct one made once, so that like tasks share it.

    What is not asked by anybody any more is forgotten when there are too many: see `of`.
    """

    MOST = 100_000

    def __init__(self) -> None:
        self._seen: dict[tuple[object, ...], Requirement] = {}
        self._made: dict[Requirement, Requirement] = {}

    def of(self, doc: Doc, size: int, queue: Queue, relaxed: int) -> Requirement:
        """What a task asks after so many relaxation steps of its queue.

        At most MOST are remembered; then all are forgotten, which costs only that equal ones are made again.
        """
        steps = queue.relaxation[:relaxed]
        key = (_asked(doc), size, steps and (id(queue), relaxed))
        found = self._seen.get(key)
        if found is None:
            if len(self._seen) >= self.MOST:
                self.forget()
            made = queue.relaxed(_requirement(doc, size), relaxed)
            found = self._seen[key] = self._made.setdefault(made, made)
        return found

    def forget(self) -> None:
        """Forget all: the settings of a queue have changed."""
        self._seen.clear()
        self._made.clear()


def _asked(doc: Doc) -> tuple[object, ...]:
    """What a document asks of an agent, as a key, in the order in which it says so."""
    return (
        doc.get("category"),
        doc.get("channel"),
        tuple(doc.get("skills", {}).items()),
        tuple([tuple(skills.items()) for skills in doc.get("any_skills", ())]),
        tuple(doc.get("preferred_skills", {}).items()),
    )


def _requirement(doc: Doc, size: int) -> Requirement:
    return Requirement(
        skills=_skills(doc.get("skills", {})),
        any_skills=tuple(sorted({_skills(skills) for skills in doc.get("any_skills", ())})),
        preferred_skills=_skills(doc.get("preferred_skills", {})),
        channel=doc.get("channel"),
        category=doc.get("category"),
        size=size,
    )


def _skills(skills: Mapping[str, int]) -> Skills:
    return tuple(sorted(skills.items()))


def holding(record: TaskRecord) -> Doc:
    """What holds of a task: what its client said, but for what overrides say instead."""
    if not record.overrides:
        return record.doc
    said = dict(record.doc)
    for name, entry in record.overrides.items():
        if name in OVERRIDDEN:
            value = entry.get("value")
            if value is None:
                said.pop(name, None)
            else:
                said[name] = rfc3339(value) if name == "due_at" else value
    return said


def by_hand(record: TaskRecord) -> frozenset[str]:
    """The overrides of which a task carries something."""
    if not record.overrides:
        return NOTHING
    excluded = record.overrides.get("excluded_agents", {})
    others = (entry["by"] for name, entry in record.overrides.items() if name != "excluded_agents")
    return frozenset((*excluded.values(), *others))


def task_of(
    record: TaskRecord,
    requirement: Requirement,
    queue: Queue,
    kept_from: Iterable[str] = (),
    *,
    frozen: bool = False,
) -> Task:
    """The domain's task: what holds of it, what its queue promises, who the service knows to be cooling down,
    and what overrides say of it and of its queue.
    """
    doc = holding(record)
    priority = doc.get("priority", PRIORITY)
    cooling = {id: ms_of(until) for id, until in doc.get("cooling_down", {}).items()}
    for id, until in record.cooling_down.items():
        cooling[id] = max(until, cooling.get(id, until))
    promised = owed(record, queue)
    return Task(
        id=record.id,
        requirement=requirement,
        created_at=record.created_at,
        priority=PRIORITIES[priority] if isinstance(priority, str) else int(priority),
        due_at=promised.due_at,
        respond_by=promised.respond_by,
        at_risk_ms=promised.at_risk_ms,
        respond_risk_ms=promised.respond_risk_ms,
        curve=queue.curve,
        not_before=_instant(doc.get("not_before")),
        handle_ms=handling_ms(record),
        rule=queue.rule,
        preferred_agents=tuple(doc.get("preferred_agents", ())),
        excluded_agents=tuple(doc.get("excluded_agents", ())),
        pinned_agent=doc.get("pinned_agent"),
        cooling_down=tuple(cooling.items()),
        kept_from=tuple(sorted(kept_from)),
        frozen=frozen,
    )


def windows_of(doc: Doc) -> tuple[Window, ...]:
    """When an agent is there, in order: the shifts, inside the availability window."""
    outer = Window(_instant(doc.get("available_from")), _instant(doc.get("available_until")))
    return windows([(ms_of(shift["from"]), ms_of(shift["until"])) for shift in doc.get("shifts", ())], outer)


def longest_of(doc: Doc, there: Iterable[Window]) -> int | None:
    """How long the longest of an agent's shifts is, in milliseconds, of the windows that they make; None
    where there are no shifts.
    """
    if not doc.get("shifts"):
        return None
    return max((one.ends or 0) - (one.begins or 0) for one in there)


def breaks_of(doc: Doc) -> tuple[Window, ...]:
    """An agent's breaks, in order, adjoining ones as one."""
    said = [one for shift in doc.get("shifts", ()) for one in shift.get("breaks", ())]
    return windows([(ms_of(one["from"]), ms_of(one["until"])) for one in said], Window()) if said else ()


def agent_of(record: AgentRecord) -> Agent:
    """The domain's agent: what the client said, and what the service knows of their presence and load.

    The availability window is the outer one, whatever the shifts.
    """
    doc = record.doc
    channels = doc.get("channels")
    return Agent(
        id=record.id,
        skills=dict(doc.get("skills", {})),
        presence=record.presence,
        channels=None if channels is None else frozenset(channels),
        capacity=doc.get("capacity", 1),
        load=record.load,
        available_from=_instant(doc.get("available_from")),
        available_until=_instant(doc.get("available_until")),
        idle_since=record.idle_since,
        handle_ms={category: round(s * 1000) for category, s in doc.get("handle_s", {}).items()},
    )


def _instant(text: str | None) -> int | None:
    return None if text is None else ms_of(text)
