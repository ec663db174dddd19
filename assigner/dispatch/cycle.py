"""One cycle: what can be decided now is decided, and offered under guard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from assigner.clock import Stopwatch
from assigner.dispatch.acting import Acting
from assigner.dispatch.ahead.sight import Seen, waiting
from assigner.dispatch.candidates import candidates
from assigner.dispatch.plan import Choice, Plan
from assigner.domain.policy import SNAPSHOT, Policy
from assigner.domain.snapshot import Snapshot
from assigner.store.base import MakeOffer

Decide = Callable[[Snapshot, Seen | None], Awaitable[Plan]]
"""From a snapshot, and what a rule over time says of it, to a plan, in this process or in another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a cycle did, in numbers. `held` counts tasks held back from everybody who has room, `refused`
    offers that did not fit any more, by code.
    """

    tasks: int = 0
    agents: int = 0
    held: int = 0
    offered: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    plan: Plan | None = None


async def cycle(acting: Acting, decide: Decide, policy: Policy, now: int, watch: Stopwatch) -> Report:
    """Decide about what the mirror knows, and offer what was chosen. The watch is told of both.

    What does not fit any more (the world went on while deciding) costs that offer only: the mirror is
    stirred, and the next cycle decides again.
    """
    mirror = acting.mirror

    # 1. What could be assigned at all. What happens from here on is for the next cycle.
    seen = (type for type, _ in waiting(mirror.index) if (type[0].rule or policy.rule) != SNAPSHOT)
    await mirror.sees.abilities.prepare(seen, now)
    mirror.stirred, mirror.begun, part = False, mirror.begun + 1, bool(mirror.sees.later)
    found = candidates(mirror, now, policy)
    snapshot, mirror.holding = found.snapshot, found.held
    mirror.stirred |= bool(mirror.sees.later)
    part |= bool(mirror.sees.later)
    if not snapshot.tasks:
        watch.lap("decide")
        return Report(held=found.held)
    tasks = {task.id: mirror.tasks[task.id].record.version for task in snapshot.tasks}
    agents = {agent.id: mirror.agents[agent.id].record.version for agent in snapshot.agents}

    # 2. Who takes what.
    plan = await decide(snapshot, found.seen)
    watch.lap("decide")

    # 3. Offers, each for the task and the agent as they were when it was decided.
    offers = [_offer(acting, one, tasks[one.task], agents[one.agent], now) for one in plan.choices]

    # 4. One guarded, atomic transition each; the mirror learns what came of it.
    outcomes = await acting.do("offer", offers)
    watch.lap("offer")

    # 5. What was refused, or left over, is decided again.
    refused = Counter(outcome.refused for outcome in outcomes if outcome.refused)
    mirror.stirred |= bool(refused or plan.deferred)
    if not (refused or plan.deferred or part):
        mirror.looked = mirror.begun, now
    return Report(
        tasks=len(snapshot.tasks),
        agents=len(snapshot.agents),
        held=found.held,
        offered=len(outcomes) - refused.total(),
        refused=refused,
        plan=plan,
    )


def _offer(acting: Acting, choice: Choice, task: int, agent: int, now: int) -> MakeOffer:
    entry = acting.mirror.tasks.get(choice.task)
    queue = acting.mirror.queue(entry.record.queue if entry else "")
    return MakeOffer(
        **acting.said(now),
        offer=acting.name(),
        task=choice.task,
        agent=choice.agent,
        task_version=task,
        agent_version=agent,
        expires_at=now + queue.offer_ttl_ms,
        value=choice.value,
        terms=choice.terms,
        expected_ms=choice.expected_ms,
        accept=queue.auto_accept,
    )
