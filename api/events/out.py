"""Events as they go over the wire: CloudEvents 1.0 in JSON, one in each event of the stream.

Everything about an event follows from the event itself, told now or again from the store, but what a task is
promised: that is what its queue's settings say when the event is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from api.overrides.out import override_out
from api.records import agent_out, encode, instant, offer_out, queue_out, task_out
from assigner.domain.frozen import frozen
from assigner.domain.lifecycle import TRANSITIONS
from assigner.domain.promise import Promises
from assigner.domain.records import Event, TaskRecord
from assigner.store.log import EventKey, event_key

TYPES: tuple[str, ...] = (
    "task.enqueued",
    *dict.fromkeys(f"task.{row.event}" for row in TRANSITIONS.values()),
    "task.pruned",
    *(f"agent.{past}" for past in ("put", "presence_set", "removed")),
    "queue.put",
    *(f"override.{past}" for past in ("made", "undone", "ended", "replaced", "pruned")),
)
"""The types of event that are told. Any other, such as of keys, is nobody's business."""
KINDS = tuple(dict.fromkeys(type.partition(".")[0] for type in TYPES))
Promised = Callable[[TaskRecord], Promises]
"""What a task is promised, as far as it is known."""
_TOLD = frozenset(TYPES)
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""What the text of an attribute may not have, by CloudEvents 1.0, Type System."""


@frozen
class Line:
    """An event, ready to be sent; `text` is empty when it is not to be told. `queues`: those it is about."""

    key: EventKey
    type: str
    queues: tuple[str, ...]
    text: bytes


@frozen
class Wanted:
    """What a reader wants to hear of: these types, about these queues; None is everything."""

    types: frozenset[str] | None = None
    queues: frozenset[str] | None = None

    def wants(self, line: Line) -> bool:
        """Whether an event is to be sent."""
        return (
            bool(line.text)
            and (self.types is None or line.type in self.types)
            and (self.queues is None or not self.queues.isdisjoint(line.queues))
        )


def line_of(event: Event, workspace: str, promised: Promised) -> Line:
    """An event, encoded."""
    key = event_key(event.id)
    if event.type not in _TOLD:
        return Line(key=key, type=event.type, queues=(), text=b"")
    body = encode(cloud_event(event, workspace, promised))
    return Line(
        key=key,
        type=event.type,
        queues=tuple(_queues(event)),
        text=b"id: %s\ndata: %s\n\n" % (event.id.encode(), body),
    )


def cloud_event(event: Event, workspace: str, promised: Promised) -> dict[str, Any]:
    """An event as a CloudEvent: its data is the record after the change, as the API shows it."""
    subject, data = _DATA[event.type.partition(".")[0]](event, promised)
    own = {
        "actor": event.actor,
        "queue": next(_queues(event), None),
        "reason": event.override.reason if event.override else event.facts.get("reason"),
        "override": event.facts.get("override"),
    }
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": f"/workspaces/{workspace}",
        "type": event.type,
        "subject": subject,
        "time": instant(event.at),
        "datacontenttype": "application/json",
        **{name: _UNSAFE.sub(" ", value) for name, value in own.items() if value},
        "data": data,
    }


def id_of(key: EventKey) -> str:
    """The id of an event, by its place in the order of all."""
    return f"{key[0]}-{key[1]}"


def reset_of(key: EventKey, why: str) -> bytes:
    """What tells a reader that something was missed, and that the stream goes on after an event."""
    return b"event: reset\nid: %s\ndata: %s\n\n" % (id_of(key).encode(), encode({"detail": why}))


def beat_of(key: EventKey, text: str) -> bytes:
    """A sign of life. The id is that of the last event there was: who wants few comes back to here."""
    return f": {text}\nid: {id_of(key)}\n\n".encode()


def comment(text: str) -> bytes:
    """Something for who reads the stream with their own eyes."""
    return f": {_UNSAFE.sub(' ', text)}\n\n".encode()


def _queues(event: Event) -> Iterator[str]:
    """The queues that an event is about: that of its task, and the one that the task has left for it; the one
    that an override is about as a whole.
    """
    if event.queue:
        yield event.queue.id
    if event.task:
        yield event.task.queue
        if left := event.facts.get("from_queue"):
            yield left
    if event.override and (queue := event.override.doc.get("target", {}).get("queue")):
        yield queue


def _task(event: Event, promised: Promised) -> tuple[str, dict[str, Any]]:
    assert event.task  # noqa: S101 - what every event of its kind has
    out = task_out(event.task, promised(event.task), event.at)
    if event.offer:
        out["offer_record"] = offer_out(event.offer)
    return event.task.id, out


def _agent(event: Event, _: Promised) -> tuple[str, dict[str, Any]]:
    assert event.agent  # noqa: S101 - as above
    return event.agent.id, agent_out(event.agent)


def _queue(event: Event, _: Promised) -> tuple[str, dict[str, Any]]:
    assert event.queue  # noqa: S101 - as above
    return event.queue.id, queue_out(event.queue)


def _override(event: Event, _: Promised) -> tuple[str, dict[str, Any]]:
    assert event.override  # noqa: S101 - as above
    return event.override.id, override_out(event.override)


_DATA: Mapping[str, Callable[[Event, Promised], tuple[str, dict[str, Any]]]] = {
    "task": _task,
    "agent": _agent,
    "queue": _queue,
    "override": _override,
}
"""By the first word of the type: the id of the record, and the record."""
