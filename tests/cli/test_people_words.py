"""The commands for people have words for all that they say, and all that is refused, in both languages."""

import ast
from collections.abc import Iterator

from api.errors import ERRORS, FAULTS
from api.openapi_live import DESCRIBED
from assigner.cli.people import refusals
from assigner.cli.words import WORDS
from tests.style.sources import sources

ASKED = ("/v1/tasks", "/v1/tasks/{id}", "/v1/tasks/{id}/history", "/v1/tasks/{id}/explanation",
         "/v1/overrides", "/v1/overrides/{id}", "/v1/overrides.csv")  # fmt: skip
STEPS = ("wrong_state", "unknown_task", "unknown_agent", "stale_version", *refusals.FORCED)
"""Why a part of an override may be refused, besides a conflict."""


def keys() -> Iterator[str]:
    """Every key that is said as it is in the source."""
    for file in sources("assigner"):
        if not file.path.startswith("assigner/cli/"):
            continue
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "say":
                key = node.args[0]
                if isinstance(key, ast.Constant):
                    yield str(key.value)


def test_every_key_that_is_said_is_there() -> None:
    said = set(keys())
    assert len(said) > 50
    assert said - WORDS.keys() == set()


def test_every_error_of_what_is_asked_has_spanish_words() -> None:
    codes = {code for row in DESCRIBED if row.path in ASKED and row.method in ("get", "post", "delete")
             for code in row.errors}  # fmt: skip
    codes |= {"unauthorized", "forbidden", "rate_limited", "internal_error", *STEPS}
    creating = {"task_exists", "exists_already"}
    assert codes - creating - refusals.SPANISH.keys() == set()
    assert refusals.SPANISH.keys() <= ERRORS.keys() | {*STEPS}
    assert refusals.FAULTS.keys() <= FAULTS.keys()
