"""A store that is gone: 503 with Retry-After, /readyz says why, and the service heals by itself."""

import asyncio

import pytest

from api.view import View
from assigner.clock import ManualClock
from assigner.store.base import Enqueue
from assigner.store.memory import MemoryStore
from tests.api.running import until
from tests.api_live.living import NOON_MS, Living, code, living


def _unplug(centre: Living, *, plugged: bool) -> None:
    async def pull() -> None:
        centre.store.plug(plugged=plugged)

    centre.run(pull())


def test_the_store_goes_and_comes_back() -> None:
    with living() as centre:
        task, agent = centre.task(), centre.agent()
        _unplug(centre, plugged=False)
        for method, path, body in (
            ("POST", "/v1/tasks", {"id": "x"}),
            ("POST", "/v1/tasks/batch", b'{"id":"x"}'),
            ("GET", f"/v1/tasks/{task}", None),
            ("POST", f"/v1/tasks/{task}/hold", {"reason": "x"}),
            ("PUT", f"/v1/agents/{agent}", {}),
        ):
            gone = centre.ask(method, path, body)
            assert code(gone) == (503, "store_unavailable")
            assert gone.headers["Retry-After"] == "1"
            assert "The cable is out." in gone.json()["detail"]
        until(lambda: centre.ask("GET", "/readyz").status_code == 503, "the view has noticed")
        assert "The cable is out." in centre.ask("GET", "/readyz").json()["detail"]
        for path in ("/v1/tasks", "/v1/offers", "/v1/stats"):
            assert code(centre.ask("GET", path)) == (503, "store_unavailable")
        assert centre.ask("GET", "/livez").status_code == 200
        _unplug(centre, plugged=True)
        until(lambda: centre.ask("GET", "/readyz").status_code == 200, "the service has healed")
        assert [item["id"] for item in centre.ask("GET", "/v1/tasks").json()["items"]] == [task]
        offer = centre.offer(task, agent)
        until(lambda: bool(centre.ask("GET", "/v1/offers").json()["items"]), "events are followed again")
        assert centre.ask("POST", f"/v1/offers/{offer}/accept").status_code == 200


def test_a_store_that_takes_no_writes_is_told_of_until_it_takes_one() -> None:
    """It is still read, and nothing more need be written for it to be found fit again."""
    with living() as centre:
        task = centre.task()
        centre.store.full = True
        assert centre.ask("GET", "/readyz").status_code == 200
        assert code(centre.ask("POST", "/v1/tasks", {"id": "x"})) == (503, "store_unavailable")
        assert code(centre.ask("GET", "/readyz")) == (503, "not_ready")
        assert "The disk is full." in centre.ask("GET", "/readyz").json()["detail"]
        assert centre.ask("GET", f"/v1/tasks/{task}").status_code == 200
        centre.store.full = False
        until(lambda: centre.ask("GET", "/readyz").status_code == 200, "a look has found it fit")


def test_while_everything_is_read_anew_nobody_is_told_a_part_of_it() -> None:
    """Such as when events were trimmed before they were read: the store is there all the time."""

    async def play() -> None:
        store, many = MemoryStore(ManualClock(at_ms=NOON_MS)), 1_000
        made = [
            Enqueue(op=id, actor="x", now=1, task=id, doc={}, queue="main", size=1, created_at=1)
            for id in map(str, range(many))
        ]
        await store.do("enqueue", made)
        view = View(store)
        await view._load()
        anew, looks = asyncio.create_task(view._load()), 0
        while not anew.done():
            assert view.obstacle or len(view.tasks) == many
            looks += bool(view.obstacle)
            await asyncio.sleep(0)
        assert looks
        assert not view.obstacle

    asyncio.run(play())


def test_a_write_that_the_store_takes_shows_that_it_is_fit() -> None:
    with living() as centre:
        centre.store.full = True
        assert code(centre.ask("POST", "/v1/tasks", {"id": "x"})) == (503, "store_unavailable")
        centre.store.full = False
        assert centre.ask("POST", "/v1/tasks", {"id": "x"}).status_code == 201
        assert centre.ask("GET", "/readyz").status_code == 200


def test_a_store_that_stays_away_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    with living() as centre:
        looked = centre.store.looked
        _unplug(centre, plugged=False)
        until(lambda: centre.store.looked >= looked + 3, "it was looked for again and again")
        told = [record for record in caplog.records if "The cable is out." in record.getMessage()]
        assert [record.levelname for record in told] == ["WARNING"]


def test_a_batch_goes_on_without_the_store() -> None:
    """Lines that could not be kept say so, each; those before them have been kept."""
    with living() as centre:
        head = b"POST /v1/tasks/batch HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        head += b"Content-Length: 21\r\n\r\n"
        with centre.service.connect(head + b'{"id":"a"}\n') as connection:
            received = b""
            while b'"status":201' not in received:
                received += connection.recv(65_536)
            _unplug(centre, plugged=False)
            connection.sendall(b'{"id":"b"}')
            while more := connection.recv(65_536):
                received += more
        assert b'{"line":2,"id":"b","status":503,"code":"store_unavailable"' in received
