"""The OpenAPI 3.1 document: FastAPI's routes, with the bodies that `schemas` describes."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api import openapi_live
from api.access.table import access_of
from api.deps import Service
from api.errors import ERRORS, MEDIA_TYPE
from api.schemas import AssignRequest, AssignResponse, Problem

ASSIGN_ERRORS = (
    "malformed_json",
    "body_timeout",
    "body_too_large",
    "invalid_request",
    "too_many_tasks",
    "too_many_agents",
    "too_many_arcs",
    "too_many_pairs",
    "worker_failed",
    "not_ready",
    "overloaded",
    "answer_timeout",
)

SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of `assigner keys create`, or a token of the OpenID Connect issuer.",
    }
}
EXAMPLE_REQUEST: dict[str, Any] = {
    "now": "2026-11-23T09:00:00+01:00",
    "tasks": [
        {
            "id": "INC-1042",
            "category": "invoice_correction",
            "channel": "case",
            "skills": {"billing": 3, "es": 4},
            "priority": "high",
            "created_at": "2026-11-23T08:10:00+01:00",
            "due_at": "2026-11-23T12:00:00+01:00",
            "handle_s": 900,
        },
        {"id": "INC-1043", "skills": {"fraud": 2}, "created_at": "2026-11-20T16:30:00+01:00"},
    ],
    "agents": [
        {
            "id": "ana",
            "skills": {"billing": 5, "es": 5},
            "channels": ["case", "email"],
            "capacity": 2,
            "available_until": "2026-11-23T17:00:00+01:00",
            "idle_since": "2026-11-23T08:58:00+01:00",
            "handle_s": {"invoice_correction": 700},
        },
        {"id": "luis", "skills": {"fraud": 3}, "capacity": 1, "load": 1},
    ],
}

EXAMPLE_RESPONSE: dict[str, Any] = {
    "assignments": [
        {
            "task": "INC-1042",
            "agent": "ana",
            "value": 106884,
            "terms": {"urgency": 104404, "fit": 1964, "idle": 16, "load": 500},
            "expected_handle_s": 700.0,
        }
    ],
    "unassigned": [
        {
            "task": "INC-1043",
            "reason": "at_capacity",
            "refusals": {"skill_missing": 1, "at_capacity": 1},
            "detail": "1 agent lacks 'fraud'; 1 is at capacity.",
            "unblock": {"kind": "free_capacity", "agents": ["luis"]},
        }
    ],
    "solution": {
        "status": "optimal",
        "objective": 106884,
        "bound": 106884,
        "gap": 0.0,
        "method": "flow",
        "solve_s": 0.000412,
        "seed": 0,
    },
}


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the application."""
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    _, schemas = msgspec.json.schema_components(
        [AssignRequest, AssignResponse, Problem, *openapi_live.bodies()],
        ref_template="#/components/schemas/{name}",
    )
    made.setdefault("components", {})["schemas"] = schemas
    parts: Service = app.state.service
    for path, item in made["paths"].items():
        for method, operation in item.items():
            operation["responses"]["default"] = _problem("Any other error.")
            _describe_access(path, method, operation, asked=not parts.door.dev)
    made["components"]["securitySchemes"] = SECURITY
    _describe_assign(made["paths"]["/v1/assign"]["post"])
    openapi_live.describe(made["paths"])
    for item in made["paths"].values():
        for operation in item.values():
            if operation["security"]:
                operation["responses"] = _refusals() | operation["responses"]
    made["paths"]["/readyz"]["get"]["responses"]["503"] = _problem(ERRORS["not_ready"].title + ".")
    return made


def _describe_access(path: str, method: str, operation: dict[str, Any], *, asked: bool) -> None:
    """Who may; and that a key is needed, where one is asked for."""
    access = access_of({method.upper()}, path)
    operation["security"] = [{"bearer": []}] if access and asked else []
    if access:
        own = f" An agent: {access.own} only." if access.own else ""
        roles = ", ".join(access.roles)
        operation["description"] = f"{operation.get('description', '')}\n\nRoles: {roles}.{own}".strip()
        operation["x-roles"] = list(access.roles)


def _refusals() -> dict[str, Any]:
    codes = ("unauthorized", "forbidden", "rate_limited")
    return {str(ERRORS[code].status): _problem(f"`{code}`: {ERRORS[code].title}.") for code in codes}


def _describe_assign(operation: dict[str, Any]) -> None:
    request = {"schema": _ref("AssignRequest"), "example": EXAMPLE_REQUEST}
    response = {"schema": _ref("AssignResponse"), "example": EXAMPLE_RESPONSE}
    operation["requestBody"] = {"required": True, "content": {"application/json": request}}
    operation["responses"]["200"] = {
        "description": "The decision.",
        "content": {"application/json": response},
    }
    by_status: dict[str, list[str]] = {}
    for code in ASSIGN_ERRORS:
        by_status.setdefault(str(ERRORS[code].status), []).append(f"`{code}`: {ERRORS[code].title}.")
    for status, sentences in by_status.items():
        operation["responses"][status] = _problem("\n".join(sentences))


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": _ref("Problem")}}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
