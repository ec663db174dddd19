"""The API as its own description says it: valid, with examples that are true, and attacked along it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import msgspec
import openapi_spec_validator
import pytest

from api.schemas import AssignResponse
from tests.api.running import Running, running

EXAMPLES = 80


@pytest.fixture(scope="module")
def real() -> Iterator[Running]:
    """The service as it ships, deciding for real and judging each of its solutions."""
    with running(answer="api.work:answer", verify=True) as service:
        yield service


def test_the_description_is_openapi_3_1(real: Running) -> None:
    document = real.client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    openapi_spec_validator.validate(document)


def test_the_example_is_what_the_service_answers(real: Running) -> None:
    document = real.client.get("/openapi.json").json()
    described = document["paths"]["/v1/assign"]["post"]
    request = described["requestBody"]["content"]["application/json"]["example"]
    expected = described["responses"]["200"]["content"]["application/json"]["example"]
    answer = real.post(json.dumps(request).encode()).json()
    assert answer["solution"].pop("solve_s") >= 0
    del expected["solution"]["solve_s"]
    assert answer == expected


def test_an_answer_has_no_more_and_no_less_than_is_described(real: Running) -> None:
    document = real.client.get("/openapi.json").json()
    described = document["paths"]["/v1/assign"]["post"]
    request = described["requestBody"]["content"]["application/json"]["example"]
    answer = real.post(json.dumps(request | {"explain": "pairs"}).encode()).content
    decoded = msgspec.json.decode(answer, type=AssignResponse)
    assert msgspec.to_builtins(decoded) == json.loads(answer)


@pytest.mark.parametrize(
    "options",
    [
        ["--phases", "examples,coverage"],
        # No schema can say that ids differ, so a random body that is valid to the letter may be refused.
        ["--phases", "fuzzing", "--exclude-checks", "positive_data_acceptance"],
    ],
    ids=["systematic", "random"],
)
def test_the_service_keeps_to_its_description(real: Running, options: list[str]) -> None:
    """Schemathesis sends what the description allows and what it forbids, and checks every answer."""
    host, port = real.address
    command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run"]
    found = subprocess.run(
        [
            *command,
            f"http://{host}:{port}/openapi.json",
            "--max-examples",
            str(EXAMPLES),
            "--seed",
            "1",
            *options,
        ],
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.api.as_documented"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout[-5000:] + found.stderr[-2000:]
