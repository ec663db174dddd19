"""Events: followed for ever, over as many connections as it takes."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from assigner.client.call import Call, decode, path, text, with_query
from assigner.client.errors import AssignerError, NotOurs, NotReached
from assigner.client.methods import Resource, S, walks
from assigner.client.records import Event, Reset
from assigner.client.retry import Manner, Patience
from assigner.client.script import Give, More, Open, Script

MEDIA_TYPE: Final = "text/event-stream"
ALL_SO_FAR: Final = b": That is all so far."
"""How the block begins that comes when everything has been told."""
QUIET_S: Final = 30.0
"""A stream without a sign of life for longer than this, besides the usual time, is broken; there is one every
15 seconds."""


class Events(Resource[S]):
    """`client.events`."""

    __slots__ = ()

    @walks
    def follow(
        self,
        since: str | datetime | None = None,
        types: Sequence[str] = (),
        queues: Sequence[str] = (),
        *,
        on: bool = True,
    ) -> Script[Event | Reset]:
        """What happens, as it happens, for ever: from now on, or from what came after the event, or the
        instant, `since`. Without `on`, only what has happened so far.

        Of some types only (`task.*` are all of tasks), or about some queues. A connection that breaks is made
        anew, and nothing is missed; where events were deleted meanwhile, a Reset comes in their place.
        """
        id, instant = (None, since.isoformat()) if isinstance(since, datetime) else (since, None)
        query = {"type": ",".join(types) or None, "queue": ",".join(queues) or None, "since": instant}
        return _follow(with_query(path("events"), query), Place(id, on=on), self.sender.manner)


def _follow(target: str, place: Place, manner: Manner) -> Script[Event | Reset]:
    """Follow, and come back to where it was left; the first time only as often as any request is tried."""
    patience = Patience(manner, manner.pauses())
    while True:
        error: AssignerError = NotReached(f"GET {target}: the stream ends as soon as it begins.")
        try:
            if (yield from _listen(target, place)):
                return
        except AssignerError as found:
            error = found
        if place.moved:
            patience.went_well()
            place.moved = False
        yield patience.pause_s(error)


@dataclass(slots=True)
class Place:
    """Where a reader is: the id of the last event, and whether it has moved over this connection. `on`: who
    goes on when they have heard all so far.
    """

    id: str | None
    moved: bool = False
    on: bool = True


def _listen(target: str, place: Place) -> Generator[Any, Any, bool]:
    """What one connection tells, until it ends; whether that is all."""
    headers = {"Accept": MEDIA_TYPE, **({"Last-Event-ID": place.id} if place.id else {})}
    yield Open(Call(method="GET", target=target, read=text(MEDIA_TYPE), headers=headers, waits_s=QUIET_S))
    rest = b""
    while (piece := (yield More())) is not None:
        *blocks, rest = (rest + piece).split(b"\n\n")
        told = [found for block in blocks for found in _told(block, place)]
        if told:
            yield Give(told)
        if not place.on and any(block.startswith(ALL_SO_FAR) for block in blocks):
            return True
    return False


def _told(block: bytes, place: Place) -> Iterator[Event | Reset]:
    """What one block of the stream tells; the place moves on also where that is nothing."""
    # A line ends with a line feed and nothing else: a text may have what Python takes for the end of one.
    lines = dict(line.split(": ", 1) for line in block.decode().split("\n") if line.find(": ") > 0)
    if id := lines.get("id"):
        place.id, place.moved = id, True
    if "data" not in lines:
        return
    try:
        said = decode(lines["data"])
    except msgspec.DecodeError:
        raise NotOurs("The stream of events is not one of this service.") from None
    yield Reset({"id": id, **said}) if lines.get("event") == "reset" else Event(said)
