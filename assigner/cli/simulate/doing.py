"""`assigner simulate`: each policy in the same weeks of a centre, and what differs, with intervals."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from math import isnan
from pathlib import Path
from typing import Any, NoReturn

import msgspec
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from api.errors import MAX_FAULTS_SHOWN
from api.exchange import MOST_BYTES
from api.messages import Language
from assigner.cli import shell
from assigner.cli.simulate.describe import Described, Refused, read
from assigner.cli.simulate.example import CENTRE
from assigner.cli.simulate.trace import Misread
from assigner.cli.tables import table
from assigner.cli.words import number, say
from assigner.domain.policy import RULES_OF_VALUE
from assigner.simulation import bare, living
from assigner.simulation.bare import Outcome
from assigner.simulation.compare import Interval, Run, difference, interval, measure, of
from assigner.simulation.measures import MEASURES
from assigner.simulation.policies import POLICIES
from assigner.simulation.world import Case, World

Runner = Callable[[World, Sequence[Case], int, float], Outcome]
"""From a world, its cases, a seed and an hour to end at."""
SURE, DIM = "bold", "dim"


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


def example() -> None:
    """Write the sample, to begin with."""
    shell.write(CENTRE.encode())


def simulate(asked: Asked) -> None:
    """Run all, and show what came of it. Ends with code 1 when the file will not do, 2 for wrong flags."""
    names = list(dict.fromkeys((asked.against, *asked.policies)))
    runners = {name: _runner(name, asked) for name in names}
    described = _described(asked)
    runs = _runs(described, runners, asked)
    if asked.as_json:
        shell.write(msgspec.json.encode(_document(runs, names, described, asked)) + b"\n")
    else:
        shell.show(*_report(runs, names, described, asked))


def _described(asked: Asked) -> Described:
    text, name = (CENTRE.encode(), "sample") if asked.file is None else _bytes(asked.file)
    traced = None if asked.trace is None else _bytes(asked.trace)
    try:
        return read(text, name, asked.language, traced)
    except Refused as refused:
        _refuse(name, [mistake.told() for mistake in refused.mistakes], asked.language)
    except Misread as misread:
        told = [complaint.told(asked.language) for complaint in misread.complaints]
        _refuse(str(asked.trace), told, asked.language)


def _bytes(path: Path) -> tuple[bytes, str]:
    """What is in a file, and its name. Ends with code 2 when it cannot be read."""
    name = "stdin" if path == shell.STDIN else str(path)
    try:
        return shell.read(path, MOST_BYTES), name
    except OSError as error:
        shell.fail([f"{name}: {error.strerror or error}"], shell.USAGE)


def _refuse(name: str, told: Sequence[str], language: Language) -> NoReturn:
    key = "one_fault" if len(told) == 1 else "many_faults"
    headline = say(key, language, source=name, count=number(len(told), language))
    shell.fail([headline, *told[:MAX_FAULTS_SHOWN]], shell.REFUSED)


def _runner(name: str, asked: Asked) -> Runner:
    """What runs a policy at the desk asked for. Ends with code 2 when there is no such policy there."""
    known = {*POLICIES, *(RULES_OF_VALUE if asked.desk == "living" else ())}
    if name in RULES_OF_VALUE and name not in known:
        shell.fail([say("sim_living", asked.language, name=name)], shell.USAGE)
    if name not in known:
        near = get_close_matches(name, sorted(known), n=1)
        maybe = say("maybe", asked.language, name=near[0]) if near else ""
        told = say("sim_no_policy", asked.language, name=name, maybe=maybe, known=", ".join(sorted(known)))
        shell.fail([told], shell.USAGE)
    return partial(_run, name, asked)


def _run(name: str, asked: Asked, world: World, drawn: Sequence[Case], seed: int, until: float) -> Outcome:
    """One run; at the living desk a rule of the queues is the service's own."""
    if asked.desk == "bare":
        return bare.run(world, drawn, POLICIES[name](), seed=seed, until=until, learns=asked.learns)
    rule = name if name in RULES_OF_VALUE else POLICIES[name]()
    return living.run(world, drawn, rule, seed=seed, until=until, learns=asked.learns)


