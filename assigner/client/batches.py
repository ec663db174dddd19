"""Many records at once: any number of them, sent some at a time as NDJSON, and an answer for each.

Each group is one request with a key of its own: when its answer is lost or breaks off, the whole group is
sent again, and what was done is not done again.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import msgspec

from assigner.client.call import KEY, NDJSON, Answer, Call
from assigner.client.errors import NotOurs, Problem, problem_in
from assigner.client.record import Record
from assigner.client.script import Give, Script, Take, taking

GROUP: Final = 1_000
"""How many records one request has."""
_lines: Final = msgspec.json.Encoder().encode_lines

Said = Mapping[str, Any]
Many = Iterable[Said] | AsyncIterable[Said]


class Line(Record):
    """What became of one record of a batch: `line` counts from 1. `problem` says why it was refused."""

    line: int
    id: str | None
    status: int
    version: int | None
    warnings: Sequence[str]

    @property
    def ok(self) -> bool:
        """Whether it was done, now or by an earlier attempt."""
        return "code" not in self

    @property
    def problem(self) -> Problem | None:
        """Why it was refused; None where it was done."""
        return None if self.ok else problem_in(self, f"line {self.line}")


def batch(target: str, records: Many, pauses: Callable[[], Iterable[float]]) -> Script[Line]:
    """Send all records, and give what became of each, in their order. Raises AssignerError."""
    source, before = taking(records), 0
    while group := (yield Take(source, GROUP)):
        call = _call(target, group)
        answers = yield call
        for pause_s in pauses():
            if _whole(answers, group):
                break
            yield pause_s
            answers = yield call
        yield Give([Line({**said, "line": before + said["line"]}) for said in answers if said["line"]])
        _check(answers, group)
        before += len(group)


def _call(target: str, group: Sequence[Said]) -> Call[Sequence[Said]]:
    headers = {"Content-Type": NDJSON, KEY: uuid4().hex}
    return Call(method="POST", target=target, read=_read, headers=headers, body=_lines(group))


def _read(answer: Answer) -> Sequence[Said]:
    """What the lines say. Each has the number of its line, or None in a last one, and a status."""
    decoded: Sequence[Said] = msgspec.json.Decoder().decode_lines(answer.body)
    for said in decoded:
        _ = said["line"], int(said["status"])
    return decoded


def _whole(answers: Sequence[Said], group: Sequence[Said]) -> bool:
    """Whether every line was answered, and none because the store was gone."""
    gone = HTTPStatus.SERVICE_UNAVAILABLE
    return len(answers) == len(group) and all(said["status"] != gone for said in answers)


def _check(answers: Sequence[Said], group: Sequence[Said]) -> None:
    """Raises what broke the batch off, when not each line has an answer."""
    if answers and answers[-1]["line"] is None:
        raise problem_in(answers[-1], "a batch")
    if len(answers) != len(group):
        raise NotOurs(f"Of {len(group)} lines of a batch {len(answers)} were answered.")
