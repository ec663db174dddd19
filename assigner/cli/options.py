"""Options that several commands take, and how this machine's service is found."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import typer

from api.messages import Language
from assigner.cli import shell
from assigner.cli.flags import KEY, URL, settings_of
from assigner.cli.words import preferred
from assigner.config import Settings, SettingsError

SHOWN_ROWS = 20


def address(text: str) -> str:
    """A URL of HTTP. Raises ValueError; a fault does not show a password."""
    if "@" in text:
        raise typer.BadParameter("the URL has a user or password: leave it out, and give a key")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError(f"{text} is not such as http://127.0.0.1:8080")
    return text


def spelt(key: str) -> str:
    """A key, as a header can hold it. A fault does not show it."""
    if key.strip() != key or not (key.isascii() and key.isprintable()):
        raise typer.BadParameter("a key has only visible ASCII characters")
    return key


Url = Annotated[
    str | None,
    typer.Option(
        envvar=URL,
        metavar="URL",
        parser=address,
        help="The running service. [dim]Default: http://ASSIGNER_HOST:ASSIGNER_PORT, this machine's.[/dim]",
    ),
]
Key = Annotated[
    str,
    typer.Option(
        envvar=KEY,
        metavar="KEY",
        callback=spelt,
        show_default=False,
        help="Your key. Better in the variable: a flag is seen by all who list this machine's processes.",
    ),
]
"""The key of whoever asks; empty: none is sent."""
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the answer of the service, as JSON and nothing else.")
]
Limit = Annotated[
    int, typer.Option(min=0, metavar="ROWS", help="Show so many rows of each list; 0 shows all.")
]
Lang = Annotated[
    Literal["en", "es"] | None,
    typer.Option(help="The language to print in. [dim]Default: that of LC_ALL, LC_MESSAGES or LANG.[/dim]"),
]
Form = Literal["table", "json", "csv"]
"""What is printed: for people, for programs, or for a spreadsheet."""


def language(asked: Language | None) -> Language:
    """The language asked for, or that of the locale."""
    return asked or preferred(os.environ)


def form(*, json: bool, csv: bool) -> Form:
    """What two flags ask for, which are against each other."""
    if json and csv:
        raise typer.BadParameter("give --json or --csv, not both")
    return "json" if json else "csv" if csv else "table"


def names(given: Iterable[str] | None) -> list[str]:
    """Those of a flag that is given again and again, or once with commas."""
    return [name.strip() for part in given or () for name in part.split(",")]


def given(flags: Mapping[str, Any]) -> dict[str, Any]:
    """The flags that were given."""
    return {name: value for name, value in flags.items() if value is not None}


def own_url() -> str:
    """Where the service of this machine is, by its settings."""
    found = read_settings({})
    host = f"[{found.host}]" if ":" in found.host else found.host
    return f"http://{host}:{found.port}"


def read_settings(flags: Mapping[str, Any]) -> Settings:
    """The settings; when any is wrong, every fault on stderr and exit code 2."""
    try:
        return settings_of(os.environ, flags)
    except SettingsError as error:
        shell.fail(["These settings will not do:", *error.faults], shell.USAGE)
