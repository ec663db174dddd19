"""kill -9 under load: of the API, of the dispatcher, of the store's server, of a service with all three."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from random import Random

import httpx

from tests.faults.load import Load, load_on
from tests.faults.scene import lived, rounds
from tests.faults.world import Process, World, world_of

ROUNDS_A_WORLD = 10
MOST_PAUSE_S = 0.5


@lived
async def test_kill_9_of_api_dispatcher_and_store() -> None:
    """Whoever is killed, at whatever moment: nothing acknowledged is lost, and nothing is done twice."""
    left = list(rounds("kill -9", short=3))
    while left:
        async with world_of() as world:
            store = world.server()
            api, dispatcher = world.service("api"), world.service("dispatcher")
            for service in (api, dispatcher):
                await service.ready()
            async with load_on([api.url], left[0]) as load:
                await kill_in_turn(world, load, (api, dispatcher, store), left[:ROUNDS_A_WORLD])
        left = left[ROUNDS_A_WORLD:]


async def kill_in_turn(
    world: World, load: Load, victims: Sequence[Process], chances: Sequence[Random]
) -> None:
    """Kill one after the other, each at a random moment, start it again, and look."""
    for number, chance in enumerate(chances):
        await load.goes_on(10)
        await load.rest(chance.random() * MOST_PAUSE_S)
        victim = victims[number % len(victims)]
        victim.kill()
        await victim.gone()
        victim.start()
        await load.goes_on(20)
        await world.check(load)


@lived
async def test_kill_9_of_a_service_with_a_store_of_its_own() -> None:
    """The store outlives its service, which finds it again; a service starts its store again by itself."""
    async with world_of(embedded=True) as world:
        service = world.service("serve")
        await service.ready()
        chances = list(rounds("kill -9 of serve and of its store", short=1, share=0.2))
        async with load_on([service.url], chances[0]) as load:
            for chance in chances:
                await load.goes_on(10)
                await load.rest(chance.random() * MOST_PAUSE_S)
                first = await world.server_pid()
                service.kill()
                await service.gone()
                service.start()
                await load.goes_on(10)
                assert await world.server_pid() == first
                await load.rest(chance.random() * MOST_PAUSE_S)
                os.kill(first, signal.SIGKILL)
                await load.goes_on(20)
                assert await world.server_pid() != first
                await world.check(load)


@lived
async def test_field_15_history_outlives_the_assignment() -> None:
    """Accepted, completed, killed and started again: a task's history is there from its making to its end."""
    async with world_of(embedded=True) as world:
        service = world.service("serve")
        await service.ready()
        async with httpx.AsyncClient(base_url=service.url, timeout=20) as http:

            async def told() -> list[dict[str, str]]:
                return list((await http.get("/v1/tasks/t1/history")).json()["items"])

            await http.put("/v1/agents/ana", json={"skills": {"billing": 3}})
            await http.post("/v1/tasks", json={"id": "t1", "skills": {"billing": 2}})
            (offer,) = (await http.get("/v1/agents/ana/offers?wait_s=20")).json()["items"]
            await http.post(f"/v1/offers/{offer['id']}/accept")
            await http.post("/v1/tasks/t1/complete", json={"outcome": "refunded"})
            before = await told()
            service.kill()
            service.start()
            await service.ready()
            moments = await told()
    assert moments == before
    assert [moment["type"] for moment in moments] == [
        "task.enqueued", "task.offered", "task.accepted", "task.completed",
    ]  # fmt: skip
    assert [moment.get("agent") for moment in moments] == [None, "ana", "ana", "ana"]
    assert moments[-1]["outcome"] == "refunded"
