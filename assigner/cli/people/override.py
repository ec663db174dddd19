"""`assigner override`: something decided by hand; told before it is done, when it is large, and after."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import typer
from rich.console import RenderableType
from rich.text import Text

from assigner.cli import shell
from assigner.cli.people import times
from assigner.cli.people.actions import did, tasks_of
from assigner.cli.people.asking import Where, ask, now_ms
from assigner.cli.people.instants import NoInstant
from assigner.cli.people.plain import plain
from assigner.cli.people.refusals import Doing, part_refused
from assigner.cli.people.saying import Flags, Wrong, said
from assigner.cli.tables import DIM, GOOD, REASON, View
from assigner.cli.words import say
from assigner.client import Client
from assigner.dispatch.actions import ACTIONS, Action

MANY: Final = 20
"""A change of more tasks than these is shown, and asked about, before it is done."""
USUAL: Final = 20
YES: Final = ("y", "yes", "s", "si", "sí")
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An override as a command line asks for it."""

    where: Where
    row: Action
    flags: Flags
    dry_run: bool
    yes: bool
    as_json: bool


def override(asked: Asked) -> None:
    """Do it, or tell what it would do."""
    body = _body(asked)
    if asked.dry_run:
        _tell_preview(asked, body, _preview(asked, body))
        return
    if not asked.yes and _somebody_is_there():
        _ask_first(asked, body)
    made = _through(asked, body, lambda client: client.overrides.make(**body), "doing")
    if asked.as_json:
        shell.write(msgspec.json.format(msgspec.json.encode(dict(made))) + b"\n")
        return
    shell.show(*_done(made, now_ms(), asked.where.view(USUAL)))


def _body(asked: Asked) -> dict[str, Any]:
    """What is to be done. Ends with code 2 where the flags say nothing that can be."""
    try:
        return said(asked.row, asked.flags, now_ms())
    except (Wrong, NoInstant) as error:
        shell.fail([say(error.key, asked.where.language, text=plain(error.text))], shell.USAGE)


def _preview(asked: Asked, body: Body) -> Body:
    return _through(asked, body, lambda client: client.overrides.preview(**body), "asking")


def _through(asked: Asked, body: Body, work: Callable[[Client], Body], label: str) -> Body:
    """What the service answers; of what it refuses, the overrides in the way are named."""
    return ask(asked.where, work, label, _doing(body, now_ms(), asked.where.view(USUAL)))


def _doing(body: Body, now: int, view: View) -> Doing:
    takes, ids = ACTIONS[body["action"]].takes, body["target"].get("tasks")
    return Doing(
        phrase=_capital(did(body, now, view)),
        replaces="replace" in takes,
        named=len(ids) if isinstance(ids, list) else ids,
        forces="force" in takes and not body.get("force"),
        unfreezes=body["action"] == "unfreeze",
    )


def _ask_first(asked: Asked, body: Body) -> None:
    """Show what a large change would do, and ask whether to do it. Ends with code 1 when the answer is no."""
    preview = _preview(asked, body)
    view = asked.where.view(USUAL)
    if preview["would"] and _size(preview) <= MANY:
        return
    shell.show(*_would(preview, body, now_ms(), view))
    if not preview["would"]:
        raise typer.Exit(shell.REFUSED)
    sys.stderr.write(view.say("go_ahead"))
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in YES:
        shell.fail([view.say("left_alone")], shell.REFUSED)


def _somebody_is_there() -> bool:
    """Whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _size(preview: Body) -> int:
    """How many tasks it is about: those that it changes, and those of a queue that wait on it."""
    touched: int = preview["touched"]
    return max(touched, _held(preview))


def _held(preview: Body) -> int:
    """How many tasks of a queue would wait."""
    return sum((preview.get("holds") or {}).get("state", {}).values())


def _tell_preview(asked: Asked, body: Body, preview: Body) -> None:
    if asked.as_json:
        shell.write(msgspec.json.format(msgspec.json.encode(dict(preview))) + b"\n")
    else:
        shell.show(*_would(preview, body, now_ms(), asked.where.view(USUAL)))
    if not preview["would"]:
        raise typer.Exit(shell.REFUSED)


def _would(preview: Body, body: Body, now: int, view: View) -> Iterator[RenderableType]:
    """What an override would do."""
    phrase = _capital(did(body, now, view))
    if preview["would"]:
        yield Text(view.say("would_do", did=phrase, tasks=tasks_of(preview["touched"], view)), style="bold")
    else:
        yield Text(view.say("would_not", did=phrase), style="bold red")
    for name, counts in (preview.get("by") or {}).items():
        if counts:
            yield Text(f"  {view.say(f'by_{name}')}: {_counts(name, counts, view)}", style=DIM)
    if held := _held(preview):
        yield Text(f"  {view.say('would_hold', tasks=tasks_of(held, view))}", style=REASON)
    if preview["forced"]:
        yield Text(f"  {view.say('would_force', count=view.number(preview['forced']))}", style=REASON)
    ids = [plain(id) for id in view.first(preview["tasks"])]
    if ids:
        more = preview["touched"] - len(ids)
        rest = f" + {view.number(more)}" if more > 0 else ""
        yield Text(f"  {', '.join(ids)}{rest}")
    if until := body.get("until"):
        yield Text(f"  {_holds(until, now, view)}", style=DIM)
    yield from _refused(preview, body, now, view)


def _counts(name: str, counts: Mapping[str, int], view: View) -> str:
    words = ((view.say(what) if name == "state" else plain(what), count) for what, count in counts.items())
    return ", ".join(f"{what} {view.number(count)}" for what, count in words)


def _done(made: Body, now: int, view: View) -> Iterator[RenderableType]:
    """What an override did."""
    phrase = did(made, now, view)
    key = "is_done" if made["touched"] else "is_standing"
    yield Text(view.say(key, did=phrase, tasks=tasks_of(made["touched"], view)), style=GOOD)
    if made["forced"]:
        yield Text(view.say("would_force", count=view.number(made["forced"])), style=REASON)
    yield from _refused(made, made, now, view)
    if made["state"] != "active":
        yield Text(view.say("not_undone"), style=DIM)
        return
    yield Text(_holds(made["until"], now, view) if made.get("until") else view.say("holds_on"))
    yield Text(view.say("undo_with", id=plain(made["id"])), style=DIM)


def _holds(until: str, now: int, view: View) -> str:
    """Until when it holds, told back so that it can be seen how it was understood."""
    left = times.long(times.ms_of(until) - now)
    return view.say("holds_until", at=times.exact(until, view.zone), left=left)


def _refused(said: Body, body: Body, now: int, view: View) -> Iterator[Text]:
    """What was passed over, and what is refused of it and why."""
    if said.get("skipped"):
        yield Text(view.say("skipped", count=view.number(said["skipped"])), style=DIM)
    conflict: Sequence[Body] = [said["conflict"]] if said.get("conflict") else []
    parts = [*conflict, *(said.get("refusals") or ())]
    if parts:
        count = max(said.get("refused") or 0, len(parts))
        yield Text(view.say("refused_parts", count=view.number(count)), style=REASON)
    doing = _doing(body, now, view)
    for part in view.first(parts):
        yield Text(f"  {part_refused(part, view, doing)}")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
