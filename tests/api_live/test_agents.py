"""Agents and queues: put, changed, removed, listed; what belongs to the service is refused."""

import json

import pytest

from assigner.domain.instant import rfc3339
from assigner.domain.queue import SETTINGS
from tests.api_live.living import Json, Living, code, faults


def test_an_agent_is_put_and_changed(centre: Living) -> None:
    path = f"/v1/agents/{centre.new('a')}"
    said = {"skills": {"sap": 3}, "capacity": 2, "teams": ["north"], "handle_s": {"invoice": 60}}
    made = centre.ask("PUT", path, said)
    assert (made.status_code, made.headers["Location"]) == (201, path)
    assert made.json().items() >= {**said, "presence": "available", "load": 0, "version": 1}.items()
    assert centre.ask("GET", path).headers["ETag"] == made.headers["ETag"]
    patched = centre.ask("PATCH", path, {"skills": {"sap": None, "sql": 1}, "capacity": None}).json()
    assert (patched["skills"], patched["capacity"], patched["version"]) == ({"sql": 1}, 1, 2)
    assert code(centre.ask("PATCH", path, {}, If_Match=made.headers["ETag"])) == (412, "stale_version")
    assert code(centre.ask("PUT", path, {}, If_None_Match="*")) == (412, "exists_already")
    assert code(centre.ask("PUT", path, {}, If_Match=made.headers["ETag"])) == (412, "stale_version")
    assert centre.ask("PUT", path, {}).json()["skills"] == {}


def test_presence_is_kept_by_a_put_without_it(centre: Living) -> None:
    agent = centre.agent()
    until = rfc3339(centre.clock.now_ms() + 1_000)
    set_ = centre.ask("PUT", f"/v1/agents/{agent}/presence", {"presence": "away", "until": until}).json()
    assert (set_["presence"], set_["presence_until"]) == ("away", until)
    assert centre.ask("PUT", f"/v1/agents/{agent}", {"capacity": 1}).json()["presence"] == "away"
    assert centre.ask("PUT", f"/v1/agents/{agent}", {"presence": "offline"}).json()["presence"] == "offline"


@pytest.mark.parametrize("field", ["load", "idle_since", "version", "last_seen_at"])
def test_what_the_service_knows_is_refused(centre: Living, field: str) -> None:
    for method, path in (("PUT", "/v1/agents/any"), ("PATCH", f"/v1/agents/{centre.agent()}")):
        assert faults(centre.ask(method, path, {field: 1})) == [(f"/{field}", "read_only")]


def test_an_agent_with_work_is_not_removed(centre: Living) -> None:
    agent = centre.agent()
    centre.offer(centre.task(size=3), agent)
    kept = centre.ask("DELETE", f"/v1/agents/{agent}")
    assert (*code(kept), kept.json()["load"]) == (409, "agent_has_work", 3)
    idle = f"/v1/agents/{centre.agent()}"
    assert code(centre.ask("DELETE", idle, If_Match='"9.00000000"')) == (412, "stale_version")
    assert centre.ask("DELETE", idle).status_code == 204
    for method, path, body in (
        ("DELETE", "", None),
        ("GET", "", None),
        ("PATCH", "", {}),
        ("PUT", "/presence", {"presence": "away"}),
    ):
        assert code(centre.ask(method, f"{idle}{path}", body)) == (404, "unknown_agent")


def test_agents_are_listed(centre: Living) -> None:
    team = centre.new("team")
    made = sorted(centre.agent(teams=[team], skills={"sap": 1} if i % 2 else {}) for i in range(5))
    first = centre.ask("GET", f"/v1/agents?team={team}&limit=3").json()
    rest = centre.ask("GET", f"/v1/agents?team={team}&limit=3&cursor={first['next']}").json()
    assert [agent["id"] for agent in first["items"] + rest["items"]] == made
    assert rest["next"] is None
    skilled = centre.ask("GET", f"/v1/agents?team={team}&skill=sap&presence=available").json()["items"]
    assert len(skilled) == 2
    assert centre.ask("GET", f"/v1/agents?team={team}&presence=away").json()["items"] == []


