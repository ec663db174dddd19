"""The body of a request to assign, from a snapshot or from CSV files, with what flags change in it;
and the faults of that body, told where a person finds them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

import jiter
from msgspec import UNSET, Struct

from api.errors import MAX_FAULTS_SHOWN, ApiError, Fault
from api.faults import Invalid
from api.messages import Job, Language
from api.parse import parse
from api.schemas import AgentIn, Problem, TaskIn
from assigner.cli.sheets import Complaint, Sheet, read
from assigner.cli.words import say

STRUCTS: Mapping[str, type[Struct]] = {"tasks": TaskIn, "agents": AgentIn}
FLAGS = {"/time_limit_s": "--time-limit", "/policy/rule": "--rule"}
"""Where a flag is not named like the field it sets."""

WEIGHTS = "/policy/weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A body to answer. `source` names where it is from; `sheets`, by field, are the CSV files; `flags`
    are the pointers of the fields that flags have set; `zone` is that of its `now`.
    """

    body: bytes
    source: str
    flags: frozenset[str] = frozenset()
    sheets: Mapping[str, Sheet] = field(default_factory=dict)
    zone: tzinfo | None = None


def from_snapshot(body: bytes, source: str, changes: Mapping[str, Any]) -> Request:
    """The request in a JSON snapshot, with these fields changed; what is no JSON object stays as it is."""
    try:
        data = jiter.from_json(body, allow_inf_nan=False, catch_duplicate_keys=True)
        if not isinstance(data, dict):
            return Request(body=body, source=source)
        changed = _changed(data, changes)
        body = json.dumps(changed).encode() if changes else body
    except ValueError:  # no JSON, or a number of thousands of digits: to be refused as it is
        return Request(body=body, source=source)
    return Request(body=body, source=source, flags=_pointers(changes), zone=_zone(changed.get("now")))


def from_sheets(
    files: Mapping[str, tuple[str, bytes]], changes: Mapping[str, Any], told: Language
) -> Request:
    """The request in CSV files of tasks and agents, each a name and its bytes, with these fields added."""
    sheets = {name: read(data, STRUCTS[name], file, told) for name, (file, data) in files.items()}
    body = {name: sheet.records for name, sheet in sheets.items()} | dict(changes)
    return Request(
        body=json.dumps(body).encode(),
        source=", ".join(sheet.file for sheet in sheets.values()),
        flags=_pointers(changes),
        sheets=sheets,
        zone=_zone(changes.get("now")),
    )


def misread(request: Request, job: Job) -> list[str]:
    """The refusal of CSV files that have cells nobody can read, with what is wrong in the other cells;
    nothing when every cell was read.
    """
    if not any(sheet.complaints for sheet in request.sheets.values()):
        return []
    try:
        parse(request.body, job)
    except Invalid as error:
        return _refusal(request, error.faults, error.total, job.language)
    except ApiError:
        pass  # a bound on the whole; the cells come first
    return _refusal(request, [], 0, job.language)


def refused(request: Request, problem: Problem, language: Language) -> list[str]:
    """The refusal of a request that was answered with a problem: a headline, and a line for each fault."""
    if problem.errors is UNSET:
        return [f"{request.source}: {problem.detail}"]
    faults = [Fault(pointer=e.pointer, code=e.code, detail=e.detail) for e in problem.errors]
    total = len(faults) if problem.errors_total is UNSET else problem.errors_total
    return _refusal(request, faults, total, language)


def _refusal(request: Request, faults: list[Fault], total: int, language: Language) -> list[str]:
    """Faults of cells and of the body, by file and row; `total` counts those of the body, told or not."""
    sheets = list(request.sheets.values())
    noted = [complaint for sheet in sheets for complaint in sheet.complaints]
    order = {sheet.file: number for number, sheet in enumerate(sheets)}
    said = noted + [_complaint(request, fault) for fault in faults]
    if sheets:
        said.sort(key=lambda complaint: (order.get(complaint.file, -1), complaint.row))
    lines = [complaint.told(language) for complaint in said[:MAX_FAULTS_SHOWN]]
    count = total + len(noted)
    headline = say("many_faults" if count > 1 else "one_fault", language, source=request.source, count=count)
    more = [say("others", language, more=count - len(lines))] if count > len(lines) else []
    return [headline, *lines, *more]


def _complaint(request: Request, fault: Fault) -> Complaint:
    """A fault of the body, where a person finds it: by flag, by row and column, or by JSON Pointer."""
    flag = next((flag for flag in request.flags if _within(fault.pointer, flag)), None)
    if flag is not None:
        return Complaint(file=_flag(flag), row=0, column="", detail=fault.detail)
    steps = [step.replace("~1", "/").replace("~0", "~") for step in fault.pointer.split("/")[1:]]
    if len(steps) < 2 or steps[0] not in request.sheets:
        return Complaint(file=fault.pointer or request.source, row=0, column="", detail=fault.detail)
    sheet = request.sheets[steps[0]]
    inner = " ".join(f"'{step}'" for step in steps[3:] if not step.isdigit())
    return Complaint(
        file=sheet.file,
        row=sheet.rows[int(steps[1])],
        column=" ".join(part for part in (*steps[2:3], inner) if part),
        detail=_by_row(fault.detail, sheet),
    )


def _flag(pointer: str) -> str:
    """The flag that set the field."""
    if pointer.startswith(WEIGHTS):
        return "--weight " + pointer.removeprefix(f"{WEIGHTS}/")
    return FLAGS.get(pointer, f"--{pointer[1:]}")


def _by_row(detail: str, sheet: Sheet) -> str:
    """The sentence with rows for the JSON Pointers of whole records in it."""
    word = say("row_alone", sheet.language)
    return re.sub(
        r"/(?:tasks|agents)/(\d+)(?=[ .])", lambda found: f"{word} {sheet.rows[int(found[1])]}", detail
    )


def _within(pointer: str, outer: str) -> bool:
    return pointer == outer or pointer.startswith(f"{outer}/")


def _changed(data: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The request with fields changed; of its policy, only what is named."""
    changed = data | dict(changes)
    old, new = data.get("policy"), changes.get("policy")
    if isinstance(old, dict) and new is not None:
        weights = old.get("weights")
        changed["policy"] = old | new
        if isinstance(weights, dict) and "weights" in new:
            changed["policy"]["weights"] = weights | new["weights"]
    return changed


def _pointers(changes: Mapping[str, Any]) -> frozenset[str]:
    """The pointers of the fields that are changed."""
    policy = changes.get("policy", {})
    inner = [f"/policy/{name}" for name in policy if name != "weights"]
    inner += [f"{WEIGHTS}/{name}" for name in policy.get("weights", ())]
    return frozenset([f"/{name}" for name in changes if name != "policy"] + inner)


def _zone(now: object) -> tzinfo | None:
    """The zone of the request's own instant."""
    try:
        return datetime.fromisoformat(now).tzinfo if isinstance(now, str) else None
    except ValueError:
        return None
