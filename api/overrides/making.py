"""From what a client asks to an override, or to why there is none, or to what it would do."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from api.errors import ERRORS, MAX_FAULTS_SHOWN, ApiError
from api.idempotency import Ask, fingerprint
from api.live import Live
from api.overrides.body import OverrideIn, said
from api.overrides.targets import SLICE, caught_up, targets
from assigner.dispatch.actions import slot_of
from assigner.dispatch.hindrance import Refusal, clash, hindrance
from assigner.dispatch.overrides import plan
from assigner.domain.instant import to_ms
from assigner.domain.lifecycle import OverrideState, State
from assigner.domain.queue import DEFAULT, Queue
from assigner.domain.records import OverrideRecord, TaskRecord
from assigner.store.base import MakeOverride, OnTask, Outcome, Step

MOST_SHOWN = 1_000
"""How many ids of tasks a preview shows."""


@dataclass(slots=True, kw_only=True)
class Planned:
    """An override before it is made: its steps, the task of each, and what is known against it."""

    record: OverrideRecord
    tasks: Sequence[TaskRecord]
    asked: OverrideIn
    steps: list[Step] = field(default_factory=list)
    of: list[str] = field(default_factory=list)
    refused: list[tuple[str, Refusal]] = field(default_factory=list)
    more: int = 0
    """How many refusals there are besides those that are told."""
    skipped: int = 0

    @property
    def refusals(self) -> int:
        """How many parts are refused."""
        return len(self.refused) + self.more

    def take_in(self, outcome: Outcome) -> None:
        """Add what the store has refused of the steps."""
        told = [(self.of[at], (str(one.refused), dict(one.facts))) for at, one in outcome.refusals]
        self.refused += told
        self.more += max(0, outcome.facts.get("refused", len(told)) - len(told))
        self.skipped = outcome.facts.get("skipped", 0)


def id_of(op: Ask) -> str:
    """The id of the override that a request makes: a retry names the same, and another request another."""
    return f"ov-{fingerprint(op.op.encode(), op.asked.encode())[:16]}"


async def planned(
    parts: Live, asked: OverrideIn, body: Mapping[str, Any], op: Ask, author: str, now: int
) -> Planned:
    """The plan for an override. Raises unknown_agent, unknown_queue, too_many_targets and no_targets."""
    await caught_up(parts)
    await _refuse_unknown(parts, asked)
    tasks, missing = await targets(parts, asked, now)
    record = _record(asked, body, op, author, now)
    if asked.action == "unfreeze" and asked.target.queue not in parts.view.standing.frozen:
        raise ApiError("no_targets", "The queue is not frozen.")
    made = Planned(record=record, tasks=tasks, asked=asked)
    made.refused = [(id, ("unknown_task", {})) for id in missing]
    if against := clash(record, _of_queue(parts, asked)):
        made.refused.append((against[1].pop("task"), against))
    free: list[TaskRecord] = []
    for number, task in enumerate(tasks, 1):
        refusal = hindrance(record, task, parts.view.standing)
        if refusal:
            made.refused.append((task.id, refusal))
        else:
            free.append(task)
        if number % SLICE == 0:
            await asyncio.sleep(0)
    await _add_steps(parts, made, free)
    return made


async def _add_steps(parts: Live, made: Planned, tasks: Iterable[TaskRecord]) -> None:
    by_offer = {task.offer: task.id for task in made.tasks if task.offer}
    for number, (verb, command) in enumerate(plan(made.record, tasks, lambda queue: _queue(parts, queue)), 1):
        made.steps.append((verb, command))
        made.of.append(command.task if isinstance(command, OnTask) else by_offer[command.offer])
        if number % SLICE == 0:
            await asyncio.sleep(0)


def _queue(parts: Live, id: str) -> Queue:
    record = parts.view.queues.get(id)
    return Queue.of(record.doc) if record else DEFAULT


def _of_queue(parts: Live, asked: OverrideIn) -> Iterator[TaskRecord]:
    view = parts.view
    return (view.tasks[id] for id in view.by["queue"].get(asked.target.queue or "", ()))


async def _refuse_unknown(parts: Live, asked: OverrideIn) -> None:
    for agent in filter(None, (asked.agent, asked.target.agent)):
        if await parts.store.agent(agent) is None:
            raise ApiError("unknown_agent", f"There is no agent {agent!r}: check the id, or PUT them first.")
    queue = asked.target.queue
    if queue is not None and await parts.store.queue(queue) is None and not parts.view.by["queue"].get(queue):
        raise ApiError("unknown_queue", f"There is no queue {queue!r}: check the id, or PUT it first.")


def _record(asked: OverrideIn, body: Mapping[str, Any], op: Ask, author: str, now: int) -> OverrideRecord:
    row = asked.row
    slot = slot_of(row, asked.agent or asked.target.agent, asked.target.queue)
    undone = row.undo is not None or (slot is not None and row.name != "unfreeze")
    return OverrideRecord(
        id=id_of(op),
        action=row.name,
        doc=said(asked, body),
        author=author,
        reason=asked.reason,
        state=OverrideState.ACTIVE if undone else OverrideState.DONE,
        made_at=now,
        until=None if asked.until is None else to_ms(asked.until),
        slot=slot,
    )


async def make(parts: Live, made: Planned, op: Ask) -> Outcome:
    """Make an override as planned. Raises override_refused or override_conflict when it cannot be done, and
    stale_version when it has to be planned anew: its tasks have changed meanwhile.
    """
    if made.refused or made.asked.partial:
        would = await _do(parts, made, op, dry=True)
        if would.refused is None:  # a retry, and the first has done it meanwhile
            return would
        made.take_in(would)
        if would.refused != "only_asked" or _in_vain(made, would):
            raise _error(parts, made, would)
        _note_refusals(parts, made)
    outcome = await _do(parts, made, op)
    if outcome.refused:
        made.refused.clear()  # told once already, of those that the store was only asked about
        made.take_in(outcome)
        raise _error(parts, made, outcome)
    made.skipped = outcome.facts.get("skipped", 0)
    return outcome


def _in_vain(made: Planned, outcome: Outcome) -> bool:
    """Whether nothing is done, because of what is refused."""
    return bool(made.refused) and not (made.asked.partial and outcome.facts.get("touched"))


def _error(parts: Live, made: Planned, outcome: Outcome) -> ApiError:
    if outcome.refused in ("only_asked", "override_refused", "override_conflict"):
        return refusal(parts, made, outcome)
    return ApiError(str(outcome.refused), members=dict(outcome.facts))


def _note_refusals(parts: Live, made: Planned) -> None:
    """What is left undone is kept with the override: whoever reads it is told, and whoever retries."""
    if made.refused:
        left = {"refused": made.refusals, "refusals": told(parts, made)}
        made.record = replace(made.record, doc={**made.record.doc, **left})


async def _do(parts: Live, made: Planned, op: Ask, *, dry: bool = False) -> Outcome:
    command = MakeOverride(
        op=op.op,
        actor=made.record.author,
        now=made.record.made_at,
        asked=op.asked,
        override=made.record,
        steps=made.steps,
        partial=made.asked.partial,
        replace=made.asked.replace or made.asked.action == "unfreeze",
        dry=dry,
    )
    [outcome] = await parts.do_all("make_override", [command])
    return outcome


async def skipped_then(parts: Live, record: OverrideRecord, op: Ask) -> int:
    """How many tasks were passed over when an override was made that is there already."""
    command = MakeOverride(
        op=op.op, actor=op.actor, now=record.made_at, asked=op.asked, override=record, steps=()
    )
    [outcome] = await parts.do_all("make_override", [command])
    if outcome.refused == "op_reused":
        raise ApiError("op_reused")
    return 0 if outcome.refused else int(outcome.facts.get("skipped", 0))


def refusal(parts: Live, made: Planned, outcome: Outcome | None = None) -> ApiError:
    """Why an override cannot be made: naming the other one, where it is one that is in the way."""
    shown = told(parts, made)
    members: dict[str, Any] = {"refusals": shown, "refused": made.refusals}
    if outcome is not None and outcome.refused == "override_conflict":  # another has the slot
        other = parts.view.standing.overrides.get(outcome.facts["by"])
        facts: dict[str, Any] = {**outcome.facts, **({"other": _other(other)} if other else {})}
        return ApiError("override_conflict", _both(made.record, facts), members=facts)
    codes = {one["code"] for one in shown}
    if codes == {"stale_version"}:
        return ApiError("stale_version")
    if codes == {"unknown_task"}:
        return ApiError("unknown_task", "None of this is done: there are no such tasks.", members=members)
    if codes == {"override_conflict"}:
        detail = _both(made.record, shown[0])
        first: dict[str, Any] = {
            name: shown[0][name] for name in ("by", "field", "other") if name in shown[0]
        }
        return ApiError("override_conflict", detail, members={**first, **members})
    counts = Counter(one["code"] for one in shown)
    why = ", ".join(f"{count:,} {code}" for code, count in counts.most_common())
    some = "" if made.refusals <= len(shown) else f"; the first {len(shown)}"
    detail = f"{made.refusals:,} of it cannot be done{some}: {why}. Nothing was done."
    return ApiError("override_refused", detail, members=members)


def told(parts: Live, made: Planned) -> list[dict[str, Any]]:
    """What is refused, the first hundred: the task, the code, a sentence and the facts."""
    found = []
    for task, (code, facts) in made.refused[:MAX_FAULTS_SHOWN]:
        other = parts.view.standing.overrides.get(facts.get("by", ""))
        more = {"other": _other(other)} if other else {}
        detail = f"{ERRORS[code].title}." if code in ERRORS else ""
        found.append({"task": task, "code": code, "detail": detail, **facts, **more})
    return found


def _other(record: OverrideRecord) -> dict[str, Any]:
    return {"id": record.id, "action": record.action, "author": record.author, "reason": record.reason}


def _both(record: OverrideRecord, facts: Mapping[str, Any]) -> str:
    """The sentence that names both overrides."""
    other, task = facts.get("other"), facts.get("task")
    holds = f"'{other['action']}' ({facts['by']}, by {other['author']})" if other else f"{facts['by']}"
    where = f" of task {task}" if task else ""
    return f"'{record.action}' is against {holds}{where}: undo that one, or replace it where that is allowed."


async def preview(parts: Live, made: Planned, op: Ask) -> dict[str, Any]:
    """What an override would do, and what of it would be refused."""
    outcome = await _do(parts, made, op, dry=True)
    if outcome.refused not in ("only_asked", "override_conflict"):
        raise _error(parts, made, outcome)
    made.take_in(outcome)
    out: dict[str, Any] = {"action": made.record.action, "would": True}
    if outcome.refused == "override_conflict":
        error = refusal(parts, made, outcome)
        out |= {"would": False, "conflict": {"detail": error.detail, **error.members}}
    touched = set(outcome.facts.get("touched", ()))
    tasks = [task for task in made.tasks if task.id in touched]
    if _in_vain(made, outcome):
        out["would"] = False
    return out | {
        "touched": len(touched),
        "forced": outcome.facts.get("forced", 0),
        "skipped": made.skipped,
        "tasks": [task.id for task in tasks[:MOST_SHOWN]],
        "by": _counts(tasks),
        "holds": _counts(list(_waiting(parts, made))),
        "refused": made.refusals,
        "refusals": told(parts, made),
    }


def _waiting(parts: Live, made: Planned) -> Iterator[TaskRecord]:
    """The tasks that a frozen queue does not hand out, or an agent is kept from: nothing changes them."""
    states = (State.QUEUED, State.OFFERED, State.HELD)
    return (task for task in _of_queue(parts, made.asked) if task.state in states)


def _counts(tasks: Sequence[TaskRecord]) -> dict[str, dict[str, int]]:
    return {
        "state": Counter(str(task.state) for task in tasks),
        "queue": Counter(task.queue for task in tasks),
        "agent": Counter(task.agent for task in tasks if task.agent is not None),
    }
