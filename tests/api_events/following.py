"""One who follows the events of a living service, and reads them one at a time."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any

from api.events.hub import Hub
from tests.api.running import DEADLINE_S
from tests.api_live.living import Living

Json = dict[str, Any]
Block = dict[str, str]


class Follower:
    """A stream, read block by block."""

    def __init__(self, address: tuple[str, int], query: str = "", **headers: str) -> None:
        self.connection = HTTPConnection(*address, timeout=DEADLINE_S)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request("GET", f"/v1/events{query and '?' + query}", headers=named)
        self.response = self.connection.getresponse()
        self.last = ""

    def block(self) -> Block | None:
        """The fields of the next block, a comment as that of no name; None at the end of the stream."""
        found: Block = {}
        while line := self.response.readline().decode():
            if line == "\n":
                self.last = found.get("id", self.last)
                return found
            name, _, value = line.rstrip("\n").partition(":")
            found[name] = value.removeprefix(" ")
        return None

    def blocks(self) -> Iterator[Block]:
        """The blocks up to the end of the stream. Fails when that does not come, signs of life or not."""
        end = time.monotonic() + DEADLINE_S
        while (found := self.block()) is not None:
            yield found
            assert time.monotonic() < end, "what is waited for has not come, and the stream goes on"

    def event(self) -> Json:
        """The next event; a reset is one of type `reset`."""
        for found in self.blocks():
            if "data" in found:
                data: Json = json.loads(found["data"])
                return {"type": found["event"], **data} if "event" in found else data
        raise AssertionError("The stream has ended.")

    def events(self, count: int) -> list[Json]:
        """So many events."""
        return [self.event() for _ in range(count)]

    def told(self, count: int) -> list[tuple[str, str]]:
        """Type and subject of so many events."""
        return [(event["type"], event.get("subject", "")) for event in self.events(count)]

    def comment(self) -> str:
        """The next comment."""
        for found in self.blocks():
            if "" in found:
                return found[""]
        raise AssertionError("The stream has ended.")

    def rest(self) -> list[Block]:
        """All blocks up to the end of the stream. Fails when that is not a clean one."""
        return list(self.blocks())

    def leave(self) -> None:
        """Go away."""
        self.connection.close()
        self.response.close()


@contextmanager
def follow(centre: Living, query: str = "", **headers: str) -> Iterator[Follower]:
    """Follow the events while the block runs. What comes before the first event has been read, where they
    are followed from now on.
    """
    one = Follower(centre.service.address, query, **headers)
    try:
        assert one.response.status == 200, one.response.read()
        assert one.block() == {"retry": "2000"}
        if not (headers or "last_event_id" in query or "since" in query):
            assert one.comment() == "That is all so far."
        yield one
    finally:
        one.leave()


def hub_of(centre: Living) -> Hub:
    """The hub of the only workspace."""
    hub: Hub = next(iter(centre.service.app.state.service.lives.values())).hub
    return hub
