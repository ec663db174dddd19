"""The public keys of an OpenID Connect issuer (JWKS): fetched when they are first needed, again now and then
and when a token names one that is not there; kept when the issuer cannot be reached.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

import httpx
import jwt
import msgspec
from jwt.exceptions import PyJWTError

from assigner.clock import Clock

ALGORITHMS: Final[Mapping[str, tuple[str, str | None]]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), ("RSA", None)),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}
"""The signatures that count, and the kind and curve of the keys that make them."""
PATIENCE_S: Final = 5.0
PAUSE_S: Final = 30.0
"""Between two fetches at least, however many tokens name keys that are not there."""
LASTING_S: Final = 3_600.0
"""After so long they are fetched again, while those that are there are used."""
MOST_BYTES: Final = 2**20
MOST_KEYS: Final = 100
LEAST_RSA_BITS: Final = 2_048
_PUBLIC: Final = ("kty", "n", "e", "crv", "x", "y")
_logger = logging.getLogger("assigner.access")


class Unreachable(Exception):
    """The issuer's keys have never been had, and cannot be now: a sentence."""


class Issuer:
    """An issuer and its keys. `name` is what its tokens call it, and where it is found."""

    def __init__(self, name: str, clock: Clock, jwks_url: str = "") -> None:
        """Without `jwks_url` the issuer's own description says where its keys are."""
        self.name = name
        self._jwks_url = jwks_url
        self._clock = clock
        self._keys: dict[str, Mapping[str, str]] | None = None
        self._prepared: dict[tuple[str, str], Any] = {}
        self._fetching: asyncio.Task[None] | None = None
        self._asked_s = float("-inf")

    def has(self, kid: str) -> bool:
        """Whether the issuer still had the key when its keys were fetched last."""
        return kid in (self._keys or {})

    async def key(self, kid: str, algorithm: str) -> Any:
        """The key of an id, as an algorithm takes it; None where there is none that it could be.

        Raises Unreachable while no keys are known.
        """
        self.look(LASTING_S if self.has(kid) else PAUSE_S)
        if not self.has(kid) and self._fetching:
            await asyncio.shield(self._fetching)
        if self._keys is None:
            raise Unreachable(f"The keys of {self.name} cannot be fetched now.")
        return self._prepare(kid, algorithm)

    def look(self, after_s: float = LASTING_S) -> None:
        """Begin to fetch the keys, unless it was less than so long ago that they were asked for."""
        if self._fetching is None and self._clock.monotonic_s() - self._asked_s >= after_s:
            self._asked_s = self._clock.monotonic_s()
            self._fetching = asyncio.create_task(self._fetch())
            self._fetching.add_done_callback(lambda _: setattr(self, "_fetching", None))

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S), httpx.AsyncClient(timeout=PATIENCE_S) as client:
                url = self._jwks_url or await self._discover(client)
                self._keys = _usable(await _get(client, url))
                self._prepared.clear()
        except Exception as error:  # whatever it is, the keys that are known are kept
            fields = {"issuer": self.name, "error": f"{type(error).__name__}: {error}"}
            _logger.warning("The issuer's keys could not be fetched", extra={"fields": fields})

    async def _discover(self, client: httpx.AsyncClient) -> str:
        said = await _get(client, f"{self.name.rstrip('/')}/.well-known/openid-configuration")
        if said.get("issuer") != self.name:
            raise ValueError(f"it calls itself {said.get('issuer')!r}")
        return str(said["jwks_uri"])

    def _prepare(self, kid: str, algorithm: str) -> Any:
        if (kid, algorithm) in self._prepared:
            return self._prepared[kid, algorithm]
        jwk = (self._keys or {}).get(kid)
        kty, curve = ALGORITHMS[algorithm]
        if jwk is None or jwk["kty"] != kty or (curve and jwk.get("crv") != curve):
            return None
        if jwk.get("alg", algorithm) != algorithm:
            return None
        try:
            key: Any = jwt.get_algorithm_by_name(algorithm).from_jwk({k: jwk[k] for k in _PUBLIC if k in jwk})
        except (PyJWTError, ValueError):
            key = None
        if kty == "RSA" and key is not None and key.key_size < LEAST_RSA_BITS:
            key = None
        self._prepared[kid, algorithm] = key
        return key


async def _get(client: httpx.AsyncClient, url: str) -> Any:
    """A JSON object. Raises httpx.HTTPError and ValueError."""
    body = b""
    async with client.stream("GET", url) as response:
        response.raise_for_status()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > MOST_BYTES:
                raise ValueError(f"{url} has more than {MOST_BYTES:,} bytes")
    said = msgspec.json.decode(body)
    if not isinstance(said, dict):
        raise ValueError(f"{url} is not a JSON object")
    return said


def _usable(said: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
    """The keys that verify signatures, by their ids."""
    kinds = {kty for kty, _ in ALGORITHMS.values()}
    found = [jwk for jwk in said["keys"][:MOST_KEYS] if isinstance(jwk, dict)]
    fit = (jwk for jwk in found if jwk.get("kty") in kinds and jwk.get("use", "sig") == "sig")
    return {str(jwk.get("kid", "")): jwk for jwk in fit}
