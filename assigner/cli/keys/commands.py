"""`assigner keys`: API keys made, listed, rotated and revoked, in the store itself."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

import typer

from assigner.cli import examples, shell
from assigner.cli.options import SHOWN_ROWS, AsJson, Lang, Limit, language, read_settings
from assigner.config import Settings

app = typer.Typer(
    name="keys",
    help="API keys: who may use the service, and as what.",
    epilog=examples.KEYS,
    no_args_is_help=True,
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_WORKSPACE = re.compile("[A-Za-z0-9_-]{1,64}")
A_DAY = timedelta(days=1)
LONGEST = timedelta(days=36_500)


def span(text: str) -> timedelta:
    """A time such as 90d, 12h, 30m or 45s. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,9})([smhdw])", text.strip())
    if found is None or (made := timedelta(**{_UNITS[found[2]]: int(found[1])})) > LONGEST:
        raise ValueError(f"{text} is not such as 90d, 12h, 30m or 45s")
    return made


def lasting(text: str) -> timedelta:
    """The same, and not none at all. Raises ValueError."""
    if not (made := span(text)):
        raise ValueError(f"{text} is no time: nobody would get in")
    return made


def workspace(text: str) -> str:
    """A workspace. Raises ValueError."""
    if not _WORKSPACE.fullmatch(text):
        raise ValueError(f"{text} is not 1 to 64 ASCII letters, digits, - and _")
    return text


RoleOption = Annotated[
    Literal["platform", "coordinator", "agent", "sre", "admin"],
    typer.Option("--role", help="What its bearer may do: README has the table."),
]
Workspace = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", parser=workspace, help="[dim]Default: the first of ASSIGNER_WORKSPACES.[/dim]"
    ),
]
Name = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help="Recorded with all that is done with it. [dim]Default: the role, or the agent.[/dim]",
    ),
]
Agent = Annotated[str | None, typer.Option(metavar="ID", help="Whose key it is, for --role agent.")]
Expires = Annotated[
    timedelta | None,
    typer.Option(metavar="TIME", parser=lasting, help="After so long: 90d, 12h. [dim]Default: never.[/dim]"),
]
Rate = Annotated[
    float | None,
    typer.Option(
        min=0.01, max=1_000_000, metavar="NUMBER",
        help="Requests a second. [dim]Default: the service's ASSIGNER_RATE_LIMIT.[/dim]",
    ),
]  # fmt: skip
Overlap = Annotated[
    timedelta | None,
    typer.Option(metavar="TIME", parser=span,
                 help="The old key goes on for so long. [dim]Default: 1d; 0s ends it at once.[/dim]"),
]  # fmt: skip
Id = Annotated[str, typer.Argument(metavar="KEY", help="Its id, as `assigner keys list` shows it.")]
StateDir = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="The service's state directory. [dim]ASSIGNER_STATE_DIR.[/dim]"),
]
RedisUrl = Annotated[
    str | None, typer.Option(metavar="URL", help="The service's store. [dim]ASSIGNER_REDIS_URL.[/dim]")
]


@app.command(epilog=examples.KEYS)
@shell.manners()
def create(  # noqa: PLR0913, PLR0917 - one for each flag
    role: RoleOption,
    workspace: Workspace = None,
    name: Name = None,
    agent: Agent = None,
    expires: Expires = None,
    rate: Rate = None,
    json: AsJson = False,
    lang: Lang = None,
    state_dir: StateDir = None,
    redis_url: RedisUrl = None,
) -> None:
    """Make a key and print it, this once. A service that runs knows it at once."""
    from assigner.cli.keys.doing import Wanted  # noqa: PLC0415 - takes a while
    from assigner.cli.keys.doing import create as run  # noqa: PLC0415 - as above

    run(_asked(workspace, lang, state_dir, redis_url, json=json),
        Wanted(role=role, name=name, agent=agent, expires=expires, rate=rate))  # fmt: skip


@app.command("list")
@shell.manners()
def list_(
    workspace: Workspace = None,
    json: AsJson = False,
    limit: Limit = SHOWN_ROWS,
    lang: Lang = None,
    state_dir: StateDir = None,
    redis_url: RedisUrl = None,
) -> None:
    """List the keys of a workspace, those revoked and expired too; never what could be used as one."""
    from assigner.cli.keys.doing import listed  # noqa: PLC0415 - as above

    listed(_asked(workspace, lang, state_dir, redis_url, json=json), limit)


@app.command()
@shell.manners()
def rotate(  # noqa: PLR0913, PLR0917 - one for each flag
    key: Id,
    overlap: Overlap = None,
    expires: Expires = None,
    workspace: Workspace = None,
    json: AsJson = False,
    lang: Lang = None,
    state_dir: StateDir = None,
    redis_url: RedisUrl = None,
) -> None:  # fmt: skip
    """Make a new key for the same caller and print it; the old one goes on for the overlap."""
    from assigner.cli.keys.doing import rotate as run  # noqa: PLC0415 - as above

    run(
        _asked(workspace, lang, state_dir, redis_url, json=json),
        key,
        A_DAY if overlap is None else overlap,
        expires,
    )


@app.command()
@shell.manners()
def revoke(
    key: Id,
    workspace: Workspace = None,
    json: AsJson = False,
    lang: Lang = None,
    state_dir: StateDir = None,
    redis_url: RedisUrl = None,
) -> None:
    """From now on the key lets nobody in."""
    from assigner.cli.keys.doing import revoke as run  # noqa: PLC0415 - as above

    run(_asked(workspace, lang, state_dir, redis_url, json=json), key)


def _asked(
    workspace: str | None, lang: Any, state_dir: str | None, redis_url: str | None, *, json: bool
) -> Any:
    from assigner.cli.keys.doing import Asked  # noqa: PLC0415 - as above

    settings: Settings = read_settings({"state_dir": state_dir, "redis_url": redis_url})
    return Asked(
        settings=settings,
        workspace=workspace or settings.workspace_names[0],
        language=language(lang),
        as_json=json,
    )
