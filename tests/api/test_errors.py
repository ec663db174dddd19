"""Every error is a problem that names its code and its request."""

import re
from typing import Any

import pytest
from fastapi import FastAPI

from api import errors
from api.errors import ERRORS, FAULTS, Fault, problem
from tests.api.running import Running, running

PARTS = {"type", "title", "status", "detail", "code", "request_id"}


def _check(service: Running, method: str, path: str, status: int, code: str, **more: Any) -> dict[str, str]:
    answer = service.client.request(method, path, **more)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found.keys() >= PARTS
    assert (found["status"], found["code"]) == (status, code)
    assert found["type"] == f"urn:assigner:error:{code}"
    assert found["request_id"] == answer.headers["x-request-id"]
    return dict(answer.headers)


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/assign/", "/v2/assign", "/static-offline-docs/no", "/%00"])
def test_an_unknown_path_is_a_404(service: Running, path: str) -> None:
    _check(service, "GET", path, 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/assign", "OPTIONS, POST"),
        ("DELETE", "/assign", "OPTIONS, POST"),
        ("POST", "/livez", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method_is_a_405_that_names_the_right_ones(
    service: Running, method: str, path: str, allowed: str
) -> None:
    assert _check(service, method, path, 405, "method_not_allowed")["allow"] == allowed


def test_options_names_the_methods(service: Running) -> None:
    answer = service.client.options("/v1/assign")
    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, "OPTIONS, POST", b"")


def test_head_is_get_without_the_body(service: Running) -> None:
    answer = service.client.head("/livez")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) == len(service.client.get("/livez").content)


@pytest.mark.parametrize("name", ["a", "8f14-e45f", "~" * 128, '"quoted"'])
def test_the_request_id_of_the_client_is_kept(service: Running, name: str) -> None:
    headers = _check(service, "GET", "/nope", 404, "not_found", headers={"X-Request-ID": name})
    assert headers["x-request-id"] == name


@pytest.mark.parametrize("name", [b"", b"two words", b"x" * 129, b"\xc3\xb1", b"tab\tbed"])
def test_a_request_id_that_cannot_be_kept_is_replaced(service: Running, name: bytes) -> None:
    headers = _check(service, "GET", "/nope", 404, "not_found", headers={b"X-Request-ID": name})
    assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])


@pytest.mark.parametrize("sent", [b"NOT HTTP AT ALL\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n"])
def test_bytes_that_are_not_http_are_a_400(service: Running, sent: bytes) -> None:
    with service.connect(sent) as connection, connection.makefile("rb") as answer:
        received = answer.read()
    assert received.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"content-type: application/problem+json\r\n" in received
    assert b'"code":"malformed_http"' in received


def _add_routes(app: FastAPI) -> None:
    @app.get("/breaks")
    async def breaks() -> None:
        raise RuntimeError("a secret")

    @app.get("/counts")
    async def counts(limit: int, cursor: str) -> None:
        return None


def test_a_fault_of_ours_is_a_500_that_tells_no_secret() -> None:
    with running(extend=_add_routes) as service:
        _check(service, "GET", "/breaks", 500, "internal_error")
        assert "secret" not in service.client.get("/breaks").text


def test_what_fastapi_refuses_is_listed_with_pointers() -> None:
    with running(extend=_add_routes) as service:
        _check(service, "GET", "/counts?limit=many", 422, "invalid_request")
        found = service.client.get("/counts?limit=many").json()
    assert found["errors_total"] == 2
    assert [(fault["pointer"], fault["code"]) for fault in found["errors"]] == [
        ("/query/limit", "wrong_type"),
        ("/query/cursor", "missing"),
    ]


def test_each_code_is_snake_case_and_says_what_to_do() -> None:
    for code, row in ERRORS.items():
        assert re.fullmatch("[a-z]+(_[a-z]+)*", code)
        assert 400 <= row.status <= 599
        assert row.title[0].isupper()
        assert row.remedy.endswith(".")
    for code, meaning in FAULTS.items():
        assert re.fullmatch("[a-z]+(_[a-z]+)*", code)
        assert meaning.endswith(".")


def test_the_first_hundred_faults_are_shown_and_all_are_counted() -> None:
    faults = [
        Fault(pointer=f"/tasks/{i}/id", code="missing", detail="A task needs an id.") for i in range(150)
    ]
    body = errors.msgspec.json.decode(problem("invalid_request", "Three.", "r", faults))
    assert (len(body["errors"]), body["errors_total"], body["detail"]) == (100, 150, "Three.")
    assert body["errors"][99] == {
        "pointer": "/tasks/99/id",
        "code": "missing",
        "detail": "A task needs an id.",
    }
