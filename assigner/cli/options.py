"""Options that several commands take, and how this machine's service is found."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import typer

from assigner.cli import shell
from assigner.cli.flags import KEY, URL, settings_of
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
