"""What overrides say of a task, apart from what the client said: how each verb changes it.

The overlay is a mapping, see TaskRecord. What it says of an open task is of an override that is active; of
one that has ended it says only when it was due.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assigner.domain.lifecycle import Transition
from assigner.domain.records import TaskRecord
from assigner.store.base import Outcome
from assigner.store.state import ENDED, refuse

Overlay = Mapping[str, Mapping[str, Any]]
FIELDS = ("priority", "due_at", "pinned_agent")
"""What an override says instead of the client."""
UNDOES = {"resume": "held", "release": "assigned", "transfer": "transferred"}
"""What each of these verbs undoes: only the override that did it may."""


def settled(task: TaskRecord, row: Transition, facts: Mapping[str, Any]) -> Overlay:
    """The overlay of a task after it has gone along a row."""
    by, after = facts.get("override"), dict(task.overrides)
    if row.to in ENDED:
        return {"due_at": after["due_at"]} if "due_at" in after else {}
    if task.state in ENDED:
        return {}
    if row.to is not None:
        after.pop(task.state, None)
    if row.verb in ("transfer", "update"):
        after.pop("transferred", None)
    if by and row.verb == "hold":
        after["held"] = {"by": by}
    if by and row.verb == "transfer" and "was" in facts:
        after["transferred"] = {"by": by, **facts["was"]}
    return after


def says(overlay: Overlay) -> set[str]:
    """The overrides that say something."""
    excluded = set(overlay.get("excluded_agents", {}).values())
    return excluded.union(entry["by"] for name, entry in overlay.items() if name != "excluded_agents")


def is_of(task: TaskRecord | None, verb: str, override: str) -> bool:
    """Whether a verb would undo what this override did to a task, or undoes nothing at all."""
    name = UNDOES.get(verb)
    if name is None:
        return True
    return task is not None and _by(task, name) == override and not _begun(task, override)


def carries(task: TaskRecord | None, override: str) -> bool:
    """Whether a task carries something of an override that can be undone."""
    if task is None or task.state in ENDED:
        return False
    return override in says(task.overrides) and not _begun(task, override)


def _begun(task: TaskRecord, override: str) -> bool:
    """Whether an override has given the task to an agent who has begun: it stays theirs."""
    return task.started_at is not None and _by(task, "assigned") == override


def _by(task: TaskRecord, name: str) -> Any:
    return task.overrides.get(name, {}).get("by")


def adjusted(overlay: Overlay, facts: Mapping[str, Any]) -> Overlay | Outcome:
    """The overlay after `adjust`, or the refusal where another override has said something already."""
    by, said = facts["override"], facts.get("set", {})
    if not facts.get("replace"):
        for field, other in _contrary(overlay, facts):
            if other != by:
                return refuse("override_conflict", by=other, field=field)
    after = {name: dict(entry) for name, entry in overlay.items()}
    excluded = after.pop("excluded_agents", {})
    for name in facts.get("lift", ()):
        if name in FIELDS and name in after and after[name]["by"] == by:
            del after[name]
    for agent in facts.get("admit", ()):
        if excluded.get(agent) == by:
            del excluded[agent]
    after |= {name: {"by": by, "value": said[name]} for name in FIELDS if name in said}
    excluded.pop(said.get("pinned_agent"), None)
    for agent in facts.get("exclude", ()):
        excluded[agent] = by
        if _pinned(after) == agent:
            del after["pinned_agent"]
    return {**after, "excluded_agents": excluded} if excluded else after


def _contrary(overlay: Overlay, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What has been said already of what is to be said, or against it: the field, and by whom."""
    said, excluded = facts.get("set", {}), overlay.get("excluded_agents", {})
    found = [(name, overlay[name]["by"]) for name in FIELDS if name in said and name in overlay]
    if said.get("pinned_agent") in excluded:
        found.append(("excluded_agents", excluded[said["pinned_agent"]]))
    for agent in facts.get("exclude", ()):
        if agent in excluded:
            found.append(("excluded_agents", excluded[agent]))
        if _pinned(overlay) == agent:
            found.append(("pinned_agent", overlay["pinned_agent"]["by"]))
    return found


def _pinned(overlay: Overlay) -> Any:
    return overlay.get("pinned_agent", {}).get("value")
