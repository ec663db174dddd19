"""From the bytes of a client to a document for the store: validated, in one spelling, without defaults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

import jiter
import msgspec
from msgspec import Struct

from api.errors import Fault
from api.faults import Finder, Invalid, find
from api.parse import FINER_THAN_DECODED, in_order, modest, not_json
from api.schemas import PRIORITIES
from api.shapes import AgentPut, BreakIn, CalendarIn, ShiftIn, TaskPut, WeekIn
from assigner.domain.calendar import Shift, clashes, strays
from assigner.domain.document import PRIORITY
from assigner.domain.instant import rfc3339, to_ms

S = TypeVar("S", bound=Struct)

_IDS = re.compile(r"[!-~]*")
_UNCLEAN_NAME = re.compile("[\x00-\x1f\x7f]")
_MAYBE_UNCLEAN = re.compile(rb"[\\\x7f]")
_PLAIN = re.compile(rb"[\t\n\r -\[\]-~]*")
"""JSON without escapes, and in ASCII: whatever is inside a text has been seen."""


def read(body: bytes, kind: type[S]) -> tuple[S, frozenset[str]]:
    """A body as the struct `kind`, and which fields it gives. Raises malformed_json and Invalid."""
    return understand(parse(body), kind, body)


def parse(body: bytes) -> Any:
    """The JSON of a body; an empty one is an empty object. Raises malformed_json."""
    try:
        return jiter.from_json(body or b"{}", allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        raise not_json(body, error) from None


def fields(body: bytes) -> dict[str, Any]:
    """The object that a body is. Raises malformed_json and Invalid."""
    data = parse(body)
    if not isinstance(data, dict):
        finder = Finder()
        finder.wrong_type(data, "an object", ())
        raise Invalid(finder.faults, finder.total)
    return data


def understand(data: Any, kind: type[S], raw: bytes) -> tuple[S, frozenset[str]]:
    """Decoded JSON as the struct `kind`, and which fields it gives. `raw` is its text. Raises Invalid."""
    if not FINER_THAN_DECODED.search(raw):
        try:
            made = msgspec.convert(data, kind)
            if _clean(made, raw):
                return made, frozenset(data)
        except msgspec.ValidationError:
            pass  # `find` says what is wrong, all of it
    tidy = find(data, kind)
    return msgspec.convert(tidy, kind), frozenset(tidy)


def same_id(path: str, body: str | None) -> None:
    """Refuse a body whose id is not that of its path. Raises Invalid."""
    if body is not None and body != path:
        detail = "The id of the body is not that of the path: leave it out."
        raise Invalid([Fault(pointer="/id", code="other_id", detail=detail)], 1)


def document(made: Struct, given: Iterable[str], *, without: Iterable[str] = ()) -> dict[str, Any]:
    """What a client said: the fields given that are not at their defaults, instants in UTC, in one order."""
    doc = {}
    for name, attribute, default in _rows(type(made), frozenset(given), frozenset(without)):
        value = getattr(made, attribute)
        if value != default:
            spell = _SPELL.get(type(value))
            doc[name] = spell(value) if spell and name != "attributes" else value
    if isinstance(priority := doc.get("priority"), str):
        doc["priority"] = PRIORITIES[priority]
    if doc.get("priority") == PRIORITY:
        del doc["priority"]
    return doc


def merge(old: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """A document with a patch applied (RFC 7396): null takes a field out, objects are merged."""
    merged = dict(old)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            inner = merged.get(name)
            merged[name] = merge(inner if isinstance(inner, Mapping) else {}, value)
        else:
            merged[name] = value
    return merged


def _clean(made: Struct, raw: bytes) -> bool:
    """Whether it is free of the faults that types cannot tell; when in doubt, not."""
    if isinstance(made, TaskPut):
        return _clean_task(made, raw)
    # Few and small: `find` may look at every one of the others that has more than an id and a presence.
    return isinstance(made, AgentPut) and _clean_agent(made, raw)


def _clean_task(task: TaskPut, raw: bytes) -> bool:
    ids = f"{task.id or ''}{task.case or ''}{task.queue or ''}{task.pinned_agent or ''}"
    if task.preferred_agents or task.excluded_agents or task.cooling_down:
        ids += "".join((*task.preferred_agents, *task.excluded_agents, *task.cooling_down))
    if task.pinned_agent and task.pinned_agent in task.excluded_agents:
        return False
    if _PLAIN.fullmatch(raw):
        return " " not in ids and (not task.attributes or modest(task.attributes))
    if not _IDS.fullmatch(ids):
        return False
    if _MAYBE_UNCLEAN.search(raw):
        names = {task.category or "", task.channel or "", *task.tags, *task.skills, *task.preferred_skills}
        if _UNCLEAN_NAME.search("".join(names.union(*task.any_skills))):
            return False
    return not task.attributes or modest(task.attributes)


def _clean_agent(agent: AgentPut, raw: bytes) -> bool:
    shifts = _instants(agent.shifts)
    if not _IDS.fullmatch(agent.id or "") or _MAYBE_UNCLEAN.search(raw) or any(clashes(shifts)):
        return False
    if not in_order(agent.available_from, agent.available_until):
        return False
    breaks = {i: _instants(shift.breaks) for i, shift in enumerate(agent.shifts) if shift.breaks}
    return not any(any(clashes(some)) or [*strays(shifts[i], some)] for i, some in breaks.items())


def _instants(said: Sequence[ShiftIn | BreakIn]) -> dict[int, Shift]:
    return {number: (to_ms(one.begins), to_ms(one.until)) for number, one in enumerate(said)}


_DEFAULTS: dict[type, list[tuple[str, str, Any]]] = {}


def _defaults(kind: type[Struct]) -> list[tuple[str, str, Any]]:
    """Name, attribute and default of each field but the id, in order."""
    if kind not in _DEFAULTS:
        fields = msgspec.structs.fields(kind)
        _DEFAULTS[kind] = [
            (
                f.encode_name,
                f.name,
                f.default if f.default_factory is msgspec.NODEFAULT else f.default_factory(),
            )
            for f in fields
            if f.name != "id"
        ]
    return _DEFAULTS[kind]


@lru_cache(1_024)
def _rows(kind: type[Struct], given: frozenset[str], without: frozenset[str]) -> list[tuple[str, str, Any]]:
    """The rows of the fields that are given; clients give the same ones again and again."""
    return [row for row in _defaults(kind) if row[0] in given and row[0] not in without]


def _plain(value: Any) -> Any:
    """A value inside a dict or list, in its one spelling."""
    spell = _struct if isinstance(value, Struct) else _SPELL.get(type(value))
    return spell(value) if spell else value


def _instant(value: datetime) -> str:
    return rfc3339(to_ms(value))


def _object(value: dict[str, Any]) -> dict[str, Any]:
    return {key: item if type(item) is int else _plain(item) for key, item in sorted(value.items())}


def _items(value: list[Any]) -> list[Any]:
    return [_plain(item) for item in value]


def _struct(value: Struct) -> dict[str, Any]:
    return document(value, value.__struct_encode_fields__)


_SPELL: dict[type, Callable[[Any], Any]] = {
    datetime: lru_cache(4_096)(_instant),
    dict: _object,
    list: _items,
    CalendarIn: _struct,
    WeekIn: _struct,
}
"""How values of these types are spelt; all others stay as they are."""
