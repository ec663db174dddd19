"""Coordinators at a load: overrides of all kinds, against each other and against what agents do, and undone.

Whatever they decide is refused now and then; what holds in the end is undone, so that all can be done.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.faults.load import QUEUES, RATE, SKILLS, Doc, Load

COORDINATORS = 3
LONGEST_S = 2
ACTIVE = "/v1/overrides?state=active"


async def coordinate(load: Load) -> None:
    """Decide by hand until nothing new is to be made; then undo what holds still."""
    async with asyncio.TaskGroup() as desk:
        for number in range(COORDINATORS):
            desk.create_task(_coordinator(load, f"coordinator{number}"))
    if not load.over.is_set():
        await _undo_all(load)


async def _undo_all(load: Load) -> None:
    """Undo what holds, until nothing does: a task that is held by hand waits for it."""
    while holds := (await load.read(f"{ACTIVE}&limit=500"))["items"]:
        for one in holds:
            await _undo(load, "coordinator", one["id"])


async def _coordinator(load: Load, name: str) -> None:
    chance = load.random
    while not (load.calm.is_set() or load.over.is_set()):
        if chance.random() < 0.3:
            if holds := await load.items(ACTIVE):
                await _undo(load, name, chance.choice(holds)["id"])
        else:
            said = _decision(chance, load.agents())
            await load.ask(name, "override", said["action"], "POST", "/v1/overrides", said)
        await load.rest(COORDINATORS / RATE)


async def _undo(load: Load, name: str, id: str) -> None:
    await load.ask(name, "undo", id, "DELETE", f"/v1/overrides/{id}", {})


def _decision(chance: Random, agents: list[str]) -> Doc:
    """An override: of a queue or an agent, or of tasks, which are those that a filter finds."""
    agent, queue = chance.choice(agents), chance.choice(list(QUEUES))
    filtered: Doc = {"filter": {"queue": queue}}
    asking: Doc = {"filter": {"skill": chance.choice(SKILLS)}}
    later = (datetime.now(UTC) + timedelta(seconds=LONGEST_S)).isoformat()
    action, target, more = chance.choice(
        (
            ("freeze", {"queue": queue}, {"until": later}),
            ("drain", {"agent": agent}, {"until": later, "started": chance.random() < 0.5}),
            ("exclude", {"queue": queue}, {"agent": agent}),
            ("exclude", asking, {"agent": agent, "until": later}),
            ("pin", filtered, {"agent": agent, "until": later, "replace": chance.random() < 0.5}),
            ("unpin", asking, {"replace": True}),
            ("reprioritise", filtered, {"priority": chance.randint(0, 100), "partial": True}),
            ("hold", asking, {"until": later}),
            ("transfer", asking, {"queue": queue}),
            ("release", {"agent": agent}, {}),
            ("assign", filtered, {"agent": agent, "force": True, "partial": True}),
            ("assign", asking, {"agent": agent, "partial": True}),
        )
    )
    said: dict[str, Any] = {"action": action, "target": target, "reason": "A storm.", **more}
    return said
