"""A line of the log is one line, of ASCII alone, and the cheap kind says what the other says."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from api.reports import Reports
from assigner.clock import ManualClock
from assigner.log import ConsoleLines, Form, JsonLines, Lines, tell
from assigner.metrics import Meters

NOON_MS = 1_795_345_200_007
FIELDS = {"method": "GET", "route": "/v1/tasks/{id}", "status": 200, "ms": 1.5}


def plain() -> logging.LogRecord:
    """What the logging library makes of the same line."""
    record = logging.LogRecord("assigner.access", logging.INFO, "edge.py", 1, "request", None, None)
    record.created, record.msecs, record.fields = NOON_MS / 1_000, NOON_MS % 1_000, FIELDS
    return record


def written(style: JsonLines | ConsoleLines, fields: Mapping[str, Any]) -> str:
    """The line of a record."""
    record = plain()
    record.fields = fields
    return style.format(record)


@pytest.mark.parametrize("style", [JsonLines(), ConsoleLines()])
@pytest.mark.parametrize("said", ["3f0c", '100 % "of" \\ %s', "a" * 128])
def test_a_request_s_line_is_like_any_other(
    style: JsonLines | ConsoleLines, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Lines(style)
    handler.stream = StringIO()
    line = Form(logging.getLogger("assigner.access"), logging.INFO, "request", {"share": "5 %"}, "ms", "said")
    # The level by its setter: loggers remember what they let pass until it is called.
    with caplog.at_level(logging.INFO, "assigner.access"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.root, "handlers", [handler])
        tell([(line, (ms, said)) for ms in (1.5, 20_000.0, 0.0)], NOON_MS)
    expected = [written(style, {"share": "5 %", "ms": ms, "said": said}) for ms in (1.5, 20_000.0, 0.0)]
    assert handler.stream.getvalue() == "\n".join([*expected, ""])


def test_a_line_says_when_and_what() -> None:
    at = datetime.fromtimestamp(NOON_MS / 1_000, UTC).isoformat(timespec="milliseconds")
    known = {"at": at, "level": "info", "logger": "assigner.access", "message": "request"}
    assert json.loads(written(JsonLines(), FIELDS)) == {**known, **FIELDS}


@pytest.mark.parametrize("said", ["ñandú", "two\nlines", "\u2028", "\u202eright to left", "\x1b[31m", '"\\'])
def test_whatever_is_said_a_line_is_one_line_of_ascii(said: str) -> None:
    line = written(JsonLines(), {"said": said, "path": Path("/x")})
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["said"] == said
    assert json.loads(line)["path"] == "/x"


async def told(reports: Reports, *kinds: tuple[str, str, int]) -> None:
    """Requests of these kinds end in one turn of the event loop, and the next one comes."""
    for kind in kinds:
        reports.tell(kind, 0.0015, 0, 10, "3f0c")
    await asyncio.sleep(0)


def test_a_line_below_the_level_is_not_written(caplog: pytest.LogCaptureFixture) -> None:
    reports = Reports(Meters(), ManualClock(at_ms=NOON_MS))
    with caplog.at_level(logging.INFO, "assigner.access"):
        asyncio.run(told(reports, ("/livez", "GET", 200), ("/v1/tasks/{id}", "GET", 200)))
    sizes = {"method": "GET", "ms": 1.5, "bytes_in": 0, "bytes_out": 10, "request_id": "3f0c"}
    assert [vars(record)["fields"] for record in caplog.records] == [{**FIELDS, **sizes}]
    assert "request" in caplog.text


def test_each_request_is_counted_once_and_has_one_line(caplog: pytest.LogCaptureFixture) -> None:
    meters = Meters()
    reports = Reports(meters, ManualClock(at_ms=NOON_MS))

    async def scene() -> None:
        await told(reports, *[("/v1/tasks", "GET", status) for status in (200, 200, 404)])
        await told(reports, ("/v1/tasks", "GET", 200))

    with caplog.at_level(logging.INFO, "assigner.access"):
        asyncio.run(scene())
    assert [vars(record)["fields"]["status"] for record in caplog.records] == [200, 200, 404, 200]
    text = "".join(meters.pages())
    assert 'assigner_http_requests_total{route="/v1/tasks",method="GET",status="200"} 3.0\n' in text
    assert 'assigner_http_requests_total{route="/v1/tasks",method="GET",status="404"} 1.0\n' in text
    assert 'assigner_http_request_seconds_count{route="/v1/tasks",method="GET"} 4.0\n' in text
