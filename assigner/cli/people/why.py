"""`assigner why`: how a task stands, in plain words: its place, who cannot and why, what would help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.schemas import UnblockOut
from assigner.cli import shell
from assigner.cli.people import times
from assigner.cli.people.actions import in_words
from assigner.cli.people.asking import Where, ask, now_ms
from assigner.cli.people.plain import cut, plain
from assigner.cli.people.tasks import BAD, due, left_ms, priority, reason_word, waited, what
from assigner.cli.tables import AGENT, DIM, GOOD, REASON, View, remedy, worth
from assigner.cli.words import REASONS, REMEDIES, WORDS, duration, local
from assigner.client import Client, NotFound
from assigner.domain.lifecycle import NOT_BEFORE
from assigner.domain.promise import HANDLE_MS

Item = Mapping[str, Any]

LAST: Final = 10
"""How much of a history is told."""
LONGEST: Final = 300
USUAL: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the service knows of a task, and of what people decided of it by hand."""

    task: Item
    explanation: Item
    history: Sequence[Item]
    by_hand: Sequence[Item]


def why(where: Where, id: str, *, as_json: bool) -> None:
    """Tell how a task stands."""
    known = ask(where, lambda client: _known(client, id))
    if as_json:
        parts = {"task": known.task, "explanation": known.explanation, "history": known.history}
        shell.write(msgspec.json.format(msgspec.json.encode(parts, enc_hook=dict)) + b"\n")
        return
    shell.show(*_told(known, now_ms(), where.view(USUAL)))


def _known(client: Client, id: str) -> Known:
    tasks = client.tasks
    explanation = tasks.explanation(id)
    return Known(
        task=tasks.get(id),
        explanation=explanation,
        history=tasks.history(id),
        by_hand=_by_hand(client, id, explanation.get("overrides") or []),
    )


def _by_hand(client: Client, id: str, shaping: Sequence[Item]) -> Sequence[Item]:
    """The overrides that shape a task, each once, with what they say: those of it, and those that stand."""
    if not shaping:
        return []
    said: dict[str, Item] = {one["id"]: one for one in client.overrides.list(task=id)}
    for standing in {one["id"] for one in shaping} - said.keys():
        with suppress(NotFound):  # it has been deleted since
            said[standing] = client.overrides.get(standing)
    return list({one["id"]: {**one, **said.get(one["id"], {})} for one in shaping}.values())


def _told(known: Known, now: int, view: View) -> Iterator[RenderableType]:
    task, found = known.task, known.explanation
    yield Text(_headline(task, now, view), style="bold")
    yield _facts(task, found, now, view)
    if found.get("reason") and found.get("detail"):
        yield _section(view.say("why_waits"))
        reason = Text(reason_word(found["reason"], view), style=REASON)
        yield _inside(reason.append(f": {plain(local(found['detail'], view.zone))}", style="default"))
    if found.get("refusals"):
        yield _section(view.say("who_cannot"))
        yield _inside(_refusals(found["refusals"], view))
    if found.get("unblock"):
        yield _section(view.say("would_help"))
        yield _inside(Text(f"→ {_unblock(found['unblock'], view)}", style=GOOD))
        for id in view.first(found["unblock"].get("overrides") or ()):
            yield _inside(Text(f"  assigner override undo {plain(id)}", style=DIM))
    if found.get("decided"):
        yield _section(view.say("decision"))
        yield _inside(_decision(found["decided"], now, view))
    if known.by_hand:
        yield _section(view.say("by_hand"))
        yield from (_inside(Text(in_words(one, now, view))) for one in known.by_hand)
    yield _section(view.say("history"))
    yield _inside(_history(known.history, view))


def _section(title: str) -> Text:
    return Text(f"\n{title}", style="bold")


def _inside(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, 2), expand=False)


def _headline(task: Item, now: int, view: View) -> str:
    state, key = task["state"], f"is_{task['state']}"
    if state == "held" and task.get("held_until"):
        key = "is_held_until"
    if state == "assigned" and task.get("started_at"):
        key = "is_begun"
    instant = task.get("started_at") if state == "assigned" else task.get("finished_at")
    return view.say(
        key,
        id=plain(task["id"]),
        queue=plain(task["queue"]),
        agent=plain(task.get("agent") or view.say("nobody")),
        until=_maybe_at(task.get("held_until"), now, view),
        at=_maybe_at(instant, now, view),
    )


def _maybe_at(instant: str | None, now: int, view: View) -> str:
    return "" if instant is None else times.at(instant, now, view.language, view.zone)


def _facts(task: Item, found: Item, now: int, view: View) -> Table:
    made = Table.grid(padding=(0, 2))
    made.add_column(no_wrap=True, style=DIM)
    made.add_column(overflow="fold")
    made.add_row(view.say("fact_what"), what(task))
    made.add_row(view.say("fact_asks"), _asks(task, view))
    made.add_row(view.say("fact_priority"), priority(task, view))
    made.add_row(view.say("fact_promise"), _promise(task, now, view))
    if task.get("respond_by"):
        made.add_row(view.say("fact_reply"), _reply(task, now, view))
    if task["state"] in ("queued", "held", "offered"):
        made.add_row(view.say("fact_waited"), waited(task, now))
    if task["state"] == "held":
        said = task.get("hold_reason")
        reason = reason_word("not_yet", view) if said == NOT_BEFORE else cut(said or "–", LONGEST)
        made.add_row(view.say("fact_reason"), reason)
    if task.get("outcome"):
        made.add_row(view.say("fact_outcome"), cut(task["outcome"], LONGEST))
    if found.get("position"):
        position, of = view.number(found["position"]), view.number(found["of"])
        made.add_row(view.say("fact_place"), view.say("place", position=position, of=of))
    return made


