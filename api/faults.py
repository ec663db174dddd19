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
from api.flaws import agent_flaws, queue_flaws, span
from api.messages import Language
from api.saying import say
from api.schemas import DEEPEST, MOST_ATTRIBUTE_BYTES, AgentIn, AssignRequest, TaskIn
from api.shapes import READ_ONLY, AgentLine, AgentPut, QueuePut, TaskNew, TaskPut
from assigner.domain.instant import to_ms

Path = tuple[str | int, ...]

_type_of = cache(inspect.type_info)

ID = re.compile(r"[!-~]{1,128}")
NAME = re.compile(r"[^\x00-\x1f\x7f]{1,128}")
BEYOND_MICROSECONDS = re.compile(r"(\.[0-9]{6})[0-9]+")
MOST_SHOWN = 60
LONGEST_POINTER = 1000
WINDOW = ("available_from", "available_until")
AN_INSTANT = say("instant", "en")


class Invalid(ApiError):
    """A body whose content is refused, with the first faults and how many there are in all."""

    def __init__(self, faults: list[Fault], total: int, language: Language = "en") -> None:
        told = say("one_fault" if total == 1 else "many_faults", language, count=total)
        shown = "" if total <= len(faults) else say("first_faults", language, count=len(faults))
        super().__init__("invalid_request", told + shown)
        self.faults = faults
        self.total = total


class Finder:
    """Walks a decoded body and collects faults; the walk gives the body back, tidied."""

    def __init__(self, language: Language = "en") -> None:
        self.language = language
        self.faults: list[Fault] = []
        self.total = 0

    def say(self, key: str, **facts: object) -> str:
        """A sentence, or a part of one."""
        return say(key, self.language, **facts)

    def note(self, path: Path, code: str, key: str, **facts: object) -> None:
        """Note a fault, in the words of a key."""
        self.add(path, code, self.say(key, **facts))

    def maybe(self, word: str, known: list[str]) -> str:
        """What was meant, perhaps; nothing once enough is noted: guessing is slow."""
        near = () if self.full else difflib.get_close_matches(word, known, n=1)
        return self.say("maybe", near=near[0]) if near else ""

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
        what = {bool: "bool", int: "int", float: "float", str: "str", list: "list", dict: "dict"}
        kind = self.say(f"is_{what.get(type(value), 'null')}")
        self.note(path, "wrong_type", "wrong_type", value=self.show(value), what=kind, expected=expected)
        return value

    def show(self, value: Any) -> str:
        """The value as JSON, in a few characters."""
        infinite = isinstance(value, float) and not isfinite(value)
        return self.say("infinite") if infinite else show(value)


def find(body: Any, kind: type, language: Language = "en") -> Any:
    """A body meant for the struct `kind`, tidied so that it decodes. Raises Invalid, or malformed_json when
    it is too deep.
    """
    if deeper_than(body, DEEPEST):
        raise ApiError("malformed_json", f"The body is more than {DEEPEST} levels deep.")
    finder = Finder(language)
    tidy = finder.walk(_type_of(kind), body, ())
    if finder.total:
        raise Invalid(finder.faults, finder.total, language)
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


def _struct(finder: Finder, kind: inspect.StructType, value: Any, path: Path) -> Any:
    if not isinstance(value, dict):
        return finder.wrong_type(value, finder.say("is_dict"), path)
    fields = {field.encode_name: field for field in kind.fields}
    for name in value:
        if name in READ_ONLY.get(kind.cls, ()):
            finder.note((*path, name), "read_only", "read_only", value=show(name))
        elif name not in fields:
            told = finder.say("unknown_field", value=show(name)) + finder.maybe(name, list(fields))
            finder.add((*path, name), "unknown_field", told)
    for name, field in fields.items():
        if field.required and name not in value:
            finder.note((*path, name), "missing", "missing", name=name)
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
        return finder.wrong_type(value, finder.say("is_dict"), path)
    _length(finder, kind.max_length, len(value), path)
    for key in value:
        finder.walk(kind.key_type, key, (*path, key))
    return {key: finder.walk(kind.value_type, inner, (*path, key)) for key, inner in value.items()}


