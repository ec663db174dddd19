"""What each verb on agents, queues and keys means."""

from __future__ import annotations

from dataclasses import replace

from assigner.domain.agent import Presence
from assigner.domain.records import AgentRecord, QueueRecord
from assigner.store.base import OnAgent, PutAgent, PutKey, PutQueue
from assigner.store.state import Happened, Judged, Records, present, refuse


def put_agent(records: Records, c: PutAgent) -> Judged:
    """Make an agent, or replace what the client said of them."""
    known = records.agents.get(c.agent)
    version = known.version if known else 0
    if c.version not in (None, version):
        return refuse("stale_version", version=version)
    agent = known or AgentRecord(
        id=c.agent,
        doc={},
        version=0,
        presence=Presence.AVAILABLE,
        load=0,
        updated_at=c.now,
        idle_since=c.now,
    )
    agent = replace(agent, doc=c.doc, capacity=c.capacity, version=version + 1, updated_at=c.now)
    if c.presence is not None:
        agent = replace(agent, presence=c.presence, presence_until=c.presence_until)
    return [Happened(type="agent.put", agent=agent)]


def set_presence(records: Records, c: OnAgent) -> Judged:
    """Say whether an agent is available."""
    agent = records.agents.get(c.agent)
    if agent is None:
        return refuse("unknown_agent")
    if c.version not in (None, agent.version):
        return refuse("stale_version", version=agent.version)
    agent = replace(present(agent, c.presence, c.presence_until, c.now), last_seen_at=c.now)
    return [Happened(type="agent.presence_set", agent=agent)]


def remove_agent(records: Records, c: OnAgent) -> Judged:
    """Forget an agent who holds nothing."""
    agent = records.agents.get(c.agent)
    if agent is None:
        return refuse("unknown_agent")
    if c.version not in (None, agent.version):
        return refuse("stale_version", version=agent.version)
    if agent.load:
        return refuse("agent_has_work", load=agent.load)
    return [Happened(type="agent.removed", agent=agent)]


def put_queue(records: Records, c: PutQueue) -> Judged:
    """Make a queue, or replace its settings."""
    known = records.queues.get(c.queue)
    version = known.version if known else 0
    if c.version not in (None, version):
        return refuse("stale_version", version=version)
    queue = QueueRecord(id=c.queue, doc=c.doc, version=version + 1, updated_at=c.now)
    return [Happened(type="queue.put", queue=queue)]


def put_key(records: Records, c: PutKey) -> Judged:
    """Make an API key, or replace it."""
    known = records.keys.get(c.key.id)
    version = known.version if known else 0
    if c.version not in (None, version):
        return refuse("stale_version", version=version)
    return [Happened(type="key.put", key=replace(c.key, version=version + 1))]
