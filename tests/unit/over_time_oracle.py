"""The rules over time read plainly from a request and the prices of its answer: one pair, one loop at a time.

Only the numbers of the rule are the solver's; its formulas are written down here again.
"""

from dataclasses import dataclass
from math import exp, inf, log
from typing import Any

from solver.outlook import SOON
from solver.over_time import DEFAULTS
from solver.prices import SOFTNESS
from solver.worth import AGEING, BROKEN, LONGER, NEAR, PATIENCE, PULL, REDRESSED, SPARE, URGENT
from tests.unit import oracle

Json = dict[str, Any]
Type = tuple[Any, ...]

ZERO, UNIT = 2**34, 1_000_000
PREFERS, FIRST_STEP, FAINT = log(4), 4.0, 0.001
LEAST = -(2**32) / UNIT


@dataclass(frozen=True, slots=True)
class Wait:
    """A pair is held back: it would take `mine` hours; waiting for one of `whom` takes `alternative`."""

    mine: float
    alternative: float
    whom: frozenset[str]
    begins_in: dict[str, float]


def type_of(task: Json) -> Type:
    """What tasks of a type have in common, in requests whose handling times are far apart."""
    asked = ("skills", "any_skills", "preferred_skills", "channel", "category", "size", "pinned_agent")
    opens = task.get("not_before")
    return (*(str(task.get(name)) for name in asked), task.get("handle_s", 600), opens)


def plain(task: Json) -> Json:
    """The task without what it has against agents of its own."""
    return {**task, "excluded_agents": [], "cooling_down": {}}


