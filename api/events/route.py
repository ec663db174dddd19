"""Events: what happens, as it happens, over one connection (server-sent events)."""

from __future__ import annotations

import asyncio
import difflib
import re
import socket
from collections.abc import Iterator

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.assign import client_leaves
from api.deps import caller, door, live, service
from api.errors import ApiError, Fault
from api.events.hub import Hub
from api.events.out import KINDS, TYPES, Wanted, comment, reset_of
from api.events.reader import Reader
from api.faults import ID, Invalid
from api.lists import query_instant
from api.problems import RETRY
from api.query import Route
from assigner.domain.frozen import frozen
from assigner.store.log import EventKey, event_key

router = APIRouter(tags=["events"], route_class=Route)

MEDIA_TYPE = "text/event-stream"
MOST_QUEUES = 100
"""How many queues a reader may name."""
MOST_ON_ITS_WAY = 2**18
"""Bytes that the system keeps for a reader who does not take them: it would keep megabytes."""
RETRY_MS = 2_000
"""When a client that has lost its connection comes back."""
EARLIER = "What happened before is not kept any more."
NO_LONGER = comment("Your key is no longer valid.")
_HEADERS = {"Cache-Control": "no-transform", "X-Accel-Buffering": "no"}
"""For proxies: pass on each piece, as it is. The edge says besides that nothing is to be stored."""
_EVENT_ID = re.compile(r"(\d{1,19})-(\d{1,19})")


@router.get("/v1/events", summary="What happens, as it happens (server-sent events)")
async def events(request: Request) -> Response:
    """Follow the events from now on, from the one in Last-Event-ID, or `since` an instant; every one is a
    CloudEvent.

    An event `reset` tells that some were missed: read again what you show. `type` and `queue` take several,
    with commas between; `task.*` is every type of task.
    """
    asked = _asked(request)
    parts = live(request)
    view = await parts.seen()
    after, note = asked.after, b""
    if after is None and asked.since is not None:
        id, whole = await parts.store.event_before(max(0, asked.since))
        after = event_key(id)
        note = b"" if whole else reset_of(after, EARLIER)
    if after is not None:
        await view.reached(after)
    if len(parts.hub.readers) >= service(request).settings.max_event_readers:
        raise ApiError("too_many_readers", headers=RETRY)
    if request.state.bodiless:
        return Response(headers=_HEADERS, media_type=MEDIA_TYPE)
    return Stream(request, parts.hub, Start(wanted=asked.wanted, after=after, note=note))


@frozen
class Asked:
    """What a reader asks for: what they want, and the event that they know, or since when."""

    wanted: Wanted
    after: EventKey | None
    since: int | None


@frozen
class Start:
    """How a stream begins: after which event (None: now), and what is told before."""

    wanted: Wanted
    after: EventKey | None
    note: bytes


class Stream(Response):
    """A stream of events, until one of the two ends it."""

    media_type = MEDIA_TYPE

    def __init__(self, request: Request, hub: Hub, start: Start) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._request, self._hub, self._start = request, hub, start

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. Raises ClientDisconnect where the client has gone already."""
        parts = service(self._request)
        transport = self._request.state.transport
        if transport.is_closing():
            raise ClientDisconnect
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_ON_ITS_WAY)
        reader = self._hub.join(self._start.wanted, self._start.after, transport.abort)
        parts.meters.gauges["assigner_event_readers"].inc()
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._serve(reader, send)
        finally:
            self._hub.leave(reader)
            parts.meters.gauges["assigner_event_readers"].dec()
            if reader.dropped:
                parts.meters.counters["assigner_event_readers_dropped_total"].inc()

    async def _serve(self, reader: Reader, send: Send) -> None:
        loop = asyncio.get_running_loop()

        async def give(piece: bytes) -> None:
            if piece:
                reader.since_s = loop.time()
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                reader.since_s = None

        reader.note(b"retry: %d\n\n%s" % (RETRY_MS, self._start.note))
        leaving = asyncio.create_task(client_leaves(self._request))
        leaving.add_done_callback(lambda _: reader.end())
        try:
            with door(self._request).staying(caller(self._request)) as over:
                over.add_done_callback(lambda _: reader.end(NO_LONGER))
                await self._hub.serve(reader, give)
        finally:
            leaving.cancel()
        await send({"type": "http.response.body", "body": b""})


def _asked(request: Request) -> Asked:
    """What a reader asks for. Raises Invalid, with every fault."""
    query = request.query_params
    faults = [*_type_faults(query.get("type")), *_queue_faults(query.get("queue"))]
    # A browser sends the header when it comes back, and the same query as at first.
    name, id = "/header/last-event-id", request.headers.get("last-event-id", "")
    if not id:
        name, id = "/query/last_event_id", query.get("last_event_id", "")
    if id and not _EVENT_ID.fullmatch(id):
        detail = f"{id[:60]!r} is not the id of an event: send one that you got, such as 1795345200000-0."
        faults.append(Fault(pointer=name, code="bad_event_id", detail=detail))
    since = None
    try:
        since = query_instant(query, "since")
    except Invalid as error:
        faults += error.faults
    if faults:
        raise Invalid(faults, len(faults))
    types = None if "type" not in query else frozenset(_types(query["type"]))
    queues = None if "queue" not in query else frozenset(query["queue"].split(","))
    wanted = Wanted(types=types, queues=queues)
    return Asked(wanted=wanted, after=event_key(id) if id else None, since=since)


def _types(text: str) -> Iterator[str]:
    """The types that are named; `task.*` names every type of task."""
    for name in dict.fromkeys(text.split(",")):
        kind = name.removesuffix("*")
        yield from (type for type in TYPES if type == name or (kind != name and type.startswith(kind)))


def _type_faults(text: str | None) -> Iterator[Fault]:
    known = (*TYPES, *(f"{kind}.*" for kind in KINDS))
    names = () if text is None else tuple(dict.fromkeys(text.split(",")))
    if len(names) > len(known):
        detail = f"{len(names)} types are named; there are {len(known)}: {', '.join(known)}."
        yield Fault(pointer="/query/type", code="too_long", detail=detail)
        return
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            maybe = f" Maybe {near[0]}." if near else ""
            detail = f"There is no type of event {name[:60]!r}.{maybe} There are: {', '.join(known)}."
            yield Fault(pointer="/query/type", code="unknown_value", detail=detail)


def _queue_faults(text: str | None) -> Iterator[Fault]:
    names = () if text is None else tuple(dict.fromkeys(text.split(",")))
    for name in names:
        if not ID.fullmatch(name):
            detail = f"{name[:60]!r} is not the id of a queue: 1 to 128 visible ASCII characters."
            yield Fault(pointer="/query/queue", code="bad_id", detail=detail)
    if len(names) > MOST_QUEUES:
        detail = f"{len(names)} queues are named; expected {MOST_QUEUES} at most."
        yield Fault(pointer="/query/queue", code="too_long", detail=detail)
