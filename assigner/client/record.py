"""What the service says of a thing: typed attributes, made when they are asked for, over the JSON as it came.

A Record is a mapping too: `task["due_at"]` is the text as it came, `task.due_at` an instant. Fields that are
newer than this client are in the mapping; one that is not said is None, or empty, where its type has that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, ClassVar, Final, Union, get_args, get_origin, get_type_hints

Reader = Callable[[Any], Any]
_MISSING: Final = object()
_SHOWN: Final = 60


class Record(Mapping[str, Any]):
    """What the service says of a thing, as a mapping of its JSON; `etag` is the version that was read."""

    _said: Mapping[str, Any]
    etag: str
    secret: ClassVar[frozenset[str]] = frozenset()
    """Fields that are never shown."""

    def __init__(self, said: Mapping[str, Any], etag: str = "") -> None:
        object.__setattr__(self, "_said", said)
        object.__setattr__(self, "etag", etag)

    def __init_subclass__(cls) -> None:
        for name, hint in get_type_hints(cls).items():
            if name not in Record.__annotations__:
                setattr(cls, name, _Field(name, hint))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"A {type(self).__name__} is what the service said: it does not change.")

    def __getitem__(self, name: str) -> Any:
        return self._said[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._said)

    def __len__(self) -> int:
        return len(self._said)

    def __repr__(self) -> str:
        shown = (f"{name}={self._shown(name, value)}" for name, value in self._said.items())
        return f"{type(self).__name__}({', '.join(shown)})"

    def _shown(self, name: str, value: Any) -> str:
        text = "…" if name in self.secret else repr(value)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


class _Field:
    """An attribute of a record: the field of its name, as its type says."""

    __slots__ = ("absent", "name", "read")

    def __init__(self, name: str, hint: Any) -> None:
        self.name = name
        self.read = _reader(hint)
        self.absent = _absent(hint)

    def __get__(self, record: Record | None, owner: type[Record]) -> Any:
        if record is None:
            return self
        value = record._said.get(self.name, _MISSING)
        if value is _MISSING:
            if self.absent is _MISSING:
                raise AttributeError(f"The service did not say {self.name!r} of this {owner.__name__}.")
            return self.absent
        return value if self.read is None or value is None else self.read(value)


def _absent(hint: Any) -> Any:
    """What a field is that was not said."""
    if NoneType in get_args(hint):
        return None
    return {Sequence: (), Mapping: {}}.get(get_origin(hint), _MISSING)


def _reader(hint: Any) -> Reader | None:
    """How a value of this type is made from its JSON; None where it is as it came."""
    if get_origin(hint) in (Union, UnionType):
        [reader] = {_reader(one) for one in get_args(hint) if one is not NoneType}
        return reader
    if hint is datetime:
        return _instant
    if isinstance(hint, type) and issubclass(hint, Record):
        return hint
    inner = _reader(get_args(hint)[-1]) if get_args(hint) else None
    if inner is None:
        return None
    if get_origin(hint) is Sequence:
        return lambda items: tuple(map(inner, items))
    return lambda fields: {name: inner(value) for name, value in fields.items()}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