def _runs(described: Described, runners: Mapping[str, Runner], asked: Asked) -> list[Run]:
    """Every policy in every seed's world, with a bar on a terminal's stderr."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    console = Console(file=sys.stderr)
    total, label = asked.seeds * len(runners), say("simulating", asked.language)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        return list(progress.track(_each(described, runners, asked), total, description=label))


def _each(described: Described, runners: Mapping[str, Runner], asked: Asked) -> Iterator[Run]:
    for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
        drawn = described.cases(seed)
        for name, runner in runners.items():
            outcome = runner(described.world, drawn, seed, described.hours)
            yield Run(policy=name, seed=seed, measured=measure(outcome))


def _told(runs: Sequence[Run], names: Sequence[str]) -> list[str]:
    """The measures of which there is something to tell."""
    return [
        name
        for name in MEASURES
        if not any(isnan(value) for policy in names for value in of(runs, policy, name))
        and (name != "abandoned" or any(value for policy in names for value in of(runs, policy, name)))
    ]


# For programs.


def _document(
    runs: Sequence[Run], names: Sequence[str], described: Described, asked: Asked
) -> dict[str, Any]:
    against = {name: of(runs, asked.against, name) for name in MEASURES}
    return {
        "desk": asked.desk,
        "hours": described.hours,
        "seeds": asked.seeds,
        "compared_with": asked.against,
        "policies": {
            policy: {name: _spelt(interval(of(runs, policy, name))) for name in MEASURES} for policy in names
        },
        "differences": {
            policy: {name: _spelt(difference(of(runs, policy, name), against[name])) for name in MEASURES}
            for policy in names
            if policy != asked.against
        },
    }


def _spelt(one: Interval) -> dict[str, float | None]:
    values = {"mean": one.mean, "low": one.low, "high": one.high}
    return {name: None if isnan(value) else value for name, value in values.items()}


# For people.


def _report(
    runs: Sequence[Run], names: Sequence[str], described: Described, asked: Asked
) -> Iterator[RenderableType]:
    language, world = asked.language, described.world
    count = len(described.arrivals) or described.hours * sum(world.rates) / len(world.rates)
    facts = {"hours": described.hours, "agents": len(world.agents), "seeds": asked.seeds, "cases": count}
    told = {name: number(value, language) for name, value in facts.items()}
    yield Text(say("sim_headline", language, **told) + "\n", style="bold")
    if not any(_told(runs, names)):
        yield Text(say("sim_nothing", language))
        return
    yield _table(runs, names, asked)
    yield Text(say("sim_reading", language), style=DIM)


def _table(runs: Sequence[Run], names: Sequence[str], asked: Asked) -> Table:
    """For each measure the policies, one under the other, and how each differs from the first."""
    language = asked.language
    heads = say("sim_mean", language), say("sim_against", language, name=asked.against)
    made = table("", say("sim_measure", language), say("sim_policy", language), *heads, right=heads)
    for name in _told(runs, names):
        first = of(runs, asked.against, name)
        for policy in names:
            values = of(runs, policy, name)
            mean = _cell(interval(values), name, language)
            apart = difference(values, first)
            other = Text() if policy == asked.against else _cell(apart, name, language, sign="+")
            made.add_row("" if policy != names[0] else say(f"sim_{name}", language), policy, mean, other)
        made.add_section()
    return made


def _cell(one: Interval, name: str, language: Language, sign: str = "") -> Text:
    """A mean and how far it may be off; bold where the sign of a difference is sure."""
    factor, digits, unit = (100, 1, " %") if MEASURES[name].share else (1, 2, " h")
    text = f"{factor * one.mean:{sign},.{digits}f} ± {factor * one.half:,.{digits}f}{unit}"
    if language == "es":
        text = text.translate(str.maketrans(",.", ".,"))
    return Text(text, style=SURE if sign and one.sure else "")
