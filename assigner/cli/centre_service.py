"""The centre that is there: read from a running service, and changed there one guarded step at a time."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from api.errors import ApiError
from api.shapes import MOST_SHOWN, READ_ONLY
from assigner.cli.centre_file import STRUCTS, Doc, Docs, normal
from assigner.domain.lifecycle import OPEN_STATES, State

ENDED: Final = tuple(state for state in State if state not in OPEN_STATES)
PATIENCE_S: Final = 60.0
NDJSON: Final = {"Content-Type": "application/x-ndjson"}
_KEPT: Final = {kind: READ_ONLY[struct] | {"id"} for kind, struct in STRUCTS.items()}
"""What the service keeps itself of a record."""

Answer = dict[str, Any]


class Broken(Exception):
    """The service cannot be asked any further; the text says why, and `key` is that of the sentence."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(why)
        self.key = key


class Refused(Exception):
    """The service refuses one thing: its problem."""

    def __init__(self, problem: Answer) -> None:
        super().__init__(problem["detail"])
        self.problem = problem
        self.code: str = problem["code"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A record as it is there now, and the ETag of what was read; `doc` is None when there is none."""

    doc: Doc | None
    etag: str = ""


@contextmanager
def connected(url: str, key: str = "") -> Iterator[httpx.Client]:
    """A client of the service, with a key where there is one; this machine is asked without a proxy."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    here = _is_here(url)
    with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE_S, trust_env=not here) as client:
        yield client


def read(
    client: httpx.Client, kinds: Sequence[str], advance: Callable[[int], None] = lambda count: None
) -> dict[str, Docs]:
    """The documents of these sections: queues that were put, agents, open tasks; each by id."""
    found: dict[str, Docs] = {}
    for kind in kinds:
        found[kind] = {}
        for items in _pages(client, kind, {"limit": MOST_SHOWN}):
            found[kind] |= {item["id"]: _document(kind, item) for item in items if item["version"] > 0}
            advance(len(items))
    return found


def ended(client: httpx.Client, wanted: set[str]) -> set[str]:
    """Those of these tasks that have ended, and are known still."""
    found: set[str] = set()
    for state in ENDED:
        for items in _pages(client, "tasks", {"limit": MOST_SHOWN, "state": state.value}):
            found |= wanted & {item["id"] for item in items}
            if found == wanted:
                return found
    return found


def hold(client: httpx.Client, kind: str, id: str) -> Held:
    """One record as it is now. Raises Refused."""
    try:
        answered = _ask(client, "GET", _path(kind, id))
    except Refused as error:
        if error.problem["status"] == HTTPStatus.NOT_FOUND:
            return Held(doc=None)
        raise
    item = _json(client, answered)
    return Held(doc=_document(kind, item), etag=answered.headers.get("etag", ""))


def put(client: httpx.Client, kind: str, id: str, doc: Doc, etag: str | None) -> None:
    """Make a record that is not there (`etag` None), or replace the one that was read. Raises Refused."""
    guard = {"If-None-Match": "*"} if etag is None else {"If-Match": etag}
    _ask(client, "PUT", _path(kind, id), msgspec.json.encode(doc), guard)


def remove(client: httpx.Client, kind: str, id: str, etag: str) -> None:
    """Remove the record that was read. Raises Refused."""
    _ask(client, "DELETE", _path(kind, id), b"", {"If-Match": etag})


def batch(client: httpx.Client, kind: str, docs: Sequence[tuple[str, Doc]]) -> list[Answer]:
    """Send records in one batch: the service's answer to each, in order. When the batch broke off, the last
    is of no line, and says why.
    """
    body = b"\n".join(msgspec.json.encode({"id": id, **doc}) for id, doc in docs)
    answered = _ask(client, "POST", f"/v1/{kind}/batch", body, NDJSON)
    try:
        return [msgspec.json.decode(line) for line in answered.content.splitlines()]
    except msgspec.DecodeError as error:
        raise Broken("not_a_service", str(error)) from None


def _path(kind: str, id: str) -> str:
    return f"/v1/{kind}/{quote(id, safe='')}"


def _pages(client: httpx.Client, kind: str, query: Mapping[str, Any]) -> Iterator[list[Answer]]:
    """The pages of a list."""
    cursor: dict[str, str] = {}
    while True:
        answer = _json(client, _ask(client, "GET", f"/v1/{kind}", params={**query, **cursor}))
        if not {"items", "next"} <= answer.keys():
            raise Broken("not_a_service", f"/v1/{kind}")
        yield answer["items"]
        if answer["next"] is None:
            return
        cursor = {"cursor": answer["next"]}


def _document(kind: str, item: Answer) -> Doc:
    """What a client said of a record."""
    said = {name: value for name, value in item.items() if name not in _KEPT[kind]}
    try:
        return normal(kind, item["id"], said)
    except ApiError as error:
        faults = getattr(error, "faults", [])
        told = f"/{kind}/{item['id']}{faults[0].pointer}: {faults[0].detail}" if faults else error.detail
        raise Broken("other_version", told) from None


def _ask(
    client: httpx.Client,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, Any] | None = None,
) -> httpx.Response:
    """The answer to a request. Raises Refused for what may be mended, and Broken for what may not."""
    try:
        answered = client.request(method, path, content=body, headers=headers, params=params)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise Broken("not_reached", str(error) or type(error).__name__) from None
    if answered.is_success:
        return answered
    problem = _problem(client, answered)
    if answered.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Broken("not_reached", f"{answered.status_code}: {problem['detail']}")
    raise Refused(problem)


def _problem(client: httpx.Client, answered: httpx.Response) -> Answer:
    problem = _json(client, answered)
    if not {"code", "detail", "status"} <= problem.keys():
        raise Broken("not_a_service", f"{answered.status_code} {answered.reason_phrase}")
    return problem


def _json(client: httpx.Client, answered: httpx.Response) -> Answer:
    """The object that an answer is."""
    try:
        data = msgspec.json.decode(answered.content)
    except msgspec.DecodeError:
        data = None
    if not isinstance(data, dict):
        raise Broken("not_a_service", f"{answered.status_code} {answered.reason_phrase}")
    return data


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
