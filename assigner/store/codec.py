"""Between records and what the server holds: JSON texts, and the answers of the scripts.

A record is two texts: `doc`, which no script decodes, and `live`. Both together decode straight into the
record: an offer's are its fields and its state, any other's the document and the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct

from assigner.domain.lifecycle import TRANSITIONS, State, Transition, allowed
from assigner.domain.records import AgentRecord, Event, OfferRecord, QueueRecord, TaskRecord
from assigner.store.base import (
    LEASED,
    Command,
    Enqueue,
    MakeOffer,
    OnAgent,
    OnOffer,
    OnTask,
    Outcome,
    PutAgent,
    PutQueue,
    Retention,
    mark,
)
from assigner.store.keys import names
from assigner.store.verbs import SEEN, WITH_DOC, facts_of, new_task

_encoder = msgspec.json.Encoder()
_packer = msgspec.msgpack.Encoder()
_sorted = msgspec.json.Encoder(order="sorted")
_facts = msgspec.json.Decoder(dict[str, Any])
_tasks = msgspec.json.Decoder(TaskRecord)
_agents = msgspec.json.Decoder(AgentRecord)
_offers = msgspec.json.Decoder(OfferRecord)
_queues = msgspec.json.Decoder(QueueRecord)

DONE, AGAIN, REFUSED, NOTHING = range(4)
"""What a script answers of a command first: see prelude.lua."""
HISTORY_VALUES = 10
"""How many values of a history's list are one event."""


def text(doc: Any) -> str:
    """JSON with sorted names: the same content is the same text."""
    return _sorted.encode(doc).decode()


@cache
def rules(verb: str, workspace: str, keep: Retention) -> bytes:
    """What a verb's script is told besides the commands."""
    row = TRANSITIONS.get(verb)
    return _encoder.encode(
        {
            "keys": names(workspace),
            "row": _row(row) if row else None,
            "revoke": _row(TRANSITIONS["revoke"]),
            "leased": verb in LEASED,
            "seen": verb in SEEN,
            "with_doc": row is not None and f"task.{row.event}" in WITH_DOC,
            "events": keep.events,
            "ops_ms": keep.ops_ms,
            "brief_ops_ms": keep.brief_ops_ms,
            "offers_ms": keep.offers_ms,
            "history": keep.moments * HISTORY_VALUES,
        }
    )


def _row(row: Transition) -> dict[str, Any]:
    known = {
        "event": row.event,
        "sources": dict.fromkeys(row.sources, True),
        "to": row.to,
        "offer": row.offer,
    }
    return {name: value for name, value in known.items() if value is not None}


def encode(value: Any) -> bytes:
    """JSON, in the order of the value."""
    return _encoder.encode(value)


def pack(said: Any) -> bytes:
    """MessagePack, which scripts read fast, and where a text that is inside stays as it is."""
    return _packer.encode(said)


def command(verb: str, c: Command) -> bytes:
    """A command as its script reads it."""
    if isinstance(c, Enqueue):
        return _packer.encode(_enqueue(c))
    said: dict[str, Any] = {"op": c.op, "mark": mark(verb, c), "now": c.now, "actor": c.actor}
    if c.asked:
        said["keyed"] = True
    if c.lease is not None:
        said["lease"] = c.lease
    if c.version is not None:
        said["version"] = c.version
    _OWN[type(c)](said, c)
    return _packer.encode(said)


def together(said: Sequence[bytes]) -> bytes:
    """Commands as one argument of their script."""
    return _packer.encode([msgspec.Raw(one) for one in said])


class _Live(Struct, omit_defaults=True, gc=False):
    """What is written of a task at first, besides its document."""

    id: str
    state: State
    queue: str
    size: int
    version: int
    created_at: int
    queued_at: int
    updated_at: int
    held_until: int | None = None
    hold_reason: str | None = None


class _Made(Struct, omit_defaults=True, gc=False):
    """What a task was at first, for its history: without what never changes."""

    actor: str
    op: str
    queue: str
    size: int
    at: int
    held_until: int | None = None
    hold_reason: str | None = None


class _Make(Struct, omit_defaults=True, gc=False):
    """An Enqueue as its script reads it; the last three are texts that are stored as they are."""

    op: str
    mark: str
    actor: str
    task: str
    queue: str
    size: int
    doc: str
    live: str
    made: str
    lease: str | None = None
    version: int | None = None
    keyed: bool = False


