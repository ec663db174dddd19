"""Tasks are made, changed, read and listed; nothing is changed by somebody who has not seen it."""

import json
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import quote

import pytest

from assigner.domain.instant import rfc3339
from tests.api_live.living import Json, Living, code, faults

DUE = "2026-11-22T14:00:00+01:00"


def test_a_task_is_made_where_it_says(centre: Living) -> None:
    id = f"INC/1%41?#{centre.new()}"
    made = centre.ask("POST", "/v1/tasks", {"id": id, "skills": {"sap": 2.0}, "priority": "high"})
    assert made.status_code == 201
    assert made.headers["Location"] == f"/v1/tasks/{quote(id, safe='')}"
    got = centre.service.client.get(made.headers["Location"])
    assert got.status_code == 200
    assert made.headers["ETag"].startswith('"1.')
    assert got.json() | {"warnings": ["nobody_qualifies"]} == made.json()
    assert (got.json()["id"], got.json()["skills"], got.json()["priority"]) == (id, {"sap": 2}, 75)
    assert (got.json()["state"], got.json()["version"], got.json()["queue"]) == ("queued", 1, "main")


def test_a_task_of_the_same_content_is_no_conflict(centre: Living) -> None:
    body = {"id": centre.new(), "due_at": DUE, "priority": 50, "tags": ["vip"], "skills": {"b": 1, "a": 2}}
    same = {**body, "due_at": "2026-11-22T13:00:00Z", "skills": {"a": 2, "b": 1}}
    assert centre.ask("POST", "/v1/tasks", body).status_code == 201
    assert centre.ask("POST", "/v1/tasks", same).status_code == 200
    other = centre.ask("POST", "/v1/tasks", {**body, "priority": 51})
    assert code(other) == (409, "task_exists")
    assert other.json()["state"] == "queued"


def test_put_makes_and_replaces(centre: Living) -> None:
    path = f"/v1/tasks/{centre.new()}"
    assert centre.ask("PUT", path, {"tags": ["a"], "size": 2}).status_code == 201
    assert centre.ask("PUT", path, {"tags": ["a"], "size": 2}).status_code == 200
    replaced = centre.ask("PUT", path, {"priority": 9})
    assert replaced.status_code == 200
    assert (replaced.json()["size"], replaced.json()["priority"], replaced.json()["version"]) == (1, 9, 2)
    assert "tags" not in replaced.json()
    assert code(centre.ask("PUT", path, {"priority": 8}, If_None_Match="*")) == (412, "exists_already")
    assert faults(centre.ask("PUT", path, {"id": "another"})) == [("/id", "other_id")]
    assert code(centre.ask("PUT", f"{path}x", {}, If_Match="*")) == (404, "unknown_task")


def test_patch_changes_what_it_names(centre: Living) -> None:
    path = f"/v1/tasks/{centre.task(skills={'a': 1, 'b': 2}, tags=['x'], attributes={'k': {'l': 1}})}"
    change = {
        "skills": {"a": None, "c": 3},
        "tags": None,
        "attributes": {"k": {"m": 2}},
        "priority": "urgent",
    }
    patched = centre.ask("PATCH", path, change).json()
    assert (patched["skills"], patched["priority"]) == ({"b": 2, "c": 3}, 95)
    assert patched["attributes"] == {"k": {"l": 1, "m": 2}}
    assert "tags" not in patched
    assert faults(centre.ask("PATCH", path, {"skills": {"b": 11}})) == [("/skills/b", "out_of_range")]
    assert faults(centre.ask("PATCH", path, [])) == [("", "wrong_type")]
    assert centre.ask("GET", path).json()["version"] == 2


def test_nobody_changes_what_they_have_not_seen(centre: Living) -> None:
    """If-Match is honoured on every change; a stale one is 412 with the version that there is."""
    path = f"/v1/tasks/{centre.task()}"
    seen = centre.ask("GET", path).headers["ETag"]
    assert centre.ask("PATCH", path, {"priority": 1}, If_Match=seen).status_code == 200
    for method, where, body in (
        ("PATCH", path, {"priority": 2}),
        ("PUT", path, {"priority": 2}),
        ("POST", f"{path}/hold", {"reason": "x"}),
        ("POST", f"{path}/transfer", {"queue": "x"}),
        ("POST", f"{path}/cancel", {"reason": "x"}),
    ):
        stale = centre.ask(method, where, body, If_Match=seen)
        assert (*code(stale), stale.json()["version"]) == (412, "stale_version", 2)
    assert code(centre.ask("PATCH", path, {}, If_Match='"theirs"')) == (412, "stale_version")
    assert faults(centre.ask("PATCH", path, {}, If_Match='"1", "2"')) == [("/header/if-match", "bad_etag")]


