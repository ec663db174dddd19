"""A workspace is a world of its own: with another's keys its ids are unknown, whatever is asked for."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.access.table import ACCESS
from assigner.domain.access import Role
from tests.api_access.keyed import ANA, NORTH, Keyed, Workspace, keyed
from tests.api_live.living import code

ABOUT_ONE = sorted((method, path) for method, path in ACCESS if "{id}" in path)
MAKES = [("PUT", "/v1/tasks/{id}"), ("PUT", "/v1/agents/{id}"), ("PUT", "/v1/queues/{id}")]
"""These make what is not there: in the caller's own workspace."""
ROUTES = [route for route in ABOUT_ONE if route not in MAKES]
LISTS = ["tasks", "agents", "queues", "offers", "overrides", "overrides.csv", "keys", "stats", "handling"]
BODIES: dict[str, Any] = {
    "hold": {"reason": "x"},
    "cancel": {"reason": "x"},
    "reopen": {"reason": "x"},
    "transfer": {"queue": "q"},
    "presence": {"presence": "away"},
}


def furnish(doors: Keyed, there: Workspace, name: str) -> dict[str, str]:
    """One of each kind of thing in a workspace, by kind: their ids, which are nowhere else."""
    admin, inside = there.keys[Role.ADMIN], there.inside
    ids = {kind: f"{kind}-of-{name}" for kind in ("tasks", "agents", "queues")}

    def put(method: str, path: str, body: Any) -> Any:
        made = doors.ask(admin, method, path, body)
        assert made.status_code in (200, 201), made.text
        return made.json()

    put("PUT", f"/v1/queues/{ids['queues']}", {})
    for agent in (ids["agents"], ANA):
        put("PUT", f"/v1/agents/{agent}", {"capacity": 1000})
    put("POST", "/v1/tasks", {"id": ids["tasks"], "queue": ids["queues"], "case": f"case-of-{name}"})
    ids["offers"] = inside.offer(ids["tasks"], ids["agents"])
    target = {"tasks": [ids["tasks"]]}
    said = {"action": "reprioritise", "target": target, "priority": 90, "reason": f"reason-of-{name}"}
    ids["overrides"] = put("POST", "/v1/overrides", said)["id"]
    ids["keys"] = there.ids[Role.SRE]
    done = f"done-of-{name}"
    put("POST", "/v1/tasks", {"id": done, "category": f"category-of-{name}"})
    inside.on_offer("accept", inside.offer(done, ids["agents"]))
    inside.clock.advance(60_000)
    inside.on_task("complete", done)
    return ids


@pytest.fixture(scope="module")
def secrets(doors: Keyed) -> dict[str, str]:
    """What the workspace north has; south has nothing but its agent and its keys."""
    assert doors.ask(doors.south.keys[Role.ADMIN], "PUT", f"/v1/agents/{ANA}", {}).status_code == 201
    return furnish(doors, doors.north, NORTH)


def whole(there: Workspace) -> list[Any]:
    """All that a workspace has."""
    world = there.inside.run(there.inside.store.world())
    return [world.tasks, world.agents, world.offers, world.queues, world.overrides, world.keys]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(route=st.sampled_from(ROUTES), role=st.sampled_from(list(Role)), drawn=st.data())
def test_another_workspaces_ids_are_unknown(
    doors: Keyed, secrets: dict[str, str], route: tuple[str, str], role: Role, drawn: st.DataObject
) -> None:
    """Through every route, with a key of every role: 404, and nothing has changed there."""
    method, path = route
    id = drawn.draw(st.sampled_from([secrets[path.split("/")[2]], *secrets.values()]))
    body = None if method == "GET" else BODIES.get(path.rsplit("/", 1)[-1], {})
    before = whole(doors.north)
    answered = doors.ask(doors.south.keys[role], method, path.replace("{id}", id), body)
    assert whole(doors.north) == before
    if role in ACCESS[route].roles:
        assert answered.status_code == 404, answered.text
        assert f"-of-{NORTH}" not in answered.text
    else:
        assert code(answered) == (403, "forbidden")


