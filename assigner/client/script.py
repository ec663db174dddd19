"""What takes more than one request, described once for both clients: a generator that says its next step.

A Call is answered with its result, and raises its error; a number is a pause in seconds; Give hands items to
the caller; Take is answered with the next items of the caller's; Open begins an answer that has no end, and
More is answered with its next bytes, or None at its end.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from assigner.client.call import Call
from assigner.client.errors import AssignerError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Give(Generic[T_co]):
    """Items for the caller."""

    items: Sequence[T_co]


@dataclass(frozen=True, slots=True)
class Take:
    """Ask for at most so many of the caller's items; there are fewer at their end only."""

    source: Iterator[Any] | AsyncIterator[Any]
    most: int


@dataclass(frozen=True, slots=True)
class Open:
    """Begin an answer that has no end; errors are raised as for a Call, without another attempt."""

    call: Call[Any]


@dataclass(frozen=True, slots=True)
class More:
    """Ask for the next bytes of what was opened."""


Step = Call[Any] | Give[T] | Take | Open | More | float
Script = Generator[Step[T], Any, None]


def following(script: Script[T], found: Any) -> Step[T] | None:
    """The next step of a script that is told what came of the last one; None at its end."""
    try:
        return script.throw(found) if isinstance(found, AssignerError) else script.send(found)
    except StopIteration:
        return None


def taking(items: Iterable[Any] | AsyncIterable[Any]) -> Iterator[Any] | AsyncIterator[Any]:
    """The caller's items, to be taken one after the other."""
    return aiter(items) if isinstance(items, AsyncIterable) else iter(items)