def test_what_is_known_is_not_sent_again(centre: Living) -> None:
    path = f"/v1/tasks/{centre.task()}"
    tag = centre.ask("GET", path).headers["ETag"]
    again = centre.ask("GET", path, If_None_Match=tag)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    centre.ask("PATCH", path, {"priority": 1})
    assert centre.ask("GET", path, If_None_Match=tag).status_code == 200


def test_before_its_time_a_task_is_held(centre: Living) -> None:
    body = centre.ask("GET", f"/v1/tasks/{centre.task(not_before='2027-01-01T00:00:00Z')}").json()
    assert (body["state"], body["held_until"]) == ("held", "2027-01-01T00:00:00Z")
    assert (
        centre.ask("GET", f"/v1/tasks/{centre.task(not_before='2020-01-01T00:00:00Z')}").json()["state"]
        == "queued"
    )


def test_what_may_be_begun_sooner_is_held_no_longer(centre: Living) -> None:
    path = f"/v1/tasks/{centre.task(not_before='2027-01-01T00:00:00Z')}"
    later = centre.ask("PATCH", path, {"not_before": "2027-02-01T00:00:00Z"}).json()
    assert (later["state"], later["held_until"]) == ("held", "2027-02-01T00:00:00Z")
    now = centre.ask("PATCH", path, {"not_before": None}).json()
    assert (now["state"], now["held_until"]) == ("held", now["updated_at"])
    past = centre.ask("GET", f"{path}/history").json()["items"]
    assert [moment.get("not_before") for moment in past] == [None, "2027-02-01T00:00:00Z", None]


def test_creation_warns_when_nobody_qualifies(centre: Living) -> None:
    """Nobody qualifies: the task says so at creation, and no longer once somebody does (fault 5)."""
    skill = centre.new("skill")

    def warned(**more: object) -> list[str]:
        said = {"id": centre.new(), "skills": {skill: 3}, **more}
        return list(centre.ask("POST", "/v1/tasks", said).json()["warnings"])

    assert warned() == ["nobody_qualifies"]
    weak = centre.agent(skills={skill: 2})
    assert warned() == ["nobody_qualifies"]
    good = centre.agent(skills={skill: 3}, channels=["mail"], presence="offline", capacity=2)
    assert warned() == []
    assert warned(channel="mail", size=2) == []
    assert warned(channel="chat") == warned(size=3) == warned(excluded_agents=[good]) == ["nobody_qualifies"]
    assert warned(pinned_agent=weak) == ["nobody_qualifies"]
    assert centre.ask("DELETE", f"/v1/agents/{good}").status_code == 204
    assert warned() == ["nobody_qualifies"]


