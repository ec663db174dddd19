"""What each verb on a task means: from the records and a command to what happens, or to why it is refused.

The scripts in `lua/` say the same to the server; the tests send the same commands to both. Nothing here
writes: the caller applies what happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from assigner.domain.agent import Presence
from assigner.domain.lifecycle import NOT_BEFORE, TRANSITIONS, OfferState, State, Transition, allowed
from assigner.domain.records import AgentRecord, OfferRecord, TaskRecord
from assigner.store.base import Enqueue, MakeOffer, OnOffer, OnTask, Outcome
from assigner.store.overlay import adjusted, says, settled
from assigner.store.state import Happened, Judged, Records, facts_of, holder, present, refuse

HOLDING = (State.OFFERED, State.ASSIGNED)
"""The states in which a task takes capacity of its agent."""
SEEN = ("accept", "decline", "start", "complete")
"""The verbs by which an agent shows that they are there."""
RENEWING = ("update", "transfer", "reopen")
"""The verbs that may change what the client said."""
UNWANTED = ("decline", "expire", "revoke")
"""The verbs by which an offer comes to nothing: its task has waited all the while."""
WITH_DOC = frozenset(f"task.{TRANSITIONS[verb].event}" for verb in RENEWING)
"""The events whose doc the history keeps."""
CLOSED = {
    OfferState.EXPIRED: "offer_expired",
    OfferState.REVOKED: "offer_revoked",
    OfferState.ACCEPTED: "offer_taken",
    OfferState.DECLINED: "offer_taken",
}
"""What the late answer to a closed offer is told."""


def step(records: Records, verb: str, command: OnTask | OnOffer, at: int) -> Judged:
    """What a verb does to the records. `at` is the store's own clock, for guards that compare instants."""
    if isinstance(command, OnTask):
        return _on_task(records, verb, command, at)
    return _on_offer(records, verb, command, at)


def enqueue(records: Records, c: Enqueue) -> Judged:
    """Make a task; one that is there with the same content stays as it is."""
    known = records.tasks.get(c.task)
    if known is not None:
        same = (known.doc, known.queue, known.size) == (c.doc, c.queue, c.size)
        return [] if same else refuse("task_exists", state=known.state)
    return [Happened(type="task.enqueued", task=new_task(c))]


def new_task(c: Enqueue) -> TaskRecord:
    """The task that a command makes."""
    held = c.held_until is not None or c.hold_reason is not None
    return TaskRecord(
        id=c.task,
        doc=c.doc,
        state=State.HELD if held else State.QUEUED,
        queue=c.queue,
        size=c.size,
        version=1,
        created_at=c.created_at,
        queued_at=c.now,
        updated_at=c.now,
        held_until=c.held_until,
        hold_reason=c.hold_reason,
    )


def offer(records: Records, c: MakeOffer) -> Judged:
    """Propose a queued task to an agent with room for it."""
    task = records.tasks.get(c.task)
    if task is None:
        return refuse("unknown_task")
    if task.state not in TRANSITIONS["offer"].sources:
        return _wrong_state(task)
    if task.version != c.task_version or c.version not in (None, task.version):
        return refuse("stale_version", version=task.version)
    if c.offer in records.offers:
        return refuse("op_reused")
    agent = records.agents.get(c.agent)
    if agent is None:
        return refuse("unknown_agent")
    if refusal := _unfit(agent, agent.load + task.size):
        return refusal
    if c.agent_version not in (None, agent.version):
        return refuse("stale_version", version=agent.version)
    against = (f"freeze {task.queue}", f"drain {agent.id}", f"exclude {agent.id} {task.queue}")
    if by := holder(records, *against):
        return refuse("override_conflict", by=by.id, field="slot")
    return [_offered(task, agent, c)]


def _offered(task: TaskRecord, agent: AgentRecord, c: MakeOffer) -> Happened:
    """The offer as it is made; accepted at once where nobody is to be asked."""
    offer = OfferRecord(
        id=c.offer,
        task=c.task,
        agent=c.agent,
        state=OfferState.ACCEPTED if c.accept else OfferState.OPEN,
        size=task.size,
        offered_at=c.now,
        expires_at=c.expires_at,
        value=c.value,
        terms=c.terms,
        expected_ms=c.expected_ms,
    )
    after = replace(
        task,
        state=State.ASSIGNED if c.accept else State.OFFERED,
        version=task.version + 1,
        updated_at=c.now,
        agent=c.agent,
        offer=None if c.accept else c.offer,
        attempts=task.attempts + 1,
        assigned_at=c.now if c.accept else None,
        responded_at=_first(task, "responded_at", c.now) if c.accept else task.responded_at,
    )
    event = "task.accepted" if c.accept else "task.offered"
    return Happened(type=event, task=after, offer=offer, agent=_loaded(agent, task.size, c.now))


