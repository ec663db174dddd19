"""Run the benchmarks: `python -m tests.benchmarks [NAME …] [--short] [--list]`."""

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import cast

from tests.benchmarks.report import Result, Row, console, machine, markdown, show, show_all

OUTPUT = Path(__file__).parents[2] / "bench-out"
BENCHMARKS = {
    "solver": "the solver alone: against SciPy, a million tasks, growth, sizes, generalised assignment",
    "http": "end to end over HTTP: speed against JSON alone, memory, and probes while it solves",
    "bpic2012": "two weeks of a bank's real backlog, hour by hour, each answer judged twice",
    "durability": "what a power cut costs the store, with each durability",
    "live": "the living service with 50,000 tasks waiting: offers, posts, cold start, and where it breaks",
    "events": "500 who follow the events, one of them stopped, while 500 transitions a second happen",
    "metrics": "what it costs to be watched: /metrics at full size, and throughput with and without",
    "overrides": "10,000 tasks overridden in one call, by a filter, and what the next cycle does",
    "decision": "a decision over time: 10,000 tasks of 200 types wait, 5 of 1,000 agents are free",
    "mined": "our rule over time in back offices mined from real logs, means known and unknown",
    "simulation": "the simulator against theory, the bare desk against the real dispatcher",
    "replay": "a bank's back office at three loads: our rule over time against the others",
    "day": "a simulated day of 200 agents through the real dispatcher",
}

SHORTER = {"decision", "events", "live", "metrics", "mined", "overrides", "replay", "simulation"}
"""Those that have a short form, for who works on them."""

Run = Callable[[Path], Iterator[Result]]


def main() -> None:
    """Run those named, or all, one at a time."""
    names, short = _asked()
    OUTPUT.mkdir(exist_ok=True)
    console.print(f"[bold]Benchmarks[/] on {machine()}\n")
    results: list[tuple[str, Result]] = []
    for number, name in enumerate(names, 1):
        console.print(f"[bold]{number} of {len(names)}: {name}[/], {BENCHMARKS[name]}")
        for result in _run(name, short=short)(OUTPUT):
            show(result)
            results.append((name, result))
            _write(results)
        console.print()
    show_all([result for _, result in results if isinstance(result, Row)])
    console.print(f"Written to {OUTPUT.name}/: {', '.join(sorted(file.name for file in OUTPUT.iterdir()))}")


def _asked() -> tuple[list[str], bool]:
    """Which to run, and whether to be quick about those that can be."""
    listed = "\n".join(f"  {name:10} {meaning}" for name, meaning in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measure speed and quality, and print the tables.",
        epilog=f"benchmarks:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which to run (all)")
    parser.add_argument(
        "--short", action="store_true", help=f"seconds instead of minutes: {', '.join(SHORTER)}"
    )
    parser.add_argument("--list", action="store_true", help="list them and exit")
    given = parser.parse_args()
    if given.list:
        parser.exit(message=f"{listed}\n")
    if unknown := [name for name in given.names if name not in BENCHMARKS]:
        parser.error(f"there is no {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    names = given.names or list(BENCHMARKS)
    if given.short and not set(names) <= SHORTER:
        parser.error(f"--short is for {', '.join(SHORTER)} alone")
    return names, given.short


def _run(name: str, *, short: bool) -> Run:
    module = name if name in ("bpic2012", "day", "durability") else f"{name}_bench"
    run = import_module(f"tests.benchmarks.{module}").run
    return cast("Run", partial(run, short=True) if short else run)


def _write(results: list[tuple[str, Result]]) -> None:
    """Everything so far: what was measured is not lost when a later benchmark fails."""
    (OUTPUT / "benchmarks.md").write_text(markdown(results), encoding="utf-8")


if __name__ == "__main__":
    main()
