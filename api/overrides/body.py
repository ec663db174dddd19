"""What a client says to make an override, and all that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, inspect

from api.documents import document, parse
from api.errors import ApiError
from api.faults import BEYOND_MICROSECONDS, Finder, Invalid, deeper_than, show
from api.schemas import DEEPEST, PRIORITIES, Id, Instant, Name, Priority, Seconds
from api.shapes import Levels, Sentence
from assigner.dispatch.actions import ACTIONS, TARGETS, Action
from assigner.domain.instant import to_ms
from assigner.domain.lifecycle import OPEN_STATES

ActionName = Annotated[str, Meta(extra_json_schema={"enum": list(ACTIONS)})]
OpenState = Literal["queued", "held", "offered", "assigned"]
PARAMETERS = ("agent", "priority", "due_at", "queue", "skills", "until", "force", "started", "replace")
"""What some actions take, and others do not."""
MOST_TASKS = 10_000
"""How many tasks one override changes at most."""
WHY = "Why, for whoever asks later: not empty."
IDS = "Tasks by their ids."
FILTER = "The open tasks that are all of this, of those that the action can be done to."
TASKS_OF = "The agent, or the tasks that they are offered or have, as the action is."
PARTIAL = "Do what can be done, and tell what cannot. Default: all or nothing."
REPLACE = "Take the place of other overrides that say something already."


class FilterIn(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Which open tasks: those that are all of what is given."""

    queue: Id | None = None
    category: Name | None = None
    skill: Annotated[Name | None, Meta(description="One that the task asks for.")] = None
    state: OpenState | None = None
    age_s: Annotated[Seconds | None, Meta(description="Created so long ago, or longer.")] = None
    tag: Name | None = None


