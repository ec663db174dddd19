"""One run of the demo: the service, the centre in it, its agents at work, and the view of it all."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.text import Text

from api.messages import Language
from api.schemas import AssignResponse
from assigner.cli import shell
from assigner.cli.tables import AGENT, View, report
from assigner.clock import SystemClock
from assigner.demo.board import look
from assigner.demo.centre import Wanted
from assigner.demo.crew import Crew
from assigner.demo.keep import Opened, forget, last_written, open_centre
from assigner.demo.platform import Platform
from assigner.demo.service import Service, running
from assigner.demo.summary import Ending, opening, summary
from assigner.demo.tally import Tally
from assigner.demo.view import lines, view
from assigner.demo.words import say
from assigner.sample import NOW, snapshot

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
SECOND: Final = (200, 20)
"""Tasks and agents of the second act."""
SHOWN_ROWS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a command line asks for. `for_s` of None is until Ctrl-C; `port` of None, any. Without a terminal
    to show a view in there are plain lines.
    """

    wanted: Wanted
    for_s: float | None
    language: Language
    folder: Path
    fresh: bool
    port: int | None
    dev: bool
    terminal: Console | None


@dataclass(slots=True, kw_only=True)
class Signals:
    """The first signal that came. Before the centre lives it stops everything; after, the living."""

    caught: signal.Signals | None = None
    came: asyncio.Event = field(default_factory=asyncio.Event)
    living: bool = False


async def run(asked: Asked) -> signal.Signals | None:
    """Run the demo; the signal that ended it, if one did. Raises DemoError."""
    signals = Signals()
    work = asyncio.ensure_future(_run(asked, signals))

    def catch(number: signal.Signals) -> None:
        if signals.caught is None:
            signals.caught = number
            signals.came.set()
            if not signals.living:
                work.cancel()

    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, catch, number)
    with suppress(asyncio.CancelledError):
        await work
    return signals.caught


async def _run(asked: Asked, signals: Signals) -> None:
    clock, language = SystemClock(), asked.language
    shell.show(Text(say("starting", language)))
    if asked.fresh:
        await forget(asked.folder, language)
    left_at = last_written(asked.folder)
    async with running(asked.folder, asked.port, language, dev=asked.dev) as service:
        opened = await open_centre(service, asked.folder, asked.wanted, clock.now_ms(), left_at)
        shell.show(*opening(opened, clock.now_ms(), language), Text())
        signals.living = True
        ending = await _live(asked, service, opened, signals)
        shell.show(*summary(ending))
        if signals.caught is None:
            await _second_act(service)


async def _live(asked: Asked, service: Service, opened: Opened, signals: Signals) -> Ending:
    """Let the centre live until the time is over or a signal comes."""
    clock, loop = SystemClock(), asyncio.get_running_loop()
    crew = Crew(failure=loop.create_future())
    platform = Platform(
        service=service,
        wanted=opened.wanted,
        clock=clock,
        crew=crew,
        tally=Tally(),
        began_s=clock.monotonic_s(),
        began_ms=opened.began_ms,
        keeping=opened.keeping,
    )
    board = await look(service, None, 0.0)
    platform.open_up(opened)
    crew.spawn(service.over())
    crew.spawn(view(platform, board, asked.terminal) if asked.terminal else lines(platform, board))
    with suppress(TimeoutError):
        await asyncio.wait_for(_first(signals, crew), asked.for_s)
    await crew.stop()
    if crew.failure.done():
        crew.failure.result()
    await platform.settle()
    return Ending(
        first=board.stats,
        last=await service.client.stats(),
        tally=platform.tally,
        still_open=len(platform.open_offers),
        elapsed_s=platform.elapsed_s,
        folder=asked.folder,
        language=asked.language,
    )


async def _first(signals: Signals, crew: Crew) -> None:
    """Return when a signal has come, or something has failed."""
    came = asyncio.ensure_future(signals.came.wait())
    waited_for: set[asyncio.Future[Any]] = {came, crew.failure}
    try:
        await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
    finally:
        came.cancel()


async def _second_act(service: Service) -> None:
    """The other way to use it: one snapshot, decided and explained."""
    tasks, agents = SECOND
    language = service.language
    answer = await service.client.assign(snapshot(tasks, agents))
    shown = View(language=language, limit=SHOWN_ROWS, more="others", zone=NOW.tzinfo)
    more = Text(say("second_more", language)).append(" assigner sample | assigner assign -", AGENT)
    shell.show(
        Text("\n" + say("second", language, tasks=tasks, agents=agents) + "\n", style="bold"),
        *report(msgspec.convert(dict(answer), AssignResponse), shown),
        Text(),
        more,
    )
