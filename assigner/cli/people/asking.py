"""How the commands for people ask the service: by its client, and what goes wrong in plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from api.messages import Language
from assigner.cli import shell
from assigner.cli.options import language, own_url
from assigner.cli.people.instants import NoInstant
from assigner.cli.people.plain import plain
from assigner.cli.people.refusals import Doing, refusal
from assigner.cli.tables import View
from assigner.cli.words import say
from assigner.client import AssignerError, Client, NotReached, Problem, Unauthorized
from assigner.clock import SystemClock

T = TypeVar("T")
RETRIES = 2
"""A person who waits would rather hear that the service is away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which service is asked, with which key, and how what it answers is shown."""

    url: str
    key: str
    language: Language
    limit: int | None = None
    """How many rows are shown; None: as many as are usual, 0: all."""

    def view(self, usual: int) -> View:
        """How lists are shown."""
        return View(language=self.language, limit=usual if self.limit is None else self.limit)


def reached(url: str | None, key: str, lang: Language | None, limit: int | None = None) -> Where:
    """The service that flags say, or this machine's."""
    return Where(url=url or own_url(), key=key, language=language(lang), limit=limit)


def now_ms() -> int:
    """The time of this machine, in milliseconds."""
    return SystemClock().now_ms()


def ask(where: Where, work: Callable[[Client], T], label: str = "asking", doing: Doing | None = None) -> T:
    """What the work gets from the service. Ends with code 1 and plain words where it gets nothing."""
    try:
        return shell.patiently(say(label, where.language), lambda: _asked(where, work))
    except AssignerError as error:
        shell.fail(told(error, where, doing), shell.REFUSED)


def told(error: AssignerError, where: Where, doing: Doing | None = None) -> list[str]:
    """What went wrong, a line each."""
    if isinstance(error, Unauthorized) and not where.key:
        return [say("no_key", where.language)]
    if isinstance(error, Problem) and error.code:
        return list(refusal(error, where.view(0), doing))
    key = "not_reached" if isinstance(error, NotReached) else "not_a_service"
    why = error.status if isinstance(error, Problem) else error.__cause__ or error
    return [say(key, where.language, url=where.url, why=plain(why))]


def instant(where: Where, read: Callable[[str, int], int], text: str) -> int:
    """The instant, or the span, that an option says. Ends with code 2 where it says none."""
    try:
        return read(text, now_ms())
    except NoInstant as error:
        shell.fail([say(error.key, where.language, text=plain(text))], shell.USAGE)


def _asked(where: Where, work: Callable[[Client], T]) -> T:
    with Client(where.url, where.key, language=where.language, retries=RETRIES) as client:
        return work(client)
