"""Every route of the service, asked by every role and by nobody: the table says who may, and so it is."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from starlette.routing import BaseRoute, Mount, Route

from api.access.keyring import mint, new_id
from api.access.table import ACCESS, PUBLIC, STATIC, Own, access_of, is_public
from api.query import Route as OurRoute
from assigner.domain.access import Role
from assigner.domain.records import KeyRecord
from assigner.store.commands import PutKey
from tests.api.running import until
from tests.api_access.keyed import ANA, Keyed, keyed
from tests.api_live.living import code


def routes(found: Iterable[BaseRoute]) -> Iterator[tuple[str, str]]:
    """(method, path) of every route, in whatever router it is."""
    for route in found:
        if isinstance(route, Mount):
            yield "GET", route.path + "/"
        elif inner := getattr(route, "original_router", None):
            yield from routes(inner.routes)
        else:
            assert isinstance(route, Route)
            yield from ((method, route.path) for method in (route.methods or ()) if method != "HEAD")


def test_every_route_has_a_row_or_is_public(doors: Keyed) -> None:
    there = set(routes(doors.service.app.routes))
    asked = {(method, path) for method, path in there if not is_public(path)}
    assert asked == set(ACCESS)
    assert {path for _, path in there - asked} == PUBLIC | {STATIC}


def test_a_route_without_a_row_cannot_be_made() -> None:
    async def endpoint() -> None: ...

    with pytest.raises(LookupError, match=r"\['GET'\] /v1/secrets needs a row"):
        OurRoute("/v1/secrets", endpoint, methods=["GET"])


@pytest.mark.parametrize("path", sorted(PUBLIC))
def test_public_paths_ask_nobody_who_they_are(doors: Keyed, path: str) -> None:
    assert doors.ask(None, "GET", path).status_code == 200
    assert doors.ask("wrong", "GET", path).status_code == 200


def test_the_files_of_the_docs_are_public(doors: Keyed) -> None:
    shown = doors.ask(None, "GET", "/docs").text
    assert STATIC in shown
    assert doors.ask(None, "GET", f"{STATIC}swagger-ui.css").status_code == 200
    assert doors.ask(None, "GET", f"{STATIC}../v1/tasks").status_code == 401
    assert doors.ask(None, "GET", "/static-offline-docs/%2e%2e/v1/tasks").status_code in (401, 404)


@pytest.mark.parametrize(("method", "path"), sorted(ACCESS))
def test_nobody_gets_in_without_a_key(doors: Keyed, method: str, path: str) -> None:
    refused = doors.ask(None, method, path.replace("{id}", "any"))
    assert code(refused) == (401, "unauthorized")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/nothing", "/favicon.ico", "/docs/x", "/livez/", "//livez"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "TRACE", "HEAD"])
def test_what_is_not_there_is_not_told_to_nobody(doors: Keyed, method: str, path: str) -> None:
    assert (
        doors.ask(None, method, f"http://{doors.service.client.base_url.netloc.decode()}{path}").status_code
        == 401
    )


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("method", "path"), sorted(ACCESS))
def test_each_role_gets_where_the_table_says_and_nowhere_else(
    doors: Keyed, method: str, path: str, role: Role
) -> None:
    """Bodies are not good, and ids are of nothing: who may is told so; who may not hears nothing of it."""
    answered = doors.ask(
        doors.north.keys[role], method, path.replace("{id}", "none"), b"[", Accept="text/csv"
    )
    row = access_of({method}, path)
    assert row
    if role not in row.roles:
        assert code(answered) == (403, "forbidden")
        assert answered.json()["roles"] == list(row.roles)
        assert answered.json()["role"] == role
    elif role is Role.AGENT:
        assert answered.status_code == 404
    else:
        assert answered.status_code not in (401, 403)
        assert answered.status_code < 500


def test_an_administrator_may_do_everything() -> None:
    assert all(Role.ADMIN in row.roles for row in ACCESS.values())


def test_what_an_agent_may_is_their_own_everywhere() -> None:
    assert all(row.own for row in ACCESS.values() if Role.AGENT in row.roles)
    assert {row.own for row in ACCESS.values()} == {None, *Own}


def test_openapi_says_who_may(doors: Keyed) -> None:
    document = doors.ask(None, "GET", "/openapi.json").json()
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for path, item in document["paths"].items():
        for method, operation in item.items():
            row = access_of({method.upper()}, path)
            assert operation["security"] == ([{"bearer": []}] if row else [])
            assert operation.get("x-roles", []) == ([*row.roles] if row else [])
            assert ("401" in operation["responses"]) == ("403" in operation["responses"]) == bool(row)


def own_work(doors: Keyed) -> dict[str, Any]:
    """Ana with a task of hers and one offered to her, and Bob with the same."""
    inside, admin = doors.north.inside, doors.north.keys[Role.ADMIN]
    said = {"capacity": 1000, "presence": "available"}
    for agent in (ANA, "bob"):
        assert doors.ask(admin, "PUT", f"/v1/agents/{agent}", said).status_code < 300
    made: dict[str, Any] = {}
    for agent in (ANA, "bob"):
        held, offered = f"held-{next(doors.numbers)}", f"offered-{next(doors.numbers)}"
        for task in (held, offered):
            assert doors.ask(admin, "POST", "/v1/tasks", {"id": task}).status_code == 201
        offer = inside.offer(held, agent)
        inside.on_offer("accept", offer)
        made[agent] = {
            "held": held,
            "offered": offered,
            "offer": inside.offer(offered, agent),
            "accepted": offer,
        }
    return made


def test_an_agent_sees_what_is_theirs_and_nothing_else(doors: Keyed) -> None:
    work, key = own_work(doors), doors.north.keys[Role.AGENT]
    mine, other = work[ANA], work["bob"]

    def status(method: str, path: str, body: Any = None) -> int:
        return doors.ask(key, method, path, body).status_code

    assert [status("GET", f"/v1/tasks/{mine[name]}") for name in ("held", "offered")] == [200, 200]
    assert [status("GET", f"/v1/tasks/{other[name]}") for name in ("held", "offered")] == [404, 404]
    assert [status("GET", f"/v1/offers/{work[who]['offer']}") for who in (ANA, "bob")] == [200, 404]
    assert [status("GET", f"/v1/agents/{who}/offers") for who in (ANA, "bob")] == [200, 404]
    assert [status("GET", f"/v1/agents/{who}") for who in (ANA, "bob")] == [200, 404]
    away = {"presence": "away"}
    assert [status("PUT", f"/v1/agents/{who}/presence", away) for who in (ANA, "bob")] == [200, 404]
    for verb in ("accept", "decline"):
        assert status("POST", f"/v1/offers/{other['offer']}/{verb}", {}) == 404
    for verb in ("start", "complete", "release", "hold"):
        assert (
            status("POST", f"/v1/tasks/{other['held']}/{verb}", {"reason": "x"} if verb == "hold" else {})
            == 404
        )
        assert status("POST", f"/v1/tasks/{mine['offered']}/{verb}", {}) == 404
    assert status("POST", f"/v1/offers/{mine['offer']}/accept", {}) == 200
    assert status("POST", f"/v1/tasks/{mine['offered']}/start", {}) == 200
    assert status("POST", f"/v1/tasks/{mine['offered']}/hold", {"reason": "customer"}) == 200
    assert status("POST", f"/v1/tasks/{mine['held']}/complete", {}) == 200


def test_a_key_that_does_not_say_whose_agent_it_is_is_nobodys(doors: Keyed) -> None:
    """None is made, so one has been put into the store by other means: nothing is theirs."""
    inside, work = doors.north.inside, own_work(doors)
    wanted = KeyRecord(id=new_id(), name="whose", role=Role.AGENT, hash="", created_at=0, created_by="x")
    minted = mint(wanted)
    inside.dispatch("put_key", PutKey(op=inside.new("op"), actor="x", now=1, key=minted.key))
    until(lambda: doors.ask(minted.text, "GET", "/v1/stats").status_code == 403, "the key is known")
    waiting = f"waiting-{next(doors.numbers)}"
    doors.ask(doors.north.keys[Role.ADMIN], "POST", "/v1/tasks", {"id": waiting})
    for task in (waiting, *work[ANA].values()):
        for method, path in (("GET", ""), ("POST", "/start"), ("POST", "/complete"), ("POST", "/release")):
            assert doors.ask(minted.text, method, f"/v1/tasks/{task}{path}").status_code == 404


def test_what_is_not_theirs_is_told_in_the_same_words_as_what_is_not_there(doors: Keyed) -> None:
    work, key = own_work(doors), doors.north.keys[Role.AGENT]
    asked = [
        ("GET", "/v1/tasks/{}", work["bob"]["held"]),
        ("POST", "/v1/tasks/{}/complete", work["bob"]["held"]),
        ("GET", "/v1/offers/{}", work["bob"]["offer"]),
        ("POST", "/v1/offers/{}/accept", work["bob"]["offer"]),
        ("GET", "/v1/agents/{}/offers", "bob"),
    ]
    for method, path, other in asked:
        told = [doors.ask(key, method, path.format(id)) for id in (other, "none")]
        first, second = ({**each.json(), "request_id": ""} for each in told)
        assert first == second


def test_an_agent_who_gives_a_task_back_is_told_so_again(doors: Keyed) -> None:
    """The answer was lost: by then the task is nobody's, and the retry is theirs still. No other is."""
    work, key = own_work(doors), doors.north.keys[Role.AGENT]
    path = f"/v1/tasks/{work[ANA]['held']}/release"
    first, again = (doors.ask(key, "POST", path, {}, Idempotency_Key="give-back") for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert doors.ask(key, "POST", path, {}, Idempotency_Key="another").status_code == 404
    assert doors.ask(key, "POST", path, {}).status_code == 404


@pytest.mark.parametrize("verb", ["start", "complete", "release", "hold"])
@pytest.mark.parametrize("seen", [False, True])
def test_a_retry_that_comes_too_late_does_nothing_to_what_is_anothers_by_then(
    verb: str, *, seen: bool
) -> None:
    """Nobody remembers that it was done, but for the task's history: it is not done again."""
    with keyed() as doors:
        work, key = own_work(doors), doors.north.keys[Role.AGENT]
        inside, task = doors.north.inside, work[ANA]["held"]
        path = f"/v1/tasks/{task}"
        tag = doors.ask(key, "GET", path).headers["ETag"]
        assert doors.ask(key, "POST", f"{path}/release", {}, Idempotency_Key="late").status_code == 200
        doors.clock.advance(3_600_000)
        inside.on_offer("accept", inside.offer(task, "bob"))
        before = inside.run(inside.store.task(task))
        assert before
        assert (before.state, before.agent) == ("assigned", "bob")
        # The version is a number, easily guessed; of what was said nothing has changed.
        guessed = {"If_Match": f'"{before.version}.{tag.split(".")[1]}.00000000"'} if seen else {}
        body = {"reason": "x"} if verb == "hold" else {}
        refused = doors.ask(key, "POST", f"{path}/{verb}", body, Idempotency_Key="late", **guessed)
        assert code(refused) == (404, "unknown_task")
        assert inside.run(inside.store.task(task)) == before


def test_everything_that_is_done_says_who_did_it(doors: Keyed) -> None:
    platform, coordinator = (doors.north.keys[role] for role in (Role.PLATFORM, Role.COORDINATOR))
    task = f"who-{next(doors.numbers)}"
    assert doors.ask(platform, "POST", "/v1/tasks", {"id": task}).status_code == 201
    assert doors.ask(coordinator, "POST", f"/v1/tasks/{task}/hold", {"reason": "x"}).status_code == 200
    told = doors.ask(coordinator, "GET", f"/v1/tasks/{task}/history").json()["items"]
    assert [moment["actor"] for moment in told] == ["key:platform", "key:coordinator"]
    line = b'{"id":"%s"}\n' % f"{task}-2".encode()
    assert doors.ask(platform, "POST", "/v1/tasks/batch", line).status_code == 200
    told = doors.ask(coordinator, "GET", f"/v1/tasks/{task}-2/history").json()["items"]
    assert [moment["actor"] for moment in told] == ["key:platform"]


def test_an_idempotency_key_is_its_callers_own(doors: Keyed) -> None:
    """An agent uses up none of the platform's, and is told nothing of what was done with them."""
    work, agent = own_work(doors), doors.north.keys[Role.AGENT]
    task, body = f"own-{next(doors.numbers)}", {"reason": "customer"}
    held = f"/v1/tasks/{work[ANA]['held']}/hold"
    assert doors.ask(agent, "POST", held, body, Idempotency_Key="one").status_code == 200
    platform = doors.north.keys[Role.PLATFORM]
    made = doors.ask(platform, "POST", "/v1/tasks", {"id": task}, Idempotency_Key="one")
    assert made.status_code == 201
    again = doors.ask(platform, "POST", "/v1/tasks", {"id": task}, Idempotency_Key="one")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
