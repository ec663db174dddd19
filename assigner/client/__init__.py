"""The client of the service.

    from assigner.client import Client

    with Client("https://assigner.example", key="…") as client:
        task = client.tasks.make("INC-1042", queue="billing", skills={"billing": 3}, priority="high")
        for offer in client.offers.of("ana"):
            client.offers.accept(offer.id)

`AsyncClient` has the same methods, to be awaited, and iterated with `async for`. A request that may be tried
again is: after a connection that broke, and when the service is busy (429, 503). Every change has an
Idempotency-Key, so that it is done once. What goes wrong is an AssignerError; `errors` draws them all.
"""

from assigner.client.batches import Line
from assigner.client.client import AsyncClient, Client
from assigner.client.decision import Decision
from assigner.client.errors import (
    AssignerError,
    Conflict,
    Failed,
    Fault,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    NotOurs,
    NotReached,
    OfferGone,
    Problem,
    RateLimited,
    Stale,
    TooLarge,
    Unauthorized,
    Unavailable,
)
from assigner.client.records import (
    Agent,
    Event,
    Explanation,
    HandlingTime,
    Key,
    Moment,
    NewKey,
    Offer,
    Override,
    Preview,
    Queue,
    QueueStats,
    Ready,
    Reset,
    Stats,
    Task,
)

__all__ = [
    "Agent",
    "AssignerError",
    "AsyncClient",
    "Client",
    "Conflict",
    "Decision",
    "Event",
    "Explanation",
    "Failed",
    "Fault",
    "Forbidden",
    "HandlingTime",
    "Invalid",
    "Key",
    "Line",
    "Malformed",
    "Moment",
    "NewKey",
    "NotFound",
    "NotOurs",
    "NotReached",
    "Offer",
    "OfferGone",
    "Override",
    "Preview",
    "Problem",
    "Queue",
    "QueueStats",
    "RateLimited",
    "Ready",
    "Reset",
    "Stale",
    "Stats",
    "Task",
    "TooLarge",
    "Unauthorized",
    "Unavailable",
]
