"""`assigner sample` and `assigner version`."""

import json
import tomllib
from pathlib import Path

from assigner.sample import snapshot
from tests.cli.shell import NOW, told


def test_a_sample_is_the_snapshot_of_its_flags() -> None:
    assert json.loads(told("sample")) == snapshot()
    flags = "--tasks 50 --agents 7 --seed 3 --sizes".split()
    assert json.loads(told("sample", *flags)) == snapshot(50, 7, 3, sizes=True)


def test_a_line_for_each_task_and_agent() -> None:
    assert told("sample", "--tasks", "50", "--agents", "7").count('\n{"id"') == 57


def test_to_a_file(tmp_path: Path) -> None:
    assert told("sample", "--output", str(tmp_path / "made.json")) == ""
    assert json.loads((tmp_path / "made.json").read_text()) == snapshot()


def test_as_csv_it_says_how_to_decide(tmp_path: Path) -> None:
    folder = tmp_path / "two words"
    printed = told("sample", "--csv", str(folder))
    command = f"assigner assign '--tasks={folder}/tasks.csv' '--agents={folder}/agents.csv' --now={NOW}"
    assert printed.splitlines()[-1].strip() == command


def test_version() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert told("version") == f"assigner {project['version']}\n"
