"""A body goes to a worker and its answer comes back, whatever the size, the framing and the path."""

import contextlib
import os
from pathlib import Path

import httpx
import pytest

from api.deps import language
from tests.api.conftest import NOON_MS
from tests.api.running import Running, running, until


@pytest.mark.parametrize("path", ["/v1/assign", "/assign"])
def test_both_paths_answer_alike(service: Running, path: str) -> None:
    answer = service.post(b"hello", path)
    assert (answer.status_code, answer.content) == (200, b"hello")
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
def test_any_content_type_is_taken_as_json(service: Running, kind: str) -> None:
    assert service.post(b"hello", headers={"Content-Type": kind}).content == b"hello"


def test_an_empty_body_reaches_the_worker(service: Running) -> None:
    assert service.post(b"").status_code == 200


def test_a_chunked_body_arrives_whole(service: Running) -> None:
    pieces = [os.urandom(100_000) for _ in range(30)]
    answer = service.post(iter(pieces))
    assert answer.request.headers["transfer-encoding"] == "chunked"
    assert answer.content == b"".join(pieces)


def test_a_large_body_and_a_large_answer_arrive_whole(service: Running) -> None:
    body = os.urandom(8 * 2**20)
    assert service.post(body).content == body


def test_the_worker_is_told_the_time_the_language_and_the_limits(service: Running) -> None:
    answer = service.post(b"job", headers={"Accept-Language": "es-ES,es;q=0.9,en;q=0.8"})
    assert answer.text == f"es {NOON_MS} 200000 False"
    assert service.post(b"job").text.startswith("en ")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en"),
        ("es", "es"),
        ("ES-mx", "es"),
        ("en, es;q=0.9", "en"),
        ("es, en", "en"),
        ("en;q=0.3, es;q=0.9", "es"),
        ("ca, es;q=0.5", "es"),
        ("es;q=0", "en"),
        ("es;q=many", "en"),
        ("de-DE,*;q=0.5", "en"),
    ],
)
def test_spanish_is_spoken_to_those_who_like_it_better(header: str, expected: str) -> None:
    assert language(header) == expected


def test_the_error_of_a_worker_is_answered_as_it_is(service: Running) -> None:
    answer = service.post(b"refuse", headers={"X-Request-ID": "abc"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == "abc"


def test_two_requests_are_answered_at_once_by_two_workers(service: Running, tmp_path: Path) -> None:
    """Each worker answers only when the other is at work too."""
    body = b"meet %s" % str(tmp_path).encode()
    first, second = [service.threads.submit(service.post, body) for _ in range(2)]
    assert (first.result().status_code, second.result().status_code) == (200, 200)


def test_requests_follow_each_other_on_one_connection(service: Running) -> None:
    with httpx.Client(base_url=service.client.base_url) as client:
        answers = [client.post("/assign", content=b"%d" % i).content for i in range(20)]
    assert answers == [b"%d" % i for i in range(20)]


def test_answers_are_not_to_be_stored_nor_guessed_at(service: Running) -> None:
    headers = service.post(b"hello").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


def test_a_body_that_comes_with_an_offer_to_upgrade_arrives(service: Running) -> None:
    """Java's client and `curl --http2` offer h2c with every request; it is passed over."""
    offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__"}
    assert service.post(b"hello", headers=offer).content == b"hello"
    assert service.post(iter([b"he", b"llo"]), headers=offer).content == b"hello"


def test_a_head_without_end_is_refused(service: Running) -> None:
    """Headers take memory before anybody is asked: 64 KiB of them are enough."""
    with service.connect(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n") as connection:
        line = b"X-More: " + b"x" * 8_000 + b"\r\n"
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                connection.sendall(line)
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_an_answer_that_nobody_takes_is_given_up() -> None:
    """A client that stops reading holds its place for a while, not for ever."""
    with running(body_timeout_s=1, max_waiting=0) as service:
        body = os.urandom(32 * 2**20)
        head = b"POST /assign HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
        with service.connect(head + body):
            until(lambda: service.metric("assigner_http_requests_in_flight") == 2, "it is being answered")
            until(lambda: service.post(b"hello").content == b"hello", "its place is free again")
