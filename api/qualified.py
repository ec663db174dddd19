"""Does anybody qualify for a task, by what they can do and may do, whoever is there just now?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from assigner.domain import eligibility
from assigner.domain.agent import Agent
from assigner.domain.records import AgentRecord, Doc
from assigner.domain.roster import Roster
from assigner.domain.task import Requirement, Task

STANDING = (
    eligibility.pinned_elsewhere,
    eligibility.excluded,
    eligibility.skill_missing,
    eligibility.level_too_low,
    eligibility.wrong_channel,
)
"""The rules whose answer does not pass with time, presence or load."""
_MOST_KEPT = 50_000


class Qualified:
    """Agents by what they can do; each distinct question is answered once."""

    def __init__(self, agents: Iterable[AgentRecord]) -> None:
        self._roster = Roster([_able(agent) for agent in agents], now=0)
        self._kept: dict[tuple[object, ...], bool] = {}

    def any(self, doc: Doc, size: int) -> bool:
        """Whether there is an agent who could ever take a task of this document and size."""
        key = _key(doc, size)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            found = self._kept[key] = self._ask(doc, size)
        return found

    def _ask(self, doc: Doc, size: int) -> bool:
        task = Task(
            id="",
            requirement=Requirement(
                skills=tuple(doc.get("skills", {}).items()),
                any_skills=tuple(tuple(skills.items()) for skills in doc.get("any_skills", ())),
                channel=doc.get("channel"),
                size=size,
            ),
            created_at=0,
            excluded_agents=tuple(doc.get("excluded_agents", ())),
            pinned_agent=doc.get("pinned_agent"),
        )
        left = self._roster.capable(size)
        for rule in STANDING:
            left &= ~rule(task, self._roster)
        return left != 0


def _able(agent: AgentRecord) -> Agent:
    channels = agent.doc.get("channels")
    return Agent(
        id=agent.id,
        skills=agent.doc.get("skills", {}),
        channels=None if channels is None else frozenset(channels),
        capacity=agent.capacity,
    )


def _key(doc: Doc, size: int) -> tuple[object, ...]:
    named: tuple[Any, ...] = ()
    if "pinned_agent" in doc or "excluded_agents" in doc:
        named = (doc.get("pinned_agent"), *doc.get("excluded_agents", ()))
    sets = tuple([tuple(skills.items()) for skills in doc.get("any_skills", ())])
    return (size, doc.get("channel"), tuple(doc.get("skills", {}).items()), sets, named)
