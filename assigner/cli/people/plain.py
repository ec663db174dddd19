"""What clients wrote, made harmless to show: nothing in it moves the cursor, colours, hides or turns text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet begins a formula."""


def plain(said: object) -> str:
    """A text with what cannot be seen written out: control characters, marks that turn or join text.

    What is there already of backslashes stays as it is: this is for reading, not for reading back.
    """
    return "".join(one if one.isprintable() else _written(one) for one in str(said))


def cut(said: object, most: int) -> str:
    """The same on one line of so many characters at most."""
    text = plain(said)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def sheet(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as a CSV file. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return made.getvalue().encode()


def _written(one: str) -> str:
    return {"\n": " ", "\t": " ", "\u00a0": " "}.get(one) or one.encode("unicode_escape").decode()


def _cell(value: object) -> str:
    text = "" if value is None else plain(value)
    return f"'{text}" if text.startswith(FORMULA) else text