def _on_offer(records: Records, verb: str, c: OnOffer, at: int) -> Judged:
    offer = records.offers.get(c.offer)
    if offer is None:
        return refuse("unknown_offer")
    if offer.state is not OfferState.OPEN:
        return refuse(CLOSED[offer.state], state=offer.state)
    if verb in ("accept", "decline") and offer.expires_at <= at:
        return refuse("offer_expired", state=offer.state)
    if verb == "expire" and offer.expires_at > at:
        return refuse("not_due", due=offer.expires_at)
    task = records.tasks[offer.task]
    if c.version not in (None, task.version):
        return refuse("stale_version", version=task.version)
    return [_move(records, TRANSITIONS[verb], task, c)]


def _on_task(records: Records, verb: str, c: OnTask, at: int) -> Judged:
    row = TRANSITIONS[verb]
    task = records.tasks.get(c.task)
    if task is None:
        return refuse("unknown_task")
    if task.state not in row.sources:
        return _wrong_state(task)
    if c.version not in (None, task.version) and (c.seen is None or c.seen != task.doc):
        return refuse("stale_version", version=task.version)
    if verb == "wake" and (task.held_until is None or task.held_until > at):
        return refuse("not_due", due=task.held_until)
    if verb == "assign":
        return _assign(records, task, c)
    if verb == "adjust":
        return _adjust(task, c)
    if verb == "update" and task.state in HOLDING:
        agent, more = records.agents[task.agent or ""], c.facts.get("size", task.size) - task.size
        if more > 0 and agent.load + more > agent.capacity:
            return refuse("at_capacity", load=agent.load, capacity=agent.capacity)
    return [_move(records, row, task, c)]


def _assign(records: Records, task: TaskRecord, c: OnTask) -> Judged:
    """Give a task to an agent; an offer of it is revoked first, which is an event of its own."""
    agent = records.agents.get(c.facts["agent"])
    if agent is None:
        return refuse("unknown_agent")
    load = agent.load + (0 if task.agent == agent.id else task.size)
    refusal = _unfit(agent, load)
    if refusal and not c.facts.get("force"):
        return refusal
    before = [_move(records, TRANSITIONS["revoke"], task, c)] if task.state is State.OFFERED else []
    for one in before:
        task = one.task or task
        agent = one.agent if one.agent and one.agent.id == agent.id else agent
    row, now = TRANSITIONS["assign"], c.now
    after = replace(
        task,
        state=State.ASSIGNED,
        version=task.version + 1,
        updated_at=now,
        agent=agent.id,
        assigned_at=now,
        responded_at=_first(task, "responded_at", now),
    )
    if by := c.facts.get("override"):
        assigned = {"by": by, "forced": refusal is not None}
        after = replace(after, overrides={**task.overrides, "assigned": assigned})
    given = Happened(type=f"task.{row.event}", task=after, agent=_loaded(agent, task.size, now))
    return [*before, given]


def _adjust(task: TaskRecord, c: OnTask) -> Judged:
    """Change what overrides say of a task."""
    after = adjusted(task.overrides, c.facts)
    if isinstance(after, Outcome):
        return after
    if after == task.overrides:
        return []
    changed = replace(task, version=task.version + 1, updated_at=c.now, overrides=after)
    lost = says(task.overrides) - says(after) - {c.facts["override"]}
    return [Happened(type="task.adjusted", task=changed, lost=lost)]


def _move(records: Records, row: Transition, task: TaskRecord, c: OnTask | OnOffer) -> Happened:
    """Take a task along a row: with its offer, which ends, and its agent, whose capacity may be freed."""
    facts = facts_of(c)
    to = row.to or task.state
    entering = {**_taken(task), **_ENTERING[to](c.now)} if row.to else {}
    changes = {**entering, **_own(row.verb, task, facts, c.now)}
    if row.verb in UNWANTED:
        changes["queued_at"] = task.queued_at
    if task.overrides or "override" in facts:
        changes["overrides"] = settled(task, row, facts)
    after = replace(task, state=to, version=task.version + 1, updated_at=c.now, **changes)
    offer = agent = None
    if row.offer and task.offer:
        offer = replace(records.offers[task.offer], state=row.offer)
    if task.agent and task.state in HOLDING:
        agent = records.agents[task.agent]
        agent = _loaded(agent, (after.size if to in HOLDING else 0) - task.size, c.now)
        if row.verb in SEEN:
            agent = replace(agent, last_seen_at=c.now)
        if row.verb == "expire" and "presence" in facts:
            agent = present(agent, Presence(facts["presence"]), None, c.now)
    return Happened(type=f"task.{row.event}", task=after, offer=offer, agent=agent)


