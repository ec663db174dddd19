"""Several services on one store: racing, with wrong clocks, and one that was asleep while another led."""

from __future__ import annotations

import asyncio
import signal
from random import Random

from tests.faults.coordinators import coordinate
from tests.faults.load import load_on
from tests.faults.scene import SEED, lived, rounds
from tests.faults.world import Process, until, world_of

CLOCKS_MS = {"right": 0, "ahead": 10_000, "behind": -10_000}


async def all_ready(services: list[Process]) -> None:
    await asyncio.gather(*(service.ready() for service in services))


async def leader_of(services: list[Process]) -> Process:
    """The one that leads; returns when there is exactly one."""
    leaders: list[Process] = []

    async def one_leads() -> bool:
        leaders[:] = [service for service in services if await service.leads()]
        return len(leaders) == 1

    await until(one_leads, "one dispatcher leads")
    return leaders[0]


@lived
async def test_fault_1_services_that_race_give_no_task_twice_and_no_agent_too_much() -> None:
    """Two services on one store, and then three: no agent over capacity, no task given twice."""
    for chance in rounds("racing services", short=1, share=0.1):
        async with world_of() as world:
            world.server()
            services = [world.service("serve", f"serve-{number}") for number in range(2)]
            await all_ready(services)
            urls = [service.url for service in services]
            async with load_on(urls, chance) as load:
                await load.goes_on(25)
                await world.check(load)
                third = world.service("serve", "serve-2")
                await third.ready()
                urls.append(third.url)
                await load.goes_on(25)
                await leader_of([*services, third])
                await world.check(load)


@lived
async def test_a_clock_that_is_off_by_ten_seconds_breaks_nothing() -> None:
    """One service is right, one 10 s ahead, one 10 s behind; each leads once, as whoever leads is killed."""
    for chance in rounds("clocks off by 10 s", short=1, share=0.1):
        async with world_of() as world:
            world.server()
            services = [world.service("serve", name, skew_ms=ms) for name, ms in CLOCKS_MS.items()]
            await all_ready(services)
            urls = [service.url for service in services]
            async with load_on(urls, chance) as load:
                while True:
                    leader = await leader_of(services)
                    await load.goes_on(20)
                    await world.check(load)
                    if len(services) == 1:
                        break
                    leader.kill()
                    services.remove(leader)
                    urls.remove(leader.url)


@lived
async def test_a_dispatcher_that_slept_past_its_lease_does_nothing_when_it_wakes() -> None:
    """SIGSTOP of the one that leads, until another does; SIGCONT: it finds that it leads no more."""
    async with world_of() as world:
        world.server()
        api = world.service("api")
        dispatchers = [world.service("dispatcher", f"dispatcher-{number}") for number in range(2)]
        await all_ready([api, *dispatchers])
        async with load_on([api.url], Random(SEED)) as load:
            for chance in rounds("SIGSTOP past the lease", short=1, share=0.2):
                sleeper = await leader_of(dispatchers)
                await load.goes_on(10)
                await load.rest(chance.random())
                sleeper.send(signal.SIGSTOP)
                (other,) = (one for one in dispatchers if one is not sleeper)
                await until(other.leads, "the other leads")
                await load.goes_on(20)
                sleeper.send(signal.SIGCONT)
                assert await leader_of(dispatchers) is other
                await load.goes_on(10)
                await world.check(load)


@lived
async def test_what_coordinators_decide_holds_whoever_is_killed_meanwhile() -> None:
    """Overrides against each other and against what agents do; of two dispatchers the one that leads dies."""
    for chance in rounds("coordinators at work", short=1, share=0.1):
        async with world_of() as world:
            world.server()
            api = world.service("api")
            dispatchers = [world.service("dispatcher", f"dispatcher-{number}") for number in range(2)]
            await all_ready([api, *dispatchers])
            async with load_on([api.url], chance, others=[coordinate]) as load:
                await load.goes_on(20)
                leader = await leader_of(dispatchers)
                leader.kill()
                await load.goes_on(20)
                await world.check(load)
