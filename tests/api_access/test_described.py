"""The whole API, attacked along its own description, with a key of each role."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from assigner.domain.access import Role
from tests.api_access.keyed import ANA, Keyed, keyed

EXAMPLES = 2
LEFT_OUT = ("/v1/events", "/v1/tasks/batch", "/v1/agents/batch")
"""The first would have no end, and NDJSON is more than Schemathesis can write."""


@pytest.fixture(scope="module")
def real() -> Iterator[Keyed]:
    """The service as it ships, deciding for real."""
    with keyed(answer="api.work:answer") as it:
        yield it


@pytest.mark.parametrize("role", list(Role))
def test_the_service_keeps_to_its_description_whoever_asks(real: Keyed, role: Role) -> None:
    """Nothing fails, nobody gets where they may not, and no answer is of a kind that is not described."""
    real.ask(real.north.keys[Role.ADMIN], "PUT", f"/v1/agents/{ANA}", {})
    host, port = real.service.address
    options = {
        "--header": f"Authorization: Bearer {real.north.keys[role]}",
        "--phases": "fuzzing",
        "--max-examples": str(EXAMPLES),
        "--seed": "1",
        # What schema says that ids differ, that an interval ends after it begins, or that a role may?
        "--exclude-checks": "positive_data_acceptance",
    }
    words = [word for option in options.items() for word in option]
    words += [word for path in LEFT_OUT for word in ("--exclude-path", path)]
    command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run"]
    found = subprocess.run(
        [*command, f"http://{host}:{port}/openapi.json", *words], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-2000:]
