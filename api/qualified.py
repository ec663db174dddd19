"""Does anybody qualify for a task, by what they can do and may do, whoever is there just now?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from assigner.domain.agent import Agent
from assigner.domain.eligibility import qualified
from assigner.domain.records import AgentRecord, Doc
from assigner.domain.roster import Roster
from assigner.domain.task import Requirement, Task

GROUP = 256
"""So many agents are asked together, and looked at again together when one of them has changed."""
_MOST_KEPT = 10_000


@dataclass(slots=True, eq=False)
class _Group:
    """Some agents, and their roster once somebody has asked."""

    agents: dict[str, AgentRecord] = field(default_factory=dict)
    roster: Roster | None = None

    def any(self, task: Task) -> bool:
        """Whether one of them could ever take the task."""
        if self.roster is None:
            self.roster = Roster([_able(agent) for agent in self.agents.values()], now=0)
        return qualified(task, self.roster) != 0


class Qualified:
    """Agents by what they can do; each distinct question is answered once, until that changes."""

    def __init__(self) -> None:
        self._groups: list[_Group] = []
        self._group_of: dict[str, _Group] = {}
        self._kept: dict[tuple[object, ...], bool] = {}

    def put(self, agent: AgentRecord) -> None:
        """Take in an agent, who may be known: only what they can do makes a difference."""
        group = self._group_of.get(agent.id)
        if group is None:
            if not self._groups or len(self._groups[-1].agents) >= GROUP:
                self._groups.append(_Group())
            group = self._group_of[agent.id] = self._groups[-1]
        known = group.agents.get(agent.id)
        group.agents[agent.id] = agent
        if known is None or _abilities(known) != _abilities(agent):
            self._change(group)

    def remove(self, id: str) -> None:
        """Forget an agent."""
        group = self._group_of.pop(id, None)
        if group is not None:
            del group.agents[id]
            if not group.agents:
                self._groups.remove(group)
            self._change(group)

    def _change(self, group: _Group) -> None:
        group.roster = None
        self._kept.clear()

    def any(self, doc: Doc, size: int) -> bool:
        """Whether there is an agent who could ever take a task of this document and size."""
        key = _key(doc, size)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            task = _task(doc, size)
            found = self._kept[key] = any(group.any(task) for group in self._groups)
        return found


def _task(doc: Doc, size: int) -> Task:
    return Task(
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


def _abilities(agent: AgentRecord) -> tuple[object, ...]:
    """What `_able` reads."""
    return agent.doc.get("skills", {}), agent.doc.get("channels"), agent.capacity


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