@pytest.mark.parametrize("role", [Role.PLATFORM, Role.COORDINATOR, Role.ADMIN])
@pytest.mark.parametrize("name", LISTS)
def test_no_list_tells_of_another_workspace(
    doors: Keyed, secrets: dict[str, str], name: str, role: Role
) -> None:
    told = doors.ask(doors.south.keys[role], "GET", f"/v1/{name}")
    if role in ACCESS["GET", f"/v1/{name}"].roles:
        assert told.status_code == 200
        assert not [id for id in secrets.values() if id in told.text]
        assert f"-of-{NORTH}" not in told.text
    else:
        assert told.status_code == 403


def test_what_was_learned_is_told_in_its_own_workspace(doors: Keyed, secrets: dict[str, str]) -> None:
    told = doors.ask(doors.north.keys[Role.COORDINATOR], "GET", "/v1/handling")
    assert f"category-of-{NORTH}" in told.text
    assert secrets["agents"] in told.text


def test_an_override_reaches_nothing_in_another_workspace(doors: Keyed, secrets: dict[str, str]) -> None:
    before = whole(doors.north)
    targets = [{"tasks": [secrets["tasks"]]}, {"filter": {"queue": secrets["queues"]}}, {"filter": {}},
               {"agent": secrets["agents"]}]  # fmt: skip
    for target in targets:
        for action in ({"action": "cancel"}, {"action": "hold"}, {"action": "drain"}):
            said = {**action, "target": target, "reason": "all of it"}
            answered = doors.ask(doors.south.keys[Role.COORDINATOR], "POST", "/v1/overrides", said)
            assert 400 <= answered.status_code < 500, answered.text
    assert whole(doors.north) == before


def test_a_cursor_and_an_idempotency_key_of_another_workspace_tell_nothing() -> None:
    with keyed() as doors:
        tasks = [f"t{n}" for n in range(3)]
        for task in tasks:
            body = {"id": task}
            doors.ask(doors.north.keys[Role.PLATFORM], "POST", "/v1/tasks", body, Idempotency_Key=task)
        page = doors.ask(doors.north.keys[Role.PLATFORM], "GET", "/v1/tasks?limit=1").json()
        listed = doors.ask(doors.south.keys[Role.PLATFORM], "GET", f"/v1/tasks?cursor={page['next']}").json()
        assert listed == {"items": [], "next": None}
        south = doors.south.keys[Role.PLATFORM]
        made = doors.ask(south, "POST", "/v1/tasks", {"id": tasks[0]}, Idempotency_Key=tasks[0])
        assert made.status_code == 201
        assert "Idempotent-Replayed" not in made.headers


def test_the_same_ids_in_two_workspaces_are_two_things() -> None:
    with keyed() as doors:
        secrets = furnish(doors, doors.north, NORTH)
        before = whole(doors.north)
        for method, path in MAKES:
            own = path.replace("{id}", secrets[path.split("/")[2]])
            assert doors.ask(doors.south.keys[Role.PLATFORM], method, own, {}).status_code == 201
            assert doors.ask(doors.south.keys[Role.PLATFORM], "GET", own).status_code == 200
        assert whole(doors.north) == before


def test_an_agents_key_is_of_one_workspace(doors: Keyed, secrets: dict[str, str]) -> None:
    """There is an Ana in either: each sees her own."""
    south = doors.ask(doors.south.keys[Role.AGENT], "PUT", f"/v1/agents/{ANA}/presence", {"presence": "away"})
    assert south.json()["presence"] == "away"
    north = doors.ask(doors.north.keys[Role.AGENT], "GET", f"/v1/agents/{ANA}")
    assert north.json()["presence"] == "available"


def test_metrics_tell_of_the_own_workspace_and_of_the_process(doors: Keyed, secrets: dict[str, str]) -> None:
    told = doors.ask(doors.south.keys[Role.SRE], "GET", "/metrics").text
    assert 'assigner_auth_refused_total{why="wrong_key"}' in told
    assert 'workspace="south"' in told
    assert 'workspace="north"' not in told
