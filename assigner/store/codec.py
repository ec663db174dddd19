"""Between records and what the server holds: JSON texts, and the answers of the scripts.

A record is two texts: `doc`, which no script decodes, and `live`. Both together decode straight into the
record: an offer's are its fields and its state, any other's the document and the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

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
_sorted = msgspec.json.Encoder(order="sorted")
_facts = msgspec.json.Decoder(dict[str, Any])
_tasks = msgspec.json.Decoder(TaskRecord)
_agents = msgspec.json.Decoder(AgentRecord)
_offers = msgspec.json.Decoder(OfferRecord)
_queues = msgspec.json.Decoder(QueueRecord)

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
            "ops_ms": keep.leased_ops_ms if verb in LEASED else keep.ops_ms,
            "offers_ms": keep.offers_ms,
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


def commands(verb: str, asked: Sequence[Command]) -> list[bytes]:
    """The commands as their script reads them, and the texts that it is to leave as they are."""
    texts: list[bytes] = []
    said = [_command(verb, command, texts) for command in asked]
    return [_encoder.encode(said), *texts]


def _command(verb: str, c: Command, texts: list[bytes]) -> dict[str, Any]:
    said: dict[str, Any] = {"op": c.op, "mark": mark(verb, c), "now": c.now, "actor": c.actor}
    if c.lease is not None:
        said["lease"] = c.lease
    if c.version is not None:
        said["version"] = c.version
    if isinstance(c, Enqueue):
        _enqueue(said, c, texts)
    else:
        _OWN[type(c)](said, c)
    return said


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


def _enqueue(said: dict[str, Any], c: Enqueue, texts: list[bytes]) -> None:
    held = c.held_until is not None or c.hold_reason is not None
    live = {
        "id": c.task,
        "state": State.HELD if held else State.QUEUED,
        "queue": c.queue,
        "size": c.size,
        "version": 1,
        "created_at": c.created_at,
        "queued_at": c.now,
        "updated_at": c.now,
    }
    if c.held_until is not None:
        live["held_until"] = c.held_until
    if c.hold_reason is not None:
        live["hold_reason"] = c.hold_reason
    # What the task was at first, for its history: without what never changes.
    made = {"actor": c.actor, "op": c.op, "queue": c.queue, "size": c.size, "at": c.now}
    if held:
        made.update(held_until=c.held_until, hold_reason=c.hold_reason)
    # Lua counts from 1, and the rules and the commands come first.
    said.update(task=c.task, queue=c.queue, size=c.size, at=str(c.now))
    said["from"] = len(texts) + 3
    texts += (_sorted.encode(c.doc), _encoder.encode(live), _encoder.encode(made))


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


def outcome(answer: Sequence[Any], _command: Command) -> Outcome | None:
    """The outcome of a script's answer; None where the records as they are now have to be read."""
    kind = answer[0]
    if kind == 2:
        return _refused(answer[1].decode(), _facts.decode(answer[2]))
    if kind == 3 or not answer[2]:
        return None
    fields = answer[2]
    event = event_of(answer[1], dict(zip(fields[::2], fields[1::2], strict=True)))
    return Outcome(
        task=event.task,
        agent=event.agent,
        offer=event.offer,
        queue=event.queue,
        event=event.id,
        replayed=kind == 1,
    )


def _refused(code: str, facts: dict[str, Any]) -> Outcome:
    if code == "wrong_state":
        facts["allowed"] = allowed(State(facts["state"]))
    if code == "not_due":
        facts.setdefault("due", None)
    return Outcome(refused=code, facts=facts)


def event_of(id: bytes, told: Mapping[bytes, bytes]) -> Event:
    """The event of a stream's entry."""
    return Event(
        id=id.decode(),
        type=told[b"type"].decode(),
        at=int(told[b"at"]),
        actor=told[b"actor"].decode(),
        op=told[b"op"].decode(),
        facts=_facts.decode(told[b"facts"]),
        task=task_of(told[b"task"], told[b"task_doc"]) if b"task" in told else None,
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
