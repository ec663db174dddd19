"""What can go wrong, as one tree.

AssignerError            whatever this client raises
├── NotReached           the service was not reached, or its answer did not come, however often asked
├── NotOurs              what answered is not this service: a wrong address, or a proxy
└── Problem              the service says no: `status`, `code`, `detail`, `errors`
    ├── Malformed        400
    ├── Unauthorized     401, no key, or one that is wrong, revoked or expired
    ├── Forbidden        403, the key's role may not do this
    ├── NotFound         404
    ├── Conflict         409, somebody else was first, or the state does not allow it
    │   └── OfferGone    the offer was answered, taken back or has expired: take the next
    ├── Stale            412, it is not any more what `if_match` names
    ├── TooLarge         413
    ├── Invalid          422, every fault of the request is in `errors`
    ├── RateLimited      429, still after as many attempts as told; `retry_after_s`
    └── Failed           500 and above
        └── Unavailable  503, still after as many attempts as told; `retry_after_s`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from http import HTTPStatus
from typing import Any, Final

import msgspec


class AssignerError(Exception):
    """Whatever this client raises."""


class NotReached(AssignerError):
    """The service was not reached, or its answer did not come."""


class NotOurs(AssignerError):
    """What answered is not this service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong in a request: where (a JSON Pointer), a stable code, and a sentence."""

    pointer: str
    code: str
    detail: str


class Problem(AssignerError):
    """The service says no. `said` is all that it says (RFC 9457), of which the first faults are `errors`;
    an answer that is not the service's own has no `code`.
    """

    def __init__(self, status: int, said: Mapping[str, Any], asked: str, retry_after_s: float | None) -> None:
        self.status = status
        self.said = said
        self.asked = asked
        self.retry_after_s = retry_after_s
        self.code = str(said.get("code", ""))
        self.detail = str(said.get("detail", ""))
        self.request_id = str(said.get("request_id", ""))
        self.errors: Sequence[Fault] = tuple(_faults(said))
        total = said.get("errors_total")
        self.errors_total = total if isinstance(total, int) else len(self.errors)
        super().__init__(self._told())

    def __reduce__(self) -> tuple[Any, ...]:
        """How it goes to another process: made there of the same."""
        return type(self), (self.status, self.said, self.asked, self.retry_after_s)

    def _told(self) -> str:
        named = f", request {self.request_id}" if self.request_id else ""
        title = f"{said}. " if (said := self.said.get("title")) and not self.errors else ""
        lines = [f"{self.status} {self.code}: {title}{self.detail} ({self.asked}{named})"]
        lines += [f"{fault.pointer or 'the whole'}: {fault.detail} [{fault.code}]" for fault in self.errors]
        if (more := self.errors_total - len(self.errors)) > 0:
            lines.append(f"… and {more:,} more")
        return "\n  ".join(lines)


class Malformed(Problem):
    """The request is not HTTP, or its body is not JSON."""


class Unauthorized(Problem):
    """There is no key, or one that is wrong, revoked or expired."""


class Forbidden(Problem):
    """The key's role may not do this."""


class NotFound(Problem):
    """There is no such thing, or not in this key's workspace."""


class Conflict(Problem):
    """Somebody else was first, or the state does not allow it."""


class OfferGone(Conflict):
    """The offer was answered, taken back or has expired: take the next."""


class Stale(Problem):
    """It is not any more what `if_match` names; or it exists, and was to be new."""


class TooLarge(Problem):
    """The request has too many bytes."""


class Invalid(Problem):
    """The request is not valid: every fault is in `errors`."""


class RateLimited(Problem):
    """The key has asked too often."""


class Failed(Problem):
    """The service failed."""


class Unavailable(Failed):
    """The service cannot do it now."""


_BY_STATUS: Final[Mapping[int, type[Problem]]] = {
    400: Malformed,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Stale,
    413: TooLarge,
    422: Invalid,
    429: RateLimited,
    503: Unavailable,
}
_BY_CODE: Final[Mapping[str, type[Problem]]] = dict.fromkeys(
    ("offer_expired", "offer_revoked", "offer_taken"), OfferGone
)


def problem_of(status: int, headers: Mapping[str, str], body: bytes, asked: str) -> Problem:
    """The problem that an answer is."""
    return problem_in({**_said(status, body), "status": status}, asked, retry_after_s(headers))


def problem_in(said: Mapping[str, Any], asked: str, retry_after: float | None = None) -> Problem:
    """The problem that is told so: by an answer, or of one line of a batch."""
    status = int(said["status"])
    otherwise = Failed if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Problem
    kind = _BY_CODE.get(str(said.get("code"))) or _BY_STATUS.get(status, otherwise)
    return kind(status, said, asked, retry_after)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """After how many seconds the service asks to be asked again; None where it does not say so."""
    text = headers.get("retry-after", "")
    return float(text) if text.isdecimal() else None


def _said(status: int, body: bytes) -> Mapping[str, Any]:
    try:
        said = msgspec.json.decode(body)
    except msgspec.DecodeError:
        said = None
    if isinstance(said, dict) and "code" in said:
        return said
    return {"detail": f"{HTTPStatus(status).phrase if status in set(HTTPStatus) else 'An answer'}, "
                      "and not in this service's words: is this its address?"}  # fmt: skip


def _faults(said: Mapping[str, Any]) -> list[Fault]:
    names = [field.name for field in fields(Fault)]
    found = said.get("errors")
    every = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
    return [Fault(**{name: str(one.get(name, "")) for name in names}) for one in every]
