"""How the service stands, asked once a second: the numbers of the view are the service's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from assigner.demo.service import Refused, Service

Record = dict[str, Any]

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
    stats = await service.get("/v1/stats")
    ids = [queue["id"] for queue in (await service.get("/v1/queues"))["items"]]
    queues = [await service.get(f"/v1/queues/{id}/stats") for id in ids]
    agents = await service.all("/v1/agents")
    why = await _why(service, before.why if before else None, now_s)
    return Board(stats=stats, queues=queues, agents=agents, why=why)


async def _why(service: Service, before: Why | None, now_s: float) -> Why | None:
    """Why one of the oldest tasks waits: the same one for a while, then the next."""
    listed = (await service.get(f"/v1/tasks?state=queued&limit={CANDIDATES}"))["items"]
    ids = [task["id"] for task in listed]
    shown = before if before and before.task in ids else None
    if shown and now_s < shown.since_s + ROTATE_S:
        return shown
    following = ids[ids.index(shown.task) + 1 :] if shown else []
    for id in [*following, *ids][:3]:
        try:
            told = await service.get(f"/v1/tasks/{id}/explanation")
        except Refused:
            continue
        if detail := told.get("detail"):
            return Why(task=id, detail=detail, unblock=told.get("unblock"), since_s=now_s)
    return None
