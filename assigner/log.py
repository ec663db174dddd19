"""Log lines to stderr, for a person or as JSON. Never a body, never an id of the client's data."""

import json
import logging
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, TextIO

import msgspec

QUIET_S = 10.0
"""How long the server does not say again what anybody can have it say."""
_FAST = msgspec.json.Encoder(enc_hook=str)
_ENCODER = json.JSONEncoder(default=str, check_circular=False)
Values = tuple[Any, ...]


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, the given fields, an exception's traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        fields = _fields(record)
        if record.exc_info:
            fields = {**fields, "traceback": self.formatException(record.exc_info)}
        at = self.at(1_000 * int(record.created) + int(record.msecs))
        return _json(
            {"at": at, **_known(record.name, record.levelno, record.getMessage()), **fields},
        )

    def form(
        self, logger: str, level: int, message: str, fields: Mapping[str, Any], names: Iterable[str]
    ) -> str:
        """A line of these fields; the instant, and the values of more of these names, are still `%s`."""
        known = _json({**_known(logger, level, message), **fields}).replace("%", "%%")
        return f'{{"at":"%s",{known[1:-1]}' + "".join(f',"{name}":%s' for name in names) + "}\n"

    def at(self, ms: int) -> str:
        """An instant."""
        return f"{_utc(ms // 1_000)}.{ms % 1_000:03}+00:00"

    def said(self, text: str) -> str:
        """The value of a field that is a text."""
        return f'"{text}"' if text.isalnum() and text.isascii() else _json(text)


class ConsoleLines(logging.Formatter):
    """`12:00:01 info message key=value …`, and the traceback of an exception below."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line for a person, who does not ask which logger it is of."""
        words = [self.at(1_000 * int(record.created)), f"{_name(record.levelno):7}", record.getMessage()]
        line = " ".join([*words, *(f"{key}={value}" for key, value in _fields(record).items())])
        return f"{line} \n{self.formatException(record.exc_info)}" if record.exc_info else line

    def form(
        self, logger: str, level: int, message: str, fields: Mapping[str, Any], names: Iterable[str]
    ) -> str:
        """A line of these fields; the instant, and the values of more of these names, are still `%s`."""
        known = " ".join([f"{_name(level):7}", message, *(f"{key}={value}" for key, value in fields.items())])
        return "%s " + known.replace("%", "%%") + "".join(f" {name}=%s" for name in names) + "\n"

    def at(self, ms: int) -> str:
        """An instant."""
        return _local(ms // 1_000)

    def said(self, text: str) -> str:
        """The value of a field that is a text."""
        return text


class Lines(logging.StreamHandler[TextIO]):
    """Writes lines to stderr, which goes out at the end of each by itself."""

    def __init__(self, style: JsonLines | ConsoleLines) -> None:
        super().__init__(sys.stderr)
        self.setFormatter(style)
        self.style = style

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            self.stream.write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)


class Form:
    """A line that is logged with every request: of its fields `names` alone are still to be filled in, and of
    them only the last is a text.
    """

    def __init__(
        self, logger: logging.Logger, level: int, message: str, fields: Mapping[str, Any], *names: str
    ) -> None:
        self.logger, self.level, self.message = logger, level, message
        self._fields, self._names = fields, names
        self._style: JsonLines | ConsoleLines | None = None
        self._form = ""

    def line(self, style: JsonLines | ConsoleLines, at: str, values: Values) -> str:
        """The line of an instant, with these values."""
        if style is not self._style:
            self._form = style.form(self.logger.name, self.level, self.message, self._fields, self._names)
            self._style = style
        *numbers, text = values
        return self._form % (at, *numbers, style.said(text))

    def fields(self, values: Values) -> dict[str, Any]:
        """All fields, with these values."""
        return {**self._fields, **dict(zip(self._names, values, strict=True))}


def tell(filled: Iterable[tuple[Form, Values]], at_ms: int) -> None:
    """Log lines of one instant. Where only our own handler hears them, they are written at once, and without
    records of where they come from, which take longer than all the rest.
    """
    wanted = [(form, values) for form, values in filled if form.logger.isEnabledFor(form.level)]
    handlers = logging.root.handlers
    if len(handlers) == 1 and type(handler := handlers[0]) is Lines:
        at = handler.style.at(at_ms)
        with suppress(OSError, ValueError):  # as logging does: a log that cannot be written stops nobody
            handler.stream.write("".join([form.line(handler.style, at, values) for form, values in wanted]))
    else:
        for form, values in wanted:
            form.logger.log(form.level, form.message, extra={"fields": form.fields(values)})


class Seldom(logging.Filter):
    """Passes a message on, and then not the same again for QUIET_S: anybody can have the server say that what
    they send is not HTTP.
    """

    def __init__(self) -> None:
        super().__init__()
        self._passed: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is passed on."""
        message = str(record.msg)  # as it is in the code, before anything is filled in: there are few
        since_s = record.created - self._passed.get(message, 0)
        if record.levelno <= logging.WARNING and 0 <= since_s < QUIET_S:
            return False
        self._passed[message] = record.created
        return True


def configure(style: str, level: str) -> None:
    """Send log lines of at least `level` to stderr, in `style` (console, json); replaces what was set."""
    handler = Lines(JsonLines() if style == "json" else ConsoleLines())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # Nobody asks for these, and finding them out is half the cost of a line.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    # The server tells its own life at level info, in lines that ours repeat.
    logging.getLogger("uvicorn").setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))
    logging.getLogger("uvicorn.error").filters[:] = [Seldom()]


def _known(logger: str, level: int, message: str) -> dict[str, Any]:
    return {"level": _name(level), "logger": logger, "message": message}


def _json(what: object) -> str:
    """In ASCII alone, so that a line is one line wherever it is shown."""
    text = _FAST.encode(what)
    return text.decode() if text.isascii() else _ENCODER.encode(what)


@cache
def _name(level: int) -> str:
    """What a level is called here."""
    return logging.getLevelName(level).lower()


@lru_cache(maxsize=2)
def _utc(second: int) -> str:
    """The date and time of a second; most lines are of the same one."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=2)
def _local(second: int) -> str:
    """The time of a second where the machine is."""
    return datetime.fromtimestamp(second, UTC).astimezone().strftime("%H:%M:%S")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """What was given as `extra={"fields": {...}}`."""
    fields: dict[str, Any] = getattr(record, "fields", {})
    return fields
