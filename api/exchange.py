"""From a request to a document, and from a record to an answer: what every resource does alike."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from api.assign import receive_body
from api.deps import service
from api.errors import Fault
from api.etags import Said, etag, unchanged
from api.faults import Invalid
from api.idempotency import REPLAYED
from api.records import encode

MOST_BYTES = 2**20
"""The largest body of a single resource."""


async def body_of(request: Request, most: int = MOST_BYTES) -> bytes:
    """The body of a request for one resource. Raises body_too_large and body_timeout."""
    body = io.BytesIO()
    await receive_body(request, body, service(request).settings, most)
    return body.getvalue()


def number(request: Request, name: str, default: float, most: float) -> float:
    """A number of the query from 0 to `most`. Raises Invalid."""
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= most:
        detail = f"{text!r} will not do; expected a number from 0 to {most:g}."
        raise Invalid([Fault(pointer=f"/query/{name}", code="out_of_range", detail=detail)], 1)
    return found


def answer(
    out: dict[str, Any], said: Said | None, *, status: int = 200, kind: str = "", replayed: bool = False
) -> Response:
    """A record as the answer to a change; with `kind` (`tasks`, …) it says where it is.

    `said` is what its client said of it, for the ETag; without, there is none.
    """
    body = encode(out)
    headers = {} if said is None else {"ETag": etag(out["version"], said, body)}
    if kind:
        headers["Location"] = f"/v1/{kind}/{quote(out['id'], safe='')}"
    if replayed:
        headers |= REPLAYED
    return Response(body, status, headers, "application/json")


def reading(request: Request, out: dict[str, Any], said: Said, version: int | None = None) -> Response:
    """A record as the answer to a GET: 304 when the client has it already. `version`: where it says none."""
    body = encode(out)
    tag = etag(out["version"] if version is None else version, said, body)
    if unchanged(request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, 200, {"ETag": tag}, "application/json")


def listing(body: bytes) -> Response:
    """A list."""
    return Response(body, media_type="application/json")