def _taken(task: TaskRecord) -> dict[str, Any]:
    """When a task that leaves its agent was taken, if it is of a time when that was not noted: as near as can
    be told.
    """
    if task.state is not State.ASSIGNED or task.responded_at is not None:
        return {}
    noted = (at for at in (task.assigned_at, task.started_at) if at is not None)
    return {"responded_at": next(noted, task.updated_at)}


_FREE = {"agent": None, "offer": None, "assigned_at": None, "started_at": None}
_AWAKE = {"held_until": None, "hold_reason": None}
_OPEN_AGAIN = {"finished_at": None, "outcome": None, "promised": None}
_ENTERING: dict[State, Callable[[int], dict[str, Any]]] = {
    State.QUEUED: lambda now: {**_FREE, **_AWAKE, **_OPEN_AGAIN, "queued_at": now},
    State.HELD: lambda now: {**_FREE},
    State.ASSIGNED: lambda now: {"offer": None, "assigned_at": now},
    State.COMPLETED: lambda now: {"finished_at": now},
    State.CANCELLED: lambda now: {**_FREE, **_AWAKE, "finished_at": now},
}
"""What a task forgets, and what it notes, on coming into a state."""


def _own(verb: str, task: TaskRecord, facts: Mapping[str, Any], now: int) -> dict[str, Any]:
    """What a verb changes besides the state."""
    told = {name: facts[name] for name in ("doc", "queue", "size") if verb in RENEWING and name in facts}
    match verb:
        case "decline":
            return {"declines": task.declines + 1, **_cooling(task, facts, now)}
        case "expire" | "release":
            return _cooling(task, facts, now)
        case "accept" | "start":
            return {_NOTED[verb]: _first(task, _NOTED[verb], now)}
        case "complete":
            return {"outcome": facts.get("outcome"), "promised": facts.get("promised")}
        case "cancel":
            return {"outcome": facts.get("reason")}
        case "hold":
            return {"held_until": facts.get("until"), "hold_reason": facts.get("reason")}
        case "transfer":
            return {**told, "handoffs": task.handoffs + 1, "relaxed": 0}
        case "reopen":
            return {**told, "reopened": task.reopened + 1, "reopened_at": now, "relaxed": 0}
        case "relax":
            return {"relaxed": facts["relaxed"]}
    return {**told, **_renewed(task, facts, now)} if verb == "update" else {}


_NOTED = {"accept": "responded_at", "start": "started_at"}
"""When an agent first did it."""


def _first(task: TaskRecord, noted: str, now: int) -> int:
    """When what happens now happened first."""
    at: int | None = getattr(task, noted)
    return now if at is None else at


def _renewed(task: TaskRecord, facts: Mapping[str, Any], now: int) -> dict[str, Any]:
    """What follows from what the client says now: the steps of another queue are other steps, and a task
    that is held until its `not_before` is held until the new one.
    """
    steps = {} if facts.get("queue", task.queue) == task.queue else {"relaxed": 0}
    early = task.state is State.HELD and task.hold_reason == NOT_BEFORE and "held" not in task.overrides
    return {**steps, "held_until": facts.get("not_before", now)} if early else steps


def _cooling(task: TaskRecord, facts: Mapping[str, Any], now: int) -> dict[str, Any]:
    """The agent gets the task again from `cool_until` on only; what is past is forgotten."""
    if "cool_until" not in facts or task.agent is None:
        return {}
    still = {agent: until for agent, until in task.cooling_down.items() if until > now}
    return {"cooling_down": {**still, task.agent: facts["cool_until"]}}


def _loaded(agent: AgentRecord, by: int, now: int) -> AgentRecord:
    """The agent with more or less to do; idle from when nothing is left."""
    load = agent.load + by
    idle = None if load else (now if agent.load else agent.idle_since)
    return replace(agent, load=load, idle_since=idle, updated_at=now)


def _unfit(agent: AgentRecord, load: int) -> Outcome | None:
    if agent.presence is not Presence.AVAILABLE:
        return refuse("agent_away", presence=agent.presence)
    if load > agent.capacity:
        return refuse("at_capacity", load=agent.load, capacity=agent.capacity)
    return None


def _wrong_state(task: TaskRecord) -> Outcome:
    return refuse("wrong_state", state=task.state, allowed=allowed(task.state))