def test_a_queue_says_its_defaults_too(centre: Living) -> None:
    path = f"/v1/queues/{centre.new('q')}"
    assert code(centre.ask("GET", path)) == (404, "unknown_queue")
    said = {"offer_ttl_s": 5, "relaxation": [{"after_s": 60, "skills": {"sap": 2}}], "floor": {"sap": 1}}
    made = centre.ask("PUT", path, said)
    assert (made.status_code, made.headers["Location"]) == (201, path)
    assert made.json().items() >= said.items()
    assert {row.name for row in SETTINGS} < made.json().keys()
    assert code(centre.ask("PUT", path, {}, If_None_Match="*")) == (412, "exists_already")
    assert centre.ask("PUT", path, {}, If_Match=made.headers["ETag"]).json()["relaxation"] == []
    assert code(centre.ask("PUT", path, {}, If_Match=made.headers["ETag"])) == (412, "stale_version")
    assert code(centre.ask("PUT", f"{path}x", {}, If_Match="*")) == (404, "unknown_queue")


@pytest.mark.parametrize(
    ("body", "pointer", "fault"),
    [
        ({"relaxation": [{"after_s": 1, "drop": ["a"]}], "floor": {"a": 1}}, "/relaxation/0", "below_floor"),
        ({"relaxation": [{"skills": {"a": 1}}]}, "/relaxation/0/after_s", "missing"),
        ({"auto_accept": 1}, "/auto_accept", "wrong_type"),
        ({"on_expiry": "gone"}, "/on_expiry", "unknown_value"),
        ({"offer_ttl_s": 0.999}, "/offer_ttl_s", "out_of_range"),
        ({"decline_cool_down_s": 0.999}, "/decline_cool_down_s", "out_of_range"),
        ({"lost_after_s": 0.999}, "/lost_after_s", "out_of_range"),
        ({"version": 1}, "/version", "read_only"),
        ({"id": "other"}, "/id", "other_id"),
    ],
)
def test_what_a_queue_cannot_be(centre: Living, body: Json, pointer: str, fault: str) -> None:
    """A step that crosses the floor is refused when it is said, not when it would apply (fault 8)."""
    assert faults(centre.ask("PUT", "/v1/queues/any", body)) == [(pointer, fault)]


def test_a_queue_in_numbers(centre: Living) -> None:
    queue, agent = centre.new("q"), centre.agent()
    for priority in (20, 50, 99):
        centre.task(queue=queue, priority=priority)
    taken = centre.task(queue=queue)
    centre.clock.advance(60_000)
    stats = centre.ask("GET", f"/v1/queues/{queue}/stats").json()
    assert (stats["tasks"]["queued"], stats["oldest_wait_s"]) == (4, 60.0)
    assert stats["expected_wait_s"] == dict.fromkeys(("low", "medium", "high", "urgent"))
    centre.on_offer("accept", centre.offer(taken, agent))
    centre.task(queue=queue, priority=1)
    stats = centre.ask("GET", f"/v1/queues/{queue}/stats").json()
    assert (stats["tasks"]["assigned"], stats["assigned_per_minute"]) == (1, round(1 / 15, 3))
    assert stats["expected_wait_s"] == {"low": 2700.0, "medium": 2700.0, "high": 1800.0, "urgent": 1800.0}
    listed = {item["id"]: item["version"] for item in centre.ask("GET", "/v1/queues").json()["items"]}
    assert listed[queue] == 0


def test_queues_are_listed_a_page_at_a_time(centre: Living) -> None:
    for id in ("paged-a", "paged-b", "paged-c"):
        centre.ask("PUT", f"/v1/queues/{id}", {})
    whole = centre.ask("GET", "/v1/queues?limit=1000").json()
    found, path = [], "/v1/queues?limit=2"
    while path:
        answer = centre.ask("GET", path).json()
        found += answer["items"]
        path = f"/v1/queues?limit=2&cursor={answer['next']}" if answer["next"] else ""
    assert found == whole["items"]
    assert whole["next"] is None
    assert faults(centre.ask("GET", "/v1/queues?cursor=x")) == [("/query/cursor", "bad_cursor")]


