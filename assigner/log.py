"""Log lines to stderr, for a person or as JSON. Never a body, never an id of the client's data."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, the given fields, an exception's traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class ConsoleLines(logging.Formatter):
    """`12:00:01 info message key=value …`, and the traceback of an exception below."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line for a person."""
        at = self.formatTime(record, "%H:%M:%S")
        words = [at, f"{record.levelname.lower():7}", record.getMessage()]
        words += [f"{name}={value}" for name, value in _fields(record).items()]
        if record.exc_info:
            words.append("\n" + self.formatException(record.exc_info))
        return " ".join(words)


def configure(style: str, level: str) -> None:
    """Send log lines of at least `level` to stderr, in `style` (console, json); replaces what was set."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if style == "json" else ConsoleLines())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # The server tells its own life at level info, in lines that ours repeat.
    logging.getLogger("uvicorn").setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """What was given as `extra={"fields": {...}}`."""
    fields: dict[str, Any] = getattr(record, "fields", {})
    return fields
