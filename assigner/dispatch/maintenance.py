"""What time does to tasks and agents: one function each, for what the agenda says to look at.

Each looks at what is so now, acts where it is due, and looks again a little later, should the store have
said no: the store's own clock has the last word on offers and on holds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace

from assigner.dispatch.acting import Acting
from assigner.dispatch.due import of_shift
from assigner.dispatch.entries import TaskEntry
from assigner.dispatch.mirror import in_slices
from assigner.dispatch.overrides import plan_undo
from assigner.domain.agent import Presence
from assigner.domain.eligibility import judge
from assigner.domain.lifecycle import OverrideState, State
from assigner.domain.records import TaskRecord
from assigner.domain.roster import Roster
from assigner.store.base import EndOverride, OnAgent, OnOffer, OnTask, Outcome

RETRY_MS = 1_000
MOST_PRUNED = 5_000

Done = Mapping[str, int]
"""How often each verb was done."""


async def maintain(acting: Acting, now: int) -> dict[str, int]:
    """Look at everything that is due. Returns how often each verb was done."""
    due: dict[str, list[str]] = {}
    for kind, id in acting.mirror.agenda.take(now):
        due.setdefault(kind, []).append(id)
    done: dict[str, int] = {}
    try:
        for kind, look in LOOKS.items():
            for verb, count in (await look(acting, due[kind], now)).items() if kind in due else ():
                done[verb] = done.get(verb, 0) + count
    except BaseException:
        for kind, ids in due.items():
            for id in ids:
                acting.mirror.agenda.put(now, kind, id)  # nobody else will remember
        raise
    return done


async def expire(acting: Acting, tasks: list[str], now: int) -> Done:
    """Offers not answered in time: the task goes on, and the agent is treated as the queue says."""
    asked = []
    for entry in _entries(acting, tasks):
        if entry.offer is None or _later(acting, entry.offer.expires_at, now, "expire", entry):
            continue
        queue = acting.mirror.queue(entry.record.queue)
        facts: dict[str, object] = {"cool_until": now + queue.decline_cool_down_ms}
        if queue.on_expiry == "away":
            facts["presence"] = Presence.AWAY
        asked.append(OnOffer(**acting.said(now), offer=entry.offer.id, facts=facts))
    return _count("expire", await acting.do("expire", asked))


async def wake(acting: Acting, tasks: list[str], now: int) -> Done:
    """Held tasks whose instant has come."""
    asked = [
        OnTask(**acting.said(now), task=entry.record.id)
        for entry in _entries(acting, tasks)
        if entry.record.state is State.HELD
        and not _later(acting, entry.record.held_until, now, "wake", entry)
    ]
    return _count("wake", await acting.do("wake", asked))


async def relax(acting: Acting, tasks: list[str], now: int) -> Done:
    """Queued tasks that have waited long enough for their queue's next step, or too short for their last."""
    asked = []
    for entry in _entries(acting, tasks):
        record, queue = entry.record, acting.mirror.queue(entry.record.queue)
        steps = queue.steps_due(now - record.queued_at)
        due = now if steps < record.relaxed else queue.relax_due(record.queued_at, record.relaxed)
        if record.state is State.QUEUED and not _later(acting, due, now, "relax", entry):
            facts = {"relaxed": steps}
            asked.append(OnTask(**acting.said(now, record.version), task=record.id, facts=facts))
    return _count("relax", await acting.do("relax", asked))


async def rescue(acting: Acting, tasks: list[str], now: int) -> Done:
    """Work of agents who are lost: not seen for as long as its queue allows."""
    asked = [
        OnTask(**acting.said(now, entry.record.version), task=entry.record.id)
        for entry in _entries(acting, tasks)
        if not _later(acting, acting.mirror.lost_at(entry), now, "rescue", entry)
    ]
    return _count("rescue", await acting.do("rescue", asked))


async def absent(acting: Acting, agents: list[str], now: int) -> Done:
    """Agents who went away, or whose shift ended: their offers are revoked, and work not begun is released.

    Work they have started stays theirs, and so does all of it where its queue says so, and what was given to
    them by force: whoever did knew that they were not there.
    """
    offers, work = [], []
    for entry in _held_by_absent(acting, agents, now):
        record = entry.record
        said = acting.said(now, record.version)
        if entry.offer is not None:
            offers.append(OnOffer(**said, offer=entry.offer.id, facts={"reason": "agent_absent"}))
        elif _goes_back(acting, record):
            work.append(OnTask(**said, task=record.id, facts={"reason": "agent_absent"}))
        else:
            continue
        acting.mirror.agenda.put(now + RETRY_MS, "absent", str(record.agent))
    revoked = _count("revoke", await acting.do("revoke", offers))
    return {**revoked, **_count("release", await acting.do("release", work))}


async def changed(acting: Acting, tasks: list[str], now: int) -> Done:
    """Offers whose task or agent is not as before: revoked where the agent may not take the task any more."""
    offers = []
    async for entry in in_slices(list(_entries(acting, tasks))):  # after a start, all offers
        if entry.offer is not None and not _may_still(acting, entry, entry.offer.offered_at):
            said = acting.said(now, entry.record.version)
            offers.append(OnOffer(**said, offer=entry.offer.id, facts={"reason": "not_eligible"}))
            acting.mirror.agenda.put(now + RETRY_MS, "changed", entry.record.id)
    return _count("revoke", await acting.do("revoke", offers))


