"""A real store that is killed: streams stay, and go on when it is back; what it has lost is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.faults.scene import lived
from tests.faults.world import DEADLINE_S, Process, World, world_of

Blocks = AsyncIterator[dict[str, str]]


@asynccontextmanager
async def _follow(world: World, service: Process) -> AsyncIterator[Blocks]:
    async with world.http.stream("GET", service.url + "/v1/events", timeout=DEADLINE_S) as response:
        assert response.status_code == 200
        yield _blocks(response)


async def _blocks(response: httpx.Response) -> Blocks:
    found: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(":")
            found[name] = value.removeprefix(" ")
        else:
            yield found
            found = {}


async def _event(blocks: Blocks) -> dict[str, Any]:
    async with asyncio.timeout(DEADLINE_S):
        async for block in blocks:
            if "data" in block:
                told: dict[str, Any] = json.loads(block["data"])
                return {"type": block["event"], **told} if "event" in block else told
    raise AssertionError("The stream has ended.")


async def _make(world: World, service: Process, task: str) -> None:
    made = await world.http.post(service.url + "/v1/tasks", json={"id": task})
    assert made.status_code == 201, made.text


@lived
async def test_streams_go_on_when_the_store_was_killed_and_is_back() -> None:
    async with world_of() as world:
        server = world.server()
        await world.answers()
        service = world.service("serve")
        await service.ready()
        async with _follow(world, service) as blocks:
            for number in range(3):
                await _make(world, service, f"before-{number}")
                assert (await _event(blocks))["subject"] == f"before-{number}"
                server.kill()
                async with asyncio.timeout(DEADLINE_S):
                    async for block in blocks:
                        if "store" in block.get("", ""):
                            break
                server.start()
                await service.ready()
            await _make(world, service, "after")
            assert (await _event(blocks))["subject"] == "after"


@lived
async def test_who_follows_is_told_what_a_store_has_lost() -> None:
    async with world_of() as world:
        server = world.server("fast")
        await world.answers()
        service = world.service("serve")
        await service.ready()
        async with _follow(world, service) as blocks:
            await _make(world, service, "lost")
            assert (await _event(blocks))["subject"] == "lost"
            server.kill()
            for file in (world.folder / "appendonlydir").iterdir():
                file.unlink()
            server.start()
            assert (await _event(blocks))["type"] == "reset"
            await service.ready()
            await _make(world, service, "after")
            assert (await _event(blocks))["subject"] == "after"
