"""The two clients of the service: Client waits in its thread, AsyncClient in an event loop."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Generic, Self, TypedDict, Unpack
from urllib.parse import urlsplit

import httpx

from assigner.client.agents import Agents
from assigner.client.call import JSON, Call, encode, get, path
from assigner.client.carriers import AsyncCarrier, AsyncHttpxCarrier, Carrier, HttpxCarrier
from assigner.client.decision import Decision
from assigner.client.errors import AssignerError
from assigner.client.events import Events
from assigner.client.keys import Keys
from assigner.client.methods import Resource, S, asks
from assigner.client.offers import Offers
from assigner.client.overrides import Overrides
from assigner.client.queues import Queues
from assigner.client.reading import one
from assigner.client.records import Ready, Stats
from assigner.client.retry import Manner
from assigner.client.senders import AsyncSender, Sender
from assigner.client.tasks import Tasks

URL: Final = "http://127.0.0.1:8080"
DECIDES_S: Final = 120.0
"""How much longer than usual the service may take over a snapshot."""
IDLE_S: Final = 60.0
"""How long a connection is kept that nothing is asked over."""
CONNECTIONS: Final = 1_000


class Api(Resource[S], Generic[S]):
    """What both clients have."""

    tasks: Tasks[S]
    agents: Agents[S]
    offers: Offers[S]
    queues: Queues[S]
    overrides: Overrides[S]
    events: Events[S]
    keys: Keys[S]

    __slots__ = ("agents", "events", "keys", "offers", "overrides", "queues", "tasks")

    def __init__(self, sender: S) -> None:
        super().__init__(sender)
        self.tasks = Tasks(sender)
        self.agents = Agents(sender)
        self.offers = Offers(sender)
        self.queues = Queues(sender)
        self.overrides = Overrides(sender)
        self.events = Events(sender)
        self.keys = Keys(sender)

    @asks
    def assign(self, snapshot: Mapping[str, Any]) -> Call[Decision]:
        """Decide on a snapshot, the body of POST /v1/assign: tasks and agents in, the decision out."""
        return Call(
            method="POST",
            target=path("assign"),
            read=one(Decision),
            headers={"Content-Type": JSON},
            body=encode(snapshot),
            waits_s=DECIDES_S,
        )

    @asks
    def ready(self) -> Call[Ready]:
        """That the service can take work. Raises Unavailable while it cannot."""
        return get("/readyz", one(Ready))

    @asks
    def stats(self) -> Call[Stats]:
        """How the service stands, in numbers."""
        return get(path("stats"), one(Stats))


class Ways(TypedDict, total=False):
    """How a client asks. `timeout_s`: how long an answer may take. `retries`: how often it is tried again.
    `language`: of explanations, `en` or `es`.
    """

    timeout_s: float
    retries: int
    language: str


class Client(Api[Sender]):
    """A client that waits in its thread; many threads may share it.

    `url` and `key` default to the environment's ASSIGNER_URL and ASSIGNER_KEY.
    """

    __slots__ = ("url",)

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        carrier: Carrier | None = None,
        **ways: Unpack[Ways],
    ) -> None:
        self.url = _address(url)
        manner = _manner(Manner(), _key(key), ways)
        made = carrier or HttpxCarrier(httpx.Client(**_settings(self.url)))
        super().__init__(Sender(made, manner))

    def with_options(self, key: str | None = None, **ways: Unpack[Ways]) -> Client:
        """The same service over the same connections, asked in another way or with another key."""
        other = Client(self.url, carrier=self.sender.carrier)
        other.sender.manner = _manner(self.sender.manner, key, ways)
        return other

    def close(self) -> None:
        """Give up all connections."""
        self.sender.carrier.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self.url!r})"


class AsyncClient(Api[AsyncSender]):
    """A client for an event loop: the same methods, to be awaited, or iterated with `async for`."""

    __slots__ = ("url",)

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        carrier: AsyncCarrier | None = None,
        **ways: Unpack[Ways],
    ) -> None:
        self.url = _address(url)
        manner = _manner(Manner(), _key(key), ways)
        made = carrier or AsyncHttpxCarrier(_settings(self.url))
        super().__init__(AsyncSender(made, manner))

    def with_options(self, key: str | None = None, **ways: Unpack[Ways]) -> AsyncClient:
        """The same service over the same connections, asked in another way or with another key."""
        other = AsyncClient(self.url, carrier=self.sender.carrier)
        other.sender.manner = _manner(self.sender.manner, key, ways)
        return other

    async def close(self) -> None:
        """Give up all connections."""
        await self.sender.carrier.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncClient({self.url!r})"


def _manner(manner: Manner, key: str | None, ways: Ways) -> Manner:
    """A manner, changed in what is given."""
    if unknown := ways.keys() - Ways.__annotations__.keys():
        known = ", ".join(Ways.__annotations__)
        raise TypeError(f"There is no option {', '.join(sorted(unknown))}; there are {known}.")
    headers = {"User-Agent": "assigner-client", **manner.headers}
    if key:
        headers["Authorization"] = f"Bearer {_clean(key)}"
    if language := ways.get("language"):
        headers["Accept-Language"] = language
    return replace(
        manner,
        headers=headers,
        timeout_s=ways.get("timeout_s", manner.timeout_s),
        retries=ways.get("retries", manner.retries),
    )


def _key(given: str | None) -> str:
    return os.environ.get("ASSIGNER_KEY", "") if given is None else given


def _clean(key: str) -> str:
    """A key that may go into a header; one that may not would else be shown by who refuses the header."""
    stripped = key.strip()
    if not stripped.isascii() or not stripped.isprintable() or " " in stripped:
        raise AssignerError("The key has characters that no key has; it is not shown here.")
    return stripped


def _address(given: str | None) -> str:
    """The URL of the service, its scheme in lower case. One with a password would be asked with that, and
    not with the key; and it is not shown.
    """
    url = os.environ.get("ASSIGNER_URL", URL) if given is None else given
    if "@" in url:
        raise AssignerError("The URL of the service has a user or password: leave it out, and give a key.")
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment:
        raise AssignerError(f"The URL of the service is such as {URL}, and not {url!r}.")
    return parts.geturl().rstrip("/")


def _settings(url: str) -> dict[str, Any]:
    """What both clients of httpx are given; a service on this machine is asked without a proxy."""
    limits = httpx.Limits(
        max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=IDLE_S
    )
    verify = url.startswith("https") and httpx.create_ssl_context()
    return {"base_url": url, "limits": limits, "trust_env": not _is_here(url), "verify": verify}


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