def test_sla_risk(centre: Living) -> None:
    """12:00 now, ten minutes to handle."""
    at = centre.clock.now_ms()
    expected = {-1: "breached", 0: "breached", 599: "at_risk", 600: "ok", None: "none"}
    queue = centre.new("q")
    for seconds, risk in expected.items():
        due = None if seconds is None else rfc3339(at + seconds * 1000)
        id = centre.task(due_at=due, queue=queue)
        assert centre.ask("GET", f"/v1/tasks/{id}").json()["sla_risk"] == risk
    for risk in expected.values():
        listed = centre.ask("GET", f"/v1/tasks?queue={queue}&sla_risk={risk}").json()["items"]
        assert {item["sla_risk"] for item in listed} == {risk}
        assert len(listed) == list(expected.values()).count(risk)


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_what_is_due_before_an_instant_the_first_due_first(centre: Living, limit: int) -> None:
    """Open or ended, and whatever else is asked; nothing that is due at the instant, later or never."""
    at, queue = centre.clock.now_ms(), centre.new("q")
    due = {
        centre.task(queue=queue, due_at=rfc3339(at + minutes * 60_000), tags=["x"][: minutes % 2]): minutes
        for minutes in (119, -500, 120, 3, 60, 3, 90_000, 61)
    }
    centre.task(queue=queue)
    soon = sorted((minutes, id) for id, minutes in due.items() if minutes < 120)
    query = f"/v1/tasks?queue={queue}&limit={limit}&due_before={rfc3339(at + 120 * 60_000)}"

    def ids(query: str) -> list[str]:
        return [item["id"] for page in _pages(centre, query) for item in page]

    assert ids(query) == [id for _, id in soon]
    assert ids(query + "&tag=x") == [id for minutes, id in soon if minutes % 2]
    first, second = soon[0][1], soon[1][1]
    later = rfc3339(at + 600 * 60_000)
    assert centre.ask("PATCH", f"/v1/tasks/{first}", {"due_at": later}).status_code == 200
    assert centre.ask("POST", f"/v1/tasks/{second}/cancel", {"reason": "x"}).status_code == 200
    assert ids(query) == [id for _, id in soon[2:]]
    assert ids(query + "&state=cancelled") == [second]


def test_the_description_tells_of_due_before(centre: Living) -> None:
    paths = centre.ask("GET", "/openapi.json").json()["paths"]
    told = {one["name"]: one for one in paths["/v1/tasks"]["get"]["parameters"]}
    assert "the first due first" in told["due_before"]["description"]


def test_due_before_goes_on_where_the_page_ended_whatever_happens_meanwhile(centre: Living) -> None:
    at, queue = centre.clock.now_ms(), centre.new("q")
    made = [centre.task(queue=queue, due_at=rfc3339(at + second * 1_000)) for second in range(6)]
    query = f"/v1/tasks?queue={queue}&limit=2&due_before={rfc3339(at + 3_600_000)}"
    page = centre.ask("GET", query).json()
    for id in (made[1], made[2]):
        assert centre.ask("POST", f"/v1/tasks/{id}/cancel", {"reason": "x"}).status_code == 200
    centre.task(queue=queue, due_at=rfc3339(at - 1_000))
    following = centre.ask("GET", f"{query}&cursor={page['next']}").json()
    assert [item["id"] for item in following["items"]] == made[3:5]
    assert faults(centre.ask("GET", f"/v1/tasks?cursor={page['next']}")) == [("/query/cursor", "bad_cursor")]


def test_lists_by_category_and_skill(centre: Living) -> None:
    queue = centre.new("q")
    plain = centre.task(queue=queue, skills={"billing": 2}, category="refund")
    either = centre.task(queue=queue, any_skills=[{"sap": 1}, {"billing": 1, "excel": 2}])
    centre.task(queue=queue, preferred_skills={"billing": 1})

    def ids(query: str) -> list[str]:
        return [item["id"] for item in centre.ask("GET", f"/v1/tasks?queue={queue}&{query}").json()["items"]]

    assert ids("category=refund") == [plain]
    assert ids("skill=billing") == [plain, either]
    assert ids("skill=excel") == [either]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_put_together_are_the_list(centre: Living, limit: int) -> None:
    """Each open task of the filter once, the first made first, whatever the size of the page."""
    queue = centre.new("q")
    stamps = ["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"]
    made = {centre.task(queue=queue, created_at=stamps[i % 2], tags=["x"][: i % 3]) for i in range(7)}
    centre.task(queue=centre.new("q"))
    pages = list(_pages(centre, f"/v1/tasks?queue={queue}&limit={limit}"))
    assert all(len(page) == limit for page in pages[:-1])
    items = [item for page in pages for item in page]
    assert sorted(item["id"] for item in items) == sorted(made)
    assert all((a["created_at"], a["id"]) < (b["created_at"], b["id"]) for a, b in pairwise(items))
    tagged = [
        item["id"] for page in _pages(centre, f"/v1/tasks?queue={queue}&tag=x&limit={limit}") for item in page
    ]
    assert tagged == [item["id"] for item in items if item.get("tags")]


def _pages(centre: Living, path: str) -> Iterator[list[Json]]:
    cursor: str | None = ""
    while cursor is not None:
        found = centre.ask("GET", path + (f"&cursor={cursor}" if cursor else "")).json()
        yield found["items"]
        cursor = found["next"]


