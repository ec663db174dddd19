"""What it means to make an override, and to end one: many steps as one change.

Each step is judged by what its verb means, on the records as the steps before it leave them. The records
themselves stay as they are until all has been judged.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assigner.domain.lifecycle import OverrideState
from assigner.domain.records import OverrideRecord
from assigner.store.base import (
    MOST_REFUSALS,
    Command,
    EndOverride,
    MakeOverride,
    OnOffer,
    OnTask,
    Outcome,
    Step,
)
from assigner.store.overlay import carries, is_of
from assigner.store.state import Happened, Judged, Records, holder, refusal_of, refuse
from assigner.store.verbs import step

LENIENT = ("wrong_state", "unknown_task", "unknown_offer", "offer_taken", "offer_expired", "offer_revoked")
"""What is passed over in a lenient step: its task or its offer has gone on, or has gone."""


@dataclass(slots=True, kw_only=True)
class _Done:
    """What came of the steps so far. `refused` are those that count, by their number."""

    records: Records
    events: list[Happened] = field(default_factory=list)
    tasks: dict[str, None] = field(default_factory=dict)
    refused: list[tuple[int, Outcome]] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    forced: int = 0
    skipped: int = 0

    def told(self) -> dict[str, Any]:
        """What was not done."""
        facts: dict[str, Any] = {"skipped": self.skipped} if self.skipped else {}
        if self.refused:
            facts["refused"] = len(self.refused)
            facts["refusals"] = [[at, *_told(one)] for at, one in self.refused[:MOST_REFUSALS]]
        return facts


def _told(refusal: Outcome) -> tuple[str | None, dict[str, Any]]:
    """A refusal without what follows from it."""
    facts = {name: value for name, value in refusal.facts.items() if name != "allowed" and value is not None}
    return refusal.refused, facts


def make(records: Records, c: MakeOverride, at: int) -> Judged:
    """Do all steps, or, with `partial`, those that can be done; the event of the override comes first."""
    if c.override.id in records.overrides:
        return refuse("override_exists")
    other = holder(records, c.override.slot)
    if other and not c.replace:
        return refuse("override_conflict", by=other.id, field="slot")
    done = _do(records, c, c.steps, at)
    if c.dry:
        return refusal_of("only_asked", {"touched": list(done.tasks), "forced": done.forced, **done.told()})
    if done.refused and not (c.partial and done.tasks):
        outcome = refuse("override_refused", refused=len(done.refused))
        return replace(outcome, refusals=tuple(done.refused[:MOST_REFUSALS]))
    override = replace(c.override, touched=len(done.tasks), forced=done.forced, replaced=0, version=1)
    tasks = list(done.tasks | dict.fromkeys(c.tasks))
    made = Happened(type="override.made", override=override, facts=done.told(), tasks=tasks)
    return [made, *done.events, *_replaced(records, c, other, done.lost)]


def end(records: Records, c: EndOverride, at: int) -> Judged:
    """Do what applies still of the steps, unless a task is left that they are not about; the event of the
    override comes last.
    """
    known = records.overrides.get(c.override)
    if known is None:
        return refuse("unknown_override")
    if known.state is not OverrideState.ACTIVE:
        return refuse("override_ended", state=known.state)
    if c.version not in (None, known.version):
        return refuse("stale_version", version=known.version)
    done = _do(records, c, c.steps, at)
    touched, tasks = records.touched.get(c.override, ()), done.records.tasks
    if missed := next((id for id in touched if carries(tasks.get(id), c.override)), None):
        return refuse("stale_version", task=missed)
    skipped = done.skipped + len(done.refused)
    ended = Happened(
        type=f"override.{c.state}",
        override=_ended(known, c, c.state),
        facts={"skipped": skipped} if skipped else {},
    )
    return [*done.events, ended]


def _ended(override: OverrideRecord, c: Command, state: OverrideState) -> OverrideRecord:
    version = override.version + 1
    return replace(override, state=state, ended_at=c.now, ended_by=c.actor, version=version)


def _replaced(
    records: Records, c: MakeOverride, other: OverrideRecord | None, lost: Counter[str]
) -> Iterator[Happened]:
    """The overrides whose slot, or some of whose tasks, another took: they end when nothing is left."""
    for id in sorted(lost.keys() | ({other.id} if other else set())):
        known = records.overrides.get(id)
        if known and known.state is OverrideState.ACTIVE:
            left = replace(known, replaced=known.replaced + lost[id], version=known.version + 1)
            if known is other or left.replaced >= left.touched:
                left = replace(_ended(known, c, OverrideState.REPLACED), replaced=left.replaced)
            yield Happened(type="override.replaced", override=left, facts={"by": c.override.id})


def _do(records: Records, c: MakeOverride | EndOverride, steps: Sequence[Step], at: int) -> _Done:
    done = _Done(records=_staged(records))
    for number, (verb, command) in enumerate(steps):
        facts = {name: value for name, value in command.facts.items() if name != "lenient"}
        one = replace(command, op=f"{c.op}:{number}", actor=c.actor, now=c.now, facts=facts)
        applies = not isinstance(c, EndOverride) or _is_theirs(done.records, verb, one, c.override)
        judged = step(done.records, verb, one, at) if applies else []
        if not judged or (_passed(judged) and command.facts.get("lenient")):
            done.skipped += 1
        elif isinstance(judged, Outcome):
            done.refused.append((number, judged))
        else:
            _stage(done, one, judged)
    return done


def _passed(judged: Judged) -> bool:
    return isinstance(judged, Outcome) and judged.refused in LENIENT


def _is_theirs(records: Records, verb: str, command: OnTask | OnOffer, override: str) -> bool:
    return isinstance(command, OnOffer) or is_of(records.tasks.get(command.task), verb, override)


def _staged(records: Records) -> Records:
    """The records, to be changed without changing them."""
    return Records(
        tasks=ChainMap({}, records.tasks),
        agents=ChainMap({}, records.agents),
        offers=ChainMap({}, records.offers),
    )


def _stage(done: _Done, command: OnTask | OnOffer, judged: Sequence[Happened]) -> None:
    for happened in judged:
        done.events.append(replace(happened, command=command))
        done.lost.update(happened.lost)
        if task := happened.task:
            done.records.tasks[task.id] = task
            done.tasks[task.id] = None
            if happened.type == "task.assigned":
                done.forced += task.overrides.get("assigned", {}).get("forced", False)
        if happened.offer:
            done.records.offers[happened.offer.id] = happened.offer
        if happened.agent:
            done.records.agents[happened.agent.id] = happened.agent
