"""kill -9 under load: of the API, of the dispatcher, of the store's server, of a service with all three."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from random import Random

from tests.faults.load import Doc, Load, load_on
from tests.faults.scene import SEED, lived, rounds
from tests.faults.world import Process, World, world_of

ROUNDS_A_WORLD = 10
MOST_PAUSE_S = 0.5
ASSIGNMENT = {"task.enqueued", "task.accepted", "task.completed"}


@lived
async def test_kill_9_of_api_dispatcher_and_store() -> None:
    """Whoever is killed, at whatever moment: nothing acknowledged is lost, and nothing is done twice."""
    chances = rounds("kill -9", short=3)
    for first in chances:
        some = chain([first], islice(chances, ROUNDS_A_WORLD - 1))
        async with world_of() as world:
            store = world.server()
            api, dispatcher = world.service("api"), world.service("dispatcher")
            for service in (api, dispatcher):
                await service.ready()
            async with load_on([api.url], Random(SEED)) as load:
                await kill_in_turn(world, load, (api, dispatcher, store), some)


async def kill_in_turn(
    world: World, load: Load, victims: Sequence[Process], chances: Iterable[Random]
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
async def test_fault_15_history_outlives_the_assignment() -> None:
    """kill -9 of a service, which finds its store running, and of its store, which it starts again: what a
    completed task went through is told as before, from its making to its end.
    """
    async with world_of(embedded=True) as world:
        service = world.service("serve")
        await service.ready()
        async with load_on([service.url], Random(SEED)) as load:
            for chance in rounds("kill -9 of serve and of its store", short=1, share=0.2):
                await load.goes_on(10)
                before = await completed(load)
                assert all(ways(moments) >= ASSIGNMENT for moments in before.values())
                await kill_both(world, service, load, chance)
                assert before == {task: await told(load, task) for task in before}
                await world.check(load)


async def kill_both(world: World, service: Process, load: Load, chance: Random) -> None:
    """Kill the service, and when it is back and works, its store."""
    await load.rest(chance.random() * MOST_PAUSE_S)
    pid = await world.server_pid()
    service.kill()
    await service.gone()
    service.start()
    await load.goes_on(10)
    assert await world.server_pid() == pid, "the store outlives its service"
    await load.rest(chance.random() * MOST_PAUSE_S)
    os.kill(pid, signal.SIGKILL)
    await load.goes_on(20)
    assert await world.server_pid() != pid, "the service starts its store again"


async def completed(load: Load) -> dict[str, list[Doc]]:
    """The histories of the tasks that are completed now."""
    items = (await load.read("/v1/tasks?state=completed"))["items"]
    return {task["id"]: await told(load, task["id"]) for task in items}


async def told(load: Load, task: str) -> list[Doc]:
    return list((await load.read(f"/v1/tasks/{task}/history"))["items"])


def ways(moments: list[Doc]) -> set[str]:
    return {moment["type"] for moment in moments}
