"""Bodies that are too large, cut short, or sent by somebody who leaves."""

import json
import socket
from contextlib import suppress
from http.client import HTTPResponse

import pytest

from api import app
from tests.api.running import DEADLINE_S, Running, running, until

HEAD = b"POST /v1/assign HTTP/1.1\r\nHost: localhost\r\n"
LIMIT = 8 * 2**20


def _answered(service: Running, sent: bytes) -> tuple[int, str | None, bytes]:
    """Status, Connection header and body of the answer to `sent` over a bare connection."""
    with service.connect(sent) as connection, HTTPResponse(connection) as answer:
        answer.begin()
        return answer.status, answer.getheader("Connection"), answer.read()


def test_a_body_that_says_it_is_too_large_is_refused_unread(service: Running) -> None:
    status, _, body = _answered(service, HEAD + b"Content-Length: %d\r\n\r\n" % 10**12)
    assert (status, json.loads(body)["code"]) == (413, "body_too_large")
    assert str(LIMIT) in json.loads(body)["detail"]


def test_a_body_that_turns_out_too_large_is_refused_at_the_limit(service: Running) -> None:
    """There is no last chunk: only a server that does not wait for it ever answers."""
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    sent = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + piece * (LIMIT // 0x10000 + 1)
    status, _, _ = _answered(service, sent)
    assert status == 413


def test_a_client_that_sends_all_before_it_reads_still_gets_the_answer(service: Running) -> None:
    assert service.post(b"x" * (4 * LIMIT)).status_code == 413
    assert service.post(b"hello").content == b"hello"


def test_a_client_that_waits_to_be_asked_for_its_body_is_not_left_in_doubt(service: Running) -> None:
    """A refusal before 100 Continue ends the connection: nobody knows whether the body follows."""
    head = HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % (LIMIT + 1)
    status, connection, _ = _answered(service, head)
    assert (status, connection) == (413, "close")


def test_a_body_of_exactly_the_limit_is_taken(service: Running) -> None:
    assert service.post(b"x" * LIMIT).status_code == 200


def test_a_body_cut_short_is_dropped_quietly(service: Running) -> None:
    before = service.metric("assigner_http_requests_total", status="499")
    service.connect(HEAD + b"Content-Length: 1000\r\n\r\nonly this").close()
    until(
        lambda: service.metric("assigner_http_requests_total", status="499") > before,
        "the request that was cut short is counted",
    )
    assert service.metric("assigner_worker_replacements_total") == 0
    assert service.post(b"hello", timeout=DEADLINE_S).content == b"hello"


def test_a_client_that_expects_100_continue_is_told_to_go_on(service: Running) -> None:
    sent = HEAD + b"Expect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
    with service.connect(sent) as connection, connection.makefile("rb") as answer:
        assert answer.readline() == b"HTTP/1.1 100 Continue\r\n"
        connection.sendall(b"hello")
        assert answer.read().endswith(b"hello")


def test_a_body_that_takes_too_long_to_arrive_is_given_up() -> None:
    with running(body_timeout_s=0.2) as service:
        status, connection, body = _answered(service, HEAD + b"Content-Length: 1000\r\n\r\nonly this")
    assert (status, connection, json.loads(body)["code"]) == (408, "close", "body_timeout")


def test_a_body_on_its_way_counts_among_those_that_wait() -> None:
    """The bodies that the service holds are bounded in number, not only the answers it works on."""
    with running(max_waiting=0) as service, service.connect(HEAD + b"Content-Length: 1000\r\n\r\n"):
        # The request for the metrics is the other one.
        until(lambda: service.metric("assigner_http_requests_in_flight") == 2, "the first one is there")
        assert service.post(b"second").status_code == 503


def until_closed(connection: socket.socket) -> bytes:
    """What comes until the other side closes the connection, or breaks it off."""
    told = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(65_536):
            told += piece
    return told


@pytest.mark.parametrize(
    "sent",
    [b"", b"G", HEAD, b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /livez HTTP/1.1\r\n"],
    ids=len,
)
def test_nobody_keeps_a_connection_for_a_request_that_does_not_begin(
    service: Running, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "HEAD_S", 0.2)
    with service.connect(sent) as connection:
        told = until_closed(connection)
        assert told.count(b"200 OK") == sent.count(b"\r\n\r\n")


def test_a_request_that_takes_its_time_to_be_answered_is_left_alone(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "HEAD_S", 0.2)
    with service.connect(HEAD + b"Content-Length: 5\r\n\r\nhell") as slow:
        with service.connect(b"") as mute:
            until_closed(mute)
        slow.sendall(b"o" + b"G")
        with HTTPResponse(slow) as answer:
            answer.begin()
            assert answer.read() == b"hello"
