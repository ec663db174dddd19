"""Find everything that is wrong with a body at once, by walking it along the types of `schemas`.

The fast road is a decoder in C that stops at the first fault. Only when it, or the check of ids
and names, refuses a body is the body walked here; the walk also makes integers of 70.0 and the like.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from math import isfinite
from typing import Any

import msgspec
from msgspec import inspect

from api.errors import MAX_FAULTS_SHOWN, ApiError, Fault
from api.flaws import agent_flaws, queue_flaws
from api.schemas import DEEPEST, MOST_ATTRIBUTE_BYTES, AgentIn, AssignRequest, TaskIn
from api.shapes import READ_ONLY, AgentLine, AgentPut, QueuePut, TaskNew, TaskPut
from assigner.domain.calendar import Shift
from assigner.domain.instant import to_ms

Path = tuple[str | int, ...]

_type_of = cache(inspect.type_info)

ID = re.compile(r"[!-~]{1,128}")
NAME = re.compile(r"[^\x00-\x1f\x7f]{1,128}")
BEYOND_MICROSECONDS = re.compile(r"(\.[0-9]{6})[0-9]+")
MOST_SHOWN = 60
LONGEST_POINTER = 1000
SHIFT = ("from", "until")
AN_INSTANT = "an instant with an offset, such as 2026-11-23T09:00:00+01:00"


class Invalid(ApiError):
    """A body whose content is refused, with the first faults and how many there are in all."""

    def __init__(self, faults: list[Fault], total: int) -> None:
        count = "1 fault" if total == 1 else f"{total:,} faults"
        shown = "" if total <= len(faults) else f" The first {len(faults)} are listed."
        super().__init__("invalid_request", f"The body has {count}: mend each one listed in errors.{shown}")
        self.faults = faults
        self.total = total


class Finder:
    """Walks a decoded body and collects faults; the walk gives the body back, tidied."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.total = 0

    @property
    def full(self) -> bool:
        """Whether as many faults are noted as are shown; from here on they are only counted."""
        return len(self.faults) >= MAX_FAULTS_SHOWN

    def add(self, path: Path, code: str, detail: str) -> None:
        """Note a fault."""
        self.total += 1
        if not self.full:
            self.faults.append(Fault(pointer=pointer(path), code=code, detail=detail))

    def walk(self, kind: inspect.Type, value: Any, path: Path) -> Any:
        """The value, tidied, with all its faults noted."""
        return WALKS[type(kind)](self, kind, value, path)

    def wrong_type(self, value: Any, expected: str, path: Path) -> Any:
        """Note a value of another JSON type."""
        self.add(path, "wrong_type", f"{show(value)} is {_json_type(value)}; expected {expected}.")
        return value


def find(body: Any, kind: type) -> Any:
    """A body meant for the struct `kind`, tidied so that it decodes. Raises Invalid, or malformed_json when
    it is too deep.
    """
    if deeper_than(body, DEEPEST):
        raise ApiError("malformed_json", f"The body is more than {DEEPEST} levels deep.")
    finder = Finder()
    tidy = finder.walk(_type_of(kind), body, ())
    if finder.total:
        raise Invalid(finder.faults, finder.total)
    return tidy


def pointer(path: Path) -> str:
    """The JSON Pointer (RFC 6901) of a path, cut short where names are absurdly long."""
    text = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return text if len(text) <= LONGEST_POINTER else text[: LONGEST_POINTER - 1] + "…"


def show(value: Any) -> str:
    """The value as JSON, cut short; JSON has no word for a number beyond all floats, such as 1e999."""
    if isinstance(value, float) and not isfinite(value):
        return "an infinite number"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"


def deeper_than(value: Any, most: int) -> bool:
    """Whether objects and lists nest more than `most` levels deep."""
    level = [value]
    for _ in range(most + 1):
        level = [item for item in level if isinstance(item, dict | list)]
        if not level:
            return False
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return True


def _json_type(value: Any) -> str:
    names = {bool: "a boolean", int: "an integer", float: "a number", str: "a string", list: "a list"}
    return names.get(type(value), "null" if value is None else "an object")


