"""Tokens of an OpenID Connect issuer: verified, and mapped to callers by their claims.

Only asymmetric signatures count, each with the kind of key that it is made for: a token can choose neither
`none` nor a shared secret, whatever its header says.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import jwt
import msgspec
from jwt.exceptions import InvalidAudienceError, InvalidIssuerError, PyJWTError
from jwt.types import Options

from api.access.jwks import ALGORITHMS, Issuer, Unreachable
from api.access.refused import WRONG, Refused
from api.access.table import Caller
from api.faults import ID
from assigner.clock import Clock
from assigner.domain.access import Role
from assigner.domain.frozen import frozen

LONGEST_TOKEN: Final = 8_192
MOST_KEPT: Final = 10_000
"""How many verified tokens are remembered; above that those seen first are verified again."""
SKEW_MS: Final = 30_000
"""How far the issuer's clock may be ahead of ours, or behind."""
PRECEDENCE: Final = (Role.ADMIN, Role.COORDINATOR, Role.PLATFORM, Role.SRE, Role.AGENT)
"""Of several roles in a token the first of these holds."""
_TOKEN: Final = re.compile(r"([A-Za-z0-9_-]+)={0,2}\.[A-Za-z0-9_-]+={0,2}\.([A-Za-z0-9_-]+)={0,2}")
_NAME: Final = re.compile(".{1,255}")
_FAR_MS: Final = 253_402_300_800_000
"""The year 10000."""
_ASKED: Final[Options] = {
    "require": ["exp", "iss", "aud", "sub"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}
"""What PyJWT is to check; the instants are compared here, with the service's own clock."""


class Head(msgspec.Struct):
    """How a token says that it is signed."""

    alg: str
    kid: str | None = None


@frozen
class Claims:
    """Which claims of a token say who its bearer is; each may be a path, such as `realm_access.roles`."""

    role: str
    workspace: str
    agent: str


class Tokens:
    """The tokens of one issuer, for one audience."""

    def __init__(
        self, issuer: Issuer, *, audience: str, claims: Claims, workspaces: tuple[str, ...], clock: Clock
    ) -> None:
        self.issuer = issuer
        self._audience = audience
        self._claims = claims
        self._workspaces = workspaces
        self._clock = clock
        self._verified: dict[bytes, tuple[Caller, str]] = {}

    async def admit(self, token: str) -> Caller | Refused:
        """Who bears this token."""
        sum_ = sha256(token.encode("latin-1", "replace")).digest()
        if known := self._verified.get(sum_):
            caller, kid = known
            self.issuer.look()
            if self._clock.now_ms() < (caller.until or 0) and self.issuer.has(kid):
                return caller
            del self._verified[sum_]
        found = await self._verify(token)
        if isinstance(found, Refused):
            return found
        caller, kid = found
        if len(self._verified) >= MOST_KEPT:
            del self._verified[next(iter(self._verified))]
        self._verified[sum_] = caller, kid
        return caller

    async def _verify(self, token: str) -> tuple[Caller, str] | Refused:
        if len(token) > LONGEST_TOKEN:
            return _wrong("wrong_token")
        try:
            head, signature = _opened(token)
            algorithm, kid = head.alg, head.kid or ""
            if algorithm not in ALGORITHMS:
                return _wrong("wrong_algorithm")
            key = await self.issuer.key(kid, algorithm)
            if key is None:
                return _wrong("unknown_key_id")
            # Anybody can send tokens that are signed by nobody: no more is done about them than this.
            said = token.rpartition(".")[0].encode()
            if not jwt.get_algorithm_by_name(algorithm).verify(said, key, signature):
                return _wrong("wrong_token")
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._audience,
                issuer=self.issuer.name,
                options=_ASKED,
            )
        except Unreachable as error:
            return Refused(code="not_ready", why="issuer_unreachable", detail=str(error))
        except InvalidAudienceError:
            return _wrong("other_audience")
        except InvalidIssuerError:
            return _wrong("other_issuer")
        except (PyJWTError, ValueError, TypeError, RecursionError):
            return _wrong("wrong_token")
        found = self._caller(claims)
        return found if isinstance(found, Refused) else (found, kid)

    def _caller(self, claims: Mapping[str, Any]) -> Caller | Refused:
        now, subject = self._clock.now_ms(), claims["sub"]
        expires, begins = _instant(claims["exp"]), _instant(claims.get("nbf", 0))
        if expires is None or begins is None or begins > now + SKEW_MS:
            return _wrong("token_not_yet_valid")
        if expires + SKEW_MS <= now:
            return _wrong("expired_token")
        if not isinstance(subject, str) or not _NAME.fullmatch(subject) or not subject.isprintable():
            return _wrong("wrong_subject")
        role = _role(_claim(claims, self._claims.role))
        workspace = self._workspace(_claim(claims, self._claims.workspace))
        if role is None or workspace is None:
            return _unmapped("no_role" if role is None else "other_workspace")
        agent = _claim(claims, self._claims.agent) if role is Role.AGENT else None
        if role is Role.AGENT and (not isinstance(agent, str) or not ID.fullmatch(agent)):
            return _unmapped("no_agent")
        who = f"oidc:{subject}"
        return Caller(id=who, name=who, role=role, workspace=workspace, agent=agent, until=expires + SKEW_MS)

    def _workspace(self, claim: object) -> str | None:
        """The workspace that a token names, where it is served here; the only one there is, for one that
        names none.
        """
        if claim is None and len(self._workspaces) == 1:
            return self._workspaces[0]
        return claim if isinstance(claim, str) and claim in self._workspaces else None


def _opened(token: str) -> tuple[Head, bytes]:
    """The head of a token, and its signature. Raises ValueError and RecursionError."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise ValueError
    head, signature = (urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in found.groups())
    return msgspec.json.decode(head, type=Head), signature


def _wrong(why: str) -> Refused:
    return Refused(code="unauthorized", why=why, detail=WRONG)


def _unmapped(why: str) -> Refused:
    detail = "The token is good, but says no role, workspace or agent of this service."
    return Refused(code="forbidden", why=why, detail=detail)


def _instant(claim: object) -> int | None:
    """The instant of a NumericDate, in ms."""
    if isinstance(claim, bool) or not isinstance(claim, int | float) or not -1 <= claim * 1_000 < _FAR_MS:
        return None
    return round(claim * 1_000)


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """The claim of a name; where there is none, that at the end of the path."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _role(claim: object) -> Role | None:
    named = [claim] if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return next((role for role in PRECEDENCE if role in named), None)
