"""Keys over HTTP: made, shown once, listed, rotated, revoked, expired; known while the store is gone."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assigner.domain.access import Role
from assigner.store.commands import PutKey
from tests.api.running import until
from tests.api_access.keyed import ANA, Keyed, keyed
from tests.api_live.living import code, faults

STATS = "/v1/stats"


def at(doors: Keyed, **more: float) -> str:
    """An instant after now, by the service's clock."""
    return (datetime.fromtimestamp(doors.clock.now_ms() / 1_000, UTC) + timedelta(**more)).isoformat()


def admin(doors: Keyed, method: str, path: str, body: Any = None, **headers: str) -> Any:
    return doors.ask(doors.north.keys[Role.ADMIN], method, path, body, **headers)


def test_a_key_is_shown_once_and_lets_in_at_once(doors: Keyed) -> None:
    made = admin(doors, "POST", "/v1/keys", {"name": "crm", "role": "platform"}).json()
    assert re.fullmatch(rf"ak_{made['id']}_[A-Za-z0-9_-]{{43}}", made["key"])
    assert doors.ask(made["key"], "GET", STATS).status_code == 200
    listed = admin(doors, "GET", "/v1/keys").text
    assert made["id"] in listed
    assert made["key"].split("_", 2)[2] not in listed
    assert "hash" not in listed


def test_a_key_that_is_made_again_by_a_retry_is_the_same_and_not_shown_again(doors: Keyed) -> None:
    body = {"name": "again", "role": "sre"}
    first, again = (
        admin(doors, "POST", "/v1/keys", body, Idempotency_Key="make-it").json() for _ in range(2)
    )
    assert (again["id"], again["key"]) == (first["id"], None)
    assert doors.ask(first["key"], "GET", STATS).status_code == 200


def test_one_name_has_one_live_key(doors: Keyed) -> None:
    body = {"name": "twice", "role": "sre"}
    made = admin(doors, "POST", "/v1/keys", body).json()
    assert code(admin(doors, "POST", "/v1/keys", body)) == (409, "key_exists")
    assert admin(doors, "DELETE", f"/v1/keys/{made['id']}").status_code == 204
    assert admin(doors, "POST", "/v1/keys", body).status_code == 201


def test_a_revoked_key_lets_nobody_in_and_stays_listed(doors: Keyed) -> None:
    id, text = doors.key(Role.SRE)
    for _ in range(2):
        assert admin(doors, "DELETE", f"/v1/keys/{id}").status_code == 204
        assert code(doors.ask(text, "GET", STATS)) == (401, "unauthorized")
    [listed] = [key for key in admin(doors, "GET", "/v1/keys?limit=1000").json()["items"] if key["id"] == id]
    assert listed["state"] == "revoked"
    assert listed["revoked_at"]
    assert code(admin(doors, "POST", f"/v1/keys/{id}/rotate", {})) == (409, "wrong_key_state")
    assert code(admin(doors, "DELETE", "/v1/keys/none")) == (404, "unknown_key")


def test_a_rotated_key_and_its_successor_both_let_in_until_the_overlap_ends() -> None:
    with keyed() as doors:
        id, old = doors.key(Role.SRE, rate=50)
        made = admin(doors, "POST", f"/v1/keys/{id}/rotate", {"overlap_s": 3600})
        assert made.status_code == 201
        new = made.json()
        assert (new["role"], new["rate"], new["expires_at"]) == ("sre", 50, None)
        assert [doors.ask(key, "GET", STATS).status_code for key in (old, new["key"])] == [200, 200]
        doors.clock.advance(3_600_000)
        assert [doors.ask(key, "GET", STATS).status_code for key in (old, new["key"])] == [401, 200]


