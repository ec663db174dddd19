"""What is kept from one run of the demo to the next: the centre in the service, and how it was made."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from api.messages import Language
from assigner.client import Agent, Task
from assigner.demo import centre, keys
from assigner.demo.centre import Wanted
from assigner.demo.service import DemoError, Service, left, put_away
from assigner.demo.words import say
from assigner.store import embedded
from assigner.store.base import StoreRefused

T = TypeVar("T")

MADE: Final = "centre.json"
"""In the demo's directory: how its centre was made. A store without it is somebody else's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The centre at the beginning of a run: how it was made, who is there, what is open, which number the
    next task has; in which queues work not begun stays with an agent who leaves; since when the centre had
    been left, None when it is new, and when this run began, both in milliseconds since 1970.
    """

    wanted: Wanted
    agents: Sequence[Agent]
    tasks: Sequence[Task]
    next_number: int
    keeping: frozenset[str]
    left_at: int | None
    began_ms: int


async def forget(folder: Path, language: Language) -> None:
    """Empty the demo's directory. Raises DemoError when it is not the demo's, or in use."""
    store = folder / "store"
    if not store.exists():
        return
    if not (folder / MADE).exists():
        raise DemoError(say("somebodys", language, folder=folder))
    await left(folder)
    await put_away(folder)
    _erase(folder, language)


def last_written(folder: Path) -> int:
    """When the store was written last, in milliseconds since 1970; asked before a service has it."""
    log = folder / "store" / "appendonlydir"
    return max((file.stat().st_mtime_ns // 1_000_000 for file in log.glob("*")), default=0)


async def open_centre(service: Service, folder: Path, wanted: Wanted, now_ms: int, left_at: int) -> Opened:
    """The centre that is in the service, or a new one. Raises DemoError when it is somebody else's."""
    client = service.client
    agents = await listed(client.agents.list())
    file = folder / MADE
    if not file.exists() and (len(agents) or len(await listed(client.tasks.list()))):
        raise DemoError(say("somebodys", service.language, folder=folder))
    known = agents and file.exists()
    made = msgspec.json.decode(file.read_bytes(), type=Wanted) if known else wanted
    file.write_bytes(msgspec.json.encode(asdict(replace(made, pace=wanted.pace))))
    if not known or made.pace != wanted.pace:
        await _make(service, replace(made, pace=wanted.pace), now_ms, anew=not known)
        agents = await listed(client.agents.list())
    await service.meet_all(agent.id for agent in agents)
    ended = await listed(client.tasks.list(state="completed"))
    tasks = await listed(client.tasks.list())
    number = centre.last_number([task["id"] for task in [*ended, *tasks]]) + 1
    queues = await listed(client.queues.list())
    return Opened(
        wanted=replace(made, pace=wanted.pace),
        agents=agents,
        tasks=tasks,
        next_number=number,
        keeping=frozenset(queue.id for queue in queues if not queue.release_on_absence),
        left_at=left_at if known else None,
        began_ms=now_ms,
    )


async def _make(service: Service, wanted: Wanted, now_ms: int, *, anew: bool) -> None:
    """Put the queues, the tasks of a new centre, and last the agents, by whom it is known to be complete.
    They have their keys before: from then on they are offered work, and are to hear of it.
    """
    client, made = service.client, centre.sample_centre(wanted, centre.now_utc(now_ms))
    await service.meet_all(made["agents"])
    for id, settings in made["queues"].items():
        await client.queues.put(id, **settings)
    for kind in ("tasks", "agents") if anew else ("agents",):
        lines = [{"id": id, **said} for id, said in made[kind].items()]
        await listed((client.tasks if kind == "tasks" else client.agents).batch(lines))


async def listed(found: AsyncIterator[T]) -> list[T]:
    """All that a list has."""
    return [item async for item in found]


def _erase(folder: Path, language: Language) -> None:
    try:
        claimed = embedded.claim(folder, "fast")
    except StoreRefused:
        raise DemoError(say("in_use", language, folder=folder)) from None
    shutil.rmtree(folder / "store")
    (folder / MADE).unlink()
    keys.forget(folder)
    claimed.leave()
