"""The flags of `assigner serve`: one for each row of the table of settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Annotated, Any, TypeVar

import typer
from rich.markup import escape

from assigner.config import Setting, Settings, SettingsError, settings_table

F = TypeVar("F", bound=Callable[..., None])

KEY, URL = "ASSIGNER_KEY", "ASSIGNER_URL"
"""Who asks a service, and which: no settings of a service."""


def with_settings(command: F) -> F:
    """The command, whose `**settings` become a flag for each setting."""
    own = [
        item
        for item in signature(command, eval_str=True).parameters.values()
        if item.kind != Parameter.VAR_KEYWORD
    ]
    flags = [_flag(setting) for setting in settings_table()]
    vars(command)["__signature__"] = signature(command).replace(parameters=own + flags)
    return command


def settings_of(environ: Mapping[str, str], flags: Mapping[str, Any]) -> Settings:
    """The settings of the environment and the flags. Raises SettingsError, its faults by flag where a flag
    is at fault.
    """
    environ = {name: value for name, value in environ.items() if name not in (KEY, URL)}
    try:
        return Settings.from_env(environ, flags)
    except SettingsError as error:
        raise SettingsError([_by_flag(fault, flags) for fault in error.faults]) from None


def _flag(setting: Setting) -> Parameter:
    """A flag takes any text: the table says what is wrong with it, together with the other faults."""
    name = _name(setting)
    names = [f"{name}/--no-{name[2:]}"] if setting.type is bool else [name]
    kind: Any = bool if setting.type is bool else str
    option = typer.Option(*names, help=_help(setting), metavar=_metavar(setting), show_default=False)
    annotation = Annotated[kind | None, option]
    return Parameter(setting.name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _name(setting: Setting) -> str:
    return "--" + setting.name.replace("_", "-")


def _metavar(setting: Setting) -> str | None:
    if setting.type is bool:
        return None
    return "TEXT" if setting.type is str else "NUMBER"


def _help(setting: Setting) -> str:
    unit = f" {setting.unit}" if setting.unit else ""
    default = f"{setting.shown}{unit}"
    choices = f" One of {', '.join(setting.choices)}." if setting.choices else ""
    return f"{escape(setting.help)}{choices} [dim]Default {default}; {setting.variable}.[/dim]"


def _by_flag(fault: str, flags: Mapping[str, Any]) -> str:
    given = (setting for setting in settings_table() if flags.get(setting.name) is not None)
    for setting in given:
        fault = fault.replace(f"{setting.variable}: ", f"{_name(setting)}: ", 1)
    return fault