def _maybe(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f" Maybe '{near[0]}'." if near else ""


def _struct(finder: Finder, kind: inspect.StructType, value: Any, path: Path) -> Any:
    if not isinstance(value, dict):
        return finder.wrong_type(value, "an object", path)
    fields = {field.encode_name: field for field in kind.fields}
    for name in value:
        if name in READ_ONLY.get(kind.cls, ()):
            finder.add((*path, name), "read_only", f"The service keeps {show(name)} itself: leave it out.")
        elif name not in fields:
            maybe = "" if finder.full else _maybe(name, list(fields))  # guessing is slow
            finder.add((*path, name), "unknown_field", f"There is no field {show(name)} here.{maybe}")
    for name, field in fields.items():
        if field.required and name not in value:
            finder.add((*path, name), "missing", f"'{name}' is required.")
    tidy = {
        name: finder.walk(fields[name].type, inner, (*path, name))
        for name, inner in value.items()
        if name in fields
    }
    if also := ALSO.get(kind.cls):
        also(finder, value, path)
    return tidy


def _dict(finder: Finder, kind: inspect.DictType, value: Any, path: Path) -> Any:
    if not isinstance(value, dict):
        return finder.wrong_type(value, "an object", path)
    _length(finder, kind.max_length, len(value), path)
    for key in value:
        finder.walk(kind.key_type, key, (*path, key))
    return {key: finder.walk(kind.value_type, inner, (*path, key)) for key, inner in value.items()}


def _length(finder: Finder, most: int | None, length: int, path: Path) -> None:
    if most is not None and length > most:
        finder.add(path, "too_long", f"{length:,} items are too many; expected {most} at most.")


def _list(finder: Finder, kind: inspect.ListType, value: Any, path: Path) -> Any:
    if not isinstance(value, list):
        return finder.wrong_type(value, "a list", path)
    _length(finder, kind.max_length, len(value), path)
    return [finder.walk(kind.item_type, inner, (*path, i)) for i, inner in enumerate(value)]


def _number(finder: Finder, kind: inspect.IntType | inspect.FloatType, value: Any, path: Path) -> Any:
    expected = _range(kind)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return finder.wrong_type(value, expected, path)
    whole = isinstance(kind, inspect.IntType)
    if whole and isinstance(value, float) and isfinite(value) and not value.is_integer():
        return finder.wrong_type(value, expected, path)
    if not (_above(value, kind) and _below(value, kind)):
        finder.add(path, "out_of_range", f"{show(value)} is out of range; expected {expected}.")
        return value
    return int(value) if whole else value


def _above(value: float, kind: inspect.IntType | inspect.FloatType) -> bool:
    return value > kind.gt if kind.gt is not None else kind.ge is None or value >= kind.ge


def _below(value: float, kind: inspect.IntType | inspect.FloatType) -> bool:
    return value < kind.lt if kind.lt is not None else kind.le is None or value <= kind.le


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    number = "an integer" if isinstance(kind, inspect.IntType) else "a number"
    low = f"above {kind.gt:,}" if kind.gt is not None else f"from {kind.ge:,}"
    high = f" and below {kind.lt:,}" if kind.lt is not None else "" if kind.le is None else f" to {kind.le:,}"
    return f"{number} {low}{high}"


def _text(finder: Finder, kind: inspect.StrType, value: Any, path: Path) -> Any:
    if not isinstance(value, str):
        return finder.wrong_type(value, "a string", path)
    if kind.max_length is not None and len(value) > kind.max_length:
        long = f"The text has {len(value):,} characters; expected {kind.max_length:,} at most."
        finder.add(path, "too_long", long)
    return value


def _noted(finder: Finder, kind: inspect.Metadata, value: Any, path: Path) -> Any:
    """A type with a note: of a text, the note says whether it is an id or a name."""
    spelling = SPELLINGS.get((kind.extra or {}).get("kind", ""))
    if spelling and isinstance(value, str) and not spelling.pattern.fullmatch(value):
        finder.add(path, spelling.code, f"{show(value)} will not do; expected {spelling.expected}.")
        return value
    return finder.walk(kind.type, value, path)


def _instant(finder: Finder, kind: inspect.DateTimeType, value: Any, path: Path) -> Any:
    if not isinstance(value, str):
        return finder.wrong_type(value, AN_INSTANT, path)
    cut = BEYOND_MICROSECONDS.sub(r"\1", value)
    try:
        if msgspec.convert(cut, datetime).tzinfo is None:
            finder.add(path, "naive_instant", f"{show(value)} has no offset; add Z, or one such as +01:00.")
    except msgspec.ValidationError:
        finder.add(path, "bad_instant", f"{show(value)} is no instant; expected {AN_INSTANT}.")
    return cut


def _literal(finder: Finder, kind: inspect.LiteralType, value: Any, path: Path) -> Any:
    known = [str(option) for option in kind.values]
    if not isinstance(value, str):
        return finder.wrong_type(value, "one of " + ", ".join(known), path)
    if value not in known:
        expected = ", ".join(known)
        maybe = "" if finder.full else _maybe(value, known)
        finder.add(path, "unknown_value", f"{show(value)} is not known; expected one of {expected}.{maybe}")
    return value


def _union(finder: Finder, kind: inspect.UnionType, value: Any, path: Path) -> Any:
    """Null or one type, or a number or a word: the value's own type says which it was meant to be."""
    if value is None and any(isinstance(option, inspect.NoneType) for option in kind.types):
        return None
    options = [option for option in kind.types if not isinstance(option, inspect.NoneType)]
    number = [option for option in options if isinstance(option, inspect.IntType)]
    word = [option for option in options if option not in number]
    chosen = (word or number) if isinstance(value, str) else (number or word)
    return finder.walk(chosen[0], value, path)


def _truth(finder: Finder, kind: inspect.BoolType, value: Any, path: Path) -> Any:
    return value if isinstance(value, bool) else finder.wrong_type(value, "true or false", path)


def _any(finder: Finder, kind: inspect.AnyType, value: Any, path: Path) -> Any:
    return value


def _task(finder: Finder, task: dict[str, Any], path: Path) -> None:
    pinned, excluded, attributes = (task.get(k) for k in ("pinned_agent", "excluded_agents", "attributes"))
    if pinned is not None and isinstance(excluded, list) and pinned in excluded:
        both = f"{show(pinned)} is excluded too: drop one of the two."
        finder.add((*path, "pinned_agent"), "pinned_and_excluded", both)
    size = len(msgspec.json.encode(attributes)) if isinstance(attributes, dict) else 0
    if size > MOST_ATTRIBUTE_BYTES:
        long = f"{size:,} bytes of JSON are too many; expected {MOST_ATTRIBUTE_BYTES:,} at most."
        finder.add((*path, "attributes"), "too_long", long)


def _busy(finder: Finder, agent: dict[str, Any], path: Path) -> None:
    """What is in hand has to be all of the load, where both are given; of what is numbers at all."""
    pieces, load = agent.get("busy"), agent.get("load")
    if not pieces or not isinstance(pieces, list) or not isinstance(load, int | float):
        return
    said = [piece.get("size", 1) for piece in pieces if isinstance(piece, dict)]
    sizes = [size for size in said if isinstance(size, int | float)]
    if len(sizes) == len(pieces) and sum(sizes) != load:
        both = f"The sizes add up to {show(sum(sizes))}; load is {show(load)}: leave out one of the two."
        finder.add((*path, "busy"), "busy_not_load", both)


def _request(finder: Finder, request: dict[str, Any], path: Path) -> None:
    for name in ("tasks", "agents"):
        items = request.get(name)
        seen: dict[str, int] = {}
        for i, item in enumerate(items if isinstance(items, list) else ()):
            id = item.get("id") if isinstance(item, dict) else None
            if isinstance(id, str) and seen.setdefault(id, i) != i:
                place = pointer((name, seen[id]))
                finder.add((name, i, "id"), "duplicate_id", f"{show(id)} is the id of {place} already.")


def _agent(finder: Finder, agent: dict[str, Any], path: Path) -> None:
    for where, code, detail in agent_flaws(agent, _shift):
        finder.add((*path, *where), code, detail)


def _shift(said: Any) -> Shift | None:
    """The instants of a shift, or a break, in milliseconds; None where they are not to be read."""
    try:
        begins, ends = (
            msgspec.convert(BEYOND_MICROSECONDS.sub(r"\1", said[name]), datetime) for name in SHIFT
        )
        return to_ms(begins), to_ms(ends)
    except (msgspec.ValidationError, TypeError, KeyError):
        return None


def _queue(finder: Finder, queue: dict[str, Any], path: Path) -> None:
    for where, code, detail in queue_flaws(queue):
        finder.add((*path, *where), code, detail)


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a kind of text is spelt."""

    pattern: re.Pattern[str]
    code: str
    expected: str


SPELLINGS = {
    "id": Spelling(ID, "bad_id", "1 to 128 visible ASCII characters"),
    "name": Spelling(NAME, "bad_name", "1 to 128 characters, none of them a control character"),
}

ALSO: dict[type, Callable[[Finder, dict[str, Any], Path], None]] = {
    TaskIn: _task,
    TaskPut: _task,
    TaskNew: _task,
    AgentIn: _busy,
    AgentPut: _agent,
    AgentLine: _agent,
    AssignRequest: _request,
    QueuePut: _queue,
}
"""What is checked of a struct beyond its fields."""

WALKS: dict[type, Callable[[Finder, Any, Any, Path], Any]] = {
    inspect.StructType: _struct,
    inspect.DictType: _dict,
    inspect.ListType: _list,
    inspect.IntType: _number,
    inspect.FloatType: _number,
    inspect.StrType: _text,
    inspect.Metadata: _noted,
    inspect.DateTimeType: _instant,
    inspect.LiteralType: _literal,
    inspect.UnionType: _union,
    inspect.BoolType: _truth,
    inspect.AnyType: _any,
}
"""How each type is walked."""
