"""Showing a run while it goes on: a view in a terminal, or a line now and then."""

from __future__ import annotations

import asyncio
from typing import Final

from rich.console import Console
from rich.live import Live

from assigner.cli import shell
from assigner.demo.board import Board, look
from assigner.demo.keys import header
from assigner.demo.platform import Platform
from assigner.demo.screen import Shown, screen
from assigner.demo.summary import invitation, progress

FRAMES: Final = 2
"""How often the view is shown a second; the service is asked how it stands once a second."""
TOLD_S: Final = 10.0


async def view(platform: Platform, board: Board, console: Console) -> None:
    """Fill the terminal with the view until cancelled."""
    with Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop") as live:
        while True:
            for _ in range(FRAMES):
                shown = shown_of(platform, board, *console.size)
                live.update(screen(shown), refresh=True)
                await asyncio.sleep(1 / FRAMES)
            board = await look(platform.service, board, platform.elapsed_s)


async def lines(platform: Platform, board: Board) -> None:
    """Say what can be tried, and every while how it goes, until cancelled."""
    shell.show(*invitation(shown_of(platform, board)))
    while True:
        await asyncio.sleep(TOLD_S - platform.elapsed_s % TOLD_S)
        board = await look(platform.service, board, platform.elapsed_s)
        shell.show(progress(shown_of(platform, board)))


def shown_of(platform: Platform, board: Board, width: int = 80, height: int = 24) -> Shown:
    """What is to be shown now."""
    return Shown(
        board=board,
        tally=platform.tally,
        elapsed_s=platform.elapsed_s,
        pace=platform.wanted.pace,
        address=platform.service.address,
        header=header(platform.service.keyring),
        language=platform.service.language,
        width=width,
        height=height,
    )
