"""`assigner handling`: how long agents are expected to take, as it was learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import exp
from typing import Any, Final

import msgspec
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from assigner.cli import shell
from assigner.cli.options import Form
from assigner.cli.people.asking import Where, ask
from assigner.cli.people.plain import plain, sheet
from assigner.cli.tables import AGENT, DIM, View, table
from assigner.cli.words import duration
from assigner.client import Client, HandlingTime

USUAL: Final = 20
EIGHT_IN_TEN: Final = 1.2816
"""So many σ to either side of the middle lie eight in ten values that are normal."""


def handling(where: Where, filters: Mapping[str, Any], form: Form) -> None:
    """List what was learned: by category, everybody first."""
    found = ask(where, lambda client: _found(client, where, filters, form))
    if form == "json":
        shell.write(msgspec.json.format(msgspec.json.encode([dict(one) for one in found])) + b"\n")
    elif form == "csv":
        head = ("category", "agent", "mean_s", "spread", "n")
        shell.write(sheet(head, ([one[name] for name in head] for one in found)))
    else:
        shell.show(*_shown(found, where.view(USUAL)))


def _found(client: Client, where: Where, filters: Mapping[str, Any], form: Form) -> Sequence[HandlingTime]:
    """As many as are shown, and one more where there are more."""
    limit = where.limit
    if form == "table" and limit != 0:
        return list(islice(client.agents.handling(**filters), (limit or USUAL) + 1))
    return list(islice(client.agents.handling(**filters), limit or None))


def _shown(found: Sequence[HandlingTime], view: View) -> Iterator[RenderableType]:
    if not found:
        yield Text(view.say("no_handling"), style=DIM)
        return
    yield _table(view.first(found), view)
    if len(found) > len(view.first(found)):
        yield Text(view.say("some_more"), style=DIM)


def _table(found: Sequence[HandlingTime], view: View) -> Table:
    names = ("category", "agent", "takes", "mostly", "completed")
    heads = [view.say(f"column_{name}") for name in names]
    made = table("", *heads, right=(heads[2], heads[4]))
    made.title = None
    for one in found:
        who = Text(view.say("everybody"), style=DIM) if one.agent is None else Text(plain(one.agent), AGENT)
        made.add_row(plain(one.category), who, duration(one.mean_s), _mostly(one), view.number(one.n))
    return made


def _mostly(one: HandlingTime) -> str:
    """Between which times eight in ten lie that are lognormal."""
    middle, reach = one.mean_s * exp(-(one.spread**2) / 2), exp(EIGHT_IN_TEN * one.spread)
    return f"{duration(middle / reach)} – {duration(middle * reach)}"
