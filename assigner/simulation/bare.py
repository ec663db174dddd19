"""The bare desk: a world and a policy, and nothing else. Fast, for long comparisons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from assigner.simulation.learning import Learning
from assigner.simulation.moment import Line, Moment, Policy, Task
from assigner.simulation.world import NEVER, Case, World

Event = tuple[float, int, Callable[[Any], None], Any]
NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a run: every task, and by the number of each case when it was over, `nan` where it is not.

    `now` is when the run ended, `declined` how many offers were refused, `events` how many things happened.
    """

    tasks: Sequence[Task]
    cases: Sequence[Case]
    over: Sequence[float]
    now: float
    declined: int
    events: int


def run(
    world: World,
    cases: Sequence[Case],
    policy: Policy,
    *,
    seed: int,
    until: float = NEVER,
    learns: bool = False,
) -> Outcome:
    """Let a policy decide in a world until all its cases are over, or until an hour.

    Cases come in the order of their instants. With `learns` nothing is known at first of how long anybody
    takes: it is learned from what is done. Raises ValueError when a policy gives what it may not.
    """
    desk = Desk(world, cases, policy, seed, learns=learns)
    desk.play(until)
    return Outcome(
        tasks=desk.tasks,
        cases=cases,
        over=desk.over,
        now=desk.moment.now,
        declined=desk.declined,
        events=desk.events,
    )


