"""A batch takes as long as its client likes: its key is looked at again with each of its lines."""

import json
import socket

from assigner.domain.access import Role
from tests.api_access.keyed import Keyed


def test_a_batch_whose_key_is_revoked_meanwhile_does_nothing_more(doors: Keyed) -> None:
    id, key = doors.key(Role.PLATFORM)
    head = (
        "POST /v1/tasks/batch HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {key}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with doors.service.connect(head.encode() + _piece(b'{"id":"before"}\n')) as connection:
        assert b'"status":201' in _until(connection, b"}\n")
        assert doors.ask(doors.north.keys[Role.ADMIN], "DELETE", f"/v1/keys/{id}").status_code == 204
        connection.sendall(_piece(b'{"id":"after"}\n') + _piece(b""))
        told = _until(connection, b"0\r\n\r\n").splitlines()[1]
    assert {key: json.loads(told)[key] for key in ("line", "status", "code")} == {
        "line": None,
        "status": 401,
        "code": "unauthorized",
    }
    admin = doors.north.keys[Role.ADMIN]
    assert doors.ask(admin, "GET", "/v1/tasks/before").status_code == 200
    assert doors.ask(admin, "GET", "/v1/tasks/after").status_code == 404


def _piece(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(body), body)


def _until(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while end not in received:
        piece = connection.recv(65_536)
        assert piece, received
        received += piece
    return received
