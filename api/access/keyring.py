"""API keys: what one looks like, and all of them as this process knows them.

The text of a key is `ak_<id>_<secret>`. Only the sum of the secret is stored. The keys are in memory, fed by
the views' events: no request asks the store who it is from, and a store that is gone leaves them known.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b, sha256
from typing import NamedTuple

from api.access.table import Caller
from assigner.domain.records import KeyRecord

SECRET_BYTES = 32
"""256 bits: nobody guesses them, so one plain sum of them is enough."""
PREFIX = "ak_"
LONGEST_NAME = 64
_TEXT = re.compile(r"ak_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_NOBODY = "0" * 64
"""What the secret of an unknown key is compared with."""


class KeyState(StrEnum):
    """What may come of a key."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Minted(NamedTuple):
    """A key as it is stored, and its text, which is shown once."""

    key: KeyRecord
    text: str


def mint(wanted: KeyRecord) -> Minted:
    """The key with a new secret, whose sum replaces what its record has. An id is 16 hexadecimal digits."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return Minted(replace(wanted, hash=_sum(secret)), f"{PREFIX}{wanted.id}_{secret}")


def successor(key: KeyRecord, *, id: str, now: int, by: str, expires_at: int | None) -> Minted:
    """Another key for the same caller: of the same name, role, agent and rate."""
    return mint(
        replace(key, id=id, created_at=now, created_by=by, expires_at=expires_at, revoked_at=None, version=1)
    )


def leaving(key: KeyRecord, at: int) -> KeyRecord:
    """The key as it ends at an instant, or before where it would."""
    return replace(key, expires_at=at if key.expires_at is None else min(at, key.expires_at))


def new_id() -> str:
    """An id that no key has."""
    return secrets.token_hex(8)


def is_name(text: str) -> bool:
    """Whether a key may be called so: nothing in it that cannot be seen, or that turns the text around."""
    return 0 < len(text) <= LONGEST_NAME and text.isprintable() and text == text.strip()


def id_of(text: str) -> str:
    """The id in what a person calls a key: its id, `ak_<id>`, or its whole text."""
    return text.removeprefix(PREFIX).partition("_")[0]


def state_of(key: KeyRecord, now: int) -> KeyState:
    """How a key stands."""
    if key.revoked_at is not None:
        return KeyState.REVOKED
    return KeyState.EXPIRED if key.expires_at is not None and key.expires_at <= now else KeyState.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A key of a workspace, and the caller whom it shows."""

    key: KeyRecord
    caller: Caller


class Keyring:
    """All keys of all workspaces that this process serves; `loaded` once those of each have been read."""

    def __init__(self, workspaces: Iterable[str]) -> None:
        self._known: dict[str, Known] = {}
        # By the sum of its text, which tells as little as the stored one; each key has one text.
        self._found: dict[bytes, Known] = {}
        self._unread = set(workspaces)

    @property
    def loaded(self) -> bool:
        """Whether the keys of every workspace have been read."""
        return not self._unread

    def read(self, workspace: str, keys: Sequence[KeyRecord]) -> None:
        """Take in all the keys of a workspace; those that it has no more are forgotten."""
        kept = {key.id for key in keys}
        gone = [
            id for id, known in self._known.items() if known.caller.workspace == workspace and id not in kept
        ]
        for id in gone:
            del self._known[id]
        self._found.clear()
        for key in keys:
            self.put(workspace, key)
        self._unread.discard(workspace)

    def put(self, workspace: str, key: KeyRecord) -> None:
        """Take in a key that is new, or has changed; news that is older than what is known is passed over."""
        known = self._known.get(key.id)
        if known and known.key.version > key.version:
            return
        caller = Caller(
            id=key.id,
            name=f"key:{key.name}",
            role=key.role,
            workspace=workspace,
            agent=key.agent,
            rate=key.rate,
            until=key.expires_at,
        )
        self._known[key.id] = Known(key=key, caller=caller)
        self._found.clear()

    def get(self, id: str) -> KeyRecord | None:
        """The key of an id."""
        known = self._known.get(id)
        return known.key if known else None

    def find(self, text: str) -> Known | None:
        """The key of a text, with its own secret; alive or not."""
        found = _TEXT.fullmatch(text)
        if found is None:
            return None
        known = self._known.get(found[1])
        right = hmac.compare_digest(known.key.hash if known else _NOBODY, _sum(found[2]))
        if known is None or not right:
            return None
        self._found[blake2b(text.encode()).digest()] = known
        return known

    def find_again(self, text: bytes) -> Known | None:
        """The key of a text that `find` has found since the last change of any key: by its sum, without
        reading it.
        """
        return self._found.get(blake2b(text).digest())

    def live(self, now: int) -> Iterator[KeyRecord]:
        """The keys that let somebody in."""
        return (known.key for known in self._known.values() if state_of(known.key, now) is KeyState.LIVE)


def _sum(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
