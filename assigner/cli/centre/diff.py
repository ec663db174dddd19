"""What separates the centre that is there from the one that a file asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from assigner.cli.centre.file import STRUCTS, Doc, Docs
from assigner.domain.instant import to_ms

Sign = Literal["+", "~", "-"]
NOTHING: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field that changes: what it is, and what it becomes; NOTHING for what is not there."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One record to make (+), to change (~) or to remove (-): what the file says, and what was there."""

    kind: str
    sign: Sign
    id: str
    new: Doc
    old: Doc

    def fields(self) -> list[Field]:
        """What changes of it."""
        new, old = compared(self.kind, self.new, self.old) if self.sign == "~" else (self.new, self.old)
        return [
            field
            for name in dict.fromkeys((*old, *new))
            for field in _fields(self.kind, name, old.get(name, NOTHING), new.get(name, NOTHING))
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The changes in the order in which they are made; by section, how many records are the same, how many
    have ended and are left alone, and how many are there and not in the file.
    """

    changes: Sequence[Change]
    same: Mapping[str, int]
    ended: int
    unlisted: int

    def of(self, kind: str, sign: str = "+~-") -> list[Change]:
        """The changes of a section with one of these signs."""
        return [change for change in self.changes if change.kind == kind and change.sign in sign]


def compare(
    wanted: Mapping[str, Docs], there: Mapping[str, Docs], ended: Collection[str], *, prune: bool
) -> Difference:
    """What has to be made, changed and, with `prune`, removed, so that what is there is as wanted."""
    changes: list[Change] = []
    same: dict[str, int] = {}
    for kind in (kind for kind in STRUCTS if kind in wanted):
        gone = ended if kind == "tasks" else ()
        own = [one for one in _compare(kind, wanted[kind], there[kind]) if one.id not in gone]
        left = sum(id in wanted[kind] for id in gone)
        same[kind] = len(wanted[kind]) - len(own) - left
        changes += own
    unlisted = sorted(there["agents"].keys() - wanted["agents"].keys()) if "agents" in wanted else []
    if prune:
        changes += [
            Change(kind="agents", sign="-", id=id, new={}, old=there["agents"][id]) for id in unlisted
        ]
    return Difference(changes=changes, same=same, ended=len(ended), unlisted=0 if prune else len(unlisted))


def differs(kind: str, new: Doc, old: Doc) -> bool:
    """Whether a record that is there has to change to be as wanted."""
    new, old = compared(kind, new, old)
    return new != old


def compared(kind: str, new: Doc, old: Doc) -> tuple[Doc, Doc]:
    """What counts of a document wanted, and of the one there.

    An agent's presence is theirs, and counts when it is asked for. When a task was made does not change; and
    who is cooling down on it, which the service notes too, counts when longer is asked for than it has.
    """
    if kind == "agents" and "presence" not in new:
        return new, _without(old, "presence")
    if kind == "tasks":
        new, old = _without(new, "created_at"), _without(old, "created_at")
        known = old.get("cooling_down", {})
        asked = new.get("cooling_down", {}).items()
        if all(agent in known and _ms(until) <= _ms(known[agent]) for agent, until in asked):
            return _without(new, "cooling_down"), _without(old, "cooling_down")
    return new, old


def _without(doc: Doc, left_out: str) -> Doc:
    return {name: value for name, value in doc.items() if name != left_out}


def _ms(instant: str) -> int:
    return to_ms(datetime.fromisoformat(instant))


def _compare(kind: str, wanted: Docs, there: Docs) -> Iterator[Change]:
    """The records to make first, then those to change."""
    for id, new in wanted.items():
        if id not in there:
            yield Change(kind=kind, sign="+", id=id, new=new, old={})
    for id, new in wanted.items():
        if id in there and differs(kind, new, there[id]):
            yield Change(kind=kind, sign="~", id=id, new=new, old=there[id])


def _fields(kind: str, name: str, old: Any, new: Any) -> Iterator[Field]:
    """A field that changes; of an object, the inner ones."""
    old, new = _or_default(kind, name, old), _or_default(kind, name, new)
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield Field(name=name, old=old, new=new)
        return
    for inner in dict.fromkeys((*old, *new)):
        before, after = old.get(inner, NOTHING), new.get(inner, NOTHING)
        if before != after:
            yield Field(name=f"{name}.{inner}", old=before, new=after)


def _or_default(kind: str, name: str, value: Any) -> Any:
    """The value, or that which holds where none is given."""
    if value is not NOTHING:
        return value
    field = next(field for field in msgspec.structs.fields(STRUCTS[kind]) if field.name == name)
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
