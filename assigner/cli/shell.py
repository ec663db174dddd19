"""How a command behaves in a shell: what it reads, writes and shows, and how it ends."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import NoReturn, TextIO, TypeVar

import typer
from rich.console import Console, RenderableType
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

T = TypeVar("T")

PATIENCE_S = 1.0
REFUSED, USAGE = 1, 2
STDIN = Path("-")


@contextmanager
def manners() -> Iterator[None]:
    """End by the signal of Ctrl-C or of a pipe that nobody reads any more, as a shell expects; tell the
    system's errors in a sentence.
    """
    if sys.stdout is None:
        fail(["stdout is closed"], REFUSED)
    try:
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        _end_by(signal.SIGINT)
    except BrokenPipeError:
        _end_by(signal.SIGPIPE)
    except OSError as error:
        _drop_stdout()
        named = f"{error.filename}: " if error.filename else ""
        fail([f"{named}{error.strerror or error}"], REFUSED)


def read(path: Path, most: int) -> bytes:
    """The bytes of a file, or of stdin for `-`; no more than `most` and one. Raises OSError."""
    if path == STDIN:
        if sys.stdin is None:
            raise OSError("it is closed")
        return sys.stdin.buffer.read(most + 1)
    with path.open("rb") as file:
        return file.read(most + 1)


def write(data: bytes, path: Path | None = None) -> None:
    """Write to a file, or to stdout."""
    if path is not None:
        path.write_bytes(data)
        return
    sys.stdout.flush()
    left = memoryview(data)
    while left:  # an unbuffered stdout may take a part
        left = left[sys.stdout.buffer.write(left) :]
    sys.stdout.buffer.flush()


def show(*parts: RenderableType) -> None:
    """Print to stdout: coloured and as wide as the terminal; elsewhere as wide as COLUMNS says, or 80."""
    console = _console(sys.stdout)
    with console.capture() as made:
        console.print(*parts, sep="\n")
    # Not printed by rich, which ends the process in its own way when nobody reads.
    write(made.get().encode(sys.stdout.encoding, "replace"))


def fail(lines: Iterable[str], code: int) -> NoReturn:
    """Tell what went wrong, the first line as the headline, and end with the code."""
    told = Text("error: ", style="bold red").append("\n  ".join(lines), style="default")
    _console(sys.stderr).print(told, soft_wrap=True)
    raise typer.Exit(code)


def patiently(label: str, work: Callable[[], T]) -> T:
    """The result of `work`. When it takes more than a second, a terminal's stderr shows that it goes on."""
    result: Future[T] = Future()
    # A daemon: Ctrl-C ends the process whatever the work is at.
    Thread(target=_fulfil, args=(result, work), daemon=True).start()
    with suppress(TimeoutError):
        return result.result(PATIENCE_S)
    console = _console(sys.stderr)
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    hidden = not sys.stderr.isatty()
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        progress.add_task(label, total=None)
        return result.result()


def _fulfil(result: Future[T], work: Callable[[], T]) -> None:
    try:
        result.set_result(work())
    except BaseException as error:
        result.set_exception(error)


def _console(file: TextIO) -> Console:
    return Console(file=file, markup=False, emoji=False, highlight=False)


def _end_by(number: signal.Signals) -> NoReturn:
    """End as the signal ends a process, so that the shell sees which it was."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    raise SystemExit(128 + number)


def _drop_stdout() -> None:
    """Send what stdout still holds nowhere: it could not be written, and would be tried again at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
