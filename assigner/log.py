"""Log lines to stderr, for a person or as JSON. Never a body, never an id of the client's data."""

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO

import msgspec

_FAST = msgspec.json.Encoder(enc_hook=str)
_ENCODER = json.JSONEncoder(default=str, check_circular=False)
_NOWHERE = {**vars(logging.makeLogRecord({})), "args": None}
"""What a record says when nobody has found anything out."""


class Line(logging.LogRecord):
    """A record of what is logged with every request: it does not find out where it is logged from, nor from
    which thread, which takes longer than all the rest.
    """

    def __init__(self, name: str, level: int, msg: str, at_ms: int, fields: Mapping[str, Any]) -> None:
        self.__dict__ = {
            **_NOWHERE,
            "name": name,
            "levelno": level,
            "levelname": logging.getLevelName(level),
            "msg": msg,
            "created": at_ms / 1_000,
            "msecs": at_ms % 1_000,
            "fields": fields,
        }


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, the given fields, an exception's traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        line: dict[str, Any] = {
            "at": f"{_utc(int(record.created))}.{int(record.msecs):03}+00:00",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        # Only ASCII, so that a line is one line wherever it is shown.
        text = _FAST.encode(line)
        return text.decode() if text.isascii() else _ENCODER.encode(line)


class ConsoleLines(logging.Formatter):
    """`12:00:01 info message key=value …`, and the traceback of an exception below."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line for a person."""
        words = [_local(int(record.created)), f"{record.levelname.lower():7}", record.getMessage()]
        words += [f"{name}={value}" for name, value in _fields(record).items()]
        if record.exc_info:
            words.append("\n" + self.formatException(record.exc_info))
        return " ".join(words)


class Lines(logging.StreamHandler[TextIO]):
    """Writes lines to stderr, which goes out at the end of each by itself."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            self.stream.write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)


def configure(style: str, level: str) -> None:
    """Send log lines of at least `level` to stderr, in `style` (console, json); replaces what was set."""
    handler = Lines(sys.stderr)
    handler.setFormatter(JsonLines() if style == "json" else ConsoleLines())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # Nobody asks for these, and finding them out is half the cost of a line.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    # The server tells its own life at level info, in lines that ours repeat.
    logging.getLogger("uvicorn").setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))


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