def test_an_expired_key_lets_nobody_in() -> None:
    with keyed() as doors:
        _, text = doors.key(Role.SRE, expires_at=at(doors, days=90))
        doors.clock.advance(90 * 86_400_000 - 1)
        assert doors.ask(text, "GET", STATS).status_code == 200
        doors.clock.advance(1)
        assert code(doors.ask(text, "GET", STATS)) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, {("/name", "missing"), ("/role", "missing")}),
        ({"name": "x", "role": "boss"}, {("/role", "unknown_value")}),
        ({"name": "x", "role": "agent"}, {("/agent", "missing")}),
        ({"name": "x", "role": "sre", "agent": "ana"}, {("/agent", "unknown_field")}),
        ({"name": "x", "role": "sre", "rate": 0}, {("/rate", "out_of_range")}),
        (
            {"name": "x", "role": "sre", "expires_at": "2020-01-01T00:00:00Z"},
            {("/expires_at", "in_the_past")},
        ),
        ({"name": "x", "role": "sre", "workspace": "south"}, {("/workspace", "unknown_field")}),
        *(
            ({"name": name, "role": "sre"}, {("/name", "bad_name")})
            for name in (
                "",
                " x",
                "x" * 65,
                "a\u202eb",
                "a\u200fb",
                "a\x1b[31mb",
                "a\x00b",
                "a\nb",
                "a\u2028b",
                "\ud7ff",
            )
        ),
    ],
)
def test_what_will_not_do_is_said(doors: Keyed, body: Any, found: set[tuple[str, str]]) -> None:
    assert set(faults(admin(doors, "POST", "/v1/keys", body))) == found


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "[bold]ñandú[/bold]", "'; DROP TABLE keys; --", "李雷"]
)
def test_names_with_markup_are_names(doors: Keyed, name: str) -> None:
    made = admin(doors, "POST", "/v1/keys", {"name": name, "role": "platform"})
    assert made.headers["content-type"] == "application/json"
    assert doors.ask(made.json()["key"], "POST", "/v1/tasks", {"id": made.json()["id"]}).status_code == 201
    told = admin(doors, "GET", f"/v1/tasks/{made.json()['id']}/history").json()["items"]
    assert told[0]["actor"] == f"key:{name}"


def test_lists_of_keys_have_pages(doors: Keyed) -> None:
    for _ in range(3):
        doors.key(Role.SRE)
    seen, cursor = [], ""
    while cursor is not None:
        page = admin(doors, "GET", f"/v1/keys?limit=2{cursor and '&cursor='}{cursor}").json()
        seen += [key["id"] for key in page["items"]]
        cursor = page["next"]
    assert seen == sorted(seen)
    assert {*doors.north.ids.values()} < {*seen}
    assert not {*doors.south.ids.values()} & {*seen}


ID = "ak_0123456789abcdef_"
WRONG = ["x", "ak_", "ak__", ID, ID + "a" * 43, ID + "a" * 44, "ÿ" * 50, "a" * 9_000, "ak_" + "0" * 60_000]


@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_wrong_keys_are_all_told_the_same(doors: Keyed, wrong: str) -> None:
    told = doors.service.client.get(STATS, headers=[(b"Authorization", b"Bearer " + wrong.encode("latin-1"))])
    assert code(told) == (401, "unauthorized")
    assert told.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert told.json()["detail"] == "The key or token is unknown, has been revoked, or has expired."


def test_a_right_id_with_a_wrong_secret_is_wrong(doors: Keyed) -> None:
    id, text = doors.key()
    last = "A" if text[-5] != "A" else "B"
    assert doors.ask(f"{text[:-5]}{last}{text[-4:]}", "GET", STATS).status_code == 401
    assert doors.ask(f"ak_{id}_" + "a" * 43, "GET", STATS).status_code == 401
    assert doors.ask(text, "GET", STATS).status_code == 200


@pytest.mark.parametrize("scheme", ["bearer {}", "BEARER {}"])
def test_the_scheme_is_written_as_one_likes(doors: Keyed, scheme: str) -> None:
    key = doors.north.keys[Role.SRE]
    assert doors.ask(None, "GET", STATS, Authorization=scheme.format(key)).status_code == 200
    for other in (f"Basic {key}", key, f"Bearer  {key}"):
        assert doors.ask(None, "GET", STATS, Authorization=other).status_code == 401


