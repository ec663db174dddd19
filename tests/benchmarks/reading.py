"""A plain reading of the contract of `POST /v1/assign`, pair by pair: what is wrong with an answer.

It knows the request, the answer and the contract, and shares no code with the service.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

Record = dict[str, Any]

LARGEST_VALUE = 2**35
KINDS = (
    "free_capacity add_skill raise_level presence wait_until unpin agent_not_in_request add_channel "
    "more_capacity extend_shift lift_exclusion"
).split()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A task and an agent of a request at an instant, in milliseconds."""

    task: Record
    agent: Record
    now: int

    def size(self) -> int:
        """What the task takes of the agent's capacity."""
        size: int = self.task.get("size", 1)
        return size

    def handling_ms(self) -> int:
        """The agent's own time for the category, else the task's."""
        own = self.agent.get("handle_s", {}).get(self.task.get("category"))
        seconds: float = own or self.task.get("handle_s", 600)
        return round(1000 * seconds)

    def skilled(self, enough: Callable[[int, int], bool]) -> bool:
        """Whether the agent has all the skills and all of one alternative: `enough(held, asked)` of each."""
        held = self.agent.get("skills", {})
        sets = [
            all(enough(held.get(skill, 0), level) for skill, level in each.items()) for each in self._sets()
        ]
        return sets[0] and any(sets[1:] or [True])

    def _sets(self) -> list[dict[str, int]]:
        return [self.task.get("skills", {}), *self.task.get("any_skills", ())]


def faults(request: Record, answer: Record) -> Iterator[str]:
    """Every way in which an answer breaks the contract; `explain` is `reasons`."""
    yield from _order_faults(request, answer)
    yield from _pair_faults(request, answer)
    yield from _capacity_faults(request, answer)
    yield from _solution_faults(answer)
    yield from _waiting_faults(request, answer)


def _not_yet(pair: Pair) -> bool:
    return pair.now < _ms(pair.task.get("not_before"), pair.now)


def _pinned_elsewhere(pair: Pair) -> bool:
    return pair.task.get("pinned_agent") not in (None, pair.agent["id"])


def _excluded(pair: Pair) -> bool:
    return pair.agent["id"] in pair.task.get("excluded_agents", ())


def _skill_missing(pair: Pair) -> bool:
    return not pair.skilled(lambda held, asked: held > 0)


def _level_too_low(pair: Pair) -> bool:
    return not pair.skilled(lambda held, asked: held >= asked)


def _wrong_channel(pair: Pair) -> bool:
    channel, served = pair.task.get("channel"), pair.agent.get("channels")
    return channel is not None and served is not None and channel not in served


def _absent(pair: Pair) -> bool:
    presence: str = pair.agent.get("presence", "available")
    return presence != "available"


def _off_shift(pair: Pair) -> bool:
    begin = _ms(pair.agent.get("available_from"), pair.now)
    return pair.now < begin or pair.now >= _ms(pair.agent.get("available_until"), pair.now + 1)


def _shift_too_short(pair: Pair) -> bool:
    done = pair.now + pair.handling_ms()
    return done > _ms(pair.agent.get("available_until"), done)


def _cooling_down(pair: Pair) -> bool:
    return pair.now < _ms(pair.task.get("cooling_down", {}).get(pair.agent["id"]), pair.now)


def _at_capacity(pair: Pair) -> bool:
    capacity: int = pair.agent.get("capacity", 1)
    load: int = pair.agent.get("load", 0)
    return load + pair.size() > capacity


RULES: Mapping[str, Callable[[Pair], bool]] = {
    rule.__name__.removeprefix("_"): rule
    for rule in (
        _not_yet,
        _pinned_elsewhere,
        _excluded,
        _skill_missing,
        _level_too_low,
        _wrong_channel,
        _absent,
        _off_shift,
        _shift_too_short,
        _cooling_down,
        _at_capacity,
    )
}
"""In the order of the contract: true where the rule refuses the pair."""


def refusal(pair: Pair) -> str | None:
    """The first rule that refuses a pair; None where the agent may take the task."""
    return next((name for name, refuses in RULES.items() if refuses(pair)), None)


def _order_faults(request: Record, answer: Record) -> Iterator[str]:
    """Every task is answered once, and both lists follow the request."""
    asked = [task["id"] for task in request["tasks"]]
    assigned = {row["task"] for row in answer["assignments"]}
    for name, wanted in (
        ("assignments", [task for task in asked if task in assigned]),
        ("unassigned", [task for task in asked if task not in assigned]),
    ):
        if [row["task"] for row in answer[name]] != wanted:
            yield f"{name} are not the tasks of the request, each once and in its order"


