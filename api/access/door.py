"""The door: who a request comes from, by what it shows; and whether they may stay."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from api.access.jwks import Issuer
from api.access.keyring import PREFIX, Keyring, KeyState, state_of
from api.access.rates import Bucket, Rates
from api.access.refused import WRONG, Refused
from api.access.table import Caller
from api.access.tokens import Claims, Tokens
from assigner.clock import Clock
from assigner.config import Settings, is_loopback
from assigner.domain.access import Role
from assigner.domain.records import KeyRecord

LONGEST_SLEEP_S: Final = 3_600.0
"""Between two looks whether a caller who stays may do so."""
_logger = logging.getLogger("assigner")
_NOTHING: Final = Refused(code="unauthorized", why="no_credentials")
_WRONG: Final = Refused(code="unauthorized", why="wrong_key", detail=WRONG)
_REVOKED: Final = Refused(code="unauthorized", why="revoked_key", detail=WRONG)
_EXPIRED: Final = Refused(code="unauthorized", why="expired_key", detail=WRONG)
_NOT_YET: Final = Refused(code="not_ready", why="keys_not_read", detail="The keys are being read.")


class Door:
    """Admits callers, and tells when one may stay no longer. One a process.

    `dev` is who everybody is where there are no keys.
    """

    def __init__(self, settings: Settings, workspaces: Iterable[str], clock: Clock) -> None:
        self.dev = _dev(settings.workspace_names[0]) if settings.dev else None
        self.keyring = Keyring(workspaces)
        self._tokens = _tokens(settings, clock) if settings.oidc_issuer else None
        self._clock = clock
        self._rates = Rates(settings.rate_limit)
        self._staying: dict[str, set[_Stay]] = {}

    @property
    def open_to_nobody(self) -> bool:
        """Whether there is nothing to show that would let anybody in."""
        return not self.dev and not self._tokens and not any(self.keyring.live(self._clock.now_ms()))

    async def admit(self, authorization: bytes | None) -> Caller | Refused:
        """Who shows this `Authorization` header. A key is known or not at once; a token may need its
        issuer's keys first.
        """
        if self.dev:
            return self.dev
        if authorization is None:
            return _NOTHING
        # The parser leaves the spaces at the end, which HTTP says are not of the value.
        scheme, _, shown = authorization.decode("latin-1").rstrip(" \t").partition(" ")
        if scheme.lower() != "bearer":
            return _NOTHING
        if shown.startswith(PREFIX) or self._tokens is None:
            return self._by_key(shown)
        return await self._tokens.admit(shown)

    def recognise(self, authorization: bytes | None) -> Caller | None:
        """Who shows a key that has been admitted before, and may come in still. Of anybody else `admit` knows
        more, and takes longer.
        """
        if authorization is None or not authorization.startswith(b"Bearer ak_"):
            return None
        known = self.keyring.find_again(authorization[7:])
        if known and state_of(known.key, self._clock.now_ms()) is KeyState.LIVE:
            return known.caller
        return None

    def bucket(self, caller: Caller, now_s: float) -> Bucket | None:
        """What a caller's requests take from; None where they are not counted. `now_s` by the clock."""
        if self.dev:
            return None
        return self._rates.bucket(caller.id, caller.rate, now_s)

    def still(self, caller: Caller) -> bool:
        """Whether who was admitted would be admitted now."""
        return self._left_ms(caller) > 0

    @contextmanager
    def staying(self, caller: Caller) -> Iterator[asyncio.Future[None]]:
        """Done when a caller who stays for long, for a stream or a long poll, may stay no longer."""
        stay = _Stay(lambda: self._left_ms(caller))
        here = self._staying.setdefault(caller.id, set())
        here.add(stay)
        try:
            stay.look()
            yield stay.over
        finally:
            stay.leave()
            here.discard(stay)
            if not here:
                self._staying.pop(caller.id, None)

    def know(self, workspace: str, keys: Sequence[KeyRecord], *, whole: bool) -> None:
        """Take in keys of a workspace, new or changed; `whole`: all that it has."""
        if whole:
            self.keyring.read(workspace, keys)
        else:
            for key in keys:
                self.keyring.put(workspace, key)
        for id in list(self._staying) if whole else [key.id for key in keys]:
            for stay in self._staying.get(id, ()):
                stay.look()

    def _by_key(self, text: str) -> Caller | Refused:
        known = self.keyring.find(text)
        if known is None:
            return _WRONG if self.keyring.loaded else _NOT_YET
        state = state_of(known.key, self._clock.now_ms())
        if state is KeyState.LIVE:
            return known.caller
        return _REVOKED if state is KeyState.REVOKED else _EXPIRED

    def _left_ms(self, caller: Caller) -> float:
        """For how long a caller may stay, as far as is known now."""
        until = caller.until
        if caller is not self.dev and caller.id[:5] != "oidc:":
            key = self.keyring.get(caller.id)
            if key is None or key.revoked_at is not None:
                return 0
            until = key.expires_at
        return float("inf") if until is None else until - self._clock.now_ms()


class _Stay:
    """Somebody who stays, until nothing is left of the time that they have; it may change meanwhile."""

    def __init__(self, left_ms: Callable[[], float]) -> None:
        self._left_ms = left_ms
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self.over: asyncio.Future[None] = self._loop.create_future()

    def look(self) -> None:
        """See what is left, and look again then."""
        self.leave()
        left_ms = self._left_ms()
        if left_ms > 0:
            self._timer = self._loop.call_later(min(left_ms / 1_000, LONGEST_SLEEP_S), self.look)
        elif not self.over.done():
            self.over.set_result(None)

    def leave(self) -> None:
        """Look no more."""
        if self._timer:
            self._timer.cancel()


def _tokens(settings: Settings, clock: Clock) -> Tokens:
    url = urlsplit(settings.oidc_jwks_url or settings.oidc_issuer)
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        _logger.warning("The issuer's keys come without TLS: whoever is on their way can let anybody in.")
    return Tokens(
        Issuer(settings.oidc_issuer, clock, settings.oidc_jwks_url),
        audience=settings.oidc_audience,
        claims=Claims(
            role=settings.oidc_role_claim,
            workspace=settings.oidc_workspace_claim,
            agent=settings.oidc_agent_claim,
        ),
        workspaces=settings.workspace_names,
        clock=clock,
    )


def _dev(workspace: str) -> Caller:
    return Caller(id="dev", name="dev", role=Role.ADMIN, workspace=workspace)
