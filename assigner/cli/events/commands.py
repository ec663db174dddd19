"""The command that follows the events: what it takes, and its help."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from assigner.cli import shell
from assigner.cli.options import Key, Lang, Url, names

EXAMPLES: Final = """\b
[bold]Examples[/bold]
  assigner events --follow               [dim]what happens, as it happens[/dim]
  assigner events --since today --type task.cancelled,task.declined
  assigner events --follow --queue billing,fraud --lang es
  assigner events --since 10m --json | jq -r .type | sort | uniq -c

\b
[bold]What is told[/bold]
  When, about what, what happened, who has it, the queue, why and who did it.
  A connection that breaks is made anew, and nothing is missed; where the
  service does not keep what came meanwhile, a line says so.
  Types: task.*, agent.*, queue.*, override.*, or one such as task.offered.
"""

Follow = Annotated[
    bool, typer.Option("--follow", "-f", help="Go on with what happens from now on, until Ctrl-C.")
]
Types = Annotated[
    list[str] | None, typer.Option("--type", metavar="TYPE,…", help="Of these types only, such as task.*")
]
Queues = Annotated[list[str] | None, typer.Option("--queue", metavar="QUEUE,…", help="Of these queues only.")]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="INSTANT",
        help="Since then: 10m, today, 9:30, or the id of an event. "
        "[dim]Default: the last hour; with --follow, now.[/dim]",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print each event as a line of JSON, and nothing else.")]


@shell.manners()
def events(  # noqa: PLR0913, PLR0917 - one for each flag
    follow: Follow = False,
    type: Types = None,
    queue: Queues = None,
    since: Since = None,
    json: AsJson = False,
    url: Url = None,
    key: Key = "",
    lang: Lang = None,
) -> None:
    """Tell what happens to tasks, agents, queues and overrides, a line for each event."""
    from assigner.cli.events.doing import Wanted  # noqa: PLC0415 - takes a while, and help should not wait
    from assigner.cli.events.doing import events as run  # noqa: PLC0415 - as above
    from assigner.cli.people.asking import reached  # noqa: PLC0415 - as above

    wanted = Wanted(
        where=reached(url, key, lang),
        follow=follow,
        types=names(type),
        queues=names(queue),
        since=since,
        as_json=json,
    )
    run(wanted)


def join(app: typer.Typer) -> None:
    """Put this command among those of an app."""
    app.command(epilog=EXAMPLES)(events)