def test_lists_by_state_agent_and_case(centre: Living) -> None:
    case = centre.new("case")
    queued, agent = centre.task(case=case), centre.agent()
    offered = centre.task(case=case)
    centre.offer(offered, agent)
    ended = [centre.task(case=case) for _ in range(3)]
    for task in ended:
        centre.clock.advance(1)
        assert centre.ask("POST", f"/v1/tasks/{task}/cancel", {"reason": "x"}).status_code == 200

    def ids(query: str) -> list[str]:
        return [item["id"] for page in _pages(centre, f"/v1/tasks?{query}") for item in page]

    assert ids(f"case={case}") == [queued, offered]
    assert ids(f"case={case}&state=queued") == [queued]
    assert ids(f"agent={agent}") == ids(f"case={case}&state=offered") == [offered]
    assert ids(f"case={case}&state=cancelled&limit=2") == ended[::-1]
    assert ids(f"case={case}&state=completed") == []


@pytest.mark.parametrize(
    ("query", "pointer", "fault"),
    [
        ("state=waiting", "/query/state", "unknown_value"),
        ("sla_risk=high", "/query/sla_risk", "unknown_value"),
        ("limit=0", "/query/limit", "out_of_range"),
        ("limit=1001", "/query/limit", "out_of_range"),
        ("limit=x", "/query/limit", "out_of_range"),
        ("due_before=2h", "/query/due_before", "bad_instant"),
        ("due_before=2026-11-23T09:00:00", "/query/due_before", "naive_instant"),
        ("due_before=2026-11-23T09:00:00+01:00", "/query/due_before", "bad_instant"),
        ("stat=queued", "/query/stat", "unknown_field"),
        ("cursor=x", "/query/cursor", "bad_cursor"),
        ("cursor=%C3%B1", "/query/cursor", "bad_cursor"),
        ("cursor=WyJlbmRlZCIsMSwieCJd", "/query/cursor", "bad_cursor"),
    ],
)
def test_a_filter_that_is_none_is_refused(centre: Living, query: str, pointer: str, fault: str) -> None:
    assert faults(centre.ask("GET", f"/v1/tasks?{query}")) == [(pointer, fault)]


def test_history_says_when_what_who_and_why(centre: Living) -> None:
    """History outlives the assignment (fault 15)."""
    task, agent = centre.task(), centre.agent()
    offer = centre.offer(task, agent)
    centre.ask("POST", f"/v1/offers/{offer}/decline", {"reason": "lunch"})
    centre.ask("POST", f"/v1/tasks/{task}/hold", {"reason": "customer", "until": DUE})
    centre.ask("POST", f"/v1/tasks/{task}/cancel", {"reason": "solved"})
    moments = centre.ask("GET", f"/v1/tasks/{task}/history").json()["items"]
    assert [moment["type"] for moment in moments] == [
        "task.enqueued", "task.offered", "task.declined", "task.held", "task.cancelled",
    ]  # fmt: skip
    assert [moment["version"] for moment in moments] == [1, 2, 3, 4, 5]
    assert (moments[2]["reason"], moments[2]["agent"], moments[2]["offer"]) == ("lunch", agent, offer)
    assert (moments[3]["reason"], moments[3]["until"]) == ("customer", "2026-11-22T13:00:00Z")
    assert moments[1]["actor"] == "dispatcher"


def test_what_is_not_there_is_not_found(centre: Living) -> None:
    for path in ("", "/history", "/explanation"):
        assert code(centre.ask("GET", f"/v1/tasks/nothing{path}")) == (404, "unknown_task")
    assert code(centre.ask("PATCH", "/v1/tasks/nothing", {})) == (404, "unknown_task")
    assert faults(centre.ask("GET", "/v1/tasks/a%20b")) == [("/path/id", "bad_id")]


