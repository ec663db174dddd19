"""When an override has shaped what became of a task: which, and what it says, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from assigner.dispatch.standing import Standing
from assigner.dispatch.unblock import Unblock
from assigner.dispatch.words import BY_HAND
from assigner.domain.instant import rfc3339
from assigner.domain.records import OverrideRecord, TaskRecord

MOST_SAID = 10
"""How many overrides have a sentence each: an agent's exclusion is one, and a queue may keep all from it."""
Shape = tuple[str, str]
"""The id of an override, and what of the task, or of its queue, it has said."""


def shapes(record: TaskRecord, standing: Standing) -> list[Shape]:
    """The overrides that hold of a task or of its queue; each once for each thing that it says."""
    return list(dict.fromkeys(_shapes(record, standing)))


def _shapes(record: TaskRecord, standing: Standing) -> Iterator[Shape]:
    if frozen := standing.frozen.get(record.queue):
        yield frozen, "queue"
    for name, entry in record.overrides.items():
        if name != "excluded_agents":
            yield entry["by"], name
    yield from ((by, "excluded_agents") for by in standing.kept_from(record).values())


def lifting(change: Unblock, record: TaskRecord, standing: Standing) -> Unblock:
    """The change that unblocks a task, with the overrides that it is to undo."""
    kept, pin = standing.kept_from(record), record.overrides.get("pinned_agent", {})
    by: Iterable[str] = ()
    match change.kind:
        case "unfreeze":
            by = filter(None, [standing.frozen.get(record.queue)])
        case "end_drain":
            by = (standing.drained[agent] for agent in change.agents if agent in standing.drained)
        case "lift_exclusion":
            by = (kept[agent] for agent in change.agents if agent in kept)
        case "unpin" | "agent_not_in_request" if pin.get("value"):
            by = [pin["by"]]
    overrides = tuple(dict.fromkeys(by))
    own = change.kind in ("unfreeze", "end_drain") or not overrides
    return replace(change, kind=change.kind if own else "undo_override", overrides=overrides)


def in_words(overrides: Sequence[OverrideRecord], language: str) -> str:
    """A sentence for each override: who did what, and why; of many for the first, and how many more hold."""
    said = [_sentence(record, language) for record in overrides[:MOST_SAID]]
    if more := len(overrides) - len(said):
        said.append(BY_HAND[language]["more"].format(count=more))
    return " ".join(said)


def _sentence(record: OverrideRecord, language: str) -> str:
    words, doc = BY_HAND[language], record.doc
    due_at = doc.get("due_at")
    facts = {
        "agent": doc.get("agent") or doc["target"].get("agent", ""),
        "priority": doc.get("priority", ""),
        "due_at": due_at,
        "queue": doc.get("queue") or doc["target"].get("queue", ""),
    }
    key = "reschedule_never" if record.action == "reschedule" and due_at is None else record.action
    forced = words["forced"] if record.action == "assign" and doc.get("force") else ""
    until = words["until"].format(at=rfc3339(record.until)) if record.until is not None else ""
    return f"{record.author} {words[key].format(**facts)}{forced}{until}: {record.reason}".rstrip(".") + "."
