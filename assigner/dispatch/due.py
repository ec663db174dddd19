"""What time will do to a task, and to an agent: when to look at which of them again, and why."""

from __future__ import annotations

from collections.abc import Iterator

from assigner.dispatch.agenda import AT_ONCE, Due
from assigner.dispatch.entries import AgentEntry, TaskEntry
from assigner.domain.calendar import next_beginning
from assigner.domain.lifecycle import State
from assigner.domain.queue import Queue
from assigner.domain.records import TaskRecord

HOUR_MS = 3_600_000
OF_TASKS = ("relax", "wake", "expire", "rescue", "changed", "declined")
"""What the agenda says of tasks: nothing of those that ended, or it would hold a day of them."""


def of_task(entry: TaskEntry, queue: Queue, holder: AgentEntry | None) -> Iterator[Due]:
    """What time will do to a task of a queue; `holder`: who has it."""
    record = entry.record
    if record.state is State.QUEUED:
        task = entry.task
        yield _relax_at(record, queue), "relax", record.id
        for at in (task.not_before, *(until for _, until in task.cooling_down)):
            yield at, "open", f"{at}"
    elif record.state is State.HELD:
        yield record.held_until, "wake", record.id
    else:
        if entry.offer is not None:
            yield entry.offer.expires_at, "expire", record.id
        yield lost_at(record, queue, holder), "rescue", record.id


def lost_at(record: TaskRecord, queue: Queue, holder: AgentEntry | None) -> int | None:
    """When the agent who has a task counts as lost if they are not seen before; None: never."""
    if record.state is not State.ASSIGNED:
        return None  # an offer ends by itself
    if holder is None:
        return record.updated_at  # removed: nobody will finish it
    seen = max(holder.record.last_seen_at or 0, record.updated_at)  # given work, they count as seen
    after = queue.lost_after_ms
    if after is not None:
        return seen + after
    begins = next_beginning(holder.windows, seen)
    return None if begins is None else begins + HOUR_MS


def of_agent(entry: AgentEntry) -> Iterator[Due]:
    """What time will do to an agent whose document or presence has changed."""
    record = entry.record
    if not entry.may_work(record.updated_at):
        yield AT_ONCE, "absent", record.id
    yield from of_shift(entry, record.updated_at)
    yield record.presence_until, "presence", record.id


def of_shift(entry: AgentEntry, after: int) -> Iterator[Due]:
    """When the shift of an instant ends; off shift, also when the next one begins; and when each break ends
    that is in it.
    """
    window = entry.window(after)
    for held in entry.breaks:
        if held.ends is not None and held.ends > after and window.holds(held.ends):
            yield held.ends, "open", f"{held.ends}"
    if window.begins is not None and window.begins > after:
        yield window.begins, "open", f"{window.begins}"
    if window.ends is not None and window.ends > after:
        yield window.ends, "absent", entry.record.id


def _relax_at(record: TaskRecord, queue: Queue) -> int | None:
    """When to look at a queued task's relaxation: at the next step, and at once where it has had steps of
    another wait, or of other settings.
    """
    if record.relaxed and queue.steps_due(record.updated_at - record.queued_at) < record.relaxed:
        return AT_ONCE
    return queue.relax_due(record.queued_at, record.relaxed)
