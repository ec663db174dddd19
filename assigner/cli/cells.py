"""What a cell of a CSV file says, as the value of a field; and the other way round.

The kinds of cells follow from the types of `api.schemas`, so each of their fields is a column.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jiter
from msgspec import Struct, inspect

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?[0-9]{0,18}[.,]?[0-9]{1,18}")
_THREE_DIGITS = re.compile(r"[+-]?[0-9]{1,3}([.,])[0-9]{3}")


class BadCell(ValueError):
    """A cell that cannot be read: a key of the words, and its facts."""

    def __init__(self, key: str, **facts: str) -> None:
        super().__init__(key)
        self.key = key
        self.facts = facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How a kind of cell is read and written, and an example. `read` takes the text and whether the
    file is of a country that writes decimals with a comma.
    """

    read: Callable[[str, bool], Any]
    write: Callable[[Any], str]
    example: str


def text(cell: str, comma: bool) -> Any:
    """The text itself."""
    return cell


def number(cell: str, comma: bool) -> Any:
    """An integer or a fraction; what is neither stays text, for the check of the fields to refuse.

    A decimal comma will do unless three digits follow, which may be a thousand; so may a point
    followed by three digits in a file with commas for decimals.
    """
    if _INTEGER.fullmatch(cell):
        return int(cell)
    if not _NUMBER.fullmatch(cell):
        return cell
    three = _THREE_DIGITS.fullmatch(cell)
    if three and (comma or three[1] == ","):
        whole = cell.replace(three[1], "")
        raise BadCell("ambiguous", cell=cell, whole=whole, fraction=cell.replace(three[1], ".") + "0")
    return float(cell.replace(",", "."))


def _write_number(value: float | str) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value)


def _read_list(cell: str, comma: bool) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def _reads_pairs(mark: str, read: Callable[[str, bool], Any], example: str) -> Callable[[str, bool], Any]:
    """Reads `name:value;name:value`, with that mark between the two."""

    def pairs(cell: str, comma: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for part in _read_list(cell, comma):
            name, marked, value = (piece.strip() for piece in part.rpartition(mark))
            if not (marked and name and value):
                raise BadCell("bad_cell", cell=part, example=example)
            if name in found:
                raise BadCell("twice", name=name)
            found[name] = read(value, comma)
        return found

    return pairs


def _writes_pairs(mark: str, write: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda pairs: ";".join(f"{name}{mark}{write(value)}" for name, value in pairs.items())


def _pairs(mark: str, of: Kind, example: str) -> Kind:
    return Kind(
        read=_reads_pairs(mark, of.read, example), write=_writes_pairs(mark, of.write), example=example
    )


def _read_sets(cell: str, comma: bool) -> list[dict[str, Any]]:
    return [SKILLS.read(part, comma) for part in cell.split("|") if part.strip()]


def _read_busy(cell: str, comma: bool) -> list[dict[str, Any]]:
    """`900;2x300`: the seconds left of each task in hand, with its size before them where it is not 1."""
    found = []
    for part in _read_list(cell, comma):
        size, times, seconds = (piece.strip() for piece in part.rpartition("x"))
        piece = {"remaining_s": number(seconds, comma)}
        if times:
            piece["size"] = number(size, comma)
        found.append(piece)
    return found


def _write_busy(pieces: list[dict[str, Any]]) -> str:
    return ";".join(
        (f"{piece['size']}x" if "size" in piece else "") + _write_number(piece["remaining_s"])
        for piece in pieces
    )


def _read_object(cell: str, comma: bool) -> Any:
    try:
        return jiter.from_json(cell.encode(), allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError:
        raise BadCell("bad_cell", cell=cell, example=OBJECT.example) from None


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


TEXT = Kind(read=text, write=str, example="INC-1042")
NUMBER = Kind(read=number, write=_write_number, example="900")
LIST = Kind(read=_read_list, write=";".join, example="ana;luis")
SKILLS = _pairs(":", NUMBER, "billing:3;es:4")
SETS = Kind(
    read=_read_sets,
    write=lambda sets: "|".join(SKILLS.write(skills) for skills in sets),
    example="sap:2|oracle:2;excel:1",
)
SECONDS = _pairs("=", NUMBER, "invoice_correction=700")
INSTANTS = _pairs("=", TEXT, "luis=2026-11-23T09:05:00+01:00")
BUSY = Kind(read=_read_busy, write=_write_busy, example="900;2x300")
OBJECT = Kind(read=_read_object, write=_compact, example='{"crm": 7}')


LISTS: Mapping[type, Kind] = {inspect.DictType: SETS, inspect.StructType: BUSY}
"""Lists of other things than names."""


@cache
def columns(struct: type[Struct]) -> Mapping[str, Kind]:
    """The kind of cell of each field, by the field's name."""
    described = inspect.type_info(struct)
    assert isinstance(described, inspect.StructType)  # noqa: S101 - for the type checker
    return {field.encode_name: _kind(field.type) for field in described.fields}


def _kind(type_: inspect.Type) -> Kind:
    match _bare(type_):
        case inspect.IntType() | inspect.FloatType():
            return NUMBER
        case inspect.ListType(item_type=item):
            return LISTS.get(type(_bare(item)), LIST)
        case inspect.DictType(value_type=value):
            return _kind_of_pairs(_bare(value))
        case _:
            return TEXT


def _kind_of_pairs(value: inspect.Type) -> Kind:
    kinds: dict[type, Kind] = {
        inspect.IntType: SKILLS,
        inspect.FloatType: SECONDS,
        inspect.DateTimeType: INSTANTS,
        inspect.AnyType: OBJECT,
    }
    return kinds[type(value)]


def _bare(type_: inspect.Type) -> inspect.Type:
    """The type without notes and without null; of a number or a word, the number."""
    if isinstance(type_, inspect.Metadata):
        return _bare(type_.type)
    if not isinstance(type_, inspect.UnionType):
        return type_
    options = [_bare(option) for option in type_.types if not isinstance(option, inspect.NoneType)]
    return next((option for option in options if isinstance(option, inspect.IntType)), options[0])
