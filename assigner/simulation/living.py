"""The living desk: the same world, and the real service for a policy.

A store in memory has the tasks and the agents, the real dispatcher decides and offers, and what the clients
and agents of the world do are verbs of the store. The clock is moved by the world.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine, Sequence
from copy import copy
from functools import partial
from typing import Any, TypeVar

from assigner.clock import ManualClock
from assigner.dispatch.ahead.foresight import TICK_MS
from assigner.dispatch.aside import Decider
from assigner.dispatch.cycle import Decide
from assigner.dispatch.loop import Dispatcher, Pace
from assigner.dispatch.plan import Choice, Plan
from assigner.domain.agent import Presence
from assigner.domain.instant import rfc3339
from assigner.domain.policy import SNAPSHOT
from assigner.domain.policy import Policy as Weights
from assigner.domain.snapshot import Snapshot
from assigner.simulation import bare
from assigner.simulation.bare import Outcome
from assigner.simulation.moment import Line, Moment, Policy, Task
from assigner.simulation.presence import Shifts
from assigner.simulation.world import NEVER, Case, Service, World
from assigner.store.base import Command, Enqueue, OnAgent, OnOffer, OnTask, PutAgent, PutQueue
from assigner.store.base import Outcome as Done
from assigner.store.memory import MemoryStore

T = TypeVar("T")

START_MS = 1_767_225_600_000
"""The instant that is hour 0: the beginning of 2026."""
HOUR_MS = 3_600_000
TICK = TICK_MS / HOUR_MS
"""Hours between two passes of the dispatcher when nothing happens: prices are settled all the same."""
LONG_S = 315_360_000
"""Ten years: nobody who works is taken for lost."""
MOST_PASSES = 100
SMALL = 10**9
"""Every snapshot is decided in this process."""


def run(
    world: World,
    cases: Sequence[Case],
    rule: str | Policy,
    *,
    seed: int,
    until: float = NEVER,
    learns: bool = False,
) -> Outcome:
    """Let the real service decide: by a rule of its queues, or by a policy in place of its solver.

    As at the bare desk; with `learns` the service is told of no handling times. By a rule it knows shifts,
    and gives nobody what they could not finish in theirs, unless that is longer than all of these.
    """
    with asyncio.Runner() as runner:
        service = Living(runner, rule)
        return bare.run(world, cases, service, seed=seed, until=until, learns=learns)


class Living(Policy):
    """The real service, as the world sees it: offers come of what it is told."""

    name = "living"
    tick = TICK
    hears = True

    def __init__(self, runner: asyncio.Runner, rule: str | Policy) -> None:
        self._runner = runner
        self._rule = rule if isinstance(rule, str) else ""
        self._inner = rule if isinstance(rule, Policy) else None
        self._hears = self._inner if self._inner is not None and self._inner.hears else None
        if self._inner is not None:
            self.order = self._inner.order
            self.tick = self._inner.tick or TICK

    def begin(self, moment: Moment, seed: int) -> None:
        """A new service: its queues, and its agents, who are not there yet."""
        self._moment = moment
        self._clock = ManualClock(at_ms=START_MS)
        self._store = MemoryStore(self._clock)
        self._ops = 0
        self._tasks: dict[str, Task] = {}
        self._made: list[tuple[Task, int]] = []  # offers of a tick, which the world is yet to hear of
        self._agents = {name: agent for agent, name in enumerate(moment.world.agents)}
        self._queues: dict[Service, str] = {}
        if self._inner is not None:
            self._inner.begin(moment, seed)
        for name in moment.world.agents:
            self._put_agent(name)
        pace = Pace(tick_ms=round(self.tick * HOUR_MS), lease_ms=10 * HOUR_MS)
        self._dispatcher = Dispatcher(
            store=self._store, clock=self._clock, holder="simulation", decide=self._decides(), pace=pace
        )
        self._run(self._dispatcher.take())

    def choose(self, moment: Moment) -> Sequence[tuple[Task, int]]:
        """What the dispatcher offers now; a policy in its solver's place is asked whatever has happened."""
        self._move(moment)
        if self._made:
            made, self._made = self._made, []
            return made
        if self._inner is not None and self._dispatcher.mirror is not None:
            self._dispatcher.mirror.stirred = True
        for _ in range(MOST_PASSES):
            passed = self._run(self._dispatcher.step())
            offers = self._offers(moment)
            due = self._dispatcher.next_at()
            if offers or (not passed.events and (due is None or due > self._clock.now_ms())):
                return offers
        raise RuntimeError(f"The dispatcher does not come to rest at {moment.now} h.")

    def ticked(self, moment: Moment) -> None:
        """The dispatcher's own clock ticks."""
        self._move(moment)
        if self._inner is not None and self._inner.tick:
            self._inner.ticked(moment)
        self._run(self._dispatcher.step())
        self._made = self._offers(moment)

    def came(self, moment: Moment, task: Task) -> None:
        """A client enqueues a task."""
        self._move(moment)
        name = _name(task)
        self._tasks[name] = task
        at = task.key if task.key <= moment.now else task.arrived
        self._do(
            "enqueue",
            Enqueue(
                **self._said(),
                task=name,
                doc=self._doc(task),
                queue=self._queue(task),
                size=1,
                created_at=_instant(at),
            ),
        )
        if self._hears is not None:
            self._hears.came(moment, task)

    def answered(self, moment: Moment, task: Task, agent: int, *, took: bool) -> None:
        """An agent accepts an offer and begins, or declines it."""
        name = _name(task)
        if took:
            self._do("accept", OnOffer(**self._said(), offer=self._offer_of(name)))
            self._do("start", OnTask(**self._said(), task=name))
        else:
            self._decline(name, _instant(moment.now + moment.world.cool))
        if self._hears is not None:
            self._hears.answered(moment, task, agent, took=took)

    def ended(self, moment: Moment, task: Task) -> None:
        """An agent completes a task; whose shift is over has gone."""
        self._move(moment)
        if task.agent not in moment.idle:
            self._present(moment, task.agent, Presence.AWAY)
        self._do("complete", OnTask(**self._said(), task=_name(task)))
        if self._hears is not None:
            self._hears.ended(moment, task)

    def followed(self, moment: Moment, task: Task, next: Task | None) -> None:
        """What a policy learns of cases; the service sees for itself."""
        if self._hears is not None:
            self._hears.followed(moment, task, next)

    def left(self, moment: Moment, task: Task) -> None:
        """A client cancels."""
        self._move(moment)
        facts = {"reason": "the client left"}
        self._do("cancel", OnTask(**self._said(), task=_name(task), facts=facts))
        if self._hears is not None:
            self._hears.left(moment, task)

    def turned(self, moment: Moment, comes: Collection[int], goes: Collection[int]) -> None:
        """Agents come and go."""
        self._move(moment)
        for agent in goes:
            self._present(moment, agent, Presence.AWAY)
        for agent in comes:
            self._present(moment, agent, Presence.AVAILABLE)
        if self._hears is not None:
            self._hears.turned(moment, comes, goes)

    # What the service is told.

    def _put_agent(self, name: str) -> None:
        moment, agent = self._moment, self._agents[name]
        able = [type for type, row in enumerate(moment.handling) if row[agent] < NEVER]
        types = moment.world.types
        doc: dict[str, Any] = {"skills": {types[type]: 1 for type in able}}
        if moment.doubt is None:
            doc["handle_s"] = {types[type]: moment.handling[type][agent] * 3_600 for type in able}
        presence = moment.world.presence
        if self._rule and isinstance(presence, Shifts):
            doc["shifts"] = [_shift(begins, ends) for begins, ends in presence.spans(agent)]
        command = PutAgent(**self._said(), agent=name, doc=doc, capacity=1, presence=Presence.AWAY)
        self._do("put_agent", command)

    def _doc(self, task: Task) -> dict[str, Any]:
        """What a client says of a task; a policy in the solver's place knows the rest by itself."""
        type = self._moment.world.types[task.type]
        doc = {"category": type, "skills": {type: 1}, "case": f"{task.case.number}"}
        return doc | {"priority": task.step.service.priority} if self._rule else doc

    def _queue(self, task: Task) -> str:
        """The queue of a service, made when it is needed first."""
        service = task.step.service
        name = self._queues.get(service)
        if name is None:
            name = self._queues[service] = f"queue {len(self._queues) + 1}"
            self._do("put_queue", PutQueue(**self._said(), queue=name, doc=self._settings(service)))
        return name

    def _settings(self, service: Service) -> dict[str, Any]:
        """A policy in the solver's place is asked about all that somebody may take: nothing is foreseen."""
        doc: dict[str, Any] = {
            "lost_after_s": LONG_S,
            "decline_cool_down_s": self._moment.world.cool * 3_600,
            "rule": self._rule or SNAPSHOT,
        }
        if self._rule and service.target < NEVER:
            promise = "first_response_s" if service.begun else "resolution_s"
            doc["service_levels"] = [{promise: service.target * 3_600}]
        return doc

    def _present(self, moment: Moment, agent: int, presence: Presence) -> None:
        name = moment.world.agents[agent]
        self._do("set_presence", OnAgent(**self._said(), agent=name, presence=presence))

    # How it decides.

    def _decides(self) -> Decide:
        if self._inner is None:
            return Decider(Weights(), self._clock, time_limit_s=None, large=SMALL)
        return partial(self._by_policy, self._inner)

    async def _by_policy(self, policy: Policy, snapshot: Snapshot, seen: object) -> Plan:
        """A plan of what the policy chooses; it is asked again, for it may choose one pair at a time."""
        agents = self._moment.world.agents
        choices = [
            Choice(task=_name(task), agent=agents[agent], value=1, terms={})
            for task, agent in policy.choose(self._known(snapshot))
        ]
        return Plan(
            choices=choices,
            runners_up={},
            status="",
            method="",
            gap=0.0,
            arcs=0,
            solve_s=0.0,
            deferred=len(choices),
        )

    def _known(self, snapshot: Snapshot) -> Moment:
        """The moment as far as the snapshot goes."""
        moment, tasks = copy(self._moment), {task.id for task in snapshot.tasks}
        agents = {self._agents[agent.id] for agent in snapshot.agents}
        moment.idle = {agent: since for agent, since in moment.idle.items() if agent in agents}
        moment.lines = {}
        for place, line in self._moment.lines.items():
            known = [task for task in line.tasks if _name(task) in tasks]
            if known:
                moment.lines[place] = Line(place)
                moment.lines[place].tasks = known
        return moment

    def _offers(self, moment: Moment) -> list[tuple[Task, int]]:
        """The open offers: every task that somebody idle has is one, when the dispatcher has heard all. Who
        is asked again a fraction of a millisecond early, as clocks go, declines again.
        """
        found = []
        for agent in moment.idle:
            for name in self._held_by(moment.world.agents[agent]):
                task = self._tasks[name]
                if task.line is not None and agent in task.line.declined:
                    self._decline(name, self._clock.now_ms() + 1)
                else:
                    found.append((task, agent))
        return found

    def _held_by(self, agent: str) -> Sequence[str]:
        mirror = self._dispatcher.mirror
        return [] if mirror is None else sorted(mirror.held_by.get(agent, ()))

    def _offer_of(self, task: str) -> str:
        """The open offer of a task that was offered."""
        record = self._run(self._store.task(task))
        if record is None or record.offer is None:
            raise RuntimeError(f"The service offers {task} no more.")
        return record.offer

    def _decline(self, task: str, cool_until: int) -> None:
        facts = {"cool_until": cool_until}
        self._do("decline", OnOffer(**self._said(), offer=self._offer_of(task), facts=facts))

    # The machinery.

    def _move(self, moment: Moment) -> None:
        self._clock.at_ms = _instant(moment.now)

    def _said(self) -> dict[str, Any]:
        self._ops += 1
        return {"op": f"world-{self._ops}", "actor": "world", "now": self._clock.now_ms()}

    def _do(self, verb: str, command: Command) -> Done:
        [done] = self._run(self._store.do(verb, [command]))
        if done.refused:
            raise RuntimeError(f"The service refuses to {verb}: {done.refused}, {dict(done.facts)}.")
        return done

    def _run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(doing)


def _shift(begins: float, ends: float) -> dict[str, str]:
    return {"from": rfc3339(_instant(begins)), "until": rfc3339(_instant(ends))}


def _name(task: Task) -> str:
    return f"{task.case.number}-{task.order}"


def _instant(hours: float) -> int:
    return START_MS + round(hours * HOUR_MS)
