"""Make the centre that is there as a file says: each step guarded, so that nothing unseen is overwritten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import httpx

from assigner.cli.centre_diff import Change, Difference, Sign, compared, differs
from assigner.cli.centre_file import STRUCTS, Doc
from assigner.cli.centre_service import Answer, Broken, Refused, batch, hold, put, remove

GROUP: Final = 1_000
"""Records in one batch."""

ATTEMPTS: Final = 5
"""How often a change is tried anew when only what it does not touch has moved, such as an agent's load."""

MADE_MEANWHILE: Final = "made_meanwhile"
CHANGED_MEANWHILE: Final = frozenset(
    "stale_version exists_already task_exists unknown_queue unknown_agent unknown_task".split()
)
"""What the service says of a record that is not as it was read any more."""


@dataclass(slots=True, kw_only=True)
class Result:
    """How many records were made, changed and removed, and how many others had made the same meanwhile; the
    changes that there is something to say of, with the service's answers; and what broke it off.
    """

    done: Counter[Sign] = field(default_factory=Counter)
    same: int = 0
    told: list[tuple[Change, Answer]] = field(default_factory=list)
    broken: Broken | None = None

    def note(self, change: Change, answer: Answer) -> None:
        """Count what became of a change."""
        if answer["status"] == HTTPStatus.NOT_MODIFIED:
            self.same += 1
        elif answer["status"] < HTTPStatus.BAD_REQUEST:
            self.done[change.sign] += 1
        if "code" in answer:
            self.told.append((change, answer))


def carry_out(client: httpx.Client, difference: Difference, advance: Callable[[int], None]) -> Result:
    """Make the changes in their order but for those that are refused, until all are made or it breaks off."""
    result = Result()
    try:
        for group in _groups(difference):
            answers = _batch(client, group) if _in_a_batch(group[0]) else _one(client, group[0])
            for change, answer in zip(group, answers, strict=True):
                result.note(change, answer)
            advance(len(group))
    except Broken as error:
        result.broken = error
    return result


def _groups(difference: Difference) -> Iterator[Sequence[Change]]:
    """What goes in one request: many new records, or one record."""
    for kind in STRUCTS:
        made, others = difference.of(kind, "+"), difference.of(kind, "~")
        size = 1 if kind == "queues" else GROUP
        yield from (made[start : start + size] for start in range(0, len(made), size))
        yield from ([change] for change in others)
    for kind in STRUCTS:
        yield from ([change] for change in difference.of(kind, "-"))


def _in_a_batch(change: Change) -> bool:
    return change.sign == "+" and change.kind != "queues"


def _batch(client: httpx.Client, group: Sequence[Change]) -> Iterator[Answer]:
    """Make many new records. An agent whom somebody made meanwhile is replaced; the same task is the same."""
    kind = group[0].kind
    answers = batch(client, kind, [(change.id, change.new) for change in group])
    for answer in answers:
        if answer["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR or answer["line"] is None:
            raise Broken("not_reached", f"{answer['status']}: {answer['detail']}")
        was_there = answer["status"] == HTTPStatus.OK
        if was_there and kind == "tasks":
            yield {"status": HTTPStatus.NOT_MODIFIED}
        else:
            yield {**answer, "code": MADE_MEANWHILE} if was_there else answer
    if len(answers) < len(group):
        raise Broken("not_a_service", f"{len(answers)} / {len(group)}")


def _one(client: httpx.Client, change: Change) -> Iterator[Answer]:
    """Make, change or remove one record."""
    try:
        if change.sign == "+":
            put(client, change.kind, change.id, change.new, None)
            yield {"status": HTTPStatus.CREATED}
        else:
            yield _guarded(client, change)
    except Refused as error:
        yield error.problem


def _guarded(client: httpx.Client, change: Change) -> Answer:
    """Change or remove a record when what was read of it still holds. Raises Refused."""
    for _ in range(ATTEMPTS):
        held = hold(client, change.kind, change.id)
        if _is_done(change, held.doc):
            return {"status": HTTPStatus.NOT_MODIFIED}
        if held.doc is None or _has_moved(change, held.doc):
            return {"status": HTTPStatus.PRECONDITION_FAILED, "code": "stale_version", "detail": ""}
        try:
            if change.sign == "-":
                remove(client, change.kind, change.id, held.etag)
            else:
                put(client, change.kind, change.id, change.new, held.etag)
        except Refused as error:
            if error.code != "stale_version":
                raise
            stale = error
        else:
            return {"status": HTTPStatus.OK}
    raise stale


def _is_done(change: Change, doc: Doc | None) -> bool:
    """Whether somebody has done the same meanwhile."""
    if change.sign == "-":
        return doc is None
    return doc is not None and not differs(change.kind, change.new, doc)


def _has_moved(change: Change, doc: Doc) -> bool:
    """Whether what the change touches is not what was read."""
    new = change.old if change.sign == "-" else change.new
    return compared(change.kind, new, doc)[1] != compared(change.kind, new, change.old)[1]
