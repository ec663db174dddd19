"""The demo's centre: the sample's queues, agents and tasks, in the times of a centre that lives faster.

The service knows nothing of the pace: all times that it is told are as short as the agents' work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, cycle
from random import Random
from typing import Any, Final

from assigner.domain.queue import SETTINGS
from assigner.sample import centre, snapshot
from assigner.sample_data import QUEUES

Record = dict[str, Any]

KINDS: Final = 1_000
"""How many tasks of the sample the arrivals are drawn from."""

NAMING: Final = ("pinned_agent", "preferred_agents", "excluded_agents", "cooling_down", "not_before")
INSTANTS: Final = ("created_at", "due_at", "not_before")
LEAST_TTL_S: Final = 5.0
"""An offer is open for so long in real seconds at least: this machine may be slow."""
ANSWERS_A_SECOND: Final = 20
"""What a slow machine manages; at first all agents are offered work at once, and each is to be in time."""
LEAST_COOL_DOWN_S: Final = 1.0
LEAST_PROMISE_S: Final = 1.0
"""The service takes no shorter ones."""

BUSY_PART: Final = 0.8
"""How much of the work that the agents present can do arrives on average."""

HOURS: Final = (0.9, 1.2, 1.4, 1.3, 1.0, 0.7, 0.6, 0.9, 1.1, 1.2, 1.0, 0.7)
"""What arrives in each hour of the centre's day from nine o'clock, as a multiple of the average."""


_ROWS: Final = {row.name: row for row in SETTINGS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How large a centre is to be, and how fast it lives."""

    tasks: int
    agents: int
    seed: int
    pace: float


def sample_centre(wanted: Wanted, now: datetime) -> dict[str, dict[str, Record]]:
    """The sample's queues, agents and tasks that wait, by id, in the times of the pace."""
    made = centre(wanted.tasks, wanted.agents, wanted.seed, now)
    return {
        "queues": {id: _hastened_queue(queue, wanted) for id, queue in made["queues"].items()},
        "agents": {id: _hastened_agent(agent, wanted.pace) for id, agent in made["agents"].items()},
        "tasks": {id: _hastened(task, now, wanted.pace) for id, task in made.get("tasks", {}).items()},
    }


def arrivals(wanted: Wanted, team: Sequence[Mapping[str, Any]], first: int) -> Iterator[Record]:
    """Tasks to come, without end and without the instants: each is one that somebody of the team can do."""
    random = Random(f"{wanted.seed} {first}")  # noqa: S311 - not for secrets
    drawn = [_unnamed(task) for task in snapshot(KINDS, wanted.agents, wanted.seed)["tasks"]]
    known = [task for task in drawn if any(_able(agent, task) for agent in team)]
    random.shuffle(known)
    for number, task in zip(count(first), cycle(known), strict=False):
        prefix = task["id"].partition("-")[0]
        handle_s = _shorter(task["handle_s"], wanted.pace)
        yield task | {"id": f"{prefix}-{number:06}", "case": f"C-{number:06}", "handle_s": handle_s}


def due(task: Record, now: datetime, pace: float) -> str:
    """When a task that comes now is promised for."""
    promised = next((queue.sla_h for queue in QUEUES if queue.id == task["queue"]), 24)
    return (now + timedelta(seconds=_shorter(promised * 3_600, pace))).isoformat()


def arrivals_a_second(wanted: Wanted, team: int) -> float:
    """How many tasks come on average, so that a team of so many can do them."""
    times: list[float] = [task["handle_s"] for task in snapshot(KINDS, wanted.agents, wanted.seed)["tasks"]]
    return BUSY_PART * max(1, team) * wanted.pace / (sum(times) / len(times))


def swing(elapsed_s: float, pace: float) -> float:
    """The hour's multiple of the average."""
    return HOURS[int(elapsed_s * pace / 3600) % len(HOURS)]


def last_number(ids: Sequence[str]) -> int:
    """The largest number that such ids end in; 0 when there is none."""
    return max((int(number) for id in ids if (number := id.rpartition("-")[2]).isdecimal()), default=0)


def _hastened_queue(said: Record, wanted: Wanted) -> Record:
    pace, least_s = wanted.pace, max(LEAST_TTL_S, wanted.agents / ANSWERS_A_SECOND)
    queue = {name: said.get(name, row.default) for name, row in _ROWS.items()}
    return {
        **queue,
        "offer_ttl_s": max(least_s, _shorter(queue["offer_ttl_s"], pace)),
        "decline_cool_down_s": max(LEAST_COOL_DOWN_S, _shorter(queue["decline_cool_down_s"], pace)),
        "relaxation": [step | {"after_s": _shorter(step["after_s"], pace)} for step in queue["relaxation"]],
        "calendar": None,  # a week is over in minutes, and its nights would be too
        "service_levels": [
            {name: max(LEAST_PROMISE_S, _shorter(seconds, pace)) for name, seconds in level.items()}
            for level in queue["service_levels"]
        ],
    }


def _hastened(task: Record, now: datetime, pace: float) -> Record:
    made = task | {"handle_s": _shorter(task["handle_s"], pace)}
    return made | {name: _nearer(made[name], now, pace) for name in INSTANTS if name in made}


def _hastened_agent(agent: Record, pace: float) -> Record:
    own = {kind: _shorter(seconds, pace) for kind, seconds in agent.get("handle_s", {}).items()}
    return agent | ({"handle_s": own} if own else {})


def _nearer(instant: str, now: datetime, pace: float) -> str:
    return (now + (datetime.fromisoformat(instant) - now) / pace).isoformat()


def _shorter(seconds: float, pace: float) -> float:
    return max(0.001, round(seconds / pace, 3))


def _unnamed(task: Record) -> Record:
    return {name: value for name, value in task.items() if name not in (*NAMING, *INSTANTS)}


def _able(agent: Mapping[str, Any], task: Record) -> bool:
    sets = task.get("any_skills") or [{}]
    return task["channel"] in agent["channels"] and any(
        all(agent["skills"].get(name, 0) >= level for name, level in (task["skills"] | one).items())
        for one in sets
    )


def now_utc(now_ms: int) -> datetime:
    """The instant of so many milliseconds since 1970."""
    return datetime.fromtimestamp(now_ms / 1_000, UTC)
