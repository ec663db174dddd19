"""`assigner tasks`: what waits and what is at risk, a line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import msgspec
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from assigner.cli import shell
from assigner.cli.options import Form
from assigner.cli.people import times
from assigner.cli.people.asking import Where, ask, instant, now_ms
from assigner.cli.people.instants import span_ms
from assigner.cli.people.plain import cut, plain, sheet
from assigner.cli.tables import AGENT, DIM, GOOD, REASON, View, table
from assigner.cli.words import REASONS, both
from assigner.client import Client, Problem, Task
from assigner.domain.document import PRIORITIES
from assigner.domain.instant import rfc3339
from assigner.domain.lifecycle import NOT_BEFORE, State

Item = Mapping[str, Any]

USUAL: Final = 20
MOST_COUNTED: Final = 1_000
MOST_EXPLAINED: Final = 40
"""For how many kinds of waiting tasks the reason is asked; the others are told by `assigner why`."""
LONGEST: Final = 40
BAD: Final = "red"
CSV: Final = (
    *("id", "queue", "category", "case", "tags", "state", "agent", "priority", "created_at", "queued_at"),
    *("due_at", "sla_risk", "held_until", "hold_reason", "respond_by", "responded_at"),
)
_ASKED: Final = (
    *("queue", "skills", "any_skills", "channel", "category", "size", "handle_s", "relaxed", "not_before"),
    *("pinned_agent", "excluded_agents", "cooling_down"),
)
"""Tasks that are alike in these wait for the same reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which tasks are listed, by the parameters of the API, and how; `at_risk` is how soon they are due."""

    where: Where
    filters: Mapping[str, str]
    at_risk: str | None = None
    form: Form = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The tasks that there are, as many as were counted, and for those shown why they wait, in a word."""

    tasks: Sequence[Task]
    more: bool
    why: Mapping[str, str]


def tasks(wanted: Wanted) -> None:
    """List them."""
    now = now_ms()
    filters = dict(wanted.filters)
    until = None
    if wanted.at_risk is not None:
        until = now + instant(wanted.where, lambda text, _: span_ms(text), wanted.at_risk)
        filters["due_before"] = rfc3339(until)
    found = ask(wanted.where, lambda client: _found(client, wanted, filters))
    if wanted.form == "json":
        shell.write(msgspec.json.format(msgspec.json.encode([dict(task) for task in found.tasks])) + b"\n")
    elif wanted.form == "csv":
        shell.write(sheet(CSV, (_cells(task) for task in found.tasks)))
    else:
        shell.show(*_shown(found, now, until, wanted.where.view(USUAL)))


def _found(client: Client, wanted: Wanted, filters: Mapping[str, Any]) -> Found:
    listed, most = client.tasks.list(**filters), _most(wanted)
    items = list(islice(listed, most))
    if wanted.form != "table":
        return Found(tasks=items, more=False, why={})
    more = most is not None and next(listed, None) is not None
    view = wanted.where.view(USUAL)
    return Found(tasks=items, more=more, why=_reasons(client, view.first(items), view))


def _most(wanted: Wanted) -> int | None:
    """How many tasks are read: those of a table are counted too, as far as that costs no second request."""
    limit = wanted.where.limit
    if wanted.form != "table":
        return limit or None
    return None if limit == 0 else max(limit or USUAL, MOST_COUNTED)


def _reasons(client: Client, items: Sequence[Task], view: View) -> dict[str, str]:
    """Why each waits, in a word: asked of the service for those in a queue, once for those that are alike."""
    asked: dict[bytes, str] = {}
    why = {}
    for task in items:
        if task["state"] == "queued":
            kind = msgspec.json.encode([task.get(name) for name in _ASKED])
            if kind not in asked and len(asked) < MOST_EXPLAINED:
                asked[kind] = _reason(client, task["id"], view)
            why[task["id"]] = asked.get(kind, "")
        else:
            why[task["id"]] = _other(task, view)
    return why


def _reason(client: Client, id: str, view: View) -> str:
    try:
        reason = client.tasks.explanation(id).get("reason")
    except Problem:
        return ""  # it has ended, or the key may not ask; the list is told all the same
    return reason_word(reason, view)


def reason_word(reason: str | None, view: View) -> str:
    """A reason to wait, in a word."""
    if reason is None:
        return ""
    return both(REASONS[reason][0], view.language) if reason in REASONS else plain(reason)


def _other(task: Item, view: View) -> str:
    """Why a task that is in no queue stands where it does."""
    if task["state"] == "held":
        said = task.get("hold_reason")
        return reason_word("not_yet", view) if said == NOT_BEFORE else cut(said or "", LONGEST)
    if task["state"] == "offered":
        return view.say("to_answer")
    if task["state"] == "assigned":
        return view.say("begun" if task.get("started_at") else "not_begun")
    return cut(task.get("outcome") or "", LONGEST)


