"""Send what has to be refused, and read the problem that comes back."""

import json
from typing import Any

from api.errors import ERRORS, FAULTS
from api.messages import Job
from tests.fundamentals.asking import Json, send


def problem(body: bytes | Json | Any, job: Job | None = None) -> Json:
    """The problem with a body, its shape checked."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, found = send(raw, job)
    assert status == found["status"] == ERRORS[found["code"]].status, found
    assert all(found[name] for name in ("type", "title", "detail"))
    assert found["request_id"] == "r-1"
    return found


def faults(body: bytes | Json | Any) -> list[tuple[str, str]]:
    """(pointer, code) of each fault listed for a body."""
    found = problem(body)
    assert found["code"] == "invalid_request"
    assert found["status"] == 422
    assert found["errors_total"] >= len(found["errors"]) > 0
    assert all(fault["code"] in FAULTS and fault["detail"] for fault in found["errors"])
    return [(fault["pointer"], fault["code"]) for fault in found["errors"]]


def malformed(body: bytes) -> Json:
    """The problem with a body that is not JSON."""
    found = problem(body)
    assert (found["status"], found["code"]) == (400, "malformed_json")
    return found


def task(**fields: Any) -> Json:
    """A request with one task."""
    return {"tasks": [{"id": "t", **fields}]}


def agent(**fields: Any) -> Json:
    """A request with one agent."""
    return {"agents": [{"id": "a", **fields}]}
