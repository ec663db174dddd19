"""What a preview says is what would come, and what is asked of one process is not hidden from another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from assigner.clock import ManualClock
from assigner.domain.instant import rfc3339
from assigner.domain.lifecycle import OverrideState
from assigner.domain.records import Event, OverrideRecord
from assigner.store.base import Enqueue, MakeOverride, OnTask, Step, World
from tests.api.running import running, until
from tests.api_live.living import code
from tests.api_live.overriding import NOON_MS, Desk, InMemory, desk


@pytest.fixture(scope="module")
def floor() -> Iterator[Desk]:
    with desk("memory") as it:
        yield it


def test_a_filter_that_finds_nothing_is_refused_whatever_the_action(floor: Desk) -> None:
    ana = floor.agent()
    refused = floor.tried("exclude", {"filter": {"tag": "nowhere"}}, agent=ana)
    assert code(refused) == (422, "no_targets")
    assert floor.override("drain", {"agent": ana})["touched"] == 0


def test_a_preview_of_what_would_all_be_refused_says_so(floor: Desk) -> None:
    task, ana = floor.task(floor.queue(), skills={"nobody": 1}), floor.agent()
    floor.override("hold", {"tasks": [task]})
    for action, target, more in (("hold", {"tasks": [task]}, {}),):
        preview = floor.tried(action, target, dry_run=True, partial=True, **more).json()
        assert (preview["would"], preview["touched"], preview["refused"]) == (False, 0, 1)
    floor.override("pin", {"tasks": [task]}, agent=ana)
    queue = floor.get(task)["queue"]
    preview = floor.tried("exclude", {"queue": queue}, agent=ana, dry_run=True, partial=True).json()
    assert (preview["would"], preview["refused"]) == (False, 1)
    assert code(floor.tried("exclude", {"queue": queue}, agent=ana, partial=True))[0] == 409


@pytest.mark.parametrize("action", ["freeze", "drain", "exclude"])
def test_what_touches_no_task_can_be_asked_for_in_part_too(floor: Desk, action: str) -> None:
    queue, ana = floor.queue(), floor.agent()
    target = {"agent": ana} if action == "drain" else {"queue": queue}
    more = {"agent": ana} if action == "exclude" else {}
    assert floor.override(action, target, partial=True, **more)["state"] == "active"


def test_a_preview_names_no_task_that_would_be_refused_however_many_are(floor: Desk) -> None:
    """Only some of the refusals are told, and all of them count."""
    queue, ana = floor.queue(), floor.agent(capacity=3)
    tasks = [floor.task(queue, skills={"nobody": 1}) for _ in range(120)]
    told = floor.tried("assign", {"tasks": tasks}, agent=ana, partial=True, dry_run=True).json()
    assert (told["touched"], told["tasks"], told["refused"]) == (3, tasks[:3], 117)
    assert told["by"]["state"] == {"queued": 3}


def test_a_preview_does_not_pass_for_what_its_key_was_used_for(floor: Desk) -> None:
    task = floor.task(floor.queue(), skills={"nobody": 1})
    body = {"action": "hold", "target": {"tasks": [task]}, "reason": "x"}
    assert floor.ask("POST", "/v1/overrides", body, Idempotency_Key="used").status_code == 201
    preview = floor.ask("POST", "/v1/overrides", {**body, "dry_run": True}, Idempotency_Key="used")
    assert code(preview) == (422, "op_reused")


def test_a_task_that_was_transferred_and_back_is_the_one_that_its_client_sent(floor: Desk) -> None:
    """Sent again it is known, also where it named no queue."""
    for queue in ({}, {"queue": "main"}, {"queue": "other"}):
        body = {"id": floor.new("t"), "skills": {"nobody": 1}, **queue}
        assert floor.ask("POST", "/v1/tasks", body).status_code == 201
        for more in ({"queue": "elsewhere"}, {"skills": {}}, {"queue": "elsewhere", "skills": {"b": 2}}):
            floor.undo(floor.override("transfer", {"tasks": [body["id"]]}, **more))
            again = floor.ask("POST", "/v1/tasks", body)
            assert (again.status_code, again.json()["queue"]) == (200, queue.get("queue", "main")), more


def test_the_history_of_a_task_has_instants_as_instants(floor: Desk) -> None:
    task, due = floor.task(floor.queue(), skills={"nobody": 1}), "2030-01-01T00:00:00Z"
    for due_at in (due, None):
        floor.override("reschedule", {"tasks": [task]}, due_at=due_at, replace=True)
        last = floor.ask("GET", f"/v1/tasks/{task}/history").json()["items"][-1]
        assert (last["type"], last["set"]) == ("task.adjusted", {"due_at": due_at})


def test_a_task_that_was_done_by_when_it_was_put_off_to_was_done_in_time(floor: Desk) -> None:
    ana, now = floor.agent(), floor.clock.now_ms()
    task = floor.task(floor.queue(auto_accept=False), skills={ana: 1}, due_at=rfc3339(now - 1_000))
    assert floor.get(task)["sla_risk"] == "breached"
    floor.override("reschedule", {"tasks": [task]}, due_at=rfc3339(now + 3_600_000))
    floor.override("assign", {"tasks": [task]}, agent=ana)
    assert floor.ask("POST", f"/v1/tasks/{task}/complete", {}).json()["sla_risk"] == "ok"
    ended = floor.ask("GET", f"/v1/tasks?state=completed&agent={ana}&sla_risk=ok").json()
    assert [one["id"] for one in ended["items"]] == [task]


class Slow(InMemory):
    """A store whose events are on their way for long, until somebody asks how far they have come."""

    gate: asyncio.Event

    async def world(self) -> World:
        self.gate = asyncio.Event()
        self.gate.set()
        return await super().world()

    async def event_before(self, at: int) -> tuple[str, bool]:
        self.gate.set()
        return await super().event_before(at)

    async def events(self, after: str) -> AsyncIterator[list[Event]]:  # type: ignore[override]
        async for batch in super().events(after):
            await self.gate.wait()
            yield batch


def test_what_another_process_has_done_is_known_before_anything_is_decided_about_it() -> None:
    """An override is undone, though the events of it are late."""
    clock = ManualClock(at_ms=NOON_MS)
    store = Slow(clock)
    said: dict[str, Any] = {"actor": "another", "now": NOON_MS}
    task = Enqueue(**said, op="1", task="t", doc={}, queue="q", size=1, created_at=NOON_MS)
    record = OverrideRecord(
        id="ov",
        action="reprioritise",
        doc={"target": {"tasks": 1}, "priority": 9},
        author="another",
        reason="x",
        state=OverrideState.ACTIVE,
        made_at=NOON_MS,
    )
    facts = {"override": "ov", "set": {"priority": 9}}
    steps: list[Step] = [("adjust", OnTask(**said, op="", task="t", facts=facts))]
    with running(workers=1, clock=clock, store=store) as service:
        until(lambda: service.client.get("/readyz").status_code == 200, "the service is ready")

        async def elsewhere() -> None:
            store.gate.clear()
            await store.enqueue([task])
            await store.make_override([MakeOverride(**said, op="2", override=record, steps=steps)])

        assert store.loop
        asyncio.run_coroutine_threadsafe(elsewhere(), store.loop).result(30)
        undone = service.client.delete("/v1/overrides/ov")
        assert undone.status_code == 200, undone.text
        assert service.client.get("/v1/tasks/t").json()["overrides"] == {}
