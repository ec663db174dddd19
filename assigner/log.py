"""Log lines to stderr, for a person or as JSON. Never a body, never an id of the client's data."""

import json
import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, TextIO

import msgspec

_FAST = msgspec.json.Encoder(enc_hook=str)
_ENCODER = json.JSONEncoder(default=str, check_circular=False)


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, the given fields, an exception's traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        fields = _fields(record)
        if record.exc_info:
            fields = {**fields, "traceback": self.formatException(record.exc_info)}
        second, ms = int(record.created), int(record.msecs)
        return self.line(record.name, record.levelno, record.getMessage(), 1_000 * second + ms, fields)

    def line(self, name: str, level: int, message: str, at_ms: int, fields: Mapping[str, Any]) -> str:
        """A line of JSON, in ASCII alone, so that it is one line wherever it is shown."""
        at = f"{_utc(at_ms // 1_000)}.{at_ms % 1_000:03}+00:00"
        known = {"at": at, "level": _name(level), "logger": name, "message": message, **fields}
        text = _FAST.encode(known)
        return text.decode() if text.isascii() else _ENCODER.encode(known)


class ConsoleLines(logging.Formatter):
    """`12:00:01 info message key=value …`, and the traceback of an exception below."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line for a person."""
        at_ms, fields = 1_000 * int(record.created), _fields(record)
        line = self.line(record.name, record.levelno, record.getMessage(), at_ms, fields)
        return f"{line} \n{self.formatException(record.exc_info)}" if record.exc_info else line

    def line(self, name: str, level: int, message: str, at_ms: int, fields: Mapping[str, Any]) -> str:
        """A line for a person, who does not ask which logger it is of."""
        words = [_local(at_ms // 1_000), f"{_name(level):7}", message]
        return " ".join([*words, *(f"{key}={value}" for key, value in fields.items())])


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


def tell(logger: logging.Logger, level: int, message: str, at_ms: int, fields: Mapping[str, Any]) -> None:
    """What `logger.log` does, for what is logged with every request: where only our own handler hears it, a
    line is written without a record of where it comes from, which takes longer than all the rest.
    """
    if not logger.isEnabledFor(level):
        return
    handler = logging.root.handlers[0] if len(logging.root.handlers) == 1 else None
    if type(handler) is Lines:
        with suppress(OSError, ValueError):  # as logging does: a log that cannot be written stops nobody
            handler.stream.write(handler.style.line(logger.name, level, message, at_ms, fields) + "\n")
    else:
        logger.log(level, message, extra={"fields": fields})


def configure(style: str, level: str) -> None:
    """Send log lines of at least `level` to stderr, in `style` (console, json); replaces what was set."""
    handler = Lines(JsonLines() if style == "json" else ConsoleLines())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # Nobody asks for these, and finding them out is half the cost of a line.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    # The server tells its own life at level info, in lines that ours repeat.
    logging.getLogger("uvicorn").setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))


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
