"""What a benchmark says: verdicts and tables, for the terminal and as Markdown."""

import os
import platform
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import track
from rich.table import Table as Shown

T = TypeVar("T")

WIDE = 140
"""Columns where the output is no terminal."""

console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
_progress = Console(stderr=True)


class Verdict(StrEnum):
    """Whether what was asked was measured."""

    REACHED = "reached"
    MISSED = "not reached"
    SKIPPED = "skipped"
    NONE = ""
    """Nothing was asked: the number is there to be known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing measured. `asked` is empty where nothing was."""

    what: str
    asked: str = ""
    measured: str
    verdict: Verdict = Verdict.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """More numbers than a verdict holds. The first column is text, the others are numbers; `notes` say how
    to read them.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


Result = Row | Table


def verdict(reached: bool) -> Verdict:
    """REACHED or MISSED."""
    return Verdict.REACHED if reached else Verdict.MISSED


def progress(items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """The items, with a bar on stderr while they are worked through."""
    yield from track(items, description, total=total, console=_progress, transient=True)


def show(result: Result) -> None:
    """Print one result."""
    if isinstance(result, Row):
        style = {Verdict.REACHED: "green", Verdict.MISSED: "bold red"}.get(result.verdict, "dim")
        console.print(f"  {result.what}: [bold]{result.measured}[/]", end="")
        console.print(f"  (asked: {result.asked}) [{style}]{result.verdict}[/]" if result.asked else "")
        return
    console.print(_shown(result))
    for note in result.notes:
        console.print(f"[dim]{note}[/]")


def show_all(rows: Sequence[Row]) -> None:
    """Print the table of verdicts."""
    console.print(_shown(_verdicts(rows)))


def markdown(results: Sequence[tuple[str, Result]]) -> str:
    """Everything measured, as a Markdown text: the verdicts of all benchmarks, then their tables."""
    rows = [result for _, result in results if isinstance(result, Row)]
    tables = [result for _, result in results if isinstance(result, Table)]
    return "\n".join([f"Measured on {machine()}.\n", *map(_text, [_verdicts(rows), *tables])])


def machine() -> str:
    """CPU model, cores, memory, system, Python and date, in a line."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{_cpu()}, {cores} cores, {memory:.0f} GiB, {platform.system()} {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"
    )


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _verdicts(rows: Sequence[Row]) -> Table:
    return Table(
        title="Benchmarks",
        columns=("what", "asked", "measured", "verdict"),
        rows=[(row.what, row.asked, row.measured, row.verdict.value) for row in rows],
    )


def _shown(table: Table) -> Shown:
    shown = Shown(title=table.title, title_justify="left")
    for i, column in enumerate(table.columns):
        shown.add_column(column.replace("_", " "), justify="right" if _numeric(table, i) else "left")
    for row in table.rows:
        shown.add_row(*row)
    return shown


def _text(table: Table) -> str:
    lines = [
        f"**{table.title}**\n",
        _line(table.columns),
        _line(["---:" if _numeric(table, i) else "---" for i in range(len(table.columns))]),
        *map(_line, table.rows),
        *(f"\n{note}" for note in table.notes),
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _numeric(table: Table, column: int) -> bool:
    """Whether a column holds numbers: every cell that is not empty begins with a digit."""
    return column > 0 and all(row[column][:1].isdigit() for row in table.rows if row[column])