def _shown(found: Found, now: int, until: int | None, view: View) -> Iterator[RenderableType]:
    if not found.tasks:
        told = view.say("no_tasks") if until is None else view.say("no_risk", until=_at(until, now, view))
        yield Text(told, style=GOOD if until else DIM)
        return
    yield Text(_title(found, now, until, view), style="bold")
    yield _table(found, now, view)
    left = len(found.tasks) - len(view.first(found.tasks))
    if found.more:
        yield Text(view.say("some_more"), style=DIM)
    elif left:
        yield Text(view.say("more", more=view.number(left)), style=DIM)
    waiting = next((task["id"] for task in found.tasks if task["state"] == "queued"), None)
    if waiting:
        yield Text(view.say("why_hint", id=waiting), style=DIM)


def _title(found: Found, now: int, until: int | None, view: View) -> str:
    count = view.number(len(found.tasks))
    said = view.say("more_than", count=count) if found.more else count
    many = view.say("one_task") if len(found.tasks) == 1 else view.say("tasks_count", count=said)
    if until is None:
        return many
    late = sum((left_ms(task, now) or 0) <= 0 for task in found.tasks)
    return view.say("at_risk_title", tasks=many, until=_at(until, now, view), late=view.number(late))


def _table(found: Found, now: int, view: View) -> Table:
    names = ("id", "what", "priority", "waited", "due", "state", "who", "why")
    made = table("", *(view.say(f"column_{name}") for name in names))
    made.title = None
    for task in view.first(found.tasks):
        due, style = due_in(task, now, view)
        made.add_row(
            plain(task["id"]),
            what(task),
            priority(task, view),
            waited(task, now),
            Text(due, style=style),
            state(task, view),
            Text(plain(task.get("agent") or ""), style=AGENT),
            Text(found.why.get(task["id"], ""), style=REASON),
        )
    return made


def what(task: Item) -> str:
    """The queue and the category of a task."""
    return " · ".join(cut(task[name], LONGEST) for name in ("queue", "category") if task.get(name))


def priority(task: Item, view: View) -> str:
    """The priority that holds, and the word that is nearest to it."""
    held = overlay(task, "priority")
    number = task["priority"] if held is None else held
    band = min(PRIORITIES, key=lambda name: abs(PRIORITIES[name] - number))
    return f"{number} {view.say(band)}"


def overlay(task: Item, field: str) -> Any:
    """What an override says of a field of a task; None where none does."""
    return (task.get("overrides") or {}).get(field, {}).get("value")


def due(task: Item) -> str | None:
    """When a task is due, as it holds."""
    held = (task.get("overrides") or {}).get("due_at")
    said: str | None = task.get("due_at") if held is None else held.get("value")
    return said


def reply_due(task: Item) -> str | None:
    """When somebody is to take a task that nobody has taken."""
    waits = task["state"] in ("queued", "held", "offered") and task.get("responded_at") is None
    return task.get("respond_by") if waits else None


def left_ms(task: Item, now: int) -> int | None:
    """How long until a task is due, or to be taken where that is sooner; None where nothing was promised."""
    ends = [times.ms_of(end) for end in (due(task), reply_due(task)) if end is not None]
    return min(ends) - now if ends else None


def due_in(task: Item, now: int, view: View) -> tuple[str, str]:
    """How long until a task is due, or to be taken where that is sooner, or how late it is; its colour."""
    left, reply = left_ms(task, now), reply_due(task)
    if left is None or task.get("finished_at"):
        return "–", DIM
    text, style = times.long(left), REASON if task.get("sla_risk") == "at_risk" else "default"
    if left <= 0:
        text, style = view.say("late", time=times.long(-left)), BAD
    if reply is not None and times.ms_of(reply) - now == left:
        text = view.say("reply", time=text)
    return text, style


def waited(task: Item, now: int) -> str:
    """How long whoever asked for a task has waited for somebody to have it; of one that is with somebody, or
    has ended, nothing.
    """
    if task["state"] not in ("queued", "held", "offered"):
        return "–"
    return times.long(max(0, now - times.ms_of(task["created_at"])))


def state(task: Item, view: View) -> str:
    """The state in a word."""
    return view.say(task["state"]) if task["state"] in {*State} else plain(task["state"])


def _at(instant: int, now: int, view: View) -> str:
    return times.at(instant, now, view.language, view.zone)


def _cells(task: Item) -> list[object]:
    values = {**task, "due_at": due(task)}
    return [_joined(values.get(name)) for name in CSV]


def _joined(value: object) -> object:
    return ";".join(map(str, value)) if isinstance(value, list) else value
