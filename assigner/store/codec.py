"""Between records and what the server holds: JSON texts, and the answers of the scripts.

A record is two texts: `doc`, which no script decodes, and `live`. Both together decode straight into the
record: an offer's are its fields and its state, a key's its fields and its version, any other's the document
and the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from assigner.domain.records import (
    AgentRecord,
    Event,
    KeyRecord,
    OfferRecord,
    OverrideRecord,
    QueueRecord,
    TaskRecord,
)
from assigner.store.base import Command, Enqueue, Outcome
from assigner.store.state import outcome_of, refusal_of
from assigner.store.verbs import new_task

_facts = msgspec.json.Decoder(dict[str, Any])
_tasks = msgspec.json.Decoder(TaskRecord)
_agents = msgspec.json.Decoder(AgentRecord)
_offers = msgspec.json.Decoder(OfferRecord)
_queues = msgspec.json.Decoder(QueueRecord)
_overrides = msgspec.json.Decoder(OverrideRecord)
_keys = msgspec.json.Decoder(KeyRecord)

DONE, AGAIN, REFUSED, NOTHING = range(4)
"""What a script answers of a command first: see prelude.lua."""
LAST = 3
"""Where the last event of a command is in its answer, when it is not the one that is told."""
HISTORY_VALUES = 10
"""How many values of a history's list are one event."""


def event_made(answer: Sequence[Any], c: Command) -> Event:
    """The event of a command that was done just now. A task that was made needs no reading: it is as sent."""
    id, fields = answer[1], answer[2:3]
    if fields:
        return event_of(id, *fields)
    assert isinstance(c, Enqueue)  # noqa: S101 - the only verb that answers without fields
    return Event(id=id.decode(), type="task.enqueued", at=c.now, actor=c.actor, op=c.op, task=new_task(c))


def outcome_made(answer: Sequence[Any], event: Event) -> Outcome:
    """What became of a command that was done just now; the event may be the first of several."""
    outcome = outcome_of(event)
    return outcome if len(answer) <= LAST else replace(outcome, event=answer[LAST].decode())


def outcome_told(answer: Sequence[Any]) -> Outcome | None:
    """What came of a command that was not done now; None where the records as they are have to be read."""
    kind = answer[0]
    if kind == REFUSED:
        return refusal_of(answer[1].decode(), _facts.decode(answer[2]))
    if kind == AGAIN and answer[2]:
        return outcome_of(event_of(answer[1], answer[2]), replayed=True)
    return None


def event_of(id: bytes, fields: Sequence[bytes]) -> Event:
    """The event of a stream's entry: names and values in turn."""
    told = dict(zip(fields[::2], fields[1::2], strict=True))
    task = task_of(told[b"task"], told[b"task_doc"]) if b"task" in told else None
    return Event(
        id=id.decode(),
        type=told[b"type"].decode(),
        at=int(told[b"at"]) if task is None or b"at" in told else task.updated_at,
        actor=told[b"actor"].decode(),
        op=told[b"op"].decode(),
        facts=_facts.decode(told.get(b"facts", b"{}")),
        task=task,
        offer=offer_of(told[b"offer"], told[b"offer_doc"]) if b"offer" in told else None,
        agent=agent_of(told[b"agent"], told[b"agent_doc"]) if b"agent" in told else None,
        queue=queue_of(told[b"queue"], told[b"queue_doc"]) if b"queue" in told else None,
        override=override_of(told[b"override"], told[b"override_doc"]) if b"override" in told else None,
        key=key_of(told[b"key"], told[b"key_doc"]) if b"key" in told else None,
    )


def history_of(task: TaskRecord, made: bytes, values: Sequence[bytes]) -> list[Event]:
    """The events of a task: its making, and those of its list."""
    pasts = [_past(*values[at : at + HISTORY_VALUES]) for at in range(0, len(values), HISTORY_VALUES)]
    id, _, said = made.partition(b" ")
    told = _facts.decode(said)
    first = Enqueue(task=task.id, doc={}, created_at=task.created_at, now=told.pop("at"), **told)
    event = Event(
        id=id.decode(),
        type="task.enqueued",
        at=first.now,
        actor=first.actor,
        op=first.op,
        task=new_task(first),
    )
    return [event, *pasts]


def _past(*values: bytes) -> Event:
    id, type, at, actor, op, facts, task, doc, offer, fixed = values
    return Event(
        id=id.decode(),
        type=type.decode(),
        at=int(at),
        actor=actor.decode(),
        op=op.decode(),
        facts=_facts.decode(facts),
        task=task_of(task, doc),
        offer=offer_of(offer, fixed) if offer else None,
    )


def task_of(live: bytes, doc: bytes) -> TaskRecord:
    """A task from its two texts."""
    return _tasks.decode(live[:-1] + b',"doc":' + doc + b"}")


def agent_of(live: bytes, doc: bytes) -> AgentRecord:
    """An agent from their two texts."""
    return _agents.decode(live[:-1] + b',"doc":' + doc + b"}")


def queue_of(live: bytes, doc: bytes) -> QueueRecord:
    """A queue from its two texts."""
    return _queues.decode(live[:-1] + b',"doc":' + doc + b"}")


def offer_of(live: bytes, doc: bytes) -> OfferRecord:
    """An offer from its two texts."""
    return _offers.decode(doc[:-1] + b"," + live[1:])


def override_of(live: bytes, doc: bytes) -> OverrideRecord:
    """An override from its two texts."""
    return _overrides.decode(live[:-1] + b',"doc":' + doc + b"}")


def key_of(live: bytes, doc: bytes) -> KeyRecord:
    """A key from its two texts."""
    return _keys.decode(doc[:-1] + b"," + live[1:])


RECORD_OF: Mapping[str, Callable[[bytes, bytes], Any]] = {
    "task": task_of,
    "agent": agent_of,
    "queue": queue_of,
    "offer": offer_of,
    "override": override_of,
    "key": key_of,
}
