"""A centre of 10,000 agents and 100 queues with 50,000 tasks waiting: who is in it, and its traffic.

Queue, skill and category have one number. The first queues are full: their agents hold all that they can and
finish nothing. Those that move have agents who are all busy, and finish. The calm ones have agents to spare.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from tests.benchmarks.service import Service

QUEUES: Final = 100
MOVING: Final = range(80, 90)
CALM: Final = range(90, 100)
AGENTS_A_QUEUE: Final = 100
FULL_WAITING: Final = 45_000
MOVING_WAITING: Final = 5_000
CALM_BUSY: Final = 50
"""Agents of each calm queue that are at work in the beginning."""
OFFER_TTL_S: Final = 120
FIRST_STEP_S, STEP_EVERY_S, LAST_STEP_S = 20.0, 2.8, 3_600.0
"""The first relaxation step of queue number n comes after 20 + 2.8 n seconds, so that through five minutes
there is always a queue whose tasks are relaxed, 500 at once; the last one comes after an hour."""

Doc = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of everything: parts of a thousand, so that a small world is like a large one."""

    parts: int = 1_000

    def of(self, number: int) -> int:
        """So much of a number."""
        return max(1, number * self.parts // 1_000)

    @property
    def agents(self) -> int:
        """All agents."""
        return QUEUES * self.of(AGENTS_A_QUEUE)

    @property
    def holding(self) -> int:
        """How many agents have a task in the beginning."""
        return (QUEUES - len(CALM)) * self.of(AGENTS_A_QUEUE) + len(CALM) * self.of(CALM_BUSY)

    @property
    def tasks(self) -> int:
        """All tasks in the beginning."""
        return self.holding + self.of(FULL_WAITING) + self.of(MOVING_WAITING)


def queue_docs() -> Iterator[Doc]:
    """The settings of each queue."""
    for number in range(QUEUES):
        skill = _skill(number)
        yield {
            "id": f"queue-{number:02}",
            "offer_ttl_s": OFFER_TTL_S,
            "relaxation": [
                {"after_s": FIRST_STEP_S + STEP_EVERY_S * number, "skills": {skill: 3}},
                {"after_s": LAST_STEP_S, "skills": {skill: 1}},
            ],
            "floor": {skill: 1},
        }


def agent_docs(size: Size) -> Iterator[Doc]:
    """Each agent: two skills of neighbouring queues of one kind, at levels that any of their tasks asks."""
    chance = Random(1)
    for number in range(QUEUES):
        kind = kind_of(number)
        beside = kind[(number - kind[0] + 1) % len(kind)]
        for one in range(size.of(AGENTS_A_QUEUE)):
            skills = {_skill(at): chance.randint(5, 10) for at in (number, beside)}
            yield {"id": f"agent-{number:02}-{one:03}", "skills": skills, "capacity": 1}


def task_docs(size: Size) -> Iterator[Doc]:
    """The tasks of the beginning: one for each agent who is to be busy, and those that wait."""
    chance = Random(2)
    full = range(MOVING[0])
    for number in range(QUEUES):
        busy = size.of(CALM_BUSY if number in CALM else AGENTS_A_QUEUE)
        for _ in range(busy):
            yield task_doc(number, chance)
    for at in range(size.of(FULL_WAITING)):
        yield task_doc(full[at % len(full)], chance)
    for at in range(size.of(MOVING_WAITING)):
        yield task_doc(MOVING[at % len(MOVING)], chance)


def task_doc(number: int, chance: Random) -> Doc:
    """A task of a queue; its id is drawn."""
    created = datetime.now(UTC)
    return {
        "id": f"task-{chance.getrandbits(60):x}",
        "queue": f"queue-{number:02}",
        "category": f"category-{number:02}",
        "skills": {_skill(number): chance.randint(1, 5)},
        "priority": chance.choice((25, 50, 50, 75, 95)),
        "created_at": created.isoformat(timespec="milliseconds"),
        "due_at": (created + timedelta(minutes=chance.randint(30, 480))).isoformat(timespec="milliseconds"),
        "handle_s": chance.choice((300, 600, 900)),
        "attributes": {"ticket": f"CRM-{chance.randrange(10**6)}"},
    }


def queue_of(agent: str) -> int:
    """The number of an agent's first queue."""
    return int(agent[6:8])


def kind_of(number: int) -> range:
    """The queues of the same kind."""
    return next((kind for kind in (MOVING, CALM) if number in kind), range(MOVING[0]))


def ndjson(docs: Iterator[Doc]) -> bytes:
    """One document a line."""
    return b"".join(json.dumps(doc).encode() + b"\n" for doc in docs)


def bearer(key: str) -> dict[str, str]:
    """The header that shows a key, where there is one."""
    return {"Authorization": f"Bearer {key}"} if key else {}


def put_queues(service: Service, key: str = "") -> None:
    """Make the queues, with a key where one is given."""
    connection = service.connect()
    for doc in queue_docs():
        connection.request("PUT", f"/v1/queues/{doc['id']}", json.dumps(doc), bearer(key))
        response = connection.getresponse()
        response.read()
        if response.status != 201:
            raise RuntimeError(f"A queue was answered {response.status}.")


def post_batch(service: Service, kind: str, body: bytes, key: str = "") -> None:
    """Make what the lines say. Raises RuntimeError unless every line was answered 201."""
    connection = service.connect()
    connection.request(
        "POST", f"/v1/{kind}/batch", body, {"Content-Type": "application/x-ndjson", **bearer(key)}
    )
    response = connection.getresponse()
    answers = response.read()
    made, lines = answers.count(b'"status":201'), body.count(b"\n")
    if made != lines:
        raise RuntimeError(f"Of {lines:,} lines {made:,} were made: {answers[:300].decode()}")


def read(service: Service, path: str) -> Any:
    """What a GET answers. Raises RuntimeError when its status is not 200."""
    connection = service.connect()
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"{path} answered {response.status}: {body[:300].decode()}")
    return json.loads(body)


def _skill(number: int) -> str:
    return f"skill-{number:02}"
