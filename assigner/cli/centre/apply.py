"""`assigner apply` and `assigner export`: a centre from YAML files to a running service, and back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.errors import MAX_FAULTS_SHOWN
from api.messages import Language
from assigner.cli import shell
from assigner.cli.centre.diff import Change, Difference, compare
from assigner.cli.centre.doing import CHANGED_MEANWHILE, MADE_MEANWHILE, Result, carry_out
from assigner.cli.centre.file import STRUCTS, Centre, Docs, read
from assigner.cli.centre.service import Answer, Broken, Refused, connected, ended
from assigner.cli.centre.service import read as read_service
from assigner.cli.centre.show import SIGNS, shown
from assigner.cli.centre.text import text
from assigner.cli.centre.yaml import Mistake
from assigner.cli.tables import View
from assigner.cli.words import number, say
from assigner.client import Client

T = TypeVar("T")

MOST_BYTES: Final = 256 * 2**20
"""The largest file; a hundred thousand tasks take a tenth of it."""

TO_DO, NOT_ALL_DONE = 3, 4
"""Exit codes: a dry run that found something to do, and an apply that could not do all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a command line asks of a service: the files to apply, whether to tell the difference only, and
    whether agents who are not in them go.
    """

    files: Sequence[Path]
    url: str
    key: str
    dry_run: bool
    prune: bool
    limit: int
    language: Language


def apply(asked: Asked) -> None:
    """Make the centre as the files say, or tell what that would do. Ends with the codes of the help."""
    texts = dict(_text(path, asked.language) for path in asked.files)
    said = say("reading_files", asked.language)
    centre, mistakes = shell.patiently(said, lambda: read(texts, asked.language, prune=asked.prune))
    if mistakes:
        shell.fail(_refusal(", ".join(texts), mistakes, asked.language), shell.REFUSED)
    view = View(language=asked.language, limit=asked.limit)
    with connected(asked.url, asked.key) as client:
        difference = _difference(client, centre, asked)
        if asked.dry_run:
            shell.show(*shown(difference, view))
            if difference.changes:
                raise typer.Exit(TO_DO)
            return
        with _progress(say("applying", asked.language), len(difference.changes)) as advance:
            result = carry_out(client, difference, advance)
    _tell(result, difference, centre, asked)


def export(url: str, key: str, output: Path | None, language: Language, *, tasks: bool) -> None:
    """Write the centre that is there as a file that makes it so. Agents' presence is theirs, and left out."""
    kinds = [kind for kind in STRUCTS if tasks or kind != "tasks"]
    with connected(url, key) as client:
        there = _read(client, kinds, url, language)
    for agent in there["agents"].values():
        agent.pop("presence", None)
    shell.write(text(there), output)


def _text(path: Path, language: Language) -> tuple[str, bytes]:
    """The name and the bytes of a file. Ends with code 2 when it cannot be read."""
    name = "stdin" if path == shell.STDIN else str(path)
    try:
        body = shell.read(path, MOST_BYTES)
    except OSError as error:
        shell.fail([f"{name}: {error.strerror or error}"], shell.USAGE)
    if len(body) > MOST_BYTES:
        shell.fail([f"{name}: {say('too_large', language, most=MOST_BYTES)}"], shell.REFUSED)
    return name, body


def _refusal(source: str, mistakes: Sequence[Mistake], language: Language) -> list[str]:
    """A headline, and a line for each of the first mistakes."""
    key = "many_faults" if len(mistakes) > 1 else "one_fault"
    headline = say(key, language, source=source, count=number(len(mistakes), language))
    return [headline, *_first([mistake.told() for mistake in mistakes], language)]


def _first(lines: Sequence[str], language: Language) -> list[str]:
    more = len(lines) - MAX_FAULTS_SHOWN
    rest = [say("others", language, more=number(more, language))] if more > 0 else []
    return [*lines[:MAX_FAULTS_SHOWN], *rest]


def _difference(client: Client, centre: Centre, asked: Asked) -> Difference:
    """What separates the centre that is there from the files."""
    there = _read(client, list(centre.docs), asked.url, asked.language)
    unknown = centre.docs.get("tasks", {}).keys() - there.get("tasks", {}).keys()
    over = _asking(lambda: ended(client, unknown), asked.url, asked.language) if unknown else set()
    return compare(centre.docs, there, over, prune=asked.prune)


def _read(client: Client, kinds: Sequence[str], url: str, language: Language) -> Mapping[str, Docs]:
    return _asking(lambda: read_service(client, kinds), url, language)


def _asking(work: Callable[[], T], url: str, language: Language) -> T:
    """What the service answers. Ends with code 1 when it does not."""
    try:
        return shell.patiently(say("reading_centre", language), work)
    except Broken as error:
        shell.fail([say(error.key, language, url=url, why=error)], shell.REFUSED)
    except Refused as error:
        shell.fail([say("not_reached", language, url=url, why=error)], shell.REFUSED)


@contextmanager
def _progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal's stderr, moved by so many; elsewhere nothing."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task(label, total=total)
        yield lambda count: progress.advance(bar, count)


def _tell(result: Result, difference: Difference, centre: Centre, asked: Asked) -> None:
    """What was done; and what was not, with code 4."""
    language = asked.language
    counts = {name: number(result.done[sign], language) for name, sign in SIGNS.items()}
    same = number(sum(difference.same.values()) + result.same, language)
    summary = [say("done", language, **counts, same=same)]
    if difference.ended:
        summary.append(say("tasks_ended", language, count=number(difference.ended, language)))
    if difference.unlisted:
        summary.append(say("unlisted", language, count=number(difference.unlisted, language)))
    shell.write("".join(f"{line}\n" for line in summary).encode(sys.stdout.encoding, "replace"))
    lines = [line for change, answer in result.told for line in told(change, answer, centre, language)]
    if result.broken:
        why = say(result.broken.key, language, url=asked.url, why=result.broken)
        shell.fail([why, say("broke_off", language), *_first(lines, language)], NOT_ALL_DONE)
    if lines:
        headline = say("not_as_asked", language, count=number(len(result.told), language))
        shell.fail([headline, *_first(lines, language)], NOT_ALL_DONE)


def told(change: Change, answer: Answer, centre: Centre, language: Language) -> Iterator[str]:
    """What the service answered to a change, with the places in the file that it is about."""
    if change.sign == "-":
        yield f"/{change.kind}/{change.id}: {_detail(answer, language)}"
        return
    for fault in answer.get("errors") or [{"pointer": "", "detail": _detail(answer, language)}]:
        yield centre.mistake(change.kind, change.id, fault["detail"], fault["pointer"]).told()


def _detail(answer: Answer, language: Language) -> str:
    code = answer["code"]
    if code == MADE_MEANWHILE:
        return say("made_meanwhile", language)
    return say("changed_meanwhile", language) if code in CHANGED_MEANWHILE else str(answer["detail"])
