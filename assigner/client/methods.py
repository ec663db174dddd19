"""How a method is written once and is there twice: it says what to ask, and its client's sender asks it.

`@asks` is a method that returns a Call: it gives the result, or with an AsyncClient an awaitable of it.
`@walks` is one that returns a Script: it gives a generator, or an asynchronous one, which may be closed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from functools import wraps
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from assigner.client.call import Call
from assigner.client.script import Script
from assigner.client.senders import AsyncSender, Sender

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound=Sender | AsyncSender)


class Resource(Generic[S]):
    """A part of the API; its methods ask through the sender."""

    __slots__ = ("sender",)

    def __init__(self, sender: S) -> None:
        self.sender: S = sender


class asks(Generic[P, T]):  # noqa: N801 - a decorator
    """A method that is one request."""

    def __init__(self, make: Callable[Concatenate[Any, P], Call[T]]) -> None:
        self.make = make
        self.__doc__ = make.__doc__
        self._method = _asking(make)

    @overload
    def __get__(self, part: Resource[Sender], owner: object = None) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, part: Resource[AsyncSender], owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __get__(self, part: None, owner: object = None) -> asks[P, T]: ...
    def __get__(self, part: Any, owner: object = None) -> Any:
        return self if part is None else MethodType(self._method, part)


class walks(Generic[P, T]):  # noqa: N801 - a decorator
    """A method that is many requests, and gives its items one after the other."""

    def __init__(self, make: Callable[Concatenate[Any, P], Script[T]]) -> None:
        self.make = make
        self.__doc__ = make.__doc__
        self._method = _walking(make)

    @overload
    def __get__(
        self, part: Resource[Sender], owner: object = None
    ) -> Callable[P, Generator[T, None, None]]: ...
    @overload
    def __get__(
        self, part: Resource[AsyncSender], owner: object = None
    ) -> Callable[P, AsyncGenerator[T, None]]: ...
    @overload
    def __get__(self, part: None, owner: object = None) -> walks[P, T]: ...
    def __get__(self, part: Any, owner: object = None) -> Any:
        return self if part is None else MethodType(self._method, part)


def _asking(make: Callable[..., Call[Any]]) -> Callable[..., Any]:
    @wraps(make)
    def method(part: Resource[Any], /, *args: Any, **fields: Any) -> Any:
        return part.sender.ask(make(part, *args, **fields))

    return method


def _walking(make: Callable[..., Script[Any]]) -> Callable[..., Any]:
    @wraps(make)
    def method(part: Resource[Any], /, *args: Any, **fields: Any) -> Any:
        return part.sender.walk(make(part, *args, **fields))

    return method