def _length(finder: Finder, most: int | None, length: int, path: Path) -> None:
    if most is not None and length > most:
        finder.note(path, "too_long", "many_items", count=length, most=str(most))


def _list(finder: Finder, kind: inspect.ListType, value: Any, path: Path) -> Any:
    if not isinstance(value, list):
        return finder.wrong_type(value, finder.say("is_list"), path)
    _length(finder, kind.max_length, len(value), path)
    return [finder.walk(kind.item_type, inner, (*path, i)) for i, inner in enumerate(value)]


def _number(finder: Finder, kind: inspect.IntType | inspect.FloatType, value: Any, path: Path) -> Any:
    expected = _range(kind, finder.language)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return finder.wrong_type(value, expected, path)
    whole = isinstance(kind, inspect.IntType)
    if whole and isinstance(value, float) and isfinite(value) and not value.is_integer():
        return finder.wrong_type(value, expected, path)
    if not (_above(value, kind) and _below(value, kind)):
        finder.note(path, "out_of_range", "out_of_range", value=finder.show(value), expected=expected)
        return value
    return int(value) if whole else value


def _above(value: float, kind: inspect.IntType | inspect.FloatType) -> bool:
    return value > kind.gt if kind.gt is not None else kind.ge is None or value >= kind.ge


def _below(value: float, kind: inspect.IntType | inspect.FloatType) -> bool:
    return value < kind.lt if kind.lt is not None else kind.le is None or value <= kind.le


def _range(kind: inspect.IntType | inspect.FloatType, language: Language) -> str:
    what = say("is_int" if isinstance(kind, inspect.IntType) else "is_float", language)
    low, key = (kind.ge, "from") if kind.gt is None else (kind.gt, "above")
    range = say(key, language, what=what, low=low)
    if kind.lt is not None:
        return say("below", language, range=range, high=kind.lt)
    return range if kind.le is None else say("to", language, range=range, high=kind.le)


def _text(finder: Finder, kind: inspect.StrType, value: Any, path: Path) -> Any:
    if not isinstance(value, str):
        return finder.wrong_type(value, finder.say("is_str"), path)
    if kind.max_length is not None and len(value) > kind.max_length:
        finder.note(path, "too_long", "long_text", count=len(value), most=kind.max_length)
    return value


def _noted(finder: Finder, kind: inspect.Metadata, value: Any, path: Path) -> Any:
    """A type with a note: of a text, the note says whether it is an id or a name."""
    spelling = SPELLINGS.get((kind.extra or {}).get("kind", ""))
    if spelling and isinstance(value, str) and not spelling.pattern.fullmatch(value):
        expected = finder.say(spelling.code)
        finder.note(path, spelling.code, "will_not_do", value=show(value), expected=expected)
        return value
    return finder.walk(kind.type, value, path)


def _instant(finder: Finder, kind: inspect.DateTimeType, value: Any, path: Path) -> Any:
    if not isinstance(value, str):
        return finder.wrong_type(value, finder.say("instant"), path)
    cut = BEYOND_MICROSECONDS.sub(r"\1", value)
    try:
        if msgspec.convert(cut, datetime).tzinfo is None:
            finder.note(path, "naive_instant", "naive_instant", value=show(value))
    except msgspec.ValidationError:
        finder.note(path, "bad_instant", "bad_instant", value=show(value), expected=finder.say("instant"))
    return cut


def _literal(finder: Finder, kind: inspect.LiteralType, value: Any, path: Path) -> Any:
    known = [str(option) for option in kind.values]
    every = ", ".join(known)
    if not isinstance(value, str):
        return finder.wrong_type(value, finder.say("one_of", known=every), path)
    if value not in known:
        told = finder.say("unknown_value", value=show(value), known=every) + finder.maybe(value, known)
        finder.add(path, "unknown_value", told)
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
    return value if isinstance(value, bool) else finder.wrong_type(value, finder.say("true_or_false"), path)


