"""The centre that is there: read from a running service, and changed there one guarded step at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from api.errors import ApiError
from api.shapes import READ_ONLY
from assigner.cli.centre.file import STRUCTS, Doc, Docs, normal
from assigner.client import AssignerError, Client, NotOurs, NotReached, Problem
from assigner.domain.lifecycle import OPEN_STATES, State

ENDED: Final = tuple(state for state in State if state not in OPEN_STATES)
PATIENCE_S: Final = 60.0
RETRIES: Final = 3
"""A service that is not there is told within seconds: somebody waits for the prompt."""
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

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem: Answer = {**problem.said, "status": problem.status}
        self.code = problem.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A record as it is there now, and the ETag of what was read; `doc` is None when there is none."""

    doc: Doc | None
    etag: str = ""


@contextmanager
def connected(url: str, key: str = "") -> Iterator[Client]:
    """A client of the service, with a key where there is one. Raises Broken."""
    with _telling():
        client = Client(url, key, timeout_s=PATIENCE_S, retries=RETRIES)
    with client:
        yield client


def read(
    client: Client, kinds: Sequence[str], advance: Callable[[int], None] = lambda count: None
) -> dict[str, Docs]:
    """The documents of these sections: queues that were put, agents, open tasks; each by id."""
    found: dict[str, Docs] = {}
    with _telling():
        for kind in kinds:
            found[kind] = {}
            for item in _part(client, kind).list():
                if item.version > 0:
                    found[kind][item.id] = _document(kind, item)
                advance(1)
    return found


def ended(client: Client, wanted: set[str]) -> set[str]:
    """Those of these tasks that have ended, and are known still."""
    found: set[str] = set()
    with _telling():
        for state in ENDED:
            for task in client.tasks.list(state=state.value):
                found |= wanted & {task.id}
                if found == wanted:
                    return found
    return found


def hold(client: Client, kind: str, id: str) -> Held:
    """One record as it is now. Raises Refused."""
    try:
        with _telling():
            item = _part(client, kind).get(id)
    except Refused as error:
        if error.problem["status"] == HTTPStatus.NOT_FOUND:
            return Held(doc=None)
        raise
    return Held(doc=_document(kind, item), etag=item.etag)


def put(client: Client, kind: str, id: str, doc: Doc, etag: str | None) -> None:
    """Make a record that is not there (`etag` None), or replace the one that was read. Raises Refused."""
    guard = {"if_none_match": "*"} if etag is None else {"if_match": etag}
    with _telling():
        _part(client, kind).put(id, **doc, **guard)


def remove(client: Client, kind: str, id: str, etag: str) -> None:
    """Remove the record that was read. Raises Refused."""
    with _telling():
        _part(client, kind).remove(id, if_match=etag)


def batch(client: Client, kind: str, docs: Sequence[tuple[str, Doc]]) -> Iterator[Answer]:
    """Send records in a batch: the service's answer to each, in order. Raises Broken."""
    with _telling():
        for line in _part(client, kind).batch({"id": id, **doc} for id, doc in docs):
            yield dict(line)


def _part(client: Client, kind: str) -> Any:
    """The part of the client for these records; what is said of them is of the kind too."""
    return getattr(client, kind)


@contextmanager
def _telling() -> Iterator[None]:
    """What goes wrong with the client as Refused, for what may be mended, or as Broken, for what may not."""
    try:
        yield
    except NotReached as error:
        raise Broken("not_reached", str(error.__cause__ or error)) from None
    except NotOurs as error:
        raise Broken("not_a_service", str(error)) from None
    except Problem as error:
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Broken("not_reached", f"{error.status}: {error.detail}") from None
        if not error.code:
            raise Broken("not_a_service", f"{error.status} {error.detail}") from None
        raise Refused(error) from None
    except AssignerError as error:
        raise Broken("not_reached", str(error)) from None


def _document(kind: str, item: Mapping[str, Any]) -> Doc:
    """What a client said of a record. Raises Broken."""
    said = {name: value for name, value in item.items() if name not in _KEPT[kind]}
    if "said_due_at" in item:
        said["due_at"] = item["said_due_at"]  # what is shown may be what the queue promises
    try:
        return normal(kind, item["id"], said)
    except ApiError as error:
        faults = getattr(error, "faults", [])
        told = f"/{kind}/{item['id']}{faults[0].pointer}: {faults[0].detail}" if faults else error.detail
        raise Broken("other_version", told) from None