def test_everything_in_numbers(centre: Living) -> None:
    before = centre.ask("GET", "/v1/stats").json()
    agent = centre.agent(capacity=5)
    for state in ("queued", "held", "completed"):
        centre.in_state(state)
    centre.offer(centre.task(due_at=rfc3339(centre.clock.now_ms())), agent)
    centre.task()
    after = centre.ask("GET", "/v1/stats").json()
    grown = {state: after["tasks"][state] - before["tasks"][state] for state in after["tasks"]}
    assert grown == {"queued": 2, "held": 1, "offered": 1, "assigned": 0}
    assert (after["offers"] - before["offers"], after["load"] - before["load"]) == (1, 1)
    assert after["breached"] - before["breached"] == 1
    assert after["agents"]["available"] - before["agents"]["available"] == 2


def test_shifts_are_kept_in_utc_and_taken_back(centre: Living) -> None:
    """What is finer than a millisecond is cut off; shifts may adjoin, in whatever order they are given."""
    path = f"/v1/agents/{centre.new('a')}"
    said = [
        {"from": "2026-11-24T09:00:00.0001+01:00", "until": "2026-11-24T17:00:00+01:00"},
        {"from": "2026-11-23T09:00:00+01:00", "until": "2026-11-24T08:00:00Z"},
    ]
    kept = [
        {"from": "2026-11-24T08:00:00Z", "until": "2026-11-24T16:00:00Z"},
        {"from": "2026-11-23T08:00:00Z", "until": "2026-11-24T08:00:00Z"},
    ]
    assert centre.ask("PUT", path, {"shifts": said}).json()["shifts"] == kept
    assert centre.ask("PATCH", path, {"capacity": 3}).json()["shifts"] == kept
    assert centre.ask("GET", path).json()["shifts"] == kept
    assert centre.ask("PATCH", path, {"shifts": said[1:]}).json()["shifts"] == kept[1:]
    assert "shifts" not in centre.ask("PATCH", path, {"shifts": None}).json()


def test_shifts_that_end_first_or_overlap_are_refused(centre: Living) -> None:
    """All faults at once, each with its place; of a shift that cannot be read, what cannot be read."""
    nine, ten, noon, one = (f"2026-11-23T{hour:02}:00:00Z" for hour in (9, 10, 12, 13))
    shifts: list[Json] = [
        {"from": ten, "until": one},
        {"from": nine, "until": nine},
        {"from": noon, "until": nine},
        {"from": nine, "until": ten},
        {"from": noon, "until": one},
        {"from": "2026-11-23T12:30:00", "until": one},
        {"from": noon, "until": 7},
        {"from": noon},
        {"begins": noon, "until": one},
    ]
    found = {
        ("/shifts/1/until", "ends_first"),
        ("/shifts/2/until", "ends_first"),
        ("/shifts/4/from", "overlap"),
        ("/shifts/5/from", "naive_instant"),
        ("/shifts/6/until", "wrong_type"),
        ("/shifts/7/until", "missing"),
        ("/shifts/8/begins", "unknown_field"),
        ("/shifts/8/from", "missing"),
    }
    agent = centre.agent()
    for method in ("PUT", "PATCH"):
        assert set(faults(centre.ask(method, f"/v1/agents/{agent}", {"shifts": shifts}))) == found
    lines = b"\n".join(json.dumps({"id": agent, "shifts": shifts[:n]}).encode() for n in (1, 2, 0))
    answers = centre.ask("POST", "/v1/agents/batch", lines).text.splitlines()
    assert [json.loads(answer)["status"] for answer in answers] == [200, 422, 200]
    full = [{"from": f"2026-11-23T10:00:{i % 60:02}.{i:03}Z", "until": ten} for i in range(101)]
    assert ("/shifts", "too_long") in faults(centre.ask("PUT", f"/v1/agents/{agent}", {"shifts": full}))


def test_a_task_that_waits_for_a_shift_says_for_which(centre: Living) -> None:
    """Between two shifts: off shift, and when the next one begins."""
    now, skill = centre.clock.now_ms(), centre.new("s")
    hours = [rfc3339(now + 3_600_000 * hour) for hour in (-2, -1, 1, 2)]
    shifts = [{"from": hours[2], "until": hours[3]}, {"from": hours[0], "until": hours[1]}]
    agent = centre.agent(skills={skill: 1}, shifts=shifts)
    why = centre.ask("GET", f"/v1/tasks/{centre.task(skills={skill: 1})}/explanation").json()
    assert (why["reason"], why["refusals"]["off_shift"]) == ("off_shift", 1)
    assert why["unblock"] == {"kind": "wait_until", "agents": [agent], "at": hours[2]}
