"""A request described as data: what is sent, and how its answer is read. Who sends it is not decided here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, TypedDict, TypeVar
from urllib.parse import quote, urlencode
from uuid import uuid4

import msgspec

from assigner.client.errors import AssignerError, NotOurs, problem_of

T = TypeVar("T")

DONE: Final = range(200, 300)
LEAST_ERROR: Final = 400
JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
KEY: Final = "Idempotency-Key"

encode: Final = msgspec.json.Encoder().encode
decode: Final = msgspec.json.Decoder().decode


class Guard(TypedDict, total=False):
    """What any change takes besides its fields.

    `if_match`: the `etag` of the record that was read, so that nothing unseen is overwritten.
    `if_none_match`: "*" makes only what is not there. `idempotency_key`: a name of your own for this change,
    to do it once though your process may be started again; without it each call makes one.
    """

    if_match: str
    if_none_match: str
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One request of the API. The service may take `waits_s` before it answers, besides its usual time."""

    method: str
    target: str
    read: Callable[[Answer], T]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    waits_s: float = 0.0

    def result(self, answer: Answer) -> T:
        """What the answer says. Raises Problem, and NotOurs for what this service would not say."""
        if answer.status >= LEAST_ERROR:
            raise problem_of(answer.status, answer.headers, answer.body, f"{self.method} {self.target}")
        if answer.status not in DONE:  # a redirection is not followed: the key is for this service alone
            raise NotOurs(f"{self.method} {self.target} is answered {answer.status}: is this its address?")
        try:
            return self.read(answer)
        except (msgspec.DecodeError, UnicodeError, KeyError, TypeError, AttributeError):
            raise NotOurs(f"The answer to {self.method} {self.target} is not one of this service.") from None


def path(*parts: str) -> str:
    """The path of a resource, its ids percent-encoded; also one that is `..`, which would lead elsewhere."""
    return "/v1/" + "/".join(quote(part, safe="") if part.strip(".") else "%2E" * len(part) for part in parts)


def get(target: str, read: Callable[[Answer], T], query: Mapping[str, Any] | None = None) -> Call[T]:
    """A request that changes nothing."""
    return Call(method="GET", target=with_query(target, query or {}), read=read)


def change(
    method: str, target: str, read: Callable[[Answer], T], said: MutableMapping[str, Any] | None = None
) -> Call[T]:
    """A request that changes something: with the fields said but for those of Guard, which become headers."""
    fields = dict(said or {})
    headers = {"Content-Type": JSON, KEY: fields.pop("idempotency_key", None) or uuid4().hex}
    for name, header in (("if_match", "If-Match"), ("if_none_match", "If-None-Match")):
        value = fields.pop(name, None)
        if value == "":
            raise AssignerError(f"There is no {name}: what a list gives has no etag, get it by its id.")
        if value:
            headers[header] = value
    body = b"" if method == "DELETE" else encode(fields)
    return Call(method=method, target=target, read=read, headers=headers, body=body)


def with_query(target: str, query: Mapping[str, Any]) -> str:
    """A target with those parameters that are not None."""
    given = {name: _text(value) for name, value in query.items() if value is not None}
    return f"{target}?{urlencode(given)}" if given else target


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def text(media_type: str) -> Callable[[Answer], str]:
    """How an answer is read that is text of this type; or the head of one that has no end."""

    def read(answer: Answer) -> str:
        if not answer.headers.get("content-type", "").startswith(media_type):
            raise TypeError(f"Text of the type {media_type} was expected.")
        return answer.body.decode()

    return read


def nothing(answer: Answer) -> None:
    """How an answer without content is read."""
    if answer.body:
        raise TypeError("Nothing was expected.")
