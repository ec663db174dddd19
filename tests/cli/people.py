"""The commands for people, asked of a living service."""

import json
from typing import Any

from assigner.clock import SystemClock
from assigner.domain.instant import rfc3339
from tests.api_live.living import Living
from tests.cli.centre import Said, run, url

NASTY = "a\u202eb\x1b[31m[red]c\u200b"
"""A name that would turn the text round, colour it twice, and hide a mark in it."""
SHOWN = "a\\u202eb\\x1b[31m[red]c\\u200b"


def asked(centre: Living, *args: str, stdin: str = "", columns: int = 160) -> Said:
    """How a command ended, asked of a service, on a terminal so wide."""
    return run(*args, "--url", url(centre), stdin=stdin, COLUMNS=str(columns))


def read(centre: Living, *args: str) -> Any:
    """The JSON that a command prints, which has to end well."""
    said = asked(centre, *args, "--json")
    assert (said.code, said.err) == (0, "")
    return json.loads(said.text)


def soon(minutes: float) -> str:
    """So many minutes from the time of this machine, as the service takes it."""
    return rfc3339(SystemClock().now_ms() + round(minutes * 60_000))


def row(said: Said, id: str) -> str:
    """The line of a table that begins with an id, its cells one space apart."""
    [line] = [line for line in said.text.splitlines() if line.strip().startswith(f"{id} ")]
    return " ".join(line.split())
