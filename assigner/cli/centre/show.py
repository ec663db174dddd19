"""What an `apply` would do, as a list for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from assigner.cli.centre.diff import NOTHING, Change, Difference, Field, Sign
from assigner.cli.centre.text import flow
from assigner.cli.tables import DIM, View

STYLES: Final[dict[Sign, str]] = {"+": "green", "~": "yellow", "-": "red"}
SIGNS: Final[dict[str, Sign]] = {"made": "+", "changed": "~", "removed": "-"}
MOST_SHOWN: Final = 60


def shown(difference: Difference, view: View) -> Iterator[RenderableType]:
    """The changes by section: + made, ~ changed, - removed, = how many stay as they are; and their number."""
    for kind in difference.same:
        yield Text(view.say(kind), style="bold")
        yield _section(difference, kind, view)
    if left := difference.unlisted:
        yield Text(view.say("unlisted", count=view.number(left)), style=DIM)
    yield Text(total(difference, view), style="bold")


def total(difference: Difference, view: View) -> str:
    """How much there is to do, in a sentence."""
    if not difference.changes:
        return view.say("nothing_to_do")
    counts = {name: sum(c.sign == sign for c in difference.changes) for name, sign in SIGNS.items()}
    return view.say("would", **{name: view.number(count) for name, count in counts.items()})


def _section(difference: Difference, kind: str, view: View) -> Table:
    made = Table.grid(padding=(0, 1))
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for sign, style in STYLES.items():
        changes = difference.of(kind, sign)
        for change in view.first(changes):
            made.add_row(Text(f"  {sign}", style=style), _line(change, style))
        if rest := len(changes) - len(view.first(changes)):
            more = view.say("more", more=view.number(rest))
            made.add_row(Text(f"  {sign}", style=style), Text(more, style=DIM))
    same = [view.say("same_count", count=view.number(difference.same[kind]))]
    if kind == "tasks" and difference.ended:
        same.append(view.say("ended_count", count=view.number(difference.ended)))
    made.add_row(Text("  =", style=DIM), Text("; ".join(same), style=DIM))
    return made


def _line(change: Change, style: str) -> Text:
    """A record, and what changes of it."""
    told = Text(change.id, style=style)
    if change.sign == "+" and change.new:
        fields = (f"{name}: {_cut(value)}" for name, value in change.new.items())
        told.append("  " + "; ".join(fields), "default")
    if change.sign == "~":
        told.append("  " + "; ".join(map(_field, change.fields())), "default")
    return told


def _field(field: Field) -> str:
    return f"{field.name}: {_cut(field.old)} → {_cut(field.new)}"


def _cut(value: object) -> str:
    """A value on one line, cut short."""
    if value is NOTHING:
        return "–"
    text = flow(value)
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"
