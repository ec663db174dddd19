"""What is in the path of a request."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.requests import Request

from api.errors import Fault
from api.faults import ID, Invalid


def path_id(request: Request) -> str:
    """The id in the path: percent-encoded there, so that it may have a slash. Raises Invalid."""
    id = unquote(request.path_params["id"])
    if not ID.fullmatch(id):
        detail = "The id in the path is not 1 to 128 visible ASCII characters."
        raise Invalid([Fault(pointer="/path/id", code="bad_id", detail=detail)], 1)
    return id
