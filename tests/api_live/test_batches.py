"""Batches: a line in, a line out, in order; bad lines are named by their number, good ones are kept."""

import json
import socket
from collections.abc import Iterator

import pytest

from tests.api_live.living import Json, Living, code, living


def _lines(centre: Living, path: str, body: bytes) -> list[Json]:
    answered = centre.ask("POST", path, body)
    assert answered.status_code == 200, answered.text
    assert answered.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answered.text.splitlines()]


def test_good_lines_are_kept(centre: Living) -> None:
    """Bad lines are reported with their number; empty ones are passed over."""
    a, b = centre.new(), centre.new()
    body = (
        f'{{"id":"{a}","skills":{{"x":1}}}}\r\n\n{{"id":}}\n{{"id":"c","prio":1}}\n{{"id":"{a}"}}\n'
        f'{{"id":"{a}","skills":{{"x":1.0}}}}\n[]\n{{"id":"{b}"}}'
    )
    lines = _lines(centre, "/v1/tasks/batch", body.encode())
    assert [(line["line"], line["status"], line.get("code")) for line in lines] == [
        (1, 201, None),
        (3, 400, "malformed_json"),
        (4, 422, "invalid_request"),
        (5, 409, "task_exists"),
        (6, 200, None),
        (7, 422, "invalid_request"),
        (8, 201, None),
    ]
    assert lines[0] == {"line": 1, "id": a, "status": 201, "version": 1, "warnings": ["nobody_qualifies"]}
    assert lines[2]["errors"][0]["pointer"] == "/prio"
    assert centre.ask("GET", f"/v1/tasks/{b}").status_code == 200


def test_many_tasks_arrive_in_pieces_of_any_size(centre: Living) -> None:
    many, queue = 5_000, centre.new("q")
    body = b"\n".join(
        b'{"id":"%s-%d","queue":"%s"}' % (queue.encode(), i, queue.encode()) for i in range(many)
    )

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 7_919):
            yield body[start : start + 7_919]

    answered = centre.service.post(pieces(), "/v1/tasks/batch")
    lines = [json.loads(line) for line in answered.text.splitlines()]
    assert [line["line"] for line in lines] == list(range(1, many + 1))
    assert {line["status"] for line in lines} == {201}
    assert centre.ask("GET", f"/v1/queues/{queue}/stats").json()["tasks"]["queued"] == many


def test_answers_come_while_lines_are_sent(centre: Living) -> None:
    """The first lines are answered before the last are there."""
    head = b"POST /v1/tasks/batch HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    first, last = (b'{"id":"%s"}\n' % centre.new().encode() for _ in range(2))
    with centre.service.connect(head + b"%x\r\n%s\r\n" % (len(first), first)) as connection:
        assert b'"status":201' in _receive(connection, b"]}\n")
        connection.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(last), last))
        assert b'"line":2' in _receive(connection, b"0\r\n\r\n")


def _receive(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while end not in received:
        piece = connection.recv(65_536)
        assert piece, received
        received += piece
    return received


def test_agents_in_a_batch(centre: Living) -> None:
    a, b = centre.new(), centre.new()
    body = f'{{"id":"{a}","capacity":3}}\n{{"id":"{b}","load":1}}\n{{"id":"{a}","presence":"away"}}\n{{}}'
    lines = _lines(centre, "/v1/agents/batch", body.encode())
    assert [(line["line"], line["status"]) for line in lines] == [(1, 201), (2, 422), (3, 200), (4, 422)]
    assert lines[1]["errors"][0]["code"] == "read_only"
    got = centre.ask("GET", f"/v1/agents/{a}").json()
    assert (got["capacity"], got["presence"], got["version"]) == (1, "away", 2)


def test_a_batch_that_is_too_large_is_cut() -> None:
    """What came before is kept; a line says where it ended."""
    with living(max_body_bytes=2**17) as centre:
        line = b'{"id":"%d","attributes":{"x":"' + b"y" * 2_000 + b'"}}\n'
        body = b"".join(line % i for i in range(100))
        lines = _lines(centre, "/v1/tasks/batch", body)
        assert lines[-1]["code"] == "body_too_large"
        assert lines[-1]["line"] is None
        kept = centre.ask("GET", "/v1/tasks?limit=1000").json()["items"]
        assert len(kept) == len(lines) - 1 > 0
        assert code(centre.ask("POST", "/v1/tasks/batch", b"x" * 2**18)) == (413, "body_too_large")


@pytest.mark.parametrize("stride", [2**16, 2**20 - 1, 2**24])
@pytest.mark.parametrize("last", [False, True])
def test_a_line_that_is_too_long_is_its_own_fault(centre: Living, stride: int, last: bool) -> None:
    """Wherever the body is cut on its way, the line is refused by its number, and the others are kept."""
    before, after = (b'{"id":"%s"}' % centre.new().encode() for _ in range(2))
    long = b'{"id":"long","x":"' + b"y" * (2**20 + 5) + b'"}'
    body = b"\n".join((before, b"", long, *(() if last else (b" " * (2**20 + 1), after))))
    pieces = (body[start : start + stride] for start in range(0, len(body), stride))
    answered = centre.service.post(pieces, "/v1/tasks/batch")
    lines = [json.loads(line) for line in answered.text.splitlines()]
    found = [(line["line"], line["status"], line.get("code")) for line in lines]
    expected = [(1, 201, None), (3, 413, "body_too_large"), (4, 413, "body_too_large"), (5, 201, None)]
    assert found == expected[: 2 if last else 4]


def test_the_longest_line_there_may_be(centre: Living) -> None:
    line = b'{"id":"%s"}' % centre.new().encode()
    body = line + b" " * (2**20 - len(line)) + b"\n" + line
    assert [line["status"] for line in _lines(centre, "/v1/tasks/batch", body)] == [201, 200]


def test_an_empty_batch(centre: Living) -> None:
    assert _lines(centre, "/v1/tasks/batch", b"\n \n") == []
