"""The commands for people: what each takes, and its help."""

from __future__ import annotations

from typing import Annotated

import typer

from assigner.cli import shell
from assigner.cli.options import AsJson, Key, Lang, Url, form, given
from assigner.cli.people import examples
from assigner.cli.people.override_flags import override

Queue = Annotated[str | None, typer.Option(metavar="QUEUE", help="Of this queue.")]
Category = Annotated[str | None, typer.Option(metavar="NAME", help="Of this category.")]
Skill = Annotated[str | None, typer.Option(metavar="NAME", help="That ask for this skill.")]
Tag = Annotated[str | None, typer.Option(metavar="NAME", help="With this tag.")]
State = Annotated[
    str | None,
    typer.Option(
        metavar="STATE", help="In this state: queued, held, offered, assigned, completed or cancelled."
    ),
]
Agent = Annotated[str | None, typer.Option(metavar="AGENT", help="Offered to this agent, or with them.")]
OfAgent = Annotated[str | None, typer.Option(metavar="AGENT", help="Of this agent.")]
Case = Annotated[str | None, typer.Option(metavar="CASE", help="Of this case.")]
AtRisk = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Due within this time, such as 2h or 90m; those that are late too."),
]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV for a spreadsheet.")]
Rows = Annotated[
    int | None,
    typer.Option(min=0, metavar="ROWS", help="Show so many rows; 0 shows all. [dim]Default: 20.[/dim]"),
]
Active = Annotated[bool, typer.Option("--active", help="Those that hold now.")]
Author = Annotated[str | None, typer.Option(metavar="NAME", help="Made by them, such as key:marta or dev.")]
Since = Annotated[
    str | None, typer.Option(metavar="INSTANT", help="Made since: 7d, today, monday, or 2026-11-01.")
]
ActionName = Annotated[str | None, typer.Option(metavar="ACTION", help="Of this action, such as pin.")]
OfTask = Annotated[str | None, typer.Option(metavar="TASK", help="That touched this task.")]
Task = Annotated[str, typer.Argument(metavar="TASK", help="The id of a task.")]


@shell.manners()
def tasks(  # noqa: PLR0913, PLR0917 - one for each flag
    at_risk: AtRisk = None,
    state: State = None,
    queue: Queue = None,
    agent: Agent = None,
    tag: Tag = None,
    case: Case = None,
    category: Category = None,
    skill: Skill = None,
    limit: Rows = None,
    json: AsJson = False,
    csv: AsCsv = False,
    url: Url = None,
    key: Key = "",
    lang: Lang = None,
) -> None:
    """List tasks: what waits, how long, when it is due, who has it, and why it waits in a word."""
    from assigner.cli.people.asking import reached  # noqa: PLC0415 - takes a while, and help should not wait
    from assigner.cli.people.tasks import Wanted  # noqa: PLC0415 - as above
    from assigner.cli.people.tasks import tasks as run  # noqa: PLC0415 - as above

    if at_risk is not None and state in ("completed", "cancelled"):
        raise typer.BadParameter("--at-risk is about open tasks")
    about = {"queue": queue, "category": category, "skill": skill, "tag": tag, "case": case}
    wanted = Wanted(
        where=reached(url, key, lang, limit),
        filters=given({"state": state, "agent": agent, **about}),
        at_risk=at_risk,
        form=form(json=json, csv=csv),
    )
    run(wanted)


@shell.manners()
def why(task: Task, json: AsJson = False, url: Url = None, key: Key = "", lang: Lang = None) -> None:
    """Tell in plain words how a task stands: why it waits, and what would unblock it."""
    from assigner.cli.people.asking import reached  # noqa: PLC0415 - as above
    from assigner.cli.people.why import why as run  # noqa: PLC0415 - as above

    run(reached(url, key, lang), task, as_json=json)


@shell.manners()
def overrides(  # noqa: PLR0913, PLR0917 - one for each flag
    active: Active = False,
    author: Author = None,
    since: Since = None,
    action: ActionName = None,
    task: OfTask = None,
    limit: Rows = None,
    json: AsJson = False,
    csv: AsCsv = False,
    url: Url = None,
    key: Key = "",
    lang: Lang = None,
) -> None:
    """List what was decided by hand: who, what, about which tasks, why, and whether it holds."""
    from assigner.cli.people.asking import reached  # noqa: PLC0415 - as above
    from assigner.cli.people.overrides import Wanted  # noqa: PLC0415 - as above
    from assigner.cli.people.overrides import overrides as run  # noqa: PLC0415 - as above

    asked = {"author": author, "action": action, "task": task, "state": "active" if active else None}
    wanted = Wanted(
        where=reached(url, key, lang, limit),
        filters=given(asked),
        since=since,
        form=form(json=json, csv=csv),
    )
    run(wanted)


@shell.manners()
def handling(  # noqa: PLR0913, PLR0917 - one for each flag
    category: Category = None,
    agent: OfAgent = None,
    limit: Rows = None,
    json: AsJson = False,
    csv: AsCsv = False,
    url: Url = None,
    key: Key = "",
    lang: Lang = None,
) -> None:
    """List how long agents are expected to take, by category: learned from what they have completed."""
    from assigner.cli.people.asking import reached  # noqa: PLC0415 - as above
    from assigner.cli.people.handling import handling as run  # noqa: PLC0415 - as above

    filters = given({"category": category, "agent": agent})
    run(reached(url, key, lang, limit), filters, form(json=json, csv=csv))


def join(app: typer.Typer) -> None:
    """Put these commands among those of an app."""
    app.command(epilog=examples.TASKS)(tasks)
    app.command(epilog=examples.WHY)(why)
    app.add_typer(override)
    app.command(epilog=examples.LIST)(overrides)
    app.command(epilog=examples.HANDLING)(handling)
