"""A centre as YAML text: the same centre is always the same text, and every reader of YAML reads it alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from assigner.cli.centre.file import STRUCTS, Docs

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.@/+-]*")
_NOT_TEXT: Final = frozenset("y yes n no on off true false null".split())
"""What some readers take for something else than a text, in whatever case."""

EXACT: Final = 2**53
"""Below it every whole number is a float."""

LONGEST_KEY: Final = 1_000
"""A key that is longer has to say so: readers look for its colon no further than 1,024 characters."""


def text(centre: Mapping[str, Docs]) -> bytes:
    """The sections of a centre with their records by id, each field on its line."""
    return "".join(line for kind in STRUCTS if kind in centre for line in _lines(kind, centre[kind])).encode()


def _lines(kind: str, docs: Docs) -> Iterator[str]:
    yield f"{kind}:\n" if docs else f"{kind}: {{}}\n"
    for id in sorted(docs):
        yield f"  {_quoted(id)}:\n" if docs[id] else f"  {_quoted(id)}: {{}}\n"
        for name, value in docs[id].items():
            yield from _field(name, value)


def _field(name: str, value: Any) -> Iterator[str]:
    """A field on its line; a list of objects with a line for each."""
    if isinstance(value, list) and value and all(isinstance(inner, dict) for inner in value):
        yield f"    {_quoted(name)}:\n"
        yield from (f"      - {flow(inner)}\n" for inner in value)
    else:
        yield f"    {_quoted(name)}: {flow(value)}\n"


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(_pair(key, inner) for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return _number(value)


def _number(value: float) -> str:
    """A number; one with an exponent has a point too, as YAML 1.1 wants it."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < EXACT):
        return str(int(value))
    mantissa, exponent, power = repr(value).partition("e")
    return f"{mantissa}{'.0' if exponent and '.' not in mantissa else ''}{exponent}{power}"


def _pair(key: str, value: Any) -> str:
    name = _quoted(key)
    return f"{name}: {flow(value)}" if len(name) < LONGEST_KEY else f"? {name} : {flow(value)}"


@lru_cache(maxsize=65_536)
def _quoted(value: str) -> str:
    """A text, in quotes where it could be taken for something else."""
    if _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return value
    return '"' + "".join(map(_character, value)) + '"'


def _character(one: str) -> str:
    if one in '"\\':
        return f"\\{one}"
    return one if one.isprintable() else f"\\U{ord(one):08X}"
