"""The locks under deploy/: complete, hashed, of one mind, and naming no address."""

import re
import tomllib
from functools import cache
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.style.sources import ROOT

LOCKS = {
    "requirements.txt": (),
    "requirements-test.txt": ("test",),
    "requirements-bench.txt": ("test", "bench"),
}
ADDRESS = re.compile(
    r"://|--(index-url|extra-index-url|find-links|trusted-host)|\bfile:|(^|\s)/\w", re.MULTILINE
)


@cache
def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@cache
def _text(lock: str) -> str:
    return (ROOT / "deploy" / lock).read_text("utf-8")


def _entries(lock: str) -> list[str]:
    """The requirements of a lock, each with its hashes on one line."""
    joined = _text(lock).replace("\\\n", " ")
    return [line for line in joined.splitlines() if line and not line.lstrip().startswith("#")]


def _pins(lock: str) -> list[Requirement]:
    return [Requirement(entry.split(" --hash")[0]) for entry in _entries(lock)]


def _asked(extras: tuple[str, ...]) -> list[Requirement]:
    """What pyproject.toml asks for: to run, to build, and with these extras."""
    project = _pyproject()["project"]
    lines = project["dependencies"] + _pyproject()["build-system"]["requires"]
    lines += [line for extra in extras for line in project["optional-dependencies"][extra]]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    assert [match.group() for match in ADDRESS.finditer(_text(lock))] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_and_hashed(lock: str) -> None:
    loose = [entry for entry in _entries(lock) if "==" not in entry or "--hash=sha256:" not in entry]
    assert loose == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_all_that_the_project_asks_for(lock: str) -> None:
    versions: dict[str, list[str]] = {}
    for pin in _pins(lock):
        version = next(iter(pin.specifier)).version
        versions.setdefault(canonicalize_name(pin.name), []).append(version)
    for asked in _asked(LOCKS[lock]):
        held = versions.get(canonicalize_name(asked.name), [])
        assert held, f"{lock} lacks {asked.name}: run make lock"
        assert all(asked.specifier.contains(version) for version in held), f"{lock} does not fit {asked}"


@pytest.mark.parametrize("smaller", ["requirements.txt", "requirements-test.txt"])
def test_the_larger_lock_holds_the_smaller_as_it_is(smaller: str) -> None:
    larger = set(map(str, _pins("requirements-bench.txt")))
    assert set(map(str, _pins(smaller))) <= larger


def test_the_build_group_is_what_building_takes() -> None:
    assert sorted(_pyproject()["dependency-groups"]["build"]) == sorted(
        _pyproject()["build-system"]["requires"]
    )


def test_the_version_is_one() -> None:
    text = (ROOT / "assigner" / "__init__.py").read_text("utf-8")
    assert f'__version__: Final = "{_pyproject()["project"]["version"]}"' in text
