"""How answers are read, page after page or line by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from assigner.client.call import Answer, decode, get
from assigner.client.record import Record
from assigner.client.script import Give, Script

R = TypeVar("R", bound=Record)

MOST_SHOWN: Final = 1_000
"""The most items that a page has; more of them cost fewer requests."""


def one(kind: type[R]) -> Callable[[Answer], R]:
    """How a record is read."""
    return lambda answer: kind(_object(answer), answer.headers.get("etag", ""))


def page(kind: type[R]) -> Callable[[Answer], tuple[Sequence[R], str | None]]:
    """How a page of records is read: its items, and where the next one begins, None after the last."""

    def read(answer: Answer) -> tuple[Sequence[R], str | None]:
        said = _object(answer)
        return [kind(item) for item in said["items"]], said["next"]

    return read


def items(kind: type[R]) -> Callable[[Answer], Sequence[R]]:
    """How a list is read that has one page."""
    return lambda answer: page(kind)(answer)[0]


def pages(target: str, kind: type[R], query: Mapping[str, Any]) -> Script[R]:
    """Every item of a list, page after page, as they are asked for."""
    asked = {"limit": MOST_SHOWN, **query}
    while True:
        found, following = yield get(target, page(kind), asked)
        yield Give(found)
        if following is None:
            return
        asked = {**asked, "cursor": following}


def _object(answer: Answer) -> dict[str, Any]:
    said = decode(answer.body)
    if not isinstance(said, dict):
        raise TypeError("An object was expected.")
    return said