def _pair_faults(request: Record, answer: Record) -> Iterator[str]:
    """Each assigned pair is eligible, and its value is the sum of its terms, within bounds."""
    for row, pair in _assigned(request, answer):
        what = f"{row['task']} to {row['agent']}"
        if rule := refusal(pair):
            yield f"{what} is assigned against {rule}"
        if row["value"] != sum(row["terms"].values()):
            yield f"{what}: the terms do not sum to the value"
        if not 1 <= row["value"] <= LARGEST_VALUE:
            yield f"{what}: the value {row['value']} is out of bounds"
        if row["expected_handle_s"] != pair.handling_ms() / 1000:
            yield f"{what}: {row['expected_handle_s']} s is not the handling time of the pair"


def _capacity_faults(request: Record, answer: Record) -> Iterator[str]:
    """Nobody gets more than the capacity left; nobody eligible waits beside capacity that is left over."""
    room = {agent["id"]: agent.get("capacity", 1) - agent.get("load", 0) for agent in request["agents"]}
    for row, pair in _assigned(request, answer):
        room[row["agent"]] -= pair.size()
    used = {row["agent"] for row in answer["assignments"]}
    yield from (f"{agent} carries too much" for agent in used if room[agent] < 0)
    tasks = {task["id"]: task for task in request["tasks"]}
    now = _now(request)
    for row in answer["unassigned"]:
        for agent in request["agents"]:
            pair = Pair(task=tasks[row["task"]], agent=agent, now=now)
            if room[agent["id"]] >= pair.size() and refusal(pair) is None:
                yield f"{row['task']} waits although {agent['id']} may take it and has room"


def _solution_faults(answer: Record) -> Iterator[str]:
    """The objective is the sum of the values; bound, gap and status agree."""
    said = answer["solution"]
    objective, bound = said["objective"], said["bound"]
    if objective != sum(row["value"] for row in answer["assignments"]):
        yield "the objective is not the sum of the values"
    if bound < objective or said["gap"] != (bound - objective) / max(1, abs(bound)):
        yield f"the gap {said['gap']} is not that of {objective} and {bound}"
    if said["status"] == "optimal" and bound != objective:
        yield "optimal is claimed with a gap"


def _waiting_faults(request: Record, answer: Record) -> Iterator[str]:
    """Each refusal is counted once under its rule; the reason and the change follow from them."""
    tasks = {task["id"]: task for task in request["tasks"]}
    agents, now = request["agents"], _now(request)
    known = {agent["id"] for agent in agents}
    for row in answer["unassigned"]:
        first = [refusal(Pair(task=tasks[row["task"]], agent=agent, now=now)) for agent in agents]
        refused = Counter(rule for rule in first if rule)
        if row["refusals"] != refused:
            yield f"{row['task']}: the refusals are {row['refusals']}; expected {dict(refused)}"
        if row["reason"] != (reason := _reason(refused, len(agents))):
            yield f"{row['task']}: the reason is {row['reason']}; expected {reason}"
        if not row["detail"].strip() or row["unblock"]["kind"] not in KINDS:
            yield f"{row['task']}: no detail, or no known change"
        if not (
            known.issuperset(row["unblock"]["agents"]) or row["unblock"]["kind"] == "agent_not_in_request"
        ):
            yield f"{row['task']}: the change names agents who are not in the request"


def _reason(refused: Counter[str], agents: int) -> str:
    if not agents:
        return "no_agents"
    if refused.total() < agents:
        return "outranked"
    return [rule for rule in RULES if refused[rule]][-1]


def _assigned(request: Record, answer: Record) -> Iterator[tuple[Record, Pair]]:
    tasks = {task["id"]: task for task in request["tasks"]}
    agents = {agent["id"]: agent for agent in request["agents"]}
    now = _now(request)
    for row in answer["assignments"]:
        yield row, Pair(task=tasks[row["task"]], agent=agents[row["agent"]], now=now)


def _now(request: Record) -> int:
    return _ms(request["now"], 0)


@cache
def _ms(instant: str | None, default: int) -> int:
    """Milliseconds since the epoch, what is finer cut off; the default where there is no instant."""
    if instant is None:
        return default
    return (datetime.fromisoformat(instant) - _EPOCH) // timedelta(milliseconds=1)
