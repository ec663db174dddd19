"""How waiting tasks and free agents find each other: by what they have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from assigner.dispatch.entries import AgentEntry, TaskEntry
from assigner.dispatch.lines import Key, Kind, Line, kind_of, line_for
from assigner.domain.agent import Agent
from assigner.domain.preference import NEVER
from assigner.domain.task import Task

K = TypeVar("K")
L = TypeVar("L")
V = TypeVar("V")

ANYBODY: Key = ("anybody", "")


@dataclass(slots=True, eq=False)
class Index:
    """See the module."""

    lines_by_key: dict[Key, dict[int, Line]] = field(default_factory=dict)
    """The lines with a task in them, by what they ask first, each by its identity."""
    free_by_key: dict[Key, dict[str, AgentEntry]] = field(default_factory=dict)
    """The agents who get work and have room, by all that they have of what a line may ask first."""
    naming: dict[str, dict[str, tuple[bool, int]]] = field(default_factory=dict)
    """The waiting tasks that name each agent: whether they prefer them, and until when they bar them."""
    waiting: int = 0
    changed: set[Kind] = field(default_factory=set)
    """The kinds of the lines that were entered or left since this was last emptied."""
    _lines: dict[Kind, Line] = field(default_factory=dict)
    _holders: Counter[str] = field(default_factory=Counter)
    """How many agents have each skill."""
    _keyed_with: int = 0
    """How many agents there were when the keys of the lines were chosen."""

    def line_of(self, task: Task) -> Line | None:
        """The line of tasks like this one, if there is one."""
        return self._lines.get(kind_of(task))

    def lines(self) -> list[tuple[Kind, Line]]:
        """All lines with a task in them."""
        return list(self._lines.items())

    def line(self, kind: Kind) -> Line | None:
        """The line of a kind, if there is one."""
        return self._lines.get(kind)

    def enter(self, entry: TaskEntry) -> None:
        """Let a queued task stand in its line."""
        task, kind = entry.task, kind_of(entry.task)
        line = self._lines.get(kind)
        if line is None:
            line = self._lines[kind] = line_for(kind, key=self._key_of(kind))
            self.lines_by_key.setdefault(line.key, {})[id(line)] = line
        entry.waiting = line.add(task)
        self.changed.add(kind)
        for agent, how in _names(task):
            self.naming.setdefault(agent, {})[task.id] = how
        self.waiting += 1

    def leave(self, entry: TaskEntry) -> None:
        """Let it leave its line, if it stands in one."""
        if entry.waiting is None:
            return
        task, line = entry.task, entry.waiting.line
        kind = line.kind
        line.remove(entry.waiting)
        self.changed.add(kind)
        if not line:
            del self._lines[kind]
            _drop(self.lines_by_key, line.key, id(line))
        for agent, _ in _names(task):
            _drop(self.naming, agent, task.id)
        entry.waiting = None
        self.waiting -= 1

    def _key_of(self, kind: Kind) -> Key:
        """The rarest thing that whoever takes such a task must have."""
        if kind.pinned is not None:
            return ("agent", kind.pinned)
        skills = [skill for skill, _ in kind.requirement.skills]
        return ("skill", min(skills, key=lambda skill: self._holders[skill])) if skills else ANYBODY

    def _key_again(self, agents: int) -> None:
        """Find every line by what is rare among the agents there are now."""
        self._keyed_with = agents
        self.lines_by_key.clear()
        for kind, line in self._lines.items():
            line.key = self._key_of(kind)
            self.lines_by_key.setdefault(line.key, {})[id(line)] = line

    def add_agent(self, said: Agent, agents: int) -> None:
        """An agent has come, with whom there are so many."""
        for skill in said.skills:
            self._holders[skill] += 1
        if agents > 2 * self._keyed_with:
            self._key_again(agents)

    def forget_agent(self, entry: AgentEntry) -> None:
        """An agent has gone, or is not what they were."""
        self.set_free(entry, free=False)
        for skill in entry.said.skills:
            self._holders[skill] -= 1

    def set_free(self, entry: AgentEntry, *, free: bool) -> None:
        """Whether an agent gets work and has room."""
        if free == entry.free:
            return
        entry.free = free
        for key in entry.keys:
            if free:
                self.free_by_key.setdefault(key, {})[entry.record.id] = entry
            else:
                _drop(self.free_by_key, key, entry.record.id)


def agent_keys(agent: Agent) -> tuple[Key, ...]:
    """Everything that a line may ask first and this agent has."""
    return (ANYBODY, ("agent", agent.id), *(("skill", skill) for skill in agent.skills))


def _names(task: Task) -> Iterator[tuple[str, tuple[bool, int]]]:
    """The agents whom a task names: whether it prefers them, and until when it bars them."""
    if not (task.preferred_agents or task.excluded_agents or task.cooling_down):
        return
    barred = dict(task.cooling_down) | dict.fromkeys(task.excluded_agents, NEVER)
    preferred = set(task.preferred_agents)
    for agent in barred.keys() | preferred:
        yield agent, (agent in preferred, barred.get(agent, -NEVER))


def _drop(index: dict[K, dict[L, V]], key: K, inner: L) -> None:
    """Take one thing out of an index of dictionaries, and the dictionary with it when it was the last."""
    inside = index.get(key)
    if inside is not None:
        inside.pop(inner, None)
        if not inside:
            del index[key]
