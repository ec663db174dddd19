"""API.md read plainly, pair by pair, from the request alone: the product must agree with it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]

RULES = (
    "not_yet",
    "pinned_elsewhere",
    "excluded",
    "skill_missing",
    "level_too_low",
    "wrong_channel",
    "absent",
    "off_shift",
    "shift_too_short",
    "cooling_down",
    "at_capacity",
)


def ms(instant: str) -> int:
    """Milliseconds since 1970."""
    return (datetime.fromisoformat(instant) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def handling_s(task: Json, agent: Json) -> float:
    """The agent's own handling time for the task's category, else the task's; in seconds."""
    own: float | None = agent.get("handle_s", {}).get(task.get("category"))
    return task.get("handle_s", 600) if own is None else own


def refusing(request: Json, task: Json, agent: Json) -> list[str]:
    """All the rules that refuse the pair, in order."""
    found = set(_refusing(ms(request["now"]), task, agent))
    return [rule for rule in RULES if rule in found]


def refusal(request: Json, task: Json, agent: Json) -> str | None:
    """The first rule that refuses the pair."""
    return next(iter(refusing(request, task, agent)), None)


def refusals(request: Json, task: Json) -> dict[str, int]:
    """How many agents each rule refuses first."""
    first = [refusal(request, task, agent) for agent in request["agents"]]
    return {rule: first.count(rule) for rule in RULES if rule in first}


def eligible(request: Json, task: Json) -> list[str]:
    """The ids of the agents who may take the task, sorted."""
    return sorted(agent["id"] for agent in request["agents"] if not refusal(request, task, agent))


def reason(request: Json, task: Json) -> str:
    """Why the task waits, given that it does."""
    if not request["agents"]:
        return "no_agents"
    return "outranked" if eligible(request, task) else list(refusals(request, task))[-1]


def _refusing(now: int, task: Json, agent: Json) -> Iterator[str]:
    yield from _by_the_task(now, task, agent["id"])
    yield from _by_skill(task, agent.get("skills", {}))
    yield from _by_the_day(now, task, agent)
    if load(agent) + task.get("size", 1) > agent.get("capacity", 1):
        yield "at_capacity"


def _by_the_task(now: int, task: Json, agent: str) -> Iterator[str]:
    if task.get("not_before") and now < ms(task["not_before"]):
        yield "not_yet"
    if task.get("pinned_agent") not in (None, agent):
        yield "pinned_elsewhere"
    if agent in task.get("excluded_agents", []):
        yield "excluded"
    if agent in task.get("cooling_down", {}) and now < ms(task["cooling_down"][agent]):
        yield "cooling_down"


def _by_skill(task: Json, held: dict[str, int]) -> Iterator[str]:
    asked, choices = task.get("skills", {}), task.get("any_skills", []) or [{}]
    known = [choice for choice in choices if choice.keys() <= held.keys()]
    if not (asked.keys() <= held.keys() and known):
        yield "skill_missing"
    elif not (_masters(held, asked) and any(_masters(held, choice) for choice in known)):
        yield "level_too_low"


def _masters(held: dict[str, int], asked: dict[str, int]) -> bool:
    return all(held.get(skill, 0) >= level for skill, level in asked.items())


def _by_the_day(now: int, task: Json, agent: Json) -> Iterator[str]:
    if task.get("channel") and task["channel"] not in (agent.get("channels") or [task["channel"]]):
        yield "wrong_channel"
    if task.get("channel") and agent.get("channels") == []:
        yield "wrong_channel"
    if agent.get("presence", "available") != "available":
        yield "absent"
    begin, end = agent.get("available_from"), agent.get("available_until")
    if (begin and now < ms(begin)) or (end and now >= ms(end)):
        yield "off_shift"
    if end and now + round(handling_s(task, agent) * 1000) > ms(end):
        yield "shift_too_short"


def best(request: Json, value: dict[tuple[str, str], int]) -> int:
    """The largest objective, by trying everything; `value` has every eligible pair."""
    sizes = [(task["id"], task.get("size", 1)) for task in request["tasks"]]
    known: dict[tuple[int, tuple[int, ...]], int] = {}

    def rest(at: int, left: tuple[int, ...]) -> int:
        if at == len(sizes):
            return 0
        if (at, left) not in known:
            known[at, left] = max(_worths(at, left))
        return known[at, left]

    def _worths(at: int, left: tuple[int, ...]) -> Iterator[int]:
        task, size = sizes[at]
        yield rest(at + 1, left)
        for i, agent in enumerate(request["agents"]):
            worth = value.get((task, agent["id"]))
            if worth is not None and size <= left[i]:
                yield worth + rest(at + 1, (*left[:i], left[i] - size, *left[i + 1 :]))

    return rest(0, tuple(room(agent) for agent in request["agents"]))


def room(agent: Json) -> int:
    """The capacity left of an agent."""
    return max(0, int(agent.get("capacity", 1) - load(agent)))


def load(agent: Json) -> int:
    """What is taken of the agent's capacity: what is said, else what is in hand."""
    in_hand = sum(piece.get("size", 1) for piece in agent.get("busy", []))
    return int(agent.get("load", in_hand))


def priority(task: Json) -> float:
    """The priority of a task as a number."""
    words = {"low": 25, "medium": 50, "high": 75, "urgent": 95}
    said = task.get("priority", 50)
    return float(words.get(said, said))
