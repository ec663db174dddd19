"""What stands by hand: the overrides that are active, what they say of whole queues and of agents, and the
tasks that carry the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from assigner.domain.document import NOTHING, by_hand
from assigner.domain.lifecycle import OverrideState
from assigner.domain.records import OverrideRecord, TaskRecord

NOBODY: Mapping[str, str] = {}


@dataclass(slots=True, eq=False)
class Standing:
    """See the module. Each says which override it is by."""

    overrides: dict[str, OverrideRecord] = field(default_factory=dict)
    """The active ones."""
    frozen: dict[str, str] = field(default_factory=dict)
    """By queue."""
    drained: dict[str, str] = field(default_factory=dict)
    """By agent."""
    excluded: dict[str, dict[str, str]] = field(default_factory=dict)
    """By queue, and then by the agent who is kept from its tasks."""
    carriers: dict[str, set[str]] = field(default_factory=dict)
    """For each override, the open tasks that carry something of it."""

    def put(self, record: OverrideRecord) -> tuple[str | None, str | None]:
        """Take in an override as it is now. Returns the queue, or the agent, of whom something else holds."""
        if record.state is OverrideState.ACTIVE:
            self.overrides[record.id] = record
        elif self.overrides.pop(record.id, None) is None:
            return None, None
        target = record.doc["target"]
        queue, agent = target.get("queue"), target.get("agent")
        match record.action:
            case "freeze" if _set(self.frozen, queue, record):
                return queue, None
            case "drain" if _set(self.drained, agent, record):
                return None, agent
            case "exclude" if queue and self._exclude(queue, record):
                return queue, None
        return None, None

    def _exclude(self, queue: str, record: OverrideRecord) -> bool:
        return _set(self.excluded.setdefault(queue, {}), record.doc["agent"], record)

    def kept_from(self, record: TaskRecord) -> Mapping[str, str]:
        """The agents whom overrides keep from a task, each with the override that does."""
        queue = self.excluded.get(record.queue, NOBODY)
        return {**queue, **record.overrides.get("excluded_agents", NOBODY)} if record.overrides else queue

    def carry(self, task: str, before: TaskRecord | None, after: TaskRecord | None) -> Iterable[str]:
        """A task carries something else now. Returns the overrides that no task carries any more."""
        had = by_hand(before) if before else NOTHING
        has = by_hand(after) if after else NOTHING
        if had == has:
            return ()
        for override in has - had:
            self.carriers.setdefault(override, set()).add(task)
        for override in had - has:
            held = self.carriers[override]
            held.discard(task)
            if not held:
                del self.carriers[override]
        return [override for override in had - has if override not in self.carriers]

    def spent(self, override: str) -> bool:
        """Whether an active override has nothing left to hold: it is about tasks, and none carries it."""
        record = self.overrides.get(override)
        return record is not None and record.slot is None and override not in self.carriers


def _set(by: dict[str, str], key: str, record: OverrideRecord) -> bool:
    """Note an active override, or forget one that was noted; whether that makes a difference."""
    if record.state is OverrideState.ACTIVE:
        before, by[key] = by.get(key), record.id
        return before is None
    if by.get(key) == record.id:
        del by[key]
        return True
    return False