class TargetIn(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What an override is about: one of these."""

    tasks: Annotated[list[Id] | None, Meta(description=IDS)] = None
    filter: Annotated[FilterIn | None, Meta(description=FILTER)] = None
    agent: Annotated[Id | None, Meta(description=TASKS_OF)] = None
    queue: Annotated[Id | None, Meta(description="The queue itself.")] = None


class OverrideIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """An override to be made. Which parameters an action takes: see the table of the actions."""

    action: ActionName
    target: TargetIn
    reason: Annotated[Sentence, Meta(description=WHY)]
    until: Annotated[Instant | None, Meta(description="When it ends by itself.")] = None
    agent: Id | None = None
    priority: Priority | None = None
    due_at: Instant | None = None
    queue: Id | None = None
    skills: Levels | None = None
    force: bool = False
    started: Annotated[bool, Meta(description="Of an agent who is drained, take back all.")] = False
    replace: Annotated[bool, Meta(description=REPLACE)] = False
    partial: Annotated[bool, Meta(description=PARTIAL)] = False
    dry_run: Annotated[bool, Meta(description="Only tell what it would do.")] = False

    @property
    def row(self) -> Action:
        """Its action."""
        return ACTIONS[self.action]


def read(body: bytes, now: int) -> tuple[OverrideIn, dict[str, Any]]:
    """A body as an override to be made at `now`, and as it is. Raises malformed_json, too_many_targets and
    Invalid.
    """
    data = parse(body)
    if deeper_than(data, DEEPEST):
        raise ApiError("malformed_json", f"The body is more than {DEEPEST} levels deep.")
    if isinstance(data, dict) and isinstance(target := data.get("target"), dict):
        ids = target.get("tasks")
        refuse_too_many(len(ids) if isinstance(ids, list) else 0)  # before each of them is looked at
    finder = Finder()
    tidy = finder.walk(inspect.type_info(OverrideIn), data, ())
    if isinstance(data, dict):
        for check in (_action, _target, _reason, _until):
            check(finder, data, now)
    if finder.total:
        raise Invalid(finder.faults, finder.total)
    return msgspec.convert(tidy, OverrideIn), tidy


def refuse_too_many(count: int) -> None:
    """Raise too_many_targets for more than one override changes."""
    if count > MOST_TASKS:
        detail = f"It is about {count:,} tasks, above the bound of {MOST_TASKS:,}: narrow it, or split it."
        raise ApiError("too_many_targets", detail, members={"count": count})


def said(made: OverrideIn, body: Mapping[str, Any]) -> dict[str, Any]:
    """What was said, as it is kept: of tasks by their ids only how many; parameters that were given."""
    target = msgspec.to_builtins(made.target)
    if made.target.tasks is not None:
        target["tasks"] = len(made.target.tasks)
    given = [name for name in (*PARAMETERS, "partial") if name in body and name != "until"]
    doc = document(made, given)
    if "priority" in given:  # a document leaves out what is at its default
        priority = made.priority
        doc["priority"] = PRIORITIES[priority] if isinstance(priority, str) else priority
    if made.action == "reschedule":
        doc.setdefault("due_at", None)
    return {"target": target, **doc}


def _row(data: Mapping[str, Any]) -> Action | None:
    action = data.get("action")
    return ACTIONS.get(action) if isinstance(action, str) else None


def _action(finder: Finder, data: Mapping[str, Any], now: int) -> None:
    """An action that there is, with the parameters that it needs and takes, and no others."""
    row = _row(data)
    if row is None:
        if isinstance(data.get("action"), str):
            known = ", ".join(ACTIONS)
            detail = f"{show(data['action'])} is not known; expected one of {known}."
            finder.add(("action",), "unknown_value", detail)
        return
    given = {name for name in PARAMETERS if _is_given(data, name)}
    for name in given - {*row.parameters}:
        finder.add((name,), "not_taken", f"'{row.name}' takes no '{name}': leave it out.")
    for name in row.needs:
        if name not in given:
            finder.add((name,), "missing", f"'{name}' is required for '{row.name}'.")
    if row.either and not given & {*row.either}:
        words = " or ".join(f"'{name}'" for name in row.either)
        finder.add((row.either[0],), "missing", f"{words} is required for '{row.name}'.")


def _is_given(data: Mapping[str, Any], name: str) -> bool:
    """Whether it says something; only of `due_at` a null does."""
    return name in data and (
        not (data[name] is None or data[name] is False) or (name == "due_at" and data[name] is None)
    )


def _target(finder: Finder, data: Mapping[str, Any], now: int) -> None:
    """One target, which the action takes."""
    target, row = data.get("target"), _row(data)
    if not isinstance(target, dict):
        return
    given = [name for name in TARGETS if target.get(name) is not None]
    allowed = row.targets if row else TARGETS
    words = ", ".join(allowed)
    if not given:
        finder.add(("target",), "missing", f"What is it about? Expected one of: {words}.")
    for name in given[1:]:
        finder.add(("target", name), "not_taken", f"It is about one thing only, and '{given[0]}' is given.")
    for name in given[:1]:
        if row and name not in allowed:
            finder.add(("target", name), "not_taken", f"'{row.name}' takes no '{name}'; expected: {words}.")
    _ids(finder, target.get("tasks"))
    _filter(finder, target.get("filter"), row)


def _ids(finder: Finder, ids: Any) -> None:
    if not isinstance(ids, list):
        return
    if not ids:
        finder.add(("target", "tasks"), "missing", "Expected an id at least.")
    seen: dict[str, int] = {}
    for i, id in enumerate(ids):
        if isinstance(id, str) and seen.setdefault(id, i) != i:
            finder.add(("target", "tasks", i), "duplicate_id", f"{show(id)} is there already, at {seen[id]}.")


def _filter(finder: Finder, filter: Any, row: Action | None) -> None:
    if not isinstance(filter, dict):
        return
    place = ("target", "filter")
    if all(value is None for value in filter.values()):
        fields = ", ".join(FilterIn.__struct_fields__)
        finder.add(place, "missing", f"A filter says something; there are: {fields}.")
    state = filter.get("state")
    if row and isinstance(state, str) and state in OPEN_STATES and state not in row.states:
        words = ", ".join(row.states)
        detail = f"'{row.name}' cannot be done to tasks that are {state}; expected one of {words}."
        finder.add((*place, "state"), "unknown_value", detail)


def _reason(finder: Finder, data: Mapping[str, Any], now: int) -> None:
    reason = data.get("reason")
    if isinstance(reason, str) and not reason.strip():
        finder.add(("reason",), "blank", "Say why, for whoever asks later.")


def _until(finder: Finder, data: Mapping[str, Any], now: int) -> None:
    until = data.get("until")
    if not isinstance(until, str):
        return
    try:
        instant = msgspec.convert(BEYOND_MICROSECONDS.sub(r"\1", until), datetime)
        if to_ms(instant) <= now:
            finder.add(("until",), "in_the_past", f"{show(until)} has passed.")
    except (msgspec.ValidationError, TypeError):  # the second where it has no offset
        return  # it is no instant, which has been told
