"""What the demo says in plain lines: before it begins, now and then without a terminal, and at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from api.messages import Language
from assigner.cli.tables import AGENT, DIM
from assigner.cli.words import span
from assigner.demo.keep import Opened
from assigner.demo.screen import Shown, clock, decimal, tries, waited, within
from assigner.demo.tally import Tally
from assigner.demo.words import say
from assigner.sample_data import QUEUES

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How it ended: the numbers of the service at the beginning and the end, and what the demo counted."""

    first: Record
    last: Record
    tally: Tally
    still_open: int
    elapsed_s: float
    folder: Path
    language: Language

    @property
    def others(self) -> int:
        """What others made less what they ended: the part of the balance that the demo did not do itself."""
        counts = self.tally.counts
        return _open(self.last) + counts["completed"] - _open(self.first) - counts["made"]


def opening(opened: Opened, now_ms: int, language: Language) -> Iterator[RenderableType]:
    """What is there, and how fast it lives."""
    states = [task["state"] for task in opened.tasks]
    facts: dict[str, Any] = {"agents": len(opened.agents)}
    if opened.left_at is None:
        facts |= {"queues": len(QUEUES), "tasks": len(states)}
        yield Text(say("made_centre", language, **facts), style="bold")
    else:
        facts["waiting"] = states.count("queued") + states.count("held")
        facts["held"] = states.count("offered") + states.count("assigned")
        ago = waited(max(0, now_ms - opened.left_at) / 1_000)
        yield Text(say("goes_on", language, ago=ago, **facts), style="bold").append(
            f" {say('anew', language)}", "not bold"
        )
    yield Text(say("pace", language, hour=waited(3_600 / opened.wanted.pace)))
    yield Text(say("real_clock", language))


def invitation(shown: Shown) -> Iterator[RenderableType]:
    """What can be tried while it runs."""
    yield Text(f"{shown.say('try')}:", style="bold")
    for command, meaning in tries(shown):
        yield Text(f"  {command}", AGENT, no_wrap=True, overflow="ignore")
        yield Text(f"      {meaning}", DIM)
    yield Text()


def progress(shown: Shown) -> Text:
    """How it goes, in a line."""
    board = shown.board
    return Text(
        shown.say(
            "progress",
            time=clock(shown.elapsed_s),
            waiting=board.waiting,
            held=board.with_agents,
            done=shown.tally.counts["completed"],
            late=board.stats["breached"],
            rate=decimal(shown.tally.offers_a_second(shown.elapsed_s), shown.language),
        )
    )


def summary(ending: Ending) -> Iterator[RenderableType]:
    """What happened, in numbers that add up."""
    language = ending.language
    title = say("summary", language, time=span(ending.elapsed_s, language))
    yield Text(f"\n{title}", style="bold")
    sides = Table.grid(padding=(0, 4, 0, 0))
    sides.add_row(_tasks(ending), _offers(ending))
    yield sides
    for key, times in (("to_offer", ending.tally.to_offer), ("reaction", ending.tally.reactions)):
        yield Text(f"{say(key, language)}: {within(times, language)}.")
    yield Text(f"\n{say('kept', language, folder=ending.folder)}")


def _tasks(ending: Ending) -> Table:
    counts, now = ending.tally.counts, ending.last["tasks"]
    came = [("there", _open(ending.first)), ("made", counts["made"])]
    if ending.others:
        came.append(("yours", ending.others))
    went = [
        ("completed", counts["completed"]),
        ("now_waiting", now["queued"]),
        ("now_held", now["held"]),
        ("now_offered", now["offered"]),
        ("now_in_hands", now["assigned"]),
    ]
    return _balance("tasks", came, went, ending.language)


def _offers(ending: Ending) -> Table:
    counts = ending.tally.counts
    ended = [
        ("accepted", counts["accepted"]),
        ("turned_down", counts["declined"]),
        ("expired", counts["expired"]),
        ("withdrawn", counts["withdrawn"]),
        ("still_open", ending.still_open),
    ]
    return _balance("offers", [("offers_made", counts["offers"])], ended, ending.language)


def _balance(
    head: str, first: list[tuple[str, int]], then: list[tuple[str, int]], language: Language
) -> Table:
    """Two groups of rows with the same sum."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    made.add_column(say(head, language))
    made.add_column("", justify="right")
    for number, (key, count) in enumerate([*first, *then]):
        made.add_row(say(key, language), str(count), end_section=number == len(first) - 1)
    return made


def _open(stats: Record) -> int:
    return int(sum(stats["tasks"].values()))
