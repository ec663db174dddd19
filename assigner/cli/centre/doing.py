"""Make the centre that is there as a file says: each step guarded, so that nothing unseen is overwritten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from assigner.cli.centre.diff import Change, Difference, Sign, compared, differs
from assigner.cli.centre.file import STRUCTS, Doc
from assigner.cli.centre.service import Answer, Broken, Refused, batch, hold, put, remove
from assigner.client import Client

GROUP: Final = 1_000
"""Records in one batch."""

AT_ONCE: Final = 8
"""Records that are changed at the same time: the store writes down together what comes together."""

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


def carry_out(client: Client, difference: Difference, advance: Callable[[int], None]) -> Result:
    """Make the changes in their order but for those that are refused, until all are made or it breaks off."""
    result = Result()
    try:
        for group in _groups(difference):
            for change, answer in (_batch if _in_a_batch(group[0]) else _together)(client, group):
                result.note(change, answer)
                advance(1)
    except Broken as error:
        result.broken = error
    return result


def _groups(difference: Difference) -> Iterator[Sequence[Change]]:
    """What goes together: many new records in a batch, or others at the same time; who goes, goes last."""
    alike = [difference.of(kind, sign) for kind in STRUCTS for sign in "+~"]
    alike += [difference.of(kind, "-") for kind in STRUCTS]
    for changes in alike:
        yield from (changes[start : start + GROUP] for start in range(0, len(changes), GROUP))


def _in_a_batch(change: Change) -> bool:
    return change.sign == "+" and change.kind != "queues"


def _batch(client: Client, group: Sequence[Change]) -> Iterator[tuple[Change, Answer]]:
    """Make many new records. An agent whom somebody made meanwhile is replaced; the same task is the same."""
    kind = group[0].kind
    answers = batch(client, kind, [(change.id, change.new) for change in group])
    for change, answer in zip(group, answers, strict=False):
        if answer["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Broken("not_reached", f"{answer['status']}: {answer['detail']}")
        was_there = answer["status"] == HTTPStatus.OK
        if was_there and kind == "tasks":
            yield change, {"status": HTTPStatus.NOT_MODIFIED}
        else:
            yield change, {**answer, "code": MADE_MEANWHILE} if was_there else answer


def _together(client: Client, group: Sequence[Change]) -> Iterator[tuple[Change, Answer]]:
    """Make, change or remove records, some at the same time. What breaks it off is raised when those that
    were on their way are told.
    """
    broken: BaseException | None = None
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [(change, pool.submit(_one, client, change)) for change in group]
        for change, future in asked:
            if broken and future.cancel():
                continue
            if error := future.exception():
                broken = error
            else:
                yield change, future.result()
    if broken:
        raise broken


def _one(client: Client, change: Change) -> Answer:
    """Make, change or remove one record."""
    try:
        if change.sign != "+":
            return _guarded(client, change)
        put(client, change.kind, change.id, change.new, None)
    except Refused as error:
        return error.problem
    return {"status": HTTPStatus.CREATED}


def _guarded(client: Client, change: Change) -> Answer:
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