class Desk:
    """One run: an agenda of events, and the moment that they change."""

    def __init__(
        self, world: World, cases: Sequence[Case], policy: Policy, seed: int, *, learns: bool
    ) -> None:
        self.world = world
        self.policy = policy
        self.roll = world.presence.roll(len(world.agents), seed)
        self.moment = Moment(world, self.roll.comes, self.roll.leaves)
        self.tasks: list[Task] = []
        self.over = [float("nan")] * len(cases)
        self.open = len(cases)
        self.declined = 0
        self.events = 0
        self._seed = seed
        self._agenda: list[Event] = []
        self._number = count()
        self._coming = iter(cases)
        self._learning = Learning(world) if learns else None
        if self._learning is not None:
            self.moment.believe(*self._learning.table())
        policy.begin(self.moment, seed)
        self._turn_next()
        self._case_next()
        if policy.tick:
            self._put(policy.tick, self._tick, None)

    def play(self, until: float) -> None:
        """Let happen what happens until an hour, or until every case is over. What happens at one instant
        has happened before anything is decided.
        """
        moment, agenda = self.moment, self._agenda
        while self.open and agenda:
            at, _, happen, what = heappop(agenda)
            if at > until:
                moment.now = until
                return
            moment.now = at
            happen(what)
            self.events += 1
            if moment.lines and moment.idle and not (agenda and agenda[0][0] == at):
                self._decide()

    def _put(self, at: float, happen: Callable[[Any], None], what: object) -> None:
        heappush(self._agenda, (at, next(self._number), happen, what))

    # What happens.

    def _case(self, case: Case) -> None:
        self._case_next()
        self._step(case, 0)

    def _case_next(self) -> None:
        case = next(self._coming, None)
        if case is not None:
            self._put(case.at, self._case, case)

    def _step(self, case: Case, order: int) -> Task:
        task = Task(len(self.tasks), case, order, self.moment.now)
        task.key = self.policy.order(task)
        self.tasks.append(task)
        self._wait(task, NOBODY)
        if task.step.patience < NEVER:
            self._put(task.arrived + task.step.patience, self._lose, task)
        if self.policy.hears:
            self.policy.came(self.moment, task)
        return task

    def _later(self, task: Task) -> None:
        """The step after a task, once it can be done."""
        following = self._step(task.case, task.order + 1)
        if self.policy.hears:
            self.policy.followed(self.moment, task, following)

    def _end(self, task: Task) -> None:
        moment, agent = self.moment, task.agent
        task.ended = moment.now
        del moment.busy[agent]
        if self.roll.keeps(agent, moment.now, len(moment.idle) + len(moment.busy)):
            moment.idle[agent] = moment.now
        if self._learning is not None and self._learning.learn(task):
            moment.believe(*self._learning.table())
        if self.policy.hears:
            self.policy.ended(moment, task)
        if not task.last:
            self._go_on(task)
            return
        self._close(task)
        if self.policy.hears:
            self.policy.followed(moment, task, None)

    def _go_on(self, task: Task) -> None:
        after = task.case.steps[task.order + 1].after
        if after > 0:
            self._put(self.moment.now + after, self._later, task)
        else:
            self._later(task)

    def _close(self, task: Task) -> None:
        self.over[task.case.number] = self.moment.now
        self.open -= 1

    def _lose(self, task: Task) -> None:
        """The client of a task leaves, if it still waits."""
        if task.line is not None:
            self._unwait(task)
            task.left, task.ended = True, self.moment.now
            self._close(task)
            if self.policy.hears:
                self.policy.left(self.moment, task)

    def _turn(self, _: None) -> None:
        moment = self.moment
        comes, goes = self.roll.turn(moment.idle, moment.busy)
        for agent in goes:
            del moment.idle[agent]
        for agent in comes:
            moment.idle[agent] = moment.now
        self._turn_next()
        if self.policy.hears:
            self.policy.turned(moment, comes, goes)

    def _turn_next(self) -> None:
        if self.roll.at < NEVER:
            self._put(self.roll.at, self._turn, None)

    def _tick(self, _: None) -> None:
        """A tick sees all that happens at its instant."""
        now = self.moment.now
        if self._agenda and self._agenda[0][0] == now:
            self._put(now, self._tick, None)
            return
        self.policy.ticked(self.moment)
        self._put(now + self.policy.tick, self._tick, None)

    # Who takes what.

    def _decide(self) -> None:
        moment = self.moment
        while moment.lines and moment.idle:
            pairs = self.policy.choose(moment)
            if not pairs:
                return
            for task, agent in pairs:
                self._offer(task, agent)

    def _offer(self, task: Task, agent: int) -> None:
        moment = self.moment
        line = task.line
        hours = self.world.takes[task.type][agent]
        if line is None or agent not in moment.idle or hours >= NEVER or agent in line.declined:
            raise ValueError(f"{self.policy.name} may not give {task!r} to agent {agent} at {moment.now}.")
        self._unwait(task)
        took = not (self.world.declines and self._declines(task, agent))
        if took:
            del moment.idle[agent]
            moment.busy[agent] = task
            task.agent, task.begun = agent, moment.now
            self._put(moment.now + hours * task.step.work, self._end, task)
        else:
            self._wait(task, line.declined | {agent})
            self._put(moment.now + self.world.cool, self._forget, (task, agent))
        if self.policy.hears:
            self.policy.answered(moment, task, agent, took=took)

    def _declines(self, task: Task, agent: int) -> bool:
        """Whether an agent refuses: a draw of the case, the step, the agent and how often it was asked."""
        task.asked += 1
        name = f"{self._seed}/decline/{task.case.number}/{task.order}/{agent}/{task.asked}"
        refuses = Random(name).random() < self.world.declines[agent]
        self.declined += refuses
        return refuses

    def _forget(self, refusal: tuple[Task, int]) -> None:
        """An agent may be asked about a task again."""
        task, agent = refusal
        if task.line is not None:
            declined = task.line.declined - {agent}
            self._unwait(task)
            self._wait(task, declined)

    def _wait(self, task: Task, declined: frozenset[int]) -> None:
        place = (task.type, task.step.service, declined)
        line = self.moment.lines.get(place)
        if line is None:
            line = self.moment.lines[place] = Line(place)
        line.put(task)
        self.moment.queued[task.type] += 1

    def _unwait(self, task: Task) -> None:
        line = task.line
        if line is not None:
            line.take(task)
            self.moment.queued[task.type] -= 1
            if not line.tasks:
                del self.moment.lines[line.place]
