"""Offers: heard as they are made, and answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Unpack

from assigner.client.call import Call, Guard, change, get, path
from assigner.client.errors import AssignerError
from assigner.client.methods import Resource, S, asks, walks
from assigner.client.reading import MOST_SHOWN, one, page
from assigner.client.records import Offer
from assigner.client.retry import Manner, Patience
from assigner.client.script import Give, Script

WAIT_S: Final = 20.0
"""How long the service may wait for an offer before it answers that there is none."""
REMEMBERED: Final = 10_000
"""Of so many offers it is remembered that they were told: a service that starts again tells some anew."""


class Offers(Resource[S]):
    """`client.offers`."""

    __slots__ = ()

    @walks
    def of(self, agent: str) -> Script[Offer]:
        """Each offer to an agent, once: those that are open, then the others as they are made, for ever."""
        return _heard(path("agents", agent, "offers"), {"wait_s": WAIT_S}, self.sender.manner)

    @walks
    def all(self) -> Script[Offer]:
        """The same of all agents: for a platform that acts for them."""
        query = {"wait_s": WAIT_S, "limit": MOST_SHOWN}
        return _heard(path("offers"), query, self.sender.manner)

    @walks
    def list(self) -> Script[Offer]:
        """The offers of all agents that are open now."""
        return _open()

    @asks
    def get(self, id: str) -> Call[Offer]:
        """An offer that is open, or was closed not long ago."""
        return get(path("offers", id), one(Offer))

    @asks
    def accept(self, id: str, **guard: Unpack[Guard]) -> Call[Offer]:
        """Take the task. One wins; who is late gets OfferGone."""
        return change("POST", path("offers", id, "accept"), one(Offer), {**guard})

    @asks
    def decline(self, id: str, reason: str | None = None, **guard: Unpack[Guard]) -> Call[Offer]:
        """Leave the task to others."""
        return change("POST", path("offers", id, "decline"), one(Offer), {"reason": reason, **guard})


def _open() -> Script[Offer]:
    """Page after page until one is empty: there is always a next one, for those who wait."""
    found, cursor = yield get(path("offers"), page(Offer), {"limit": MOST_SHOWN})
    while found:
        yield Give(found)
        found, cursor = yield get(path("offers"), page(Offer), {"limit": MOST_SHOWN, "cursor": cursor})


def _heard(target: str, query: Mapping[str, Any], manner: Manner) -> Script[Offer]:
    """Offers as they are made: each answer says where the next one goes on. Once there was one, a service
    that is away is waited for, however long.
    """
    cursor: str | None = None
    told: dict[str, None] = {}
    patience = Patience(manner, iter(()))
    while True:
        call = get(target, page(Offer), {**query, "cursor": cursor})
        try:
            found, cursor = yield replace(call, waits_s=WAIT_S)
        except AssignerError as error:
            yield patience.pause_s(error)
            continue
        patience.went_well()
        yield Give([offer for offer in found if offer.id not in told])
        told |= dict.fromkeys(offer.id for offer in found)
        for id in [*told][:-REMEMBERED]:
            del told[id]
