"""From the bytes of a request to a snapshot and a policy; or every fault in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import jiter
import msgspec
from msgspec import UNSET

from api.errors import ApiError
from api.faults import BEYOND_MICROSECONDS, find
from api.messages import Job
from api.schemas import DEEPEST, MOST_ATTRIBUTE_BYTES, PRIORITIES, AgentIn, AssignRequest, TaskIn
from assigner.domain.agent import Agent, Presence
from assigner.domain.instant import to_ms
from assigner.domain.policy import Policy
from assigner.domain.snapshot import Snapshot
from assigner.domain.task import Requirement, Skills, Task

FINER_THAN_DECODED = re.compile(rb"\.[0-9]{7}")
"""A seventh digit of a second, which the decoder would round."""
INSTANTS = ("now", "created_at", "due_at", "not_before", "available_from", "available_until", "idle_since")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request, understood. `order` has the ids of the tasks as the request has them."""

    snapshot: Snapshot
    order: list[str]
    policy: Policy
    explain: str
    seed: int
    time_limit_s: float


def parse(body: bytes, job: Job) -> Question:
    """Understand a request. Raises ApiError: malformed_json, too_many_tasks or _agents, invalid_request."""
    request = _decode(body, job)
    now = job.now_ms if request.now is None else to_ms(request.now)
    requirements = Requirements()
    return Question(
        snapshot=Snapshot.freeze(
            now,
            (_task(task, requirements.of(task), now) for task in request.tasks),
            (_agent(agent) for agent in request.agents),
        ),
        order=[task.id for task in request.tasks],
        policy=Policy(
            rule=request.policy.rule,
            weights=msgspec.structs.asdict(request.policy.weights),
            arrivals=request.policy.arrivals,
            prices=request.policy.prices,
        ),
        explain=request.explain,
        seed=request.seed,
        time_limit_s=min(request.time_limit_s, job.limits.max_time_limit_s),
    )


def not_json(body: bytes, error: ValueError) -> ApiError:
    """The error of a body that does not decode, in words that say what it is where that can be seen."""
    if body.startswith(b"\xef\xbb\xbf"):
        return ApiError("malformed_json", "The body begins with a byte order mark: leave it out.")
    if body.startswith(b"\x1f\x8b"):
        return ApiError("malformed_json", "The body is compressed with gzip: send it as it is.")
    return ApiError("malformed_json", f"The body is not JSON: {error}.")