def test_an_explanation_has_position_funnel_and_change(centre: Living) -> None:
    skill = centre.new("skill")
    centre.agent(skills={skill: 1}, presence="away")
    first = centre.task(skills={skill: 1}, priority=90)
    second = centre.task(skills={skill: 1}, priority=10)
    told = centre.ask("GET", f"/v1/tasks/{second}/explanation").json()
    assert (told["position"], told["of"], told["reason"]) == (2, 2, "absent")
    assert sum(told["refusals"].values()) == len(centre.run(centre.store.world()).agents)
    assert told["unblock"]["kind"] == "presence"
    assert centre.ask("GET", f"/v1/tasks/{first}/explanation").json()["position"] == 1
    for state in ("offered", "assigned", "completed"):
        task = centre.in_state(state)
        told = centre.ask("GET", f"/v1/tasks/{task}/explanation").json()
        assert (told["decided"]["agent"], told["decided"]["terms"]) == (told["agent"], {"fit": 7})
        assert told["decided"]["expected_handle_s"] == 90
    assert centre.ask("GET", f"/v1/tasks/{first}/explanation").json()["decided"] is None
    held = centre.in_state("held")
    assert centre.ask("GET", f"/v1/tasks/{held}/explanation").json()["reason"] == "held"


def test_a_body_that_is_no_json(centre: Living) -> None:
    assert code(centre.ask("POST", "/v1/tasks", b'{"id":"a","id":"b"}')) == (400, "malformed_json")
    large = json.dumps({"id": "x", "attributes": {"x": "y" * 2**20}}).encode()
    assert code(centre.ask("POST", "/v1/tasks", large)) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("kind", "field", "many"),
    [
        ("tasks", "preferred_agents", [f"a{i}" for i in range(1001)]),
        ("tasks", "excluded_agents", [f"a{i}" for i in range(1001)]),
        ("tasks", "cooling_down", {f"a{i}": DUE for i in range(1001)}),
        ("agents", "skills", {f"s{i}": 1 for i in range(1001)}),
        ("agents", "channels", [f"c{i}" for i in range(1001)]),
        ("agents", "handle_s", {f"c{i}": 1 for i in range(1001)}),
        ("queues", "floor", {f"s{i}": 1 for i in range(1001)}),
    ],
)
def test_a_record_names_a_thousand_at_most(centre: Living, kind: str, field: str, many: Json) -> None:
    path = f"/v1/{kind}/{centre.new()}"
    assert faults(centre.ask("PUT", path, {field: many})) == [(f"/{field}", "too_long")]
    fewer = dict(list(many.items())[1:]) if isinstance(many, dict) else many[1:]
    assert centre.ask("PUT", path, {field: fewer}).status_code == 201


def test_a_task_that_prefers_a_thousand_can_be_reopened(centre: Living) -> None:
    task, agent = centre.task(preferred_agents=[f"x{i}" for i in range(1000)]), centre.agent()
    centre.on_offer("accept", centre.offer(task, agent))
    centre.on_task("complete", task)
    reopened = centre.ask("POST", f"/v1/tasks/{task}/reopen", {"reason": "no"}).json()
    assert (reopened["preferred_agents"][0], len(reopened["preferred_agents"])) == (agent, 1000)


def test_when_a_task_was_created_stays(centre: Living) -> None:
    """It may be said again as it is; another instant is refused, not ignored."""
    path, at, other = f"/v1/tasks/{centre.new()}", "2026-11-22T10:00:00Z", "2026-11-22T11:00:00Z"
    assert centre.ask("PUT", path, {"created_at": at}).status_code == 201
    for method, said in (("PUT", other), ("PATCH", other), ("PATCH", None)):
        refused = centre.ask(method, path, {"created_at": said, "priority": 7})
        assert faults(refused) == [("/created_at", "read_only")]
    same = "2026-11-22T11:00:00+01:00"
    assert centre.ask("PUT", path, {"created_at": same, "priority": 7}).status_code == 200
    assert centre.ask("PATCH", path, {"created_at": same, "priority": 8}).status_code == 200
    assert centre.ask("PATCH", path, {"priority": 9}).json()["created_at"].startswith("2026-11-22T10:00:00")


@pytest.mark.parametrize(
    ("language", "words"), [("en", "there is no such agent"), ("es", "no hay tal agente")]
)
def test_a_task_pinned_to_nobody_is_told_of_in_words_that_fit_the_service(
    centre: Living, language: str, words: str
) -> None:
    centre.agent()
    path = f"/v1/tasks/{centre.task(pinned_agent='nobody')}/explanation"
    told = centre.ask("GET", path, Accept_Language=language).json()
    assert words in told["detail"]
