"""Prometheus' rules: each alert is shown to fire and not to fire, and says what to do."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from assigner.cli import app
from assigner.config import settings_table
from tests.deploy.queries import ALERTS, PROMETHEUS, RECORDED, RULES, asked, known, metrics_in
from tests.style.sources import ROOT

PROMTOOL = shutil.which("promtool")
RUNBOOKS = ROOT / "deploy" / "runbooks"
TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))
needs_promtool = pytest.mark.skipif(not PROMTOOL, reason="promtool, of Debian's prometheus, cannot be found")
each_alert = pytest.mark.parametrize("name", ALERTS)


def promtool(*args: str | Path, cwd: Path = PROMETHEUS) -> subprocess.CompletedProcess[str]:
    assert PROMTOOL
    return subprocess.run([PROMTOOL, *args], cwd=cwd, capture_output=True, text=True, check=False)


def expectations(name: str) -> list[list[dict[str, Any]]]:
    """What the tests expect to fire, each time that they look at an alert."""
    return [
        look["exp_alerts"]
        for file in TESTS
        for scene in yaml.safe_load(file.read_text("utf-8"))["tests"]
        for look in scene["alert_rule_test"]
        if look["alertname"] == name
    ]


@needs_promtool
def test_promtool_takes_the_rules_and_the_configuration() -> None:
    for done in (
        promtool("check", "rules", "--lint=all", "--lint-fatal", "rules.yml"),
        promtool("check", "config", "--syntax-only", "prometheus.yml"),
    ):
        assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_each_alert_fires_when_it_should_and_says_what_it_should(file: Path) -> None:
    done = promtool("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_a_rule_that_changed_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(PROMETHEUS, tmp_path, dirs_exist_ok=True)
    rules = (tmp_path / "rules.yml").read_text("utf-8")
    changed = rules.replace("> 86400", "> 864000").replace("the skills, the levels", "the skills, levels")
    assert changed != rules
    (tmp_path / "rules.yml").write_text(changed, "utf-8")
    told = promtool("test", "rules", "tests/work.yml", cwd=tmp_path)
    assert told.returncode != 0
    assert "AssignerOldestWait" in told.stdout + told.stderr
    assert "AssignerNobodyQualifies" in told.stdout + told.stderr


@each_alert
def test_each_alert_is_shown_to_fire_and_not_to_fire(name: str) -> None:
    fired = [bool(expected) for expected in expectations(name)]
    assert set(fired) == {True, False}


@each_alert
def test_each_alert_says_how_grave_it_is_and_what_to_do(name: str) -> None:
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"{{{{ $externalURL }}}}/consoles/{name}.md"
    assert "for" in rule


@each_alert
def test_each_alert_has_a_short_runbook(name: str) -> None:
    text = (RUNBOOKS / f"{name}.md").read_text("utf-8")
    assert text.startswith(f"# {name}\n")
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## Look at", "## Do"]
    assert len(text.splitlines()) < 40
    assert max(map(len, text.splitlines())) <= 130


def test_each_runbook_is_of_an_alert() -> None:
    assert {file.stem for file in RUNBOOKS.iterdir()} == set(ALERTS)


@pytest.mark.parametrize(("where", "expr"), list(asked()))
def test_only_metrics_that_exist_are_asked_for(where: str, expr: str) -> None:
    asks = metrics_in(expr)
    assert asks, where
    assert asks <= known(), where


def test_what_runbooks_name_exists() -> None:
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    for file in RUNBOOKS.iterdir():
        text = file.read_text("utf-8")
        assert set(re.findall(r"assigner_[a-z_]+", text)) <= known(), file
        assert set(re.findall(r"`assigner ([a-z]+)", text)) <= commands, file
        settings = {setting.variable for setting in settings_table()}
        assert set(re.findall(r"ASSIGNER_[A-Z_]+", text)) <= settings, file
        assert set(re.findall(r"see (Assigner\w+)", text)) <= set(ALERTS), file


def test_what_is_recorded_is_asked_for() -> None:
    used = [metrics_in(expr) for where, expr in asked() if not where.startswith("record")]
    assert set(RECORDED) <= set().union(*used)
    assert len(RULES) == len(RECORDED) + len(ALERTS)
