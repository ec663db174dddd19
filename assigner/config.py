"""Every setting of the service, in one table: the fields of `Settings`.

Each is an environment variable `ASSIGNER_<NAME>` and a command-line flag of the same name; a secret may be in
a file, `ASSIGNER_<NAME>_FILE`.
A value that is wrong is refused before anything starts, together with every other fault.
"""

import difflib
import ipaddress
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, get_type_hints

PREFIX = "ASSIGNER_"
# What Kubernetes injects for a Service called "assigner"; none of it is ours.
_SERVICE_LINK = re.compile(r"SERVICE_(HOST|PORT)|PORT_\d+_")
_BOOLEANS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


class Process(StrEnum):
    """What a process does: the API, the dispatcher, or both."""

    SERVE = "serve"
    API = "api"
    DISPATCHER = "dispatcher"


class SettingsError(ValueError):
    """Settings that were refused; its text has one line for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One row of the table.

    `low` and `high` are inclusive, in `unit`; a text has to match `pattern`; a secret's value is never shown.
    """

    name: str
    type: type
    default: Any
    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    example: str = ""
    secret: bool = False

    @property
    def shown(self) -> str:
        """The default, in words."""
        if self.type is bool:
            return str(self.default).lower()
        return str(self.default) or "unset"

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.name.upper()

    @property
    def expected(self) -> str:
        """What a value has to be, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.type is bool:
            return "true or false"
        if self.type is str:
            return f"a text such as {self.example}" if self.example else "a text"
        kind = "an integer" if self.type is int else "a number"
        return f"{kind} from {self.low:g} to {self.high:.12g}" + (f" ({self.unit})" if self.unit else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds on one request to decide; above any of them it is refused."""

    max_tasks: int
    max_agents: int
    max_arcs: int
    max_pairs: int
    max_time_limit_s: float


def _row(default: Any, meaning: str, **facts: Any) -> Any:
    return field(default=default, metadata={"help": meaning, **facts})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one service."""

    host: str = _row("127.0.0.1", "The address to listen on; 0.0.0.0 is every one of this machine.")
    port: int = _row(8080, "The TCP port to listen on; 0 takes any free one.", low=0, high=65_535)
    dev: bool = _row(
        False,
        "For development: without keys, so whoever reaches the service may do everything; on a loopback "
        "address only, and not for the pages of web sites.",
    )
    log: str = _row("console", "How log lines are written to stderr.", choices=("console", "json"))
    log_level: str = _row(
        "info", "The least grave log line that is written.", choices=("debug", "info", "warning", "error")
    )
    workers: int = _row(
        0, "How many processes decide at the same time; 0 takes one for each core.", low=0, high=256
    )
    max_waiting: int = _row(
        8, "How many requests may wait for a worker before others get 503.", low=0, high=10_000
    )
    max_body_bytes: int = _row(
        128 * 2**20, "The largest request body.", unit="bytes", low=1_024, high=2**31 - 1
    )
    body_timeout_s: float = _row(
        60.0, "How long a request body may take to arrive.", unit="seconds", low=0.1, high=86_400
    )
    state_dir: str = _row(
        "~/.local/state/assigner", "Where the service keeps its store when it brings one of its own."
    )
    redis_url: str = _row(
        "",
        "The server that holds the store, Redis 7.0 or Valkey 7.2 and newer; unset: one of our own in the "
        "state directory.",
        pattern=r"((rediss?|unix)://.+)?",
        example="redis://localhost:6379/0",
        secret=True,
    )
    durability: str = _row(
        "disk",
        "When our own store answers: `disk`, once the change is on disk; `fast`, up to a second before.",
        choices=("disk", "fast"),
    )
    workspaces: str = _row(
        "default",
        "The workspaces that this process serves, with commas between; each is apart from all others.",
        pattern=r"[A-Za-z0-9_-]{1,64}(,[A-Za-z0-9_-]{1,64}){0,99}",
        example="default or north,south: names of 1 to 64 ASCII letters, digits, - and _",
    )
    rate_limit: float = _row(
        1_000.0,
        "How many requests a second a caller may send to each process, where its key says nothing else.",
        unit="requests a second",
        low=0.01,
        high=1_000_000,
    )
    oidc_issuer: str = _row(
        "",
        "The OpenID Connect issuer whose bearer tokens are taken, as its tokens name it; unset: none are.",
        pattern=r"(https?://[!-~]+)?",
        example="https://login.example.com/realms/centre",
    )
    oidc_audience: str = _row("", "The audience that a token has to be for; with an issuer it has to be set.")
    oidc_jwks_url: str = _row(
        "",
        "Where the issuer's public keys are; unset: where its own description says.",
        pattern=r"(https?://[!-~]+)?",
        example="https://login.example.com/jwks.json",
    )
    oidc_role_claim: str = _row(
        "role", "The claim with the role, or a list with it; a path such as `realm_access.roles` will do."
    )
    oidc_workspace_claim: str = _row(
        "workspace", "The claim with the workspace; a token without it is for the only one that is served."
    )
    oidc_agent_claim: str = _row("agent", "The claim with the agent's own id, for the role agent.")
    lease_s: float = _row(
        15.0,
        "How long a dispatcher leads without a sign of life before another takes over.",
        unit="seconds",
        low=1,
        high=3_600,
    )
    keep_events: int = _row(
        100_000, "How many of the last events are kept, for who follows them.", low=1_000, high=100_000_000
    )
    keep_ops_s: float = _row(
        3_600.0,
        "How long an Idempotency-Key is remembered.",
        unit="seconds",
        low=60,
        high=2_592_000,
    )
    keep_offers_s: float = _row(
        3_600.0, "How long an offer is kept after it closed.", unit="seconds", low=60, high=2_592_000
    )
    keep_ended_s: float = _row(
        604_800.0,
        "How long a task is kept after it ended, with its history.",
        unit="seconds",
        low=60,
        high=315_360_000,
    )
    keep_overrides_s: float = _row(
        7_776_000.0,
        "How long an override is kept after it holds no more.",
        unit="seconds",
        low=60,
        high=315_360_000,
    )
    max_event_readers: int = _row(
        1_000, "How many may follow the events of a workspace at once, in each process.", low=1, high=100_000
    )
    max_tasks: int = _row(200_000, "The most tasks in one request.", low=1, high=10_000_000)
    max_agents: int = _row(20_000, "The most agents in one request.", low=1, high=1_000_000)
    max_arcs: int = _row(
        5_000_000,
        "The most eligible (group of like tasks, agent) arcs in one request.",
        low=1,
        high=100_000_000,
    )
    max_pairs: int = _row(
        10_000, "The most eligible pairs that `explain: pairs` lists.", low=1, high=10_000_000
    )
    max_time_limit_s: float = _row(
        60.0,
        "The longest a request's solver may take; a larger `time_limit_s` is cut to it.",
        unit="seconds",
        low=0.001,
        high=3_600,
    )
    verify: bool = _row(
        False, "Whether every solution is judged again, by other code, before it is answered."
    )
    answer_timeout_s: float = _row(
        120.0,
        "How long a worker may take over one request before it is replaced.",
        unit="seconds",
        low=0.1,
        high=86_400,
    )
    worker_memory_mib: int = _row(
        1_024,
        "A worker that holds more resident memory than this after an answer is replaced.",
        unit="MiB",
        low=64,
        high=1_048_576,
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str], overrides: Mapping[str, Any] | None = None) -> "Settings":
        """Read the settings: defaults, then `ASSIGNER_*` of `environ`, then `overrides` that are not None.

        Raises SettingsError with every fault at once.
        """
        given = {k.removeprefix(PREFIX).lower(): v for k, v in environ.items() if k.startswith(PREFIX)}
        given = {name: text for name, text in given.items() if not _SERVICE_LINK.match(name.upper())}
        given, unread = _from_files(given)
        given |= {name: value for name, value in (overrides or {}).items() if value is not None}
        values, faults = _read(given)
        faults += unread
        settings = cls(**values)
        faults += _at_odds(settings)
        if faults:
            raise SettingsError(faults)
        return settings

    @property
    def worker_count(self) -> int:
        """How many workers run: `workers`, or one for each core this process may use."""
        return self.workers or _cores()

    @property
    def workspace_names(self) -> tuple[str, ...]:
        """The workspaces, each once, in the order given."""
        return tuple(dict.fromkeys(self.workspaces.split(",")))

    @property
    def limits(self) -> Limits:
        """The bounds on one request to decide."""
        return Limits(**{bound.name: getattr(self, bound.name) for bound in fields(Limits)})


def settings_table() -> Iterator[Setting]:
    """Each setting, in the order of the table."""
    types = get_type_hints(Settings)
    for row in fields(Settings):
        yield Setting(name=row.name, type=types[row.name], default=row.default, **row.metadata)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _from_files(given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What is given with the secrets that files hold, `ASSIGNER_<NAME>_FILE` their paths; and the faults.

    An empty file gives nothing.
    """
    files = {f"{setting.name}_file": setting.name for setting in settings_table() if setting.secret}
    held = {name: text for name, text in given.items() if name not in files}
    faults = []
    for name in given.keys() & files.keys():
        try:
            text = Path(given[name]).read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            faults.append(f"{PREFIX}{name.upper()}: {given[name]!r} cannot be read: {why}.")
            continue
        if files[name] in held and text:
            faults.append(f"{PREFIX}{name.upper()}: {PREFIX}{files[name].upper()} is given too; give one.")
        held |= {files[name]: text} if text else {}
    return held, faults


