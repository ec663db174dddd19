"""How the service stands, asked once a second: the numbers of the view are the service's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from assigner.client import AsyncClient, Problem
from assigner.demo.keep import listed
from assigner.demo.service import Service

Record = Mapping[str, Any]

ROTATE_S: Final = 6.0
"""How long one explanation is shown."""
CANDIDATES: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """A task that waits: why, in the service's words, and the smallest change that would unblock it; since
    when this is told, in seconds of the demo.
    """

    task: str
    detail: str
    unblock: Record | None
    since_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """How all stands, and each queue; the agents; and why one task waits."""

    stats: Record
    queues: Sequence[Record]
    agents: Sequence[Record]
    why: Why | None = None

    @property
    def waiting(self) -> int:
        """Tasks that wait for an agent."""
        return int(self.stats["tasks"]["queued"])

    @property
    def with_agents(self) -> int:
        """Tasks that agents have, or are offered."""
        return int(self.stats["tasks"]["assigned"] + self.stats["tasks"]["offered"])


async def look(service: Service, before: Board | None, now_s: float) -> Board:
    """The board at so many seconds of the demo."""
    client = service.client
    stats = await client.stats()
    queues = [await client.queues.stats(queue.id) async for queue in client.queues.list()]
    agents = await listed(client.agents.list())
    why = await _why(client, before.why if before else None, now_s)
    return Board(stats=stats, queues=queues, agents=agents, why=why)


async def _why(client: AsyncClient, before: Why | None, now_s: float) -> Why | None:
    """Why one of the oldest tasks waits: the same one for a while, then the next."""
    ids = await _oldest(client)
    shown = before if before and before.task in ids else None
    if shown and now_s < shown.since_s + ROTATE_S:
        return shown
    following = ids[ids.index(shown.task) + 1 :] if shown else []
    for id in [*following, *ids][:3]:
        try:
            told = await client.tasks.explanation(id)
        except Problem:
            continue
        if told.detail:
            return Why(task=id, detail=told.detail, unblock=told.unblock, since_s=now_s)
    return None


async def _oldest(client: AsyncClient) -> list[str]:
    """The ids of some that have waited longest."""
    ids: list[str] = []
    async for task in client.tasks.list(state="queued", limit=CANDIDATES):
        ids.append(task.id)
        if len(ids) == CANDIDATES:
            break
    return ids
