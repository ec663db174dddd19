"""What verbs are judged by: all records, what happens to them, and the refusal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assigner.domain.agent import Presence
from assigner.domain.lifecycle import OverrideState, State, allowed
from assigner.domain.records import (
    AgentRecord,
    Event,
    KeyRecord,
    OfferRecord,
    OverrideRecord,
    QueueRecord,
    TaskRecord,
)
from assigner.store.base import Command, Outcome

ENDED = (State.COMPLETED, State.CANCELLED)
"""The states of a task that is not open any more."""


@dataclass(slots=True, kw_only=True)
class Records:
    """Everything that is stored, by id; of overrides also the tasks that each touched."""

    tasks: MutableMapping[str, TaskRecord] = field(default_factory=dict)
    agents: MutableMapping[str, AgentRecord] = field(default_factory=dict)
    offers: MutableMapping[str, OfferRecord] = field(default_factory=dict)
    queues: MutableMapping[str, QueueRecord] = field(default_factory=dict)
    overrides: MutableMapping[str, OverrideRecord] = field(default_factory=dict)
    touched: MutableMapping[str, Sequence[str]] = field(default_factory=dict)
    keys: MutableMapping[str, KeyRecord] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One change: the type of its event, and the records after it.

    `command` is the step of an override whose change it is, `facts` what is told besides what the command
    was told, `tasks` those that an override touched, `lost` the overrides that say no more of the task.
    """

    type: str
    command: Command | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    tasks: Sequence[str] = ()
    lost: Collection[str] = ()
    task: TaskRecord | None = None
    offer: OfferRecord | None = None
    agent: AgentRecord | None = None
    queue: QueueRecord | None = None
    override: OverrideRecord | None = None
    key: KeyRecord | None = None


Judged = list[Happened] | Outcome
"""What happens, in order (nothing, when all is as it should be already), or the refusal."""


def holder(records: Records, *slots: str | None) -> OverrideRecord | None:
    """The active override that has the first of these slots that is taken."""
    active = (one for one in records.overrides.values() if one.state is OverrideState.ACTIVE)
    taken = {one.slot: one for one in active if one.slot is not None}
    return next((taken[slot] for slot in slots if slot in taken), None)


def refuse(code: str, **facts: Any) -> Outcome:
    """A refusal of REFUSALS, with its facts."""
    return Outcome(refused=code, facts=facts)


def refusal_of(code: str, facts: Mapping[str, Any]) -> Outcome:
    """A refusal as it was told, and what follows from it."""
    told = {name: value for name, value in facts.items() if name != "refusals"}
    if code == "wrong_state":
        told["allowed"] = allowed(State(told["state"]))
    if code == "not_due":
        told.setdefault("due", None)
    return Outcome(refused=code, facts=told, refusals=_refusals(facts))


def _refusals(facts: Mapping[str, Any]) -> tuple[tuple[int, Outcome], ...]:
    return tuple((step, refusal_of(code, more)) for step, code, more in facts.get("refusals", ()))


def outcome_of(event: Event, *, replayed: bool = False) -> Outcome:
    """What an event says became of its command."""
    told = event.facts if event.override else {}
    return Outcome(
        facts={name: told[name] for name in ("refused", "skipped") if name in told},
        task=event.task,
        agent=event.agent,
        offer=event.offer,
        queue=event.queue,
        override=event.override,
        key=event.key,
        refusals=_refusals(told),
        event=event.id,
        replayed=replayed,
    )


def facts_of(command: Command) -> dict[str, Any]:
    """What a verb is told, without what it is not told."""
    given: Mapping[str, Any] = getattr(command, "facts", {})
    return {name: value for name, value in given.items() if value is not None}


def present(agent: AgentRecord, presence: Presence, until: int | None, now: int) -> AgentRecord:
    """The agent with another presence, until an instant or until somebody sets it."""
    return replace(agent, presence=presence, presence_until=until, version=agent.version + 1, updated_at=now)
