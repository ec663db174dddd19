"""A service that is told to stop while it is at work: nothing is cut, and another goes on at once."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx

from tests.faults.scene import lived
from tests.faults.world import DEADLINE_S, MOST, Process, until, world_of

POSTERS = 8
ENOUGH = 200
LONG_LEASE_S = "300"
"""Longer than the test may take: who leads next has not waited for it to run out."""


@dataclass(slots=True, kw_only=True)
class Asked:
    """What the clients of a service have been told by it, to its end."""

    made: list[str] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)
    streamed: bytearray = field(default_factory=bytearray)
    polled: httpx.Response | None = None
    following: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(self, service: Process, name: str) -> None:
        """Put in tasks until nobody is there: each answer comes whole, or the connection is refused."""
        async with httpx.AsyncClient(timeout=DEADLINE_S) as http:
            with suppress(httpx.TransportError):
                for number in range(MOST):
                    id = f"{name}-{number}"
                    answer = await http.post(f"{service.url}/v1/tasks", json={"id": id})
                    self.statuses.add(answer.status_code)
                    self.made.append(answer.json()["id"])

    async def follow(self, service: Process) -> None:
        """Follow the events until the service ends the stream, which is no error."""
        url = f"{service.url}/v1/events?type=task.enqueued"
        async with httpx.AsyncClient(timeout=DEADLINE_S) as http, http.stream("GET", url) as stream:
            async for piece in stream.aiter_raw():
                self.streamed += piece
                self.following.set()

    async def poll(self, service: Process) -> None:
        """Wait for offers, of which there will be none, for longer than the service lives."""
        async with httpx.AsyncClient(timeout=DEADLINE_S) as http:
            self.polled = await http.get(f"{service.url}/v1/offers?wait_s=30")


@asynccontextmanager
async def clients(service: Process) -> AsyncIterator[Asked]:
    """Clients of a service at work; when the block ends they have all been told something."""
    asked = Asked()
    async with asyncio.TaskGroup() as group:
        group.create_task(asked.follow(service))
        group.create_task(asked.poll(service))
        await asked.following.wait()
        for number in range(POSTERS):
            group.create_task(asked.post(service, f"t{number}"))
        yield asked


def events_of(streamed: bytes) -> list[tuple[str, str]]:
    """The id and the task of each event of a stream."""
    found = []
    for event in streamed.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in event.splitlines() if ": " in line)
        if "data" in lines:
            found.append((lines["id"], json.loads(lines["data"])["subject"]))
    return found


async def the_rest(service: Process, after: str, count: int) -> list[tuple[str, str]]:
    """What a reader who comes back to another service is told, until there are so many."""
    streamed = bytearray()
    headers = {"Last-Event-ID": after}
    url = f"{service.url}/v1/events?type=task.enqueued"
    async with (
        asyncio.timeout(DEADLINE_S),
        httpx.AsyncClient(timeout=DEADLINE_S) as http,
        http.stream("GET", url, headers=headers) as stream,
    ):
        pieces = stream.aiter_raw()
        while len(events_of(streamed)) < count:
            streamed += await anext(pieces)
    return events_of(streamed)


@lived
async def test_a_service_that_is_told_to_stop_cuts_nothing_and_another_leads_at_once() -> None:
    async with world_of() as world:
        world.server()
        await world.answers()
        first = world.service("serve", "first", ASSIGNER_LEASE_S=LONG_LEASE_S)
        await until(first.leads, "the first leads")
        second = world.service("serve", "second", ASSIGNER_LEASE_S=LONG_LEASE_S)
        await second.ready()
        assert not await second.leads()
        async with clients(first) as asked:

            async def enough() -> bool:
                return len(asked.made) > ENOUGH

            await until(enough, "the service is at work")
            first.send(signal.SIGTERM)
        assert first.running
        assert await asyncio.to_thread(first.running.wait, DEADLINE_S) == -signal.SIGTERM
        await first.gone()
        await until(second.leads, "the second leads")

        assert asked.statuses == {201}
        async with world.store() as store:
            assert {task.id for task in (await store.world()).tasks} == set(asked.made)
        assert asked.polled is not None
        assert (asked.polled.status_code, asked.polled.json()["items"]) == (200, [])
        assert asked.streamed.endswith(b"\n\n")
        seen = events_of(asked.streamed)
        more = await the_rest(second, seen[-1][0], len(asked.made) - len(seen))
        assert sorted(task for _, task in (*seen, *more)) == sorted(asked.made)
