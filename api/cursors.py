"""Opaque cursors: where a list goes on, in a form that nobody should take apart."""

from __future__ import annotations

import base64
import binascii

import msgspec

from api.errors import ApiError, Fault
from api.faults import Invalid

Place = tuple[int | str, ...]


def cursor(kind: str, place: Place) -> str:
    """The cursor of a place in the list of this kind."""
    return base64.urlsafe_b64encode(msgspec.json.encode([kind, *place])).decode().rstrip("=")


def place(kind: str, text: str, *types: type) -> Place:
    """The place of a cursor; its parts have these types. Raises Invalid for any text that is not ours."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        found = msgspec.json.decode(base64.b64decode(padded, b"-_", validate=True))
    except (UnicodeEncodeError, binascii.Error, msgspec.DecodeError):
        raise refused() from None
    if not isinstance(found, list) or [type(part) for part in found] != [str, *types] or found[0] != kind:
        raise refused()
    return tuple(found[1:])


def refused() -> ApiError:
    """The error of a cursor that this list did not give."""
    detail = "This list did not give such a cursor: take `next` of an answer as it is, with the same filters."
    return Invalid([Fault(pointer="/query/cursor", code="bad_cursor", detail=detail)], 1)
