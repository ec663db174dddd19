"""The query of a request: what each path takes. Any other parameter is refused, and so is one given twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from api.errors import Fault
from api.faults import Invalid

TAKES: Mapping[str, tuple[str, ...]] = {
    "/v1/tasks": (
        *("state", "queue", "agent", "tag", "case", "category", "skill", "sla_risk", "due_before"),
        *("limit", "cursor"),
    ),
    "/v1/agents": ("team", "skill", "presence", "limit", "cursor"),
    "/v1/agents/{id}/offers": ("wait_s",),
    "/v1/offers": ("wait_s", "cursor", "limit"),
    "/v1/queues": ("limit", "cursor"),
}
"""What a GET of these paths takes. No other path takes anything, and no change does."""


class Route(APIRoute):
    """A route whose endpoint takes the request and gives the response; it refuses what it does not read."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """What answers a request of this route: the endpoint itself. FastAPI would look for parameters to
        fill in and for something to encode; it takes long to find neither.
        """
        handle: Callable[[Request], Awaitable[Response]] = self.endpoint
        names = TAKES.get(self.path, ()) if "GET" in (self.methods or ()) else ()

        async def strict(request: Request) -> Response:
            if request.scope["query_string"]:
                _check(request, names)
            return await handle(request)

        return strict


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
