"""What an override may be about, and how one is refused: nothing of it is done, and everything is said."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest

from assigner.clock import ManualClock
from assigner.domain.instant import rfc3339
from tests.api_live.living import code, faults
from tests.api_live.overriding import Desk, desk

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def floor() -> Iterator[Desk]:
    with desk("memory") as it:
        yield it


def later(floor: Desk, ms: int) -> None:
    assert isinstance(floor.clock, ManualClock)
    floor.clock.at_ms += ms


def instant(floor: Desk, ms: int) -> str:
    return rfc3339(floor.clock.now_ms() + ms)


def ids(*tasks: str) -> dict[str, Any]:
    return {"tasks": list(tasks)}


# Targets.


def test_a_filter_finds_what_is_all_of_it_among_what_the_action_can_be_done_to(floor: Desk) -> None:
    queue, other = floor.queue(), floor.queue()
    said = {"category": "invoice", "tags": ["vip"], "skills": {"sap": 1}}
    old = floor.task(queue, **said, created_at=instant(floor, -HOUR_MS))
    new = floor.task(queue, **said)
    floor.task(other, **said)
    for filter, found in (
        ({"queue": queue}, [old, new]),
        ({"queue": queue, "age_s": 3600}, [old]),
        (
            {"queue": queue, "tag": "vip", "category": "invoice", "skill": "sap", "state": "queued"},
            [old, new],
        ),
        ({"category": "invoice", "queue": queue, "age_s": 60}, [old]),
    ):
        told = floor.tried("hold", {"filter": filter}, dry_run=True).json()
        assert told["tasks"] == found, filter
    floor.override("hold", ids(old))
    assert floor.override("hold", {"filter": {"queue": queue}})["touched"] == 1


@pytest.mark.parametrize("filter", [{"tag": "nowhere"}, {"queue": "another's"}, {"skill": "telepathy"}])
def test_a_filter_that_finds_nothing_is_refused(floor: Desk, filter: dict[str, str]) -> None:
    assert code(floor.tried("cancel", {"filter": filter})) == (422, "no_targets")
    assert code(floor.tried("cancel", {"filter": filter}, dry_run=True)) == (422, "no_targets")


def test_more_than_ten_thousand_tasks_are_refused_with_their_number(floor: Desk) -> None:
    response = floor.tried("cancel", ids(*(f"x{number}" for number in range(10_001))))
    assert code(response) == (422, "too_many_targets")
    assert response.json()["count"] == 10_001
    none = floor.tried("cancel", {"tasks": [5] * 10_001})  # not one of them is looked at
    assert code(none) == (422, "too_many_targets")


def test_tasks_that_there_are_not_are_told_and_nothing_is_done(floor: Desk) -> None:
    task = floor.task(floor.queue(), skills={"nobody": 1})
    response = floor.tried("hold", ids("never", task))
    assert code(response) == (404, "unknown_task")
    assert [one["task"] for one in response.json()["refusals"]] == ["never"]
    assert floor.where(task) == ["queued"]
    assert code(floor.tried("drain", {"agent": "never"})) == (404, "unknown_agent")
    assert code(floor.tried("pin", ids(task), agent="never")) == (404, "unknown_agent")
    assert code(floor.tried("freeze", {"queue": "never"})) == (404, "unknown_queue")


def test_a_state_that_does_not_take_it_refuses_all_or_with_partial_is_told(floor: Desk) -> None:
    queue = floor.queue()
    held, waiting = (floor.task(queue, skills={"nobody": 1}) for _ in range(2))
    floor.override("hold", ids(held))
    refused = floor.tried("hold", ids(held, waiting))
    assert code(refused) == (409, "override_refused")
    assert refused.json()["refusals"][0]["task"] == held
    assert refused.json()["refusals"][0]["code"] == "wrong_state"
    preview = floor.tried("hold", ids(held, waiting), dry_run=True).json()
    assert preview["refusals"] == refused.json()["refusals"]
    assert (preview["would"], preview["touched"], preview["tasks"]) == (False, 1, [waiting])
    assert floor.where(waiting) == ["queued"]
    body = {"action": "hold", "target": ids(held, waiting), "reason": "half", "partial": True}
    response = floor.ask("POST", "/v1/overrides", body, Idempotency_Key=held)
    made = response.json()
    assert (response.status_code, made["touched"], made["refused"]) == (201, 1, 1)
    assert made["refusals"] == refused.json()["refusals"]
    assert floor.ask("POST", "/v1/overrides", body, Idempotency_Key=held).json() == made
    assert floor.ask("GET", f"/v1/overrides/{made['id']}").json()["refusals"] == made["refusals"]
    nothing = floor.tried("hold", ids(held, waiting), partial=True)
    assert code(nothing) == (409, "override_refused")
    assert [one["task"] for one in nothing.json()["refusals"]] == [held, waiting]
    assert floor.where(waiting) == ["held"]


# Conflicts.


def test_two_overrides_of_one_thing_are_refused_naming_both(floor: Desk) -> None:
    task, ana, eva = floor.task(floor.queue(), skills={"nobody": 1}), floor.agent(), floor.agent()
    first = floor.override("pin", ids(task), agent=ana)
    refused = floor.tried("pin", ids(task), agent=eva)
    assert code(refused) == (409, "override_conflict")
    told = refused.json()
    assert (told["by"], told["field"]) == (first["id"], "pinned_agent")
    assert told["other"] == {"id": first["id"], "action": "pin", "author": "dev", "reason": "because"}
    assert "'pin' is against 'pin'" in told["detail"]
    second = floor.override("pin", ids(task), agent=eva, replace=True)
    assert floor.state(first) == "replaced"
    over = floor.ask("DELETE", f"/v1/overrides/{first['id']}")
    assert code(over) == (409, "override_ended")
    assert over.json()["state"] == "replaced"
    floor.undo(second)
    assert floor.get(task)["overrides"] == {}


def test_a_pin_is_against_an_exclusion_of_the_same_agent_and_the_other_way_round(floor: Desk) -> None:
    queue, ana = floor.queue(), floor.agent()
    kept, pinned, of_queue = (floor.task(queue, skills={"nobody": 1}) for _ in range(3))
    out = floor.override("exclude", ids(kept), agent=ana)
    pin = floor.override("pin", ids(pinned), agent=ana)
    for response, other in (
        (floor.tried("pin", ids(kept), agent=ana), out),
        (floor.tried("exclude", ids(pinned), agent=ana), pin),
        (floor.tried("exclude", {"queue": queue}, agent=ana), pin),
    ):
        assert code(response) == (409, "override_conflict")
        assert response.json()["other"]["id"] == other["id"]
    floor.undo(pin)
    whole = floor.override("exclude", {"queue": queue}, agent=ana)
    response = floor.tried("pin", ids(of_queue), agent=ana)
    assert code(response) == (409, "override_conflict")
    assert response.json()["other"]["id"] == whole["id"]


def test_what_the_client_said_stands_against_a_pin_and_an_exclusion(floor: Desk) -> None:
    queue, ana = floor.queue(), floor.agent()
    kept = floor.task(queue, skills={"nobody": 1}, excluded_agents=[ana])
    pinned = floor.task(queue, skills={"nobody": 1}, pinned_agent=ana)
    eva = floor.agent()
    for action, task, agent, why in (
        ("pin", kept, ana, "agent_excluded"),
        ("exclude", pinned, ana, "task_pinned"),
        ("assign", pinned, eva, "task_pinned"),
    ):
        refused = floor.tried(action, ids(task), agent=agent)
        assert code(refused) == (409, "override_refused")
        assert [one["code"] for one in refused.json()["refusals"]] == [why]


# Ends.


def test_an_override_ends_when_its_time_comes(floor: Desk) -> None:
    queue, ana, eva = floor.queue(auto_accept=False), floor.agent(), floor.agent()
    pinned, frozen, held = (floor.task(queue, skills={eva: 1}) for _ in range(3))
    until = instant(floor, HOUR_MS)
    made = [
        floor.override("pin", ids(pinned), agent=ana, until=until),
        floor.override("hold", ids(held), until=until),
        floor.override("drain", {"agent": eva}, until=until),
        floor.override("freeze", {"queue": queue}, until=until),
        floor.override("exclude", {"queue": queue}, agent=eva, until=until),
    ]
    assert floor.get(held)["held_until"] == until
    floor.cycle()
    later(floor, HOUR_MS - 1)
    floor.cycle()
    assert floor.where(pinned, frozen, held) == ["queued", "queued", "held"]
    later(floor, 1)
    floor.cycle()
    assert floor.where(pinned, frozen, held) == [f"offered {eva}"] * 3
    assert [floor.state(one) for one in made] == ["ended"] * 5
    assert floor.get(pinned)["overrides"] == {}
    assert code(floor.ask("DELETE", f"/v1/overrides/{made[0]['id']}")) == (409, "override_ended")


def test_an_override_whose_tasks_have_all_ended_ends(floor: Desk) -> None:
    tasks = [floor.task(floor.queue(), skills={"nobody": 1}) for _ in range(2)]
    made = floor.override("reprioritise", ids(*tasks), priority=99)
    for task, state in zip(tasks, ("active", "ended"), strict=True):
        floor.override("cancel", ids(task))
        floor.cycle()
        assert floor.state(made) == state


def test_work_given_by_force_stays_with_one_who_is_away(floor: Desk) -> None:
    ana, task = floor.agent(presence="away"), floor.task(floor.queue(), skills={"nobody": 1})
    made = floor.override("assign", ids(task), agent=ana, force=True)
    for presence in ("offline", "away"):
        floor.ask("PUT", f"/v1/agents/{ana}/presence", {"presence": presence})
        floor.cycle()
        assert floor.where(task) == [f"assigned {ana}"]
    floor.ask("POST", f"/v1/tasks/{task}/start", {})
    assert code(floor.ask("DELETE", f"/v1/overrides/{made['id']}")) == (409, "not_undoable")


# What is said.

WHY = {"reason": "x"}
HOLD = {"action": "hold", "target": {"tasks": ["t"]}, **WHY}
PAST, FAR = "2001-01-01T00:00:00Z", "2101-01-01T00:00:00Z"


def about(**target: Any) -> dict[str, Any]:
    return {**HOLD, "target": target}


def doing(action: str, **more: Any) -> dict[str, Any]:
    return {**HOLD, "action": action, **more}


BAD: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {"/action": "missing", "/target": "missing", "/reason": "missing"}),
    ({"action": 3, "target": 4, "reason": 5}, dict.fromkeys(("/action", "/target", "/reason"), "wrong_type")),
    (doing("hodl"), {"/action": "unknown_value"}),
    (about(), {"/target": "missing"}),
    (about(tasks=[]), {"/target/tasks": "missing"}),
    (about(filter={}), {"/target/filter": "missing"}),
    (about(filter={"state": "held"}), {"/target/filter/state": "unknown_value"}),
    (about(filter={"tga": "vip", "age_s": 0}), {"/target/filter/tga": "unknown_field",
                                               "/target/filter/age_s": "out_of_range"}),
    (about(queue="q"), {"/target/queue": "not_taken"}),
    (about(tasks=["t"], agent="a"), {"/target/agent": "not_taken"}),
    (about(tasks=["t", "u", "t"]), {"/target/tasks/2": "duplicate_id"}),
    ({**HOLD, "reason": " \t"}, {"/reason": "blank"}),
    ({**HOLD, "reason": "x" * 1001}, {"/reason": "too_long"}),
    (doing("hold", priority=3), {"/priority": "not_taken"}),
    (doing("hold", until=PAST), {"/until": "in_the_past"}),
    (doing("hold", until="soon"), {"/until": "bad_instant"}),
    (doing("cancel", until=FAR), {"/until": "not_taken"}),
    (doing("pin"), {"/agent": "missing"}),
    (doing("transfer"), {"/queue": "missing"}),
    (doing("reprioritise", priority=101), {"/priority": "out_of_range"}),
    (doing("drain", force=True), {"/force": "not_taken", "/target/tasks": "not_taken"}),
    ({"action": "freeze", "target": {"queue": "a b"}, "reasn": "x"},
     {"/reasn": "unknown_field", "/reason": "missing", "/target/queue": "bad_id"}),
]  # fmt: skip


@pytest.mark.parametrize(("body", "found"), BAD)
def test_all_that_is_wrong_is_told_at_once(floor: Desk, body: dict[str, Any], found: dict[str, str]) -> None:
    assert dict(faults(floor.ask("POST", "/v1/overrides", body))) == found


def test_a_retry_gets_the_first_answer_though_nothing_is_left_to_do(floor: Desk) -> None:
    queue = floor.queue()
    floor.task(queue, skills={"nobody": 1})
    body = {"action": "cancel", "target": {"filter": {"queue": queue}}, "reason": "twice"}
    first = floor.ask("POST", "/v1/overrides", body, Idempotency_Key="once")
    again = floor.ask("POST", "/v1/overrides", body, Idempotency_Key="once")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    other = floor.ask("POST", "/v1/overrides", {**body, "reason": "else"}, Idempotency_Key="once")
    assert code(other)[0] == 422


def test_an_undo_is_done_once_and_only_of_what_was_seen(floor: Desk) -> None:
    task = floor.task(floor.queue(), skills={"nobody": 1})
    made = floor.override("hold", ids(task))
    path = f"/v1/overrides/{made['id']}"
    tag = floor.ask("GET", path).headers["etag"]
    assert code(floor.ask("DELETE", path, If_Match='"9.00000000.00000000"'))[0] == 412
    done = floor.ask("DELETE", path, If_Match=tag, Idempotency_Key="undo")
    again = floor.ask("DELETE", path, Idempotency_Key="undo")
    assert (done.status_code, again.status_code) == (200, 200)
    assert code(floor.ask("DELETE", path)) == (409, "override_ended")
    assert code(floor.ask("DELETE", "/v1/overrides/never")) == (404, "unknown_override")


# The list.


def test_who_overrode_what_and_why_is_one_list(floor: Desk) -> None:
    queue = floor.queue()
    tasks = [floor.task(queue, skills={"nobody": 1}) for _ in range(3)]
    since = instant(floor, 1)
    later(floor, 1)
    made = []
    for task in tasks:
        made.append(floor.override("hold", ids(task)))
        later(floor, 1)
    floor.undo(made[0])
    floor.override("resume", ids(tasks[1]))

    def found(**query: str) -> list[str]:
        response = floor.service.client.get("/v1/overrides", params={"since": since, **query})
        assert response.status_code == 200, response.text
        return [one["id"] for one in response.json()["items"]]

    held = [one["id"] for one in reversed(made)]
    assert found(action="hold") == held
    assert found(action="hold", state="undone") == held[2:]
    assert found(author="nobody") == []
    assert len(found(author="dev")) == 4
    assert found(until=since) == []
    assert found(task=tasks[2]) == held[:1]
    assert len(found(task=tasks[1])) == 2
    one = floor.service.client.get("/v1/overrides", params={"since": since, "limit": 1}).json()
    two = floor.service.client.get(
        "/v1/overrides", params={"since": since, "limit": 9, "cursor": one["next"]}
    ).json()
    assert [item["id"] for item in one["items"] + two["items"]] == found()
    assert floor.ask("GET", f"/v1/overrides/{held[0]}").json()["tasks"] == [tasks[2]]


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("action=hodl", ("/query/action", "unknown_value")),
        ("state=over", ("/query/state", "unknown_value")),
        ("since=yesterday", ("/query/since", "bad_instant")),
        ("cursor=mine", ("/query/cursor", "bad_cursor")),
        ("limit=0", ("/query/limit", "out_of_range")),
        ("who=me", ("/query/who", "unknown_field")),
    ],
)
def test_a_query_that_is_none_is_refused(floor: Desk, query: str, fault: tuple[str, str]) -> None:
    assert faults(floor.ask("GET", f"/v1/overrides?{query}")) == [fault]
    if not query.startswith(("cursor", "limit")):
        assert faults(floor.ask("GET", f"/v1/overrides.csv?{query}")) == [fault]


def test_the_sheet_has_the_same_rows_and_no_formulas(floor: Desk) -> None:
    queue = floor.queue()
    wild = ["=1+1", "+SUM(A1)", "-2", "@x", " =2", 'a "quoted", and\nbroken', "<b>&", "\u202eabc", "niño €"]
    wild += ["\x1b[2J\x00"]
    for reason in wild:
        task = floor.task(queue, skills={"nobody": 1})
        assert floor.tried("hold", ids(task), reason=reason).status_code == 201
    response = floor.ask("GET", "/v1/overrides.csv?action=hold")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8"), newline="")))
    reasons = [row["reason"] for row in rows[: len(wild)]]
    wild[-1] = r"\x1b[2J\x00"
    assert sorted(reasons) == sorted(f"'{one}" if one.strip()[0] in "=+-@" else one for one in wild)
    assert rows[0]["target"] == "tasks: 1"
    listed = floor.ask("GET", "/v1/overrides?action=hold").json()["items"]
    assert [row["id"] for row in rows] == [one["id"] for one in listed]