def test_spaces_at_the_end_of_a_header_are_not_of_the_key(doors: Keyed) -> None:
    key = doors.north.keys[Role.SRE].encode()
    head = b"GET /v1/stats HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s \t\r\n\r\n" % key
    with doors.service.connect(head) as connection:
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_a_body_is_not_read_before_it_is_known_who_sends_it(doors: Keyed) -> None:
    """A connection with a small one goes on; one with a large one is closed."""
    head = b"POST /v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    with doors.service.connect(head % 10_000_000) as connection:
        answer = connection.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 401 ")
        assert b"connection: close" in answer.lower()
        assert connection.recv(65_536) == b""
    good = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    with doors.service.connect(head % 2 + b"{}" + good) as connection:
        received = b""
        while b'"alive"' not in received:
            piece = connection.recv(65_536)
            assert piece, received
            received += piece
        assert received.count(b"HTTP/1.1 401 ") == received.count(b"HTTP/1.1 200 ") == 1


def test_a_long_poll_ends_when_its_key_is_revoked() -> None:
    with keyed() as doors, ThreadPoolExecutor() as threads:
        assert admin(doors, "PUT", f"/v1/agents/{ANA}", {}).status_code == 201
        id, text = doors.key(Role.AGENT, agent=ANA)
        polling = threads.submit(doors.ask, text, "GET", f"/v1/agents/{ANA}/offers?wait_s=60")
        view = doors.service.app.state.service.lives["north"].view
        until(lambda: ("agent", ANA) in view._waiting, "the poll waits")
        assert admin(doors, "DELETE", f"/v1/keys/{id}").status_code == 204
        assert code(polling.result(30)) == (401, "unauthorized")
        assert polling.result().headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("path", ["/v1/tasks", "/v1/tasks/batch", "/v1/assign"])
def test_what_is_sent_with_a_key_that_is_revoked_meanwhile_is_not_done(doors: Keyed, path: str) -> None:
    id, text = doors.key(Role.PLATFORM)

    def body() -> Iterator[bytes]:
        yield b'{"id":'
        until(lambda: "in_flight 2.0" in admin(doors, "GET", "/metrics").text, "the request has begun")
        assert admin(doors, "DELETE", f"/v1/keys/{id}").status_code == 204
        yield b'"too-late"}'

    refused = doors.ask(text, "POST", path, body())
    assert code(refused) == (401, "unauthorized")
    assert refused.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert admin(doors, "GET", "/v1/tasks/too-late").status_code == 404


def test_a_key_revoked_by_another_process_lets_nobody_in() -> None:
    """By the store's event: nobody has told this process."""
    with keyed() as doors:
        id, text = doors.key(Role.SRE)
        store = doors.north.inside.store
        [key] = [key for key in doors.north.inside.run(store.keys()) if key.id == id]
        put = PutKey(op="x", actor="x", now=1, key=replace(key, revoked_at=1))
        doors.north.inside.dispatch("put_key", put)
        until(lambda: doors.ask(text, "GET", STATS).status_code == 401, "the key lets nobody in")


def test_a_store_that_is_gone_leaves_the_keys_known() -> None:
    with keyed() as doors:
        inside = doors.north.inside

        async def pull() -> None:
            inside.store.plug(plugged=False)

        inside.run(pull())
        until(lambda: doors.ask(None, "GET", "/readyz").status_code == 503, "the service misses its store")
        told = doors.ask(None, "GET", "/readyz").json()["detail"]
        assert told == "Workspace north: The store is unavailable: The cable is out."
        assert doors.ask(doors.south.keys[Role.PLATFORM], "GET", STATS).status_code == 200
        assert code(doors.ask(doors.north.keys[Role.PLATFORM], "GET", "/v1/tasks/t")) == (
            503,
            "store_unavailable",
        )
        assert doors.ask(doors.north.keys[Role.SRE], "GET", "/metrics").status_code == 200
        assert doors.ask("ak_0123456789abcdef_" + "a" * 43, "GET", "/metrics").status_code == 401