async def presence(acting: Acting, agents: list[str], now: int) -> Done:
    """Presences said to hold until now: who was available is offline, and who was not is available."""
    asked = []
    for id in agents:
        entry = acting.mirror.agents.get(id)
        if entry is None or entry.record.presence_until is None:
            continue
        if entry.record.presence_until > now:
            acting.mirror.agenda.put(entry.record.presence_until, "presence", id)
            continue
        here = entry.record.presence is Presence.AVAILABLE
        said = acting.said(now, entry.record.version)
        asked.append(OnAgent(**said, agent=id, presence=Presence.OFFLINE if here else Presence.AVAILABLE))
    return _count("set_presence", await acting.do("set_presence", asked))


async def declined(acting: Acting, tasks: list[str], now: int) -> Done:
    """Tasks declined as often as their queue allows: held for a person."""
    asked = []
    for entry in _entries(acting, tasks):
        record, most = entry.record, acting.mirror.queue(entry.record.queue).most_declines
        if most is not None and record.state is State.QUEUED and record.declines >= most:
            facts = {"reason": "declined_too_often"}
            asked.append(OnTask(**acting.said(now, record.version), task=record.id, facts=facts))
    return _count("hold", await acting.do("hold", asked))


async def overrides(acting: Acting, ids: list[str], now: int) -> Done:
    """Overrides whose end has come: what still holds of them is undone. One that no task carries any more
    ends too.
    """
    standing, asked = acting.mirror.standing, []
    for id in ids:
        record = standing.overrides.get(id)
        if record is None:
            continue
        due = record.until is not None and record.until <= now
        if not due and not standing.spent(id):
            acting.mirror.agenda.put(record.until, "override", id)
            continue
        carriers = (acting.mirror.tasks[task].record for task in sorted(standing.carriers.get(id, ())))
        steps = list(plan_undo(record, carriers))
        asked.append(EndOverride(**acting.said(now), override=id, state=OverrideState.ENDED, steps=steps))
        acting.mirror.agenda.put(now + RETRY_MS, "override", id)
    return _count("end_override", await acting.do("end_override", asked))


async def opened(acting: Acting, instants: list[str], now: int) -> Done:
    """A task opens, a cool-down ends, a shift begins: nothing to do but to decide again."""
    acting.mirror.stirred = True
    return {}


async def prune(acting: Acting, before: int) -> Done:
    """Tasks that ended so long ago that nobody asks for them."""
    return {"prune": await acting.store.prune(before, MOST_PRUNED)}


async def prune_overrides(acting: Acting, before: int) -> Done:
    """Overrides that have not held for so long that nobody asks for them."""
    return {"prune_overrides": await acting.store.prune_overrides(before, MOST_PRUNED)}


LOOKS: dict[str, Callable[[Acting, list[str], int], Awaitable[Done]]] = {
    "expire": expire,
    "wake": wake,
    "declined": declined,
    "presence": presence,
    "absent": absent,
    "changed": changed,
    "rescue": rescue,
    "relax": relax,
    "override": overrides,
    "open": opened,
}
"""What the agenda's kinds mean, in the order in which they are looked at."""


def _entries(acting: Acting, tasks: list[str]) -> Iterator[TaskEntry]:
    return (acting.mirror.tasks[id] for id in tasks if id in acting.mirror.tasks)


def _later(acting: Acting, at: int | None, now: int, kind: str, entry: TaskEntry) -> bool:
    """Whether it is not due yet, or never. Either way the agenda knows when to look again."""
    if at is not None:
        acting.mirror.agenda.put(at if at > now else now + RETRY_MS, kind, entry.record.id)
    return at is None or at > now


def _goes_back(acting: Acting, record: TaskRecord) -> bool:
    """Whether an assigned task is released when its agent is not there."""
    forced = record.overrides.get("assigned", {}).get("forced")
    return record.started_at is None and not forced and acting.mirror.queue(record.queue).release_on_absence


def _held_by_absent(acting: Acting, agents: list[str], now: int) -> Iterator[TaskEntry]:
    mirror = acting.mirror
    for id in agents:
        agent = mirror.agents.get(id)
        if agent is None:
            continue
        mirror.agenda.put_all(of_shift(agent, now))
        if not agent.may_work(now):
            yield from (mirror.tasks[task] for task in sorted(mirror.held_by.get(id, ())))


def _may_still(acting: Acting, entry: TaskEntry, at: int) -> bool:
    """Whether the agent to whom a task was offered at an instant may take it, the room that it holds theirs.

    Both are as they are now, but the time is that of the offer: what passes while an agent thinks is no
    change.
    """
    holder = acting.mirror.agents.get(entry.record.agent or "")
    if holder is None:
        return False
    agent = holder.agent(at)
    agent = replace(agent, load=agent.load - entry.record.size)
    return judge(entry.task, Roster([agent], at)).eligible != 0


def _count(verb: str, outcomes: list[Outcome]) -> Done:
    return {verb: sum(outcome.refused is None for outcome in outcomes)} if outcomes else {}