def _decode(body: bytes, job: Job) -> AssignRequest:
    try:
        data = jiter.from_json(body, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        raise not_json(body, error) from None
    _count(data, "tasks", job.limits.max_tasks)
    _count(data, "agents", job.limits.max_agents)
    if FINER_THAN_DECODED.search(body):
        _cut_instants(data)
    try:
        request = msgspec.convert(data, AssignRequest)
        if _clean(request):
            return request
    except msgspec.ValidationError:
        pass  # `find` says what is wrong, all of it
    return msgspec.convert(find(data, AssignRequest, job.language), AssignRequest)


def _cut_instants(data: Any) -> None:
    """Cut off what is finer than the decoder takes, wherever an instant may be."""
    lists = [data.get(name) for name in ("tasks", "agents")] if isinstance(data, dict) else []
    for item in chain([data], *(items for items in lists if isinstance(items, list))):
        if isinstance(item, dict):
            _cut(item, INSTANTS)
            cooling_down = item.get("cooling_down")
            if isinstance(cooling_down, dict):
                _cut(cooling_down, list(cooling_down))


def _cut(holder: dict[str, Any], names: Iterable[str]) -> None:
    for name in names:
        if isinstance(instant := holder.get(name), str):
            holder[name] = BEYOND_MICROSECONDS.sub(r"\1", instant)


def _count(data: Any, name: str, most: int) -> None:
    items = data.get(name) if isinstance(data, dict) else None
    if isinstance(items, list) and len(items) > most:
        raise ApiError(f"too_many_{name}", f"The request has {len(items):,} {name}; the bound is {most:,}.")


def _clean(request: AssignRequest) -> bool:
    """Whether the request is free of the faults that types cannot tell."""
    tasks, agents = request.tasks, request.agents
    if len({task.id for task in tasks}) < len(tasks) or len({agent.id for agent in agents}) < len(agents):
        return False
    if not re.fullmatch("[!-~]*", "".join(_ids(request))):
        return False
    if re.search("[\x00-\x1f\x7f]", "".join(_names(request))) or not _consistent(request.agents):
        return False
    return all(task.pinned_agent not in task.excluded_agents for task in tasks if task.pinned_agent) and all(
        modest(task.attributes) for task in tasks if task.attributes
    )


def _consistent(agents: Iterable[AgentIn]) -> bool:
    """Whether what is in hand is all of the load, and windows end after they begin, where both are given."""
    return all(
        in_order(agent.available_from, agent.available_until)
        and (not agent.busy or agent.load in (UNSET, _in_hand(agent)))
        for agent in agents
    )


def in_order(begins: datetime | None, ends: datetime | None) -> bool:
    """Whether a window ends after it begins, where it does both."""
    return begins is None or ends is None or to_ms(begins) < to_ms(ends)


def _in_hand(agent: AgentIn) -> int:
    return sum([piece.size for piece in agent.busy])


def _ids(request: AssignRequest) -> Iterator[str]:
    yield from (agent.id for agent in request.agents)
    yield from request.policy.prices or ()
    for task in request.tasks:
        yield task.id
        yield task.case or ""
        yield task.queue or ""
        yield task.pinned_agent or ""
        if task.preferred_agents or task.excluded_agents or task.cooling_down:
            yield from chain(task.preferred_agents, task.excluded_agents, task.cooling_down)


def _names(request: AssignRequest) -> set[str]:
    names: set[str] = set()
    for task in request.tasks:
        names.update(task.skills, task.preferred_skills, *task.any_skills, task.tags)
        names.add(task.category or "")
        names.add(task.channel or "")
    for agent in request.agents:
        names.update(agent.skills, agent.channels or (), agent.handle_s)
    return names.union(request.policy.arrivals)


def modest(attributes: dict[str, Any]) -> bool:
    """Whether attributes are short, and surely not too deep."""
    text = msgspec.json.encode(attributes)
    return len(text) <= MOST_ATTRIBUTE_BYTES and text.count(b"{") + text.count(b"[") <= DEEPEST // 2


class Requirements:
    """The requirements of tasks, each distinct one made once, so that like tasks share it."""

    def __init__(self) -> None:
        self._seen: dict[tuple[object, ...], Requirement] = {}
        self._made: dict[Requirement, Requirement] = {}

    def of(self, task: TaskIn) -> Requirement:
        """What the task asks of an agent."""
        key = (
            task.category,
            task.channel,
            task.size,
            tuple(task.skills.items()),
            tuple([tuple(skills.items()) for skills in task.any_skills]),
            tuple(task.preferred_skills.items()),
        )
        found = self._seen.get(key)
        if found is None:
            made = _requirement(task)
            found = self._seen[key] = self._made.setdefault(made, made)
        return found


def _requirement(task: TaskIn) -> Requirement:
    return Requirement(
        skills=_skills(task.skills),
        any_skills=tuple(sorted({_skills(skills) for skills in task.any_skills})),
        preferred_skills=_skills(task.preferred_skills),
        channel=task.channel,
        category=task.category,
        size=task.size,
    )


def _skills(skills: dict[str, int]) -> Skills:
    return tuple(sorted(skills.items()))


def _task(task: TaskIn, requirement: Requirement, now: int) -> Task:
    return Task(
        id=task.id,
        requirement=requirement,
        created_at=now if task.created_at is None else to_ms(task.created_at),
        priority=PRIORITIES[task.priority] if isinstance(task.priority, str) else task.priority,
        due_at=None if task.due_at is None else to_ms(task.due_at),
        not_before=None if task.not_before is None else to_ms(task.not_before),
        handle_ms=round(task.handle_s * 1000),
        preferred_agents=tuple(task.preferred_agents),
        excluded_agents=tuple(task.excluded_agents),
        pinned_agent=task.pinned_agent,
        cooling_down=tuple([(id, to_ms(until)) for id, until in task.cooling_down.items()]),
    )


def _agent(agent: AgentIn) -> Agent:
    return Agent(
        id=agent.id,
        skills=agent.skills,
        presence=Presence(agent.presence),
        channels=None if agent.channels is None else frozenset(agent.channels),
        capacity=agent.capacity,
        load=_in_hand(agent) if agent.load is UNSET else agent.load,
        busy=tuple([(piece.size, round(piece.remaining_s * 1000)) for piece in agent.busy]),
        available_from=None if agent.available_from is None else to_ms(agent.available_from),
        available_until=None if agent.available_until is None else to_ms(agent.available_until),
        idle_since=None if agent.idle_since is None else to_ms(agent.idle_since),
        handle_ms={category: round(seconds * 1000) for category, seconds in agent.handle_s.items()},
    )
