"""Who carries a request to the service and its answer back, once: httpx, for either client.

Another carrier may be given to a client, such as one that costs less.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from typing import Any, Final, Protocol

import httpx

from assigner.client.call import LEAST_ERROR, Answer
from assigner.client.errors import AssignerError, NotReached
from assigner.client.retry import Ask

CONNECT_S: Final = 5.0
_NEVER: Final = (httpx.RequestError, httpx.InvalidURL)


class Carrier(Protocol):
    """Carries requests, from any thread."""

    def carry(self, ask: Ask) -> Answer:
        """The answer. Raises NotReached."""

    def open(self, ask: Ask) -> AbstractContextManager[tuple[Answer, Iterator[bytes]]]:
        """The head of an answer that has no end, and its bytes as they come. Raises NotReached."""

    def close(self) -> None:
        """Give up all connections."""


class AsyncCarrier(Protocol):
    """Carries requests of one event loop."""

    async def carry(self, ask: Ask) -> Answer:
        """The answer. Raises NotReached."""

    def open(self, ask: Ask) -> AbstractAsyncContextManager[tuple[Answer, AsyncIterator[bytes]]]:
        """The head of an answer that has no end, and its bytes as they come. Raises NotReached."""

    async def close(self) -> None:
        """Give up all connections."""


class HttpxCarrier:
    """Over httpx."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def carry(self, ask: Ask) -> Answer:
        """The answer. Raises NotReached."""
        try:
            return _answer(self.client.send(_request(self.client, ask)))
        except _NEVER as error:
            raise _lost(error) from error

    @contextmanager
    def open(self, ask: Ask) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """The head of an answer that has no end, and its bytes as they come. Raises NotReached."""
        try:
            response = self.client.send(_request(self.client, ask), stream=True)
            try:
                if response.status_code >= LEAST_ERROR:
                    response.read()
                yield _answer(response, whole=response.is_stream_consumed), self._bytes(response)
            finally:
                response.close()
        except _NEVER as error:
            raise _lost(error) from error

    def close(self) -> None:
        """Give up all connections."""
        self.client.close()

    def _bytes(self, response: httpx.Response) -> Iterator[bytes]:
        try:
            yield from response.iter_bytes()
        except _NEVER as error:
            raise _lost(error) from error


class AsyncHttpxCarrier:
    """Over httpx, in an event loop: each request over a client of httpx that nobody else uses meanwhile.

    A client of httpx that many requests share looks at all its connections for each of them: with 32 that
    takes three times as long as this.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._free: list[httpx.AsyncClient] = []
        self._all: list[httpx.AsyncClient] = []

    async def carry(self, ask: Ask) -> Answer:
        """The answer. Raises NotReached."""
        with self._lane() as client:
            try:
                return _answer(await client.send(_request(client, ask)))
            except _NEVER as error:
                raise _lost(error) from error

    @asynccontextmanager
    async def open(self, ask: Ask) -> AsyncIterator[tuple[Answer, AsyncIterator[bytes]]]:
        """The head of an answer that has no end, and its bytes as they come. Raises NotReached."""
        with self._lane() as client:
            try:
                response = await client.send(_request(client, ask), stream=True)
                try:
                    if response.status_code >= LEAST_ERROR:
                        await response.aread()
                    yield _answer(response, whole=response.is_stream_consumed), self._bytes(response)
                finally:
                    await response.aclose()
            except _NEVER as error:
                raise _lost(error) from error

    async def close(self) -> None:
        """Give up all connections."""
        for client in self._all:
            await client.aclose()

    @contextmanager
    def _lane(self) -> Iterator[httpx.AsyncClient]:
        """A client that nobody uses: the last used, whose connection is the least likely to be gone."""
        if not self._free:
            self._free.append(httpx.AsyncClient(**self._settings))
            self._all.append(self._free[-1])
        client = self._free.pop()
        try:
            yield client
        finally:
            self._free.append(client)

    async def _bytes(self, response: httpx.Response) -> AsyncIterator[bytes]:
        try:
            async for chunk in response.aiter_bytes():
                yield chunk
        except _NEVER as error:
            raise _lost(error) from error


def _request(client: httpx.Client | httpx.AsyncClient, ask: Ask) -> httpx.Request:
    timeout = httpx.Timeout(ask.timeout_s, connect=min(CONNECT_S, ask.timeout_s))
    headers: Mapping[str, str] = ask.headers
    return client.build_request(
        ask.method, ask.target, content=ask.body or None, headers=headers, timeout=timeout
    )


def _answer(response: httpx.Response, *, whole: bool = True) -> Answer:
    headers: dict[str, Any] = dict(response.headers)
    return Answer(status=response.status_code, headers=headers, body=response.content if whole else b"")


def _lost(error: Exception) -> AssignerError:
    """What a carrier raises: without the request, whose headers hold the key."""
    kind = AssignerError if isinstance(error, httpx.InvalidURL) else NotReached
    return kind(str(error) or type(error).__name__)
