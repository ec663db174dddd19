"""What a task is promised by its queue, through the API: when it runs, how it stands, and what changes it."""

from dataclasses import replace
from typing import Any

import pytest

from assigner.domain.instant import ms_of, rfc3339
from assigner.store.base import OnTask
from tests.api_live.living import Json, Living

HOUR = 3_600_000
OFFICE: Json = {
    "time_zone": "Europe/Madrid",
    "hours": {day: [{"from": "09:00", "until": "18:00"}] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": ["2026-11-24"],
}
LEVELS: list[Json] = [
    {"first_response_s": 3600, "resolution_s": 36000, "at_risk_s": 7200},
    {"category": "fraud", "first_response_s": 900},
]


def queue(centre: Living, **said: Any) -> str:
    """A queue with these service levels, and more."""
    id = centre.new("q")
    assert centre.ask("PUT", f"/v1/queues/{id}", {"service_levels": LEVELS, **said}).status_code == 201
    return id


def read(centre: Living, task: str) -> Json:
    found: Json = centre.ask("GET", f"/v1/tasks/{task}").json()
    return found


def promised(centre: Living, task: str) -> tuple[str | None, str | None]:
    found = read(centre, task)
    return found["respond_by"], found["due_at"]


def at(centre: Living, hours: float) -> str:
    return rfc3339(centre.clock.now_ms() + round(hours * HOUR))


def test_service_levels_run_in_the_hours_of_the_calendar(centre: Living) -> None:
    """Made on a Sunday: the clocks begin on Monday at nine, and the holiday on Tuesday does not count."""
    task = centre.task(queue=queue(centre, calendar=OFFICE))
    assert rfc3339(centre.clock.now_ms()) == "2026-11-22T11:00:00Z"
    assert promised(centre, task) == ("2026-11-23T09:00:00Z", "2026-11-25T09:00:00Z")


def test_of_a_category_its_own_service_level_holds(centre: Living) -> None:
    here = queue(centre)
    assert promised(centre, centre.task(queue=here)) == (at(centre, 1), at(centre, 10))
    assert promised(centre, centre.task(queue=here, category="fraud")) == (at(centre, 0.25), None)
    assert promised(centre, centre.task()) == (None, None)


def test_what_the_client_says_wins_over_the_service_level_and_an_override_over_both(centre: Living) -> None:
    task = centre.task(queue=queue(centre), due_at=at(centre, 3))
    assert promised(centre, task) == (at(centre, 1), at(centre, 3))
    said = {"action": "reschedule", "target": {"tasks": [task]}, "reason": "agreed", "due_at": at(centre, 7)}
    made = centre.ask("POST", "/v1/overrides", said)
    assert made.status_code == 201, made.text
    assert promised(centre, task)[1] == at(centre, 7)
    centre.ask("DELETE", f"/v1/overrides/{made.json()['id']}")
    assert promised(centre, task)[1] == at(centre, 3)
    assert centre.ask("PATCH", f"/v1/tasks/{task}", {"due_at": None}).json()["due_at"] == at(centre, 10)


def test_created_at_is_when_the_clocks_begin(centre: Living) -> None:
    task = centre.task(queue=queue(centre), created_at=at(centre, -0.5))
    assert promised(centre, task) == (at(centre, 0.5), at(centre, 9.5))


def test_what_may_not_be_begun_yet_is_promised_from_when_it_may_be(centre: Living) -> None:
    """A call-back agreed for Friday is not missed on Thursday; what its client says of the end stays."""
    here = queue(centre)
    task = centre.task(queue=here, not_before=at(centre, 90))
    assert promised(centre, task) == (at(centre, 91), at(centre, 100))
    assert promised(centre, centre.task(queue=here, not_before=at(centre, -9))) == (
        at(centre, 1),
        at(centre, 10),
    )
    said = centre.task(queue=here, not_before=at(centre, 90), due_at=at(centre, 95))
    assert promised(centre, said) == (at(centre, 91), at(centre, 95))
    changed = centre.ask("PATCH", f"/v1/tasks/{task}", {"not_before": at(centre, 20)}).json()
    assert (changed["respond_by"], changed["due_at"]) == (at(centre, 21), at(centre, 30))
    assert changed["sla_risk"] == "ok"


def test_a_call_back_agreed_when_it_is_reopened_is_promised_from_then(centre: Living) -> None:
    task = centre.task(queue=queue(centre), not_before=at(centre, 50))
    centre.on_task("resume", task)
    centre.ask("POST", f"/v1/offers/{centre.offer(task, centre.agent())}/accept")
    centre.ask("POST", f"/v1/tasks/{task}/complete")
    reopened = centre.ask("POST", f"/v1/tasks/{task}/reopen", {"reason": "not yet"}).json()
    assert reopened["due_at"] == at(centre, 60)


def test_who_took_a_task_before_that_was_noted_responded_when_they_began(centre: Living) -> None:
    task = centre.task(queue=queue(centre))
    centre.ask("POST", f"/v1/offers/{centre.offer(task, centre.agent())}/accept")
    centre.ask("POST", f"/v1/tasks/{task}/start")
    tasks = centre.store.records.tasks
    tasks[task] = replace(tasks[task], responded_at=None, assigned_at=None)
    assert read(centre, task)["responded_at"] == at(centre, 0)


def test_another_queue_or_category_is_another_promise(centre: Living) -> None:
    """Counted from the creation all the same: a transfer does not give more time."""
    task = centre.task(queue=queue(centre))
    other = queue(centre, service_levels=[{"resolution_s": 7200}])
    assert centre.ask("POST", f"/v1/tasks/{task}/transfer", {"queue": other}).json()["due_at"] == at(
        centre, 2
    )
    assert promised(centre, task) == (None, at(centre, 2))
    back = queue(centre)
    changed = centre.ask("PATCH", f"/v1/tasks/{task}", {"queue": back, "category": "fraud"}).json()
    assert (changed["respond_by"], changed["due_at"]) == (at(centre, 0.25), None)


def test_new_settings_are_new_promises_of_what_is_open_and_lists_follow(centre: Living) -> None:
    """In the lists by when tasks are due, or to be answered, too."""
    here = queue(centre)
    tasks = [centre.task(queue=here) for _ in range(3)]

    def due_before(hours: float) -> list[str]:
        asked = {"queue": here, "due_before": at(centre, hours)}
        return [item["id"] for item in centre.service.client.get("/v1/tasks", params=asked).json()["items"]]

    assert (due_before(1), due_before(1.1)) == ([], tasks)
    changed = centre.ask("PUT", f"/v1/queues/{here}", {"service_levels": [{"resolution_s": 14400}]})
    assert changed.status_code == 200
    assert (due_before(4), due_before(4.1)) == ([], tasks)
    assert promised(centre, tasks[0]) == (None, at(centre, 4))


def test_a_completed_task_keeps_what_it_was_promised(centre: Living) -> None:
    """So its history says, and so it stays whatever becomes of the queue; reopened, it is promised anew."""
    here, ana = queue(centre), centre.agent()
    task = centre.task(queue=here)
    centre.ask("POST", f"/v1/offers/{centre.offer(task, ana)}/accept")
    was = at(centre, 1), at(centre, 10)
    done = centre.ask("POST", f"/v1/tasks/{task}/complete")
    assert (done.status_code, done.json()["sla_risk"]) == (200, "ok")
    centre.ask("PUT", f"/v1/queues/{here}", {"service_levels": [{"resolution_s": 1}]})
    assert promised(centre, task) == was
    assert centre.ask("GET", f"/v1/tasks?state=completed&queue={here}").json()["items"][0]["due_at"] == was[1]
    [*_, last] = centre.ask("GET", f"/v1/tasks/{task}/history").json()["items"]
    assert last["promised"] == {"respond_by": was[0], "due_at": was[1]}
    centre.ask("PUT", f"/v1/queues/{here}", {"service_levels": LEVELS})
    centre.clock.at_ms += 30 * HOUR
    try:
        reopened = centre.ask("POST", f"/v1/tasks/{task}/reopen", {"reason": "not yet"}).json()
        assert (reopened["due_at"], reopened["sla_risk"]) == (at(centre, 10), "ok")
        assert reopened["respond_by"] == was[0]
        assert reopened["responded_at"] is not None
    finally:
        centre.clock.at_ms -= 30 * HOUR


def test_what_is_kept_is_the_promise_that_held_when_it_was_done(centre: Living) -> None:
    """Somebody makes it due later after the service has read the task, and before it is done."""
    task = centre.task(queue=queue(centre))
    centre.ask("POST", f"/v1/offers/{centre.offer(task, centre.agent())}/accept")
    later = centre.clock.now_ms() + 20 * HOUR
    facts = {"override": "o", "set": {"due_at": later}}
    adjust = OnTask(op=centre.new("op"), actor="x", now=centre.clock.now_ms(), task=task, facts=facts)
    centre.store.faster.append(("adjust", adjust))
    done = centre.ask("POST", f"/v1/tasks/{task}/complete")
    assert (done.status_code, done.json()["due_at"]) == (200, at(centre, 20))
    assert promised(centre, task)[1] == at(centre, 20)


def test_of_what_was_done_before_queues_promised_anything_only_its_client_is_kept_to(centre: Living) -> None:
    """Nothing was noted of it then; what its queue promises now was never promised of it."""
    here, ana = queue(centre, service_levels=[]), centre.agent(capacity=2)
    tasks = centre.task(queue=here), centre.task(queue=here, due_at=at(centre, 1))
    for task in tasks:
        centre.ask("POST", f"/v1/offers/{centre.offer(task, ana)}/accept")
        centre.on_task("complete", task)
    centre.ask("PUT", f"/v1/queues/{here}", {"service_levels": LEVELS})
    assert [promised(centre, task) for task in tasks] == [(None, None), (None, at(centre, 1))]
    assert [read(centre, task)["sla_risk"] for task in tasks] == ["none", "ok"]


@pytest.mark.parametrize(
    ("created_h", "risk"),
    [(0, "ok"), (-0.49, "ok"), (-0.5, "at_risk"), (-1, "breached"), (-9, "breached")],
)
def test_until_somebody_takes_it_a_task_stands_to_its_first_response(
    centre: Living, created_h: float, risk: str
) -> None:
    """At risk in the second half of the hour: the two hours of the service level are more than that."""
    task = centre.task(queue=queue(centre), created_at=at(centre, created_h))
    assert read(centre, task)["sla_risk"] == risk


@pytest.mark.parametrize(
    ("created_h", "handle_s", "risk"),
    [(-7.9, 600, "ok"), (-8, 600, "at_risk"), (-3, 8 * 3600, "at_risk"), (-10, 600, "breached")],
)
def test_once_taken_it_stands_to_its_resolution(
    centre: Living, created_h: float, handle_s: float, risk: str
) -> None:
    """At risk with two hours left, or when it would take longer than is left."""
    task = centre.task(queue=queue(centre), created_at=at(centre, created_h), handle_s=handle_s)
    taken = centre.ask("POST", f"/v1/offers/{centre.offer(task, centre.agent())}/accept")
    assert taken.status_code == 200
    found = read(centre, task)
    assert (found["sla_risk"], found["responded_at"]) == (risk, at(centre, 0))
    [listed] = centre.ask("GET", f"/v1/tasks?queue={found['queue']}&sla_risk={risk}").json()["items"]
    assert listed["id"] == task


def test_holding_a_task_stops_no_clock(centre: Living) -> None:
    task = centre.task(queue=queue(centre))
    before = promised(centre, task)
    held = centre.ask("POST", f"/v1/tasks/{task}/hold", {"reason": "the customer", "until": at(centre, 5)})
    assert (held.json()["respond_by"], held.json()["due_at"]) == before


def test_a_risk_of_the_calendar_is_in_open_time(centre: Living) -> None:
    """Two open hours before Wednesday at nine begin on Monday at five: all Tuesday is a holiday."""
    task = centre.task(queue=queue(centre, calendar=OFFICE), due_at="2026-11-25T08:00:00Z")
    risks = []
    before = centre.clock.at_ms
    try:
        taken = centre.ask("POST", f"/v1/offers/{centre.offer(task, centre.agent())}/accept")
        assert taken.status_code == 200
        for instant in ("2026-11-23T14:59:00+00:00", "2026-11-23T15:00:00+00:00"):
            centre.clock.at_ms = ms_of(instant)
            risks.append(read(centre, task)["sla_risk"])
    finally:
        centre.clock.at_ms = before
    assert risks == ["ok", "at_risk"]