def _enqueue(c: Enqueue) -> _Make:
    now, until, why = c.now, c.held_until, c.hold_reason
    state = State.QUEUED if until is None and why is None else State.HELD
    live = _Live(c.task, state, c.queue, c.size, 1, c.created_at, now, now, until, why)
    made = _Made(c.actor, c.op, c.queue, c.size, now, until, why)
    return _Make(
        c.op,
        mark("enqueue", c),
        c.actor,
        c.task,
        c.queue,
        c.size,
        _sorted.encode(c.doc).decode(),
        _encoder.encode(live).decode(),
        _encoder.encode(made).decode(),
        c.lease,
        c.version,
        bool(c.asked),
    )


def _on(said: dict[str, Any], c: OnTask | OnOffer) -> None:
    facts = facts_of(c)
    if "doc" in facts:
        said["doc"] = text(facts.pop("doc"))
    if facts:
        said["told"] = _encoder.encode(facts).decode()
    if isinstance(c, OnTask):
        said["task"] = c.task
    else:
        said["offer"] = c.offer


def _offer(said: dict[str, Any], c: MakeOffer) -> None:
    fixed = {
        "id": c.offer,
        "task": c.task,
        "agent": c.agent,
        "offered_at": c.now,
        "expires_at": c.expires_at,
        "value": c.value,
        "terms": c.terms,
    }
    said.update(task=c.task, task_version=c.task_version, offer=c.offer, agent=c.agent, accept=c.accept)
    if c.agent_version is not None:
        said["agent_version"] = c.agent_version
    # Without the brace that closes it: the script adds the task's size.
    said["fixed"] = _encoder.encode(fixed).decode()[:-1]


def _put_agent(said: dict[str, Any], c: PutAgent) -> None:
    said.update(agent=c.agent, capacity=c.capacity, doc=text(c.doc))
    if c.presence is not None:
        said["presence"] = c.presence
    if c.presence_until is not None:
        said["presence_until"] = c.presence_until


def _on_agent(said: dict[str, Any], c: OnAgent) -> None:
    said.update(agent=c.agent, presence=c.presence)
    if c.presence_until is not None:
        said["presence_until"] = c.presence_until


def _put_queue(said: dict[str, Any], c: PutQueue) -> None:
    said.update(queue=c.queue, doc=text(c.doc))


_OWN: dict[type[Command], Callable[[dict[str, Any], Any], None]] = {
    MakeOffer: _offer,
    OnTask: _on,
    OnOffer: _on,
    PutAgent: _put_agent,
    OnAgent: _on_agent,
    PutQueue: _put_queue,
}


def event_made(answer: Sequence[Any], c: Command) -> Event:
    """The event of a command that was done just now. A task that was made needs no reading: it is as sent."""
    id, fields = answer[1], answer[2:]
    if fields:
        return event_of(id, *fields)
    assert isinstance(c, Enqueue)  # noqa: S101 - the only verb that answers without fields
    return Event(id=id.decode(), type="task.enqueued", at=c.now, actor=c.actor, op=c.op, task=new_task(c))


def outcome_of(event: Event, *, replayed: bool = False) -> Outcome:
    """What an event says became of its command."""
    return Outcome(
        task=event.task,
        agent=event.agent,
        offer=event.offer,
        queue=event.queue,
        event=event.id,
        replayed=replayed,
    )


def outcome_told(answer: Sequence[Any]) -> Outcome | None:
    """What came of a command that was not done now; None where the records as they are have to be read."""
    kind = answer[0]
    if kind == REFUSED:
        return _refused(answer[1].decode(), _facts.decode(answer[2]))
    if kind == AGAIN and answer[2]:
        return outcome_of(event_of(answer[1], answer[2]), replayed=True)
    return None


def _refused(code: str, facts: dict[str, Any]) -> Outcome:
    if code == "wrong_state":
        facts["allowed"] = allowed(State(facts["state"]))
    if code == "not_due":
        facts.setdefault("due", None)
    return Outcome(refused=code, facts=facts)


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


RECORD_OF: Mapping[str, Callable[[bytes, bytes], Any]] = {
    "task": task_of,
    "agent": agent_of,
    "queue": queue_of,
    "offer": offer_of,
}
