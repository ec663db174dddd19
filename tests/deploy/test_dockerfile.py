"""The Dockerfile holds to what hadolint asks, and copies what it takes and nothing else."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.style.sources import ROOT

HADOLINT = Path(sys.executable).with_name("hadolint")
DOCKERFILE = ROOT / "Dockerfile"


def told(file: Path) -> str:
    """What hadolint says of a file."""
    return subprocess.run([HADOLINT, "--no-color", file], capture_output=True, text=True, check=False).stdout


def test_hadolint_has_nothing_to_say() -> None:
    assert told(DOCKERFILE) == ""


def test_hadolint_would_say_something(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:latest\nRUN cd /tmp\n", "utf-8")
    assert {"DL3003", "DL3007"} <= set(re.findall(r"DL\d+", told(tmp_path / "Dockerfile")))


def test_the_labels_say_what_the_project_says_of_itself() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="(.+?)"', DOCKERFILE.read_text("utf-8")))
    said = {"title": "name", "description": "description", "version": "version", "licenses": "license"}
    assert labels == {label: project[field] for label, field in said.items()}


def test_what_the_dockerfile_copies_is_let_into_its_context() -> None:
    copied = {
        source
        for line in re.findall(r"^COPY (?!--)(.+)$", DOCKERFILE.read_text("utf-8"), re.MULTILINE)
        for source in line.split()[:-1]
    }
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    let_in = {line[1:].rstrip("/") for line in ignore if line.startswith("!")}
    assert ignore[0] == "*"
    assert copied == let_in
    assert [path for path in let_in if not (ROOT / path).exists()] == []
