"""A decision as tables for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import TypeVar

from msgspec import UNSET
from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from api.messages import Language
from api.schemas import Assignment, AssignResponse, Pair, SolutionOut, Unassigned, UnblockOut
from assigner.cli import words
from assigner.dispatch.parts import MOST_OF_PAIR, SCALE, ZERO

T = TypeVar("T")

AGENT, REASON, GOOD, DIM = "cyan", "yellow", "green", "dim"
MOST_IDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a decision is shown: at most `limit` rows of each list (0: all), after which `more` is the key of
    the words; instants in `zone` (None: the machine's).
    """

    language: Language
    limit: int
    more: str = "more"
    zone: tzinfo | None = None

    def say(self, key: str, **facts: object) -> str:
        """The words of a key."""
        return words.say(key, self.language, **facts)

    def number(self, count: float) -> str:
        """A whole number, with its thousands apart."""
        return words.number(count, self.language)

    def first(self, rows: Sequence[T]) -> Sequence[T]:
        """The rows that are shown."""
        return rows[: self.limit] if self.limit else rows


def report(answer: AssignResponse, view: View) -> Iterator[RenderableType]:
    """An answer for people: who takes what, why the others wait, and how good it is."""
    yield _headline(answer, view)
    if answer.assignments:
        yield _assignments(answer.assignments, view)
        yield from _rest(answer.assignments, view)
    if answer.unassigned:
        yield _reasons(answer.unassigned, view)
        alike = _alike(answer.unassigned)
        yield _waiting(alike, view)
        yield from _rest(alike, view)
    if answer.pairs is not UNSET:
        yield _pairs(answer.pairs, view)
        yield from _rest(answer.pairs, view)
    yield _solution(answer.solution, view)


def table(title: str, *columns: str, right: Sequence[str] = ()) -> Table:
    """An empty table; the columns in `right` are numbers."""
    made = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for name in columns:
        number = name in right
        made.add_column(name, justify="right" if number else "left", overflow="fold", no_wrap=number)
    return made


def _headline(answer: AssignResponse, view: View) -> Text:
    assigned, waiting = len(answer.assignments), len(answer.unassigned)
    facts = {"assigned": assigned, "tasks": assigned + waiting, "waiting": waiting}
    told = view.say("assigned_of", **{name: view.number(count) for name, count in facts.items()})
    return Text(f"{told}\n", style="bold")


def _rest(rows: Sequence[object], view: View) -> Iterator[Text]:
    """How many rows are not shown."""
    if left := len(rows) - len(view.first(rows)):
        yield Text(view.say(view.more, more=view.number(left)) + "\n", style=DIM)


def _assignments(rows: Sequence[Assignment], view: View) -> Table:
    terms = list(rows[0].terms)
    heads = [view.say(name).replace(" ", "\n") for name in ("value", *terms, "time")]
    made = table(view.say("assignments"), view.say("task"), view.say("agent"), *heads, right=heads)
    if "right_agent" in terms:
        made.padding = 0  # so many numbers leave little room for who takes what
    for row in view.first(rows):
        parts = [worth(points, terms, view) for points in (row.value, *row.terms.values())]
        made.add_row(row.task, Text(row.agent, style=AGENT), *parts, words.duration(row.expected_handle_s))
    return made


def worth(points: int, terms: Collection[str], view: View) -> str:
    """Points as they are; by a rule over time in units of a logarithm, from the middle of what a value may be
    where they are near it.
    """
    if "right_agent" not in terms:
        return view.number(points)
    return words.units(
        (points - ZERO if abs(points - ZERO) <= MOST_OF_PAIR else points) / SCALE, view.language
    )


def _reasons(rows: Sequence[Unassigned], view: View) -> Table:
    heads = view.say("tasks"), view.say("reason"), view.say("meaning")
    made = table(view.say("reasons"), *heads, right=heads[:1])
    for reason, count in Counter(row.reason for row in rows).most_common():
        name, meaning = (words.both(pair, view.language) for pair in words.REASONS[reason])
        made.add_row(view.number(count), Text(name, style=REASON), meaning)
    return made


def _alike(rows: Sequence[Unassigned]) -> list[list[Unassigned]]:
    """The waiting tasks with the same explanation together: first the most frequent explanation of each
    reason, then the second of each, and so on.
    """
    alike: dict[object, list[Unassigned]] = {}
    for row in rows:
        alike.setdefault((row.reason, row.detail, repr(row.unblock)), []).append(row)
    groups = sorted(alike.values(), key=len, reverse=True)
    rank: Counter[str] = Counter()
    ranked: list[tuple[int, list[Unassigned]]] = []
    for group in groups:
        ranked.append((rank[group[0].reason], group))
        rank[group[0].reason] += 1
    return [group for _, group in sorted(ranked, key=lambda pair: pair[0])]


def _waiting(alike: Sequence[Sequence[Unassigned]], view: View) -> Table:
    made = table(view.say("waiting"), view.say("tasks"), view.say("why"))
    for number, rows in enumerate(view.first(alike)):
        if number:
            made.add_row()
        made.add_row(_ids(rows, view), _why(rows[0], view))
    return made


def _ids(rows: Sequence[Unassigned], view: View) -> str:
    shown = rows[: MOST_IDS if view.limit else None]
    more = [f"+ {view.number(len(rows) - len(shown))}"] if len(rows) > len(shown) else []
    return "\n".join([row.task for row in shown] + more)


def _why(row: Unassigned, view: View) -> Text:
    """The reason, the sentence, and on a line of its own what would help."""
    why = Text(words.both(words.REASONS[row.reason][0], view.language), style=REASON)
    if row.detail is not UNSET:
        why.append(f"  {words.local(row.detail, view.zone)}", style="default")
    if row.unblock is not UNSET:
        why.append(f"\n→ {remedy(row.unblock, view)}", style=GOOD)
    return why


def remedy(change: UnblockOut, view: View) -> str:
    """What would unblock a task."""
    told = words.both(words.REMEDIES[change.kind], view.language).format(
        agents=words.any_of(change.agents, view.language),
        skill=change.skill,
        level=change.level,
        channel=change.channel,
        at=change.at,
    )
    if change.also is not UNSET:
        left = [words.both(words.REASONS[rule][0], view.language) for rule in change.also]
        told += view.say("also", rules=", ".join(left))
    return words.local(told, view.zone)


def _pairs(rows: Sequence[Pair], view: View) -> Table:
    heads = view.say("task"), view.say("agent"), view.say("value")
    made = table(view.say("pairs"), *heads, right=heads[2:])
    for row in view.first(rows):
        made.add_row(row.task, Text(row.agent, style=AGENT), view.number(row.value))
    return made


def _solution(solution: SolutionOut, view: View) -> Text:
    gap = words.percent(solution.gap, view.language)
    facts = view.say(
        "solution",
        objective=view.number(solution.objective),
        gap=gap,
        method=solution.method,
        time=words.span(solution.solve_s, view.language),
    )
    style = GOOD if solution.status == "optimal" else REASON
    return Text.assemble((view.say(solution.status, gap=gap), style), f" {facts}")
