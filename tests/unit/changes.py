"""What an `unblock` names, done to the request: the test of whether it is true."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

from tests.unit import oracle
from tests.unit.worlds import NOW

Json = dict[str, Any]

FAR = (NOW + timedelta(days=9000)).isoformat()
TO_AN_AGENT = ("free_capacity", "more_capacity", "extend_shift", "presence", "add_channel", "lift_exclusion")
CAPABLE = {"skills": dict.fromkeys("abc", 10), "capacity": 1000}


def changed(request: Json, task: str, kind: str, agent: str, **particulars: Any) -> Json:
    """The request with this change made for one agent."""
    after = deepcopy(request)
    chosen = next(each for each in after["tasks"] if each["id"] == task)
    person = next((each for each in after["agents"] if each["id"] == agent), None)
    match kind:
        case "wait_until":
            after["now"] = particulars["at"]
        case "unpin":
            chosen["pinned_agent"] = None
        case "lift_exclusion":
            chosen["excluded_agents"].remove(agent)
        case "agent_not_in_request":
            assert person is None
            after["agents"].append({"id": agent, **CAPABLE})
        case _:
            assert person is not None
            _change(person, chosen, kind, particulars)
    return after


def _change(person: Json, task: Json, kind: str, particulars: Json) -> None:
    match kind:
        case "free_capacity":
            person["load"] = 0
        case "more_capacity":
            person["capacity"] = person.get("load", 0) + task.get("size", 1)
        case "extend_shift":
            person["available_until"] = FAR
        case "presence":
            person["presence"] = "available"
        case "add_channel":
            person["channels"] = [*(person.get("channels") or []), particulars["channel"]]
        case "raise_level" | "add_skill":
            held = person.setdefault("skills", {})
            assert (particulars["skill"] in held) == (kind == "raise_level")
            assert held.get(particulars["skill"], 0) < particulars["level"]
            held[particulars["skill"]] = particulars["level"]
        case _:
            raise AssertionError(f"unknown kind of change: {kind}")


def helps(request: Json, task: Json, kind: str, agent: str, **particulars: Any) -> bool:
    """Whether this change, made for one agent, lets that agent take the task."""
    after = changed(request, task["id"], kind, agent, **particulars)
    chosen = next(each for each in after["tasks"] if each["id"] == task["id"])
    return agent in oracle.eligible(after, chosen)


def single_changes(request: Json, task: Json) -> Iterator[tuple[str, str]]:
    """(kind, agent) of every single change that would let somebody take the task."""
    for agent in request["agents"]:
        for kind, particulars in _thinkable(request, task, agent):
            if helps(request, task, kind, agent["id"], **particulars):
                yield kind, agent["id"]
    pinned = task.get("pinned_agent")
    here = {agent["id"] for agent in request["agents"]}
    if pinned and pinned not in here and helps(request, task, "agent_not_in_request", pinned):
        yield "agent_not_in_request", pinned


def _thinkable(request: Json, task: Json, agent: Json) -> Iterator[tuple[str, Json]]:
    yield "free_capacity", {}
    yield "more_capacity", {}
    yield "presence", {}
    yield "unpin", {}
    if agent.get("available_until"):
        yield "extend_shift", {}
    if agent["id"] in task.get("excluded_agents", []):
        yield "lift_exclusion", {}
    if task.get("channel"):
        yield "add_channel", {"channel": task["channel"]}
    yield from _skills(task, agent)
    cooled = task.get("cooling_down", {}).get(agent["id"])
    for at in (task.get("not_before"), agent.get("available_from"), cooled):
        if at and oracle.ms(at) > oracle.ms(request["now"]):
            yield "wait_until", {"at": at}


def _skills(task: Json, agent: Json) -> Iterator[tuple[str, Json]]:
    held = agent.get("skills", {})
    for asked in (task.get("skills", {}), *task.get("any_skills", [])):
        for skill, level in asked.items():
            if held.get(skill, 0) < level:
                kind = "raise_level" if skill in held else "add_skill"
                yield kind, {"skill": skill, "level": level}
