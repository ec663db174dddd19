"""`assigner` asked of a running centre, in this process."""

import os
from dataclasses import dataclass

from typer.testing import CliRunner

from assigner.cli import app
from tests.api_live.living import Living
from tests.cli.shell import environment, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a command ended, and what it said: in one line, without the breaks of a narrow terminal."""

    code: int
    out: str
    err: str
    text: str


def url(centre: Living) -> str:
    host, port = centre.service.address
    return f"http://{host}:{port}"


def run(*args: str, stdin: str = "", **env: str) -> Said:
    clean = {name: None for name in os.environ if name not in environment()} | environment(**env)
    done = CliRunner().invoke(app, args, input=stdin, env=clean)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Said(
        code=done.exit_code,
        out=words(done.stdout),
        err=words(done.stderr.replace("│", " ")),
        text=done.stdout,
    )


def apply(centre: Living, said: str, *flags: str) -> Said:
    return run("apply", "-f", "-", "--url", url(centre), *flags, stdin=said)


def export(centre: Living, *flags: str) -> str:
    """The text of an export, which has to end well."""
    said = run("export", "--url", url(centre), *flags)
    assert (said.code, said.err) == (0, "")
    return said.text
