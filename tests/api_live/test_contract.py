"""OpenAPI says of every route what it takes; every refusal of the store and every fault has its code."""

import re
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.errors import ERRORS, FAULTS
from api.openapi_live import DESCRIBED
from assigner.store.base import REFUSALS
from tests.api_live.living import Living
from tests.contract.test_faults import OF_RESOURCES

NOT_FOR_CLIENTS = {"not_leader", "not_due", "agent_away", "only_asked"}
"""What only the dispatcher, or a person who assigns, is told."""


def test_every_route_is_described(centre: Living) -> None:
    document = centre.service.client.get("/openapi.json").json()
    OpenAPIV31SpecValidator(document).validate()
    described = {(row.method, row.path) for row in DESCRIBED}
    there = {(method, path) for path, item in document["paths"].items() for method in item}
    operations = {(method, path) for method, path in there if path.startswith("/v1/")}
    assert operations - {("post", "/v1/assign")} == described
    for method, path in described:
        operation = document["paths"][path][method]
        assert operation["summary"]
        assert operation["description"]


def test_if_match_is_promised_where_it_is_compared(centre: Living) -> None:
    paths = centre.service.client.get("/openapi.json").json()["paths"]
    told = {
        (method, path)
        for path, item in paths.items()
        for method, operation in item.items()
        if any(each["name"] == "If-Match" for each in operation.get("parameters", ()))
    }
    assert ("put", "/v1/tasks/{id}") in told
    assert ("delete", "/v1/agents/{id}") in told
    assert ("post", "/v1/offers/{id}/accept") in told
    assert not told & {("post", "/v1/tasks"), ("post", "/v1/tasks/batch"), ("post", "/v1/agents/batch")}


def test_every_refusal_is_an_error() -> None:
    assert set(REFUSALS) - NOT_FOR_CLIENTS <= set(ERRORS)


def test_every_fault_of_a_resource_is_tested() -> None:
    text = "".join(file.read_text("utf-8") for file in Path(__file__).parent.parent.glob("api_*/test_*.py"))
    assert set(re.findall(r'"(\w+)"', text)) >= OF_RESOURCES
    assert set(FAULTS) >= OF_RESOURCES


def test_unknown_methods_are_told_the_others(centre: Living) -> None:
    refused = centre.ask("PUT", "/v1/tasks")
    assert refused.status_code == 405
    assert "POST" in refused.headers["Allow"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/tasks", "GET, HEAD, OPTIONS, POST"),
        ("/v1/tasks/any", "GET, HEAD, OPTIONS, PATCH, PUT"),
        ("/v1/tasks/any/start", "OPTIONS, POST"),
        ("/v1/agents/any", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
        ("/v1/queues/any", "GET, HEAD, OPTIONS, PUT"),
        ("/livez", "GET, HEAD, OPTIONS"),
    ],
)
def test_allow_names_every_method_of_a_path(centre: Living, path: str, allowed: str) -> None:
    """Whichever route of the path was found first, of a method that it has not, and of OPTIONS."""
    for method, status in (("TRACE", 405), ("OPTIONS", 204)):
        answered = centre.ask(method, path)
        assert (answered.status_code, answered.headers["Allow"]) == (status, allowed)
