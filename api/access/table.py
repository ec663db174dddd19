"""Who may do what: the callers, and ACCESS, the one table of what each role may do on each route.

What has no row is refused: a route without one cannot be made, and a request without a caller gets no
further than the edge, but for the PUBLIC paths.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from assigner.domain.access import Role
from assigner.domain.frozen import frozen


@frozen
class Caller:
    """Who a request comes from. `id` is a key's, `oidc:<sub>` or `dev`; `name` is recorded as the actor of
    everything that it does: `key:<name>`, `oidc:<sub>` or `dev`.

    `agent` is the agent's own id, of the role agent only. `rate` is how many requests a second it may send
    where that is its own; `until`, the instant in ms at which a token's bearer is nobody any more.
    """

    id: str
    name: str
    role: Role
    workspace: str
    agent: str | None = None
    rate: float | None = None
    until: int | None = None


class Own(StrEnum):
    """What of a route is an agent's own; everything else is 404 to them."""

    SELF = "themselves"
    """The agent in the path is the caller."""
    OFFER = "own offers"
    """The offer in the path was made to the caller."""
    HELD = "tasks they hold"
    """The task in the path is assigned to the caller."""
    SEEN = "tasks they hold or are offered"
    """The task in the path is assigned to the caller, or offered to them."""


@frozen
class Access:
    """One row of ACCESS: the roles that may, and what an agent's own is there."""

    roles: tuple[Role, ...]
    own: Own | None = None


def _rows(*rows: tuple[str, str] | tuple[str, str, Own]) -> dict[tuple[str, str], Access]:
    """The table; `admin` may do everything and need not be named."""
    made: dict[tuple[str, str], Access] = {}
    for route, roles, *own in rows:
        method, path = route.split()
        named = {*map(Role, roles.split()), Role.ADMIN}
        made[method, path] = Access(roles=tuple(role for role in Role if role in named), own=(*own, None)[0])
    return made


ACCESS: Mapping[tuple[str, str], Access] = _rows(
    ("POST /v1/assign", "platform coordinator"),
    ("POST /assign", "platform coordinator"),
    ("POST /v1/tasks", "platform"),
    ("GET /v1/tasks", "platform coordinator"),
    ("POST /v1/tasks/batch", "platform"),
    ("PUT /v1/tasks/{id}", "platform"),
    ("PATCH /v1/tasks/{id}", "platform"),
    ("GET /v1/tasks/{id}", "platform coordinator agent", Own.SEEN),
    ("GET /v1/tasks/{id}/history", "platform coordinator"),
    ("GET /v1/tasks/{id}/explanation", "platform coordinator"),
    ("POST /v1/tasks/{id}/start", "platform agent", Own.HELD),
    ("POST /v1/tasks/{id}/complete", "platform agent", Own.HELD),
    ("POST /v1/tasks/{id}/release", "platform coordinator agent", Own.HELD),
    ("POST /v1/tasks/{id}/hold", "platform coordinator agent", Own.HELD),
    ("POST /v1/tasks/{id}/transfer", "platform coordinator"),
    ("POST /v1/tasks/{id}/resume", "platform coordinator"),
    ("POST /v1/tasks/{id}/cancel", "platform coordinator"),
    ("POST /v1/tasks/{id}/reopen", "platform coordinator"),
    ("GET /v1/offers", "platform coordinator"),
    ("GET /v1/offers/{id}", "platform coordinator agent", Own.OFFER),
    ("POST /v1/offers/{id}/accept", "platform agent", Own.OFFER),
    ("POST /v1/offers/{id}/decline", "platform agent", Own.OFFER),
    ("GET /v1/agents", "platform coordinator"),
    ("POST /v1/agents/batch", "platform coordinator"),
    ("PUT /v1/agents/{id}", "platform coordinator"),
    ("PATCH /v1/agents/{id}", "platform coordinator"),
    ("DELETE /v1/agents/{id}", "platform coordinator"),
    ("GET /v1/agents/{id}", "platform coordinator agent", Own.SELF),
    ("PUT /v1/agents/{id}/presence", "platform coordinator agent", Own.SELF),
    ("GET /v1/agents/{id}/offers", "platform coordinator agent", Own.SELF),
    ("GET /v1/queues", "platform coordinator sre"),
    ("PUT /v1/queues/{id}", "platform coordinator"),
    ("GET /v1/queues/{id}", "platform coordinator"),
    ("GET /v1/queues/{id}/stats", "platform coordinator sre"),
    ("GET /v1/handling", "platform coordinator"),
    ("GET /v1/stats", "platform coordinator sre"),
    ("GET /v1/events", "platform coordinator"),
    ("POST /v1/overrides", "coordinator"),
    ("GET /v1/overrides", "coordinator"),
    ("GET /v1/overrides.csv", "coordinator"),
    ("GET /v1/overrides/{id}", "coordinator"),
    ("DELETE /v1/overrides/{id}", "coordinator"),
    ("GET /v1/keys", ""),
    ("POST /v1/keys", ""),
    ("DELETE /v1/keys/{id}", ""),
    ("POST /v1/keys/{id}/rotate", ""),
    ("GET /metrics", "sre"),
)  # fmt: skip
"""By method and path of the route."""

PUBLIC = frozenset({"/livez", "/readyz", "/openapi.json", "/docs", "/docs/oauth2-redirect"})
"""The paths that ask nobody who they are; so do the files of /docs, below STATIC."""
STATIC = "/static-offline-docs/"


def is_public(path: str) -> bool:
    """Whether a request for the path needs no caller."""
    return path in PUBLIC or path.startswith(STATIC)


def access_of(methods: set[str], path: str) -> Access | None:
    """The row of a route; None for a public path. Raises LookupError for a route that has none."""
    if path in PUBLIC:
        return None
    try:
        [row] = {ACCESS[method, path] for method in methods}
    except (KeyError, ValueError):
        raise LookupError(f"{sorted(methods)} {path} needs a row in api.access.table.ACCESS.") from None
    return row