def _any(finder: Finder, kind: inspect.AnyType, value: Any, path: Path) -> Any:
    return value


def _task(finder: Finder, task: dict[str, Any], path: Path) -> None:
    pinned, excluded, attributes = (task.get(k) for k in ("pinned_agent", "excluded_agents", "attributes"))
    if pinned is not None and isinstance(excluded, list) and pinned in excluded:
        place = (*path, "pinned_agent")
        finder.note(place, "pinned_and_excluded", "pinned_and_excluded", value=finder.show(pinned))
    size = len(msgspec.json.encode(attributes)) if isinstance(attributes, dict) else 0
    if size > MOST_ATTRIBUTE_BYTES:
        place = (*path, "attributes")
        finder.note(place, "too_long", "many_bytes", count=size, most=MOST_ATTRIBUTE_BYTES)


def _busy(finder: Finder, agent: dict[str, Any], path: Path) -> None:
    """What is in hand has to be all of the load, where both are given; of what is numbers at all."""
    pieces, load = agent.get("busy"), agent.get("load")
    if not pieces or not isinstance(pieces, list) or not isinstance(load, int | float):
        return
    said = [piece.get("size", 1) for piece in pieces if isinstance(piece, dict)]
    sizes = [size for size in said if isinstance(size, int | float)]
    if len(sizes) == len(pieces) and sum(sizes) != load:
        said_load, total = finder.show(load), finder.show(sum(sizes))
        finder.note((*path, "busy"), "busy_not_load", "busy_not_load", sum=total, load=said_load)


def _request(finder: Finder, request: dict[str, Any], path: Path) -> None:
    for name in ("tasks", "agents"):
        items = request.get(name)
        seen: dict[str, int] = {}
        for i, item in enumerate(items if isinstance(items, list) else ()):
            id = item.get("id") if isinstance(item, dict) else None
            if isinstance(id, str) and seen.setdefault(id, i) != i:
                place = pointer((name, seen[id]))
                finder.note((name, i, "id"), "duplicate_id", "duplicate_id", value=show(id), place=place)


def _window(finder: Finder, agent: dict[str, Any], path: Path) -> None:
    """An agent's window has to end after it begins, where it is said when it does both."""
    window = span(agent, WINDOW, _ms)
    if window and window[1] <= window[0]:
        begins, ends = (finder.show(agent[name]) for name in WINDOW)
        finder.note((*path, WINDOW[1]), "ends_first", "window_ends_first", begins=begins, ends=ends)


def _in_snapshot(finder: Finder, agent: dict[str, Any], path: Path) -> None:
    _busy(finder, agent, path)
    _window(finder, agent, path)


def _agent(finder: Finder, agent: dict[str, Any], path: Path) -> None:
    _window(finder, agent, path)
    for where, code, detail in agent_flaws(agent, _ms):
        finder.add((*path, *where), code, detail)


def _ms(said: Any) -> int | None:
    """The milliseconds of an instant; None where it is not to be read."""
    try:
        return to_ms(msgspec.convert(BEYOND_MICROSECONDS.sub(r"\1", said), datetime))
    except (msgspec.ValidationError, TypeError):
        return None


def _queue(finder: Finder, queue: dict[str, Any], path: Path) -> None:
    for where, code, detail in queue_flaws(queue):
        finder.add((*path, *where), code, detail)


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a kind of text is spelt."""

    pattern: re.Pattern[str]
    code: str


SPELLINGS = {
    "id": Spelling(ID, "bad_id"),
    "name": Spelling(NAME, "bad_name"),
}

ALSO: dict[type, Callable[[Finder, dict[str, Any], Path], None]] = {
    TaskIn: _task,
    TaskPut: _task,
    TaskNew: _task,
    AgentIn: _in_snapshot,
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
