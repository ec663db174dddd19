"""The commands for people ask with a key, and say so when it will not do."""

from collections.abc import Iterator

import pytest

from assigner.domain.access import Role
from tests.api_access.keyed import Keyed, keyed
from tests.cli.centre import Said, run


@pytest.fixture(scope="module")
def doors() -> Iterator[Keyed]:
    with keyed() as it:
        platform = it.north.keys[Role.PLATFORM]
        assert it.ask(platform, "POST", "/v1/tasks", {"id": "T1", "queue": "billing"}).status_code == 201
        yield it


def asked(doors: Keyed, key: str, *args: str, **env: str) -> Said:
    host, port = doors.service.address
    return run(*args, "--url", f"http://{host}:{port}", ASSIGNER_KEY=key, COLUMNS="160", **env)


def test_a_coordinator_sees_asks_and_overrides(doors: Keyed) -> None:
    key = doors.north.keys[Role.COORDINATOR]
    assert "T1" in asked(doors, key, "tasks").out
    assert asked(doors, key, "why", "T1").code == 0
    made = asked(doors, key, "override", "hold", "T1", "--reason", "papers missing")
    assert made.code == 0
    assert "key:coordinator" in asked(doors, key, "overrides").out
    assert "held by key:coordinator" in asked(doors, key, "why", "T1").out


def test_another_workspace_sees_nothing_of_it(doors: Keyed) -> None:
    key = doors.south.keys[Role.COORDINATOR]
    assert asked(doors, key, "tasks").out == "There are no such tasks."
    assert asked(doors, key, "why", "T1").err.startswith("error: There is no such task.")
    assert asked(doors, key, "overrides").out == "There are no such overrides."
    said = asked(doors, key, "override", "hold", "T1", "--reason", "x")
    assert (said.code, "T1: There is no such task." in said.err) == (1, True)


@pytest.mark.parametrize(
    ("key", "english", "spanish"),
    [
        ("", "The service asks for a key: give it with --key,", "El servicio pide una clave: désela con"),
        (
            "wrong",
            "The service does not know this key, or it has expired",
            "El servicio no conoce esta clave,",
        ),
    ],
)
def test_without_a_key_that_will_do(doors: Keyed, key: str, english: str, spanish: str) -> None:
    said = asked(doors, key, "tasks")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"error: {english}")
    assert asked(doors, key, "tasks", "--lang", "es").err.startswith(f"error: {spanish}")


def test_a_role_that_may_not(doors: Keyed) -> None:
    key = doors.north.keys[Role.PLATFORM]
    said = asked(doors, key, "override", "hold", "T1", "--reason", "x", "--lang", "es")
    assert (said.code, said.out) == (1, "")
    assert said.err == "error: Esta clave no tiene permiso para esto: use la de un papel que lo tenga."
    assert asked(doors, doors.north.keys[Role.SRE], "tasks").code == 1


def test_a_key_is_never_shown(doors: Keyed) -> None:
    key = "tk_0123456789"
    for args in (["tasks"], ["why", "T1"], ["override", "hold", "T1", "--reason", "x"], ["overrides"]):
        said = asked(doors, key, *args)
        assert said.code == 1
        assert key not in said.text + said.err


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    said = run("tasks", "--url", "http://me:very-secret@127.0.0.1:9", COLUMNS="160")
    assert said.code == 2
    assert "leave it out, and give a key" in said.err
    assert "very-secret" not in said.out + said.err
