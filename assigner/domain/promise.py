"""What a task is promised: an instant until which somebody takes it, and one until which it is done."""

from __future__ import annotations

from dataclasses import replace

from assigner.domain.frozen import frozen
from assigner.domain.hours import Hours, later
from assigner.domain.instant import ms_of
from assigner.domain.lifecycle import State
from assigner.domain.queue import Queue, ServiceLevel
from assigner.domain.records import TaskRecord
from assigner.domain.risk import Risk, response_risk, risk, worse

Promise = tuple[int | None, int]
"""When a promise ends, and how long before that it counts as at risk."""
TAKEN = (State.ASSIGNED, State.COMPLETED)
ENDED = (State.COMPLETED, State.CANCELLED)
HANDLE_MS = 600_000
"""How long a task takes of which nobody says it."""


@frozen
class Promises:
    """When the promises of a task end, and how long before that each counts as at risk; in milliseconds, on
    every clock: closed hours count.
    """

    respond_by: int | None = None
    due_at: int | None = None
    at_risk_ms: int = 0
    respond_risk_ms: int = 0


NOTHING = ServiceLevel()


def promises(record: TaskRecord, queue: Queue) -> Promises:
    """The promises of a task, kept or not.

    An override says when it is due, else its client, else the service level of its queue. Its clocks run from
    when the task was created, that of the resolution from when it was last reopened; where it may not be
    begun before a later instant, from then. Holding it stops no clock. What was promised of a completed task
    stays.
    """
    if record.promised is not None:
        return Promises(respond_by=record.promised.get("respond_by"), due_at=record.promised.get("due_at"))
    done = record.state is State.COMPLETED  # and nothing noted: it was done before queues promised anything
    level = NOTHING if done else queue.promised(record.doc.get("category")) or NOTHING
    hours, said = queue.hours, record.doc.get("not_before")
    opens = record.created_at if said is None else ms_of(said)
    since = max(opens, record.created_at)
    respond_by, respond_risk = _promise(hours, since, level.first_response_ms, level.at_risk_ms)
    due_at, at_risk = _due(record, hours, max(since, record.reopened_at or since), level)
    return Promises(respond_by=respond_by, due_at=due_at, at_risk_ms=at_risk, respond_risk_ms=respond_risk)


def stands(record: TaskRecord, found: Promises, now: int) -> Risk:
    """How a task stands at `now`, or stood when it ended, to its promises: its first response counts until it
    is given.
    """
    ended = record.finished_at if record.state in ENDED else None
    at, handle_ms = (now, handling_ms(record)) if ended is None else (ended, 0)
    resolution = risk(
        now=at,
        due_at=found.due_at,
        handle_ms=handle_ms,
        started_at=record.started_at,
        at_risk_ms=found.at_risk_ms if ended is None else 0,
    )
    respond_by = None if responded(record) else found.respond_by
    response = response_risk(now=at, respond_by=respond_by, at_risk_ms=found.respond_risk_ms)
    return worse(resolution, response)


def soonest(record: TaskRecord, found: Promises) -> int | None:
    """When the promise ends that ends first of those that stand."""
    respond_by = None if responded(record) else found.respond_by
    ends = [end for end in (respond_by, found.due_at) if end is not None]
    return min(ends, default=None)


def owed(record: TaskRecord, queue: Queue) -> Promises:
    """The promises of a task that stand: without its first response when that has been given."""
    found = promises(record, queue)
    return replace(found, respond_by=None) if responded(record) else found


def responded(record: TaskRecord) -> bool:
    """Whether somebody has ever taken it; a record may be of a time when that was not noted."""
    return record.responded_at is not None or record.state in TAKEN


def response_at(record: TaskRecord) -> int | None:
    """When somebody first took it; of a record of a time when that was not noted, as far as it tells."""
    if record.responded_at is None and record.state in TAKEN:
        return record.started_at if record.assigned_at is None else record.assigned_at
    return record.responded_at


def handling_ms(record: TaskRecord) -> int:
    """How long its client says that a task takes."""
    said = record.doc.get("handle_s")
    return HANDLE_MS if said is None else round(said * 1000)


def _due(record: TaskRecord, hours: Hours | None, since: int, level: ServiceLevel) -> Promise:
    if (held := record.overrides.get("due_at")) is not None:
        due: int | None = held.get("value")
    elif (said := record.doc.get("due_at")) is not None:
        due = ms_of(said)
    else:
        return _promise(hours, since, level.resolution_ms, level.at_risk_ms)
    return due, 0 if due is None else _risk(hours, due, level.at_risk_ms)


def _promise(hours: Hours | None, since: int, ms: int | None, at_risk_ms: int | None) -> Promise:
    if ms is None:
        return None, 0
    due = later(hours, since, ms)
    return due, _risk(hours, due, None if at_risk_ms is None else min(at_risk_ms, ms // 2))


def _risk(hours: Hours | None, due: int, at_risk_ms: int | None) -> int:
    return 0 if at_risk_ms is None else due - later(hours, due, -at_risk_ms)