def _at_odds(settings: Settings) -> Iterator[str]:
    """What is wrong with settings that are fine one by one."""
    if settings.dev and not is_loopback(settings.host):
        yield (
            f"{PREFIX}HOST: {settings.host!r} is not a loopback address; for development, without keys, the "
            "service listens on this machine only. Use 127.0.0.1, or leave out dev."
        )
    if settings.oidc_issuer and not settings.oidc_audience:
        yield f"{PREFIX}OIDC_AUDIENCE: has to be set with {PREFIX}OIDC_ISSUER: whom tokens are for."


def _read(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    table = {setting.name: setting for setting in settings_table()}
    values: dict[str, Any] = {}
    faults: list[str] = []
    for name, value in given.items():
        if name not in table:
            faults.append(_unknown(name, list(table)))
            continue
        try:
            values[name] = _parse(table[name], value)
        except ValueError:
            shown = "the value" if table[name].secret else repr(value)
            faults.append(f"{table[name].variable}: {shown} is not {table[name].expected}.")
    return values, faults


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Maybe {PREFIX}{near[0].upper()}." if near else ""
    return f"{PREFIX}{name.upper()}: there is no such setting.{hint}"


def _parse(setting: Setting, value: Any) -> Any:
    """The value of a setting from text or from its own type. Raises ValueError, with no text."""
    text = str(value).strip()
    if setting.type is bool:
        if text.lower() not in _BOOLEANS:
            raise ValueError
        return _BOOLEANS[text.lower()]
    parsed = setting.type(text)
    if setting.pattern and not re.fullmatch(setting.pattern, text):
        raise ValueError
    if setting.choices and parsed not in setting.choices:
        raise ValueError
    # Written so that NaN, which compares false with everything, is refused.
    if setting.low is not None and setting.high is not None and not setting.low <= parsed <= setting.high:
        raise ValueError
    return parsed


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
