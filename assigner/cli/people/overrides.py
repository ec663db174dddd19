"""`assigner overrides`: who overrode what, and why; and `assigner override undo`."""

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
from assigner.cli.people.actions import about, did, tasks_of
from assigner.cli.people.asking import Where, ask, instant, now_ms
from assigner.cli.people.instants import past
from assigner.cli.people.plain import cut, plain
from assigner.cli.tables import AGENT, DIM, GOOD, View, table
from assigner.cli.words import WORDS
from assigner.client import Client
from assigner.domain.instant import rfc3339

Said = Mapping[str, Any]
USUAL: Final = 20
LONGEST: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which overrides are listed, and how: by the parameters of the API; `since` as people say it."""

    where: Where
    filters: Mapping[str, str]
    since: str | None
    form: Form


def overrides(wanted: Wanted) -> None:
    """List them, the latest first."""
    where, filters = wanted.where, dict(wanted.filters)
    if wanted.since is not None:
        filters["since"] = rfc3339(instant(where, past, wanted.since))
    if wanted.form == "csv":
        text = ask(where, lambda client: client.overrides.csv(**filters))
        shell.write("".join(one if one in "\r\n" else plain(one) for one in text).encode())
        return
    found = ask(where, lambda client: _found(client, wanted, filters))
    if wanted.form == "json":
        shell.write(msgspec.json.format(msgspec.json.encode([dict(one) for one in found])) + b"\n")
    else:
        shell.show(*_shown(found, now_ms(), where.view(USUAL)))


def _found(client: Client, wanted: Wanted, filters: Mapping[str, Any]) -> Sequence[Said]:
    """As many as are shown, and one more where there are more."""
    limit = wanted.where.limit
    if wanted.form == "table" and limit != 0:
        return list(islice(client.overrides.list(**filters), (limit or USUAL) + 1))
    return list(islice(client.overrides.list(**filters), limit or None))


def undo(where: Where, id: str) -> None:
    """Take an override back."""
    undone = ask(where, lambda client: client.overrides.undo(id), "doing")
    now, view = now_ms(), where.view(USUAL)
    key = "was_undone" if undone["touched"] else "ended_standing"
    facts = {"did": did(undone, now, view), "tasks": tasks_of(undone["touched"], view), "id": plain(id)}
    shell.show(Text(view.say(key, **facts), style=GOOD))


def _shown(found: Sequence[Said], now: int, view: View) -> Iterator[RenderableType]:
    if not found:
        yield Text(view.say("no_overrides"), style=DIM)
        return
    yield _table(view.first(found), now, view)
    if len(found) > len(view.first(found)):
        yield Text(view.say("some_more"), style=DIM)


def _table(found: Sequence[Said], now: int, view: View) -> Table:
    names = ("override", "when", "did", "about", "author", "stands", "reason")
    made = table("", *(view.say(f"column_{name}") for name in names))
    made.title = None
    made.columns[0].no_wrap = True  # it is to be copied
    for one in found:
        made.add_row(
            plain(one["id"]),
            times.at(one["made_at"], now, view.language, view.zone),
            did(one, now, view),
            about(one, view),
            Text(plain(one["author"]), style=AGENT),
            _stands(one, now, view),
            cut(one["reason"], LONGEST),
        )
    return made


def _stands(one: Said, now: int, view: View) -> Text:
    """Whether it holds, and until when; or why it does not any more."""
    state = str(one["state"])
    if state == "active" and one.get("until"):
        at = times.at(one["until"], now, view.language, view.zone)
        return Text(view.say("stands_until", at=at), style=GOOD)
    key = f"stands_{state}"
    if key not in WORDS:
        return Text(plain(state))
    by = plain(one.get("ended_by") or "–")
    return Text(view.say(key, by=by), style=GOOD if state == "active" else DIM)
