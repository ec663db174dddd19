"""What a client does when an answer is lost, or the service is busy: it asks again, and it is done once."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

import pytest

from assigner.client import AssignerError, Client, NotOurs, NotReached, Problem, RateLimited, Unavailable
from assigner.client.call import Answer, Call
from assigner.client.errors import problem_of
from assigner.client.offers import _heard
from assigner.client.records import Offer
from assigner.client.retry import LONGEST_PAUSE_S, Ask, Manner, attempts
from assigner.client.script import Give
from tests.api.running import until
from tests.api_live.living import Living
from tests.cli.centre import url
from tests.client.both import asking
from tests.faults.proxy import Lossy

KINDS = ["sync", "async"]
SECRET = "ask_very-secret"  # noqa: S105 - it opens nothing
CALL = Call(method="POST", target="/v1/x", read=lambda answer: answer, headers={"Idempotency-Key": "one"})


@contextmanager
def losing(centre: Living, loss: float) -> Iterator[tuple[Lossy, str]]:
    """A proxy before the service that loses answers, and its address."""
    proxy = Lossy(to=centre.service.address, random=Random(7), loss=loss)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(proxy.serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield proxy, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(proxy.closing.set)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        asyncio.set_event_loop(loop)
        loop.run_until_complete(_all_ended(loop))
        loop.close()


async def _all_ended(loop: asyncio.AbstractEventLoop) -> None:
    others = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
    await asyncio.gather(*others, return_exceptions=True)


@pytest.mark.parametrize("kind", KINDS)
def test_what_answers_get_lost_of_is_done_once(kind: str, centre: Living) -> None:
    agent = centre.agent()
    with losing(centre, loss=0.3) as (proxy, address), asking(kind, address) as client:
        ids = [client.tasks.make(centre.new(), queue="a").id for _ in range(8)]
        for id in ids:
            assert client.tasks.transfer(id, queue="b").handoffs == 1
            client.offers.accept(centre.offer(id, agent))
            client.tasks.complete(id, "done")
        many = [centre.new() for _ in range(300)]
        assert all(line.ok for line in client.tasks.batch({"id": id} for id in many))
    assert proxy.lost > 5
    for id in ids:
        verbs = [moment["type"] for moment in centre.ask("GET", f"/v1/tasks/{id}/history").json()["items"]]
        assert verbs == [f"task.{verb}" for verb in "enqueued transferred offered accepted completed".split()]
    for id in many:
        assert len(centre.ask("GET", f"/v1/tasks/{id}/history").json()["items"]) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_guarded_changes_whose_answers_get_lost_are_done_once(kind: str, centre: Living) -> None:
    """What was done already is answered as at first: not as stale, as there already, or as gone."""
    with losing(centre, loss=0.3) as (proxy, address), asking(kind, address) as client:
        for _ in range(3):
            task, agent, queue = centre.new(), centre.new("a"), centre.new("q")
            made = client.tasks.put(task, queue=queue, if_none_match="*")
            assert client.tasks.patch(task, priority=90, if_match=made.etag).priority == 90
            assert client.queues.put(queue, offer_ttl_s=90, if_none_match="*").offer_ttl_s == 90
            there = client.agents.put(agent, capacity=3, presence="offline", if_none_match="*")
            client.agents.presence(agent, "away", if_match=there.etag)
            client.agents.remove(agent)
            held = client.overrides.make("hold", {"tasks": [task]}, "audit")
            assert client.overrides.undo(held.id).state == "undone"
    assert proxy.lost


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_that_is_gone_is_waited_for(kind: str, centre: Living) -> None:
    id = centre.task()
    centre.run(plug(centre, plugged=False))
    with asking(kind, url(centre)) as client:
        with pytest.raises(Unavailable) as caught:
            client.with_options(retries=0).tasks.cancel(id, "x")
        assert caught.value.code in ("store_unavailable", "not_ready")
        assert caught.value.retry_after_s == 1
        timer = threading.Timer(0.3, lambda: centre.run(plug(centre, plugged=True)))
        timer.start()
        assert client.tasks.cancel(id, "not needed").state == "cancelled"
        timer.join()
    until(lambda: centre.ask("GET", "/readyz").status_code == 200, "the service is ready")


async def plug(centre: Living, *, plugged: bool) -> None:
    centre.store.plug(plugged=plugged)


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_there_is_an_error_that_says_so(kind: str) -> None:
    with asking(kind, "http://127.0.0.1:9", retries=0) as client:
        with pytest.raises(NotReached, match=r"POST /v1/tasks: .*(refused|failed)"):
            client.tasks.make("INC-1")
        with pytest.raises(NotReached):
            next(client.offers.of("ana"))


class Stranger(BaseHTTPRequestHandler):
    """Another server, which has a page for everything."""

    def do_GET(self) -> None:
        self.send_response(200 if "stats" in self.path else 502)
        self.end_headers()
        self.wfile.write(b"<h1>Welcome</h1>")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def stranger() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("kind", KINDS)
def test_another_server_at_the_address_is_told(kind: str, stranger: str) -> None:
    with asking(kind, stranger, retries=0) as client:
        with pytest.raises(NotOurs, match="GET /v1/stats"):
            client.stats()
        with pytest.raises(Problem, match="is this its address"):
            client.tasks.get("INC-1")


def busy(status: int, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=named, body=b'{"code": "rate_limited", "detail": "Slow down."}')


def test_the_same_request_is_sent_again_after_longer_and_longer_pauses() -> None:
    steps = attempts(CALL, Manner(retries=4, chance=Random(1)))
    sent = [next(steps)]
    pauses = []
    for _ in range(4):
        pause = steps.send(NotReached("gone"))
        assert isinstance(pause, float)
        pauses.append(pause)
        sent.append(steps.send(None))
    assert all(one is sent[0] for one in sent)
    assert [0.1 * 2**n <= pause <= 0.2 * 2**n for n, pause in enumerate(pauses)] == [True] * 4
    with pytest.raises(NotReached, match="gone"):
        steps.send(NotReached("gone"))


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_says_when_is_not_asked_before(status: int) -> None:
    steps = attempts(CALL, Manner(retries=2))
    next(steps)
    assert steps.send(busy(status, retry_after="7")) == 7
    assert isinstance(steps.send(None), Ask)
    with pytest.raises(StopIteration) as end:
        steps.send(Answer(status=200, headers={}, body=b"{}"))
    assert end.value.value.status == 200


def test_a_pause_that_is_too_long_is_left_to_the_caller() -> None:
    steps = attempts(CALL, Manner(retries=2))
    next(steps)
    with pytest.raises(RateLimited) as caught:
        steps.send(busy(429, retry_after=str(LONGEST_PAUSE_S * 2)[:2]))
    assert caught.value.retry_after_s == LONGEST_PAUSE_S * 2


@pytest.mark.parametrize("status", [400, 404, 409, 500, 504])
def test_what_would_be_refused_again_is_not_asked_again(status: int) -> None:
    steps = attempts(CALL, Manner(retries=2))
    next(steps)
    with pytest.raises(Problem):
        steps.send(busy(status))


@pytest.mark.parametrize("kind", KINDS)
def test_the_key_is_nowhere_to_be_read(
    kind: str, centre: Living, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    with asking(kind, url(centre), key=SECRET, retries=0) as client:
        told += [repr(client), repr(client.sender), repr(client.sender.manner), repr(client.stats())]
        told.append(refusal(client))
    with asking(kind, "http://127.0.0.1:9", key=SECRET, retries=0) as client:
        told.append(refusal(client))
    with pytest.raises(AssignerError) as caught:
        Client(url(centre), key=f"{SECRET}\n{SECRET}")
    told += [str(caught.value), caplog.text, *capfd.readouterr()]
    assert "very-secret" not in "".join(told)
    assert "GET /v1/tasks/nobody" in "".join(told)


def refusal(client: Client) -> str:
    """All that an error shows, and the errors behind it."""
    with pytest.raises(AssignerError) as caught:
        client.tasks.get("nobody")
    error: BaseException | None = caught.value
    told = ""
    while error:
        told += f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
    return told


def test_a_sent_request_hides_its_headers() -> None:
    manner = replace(Manner(), headers={"Authorization": f"Bearer {SECRET}"})
    steps = attempts(CALL, manner)
    ask = next(steps)
    assert isinstance(ask, Ask)
    assert ask.headers["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in repr(ask) + repr(manner)


def test_offers_are_heard_on_after_a_service_that_was_away_longer_than_any_request_is_tried() -> None:
    heard = _heard("/v1/offers", {}, Manner(retries=0))
    assert isinstance(next(heard), Call)
    assert isinstance(heard.send(([Offer({"id": "of-1"})], "cursor-1")), Give)
    assert isinstance(next(heard), Call)
    for _ in range(100):
        assert heard.throw(NotReached("gone")) == LONGEST_PAUSE_S
        call = next(heard)
        assert isinstance(call, Call)
        assert call.target == "/v1/offers?cursor=cursor-1"
    with pytest.raises(Problem, match="401"):
        heard.throw(problem_of(401, {}, b"", "GET /v1/offers"))
