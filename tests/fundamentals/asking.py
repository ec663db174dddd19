"""Ask for a decision in-process: bytes go in as they would over HTTP, and the answer comes out."""

import json
from typing import Any

from api.messages import Job
from api.work import answer

NOW = "2026-11-23T09:00:00+01:00"
NOW_MS = 1_795_420_800_000

Json = dict[str, Any]


def send(body: bytes, job: Job | None = None) -> tuple[int, Json]:
    """The status and the decoded body of the answer to these bytes."""
    reply = answer(memoryview(body), job or Job(now_ms=NOW_MS, request_id="r-1", verify=True))
    return reply.status, json.loads(bytes(reply.body))


def ask(job: Job | None = None, /, **request: Any) -> Json:
    """The decision on a request, made at NOW, with a time limit that no small request feels."""
    status, body = send(json.dumps({"now": NOW, "time_limit_s": 60, **request}).encode(), job)
    assert status == 200, body
    return body


def who(**request: Any) -> dict[str, str]:
    """Who gets what: the agent of each task that is assigned."""
    return {pair["task"]: pair["agent"] for pair in ask(**request)["assignments"]}


def why(**request: Any) -> Json:
    """Why the first task that waits is waiting."""
    waiting: Json = ask(**request)["unassigned"][0]
    return waiting


def terms(**request: Any) -> dict[str, int]:
    """The terms of the first assignment."""
    found: dict[str, int] = ask(**request)["assignments"][0]["terms"]
    return found
