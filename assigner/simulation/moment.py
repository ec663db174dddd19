"""What a policy sees, and what it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import insort
from collections.abc import Callable, Collection, Iterator, Sequence
from operator import attrgetter

from assigner.simulation.world import NEVER, Case, Service, Step, World

Place = tuple[int, Service, frozenset[int]]
"""What tasks of a line have in common: type, service, and the agents who have just declined them."""


class Task:
    """A step of a case that waits, is done or was. `begun`, `ended` and `agent` are -1 until they are; `left`
    says that the client would not wait longer, at `ended`. `key` is where the policy's order puts it.
    """

    __slots__ = (
        "agent", "arrived", "asked", "begun", "case", "due", "ended", "key", "left", "line", "number",
        "order", "step", "type",
    )  # fmt: skip

    def __init__(self, number: int, case: Case, order: int, arrived: float) -> None:
        self.number = number
        self.case = case
        self.order = order
        self.step: Step = case.steps[order]
        self.type = self.step.type
        self.arrived = arrived
        self.due = arrived + self.step.service.target
        self.begun = self.ended = -1.0
        self.agent = -1
        self.asked = 0
        self.left = False
        self.key = arrived
        self.line: Line | None = None

    @property
    def last(self) -> bool:
        """Whether its case ends with it. What a client will ask next is no policy's business."""
        return self.order + 1 == len(self.case.steps)

    def __repr__(self) -> str:
        return f"Task({self.number}, type {self.type}, case {self.case.number}, step {self.order})"


Order = Callable[[Task], float]
"""How tasks stand in their lines: the least first; what is equal as it came."""
_key = attrgetter("key")


class Line:
    """Tasks that wait and are alike in type, in service and in who may take them, in the policy's order."""

    __slots__ = ("declined", "place", "service", "tasks", "type")

    def __init__(self, place: Place) -> None:
        self.place = place
        self.type, self.service, self.declined = place
        self.tasks: list[Task] = []

    @property
    def head(self) -> Task:
        """The first of them; a line of a moment is never empty."""
        return self.tasks[0]

    def put(self, task: Task) -> None:
        """Let a task stand where its key says."""
        tasks = self.tasks
        if tasks and tasks[-1].key > task.key:
            insort(tasks, task, key=_key)
        else:
            tasks.append(task)
        task.line = self

    def take(self, task: Task) -> None:
        """Let a task leave."""
        tasks = self.tasks
        del tasks[0 if tasks[0] is task else tasks.index(task)]
        task.line = None


class Moment:
    """What there is to decide about, kept up to date by the desk; a policy only reads.

    `lines` are those that are not empty; `queued[type]` counts the tasks of a type that wait. `idle` has
    since when each idle agent is idle, the longest first; `busy` the task of each agent at work, since
    `task.begun`.
    `handling[type][agent]` are the hours expected (`inf`: may not), `fastest[type]` who may take it, the
    fastest first; `doubt` the variance of the logarithm of each, None where all are known. `comes` and
    `leaves` are when who is away comes, and when the shift that is or comes next ends; `inf`: nobody knows.
    """

    __slots__ = (
        "busy", "comes", "doubt", "fastest", "handling", "idle", "leaves", "lines", "now", "queued", "world"
    )  # fmt: skip

    def __init__(self, world: World, comes: list[float], leaves: list[float]) -> None:
        self.world = world
        self.now = 0.0
        self.lines: dict[Place, Line] = {}
        self.queued = [0] * len(world.types)
        self.idle: dict[int, float] = {}
        self.busy: dict[int, Task] = {}
        self.comes = comes
        self.leaves = leaves
        self.believe(world.known or world.takes, None)

    def believe(self, handling: Sequence[Sequence[float]], doubt: Sequence[Sequence[float]] | None) -> None:
        """These hours are expected from now on."""
        self.handling = handling
        self.doubt = doubt
        self.fastest = [_by_speed(row) for row in handling]

    def free(self, line: Line) -> Iterator[int]:
        """The idle agents who may take tasks of a line, the longest idle first."""
        row, declined = self.handling[line.type], line.declined
        return (agent for agent in self.idle if row[agent] < NEVER and agent not in declined)

    def best(self, line: Line) -> int:
        """The idle agent who is expected to need least for tasks of a line; -1: nobody idle may take them."""
        idle, declined = self.idle, line.declined
        if len(idle) > FEW:
            return next((one for one in self.fastest[line.type] if one in idle and one not in declined), -1)
        row, best, least = self.handling[line.type], -1, NEVER
        for agent in idle:
            hours = row[agent]
            if hours < least and agent not in declined:
                best, least = agent, hours
        return best


FEW = 8
"""So many idle agents are looked through faster than a list of all who may."""


def _by_speed(row: Sequence[float]) -> list[int]:
    able = [agent for agent, hours in enumerate(row) if hours < NEVER]
    return sorted(able, key=lambda agent: row[agent])


def by_arrival(task: Task) -> float:
    """The oldest task first."""
    return task.arrived


class Hearing:
    """What a policy is told of; whoever wants to hear of something overrides its method. `begin` and `ticked`
    are always told, the others where `hears` says so.
    """

    def begin(self, moment: Moment, seed: int) -> None:
        """A new run: what was learned in another is forgotten."""

    def ticked(self, moment: Moment) -> None:
        """So many hours have passed again."""

    def came(self, moment: Moment, task: Task) -> None:
        """A task begins to wait."""

    def ended(self, moment: Moment, task: Task) -> None:
        """A task was done: by `task.agent`, from `task.begun` to `task.ended`."""

    def followed(self, moment: Moment, task: Task, next: Task | None) -> None:
        """What came after a task in its case; None: the case is over."""

    def answered(self, moment: Moment, task: Task, agent: int, *, took: bool) -> None:
        """An agent took a task that was chosen for them, or refused."""

    def left(self, moment: Moment, task: Task) -> None:
        """The client of a task that waited has left."""

    def turned(self, moment: Moment, comes: Collection[int], goes: Collection[int]) -> None:
        """Agents came, and idle ones went."""


class Policy(Hearing, ABC):
    """Who takes what. One object plays one run at a time; `begin` comes first.

    `order` is how tasks stand in lines. With `tick` the moment is shown to `ticked` every so many hours, and
    asked about again, though nothing happened. `hears` says that what happens is to be told.
    """

    name = ""
    order: Order = staticmethod(by_arrival)
    tick = 0.0
    hears = False

    @abstractmethod
    def choose(self, moment: Moment) -> Sequence[tuple[Task, int]]:
        """Some pairs of a waiting task and an idle agent who may take it, each of them in one pair at most.

        The desk asks again until there are none.
        """
