"""`assigner` as a shell runs it, and a small snapshot to give it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from assigner.cli import app

ASSIGNER = str(Path(sys.executable).with_name("assigner"))
NOW = "2026-11-23T09:00:00+01:00"
SMALL: dict[str, Any] = {
    "now": NOW,
    "tasks": [
        {"id": "T1", "skills": {"billing": 3}},
        {"id": "T2", "skills": {"billing": 3}},
        {"id": "T3", "skills": {"fraud": 1}},
        {"id": "T4", "not_before": "2026-11-23T11:30:00Z"},
    ],
    "agents": [{"id": "ana", "skills": {"billing": 5}}],
}
DEADLINE_S = 60


def environment(**more: str) -> dict[str, str]:
    """An environment without the settings, the state and the locale of whoever runs the tests."""
    mine = {k: v for k, v in os.environ.items() if not k.startswith(("ASSIGNER_", "LC_", "LANG", "COLUMNS"))}
    return {**mine, "LANG": "C.UTF-8", **more}


def run(*args: str, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [ASSIGNER, *args],
        input=stdin,
        env=environment(**env),
        capture_output=True,
        timeout=DEADLINE_S,
        check=False,
    )


def told(*args: str, stdin: bytes = b"", code: int = 0, **env: str) -> str:
    """What a command prints to stdout, or to stderr when it is to end with another code than 0.

    The command runs in this process, which saves the second that starting another takes.
    """
    clean = {name: None for name in os.environ if name not in environment()} | environment(**env)
    done = CliRunner().invoke(app, args, input=stdin, env=clean)
    assert done.exit_code == code, done.stderr or done.exception
    silent, spoken = (done.stderr, done.stdout) if code == 0 else (done.stdout, done.stderr)
    assert silent == ""
    return spoken


def small(**more: Any) -> bytes:
    return json.dumps(SMALL | more).encode()


def words(text: str) -> str:
    """The text without the line breaks and borders of its tables."""
    return " ".join(text.split())
