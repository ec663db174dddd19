"""The commands of `assigner override`: one for each row of the table of actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import Parameter, Signature
from typing import Annotated, Any, Final

import typer

from assigner.cli import shell
from assigner.cli.options import AsJson, Key, Lang, Url
from assigner.cli.people import examples
from assigner.dispatch.actions import ACTIONS, Action

Rows = Annotated[
    int | None,
    typer.Option(min=0, metavar="ROWS", help="Show so many tasks; 0 shows all. [dim]Default: 20.[/dim]"),
]
Id = Annotated[str, typer.Argument(metavar="OVERRIDE", help="The id of an override.")]

override = typer.Typer(
    name="override",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Decide something by hand; every later decision respects it.",
    epilog=examples.OVERRIDE,
)


def _text(flag: str, metavar: str, help: str) -> Any:
    return Annotated[str | None, typer.Option(flag, metavar=metavar, help=help)]


def _flag(flag: str, help: str) -> Any:
    return Annotated[bool, typer.Option(flag, help=help)]


_TASKS: Final = Annotated[
    list[str] | None,
    typer.Argument(metavar="TASK", show_default=False, help="Tasks by their ids; - reads them on stdin."),
]
_FILTERS: Final = {
    "of_queue": _text("--queue", "QUEUE", "Tasks of this queue, as it is now."),
    "of_category": _text("--category", "NAME", "Tasks of this category."),
    "of_skill": _text("--skill", "NAME", "Tasks that ask for this skill."),
    "of_state": _text("--state", "STATE", "Tasks in this state: queued, held, offered or assigned."),
    "of_tag": _text("--tag", "NAME", "Tasks with this tag."),
    "of_age": _text("--older-than", "TIME", "Tasks made so long ago, such as 2h or 3d, or longer."),
}
_SAYS: Final = {
    "force": _flag("--force", "Also when there is no room, or the agent is not there: it is counted."),
    "started": _flag("--started", "Take back what the agent has begun, too."),
    "replace": _flag("--replace", "Take the place of another override that says something already."),
    "until": _text(
        "--until", "INSTANT", "Until then: 17:00, 2h, tomorrow 9:00, friday, 2026-11-23T09:00:00Z."
    ),
    "priority": _text("--priority", "WORD|N", "low, medium, high, urgent, or 0 to 100."),
    "due_at": _text("--due", "INSTANT", "The new promise, such as 17:00 or tomorrow 9:00; none lifts it."),
    "queue": _text("--to", "QUEUE", "The queue where they go."),
    "skills": _text("--skills", "SKILLS", "What they ask for there, such as billing:3;es:4."),
    "agent": _text("--to", "AGENT", "The agent."),
}
"""By the names of the API; `agent` is another flag where it is not somebody who gets something."""
_KEPT: Final = _text("--agent", "AGENT", "The agent who is kept from them.")
_OF: Final = _text("--of", "AGENT", "What this agent is offered or has.")
_WHOLE: Final = _text("--whole-queue", "QUEUE", "Every task of this queue, those to come too.")
_PARTIAL: Final = _flag("--partial", "Do what can be done, and tell what cannot; else it is all or nothing.")
_AGENT: Final = Annotated[str, typer.Argument(metavar="AGENT", help="The id of the agent.")]
_QUEUE: Final = Annotated[str, typer.Argument(metavar="QUEUE", help="The queue.")]
_WAY: Final = Parameter.KEYWORD_ONLY
_REASON: Final = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why: others will ask. It is kept with your name.")
]
_COMMON: Final = {
    "dry_run": _flag("--dry-run", "Only tell what it would do."),
    "yes": Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first, however many tasks it is.")],
}


def _command(row: Action) -> Callable[..., None]:
    """The command of an action, with the flags that it takes."""

    def run(**flags: Any) -> None:
        from assigner.cli.people.asking import reached  # noqa: PLC0415 - takes a while, and help should not wait
        from assigner.cli.people.override import Asked  # noqa: PLC0415 - as above
        from assigner.cli.people.override import override as make  # noqa: PLC0415 - as above

        asked = Asked(
            where=reached(flags["url"], flags["key"], flags["lang"], flags["limit"]),
            row=row,
            flags=flags,
            dry_run=flags["dry_run"],
            yes=flags["yes"],
            as_json=flags["json"],
        )
        make(asked)

    made = shell.manners()(run)
    vars(made).update(__signature__=_signature(row))
    return made


def _signature(row: Action) -> Signature:
    """What it is about, what it says, why, and how it is asked."""
    params = [*_about(row), *_says(row), Parameter("reason", _WAY, annotation=_REASON)]
    if "tasks" in row.targets:
        params.append(_optional("say_partial", _PARTIAL))
    params += [_optional(name, kind) for name, kind in _COMMON.items()]
    params += [_optional("limit", Rows), _optional("json", AsJson), _optional("url", Url)]
    params += [Parameter("key", _WAY, default="", annotation=Key), _optional("lang", Lang)]
    return Signature(params)


def _about(row: Action) -> Iterator[Parameter]:
    """The flags that say what it is about."""
    if "tasks" in row.targets:
        yield _optional("of_tasks", _TASKS)
        yield from (_optional(name, kind) for name, kind in _FILTERS.items())
    if row.targets == ("agent",):
        yield Parameter("of_agent", _WAY, annotation=_AGENT)
    elif "agent" in row.targets:
        yield _optional("of_agent", _OF)
    if row.targets == ("queue",):
        yield Parameter("of_whole_queue", _WAY, annotation=_QUEUE)
    elif "queue" in row.targets:
        yield _optional("of_whole_queue", _WHOLE)


def _says(row: Action) -> Iterator[Parameter]:
    """The flags of its parameters; those that it needs have to be given."""
    for name in row.parameters:
        kind = _KEPT if (row.name, name) == ("exclude", "agent") else _SAYS[name]
        if name in row.needs:
            bare, option = kind.__origin__.__args__[0], kind.__metadata__[0]
            yield Parameter(f"say_{name}", _WAY, annotation=Annotated[bare, option])
        else:
            yield _optional(f"say_{name}", kind)


def _optional(name: str, kind: Any) -> Parameter:
    return Parameter(name, _WAY, default=False if kind.__origin__ is bool else None, annotation=kind)


@shell.manners()
def _undo(id: Id, url: Url = None, key: Key = "", lang: Lang = None) -> None:
    """Take an override back: what still holds of it ends, and its tasks are decided anew."""
    from assigner.cli.people.asking import reached  # noqa: PLC0415 - as above
    from assigner.cli.people.overrides import undo  # noqa: PLC0415 - as above

    undo(reached(url, key, lang), id)


for _row in ACTIONS.values():
    override.command(_row.name, help=examples.HELP[_row.name], epilog=examples.OVERRIDES[_row.name])(
        _command(_row)
    )
override.command("undo", epilog=examples.UNDO)(_undo)
