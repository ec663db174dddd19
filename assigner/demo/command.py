"""The flags of the demo."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from assigner.cli import shell
from assigner.cli.commands import AgentCount, SampleSeed, TaskCount
from assigner.cli.options import Lang, language
from assigner.demo.centre import Wanted
from assigner.demo.run import Asked, run
from assigner.demo.service import DemoError

STATE_DIR: Final = Path("~/.local/state/assigner-demo")
SHORT_S: Final = 60.0

For = Annotated[
    float | None,
    typer.Option(
        "--for",
        min=0.1,
        metavar="SECONDS",
        help="End after so long. [dim]Default: Ctrl-C ends it; 60 without a terminal.[/dim]",
    ),
]
Pace = Annotated[
    float,
    typer.Option(min=1, max=600, metavar="TIMES", help="How many times faster than life the centre lives."),
]
StateDir = Annotated[Path, typer.Option(metavar="DIR", help="Where the demo keeps its centre between runs.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Forget the centre that is kept, and make a new one.")]
Dev = Annotated[bool, typer.Option("--dev", help="Without keys: whoever is on this machine may ask.")]
Port = Annotated[
    int | None,
    typer.Option(min=1, max=65_535, metavar="PORT", help="The service's. [dim]Default: 8080, or any.[/dim]"),
]


@shell.manners()
def demo(  # noqa: PLR0913, PLR0917 - one for each flag
    for_: For = None,
    tasks: TaskCount = 80,
    agents: AgentCount = 40,
    seed: SampleSeed = 0,
    pace: Pace = 60,
    lang: Lang = None,
    state_dir: StateDir = STATE_DIR,
    fresh: Fresh = False,
    port: Port = None,
    dev: Dev = False,
) -> None:
    """Start the living service with a made-up centre at work in it, and watch.

    Tasks, agents and seed are of a new centre; one that is kept goes on.

    The same seed makes the same centre, and the same tasks come to it.
    Who takes them, and when, is up to the clock too.
    """
    terminal = Console(markup=False, emoji=False, highlight=False) if sys.stdout.isatty() else None
    if terminal is not None and terminal.is_dumb_terminal:
        terminal = None
    asked = Asked(
        wanted=Wanted(tasks=tasks, agents=agents, seed=seed, pace=pace),
        for_s=for_ or (None if terminal else SHORT_S),
        language=language(lang),
        folder=state_dir.expanduser().absolute(),
        fresh=fresh,
        port=port,
        dev=dev,
        terminal=terminal,
    )
    try:
        caught = asyncio.run(run(asked))
    except DemoError as error:
        shell.fail([str(error)], shell.REFUSED)
    if caught is signal.SIGINT:
        raise KeyboardInterrupt
    if caught is not None:
        raise typer.Exit(128 + caught)
