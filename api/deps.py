"""What every handler can reach: the service's parts, and what belongs to the request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from api.access.door import Door
from api.access.refused import no_longer
from api.access.table import Caller
from api.live import Live
from api.messages import Language
from api.pool import Pool
from assigner.clock import Clock
from assigner.config import Settings
from assigner.metrics import Meters


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The parts of one running service. Without a store it decides on snapshots only; a dispatcher that runs
    alone has no workers. `lives` has the living part of each workspace.

    `obstacles` say, each for one part, why it cannot do its work now; falsy when it can.
    """

    settings: Settings
    clock: Clock
    meters: Meters
    pool: Pool | None
    lives: Mapping[str, Live]
    door: Door
    obstacles: tuple[Callable[[], str | None], ...]

    @property
    def obstacle(self) -> str | None:
        """Why the service cannot do its work now, in a sentence; None when it can."""
        return next(filter(None, (obstacle() for obstacle in self.obstacles)), None)


def service(request: Request) -> Service:
    """The service that got the request."""
    return cast(Service, request.app.state.service)


def pool(request: Request) -> Pool:
    """The workers of the service that got the request; its routes are there only when they are."""
    return cast(Pool, service(request).pool)


def live(request: Request) -> Live:
    """The living part of the request's workspace; the routes that need it are there only when it is."""
    return service(request).lives[caller(request).workspace]


def caller(request: Request) -> Caller:
    """Who the request comes from; that of a public path has nobody."""
    return cast(Caller, request.scope["state"]["caller"])


def door(request: Request) -> Door:
    """The door of the service that got the request: it tells when a caller may stay no longer."""
    return service(request).door


def check_still(request: Request) -> None:
    """Raises unauthorized when the caller, who was let in as the request began, would not be let in now."""
    if not door(request).still(caller(request)):
        raise no_longer()


def request_id(request: Request) -> str:
    """The id of the request: the client's, else ours."""
    return cast(str, request.state.request_id)


def language(header: str) -> Language:
    """The language of the sentences, from an Accept-Language header: Spanish when it is liked better."""
    return "es" if _quality(header, "es") > _quality(header, "en") else "en"


def _quality(header: str, language: str) -> float:
    """How much a language is liked, 0 to 1, by the first range of the header that names it."""
    for choice in header.lower().split(","):
        name, _, weight = choice.replace(" ", "").partition(";q=")
        if name.partition("-")[0] == language:
            return _number(weight)
    return 0.0


def _number(weight: str) -> float:
    try:
        return float(weight or 1)
    except ValueError:
        return 0.0
