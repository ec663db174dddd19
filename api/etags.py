"""ETags: the version that a client saw, so that it changes nothing it has not seen.

A tag is `"VERSION.SUM"`: the version of the record, and a sum of the bytes, which differ also where
something in them belongs to the instant (`sla_risk`). A change compares the version alone.
"""

from __future__ import annotations

import re
from zlib import crc32

from starlette.requests import Request

from api.errors import ApiError, Fault
from api.faults import Invalid

_TAG = re.compile(r'"(\d{1,15})\.[0-9a-f]{8}"')


def etag(version: int, body: bytes) -> str:
    """The strong ETag of a record's representation."""
    return f'"{version}.{crc32(body):08x}"'


def expected(request: Request) -> int | None:
    """The version that If-Match asks for; None when any will do. Raises Invalid, and stale_version for
    tags that were never ours.
    """
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    tags = [tag.strip() for tag in header.split(",")]
    if len(tags) > 1:
        detail = "More than one ETag: send the one that the last GET gave."
        raise Invalid([Fault(pointer="/header/if-match", code="bad_etag", detail=detail)], 1)
    if found := _TAG.fullmatch(tags[0]):
        return int(found[1])
    raise ApiError(
        "stale_version", "If-Match has a tag that this service never gave: GET the resource first."
    )


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
