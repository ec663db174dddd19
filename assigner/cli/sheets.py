"""Tasks and agents as CSV files: read with every fault at once, by row and column; and written.

Delimiters `,`, `;` and tab are told apart by the header; UTF-8 with or without a mark at its start.
An empty cell means the field's default, and a row of empty cells nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from api.messages import Language
from assigner.cli.cells import BadCell, Kind, columns
from assigner.cli.words import maybe, say


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Complaint:
    """What is wrong in a file: at which row (1: the header; 0: the whole file), in which column, and why."""

    file: str
    row: int
    column: str
    detail: str

    def told(self, language: Language) -> str:
        """The complaint in a line."""
        place = say("row", language, file=self.file, row=self.row) if self.row else self.file
        return f"{place}, {self.column}: {self.detail}" if self.column else f"{place}: {self.detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A CSV file, read: `rows[i]` is the row of `records[i]`, counted as a spreadsheet does.

    `comma`: whether its decimals may have a comma, as where the delimiter is a semicolon.
    """

    file: str
    language: Language
    comma: bool
    records: list[dict[str, Any]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)

    def complain(self, row: int, column: str, key: str, **facts: object) -> None:
        """Note a fault, in the words of a key."""
        detail = say(key, self.language, **facts)
        self.complaints.append(Complaint(file=self.file, row=row, column=column, detail=detail))


def read(data: bytes, struct: type[Struct], file: str, language: Language) -> Sheet:
    """The records of a CSV file whose columns are the fields of `struct`, with every fault in the cells."""
    text = _text(data)
    delimiter = _delimiter(text or "")
    sheet = Sheet(file=file, language=language, comma=delimiter == ";")
    rows = _rows(text or "", delimiter, sheet)
    header = next(rows, None)
    if text is None or header is None:
        sheet.complain(0, "", "not_utf8" if text is None else "no_header")
        return sheet
    kinds = columns(struct)
    names = _header(*header, list(kinds), sheet)
    if "id" in names:
        for row, cells in rows:
            sheet.records.append(_record(row, cells, names, kinds, sheet))
            sheet.rows.append(row)
    return sheet


def _text(data: bytes) -> str | None:
    """The text, unless it is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def write(records: Sequence[Mapping[str, Any]], struct: type[Struct]) -> bytes:
    """Records as a CSV file, with the columns that any of them has, in the order of the struct's fields."""
    kinds = {name: kind for name, kind in columns(struct).items() if any(name in item for item in records)}
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(kinds or ["id"])
    writer.writerows(
        [kind.write(item[name]) if name in item else "" for name, kind in kinds.items()] for item in records
    )
    return made.getvalue().encode()


def _delimiter(text: str) -> str:
    """The delimiter that the header has most of: names of columns have none."""
    header = text.lstrip().partition("\n")[0]
    return max(",;\t", key=header.count)


def _rows(text: str, delimiter: str, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    """The rows that say something, with their numbers."""
    row = 0
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            row += 1
            if any(cell.strip() for cell in cells):
                yield row, [cell.strip() for cell in cells]
    except csv.Error as error:
        sheet.complain(row + 1, "", "bad_csv", error=error)


def _header(row: int, cells: Sequence[str], known: list[str], sheet: Sheet) -> list[str]:
    """The names of the columns; empty for those that are left out."""
    names: list[str] = []
    for cell in cells:
        name = cell.lower()
        if name in names and name:
            sheet.complain(row, cell, "twice", name=name)
        elif name and name not in known:
            sheet.complain(row, cell, "unknown_column", maybe=maybe(name, known, sheet.language))
        names.append(name if name in known and name not in names else "")
    if "id" not in names:
        sheet.complain(row, "", "no_id")
    return names


def _record(
    row: int, cells: Sequence[str], names: Sequence[str], kinds: Mapping[str, Kind], sheet: Sheet
) -> dict[str, Any]:
    """The fields of a row; a cell that cannot be read is noted and left out."""
    if len(cells) > len(names) and any(cells[len(names) :]):
        sheet.complain(row, "", "too_wide", count=len(cells), most=len(names))
    record: dict[str, Any] = {}
    for name, cell in zip(names, cells, strict=False):
        if name and cell:
            try:
                record[name] = kinds[name].read(cell, sheet.comma)
            except BadCell as bad:
                sheet.complain(row, name, bad.key, **bad.facts)
    return record
