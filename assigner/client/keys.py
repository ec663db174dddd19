"""API keys, for administrators."""

from __future__ import annotations

from typing import Unpack

from assigner.client.call import Call, Guard, change, nothing, path
from assigner.client.fields import Instant
from assigner.client.methods import Resource, S, asks, walks
from assigner.client.reading import one, pages
from assigner.client.records import Key, NewKey
from assigner.client.script import Script


class Keys(Resource[S]):
    """`client.keys`."""

    __slots__ = ()

    @asks
    def make(
        self,
        name: str,
        role: str,
        agent: str | None = None,
        expires_at: Instant | None = None,
        rate: float | None = None,
        **guard: Unpack[Guard],
    ) -> Call[NewKey]:
        """Make a key of this workspace; one of role agent is that agent's own. `rate`: requests a second."""
        said = {"name": name, "role": role, "agent": agent, "expires_at": expires_at, "rate": rate, **guard}
        return change("POST", path("keys"), one(NewKey), said)

    @walks
    def list(self) -> Script[Key]:
        """The keys of this workspace by id, those revoked and expired too."""
        return pages(path("keys"), Key, {})

    @asks
    def rotate(
        self,
        id: str,
        overlap_s: float | None = None,
        expires_at: Instant | None = None,
        **guard: Unpack[Guard],
    ) -> Call[NewKey]:
        """Make a key in place of one that goes on for `overlap_s`, a day unless said otherwise."""
        said = {"expires_at": expires_at, **({} if overlap_s is None else {"overlap_s": overlap_s}), **guard}
        return change("POST", path("keys", id, "rotate"), one(NewKey), said)

    @asks
    def revoke(self, id: str, **guard: Unpack[Guard]) -> Call[None]:
        """From now on the key lets nobody in."""
        return change("DELETE", path("keys", id), nothing, {**guard})
