"""Overrides as they go over the wire, and as a sheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from api.records import encode, instant
from assigner.domain.records import OverrideRecord

COLUMNS = (
    *("id", "action", "target", "said", "reason", "author", "state", "made_at", "until"),
    *("touched", "forced", "replaced", "ended_at", "ended_by"),
)
"""Of the sheet."""
_NOT_SAID = ("target", "refused", "refusals")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a cell begins that a spreadsheet might compute, after spaces: it is shown as text."""
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}
"""What moves a cursor, or ends a sheet, written out."""


def override_out(record: OverrideRecord) -> dict[str, Any]:
    """An override as clients see it."""
    return {
        "id": record.id,
        "action": record.action,
        **record.doc,
        "reason": record.reason,
        "author": record.author,
        "state": record.state,
        "made_at": instant(record.made_at),
        "until": _maybe(record.until),
        "touched": record.touched,
        "forced": record.forced,
        "replaced": record.replaced,
        "ended_at": _maybe(record.ended_at),
        "ended_by": record.ended_by,
        "version": record.version,
    }


def sheet(records: Iterable[OverrideRecord], *, head: bool) -> bytes:
    """Overrides as rows of CSV (RFC 4180) in UTF-8."""
    text = io.StringIO()
    rows = csv.writer(text)
    if head:
        rows.writerow(COLUMNS)
    for record in records:
        rows.writerow(map(_cell, _row(record)))
    return text.getvalue().encode()


def _row(record: OverrideRecord) -> list[Any]:
    out = override_out(record)
    out["target"] = _words(record.doc["target"])
    out["said"] = _words({name: value for name, value in record.doc.items() if name not in _NOT_SAID})
    return [out[name] for name in COLUMNS]


def _words(said: Mapping[str, Any]) -> str:
    """What was said, as `name: value`; what is not a text, as JSON."""
    texts = {name: text if isinstance(text, str) else encode(text).decode() for name, text in said.items()}
    return "; ".join(f"{name}: {text}" for name, text in texts.items())


def _cell(value: Any) -> str:
    text = "" if value is None else str(value).translate(_CONTROL)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _maybe(ms: int | None) -> str | None:
    return None if ms is None else instant(ms)
