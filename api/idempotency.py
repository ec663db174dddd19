"""`Idempotency-Key`: a retry of a request gets the answer of the first, and changes nothing twice.

The key becomes the op id of the store's commands, kept with what was done: it survives this process. It is
its caller's own: nobody can use up, or meet, the keys of another.
"""

from __future__ import annotations

import itertools
import re
import uuid
from hashlib import blake2b
from typing import NamedTuple

from starlette.requests import Request

from api.deps import caller
from api.errors import Fault
from api.faults import Invalid

_KEY = re.compile(r"[!-~]{1,255}")
_PROCESS = f"{uuid.uuid4().hex}:"
_NUMBERS = itertools.count()
REPLAYED = {"Idempotent-Replayed": "true"}


class Ask(NamedTuple):
    """One request to change something: its op id, a fingerprint of what it wants, and who it is from."""

    op: str
    asked: str
    actor: str

    def step(self, name: str) -> Ask:
        """The op of another command of the same request."""
        return Ask(f"{self.op}:{name}", self.asked, self.actor)


def ask(request: Request, body: bytes = b"") -> Ask:
    """The op of a request. Raises Invalid for a key that will not do."""
    key, actor = request.headers.get("idempotency-key"), caller(request).name
    if key is None:
        return Ask(f"{_PROCESS}{next(_NUMBERS):x}", "", actor)
    if not _KEY.fullmatch(key):
        detail = "Expected 1 to 255 visible ASCII characters, such as a UUID."
        raise Invalid([Fault(pointer="/header/idempotency-key", code="bad_key", detail=detail)], 1)
    asked = fingerprint(f"{request.method} {request.scope['path']}".encode(), body)
    return Ask(f"{actor} {key}", asked, actor)


def fingerprint(*parts: bytes) -> str:
    """A short sum of these parts."""
    sum_ = blake2b(digest_size=12)
    for part in parts:
        sum_.update(b"%d:" % len(part) + part)
    return sum_.hexdigest()
