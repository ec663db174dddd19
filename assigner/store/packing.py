"""What a verb's script is told: its rules, and commands as it reads them.

Scripts read MessagePack, fast, and in it texts of JSON that stay as they are: `doc`s, which no script
decodes, and what is written to the stream as it came.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from hashlib import sha1
from typing import Any

import msgspec
from msgspec import Struct

from assigner.domain.lifecycle import TRANSITIONS, State, Transition
from assigner.domain.records import KeyRecord, OverrideRecord
from assigner.store.base import (
    LEASED,
    MOST_REFUSALS,
    Command,
    EndOverride,
    Enqueue,
    MakeOffer,
    MakeOverride,
    OnAgent,
    OnOffer,
    OnTask,
    PutAgent,
    PutKey,
    PutQueue,
    Retention,
    Step,
    mark,
)
from assigner.store.codec import HISTORY_VALUES
from assigner.store.keys import names
from assigner.store.scripts import STEPS
from assigner.store.state import facts_of
from assigner.store.verbs import SEEN, WITH_DOC

STEPWISE = ("make_override", "end_override")
"""The verbs whose scripts do the steps of others."""
ASIDE = frozenset(
    {"override", "override_tasks", "overrides", "active", "past", "key", "keys", "learned", "upto"}
)
"""The keys that no verb on a task needs."""
COUNTED = {"doc", "touched", "replaced", "forced", "version"}
KEPT_OF_OVERRIDE = tuple(field.name for field in fields(OverrideRecord) if field.name not in COUNTED)
"""What is written of an override as it was sent, besides its document: the store counts the rest."""

_encoder = msgspec.json.Encoder()
_packer = msgspec.msgpack.Encoder()
_sorted = msgspec.json.Encoder(order="sorted")


def text(doc: Any) -> str:
    """JSON with sorted names: the same content is the same text."""
    return _sorted.encode(doc).decode()


@cache
def rules(verb: str, workspace: str, keep: Retention) -> bytes:
    """What a verb's script is told besides the commands."""
    row = TRANSITIONS.get(verb)
    more: dict[str, Any] = {}
    if verb in STEPWISE:
        more = {"rows": {step: _row(TRANSITIONS[step]) for step in STEPS}, "most": MOST_REFUSALS}
    return _encoder.encode(
        {
            "keys": {name: key for name, key in names(workspace).items() if name not in ASIDE or row is None},
            "row": _row(row) if row else None,
            "revoke": _row(TRANSITIONS["revoke"]),
            "leased": verb in LEASED,
            "events": keep.events,
            "ops_ms": keep.ops_ms,
            "brief_ops_ms": keep.brief_ops_ms,
            "offers_ms": keep.offers_ms,
            "history": keep.moments * HISTORY_VALUES,
            **more,
        }
    )


def _row(row: Transition) -> dict[str, Any]:
    known = {
        "event": row.event,
        "sources": dict.fromkeys(row.sources, True),
        "to": row.to,
        "offer": row.offer,
        "seen": row.verb in SEEN or None,
        "with_doc": f"task.{row.event}" in WITH_DOC or None,
    }
    return {name: value for name, value in known.items() if value is not None}


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
    said.update(_about(c))


def _about(c: OnTask | OnOffer) -> dict[str, Any]:
    """The task, by what is known of it, or the offer."""
    if isinstance(c, OnOffer):
        return {"offer": c.offer}
    known = {} if c.seen is None else {"seen": sha1(text(c.seen).encode(), usedforsecurity=False).hexdigest()}
    return {"task": c.task, **known}


def _offer(said: dict[str, Any], c: MakeOffer) -> None:
    fixed = {
        "id": c.offer,
        "task": c.task,
        "agent": c.agent,
        "offered_at": c.now,
        "expires_at": c.expires_at,
        "value": c.value,
        "terms": c.terms,
        "expected_ms": c.expected_ms,
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


def _make_override(said: dict[str, Any], c: MakeOverride) -> None:
    record = c.override
    known = {name: getattr(record, name) for name in KEPT_OF_OVERRIDE}
    live = {name: value for name, value in known.items() if value is not None}
    said.update(override=record.id, doc=text(record.doc), live=_encoder.encode(live).decode())
    said.update(partial=c.partial, replace=c.replace, tasks=c.tasks, steps=_steps(c.steps))
    if record.slot is not None:
        said["slot"] = record.slot
    if c.dry:
        said["dry"] = True


def _end_override(said: dict[str, Any], c: EndOverride) -> None:
    said.update(override=c.override, state=c.state, steps=_steps(c.steps))


def _steps(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Steps as a script reads them; what many of them are told is encoded once."""
    told: dict[int, str] = {}
    return [_step(verb, step, told) for verb, step in steps]


def _step(verb: str, c: OnTask | OnOffer, told: dict[int, str]) -> dict[str, Any]:
    said: dict[str, Any] = {"verb": verb, **_about(c)}
    if c.version is not None:
        said["version"] = c.version
    if c.facts.get("lenient"):
        said["lenient"] = True
    if "doc" in c.facts:
        said["doc"] = text(c.facts["doc"])
    if id(c.facts) not in told:
        told[id(c.facts)] = _told(c)
    said["told"] = told[id(c.facts)]
    return said


def _told(c: OnTask | OnOffer) -> str:
    facts = {name: value for name, value in facts_of(c).items() if name not in ("doc", "lenient")}
    return _encoder.encode(facts).decode()


def _put_key(said: dict[str, Any], c: PutKey) -> None:
    known = {field.name: getattr(c.key, field.name) for field in fields(KeyRecord)}
    fixed = {name: value for name, value in known.items() if value is not None and name != "version"}
    said.update(key=c.key.id, doc=_encoder.encode(fixed).decode())


_OWN: dict[type[Command], Callable[[dict[str, Any], Any], None]] = {
    MakeOffer: _offer,
    OnTask: _on,
    OnOffer: _on,
    PutAgent: _put_agent,
    OnAgent: _on_agent,
    PutQueue: _put_queue,
    MakeOverride: _make_override,
    EndOverride: _end_override,
    PutKey: _put_key,
}
