"""`assigner simulate`: each policy in the same weeks of a centre."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from api.errors import MAX_FAULTS_SHOWN
from api.exchange import MOST_BYTES
from api.messages import Language
from assigner.cli import shell
from assigner.cli.simulate import showing
from assigner.cli.simulate.describe import Described
from assigner.cli.simulate.example import CENTRE
from assigner.cli.simulate.reading import Refused, read
from assigner.cli.simulate.showing import Compared
from assigner.cli.words import maybe, number, say
from assigner.domain.policy import RULES_OF_VALUE
from assigner.simulation import bare, living
from assigner.simulation.bare import Outcome
from assigner.simulation.compare import Run, measure
from assigner.simulation.policies import POLICIES
from assigner.simulation.world import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to simulate: a file, or None for the sample, with a trace or None; which policies, how often."""

    file: Path | None
    trace: Path | None
    policies: Sequence[str]
    against: str
    seeds: int
    first_seed: int
    desk: str
    learns: bool
    as_json: bool
    language: Language

    @property
    def names(self) -> list[str]:
        """The policies, once each, the one that the others are compared with first."""
        return list(dict.fromkeys((self.against, *self.policies)))


def example() -> None:
    """Write the sample, to begin with."""
    shell.write(CENTRE.encode())


def simulate(asked: Asked) -> None:
    """Run all, and show what came of it. Ends with code 1 when the files will not do, 2 for wrong flags."""
    if unknown := list(_unknown(asked)):
        shell.fail(unknown, shell.USAGE)
    described = _described(asked)
    compared = Compared(
        runs=_runs(described, asked),
        names=asked.names,
        against=asked.against,
        desk=asked.desk,
        seeds=asked.seeds,
        described=described,
    )
    if asked.as_json:
        shell.write(showing.document(compared))
    else:
        shell.show(*showing.report(compared, asked.language))


def _unknown(asked: Asked) -> Iterator[str]:
    """What is wrong with the policies: a line for each that there is not at the desk asked for."""
    known = {*POLICIES, *(RULES_OF_VALUE if asked.desk == "living" else ())}
    for name in asked.names:
        if name in known:
            continue
        if name in RULES_OF_VALUE:
            yield say("sim_living", asked.language, name=name)
        else:
            near = maybe(name, sorted(known), asked.language)
            yield say("sim_no_policy", asked.language, name=name, maybe=near)
    if not known.issuperset(asked.names):
        yield say("sim_policies", asked.language, known=", ".join(sorted(known)))


def _described(asked: Asked) -> Described:
    text, name = (CENTRE.encode(), "sample") if asked.file is None else _bytes(asked.file)
    traced = None if asked.trace is None else _bytes(asked.trace)
    try:
        return read(text, name, asked.language, traced)
    except Refused as refused:
        _refuse([name] if traced is None else [name, traced[1]], refused.told, asked.language)


def _bytes(path: Path) -> tuple[bytes, str]:
    """What is in a file, and its name. Ends with code 2 when it cannot be read."""
    name = "stdin" if path == shell.STDIN else str(path)
    try:
        return shell.read(path, MOST_BYTES), name
    except OSError as error:
        shell.fail([f"{name}: {error.strerror or error}"], shell.USAGE)


def _refuse(names: Sequence[str], told: Sequence[str], language: Language) -> NoReturn:
    key = "one_fault" if len(told) == 1 else "many_faults"
    wrong = [name for name in names if any(line.startswith(name) for line in told)]
    headline = say(key, language, source=", ".join(wrong), count=number(len(told), language))
    shell.fail([headline, *told[:MAX_FAULTS_SHOWN]], shell.REFUSED)


def _runs(described: Described, asked: Asked) -> list[Run]:
    """Every policy in every seed's world. On a terminal stderr shows how far that is, and what is left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    label, total = say("simulating", asked.language), asked.seeds * len(asked.names)
    console, found = Console(file=sys.stderr), list[Run]()
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(label, total=total)
        for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
            drawn = described.cases(seed)
            for name in asked.names:
                progress.update(task, description=f"{label}: {name}")
                outcome = _run(name, asked, described, drawn, seed)
                found.append(Run(policy=name, seed=seed, measured=measure(outcome)))
                progress.advance(task)
    return found


def _run(name: str, asked: Asked, described: Described, drawn: Sequence[Case], seed: int) -> Outcome:
    """One run; at the living desk a rule of the queues is the service's own."""
    world, until = described.world, described.hours
    if asked.desk == "bare":
        return bare.run(world, drawn, POLICIES[name](), seed=seed, until=until, learns=asked.learns)
    rule = name if name in RULES_OF_VALUE else POLICIES[name]()
    return living.run(world, drawn, rule, seed=seed, until=until, learns=asked.learns)