class World:
    """What the rule sees of a request; `price` has that of each agent at work."""

    def __init__(self, request: Json, price: dict[str, float]) -> None:
        self.request, self.price = request, price
        self.now = oracle.ms(request["now"])
        self.agents = {agent["id"]: agent for agent in request["agents"]}
        self.types: dict[Type, list[Json]] = {}
        for task in request["tasks"]:
            self.types.setdefault(type_of(task), []).append(task)
        self.size = {type: int(tasks[0].get("size", 1)) for type, tasks in self.types.items()}
        self.largest = max(self.size.values(), default=1)
        self.able = {
            (type, id) for type, tasks in self.types.items() for id in self.agents if self._able(tasks[0], id)
        }
        self.hours = {pair: self._hours(*pair) for pair in self.able}
        self.hours = {pair: hours for pair, hours in self.hours.items() if self._finishes(*pair, hours)}

    def _able(self, task: Json, id: str) -> bool:
        agent = self.agents[id]
        refused = oracle.refusal(self.request, plain(task), agent)
        if task.get("size", 1) > agent.get("capacity", 1):
            return False
        if refused == "off_shift":
            return 0 < self.comes_in(id) <= SOON
        return refused in (None, "at_capacity")

    def _hours(self, type: Type, id: str) -> float:
        return oracle.handling_s(self.types[type][0], self.agents[id]) / 3600

    def _finishes(self, type: Type, id: str, hours: float) -> bool:
        at_once = self.comes_in(id) == 0 and oracle.room(self.agents[id]) >= self.size[type]
        begins = 0.0 if at_once or self.frees_in(id) == inf else self.frees_in(id)
        return begins + hours <= self.leaves_in(id) + 1e-12

    def comes_in(self, id: str) -> float:
        """Hours until the agent's window begins."""
        begins = self.agents[id].get("available_from")
        return max(0.0, (oracle.ms(begins) - self.now) / 3_600_000) if begins else 0.0

    def leaves_in(self, id: str) -> float:
        """Hours until it ends."""
        ends = self.agents[id].get("available_until")
        return (oracle.ms(ends) - self.now) / 3_600_000 if ends else inf

    def frees_in(self, id: str) -> float:
        """Hours until there is room for the largest task that the agent is able to do."""
        agent = self.agents[id]
        wanted = max(self.size[type] for type, able in self.able if able == id)
        room = agent.get("capacity", 1) - oracle.load(agent)
        if room >= wanted:
            return self.comes_in(id)
        for piece in sorted(agent.get("busy", []), key=lambda piece: float(piece["remaining_s"])):
            room += piece.get("size", 1)
            if room >= wanted:
                return max(self.comes_in(id), piece["remaining_s"] / 3600)
        return inf

    def doers(self, type: Type) -> list[str]:
        """Who is to be reckoned with for a type."""
        return [id for id in self.agents if (type, id) in self.hours]

    def least(self, type: Type) -> float:
        """v: the priced hours of one task."""
        return min(self.hours[type, id] * self.price[id] for id in self.doers(type))

    def share(self, type: Type, id: str) -> float:
        """x: the share of a type's work that an agent would get."""
        part = {
            one: (1 + (self.hours[type, one] * self.price[one] / self.least(type) - 1) / SOFTNESS) ** -4
            for one in self.doers(type)
        }
        return part[id] / sum(part.values())

    def backlog(self, id: str) -> float:
        """Hours of waiting work that an agent would get, in task sizes."""
        return sum(
            len(tasks) * self.size[type] * self.share(type, id) * self.hours[type, id]
            for type, tasks in self.types.items()
            if (type, id) in self.hours
        )

    def wait(self, task: Json, id: str) -> Wait | None:
        """Whether the pair is held back, whatever the task has for or against anybody."""
        type = type_of(task)
        if (type, id) not in self.hours:
            return None
        mine = self.hours[type, id]
        faster = [
            one
            for one in self.doers(type)
            if self.hours[type, one] < mine and self.frees_in(one) < self.leaves_in(one)
        ]
        if not faster:
            return None
        done = {one: self.frees_in(one) + self.hours[type, one] for one in faster}
        first = min(done.values())
        ahead = sum(self.backlog(one) / self.hours[type, one] - self.share(type, one) for one in faster)
        served = sum(self.slots(one) / self.hours[type, one] for one in faster)
        alternative = first + DEFAULTS.queue * max(0.0, ahead) / served
        whom = frozenset(one for one in faster if done[one] <= first * (1 + 1e-12))
        begins = {one: alternative - self.hours[type, one] for one in whom}
        return Wait(mine, alternative, whom, begins)

    def slots(self, id: str) -> int:
        """How much an agent works on at once."""
        return max(1, int(self.agents[id].get("capacity", 1)))

    def terms(self, task: Json, id: str) -> dict[str, float]:
        """The terms of a pair, before they are rounded."""
        first = self.request["policy"]["rule"] == "priority_first"
        parts = self._parts(task, first) | {"right_agent": self._right(task, id, first)}
        weights = self.request["policy"].get("weights", {})
        share = self.size[type_of(task)] / self.largest
        found = {name: UNIT * part * weights.get(name, 1) * share for name, part in parts.items()}
        found["right_agent"] += ZERO * share
        return found

    def _right(self, task: Json, id: str, first: bool) -> float:
        type = type_of(task)
        part = LEAST
        if (type, id) in self.hours:
            part = -DEFAULTS.right_agent * log(self.hours[type, id] * self.price[id] / self.least(type))
        part += PREFERS * (id in task.get("preferred_agents", []))
        return part * (FAINT if first else 1)

    def _parts(self, task: Json, first: bool) -> dict[str, float]:
        type, priority, waited = type_of(task), oracle.priority(task), self._waited(task)
        if first:
            age = AGEING * log(1 + waited / PATIENCE)
            return {
                "nearly_done": 0,
                "waited": age,
                "priority": FIRST_STEP * (priority - 50),
                "promise": 0,
            }
        known = self.doers(type)
        own = task.get("handle_s", 600) / 3600
        price = self.least(type) if known else own
        fastest = min((self.hours[type, id] for id in known), default=own)
        used = waited / self.limit()
        return {
            "nearly_done": -log(price * self.size[type]),
            "waited": AGEING * log(1 + waited / (PATIENCE * price)) + PULL * max(0.0, used - 1),
            "priority": log(2) * (priority - 50) / 25,
            "promise": self._promise(task, fastest, used),
        }

    def limit(self) -> float:
        """Hours beyond which a wait is too long."""
        able = {type for type, _ in self.able}
        said = self.request["policy"].get("arrivals", {})
        alike: dict[str, int] = {}
        for type in able:
            alike[type[4]] = alike.get(type[4], 0) + self._amount(type)
        comes = {type: said.get(type[4], 0) * self._amount(type) / alike[type[4]] for type in able}
        if not any(comes.values()):
            oldest = max((self._waited(task) for type in able for task in self.types[type]), default=0.0)
            return SPARE + LONGER * oldest
        some = [type for type in able if comes[type] and self.doers(type)]
        an_hour = sum(self.least(type) * comes[type] for type in some)
        work = sum(self.least(type) * self._amount(type) for type in some)
        return SPARE + LONGER * (work / an_hour if an_hour else 0.0)

    def _amount(self, type: Type) -> int:
        return self.size[type] * len(self.types[type])

    def _waited(self, task: Json) -> float:
        return max(0, self.now - oracle.ms(task.get("created_at", self.request["now"]))) / 3_600_000

    def _promise(self, task: Json, fastest: float, used: float) -> float:
        if not task.get("due_at"):
            return 0
        slack = (oracle.ms(task["due_at"]) - self.now) / 3_600_000 - fastest
        return URGENT * exp(-slack / NEAR) if slack >= 0 else _redress(used) - BROKEN


def _redress(used: float) -> float:
    return PULL * min(max(used - REDRESSED, 0.0), 1 - REDRESSED)
