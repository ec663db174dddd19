"""ETags: the version that a client saw, so that it changes nothing it has not seen.

A tag is `"VERSION.SAID.ALL"`: the version of the record, a sum of what its client said, and one of all the
bytes, which differ also where something in them belongs to the service or to the instant (`load`,
`sla_risk`). If-Match compares the first two: the second tells a record from one of the same id that was
deleted. If-None-Match compares all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol
from zlib import crc32

import msgspec
from starlette.requests import Request

from api.errors import ApiError, Fault
from api.faults import Invalid

_TAG = re.compile(r'"(\d{1,15})\.([0-9a-f]{8})\.[0-9a-f]{8}"')
_sorted = msgspec.json.Encoder(order="sorted").encode

Said = Mapping[str, Any]
"""What a client said of a record."""


class Seen(NamedTuple):
    """What a client has seen of a record, by its If-Match."""

    version: int
    said: str


class Record(Protocol):
    """A record that clients change."""

    @property
    def version(self) -> int:
        """Goes up with each change."""

    @property
    def doc(self) -> Said:
        """What its client said."""


def etag(version: int, said: Said, body: bytes) -> str:
    """The strong ETag of a record's representation."""
    return f'"{version}.{sum_of(said)}.{crc32(body):08x}"'


def sum_of(said: Said) -> str:
    """A short sum of what a client said."""
    return f"{crc32(_sorted(said)):08x}"


def expected(request: Request) -> Seen | None:
    """What If-Match asks for; None when any will do. Raises Invalid, and stale_version for tags that were
    never ours.
    """
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    tags = [tag.strip() for tag in header.split(",")]
    if len(tags) > 1:
        detail = "More than one ETag: send the one that the last GET gave."
        raise Invalid([Fault(pointer="/header/if-match", code="bad_etag", detail=detail)], 1)
    if found := _TAG.fullmatch(tags[0]):
        return Seen(int(found[1]), found[2])
    raise ApiError(
        "stale_version", "If-Match has a tag that this service never gave: GET the resource first."
    )


def guarded(seen: Seen | None, record: Record | None) -> int | None:
    """The version that the store is to compare when it changes the record; None for any.

    Raises stale_version where the version is the one seen, and the record is another of the same id.
    """
    if seen and record and record.version == seen.version and sum_of(record.doc) != seen.said:
        raise ApiError("stale_version", members={"version": record.version})
    return seen.version if seen else None


def must_be_new(request: Request) -> bool:
    """Whether the request says `If-None-Match: *`: make it, change nothing that is there."""
    return request.headers.get("if-none-match", "").strip() == "*"


def must_exist(request: Request) -> bool:
    """Whether the request has If-Match: change it, make nothing."""
    return "if-match" in request.headers


def unchanged(request: Request, tag: str) -> bool:
    """Whether the client has this representation already (If-None-Match)."""
    header = request.headers.get("if-none-match", "")
    return header == "*" or tag in (one.strip().removeprefix("W/") for one in header.split(","))
