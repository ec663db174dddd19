"""From an override to the steps that do it, and to those that undo it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from assigner.dispatch.actions import ACTIONS
from assigner.domain.instant import ms_of
from assigner.domain.lifecycle import State
from assigner.domain.queue import Queue
from assigner.domain.records import OverrideRecord, TaskRecord
from assigner.store.base import OnOffer, OnTask, Step

Facts = dict[str, Any]
Queues = Callable[[str], Queue]
"""The settings of a queue by its id."""


def plan(record: OverrideRecord, tasks: Iterable[TaskRecord], queues: Queues) -> Iterator[Step]:
    """What an override does to each of its tasks, which are those named, or those that are so now.

    A task that was not named, and is not so any more when the store comes to it, is passed over.
    """
    if record.action == "drain":
        yield from _drain(record, tasks)
        return
    verb = ACTIONS[record.action].verb
    if verb is None or record.slot is not None:
        return
    same = _FACTS[record.action](record) if record.action in _FACTS else {}
    common = {**_who(record), **same, "lenient": "tasks" not in record.doc["target"]}
    for task in tasks:
        own = _OWN[record.action](record, task, queues) if record.action in _OWN else {}
        step = _on(record, task, {**common, **own})
        if record.action == "transfer":  # it is made from the document
            step = replace(step, version=task.version, seen=task.doc)
        yield verb, step


def plan_undo(record: OverrideRecord, tasks: Iterable[TaskRecord]) -> Iterator[Step]:
    """What takes back what still holds of an override, of the tasks that carry it."""
    action = ACTIONS[record.action]
    if action.undo is None or record.slot is not None:
        return
    for task in tasks:
        facts = _UNDO[action.undo](record, task)
        if facts is not None:
            yield action.undo, _on(record, task, {**_who(record), **facts})


def _on(record: OverrideRecord, task: TaskRecord, facts: Facts) -> OnTask:
    return OnTask(op="", actor=record.author, now=record.made_at, task=task.id, facts=facts)


def _who(record: OverrideRecord) -> Facts:
    return {"override": record.id, "reason": record.reason}


def _drain(record: OverrideRecord, tasks: Iterable[TaskRecord]) -> Iterator[Step]:
    """Offers are revoked, and what is not begun is released; where it says so, what is begun too."""
    facts = {**_who(record), "lenient": True}
    for task in tasks:
        if task.state is State.OFFERED and task.offer:
            said: Facts = {"op": "", "actor": record.author, "now": record.made_at}
            yield "revoke", OnOffer(**said, offer=task.offer, facts=facts)
        elif task.state is State.ASSIGNED and (task.started_at is None or record.doc.get("started")):
            yield "release", _on(record, task, facts)


def _set(record: OverrideRecord, **fields: Any) -> Facts:
    return {"set": fields, "replace": bool(record.doc.get("replace"))}


def _due_at(record: OverrideRecord) -> Facts:
    due = record.doc["due_at"]
    return _set(record, due_at=None if due is None else ms_of(due))


def _exclude(record: OverrideRecord) -> Facts:
    return {"exclude": [record.doc["agent"]], "replace": bool(record.doc.get("replace"))}


_FACTS: Mapping[str, Callable[[OverrideRecord], Facts]] = {
    "assign": lambda record: {"agent": record.doc["agent"], "force": bool(record.doc.get("force"))},
    "pin": lambda record: _set(record, pinned_agent=record.doc["agent"]),
    "unpin": lambda record: _set(record, pinned_agent=None),
    "exclude": _exclude,
    "reprioritise": lambda record: _set(record, priority=record.doc["priority"]),
    "reschedule": _due_at,
    "hold": lambda record: {"until": record.until},
}
"""What the steps of an action all say."""


def _transfer(record: OverrideRecord, task: TaskRecord, queues: Queues) -> Facts:
    was = {"queue": task.queue, "skills": task.doc.get("skills", {}), "named": "queue" in task.doc}
    return {**_moved(task, record.doc.get("queue"), record.doc.get("skills")), "was": was}


def _moved(task: TaskRecord, queue: str | None, skills: Mapping[str, int] | None) -> Facts:
    """The task as it becomes in a queue (None: as it is), asking these skills (None: as now), and the queue
    that it leaves, where it does.
    """
    doc = dict(task.doc)
    if queue is not None:
        doc["queue"] = queue
    if skills is not None:
        doc["skills"] = dict(sorted(skills.items()))
        if not skills:
            del doc["skills"]
    facts = {"doc": doc, "queue": queue or task.queue, "size": task.size}
    return facts if facts["queue"] == task.queue else {**facts, "from_queue": task.queue}


def _release(record: OverrideRecord, task: TaskRecord, queues: Queues) -> Facts:
    """Whoever had it is not asked again at once: it was taken from them on purpose."""
    return {"cool_until": record.made_at + queues(task.queue).decline_cool_down_ms}


_OWN: Mapping[str, Callable[[OverrideRecord, TaskRecord, Queues], Facts]] = {
    "transfer": _transfer,
    "release": _release,
}
"""What a step says of its own task."""


def _readjust(record: OverrideRecord, task: TaskRecord) -> Facts | None:
    lifted = [
        name
        for name, entry in task.overrides.items()
        if name != "excluded_agents" and entry.get("by") == record.id
    ]
    excluded = task.overrides.get("excluded_agents", {})
    admitted = [agent for agent, by in excluded.items() if by == record.id]
    return {"lift": lifted, "admit": admitted} if lifted or admitted else None


def _resume(record: OverrideRecord, task: TaskRecord) -> Facts | None:
    return {} if _by(task, "held") == record.id else None


def _unassign(record: OverrideRecord, task: TaskRecord) -> Facts | None:
    """What the agent has begun stays theirs."""
    return {} if _by(task, "assigned") == record.id and task.started_at is None else None


def _transfer_back(record: OverrideRecord, task: TaskRecord) -> Facts | None:
    if _by(task, "transferred") != record.id:
        return None
    before = task.overrides["transferred"]
    facts = _moved(task, before["queue"], before["skills"])
    if not before["named"]:
        del facts["doc"]["queue"]
    return facts


def _by(task: TaskRecord, field: str) -> str | None:
    return task.overrides.get(field, {}).get("by")


_UNDO: Mapping[str, Callable[[OverrideRecord, TaskRecord], Facts | None]] = {
    "adjust": _readjust,
    "resume": _resume,
    "release": _unassign,
    "transfer": _transfer_back,
}
"""What takes back what a task carries of an override; None where it carries nothing of it any more."""
