"""Agents: put, changed, removed, present or away, and listed."""

from __future__ import annotations

from typing import Unpack

from assigner.client.batches import Line, Many, batch
from assigner.client.call import Call, Guard, change, get, nothing, path
from assigner.client.fields import AgentFields, AgentFilter, HandlingFilter, Instant, Presence
from assigner.client.methods import Resource, S, asks, walks
from assigner.client.reading import one, pages
from assigner.client.records import Agent, HandlingTime
from assigner.client.script import Script


class Agents(Resource[S]):
    """`client.agents`."""

    __slots__ = ()

    @asks
    def put(self, id: str, **said: Unpack[AgentFields]) -> Call[Agent]:
        """Make an agent, or replace all that was said of them; without `presence` they keep theirs."""
        return change("PUT", path("agents", id), one(Agent), {**said})

    @asks
    def patch(self, id: str, **said: Unpack[AgentFields]) -> Call[Agent]:
        """Change the fields given; None puts one back to its default."""
        return change("PATCH", path("agents", id), one(Agent), {**said})

    @asks
    def presence(
        self, id: str, presence: Presence, until: Instant | None = None, **guard: Unpack[Guard]
    ) -> Call[Agent]:
        """Whether the agent takes work. At `until` who was available goes offline, and others come back."""
        said = {"presence": presence, "until": until, **guard}
        return change("PUT", path("agents", id, "presence"), one(Agent), said)

    @asks
    def get(self, id: str) -> Call[Agent]:
        """An agent, with what they hold now."""
        return get(path("agents", id), one(Agent))

    @asks
    def remove(self, id: str, **guard: Unpack[Guard]) -> Call[None]:
        """Forget an agent; one who still has work raises Conflict."""
        return change("DELETE", path("agents", id), nothing, {**guard})

    @walks
    def list(self, **wanted: Unpack[AgentFilter]) -> Script[Agent]:
        """Agents, by id."""
        return pages(path("agents"), Agent, {**wanted})

    @walks
    def handling(self, **wanted: Unpack[HandlingFilter]) -> Script[HandlingTime]:
        """How long agents are expected to take, as it was learned: by category, and in each by agent, after
        what is expected of everybody.
        """
        return pages(path("handling"), HandlingTime, {**wanted})

    @walks
    def batch(self, agents: Many) -> Script[Line]:
        """Put many agents, any number of them: each a mapping with its `id`. Gives what became of each."""
        return batch(path("agents", "batch"), agents, self.sender.manner.pauses)
