"""What is checked before an endpoint is asked: whether the caller may, and the query of the request, of which
any parameter that the path does not take is refused, and so is one given twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from api.access.own import check_own
from api.access.table import Access, access_of
from api.deps import caller
from api.errors import ApiError, Fault
from api.faults import Invalid
from assigner.domain.access import Role

OVERRIDES = ("author", "since", "until", "action", "state", "task")
"""By what overrides are found."""
TAKES: Mapping[str, tuple[str, ...]] = {
    "/v1/tasks": (
        *("state", "queue", "agent", "tag", "case", "category", "skill", "sla_risk", "due_before"),
        *("limit", "cursor"),
    ),
    "/v1/agents": ("team", "skill", "presence", "limit", "cursor"),
    "/v1/agents/{id}/offers": ("wait_s", "cursor"),
    "/v1/events": ("type", "queue", "last_event_id", "since"),
    "/v1/offers": ("wait_s", "cursor", "limit"),
    "/v1/queues": ("limit", "cursor"),
    "/v1/handling": ("category", "agent", "limit", "cursor"),
    "/v1/keys": ("limit", "cursor"),
    "/v1/overrides": (*OVERRIDES, "limit", "cursor"),
    "/v1/overrides.csv": OVERRIDES,
}
"""What a GET of these paths takes. No other path takes anything, and no change does."""


class Route(APIRoute):
    """A route whose endpoint takes the request and gives the response. It refuses who may not, and what it
    does not read; one without a row in ACCESS cannot be made.
    """

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """What answers a request of this route: the endpoint itself. FastAPI would look for parameters to
        fill in and for something to encode; it takes long to find neither.
        """
        handle: Callable[[Request], Awaitable[Response]] = self.endpoint
        methods = self.methods or set()
        names = TAKES.get(self.path, ()) if "GET" in methods else ()
        access = access_of(methods, self.path)

        async def strict(request: Request) -> Response:
            if access:
                await _admit(request, access)
            if request.scope["query_string"]:
                _check(request, names)
            return await handle(request)

        return strict


async def _admit(request: Request, access: Access) -> None:
    """Raises forbidden for a role that may not, and what is unknown for what is not the agent's own."""
    who = caller(request)
    if who.role not in access.roles:
        may = ", ".join(access.roles)
        detail = f"Your role is {who.role}; this takes one of: {may}."
        raise ApiError("forbidden", detail, members={"role": who.role, "roles": access.roles})
    if access.own and who.role is Role.AGENT:
        await check_own(request, who, access.own)


def _check(request: Request, names: tuple[str, ...]) -> None:
    faults = list(_faults(request, names))
    if faults:
        raise Invalid(faults, len(faults))


def _faults(request: Request, names: tuple[str, ...]) -> Iterator[Fault]:
    known = f"there are: {', '.join(names)}" if names else "this request takes none"
    for name, times in Counter(name for name, _ in request.query_params.multi_items()).items():
        place = f"/query/{name}"
        if name not in names:
            detail = f"There is no parameter {name!r} here; {known}."
            yield Fault(pointer=place, code="unknown_field", detail=detail)
        elif times > 1:
            detail = f"{name!r} is given {times} times; expected one at most."
            yield Fault(pointer=place, code="repeated", detail=detail)
