"""`assigner sample`: a made-up snapshot, as JSON or as CSV files, or a made-up centre as YAML."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.messages import Language
from assigner.cli import shell
from assigner.cli.centre.text import text
from assigner.cli.request import STRUCTS
from assigner.cli.sheets import write
from assigner.cli.words import say
from assigner.clock import SystemClock
from assigner.sample import centre, snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a command line wants: how much of what, and where to; `csv` is a folder. Neither: to stdout."""

    tasks: int
    agents: int
    seed: int
    sizes: bool
    output: Path | None
    csv: Path | None
    language: Language


def make(wanted: Wanted) -> None:
    """Make the snapshot, and write it."""
    made = shell.patiently(
        say("making", wanted.language),
        lambda: snapshot(wanted.tasks, wanted.agents, wanted.seed, sizes=wanted.sizes),
    )
    if wanted.csv is None:
        shell.write(by_line(made), wanted.output)
        return
    wanted.csv.mkdir(parents=True, exist_ok=True)
    files = {name: wanted.csv / f"{name}.csv" for name in STRUCTS}
    for name, file in files.items():
        shell.write(write(made[name], STRUCTS[name]), file)
    command = [
        "assigner",
        "assign",
        *(f"--{name}={file}" for name, file in files.items()),
        f"--now={made['now']}",
    ]
    told = say("wrote", wanted.language, files=", ".join(map(str, files.values())))
    shell.write(f"{told}\n  {shlex.join(command)}\n".encode())


def make_centre(wanted: Wanted) -> None:
    """Make a centre whose tasks, if any, are of this moment, and write it as YAML."""
    now = datetime.fromtimestamp(SystemClock().now_ms() // 1_000, UTC)

    def made() -> bytes:
        return text(centre(wanted.tasks, wanted.agents, wanted.seed, now, sizes=wanted.sizes))

    shell.write(shell.patiently(say("making", wanted.language), made), wanted.output)


def by_line(snapshot: Mapping[str, Any]) -> bytes:
    """The snapshot as JSON, with a line for each task and agent."""
    parts = [f'"now": {json.dumps(snapshot["now"])}']
    for name in STRUCTS:
        lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in snapshot[name])
        parts.append(f'"{name}": [\n{lines}\n]')
    return ("{" + ",\n".join(parts) + "}\n").encode()
