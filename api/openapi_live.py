"""What OpenAPI says of the resources: one row for each route."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import Struct, structs

from api import keys, shapes
from api.errors import ERRORS, MEDIA_TYPE
from api.overrides.body import OverrideIn
from api.query import TAKES
from api.verbs import VERBS

NDJSON = "application/x-ndjson"
EVENTS = "text/event-stream"
CSV = "text/csv"
TEXTS = (EVENTS, CSV)
_READ = ("not_ready", "store_unavailable")
_WRITE = (
    "malformed_json",
    "body_timeout",
    "body_too_large",
    "invalid_request",
    "op_reused",
    "store_unavailable",
)

MEANT = {
    "skill": "That ask for this skill, or have it.",
    "due_before": "An instant: tasks that are due before it; of those that are open the first due first.",
}
"""What a parameter of a query means, where its name does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One route: its bodies, its query, and how it can end besides."""

    method: str
    path: str
    answer: str
    body: type[Struct] | None = None
    status: int = 200
    also: int | None = None
    media: str = "application/json"
    query: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


def _put(kind: str, body: type[Struct], answer: str) -> Described:
    errors = (*_WRITE, "stale_version", "exists_already")
    path = f"/v1/{kind}/{{id}}"
    return Described(method="put", path=path, answer=answer, body=body, also=201, errors=errors)


def _get(path: str, answer: str, *, errors: tuple[str, ...] = ()) -> Described:
    query = TAKES.get(path, ())
    return Described(method="get", path=path, answer=answer, query=query, errors=(*_READ, *errors))


def _batch(kind: str, body: type[Struct]) -> Described:
    path = f"/v1/{kind}/batch"
    return Described(method="post", path=path, answer="Line", body=body, media=NDJSON, errors=_WRITE)


def _verb(name: str, body: type[Struct]) -> Described:
    errors = (*_WRITE, "unknown_task", "wrong_state", "stale_version")
    return Described(method="post", path=f"/v1/tasks/{{id}}/{name}", answer="Task", body=body, errors=errors)


def _answer(verb: str, body: type[Struct]) -> Described:
    errors = (*_WRITE, "unknown_offer", "offer_expired", "offer_revoked", "offer_taken", "stale_version")
    return Described(
        method="post", path=f"/v1/offers/{{id}}/{verb}", answer="Offer", body=body, errors=errors
    )


DESCRIBED: tuple[Described, ...] = (
    Described(method="post", path="/v1/tasks", answer="Task", body=shapes.TaskNew, status=201, also=200,
              errors=(*_WRITE, "task_exists")),
    _put("tasks", shapes.TaskPut, "Task"),
    Described(method="patch", path="/v1/tasks/{id}", answer="Task", body=shapes.TaskPut,
              errors=(*_WRITE, "unknown_task", "wrong_state", "stale_version", "at_capacity", "overloaded")),
    _get("/v1/tasks/{id}", "Task", errors=("unknown_task",)),
    _get("/v1/tasks", "Tasks", errors=("invalid_request",)),
    _get("/v1/tasks/{id}/history", "Moments", errors=("unknown_task",)),
    _get("/v1/tasks/{id}/explanation", "Explanation", errors=("unknown_task",)),
    _batch("tasks", shapes.TaskNew),
    *(_verb(verb.name, verb.body) for verb in VERBS),
    _get("/v1/offers", "Offers", errors=("invalid_request",)),
    _get("/v1/agents/{id}/offers", "Offers", errors=("unknown_agent",)),
    _get("/v1/offers/{id}", "Offer", errors=("unknown_offer",)),
    _answer("accept", shapes.Nothing),
    _answer("decline", shapes.MaybeReason),
    _put("agents", shapes.AgentPut, "Agent"),
    Described(method="patch", path="/v1/agents/{id}", answer="Agent", body=shapes.AgentPut,
              errors=(*_WRITE, "unknown_agent", "stale_version", "overloaded")),
    _get("/v1/agents/{id}", "Agent", errors=("unknown_agent",)),
    Described(method="delete", path="/v1/agents/{id}", answer="", status=204,
              errors=("unknown_agent", "agent_has_work", "stale_version", "store_unavailable")),
    Described(method="put", path="/v1/agents/{id}/presence", answer="Agent", body=shapes.PresenceIn,
              errors=(*_WRITE, "unknown_agent", "stale_version")),
    _get("/v1/agents", "Agents", errors=("invalid_request",)),
    _batch("agents", shapes.AgentLine),
    _put("queues", shapes.QueuePut, "Queue"),
    _get("/v1/queues/{id}", "Queue", errors=("unknown_queue",)),
    _get("/v1/queues", "Queues", errors=("invalid_request",)),
    _get("/v1/queues/{id}/stats", "QueueStats", errors=("unknown_queue",)),
    _get("/v1/handling", "HandlingTimes", errors=("invalid_request",)),
    _get("/v1/stats", "Stats"),
    Described(method="get", path="/v1/events", answer="CloudEvents", media=EVENTS, query=TAKES["/v1/events"],
              errors=(*_READ, "invalid_request", "too_many_readers")),
    Described(method="post", path="/v1/overrides", answer="Override", body=OverrideIn, status=201, also=200,
              errors=(*_WRITE, "override_conflict", "override_refused", "no_targets", "too_many_targets",
                      "unknown_task", "unknown_agent", "unknown_queue", "overloaded")),
    _get("/v1/overrides", "Overrides", errors=("invalid_request",)),
    Described(method="get", path="/v1/overrides.csv", answer="Sheet", media=CSV,
              query=TAKES["/v1/overrides.csv"], errors=(*_READ, "invalid_request")),
    _get("/v1/overrides/{id}", "Override", errors=("unknown_override",)),
    Described(method="delete", path="/v1/overrides/{id}", answer="Override",
              errors=("unknown_override", "override_ended", "not_undoable", "stale_version",
                      "store_unavailable", "overloaded")),
    Described(method="post", path="/v1/keys", answer="KeyMade", body=keys.KeyNew, status=201,
              errors=(*_WRITE, "key_exists")),
    _get("/v1/keys", "Keys", errors=("invalid_request",)),
    Described(method="delete", path="/v1/keys/{id}", answer="", status=204,
              errors=("unknown_key", "store_unavailable")),
    Described(method="post", path="/v1/keys/{id}/rotate", answer="KeyMade", body=keys.KeyRotate, status=201,
              errors=(*_WRITE, "unknown_key", "wrong_key_state")),
)  # fmt: skip


def bodies() -> list[type[Struct]]:
    """Every struct that the rows name."""
    return list(dict.fromkeys(row.body for row in DESCRIBED if row.body))


def describe(paths: dict[str, Any]) -> None:
    """Complete the routes that are there with what the rows say of them."""
    for row in DESCRIBED:
        if row.path in paths:
            _describe(row, paths[row.path][row.method])


def _describe(row: Described, operation: dict[str, Any]) -> None:
    operation["parameters"] = list(_parameters(row))
    if row.body:
        schema = {"schema": {"$ref": f"#/components/schemas/{row.body.__name__}"}}
        media = (
            NDJSON
            if row.media == NDJSON
            else "application/merge-patch+json"
            if row.method == "patch"
            else "application/json"
        )
        required = any(field.required for field in structs.fields(row.body))
        operation["requestBody"] = {"required": required, "content": {media: schema}}
    content = {
        row.media: {"schema": {"type": "string" if row.media in TEXTS else "object", "title": row.answer}}
    }
    done = {"description": "Done.", **({"content": content} if row.answer else {})}
    responses = {str(status): done for status in (row.status, row.also) if status}
    by_status: dict[str, list[str]] = {}
    for code in row.errors:
        by_status.setdefault(str(ERRORS[code].status), []).append(f"`{code}`: {ERRORS[code].title}.")
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, sentences in by_status.items():
        responses[status] = {"description": "\n".join(sentences), "content": problem}
    operation["responses"] = {"default": operation["responses"]["default"], **responses}


def _parameters(row: Described) -> Iterator[dict[str, Any]]:
    if "{id}" in row.path:
        schema = {"type": "string", "pattern": "^[!-~]{1,128}$"}
        yield {"name": "id", "in": "path", "required": True, "schema": schema}
    for name in row.query:
        schema = {"type": "number" if name == "wait_s" else "string"}
        meaning = {"description": MEANT[name]} if name in MEANT else {}
        yield {"name": name, "in": "query", **meaning, "schema": schema}
    if row.media == EVENTS:
        yield _header("Last-Event-ID", "The last event that you got: those after it come first.")
    if row.method != "get":
        yield _header("Idempotency-Key", "A retry with the same key and body gets the first answer again.")
    if "stale_version" in row.errors:
        yield _header("If-Match", "The ETag of what is to be changed.")


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}
