"""A census: how much waits, where and why, and who is there, out of the mirror of the dispatcher that leads.

It is taken now and then, in slices, so that nobody else waits for it; in between the last one is shown.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from assigner.clock import Clock
from assigner.dispatch.actions import ACTIONS
from assigner.dispatch.entries import TaskEntry
from assigner.dispatch.mirror import Mirror, in_slices
from assigner.domain.agent import Presence
from assigner.domain.eligibility import RULES, judge, qualified
from assigner.domain.lifecycle import State
from assigner.domain.reasons import HELD_BACK, REASONS
from assigner.domain.risk import Risk, response_risk, risk
from assigner.domain.roster import Roster
from assigner.domain.task import Task
from assigner.metrics import BANDS, OPEN, OTHER, Census, band_of

Labels = tuple[str, ...]
Names = Mapping[str, str]
"""What each queue is called."""
RISKS = (Risk.AT_RISK, Risk.BREACHED)
AGENTS = 2_500
"""So many are in a roster: to index their skills takes two milliseconds, in which nobody else goes on."""
LONGEST_S = 0.002
"""After so long the event loop goes round."""
_BAND = tuple(map(band_of, range(101)))
_NUMBER = {rule.name: number for number, rule in enumerate(RULES)}


@dataclass(slots=True, eq=False)
class Kind:
    """Queued tasks of a queue that the rules hardly tell apart; `task` is one of them.

    `nearest` is the last rule that refused somebody (-1: none yet).
    """

    queue: str
    task: Task
    count: int = 0
    nearest: int = -1
    eligible: bool = False
    qualified: bool = False

    def reason(self) -> str:
        """Why they wait."""
        if self.eligible:
            return "outranked"
        return RULES[self.nearest].name if self.nearest >= 0 else "no_agents"


@dataclass(slots=True, eq=False)
class Backlog:
    """The open tasks, counted at an instant. `oldest` has the earliest `queued_at` of each queue."""

    at: int
    tasks: Counter[Labels] = field(default_factory=Counter)
    risks: Counter[Labels] = field(default_factory=Counter)
    responses: Counter[Labels] = field(default_factory=Counter)
    oldest: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Staff:
    """The agents, counted; `load` and `capacity` of those who are available on shift."""

    presence: Counter[Labels] = field(default_factory=Counter)
    load: int = 0
    capacity: int = 0


def counted(mirror: Mirror, backlog: Backlog, staff: Staff, name: Names) -> Census:
    """How much there is."""
    active = Counter[Labels]((override.action,) for override in mirror.standing.overrides.values())
    return {
        "assigner_tasks": _tasks(backlog, name),
        "assigner_oldest_wait_seconds": _oldest(backlog, name),
        "assigner_sla_open_tasks": {**_zeros(BANDS, RISKS), **backlog.risks},
        "assigner_sla_open_responses": {**_zeros(BANDS, RISKS), **backlog.responses},
        "assigner_agents": {**_zeros(tuple(Presence)), **staff.presence},
        "assigner_occupancy_ratio": {(): staff.load / max(1, staff.capacity)},
        "assigner_held_back_tasks": {(): mirror.holding},
        "assigner_price_age_seconds": {(): mirror.sees.age_ms(backlog.at) / 1_000},
        "assigner_overrides_active": {**_zeros(tuple(ACTIONS)), **active},
    }


async def judged(mirror: Mirror, now: int, name: Names, clock: Clock) -> Census:
    """Why the queued tasks wait, each kind of them judged against everybody."""
    kinds = await count_kinds(mirror, now)
    agents = [entry.agent(now) async for entry in in_slices(list(mirror.agents.values()))]
    rosters = (Roster(agents[at : at + AGENTS], now) for at in range(0, len(agents), AGENTS))
    refusals = await _judge_all(kinds, rosters, clock)
    return {
        "assigner_waiting_reasons": _reasons(kinds, mirror.holding),
        "assigner_refusals": {(rule,): count for rule, count in refusals.items()},
        "assigner_unqualified_tasks": _unqualified(kinds, name),
    }


async def count_tasks(mirror: Mirror, now: int) -> Backlog:
    """Count the open tasks."""
    backlog = Backlog(now)
    tasks, risks, oldest = backlog.tasks, backlog.risks, backlog.oldest
    responses = backlog.responses
    async for entry in in_slices(list(mirror.tasks.values())):
        record, task = entry.record, entry.task
        queue, band = record.queue, _BAND[task.priority]
        tasks[queue, record.state, band] += 1
        stands = _resolution(entry, now)
        if stands in RISKS:
            risks[band, stands] += 1
        stands = response_risk(now=now, respond_by=task.respond_by, at_risk_ms=task.respond_risk_ms)
        if stands in RISKS:
            responses[band, stands] += 1
        if record.state is State.QUEUED and record.queued_at < oldest.get(queue, now):
            oldest[queue] = record.queued_at
    return backlog


def _resolution(entry: TaskEntry, now: int) -> Risk:
    """How a task stands to the instant by which it is done."""
    task = entry.task
    return risk(
        now=now,
        due_at=task.due_at,
        handle_ms=task.handle_ms,
        started_at=entry.record.started_at,
        at_risk_ms=task.at_risk_ms,
    )


async def count_kinds(mirror: Mirror, now: int) -> Sequence[Kind]:
    """Put the queued tasks together that are alike."""
    kinds: dict[tuple[object, ...], Kind] = {}
    async for entry in in_slices(list(mirror.tasks.values())):
        if entry.record.state is State.QUEUED:
            key = _likeness(entry.record.queue, entry.task, now)
            kind = kinds.get(key)
            if kind is None:
                kind = kinds[key] = Kind(entry.record.queue, entry.task)
            kind.count += 1
    return list(kinds.values())


def _likeness(queue: str, task: Task, now: int) -> tuple[object, ...]:
    """What the rules can tell of a task; of handling times, which are in milliseconds, only the size."""
    early = task.not_before is not None and now < task.not_before
    named = task.excluded_agents, task.kept_from, task.cooling_down
    asks = id(task.requirement), task.pinned_agent, task.handle_ms.bit_length()
    return queue, asks, early, task.frozen, named


async def count_agents(mirror: Mirror, now: int) -> Staff:
    """Count the agents."""
    staff = Staff()
    async for entry in in_slices(list(mirror.agents.values())):
        staff.presence[(entry.record.presence,)] += 1
        if entry.may_work(now):
            staff.load += entry.record.load
            staff.capacity += entry.said.capacity
    return staff


async def _judge_all(kinds: Sequence[Kind], rosters: Iterable[Roster], clock: Clock) -> Mapping[str, int]:
    """Judge each kind against everybody. Returns how many refusals there are by rule, over their tasks."""
    refusals = dict.fromkeys(_NUMBER, 0)
    for roster in rosters:
        for rule in RULES if kinds else ():
            await asyncio.sleep(0)
            rule.refuses(kinds[0].task, roster)  # the first look of a rule at a roster indexes it
        await asyncio.sleep(0)
        since = clock.monotonic_s()
        for kind in kinds:
            _judge(kind, roster, refusals)
            if clock.monotonic_s() - since > LONGEST_S:
                await asyncio.sleep(0)
                since = clock.monotonic_s()
    return refusals


def _judge(kind: Kind, roster: Roster, refusals: dict[str, int]) -> None:
    verdict = judge(kind.task, roster)
    for rule, mask in verdict.refused.items():
        refusals[rule] += mask.bit_count() * kind.count
        kind.nearest = max(kind.nearest, _NUMBER[rule])
    kind.eligible |= verdict.eligible != 0
    kind.qualified = kind.qualified or kind.eligible or qualified(kind.task, roster) != 0


def names_of(backlog: Backlog, queues: Iterable[str], most: int) -> Names:
    """What each queue is called: by its own name, so many of the biggest, and `other` the rest."""
    size = Counter(dict.fromkeys(queues, 0))
    for (queue, _, _), count in backlog.tasks.items():
        size[queue] += count
    order = sorted(size, key=lambda queue: (-size[queue], queue))
    return {queue: queue if place < most else OTHER for place, queue in enumerate(order)}


def _zeros(*values: Sequence[str]) -> dict[Labels, float]:
    return dict.fromkeys(product(*values), 0.0)


def _tasks(backlog: Backlog, name: Names) -> dict[Labels, float]:
    found = _zeros(tuple(dict.fromkeys(name.values())), OPEN, BANDS)
    for (queue, state, band), count in backlog.tasks.items():
        found[name[queue], state, band] += count
    return found


def _oldest(backlog: Backlog, name: Names) -> dict[Labels, float]:
    found = _zeros(tuple(dict.fromkeys(name.values())))
    for queue, since in backlog.oldest.items():
        found[(name[queue],)] = max(found[(name[queue],)], (backlog.at - since) / 1_000)
    return found


def _unqualified(kinds: Iterable[Kind], name: Names) -> Mapping[Labels, float]:
    found = Counter(_zeros(tuple(dict.fromkeys(name.values()))))
    for kind in kinds:
        if not kind.qualified:  # a queue may have come since the tasks were counted
            found[(name.get(kind.queue, OTHER),)] += kind.count
    return found


def _reasons(kinds: Iterable[Kind], holding: int) -> dict[Labels, float]:
    """So many of those that somebody could begin are held back."""
    found = _zeros(tuple(REASONS))
    for kind in kinds:
        found[(kind.reason(),)] += kind.count
    held = min(holding, found[("outranked",)])
    found[("outranked",)] -= held
    found[(HELD_BACK,)] += held
    return found
