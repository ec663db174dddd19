"""`assigner assign`: answered by the code that answers `POST /v1/assign`, bytes in and bytes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec

from api.errors import ERRORS
from api.messages import Job, Language
from api.schemas import AssignResponse, Problem
from api.work import answer
from assigner.cli import shell
from assigner.cli.request import Request, from_sheets, from_snapshot, misread, refused
from assigner.cli.tables import View, report
from assigner.cli.words import say
from assigner.clock import SystemClock
from assigner.config import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a command line asks for: the files, `snapshot` alone or `tasks` and `agents`; the fields that
    it changes; and how the answer is shown, at most `limit` rows of each list or as it is.
    """

    files: Mapping[str, Path]
    changes: Mapping[str, Any]
    settings: Settings
    language: Language
    limit: int
    as_json: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer, and the request; or why it is refused, the headline first."""

    request: Request
    body: bytes
    refusal: list[str]


def decide(asked: Asked) -> None:
    """Decide, and print. Ends with code 1 and every fault on stderr when the input is refused."""
    files = {name: _read(path, asked.settings) for name, path in asked.files.items()}
    answered = shell.patiently(say("deciding", asked.language), lambda: _answered(files, asked))
    if answered.refusal:
        shell.fail(answered.refusal, shell.REFUSED)
    if asked.as_json:
        shell.write(answered.body + b"\n")
        return
    view = View(language=asked.language, limit=asked.limit, zone=answered.request.zone)
    shell.show(*report(msgspec.json.decode(answered.body, type=AssignResponse), view))


def _read(path: Path, settings: Settings) -> tuple[str, bytes]:
    """The name and the bytes of a file. Ends with code 2 when it cannot be read."""
    name = "stdin" if path == shell.STDIN else str(path)
    try:
        body = shell.read(path, settings.max_body_bytes)
    except OSError as error:
        shell.fail([f"{name}: {error.strerror or error}"], shell.USAGE)
    if len(body) > settings.max_body_bytes:
        row = ERRORS["body_too_large"]
        shell.fail([f"{name}: {row.title}. {row.remedy}"], shell.REFUSED)
    return name, body


def _answered(files: Mapping[str, tuple[str, bytes]], asked: Asked) -> Answered:
    job = Job(
        now_ms=SystemClock().now_ms(),
        request_id="cli",
        language=asked.language,
        limits=asked.settings.limits,
        verify=asked.settings.verify,
    )
    request = _request(files, asked)
    if lines := misread(request, job):
        return Answered(request=request, body=b"", refusal=lines)
    reply = answer(memoryview(request.body), job)
    body = bytes(reply.body)
    if reply.status == HTTPStatus.OK:
        return Answered(request=request, body=body, refusal=[])
    problem = msgspec.json.decode(body, type=Problem)
    return Answered(request=request, body=b"", refusal=refused(request, problem, asked.language))


def _request(files: Mapping[str, tuple[str, bytes]], asked: Asked) -> Request:
    if "snapshot" not in files:
        return from_sheets(files, asked.changes, asked.language)
    name, body = files["snapshot"]
    return from_snapshot(body, name, asked.changes)
