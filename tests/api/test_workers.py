"""Workers that crash, spin, grow or never start, and clients that leave or are too many."""

import os
import signal
from pathlib import Path

import httpx
import pytest

from api import pool
from tests.api.running import running, until


def _code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_a_worker_killed_in_the_middle_fails_its_request_alone() -> None:
    """The request gets 500 and advice to retry; the next one is answered by another process."""
    with running() as service:
        pid = int(service.post(b"pid").text)
        posting = service.post_meanwhile(b"spin")
        os.kill(pid, signal.SIGKILL)
        answer = posting.result()
        assert _code(answer) == (500, "worker_failed")
        assert "Retry" in answer.json()["detail"]
        assert int(service.post(b"pid").text) != pid
        assert service.replaced("crashed") == 1


def test_a_worker_that_dies_idle_costs_no_request() -> None:
    with running() as service:
        pid = int(service.post(b"pid").text)
        os.kill(pid, signal.SIGKILL)
        until(lambda: service.replaced("crashed") == 1, "the worker is replaced")
        assert int(service.post(b"pid").text) != pid


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_does_not_end_the_workers(sent: signal.Signals) -> None:
    """What is in flight when the service is told to stop is still answered."""
    with running() as service:
        pid = service.post(b"pid").text
        os.kill(int(pid), sent)
        assert service.post(b"pid").text == pid


def test_a_worker_that_takes_too_long_is_replaced() -> None:
    with running(answer_timeout_s=1) as service:
        assert _code(service.post(b"spin")) == (504, "answer_timeout")
        assert service.post(b"hello").content == b"hello"
        assert service.replaced("timed_out") == 1


def test_a_client_that_leaves_stops_its_work() -> None:
    with running() as service:
        with service.connect(b"POST /assign HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nspin"):
            until(lambda: service.metric("assigner_workers", state="busy") == 1, "the worker spins")
        assert service.post(b"hello").content == b"hello"
        assert service.replaced("disconnected") == 1
        assert service.metric("assigner_http_requests_total", status="499") == 1


def test_work_that_ends_soon_after_its_client_left_costs_no_worker(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pool, "GRACE_S", 3_600)
    flag = tmp_path / "go"
    body = b"await %s" % str(flag).encode()
    head = b"POST /assign HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
    with running() as service:
        pid = service.post(b"pid").text
        with service.connect(head + body):
            until(lambda: service.metric("assigner_workers", state="busy") == 1, "the worker waits")
        until(
            lambda: service.metric("assigner_http_requests_total", status="499") == 1,
            "the client's leaving is noticed",
        )
        flag.touch()
        assert service.post(b"pid").text == pid
        assert service.metric("assigner_worker_replacements_total") == 0


def test_a_client_that_leaves_the_line_stops_nothing(tmp_path: Path) -> None:
    flag = tmp_path / "go"
    with running() as service:
        first = service.post_meanwhile(b"await %s" % str(flag).encode())
        with service.connect(b"POST /assign HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nspin"):
            until(lambda: service.metric("assigner_workers_waited_for") == 1, "the second waits")
        until(lambda: service.metric("assigner_workers_waited_for") == 0, "the second is gone")
        flag.touch()
        assert first.result().status_code == 200
        assert service.metric("assigner_worker_replacements_total") == 0


def test_above_the_bounded_line_requests_are_told_to_come_back(tmp_path: Path) -> None:
    flag = tmp_path / "go"
    with running(max_waiting=1) as service:
        working = service.post_meanwhile(b"await %s" % str(flag).encode())
        waiting = service.threads.submit(service.post, b"waiting")
        until(lambda: service.metric("assigner_workers_waited_for") == 1, "one waits")
        refused = service.post(b"one too many")
        assert _code(refused) == (503, "overloaded")
        assert int(refused.headers["retry-after"]) >= 1
        assert service.metric("assigner_rejected_total", code="overloaded") == 1
        flag.touch()
        assert (working.result().status_code, waiting.result().content) == (200, b"waiting")


def test_a_fault_in_our_code_fails_its_request_and_keeps_the_worker() -> None:
    with running() as service:
        pid = service.post(b"pid").text
        answer = service.post(b"raise", headers={"X-Request-ID": "abc"})
        assert _code(answer) == (500, "internal_error")
        assert answer.json()["request_id"] == "abc"
        assert "on purpose" not in answer.text
        assert service.post(b"pid").text == pid


def test_a_worker_without_memory_is_replaced() -> None:
    with running() as service:
        pid = service.post(b"pid").text
        assert _code(service.post(b"exhaust")) == (500, "worker_failed")
        assert service.post(b"pid").text != pid


def test_a_worker_that_holds_too_much_memory_is_replaced_after_it_answered() -> None:
    with running(worker_memory_mib=128) as service:
        pid = service.post(b"pid").text
        assert service.post(b"grow %d" % (200 * 2**20)).status_code == 200
        assert service.post(b"pid").text != pid
        assert service.replaced("memory") == 1


def test_the_service_is_not_ready_until_a_worker_is() -> None:
    with running(answer="tests.api.answers:fail_at_start", ready=False) as service:
        until(lambda: "exit status 3" in service.client.get("/readyz").text, "/readyz says why")
        answer = service.client.get("/readyz")
        assert _code(answer) == (503, "not_ready")
        assert answer.headers["retry-after"]
        assert _code(service.post(b"hello")) == (503, "not_ready")
        assert service.metric("assigner_rejected_total", code="not_ready") == 1
        assert service.client.get("/livez").status_code == 200


def test_a_worker_that_is_never_ready_is_given_up() -> None:
    with running(answer="tests.api.answers:spin_at_start", ready=False, answer_timeout_s=0.5) as service:
        until(lambda: "exit status -9" in service.client.get("/readyz").text, "/readyz says why")


def test_requests_in_flight_end_before_the_service_does(tmp_path: Path) -> None:
    flag = tmp_path / "go"
    with running() as service:
        working = service.post_meanwhile(b"await %s" % str(flag).encode())
        service.server.should_exit = True
        until(lambda: not _accepts(service.client), "new connections are refused")
        flag.touch()
        assert working.result().status_code == 200


def _accepts(client: httpx.Client) -> bool:
    try:
        return httpx.get(f"{client.base_url}/livez").status_code == 200
    except httpx.TransportError:  # refused, or accepted and dropped by a server that stops
        return False