def _asks(task: Item, view: View) -> str:
    """The skills that a task asks for, with their levels."""
    asked = _skills(task.get("skills") or {}) or view.say("fact_nothing")
    sets = [_skills(one) for one in task.get("any_skills") or ()]
    return f"{asked}; {view.say('fact_any', sets=' | '.join(sets))}" if sets else asked


def _skills(levels: Mapping[str, int]) -> str:
    return ", ".join(f"{plain(name)} {level}" for name, level in levels.items())


def _promise(task: Item, now: int, view: View) -> Text:
    """When it is to be done."""
    instant = due(task)
    if instant is None:
        return Text(view.say("promise_none"), style=DIM)
    risky = _tight(task, now) or times.ms_of(instant) - now == left_ms(task, now)
    return _kept(instant, task, task.get("finished_at"), now, view, "promise_at_risk" if risky else "")


def _reply(task: Item, now: int, view: View) -> Text:
    """When somebody is to take it first."""
    instant = task["respond_by"]
    risky = not _tight(task, now) and times.ms_of(instant) - now == left_ms(task, now)
    return _kept(instant, task, task.get("responded_at"), now, view, "promise_reply_at_risk" if risky else "")


def _tight(task: Item, now: int) -> bool:
    """Whether a task that is begun now, or was begun, will not be done when it is due."""
    instant, began = due(task), task.get("started_at")
    if instant is None:
        return False
    left = times.ms_of(instant) - (now if began is None else times.ms_of(began))
    return left < 1000 * _handle_s(task)


def _handle_s(task: Item) -> float:
    return float(task.get("handle_s") or HANDLE_MS / 1000)


def _kept(instant: str, task: Item, done: str | None, now: int, view: View, risk: str) -> Text:
    """How it stands to a promise that ends at an instant; `done`: when that was done which is promised;
    `risk`: the words for it if it is this promise that is at risk where one is.
    """
    at, left = times.at(instant, now, view.language, view.zone), times.ms_of(instant) - now
    if task["state"] == "cancelled":
        return Text(view.say("promise_off", at=at), style=DIM)
    if done is not None:
        missed = times.ms_of(done) >= times.ms_of(instant)
        return Text(
            view.say("promise_missed" if missed else "promise_met", at=at), style=BAD if missed else GOOD
        )
    if left <= 0:
        return Text(view.say("promise_late", at=at, time=times.long(-left)), style=BAD)
    risky = risk and task.get("sla_risk") == "at_risk"
    key, style = (risk, REASON) if risky else ("promise_ok", "default")
    handle = duration(_handle_s(task))
    return Text(view.say(key, at=at, time=times.long(left), handle=handle), style=style)


def _refusals(counts: Mapping[str, int], view: View) -> Table:
    made = Table.grid(padding=(0, 2))
    made.add_column(justify="right")
    for rule, count in counts.items():
        made.add_row(view.number(count), Text(reason_word(rule, view), style=REASON))
    return made


def _unblock(change: Item, view: View) -> str:
    if change["kind"] not in REMEDIES or not set(change.get("also", ())) <= REASONS.keys():
        return plain(change["kind"])  # a newer service's
    return plain(remedy(msgspec.convert(change, UnblockOut), view))


def _decision(decided: Item, now: int, view: View) -> Table:
    made = Table.grid(padding=(0, 2))
    at = times.at(decided["at"], now, view.language, view.zone)
    terms = decided["terms"]
    key = "decided_over_time" if "right_agent" in terms else "decided"
    value = worth(decided["value"], terms, view)
    made.add_row(view.say(key, at=at, agent=plain(decided["agent"]), value=value))
    made.add_row(_terms(terms, view))
    others = [
        view.say("runner_up", agent=plain(one["agent"]), value=worth(one["value"], terms, view))
        for one in decided.get("runners_up") or ()
    ]
    if others:
        made.add_row(Text(view.say("runners_up", others=", ".join(others)), style=DIM))
    return made


def _terms(terms: Mapping[str, int], view: View) -> Table:
    """What each term gave, its name and what it means."""
    made = Table.grid(padding=(0, 2))
    made.add_column(justify="right")
    for name, points in terms.items():
        known = f"term_{name}" in WORDS
        meaning = view.say(f"term_{name}") if known else ""
        given = worth(points, terms, view)
        made.add_row(given, view.say(name) if known else plain(name), Text(meaning, style=DIM))
    return made


def _history(moments: Sequence[Item], view: View) -> Table:
    made = Table.grid(padding=(0, 2))
    made.add_column(no_wrap=True, style=DIM)
    made.add_column(overflow="fold")
    left = len(moments) - LAST
    if left > 0:
        made.add_row("", Text(view.say("history_left_out", count=view.number(left)), style=DIM))
    for moment in moments[-LAST:]:
        made.add_row(times.stamp(moment["at"], view.zone), _moment(moment, view))
    return made


def _moment(moment: Item, view: View) -> Text:
    """What happened, to whom, by whom and why."""
    verb = moment["type"].removeprefix("task.")
    if moment.get("lift") or moment.get("admit"):
        verb = "lifted"
    told = Text(view.say(f"past_{verb}") if f"past_{verb}" in WORDS else plain(verb))
    if moment.get("agent") and moment["actor"] != moment["agent"]:
        told.append(f" → {plain(moment['agent'])}", style=AGENT)
    told.append(f" {view.say('by', actor=plain(moment['actor']))}", style=DIM)
    if moment.get("override"):
        told.append(f" ({plain(moment['override'])})", style=DIM)
    said = moment.get("reason") or moment.get("note") or moment.get("outcome")
    return told.append(f": {cut(said, LONGEST)}") if said else told
