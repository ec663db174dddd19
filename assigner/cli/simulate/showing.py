"""What came of a simulation: for people a table with pictures and a sentence for each policy, or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, Final

import msgspec
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from api.messages import Language
from assigner.cli.simulate.describe import Described
from assigner.cli.tables import DIM, GOOD, table
from assigner.cli.words import number, say
from assigner.simulation.compare import Interval, Run, difference, interval, of
from assigner.simulation.measures import MEASURES

BAD: Final = "red"
HALF: Final = 7
"""Characters of a picture on each side of its 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Runs of policies in the same worlds; `names` begins with the one `against` which they are measured."""

    runs: Sequence[Run]
    names: Sequence[str]
    against: str
    desk: str
    seeds: int
    described: Described

    def mean(self, policy: str, measure: str) -> Interval:
        """What was measured of a policy."""
        return interval(of(self.runs, policy, measure))

    def apart(self, policy: str, measure: str) -> Interval:
        """What it is above the other's, on the same draws."""
        return difference(of(self.runs, policy, measure), of(self.runs, self.against, measure))

    @property
    def others(self) -> Sequence[str]:
        """The policies that are compared with the first."""
        return [name for name in self.names if name != self.against]

    @property
    def told(self) -> list[str]:
        """The measures of which there is something to tell."""
        found = {name: [run.measured[name] for run in self.runs] for name in MEASURES}
        return [
            name
            for name, values in found.items()
            if not any(map(isnan, values)) and (name != "abandoned" or any(values))
        ]


# For programs.


def document(compared: Compared) -> bytes:
    """A line of JSON: hours, or parts of 1."""
    made: dict[str, Any] = {
        "desk": compared.desk,
        "hours": compared.described.hours,
        "seeds": compared.seeds,
        "compared_with": compared.against,
        "policies": {
            policy: {name: _spelt(compared.mean(policy, name)) for name in MEASURES}
            for policy in compared.names
        },
        "differences": {
            policy: {name: _spelt(compared.apart(policy, name)) for name in MEASURES}
            for policy in compared.others
        },
    }
    return msgspec.json.encode(made) + b"\n"


def _spelt(one: Interval) -> dict[str, float | None]:
    values = {"mean": one.mean, "low": one.low, "high": one.high}
    return {name: None if isnan(value) else value for name, value in values.items()}


# For people.


def report(compared: Compared, language: Language) -> Iterator[RenderableType]:
    """A headline, the table, and in a sentence what of it is sure."""
    yield Text(_headline(compared, language) + "\n", style="bold")
    if not compared.told:
        yield Text(say("sim_nothing", language))
        return
    yield _table(compared, language)
    yield from (Text(_verdict(compared, policy, language)) for policy in compared.others)
    yield Text(say("sim_reading", language), style=DIM)


def _headline(compared: Compared, language: Language) -> str:
    world, hours = compared.described.world, compared.described.hours
    cases = len(compared.described.arrivals) or hours * sum(world.rates) / len(world.rates)
    counts = {"hours": hours, "agents": len(world.agents), "cases": cases}
    told = {name: _counted(name, round(count), language) for name, count in counts.items()}
    return say("sim_headline", language, seeds=number(compared.seeds, language), **told)


def _counted(name: str, count: int, language: Language) -> str:
    return say(f"sim_{'one' if count == 1 else 'many'}_{name}", language, count=number(count, language))


def _table(compared: Compared, language: Language) -> Table:
    """For each measure the policies, one under the other: the mean, how it differs, and a picture of that."""
    heads = say("sim_mean", language), say("sim_against", language, name=compared.against)
    names = say("sim_measure", language), say("sim_policy", language)
    made = table("", *names, *heads, say("sim_picture", language), right=heads)
    made.columns[-1].no_wrap = True
    for name in compared.told:
        means = {policy: compared.mean(policy, name) for policy in compared.names}
        digits = 1 if MEASURES[name].share or max(one.mean for one in means.values()) >= 10 else 2
        apart = {policy: compared.apart(policy, name) for policy in compared.others}
        reach = max((abs(end) for one in apart.values() for end in (one.low, one.high)), default=0.0)
        for policy in compared.names:
            measure = _named(name, language) if policy == compared.names[0] else ""
            mean = _cell(means[policy], name, digits, language)
            other = apart.get(policy)
            beside = () if other is None else _beside(other, name, digits, reach, language)
            made.add_row(measure, policy, mean, *beside)
        made.add_section()
    return made


def _named(name: str, language: Language) -> str:
    """A measure, with its unit."""
    return f"{say(f'sim_{name}', language)} ({'%' if MEASURES[name].share else 'h'})"


def _beside(apart: Interval, name: str, digits: int, reach: float, language: Language) -> Iterator[Text]:
    """How a policy differs, in numbers and as a picture: green if it is surely better, red if worse."""
    style = f"bold {GOOD if _better(apart, name) else BAD}" if apart.sure else ""
    yield Text(_cell(apart, name, digits, language, sign="+"), style=style)
    yield Text(picture(apart, reach, flipped=MEASURES[name].less), style=style)


def picture(one: Interval, reach: float, *, flipped: bool) -> str:
    """An interval and its mean, on a line from -reach to reach on which 0 is marked; `flipped` from reach to
    -reach.
    """
    scale = (-HALF if flipped else HALF) / reach if reach > 0 else 0.0
    low, at, high = (HALF + round(value * scale) for value in (one.low, one.mean, one.high))
    first, last = min(low, high), max(low, high)
    cells = ["─" if first <= cell <= last else " " for cell in range(2 * HALF + 1)]
    cells[HALF] = "│" if one.sure or not first <= HALF <= last else "┼"
    cells[at] = "●"
    return "".join(cells)


def _better(apart: Interval, name: str) -> bool:
    return (apart.mean < 0) == MEASURES[name].less


def _verdict(compared: Compared, policy: str, language: Language) -> str:
    """In what a policy is surely better than the first, and in what worse."""
    apart = {name: compared.apart(policy, name) for name in compared.told}
    sure = [name for name in apart if apart[name].sure]
    better = [name for name in sure if _better(apart[name], name)]
    kinds = {"sim_better": better, "sim_worse": [name for name in sure if name not in better]}
    told = [
        say(key, language, measures=", ".join(say(f"sim_{name}", language).lower() for name in names))
        for key, names in kinds.items()
        if names
    ]
    said = "; ".join(told) or say("sim_alike", language)
    return say("sim_verdict", language, policy=policy, other=compared.against, said=said)


def _cell(one: Interval, name: str, digits: int, language: Language, sign: str = "") -> str:
    """A mean and how far it may be off."""
    factor = 100 if MEASURES[name].share else 1
    text = f"{factor * one.mean:{sign},.{digits}f} ± {factor * one.half:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "es" else text
