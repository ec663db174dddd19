"""From a file's text to a world to simulate, or all that is wrong with the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from math import inf, log
from random import Random
from typing import Final

import msgspec
import numpy as np

from api.errors import ApiError, Fault
from api.faults import Invalid, find, pointer
from api.messages import Language
from assigner.cli.centre.yaml import Loaded, Mistake, load
from assigner.cli.simulate import trace
from assigner.cli.simulate.shapes import DAYS, AgentIn, CategoryIn, CentreIn, QueueIn, ShiftIn
from assigner.cli.simulate.trace import Arrival
from assigner.cli.words import say
from assigner.simulation.presence import Always, Presence, Shifts
from assigner.simulation.world import NEVER, Case, Chances, Law, Service, World, cases, exponential
from solver.worth import weight_of

HOUR_S: Final = 3_600.0
WEEK: Final = 168.0
CYCLES: Final = (1, 24, 168)
SUMS: Final = 1.0 + 1e-9
MOST_PAIRS: Final = 1_000_000
MOST_TASKS: Final = 1_000_000
MOST_OF_A_CASE: Final = 100
LITTLE: Final = 1e-6
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")

Path = tuple[str, ...]
Found = tuple[Path, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A world, for how many hours it is simulated, and what arrives where a trace says so; `usual` are the
    hours that each type takes.
    """

    world: World
    hours: float
    usual: Sequence[float]
    arrivals: Sequence[Arrival] = ()

    def cases(self, seed: int) -> list[Case]:
        """What arrives: as the trace says, or drawn."""
        if self.arrivals:
            return trace.cases(self.world, self.arrivals, self.usual, seed)
        return cases(self.world, seed, until=self.hours)


class Refused(Exception):
    """A file of which no world can be made: every mistake, with its line."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__()
        self.mistakes = mistakes


def read(text: bytes, file: str, language: Language, traced: tuple[bytes, str] | None = None) -> Described:
    """The world that a file says; `traced` is a trace and its name. Raises Refused, Misread."""
    loaded = load(text, file, language)
    if loaded.mistakes:
        raise Refused(loaded.mistakes)
    try:
        data = {} if loaded.data is None else loaded.data  # of an empty file, say what is missing
        said = msgspec.convert(find(data, CentreIn), CentreIn)
    except Invalid as error:
        faults = [(tuple(_steps(fault.pointer)), _detail(fault, language)) for fault in error.faults]
        raise Refused(_placed(loaded, faults)) from None
    except ApiError as error:
        raise Refused(_placed(loaded, [((), error.detail)])) from None
    faults = list(_faults(said, language, traced=traced is not None))
    if faults:
        raise Refused(_placed(loaded, faults))
    usual = [category.handle_s / HOUR_S for category in said.categories.values()]
    if traced is None:
        return Described(world=world_of(said, said.hours), hours=float(said.hours), usual=usual)
    arrivals = trace.read(*traced, list(said.categories), language)
    hours = arrivals[-1].at + WEEK
    return Described(world=world_of(said, hours), hours=hours, usual=usual, arrivals=arrivals)


def world_of(said: CentreIn, hours: float) -> World:
    """The world of a centre without faults, whose shifts go on for so many hours."""
    names = list(said.categories)
    crew = [(name, agent) for name, one in said.agents.items() for name, agent in _each(name, one)]
    place = {name: number for number, name in enumerate(names)}
    begins = sum(category.share for category in said.categories.values())
    kinds = [(said.categories[name], said.queues.get(said.categories[name].queue or "")) for name in names]
    return World(
        types=names,
        agents=[name for name, _ in crew],
        takes=[[_hours(name, category, agent) for _, agent in crew] for name, category in _of(said)],
        rates=said.arrivals_per_hour or [0.0],
        starts=[(category.share / begins, place[name]) for name, category in _of(said)],
        follows=[_then(category, place) for category, _ in kinds],
        law=_law(said.variation),
        services=[[(1.0, _service(category, queue))] for category, queue in kinds],
        patience=_patience([queue for _, queue in kinds]),
        declines=[agent.declines for _, agent in crew] if any(one.declines for _, one in crew) else (),
        presence=_presence([agent for _, agent in crew], hours),
    )


def _of(said: CentreIn) -> Iterator[tuple[str, CategoryIn]]:
    yield from said.categories.items()


def _each(name: str, agent: AgentIn) -> Iterator[tuple[str, AgentIn]]:
    """An agent by their name; of those who are alike, each with a number."""
    if agent.count == 1:
        yield name, agent
    else:
        yield from ((f"{name}-{number}", agent) for number in range(1, agent.count + 1))


def _hours(name: str, category: CategoryIn, agent: AgentIn) -> float:
    """How long an agent takes; inf where they lack a skill."""
    if not _able(category, agent):
        return inf
    return agent.handle_s.get(name, category.handle_s * agent.pace) / HOUR_S


def _able(category: CategoryIn, agent: AgentIn) -> bool:
    return all(agent.skills.get(skill, 0) >= level for skill, level in category.skills.items())


def _then(category: CategoryIn, place: Mapping[str, int]) -> Chances[int | None]:
    ends = 1.0 - sum(category.then.values())
    return [*((share, place[name]) for name, share in category.then.items()), (ends, None)]


def _service(category: CategoryIn, queue: QueueIn | None) -> Service:
    """What is promised; of a first response and a resolution, the first response."""
    weight = float(weight_of(np.array(float(category.priority))))
    begun = queue is not None and queue.first_response_s is not None
    seconds = (queue.first_response_s or queue.resolution_s) if queue is not None else None
    target = seconds / HOUR_S if seconds else NEVER
    return Service(priority=category.priority, weight=weight, target=target, begun=begun)


def _patience(queues: Sequence[QueueIn | None]) -> list[float]:
    hours = [queue.patience_s / HOUR_S if queue and queue.patience_s else NEVER for queue in queues]
    return hours if any(one < NEVER for one in hours) else []


def _law(variation: float) -> Law:
    """Work of mean 1 whose deviation is so many times the mean: exponential for 1, else lognormal."""
    if variation == 1:
        return exponential
    spread = log(1 + variation**2)

    def lognormal(chance: Random) -> float:
        return chance.lognormvariate(-spread / 2, spread**0.5)

    return lognormal


def _presence(agents: Sequence[AgentIn], hours: float) -> Presence:
    if not any(agent.shifts for agent in agents):
        return Always()
    windows = [_windows(agent.shifts) if agent.shifts else [(0.0, WEEK)] for agent in agents]
    return Shifts(windows, WEEK, hours + WEEK)


def _windows(shifts: Sequence[ShiftIn]) -> list[tuple[float, float]]:
    """The hours of a week from Monday's midnight."""
    return sorted(
        (24 * DAYS.index(day) + _hour(shift.begins), 24 * DAYS.index(day) + _hour(shift.until))
        for shift in shifts
        for day in shift.days
    )


def _hour(text: str) -> float:
    hours, _, minutes = text.partition(":")
    return int(hours) + int(minutes) / 60


# What a type cannot tell.


def _faults(said: CentreIn, language: Language, *, traced: bool) -> Iterator[Found]:
    """What is wrong with a centre whose fields are all right by themselves."""
    number = len(said.arrivals_per_hour)
    if not number:
        if not traced:
            yield (), say("sim_no_profile", language)
    elif number not in CYCLES:
        yield ("arrivals_per_hour",), say("sim_profile", language, count=number)
    elif not any(said.arrivals_per_hour):
        yield ("arrivals_per_hour",), say("sim_no_arrivals", language)
    for section in ("categories", "agents"):
        if not getattr(said, section):
            yield (section,), say("sim_empty", language)
    if said.categories and not any(category.share for category in said.categories.values()):
        yield ("categories",), say("sim_no_share", language)
    for name, category in said.categories.items():
        yield from _category_faults(name, category, said, language)
    for name, agent in said.agents.items():
        yield from _agent_faults(name, agent, said, language)
    yield from _too_much(said, language)


def _too_much(said: CentreIn, language: Language) -> Iterator[Found]:
    """What would take too long, or for ever."""
    crew = sum(agent.count for agent in said.agents.values())
    if crew * len(said.categories) > MOST_PAIRS:
        yield ("agents",), say("sim_too_many", language, count=crew, most=MOST_PAIRS // len(said.categories))
    a_case = _tasks_of_a_case(said)
    if a_case > MOST_OF_A_CASE:
        yield ("categories",), say("sim_endless", language, most=MOST_OF_A_CASE)
    rates = said.arrivals_per_hour
    tasks = said.hours * sum(rates) / max(1, len(rates)) * min(a_case, MOST_OF_A_CASE)
    if tasks > MOST_TASKS:
        yield ("hours",), say("sim_too_long", language, count=round(tasks), most=MOST_TASKS)


def _tasks_of_a_case(said: CentreIn) -> float:
    """How many tasks a case has on average: those that begin it, what follows them, what follows those …"""
    shares = {name: category.share for name, category in said.categories.items()}
    whole = sum(shares.values()) or 1.0
    now, total = {name: share / whole for name, share in shares.items()}, 0.0
    while (here := sum(now.values())) > LITTLE and total <= MOST_OF_A_CASE:
        total += here
        now = _after(now, said)
    return total


def _after(now: Mapping[str, float], said: CentreIn) -> dict[str, float]:
    found = dict.fromkeys(said.categories, 0.0)
    for name, share in now.items():
        for next, part in said.categories[name].then.items():
            if next in found:
                found[next] += share * part
    return found


def _category_faults(name: str, category: CategoryIn, said: CentreIn, language: Language) -> Iterator[Found]:
    here = ("categories", name)
    if category.queue is not None and category.queue not in said.queues:
        yield (*here, "queue"), _unknown("sim_no_queue", category.queue, said.queues, language)
    for next in category.then:
        if next not in said.categories:
            yield (*here, "then", next), _unknown("sim_no_category", next, said.categories, language)
    if sum(category.then.values()) > SUMS:
        yield (*here, "then"), say("sim_then", language, sum=f"{sum(category.then.values()):g}")
    if said.agents and not any(_able(category, agent) for agent in said.agents.values()):
        yield here, say("sim_nobody", language, name=name)


def _agent_faults(name: str, agent: AgentIn, said: CentreIn, language: Language) -> Iterator[Found]:
    here = ("agents", name)
    if _numbered(name, agent, said):
        yield here, say("sim_same_name", language, name=name)
    for category in agent.handle_s:
        if category not in said.categories:
            detail = _unknown("sim_no_category", category, said.categories, language)
            yield (*here, "handle_s", category), detail
    clear = []
    for number, shift in enumerate(agent.shifts):
        faults = list(_shift_faults(shift, language))
        yield from (((*here, "shifts", f"{number}", *path), detail) for path, detail in faults)
        clear += [] if faults else [shift]
    if any(one[1] > two[0] for one, two in pairwise(_windows(clear))):
        yield (*here, "shifts"), say("sim_overlap", language)


def _numbered(name: str, agent: AgentIn, said: CentreIn) -> bool:
    """Whether one of several agents who are alike has this name too."""
    base, _, number = name.rpartition("-")
    alike = said.agents.get(base)
    return agent.count == 1 and alike is not None and number in map(str, range(1, alike.count + 1))


def _shift_faults(shift: ShiftIn, language: Language) -> Iterator[Found]:
    times = {"from": shift.begins, "until": shift.until}
    wrong = [part for part, text in times.items() if not _TIME.fullmatch(text)]
    yield from (((part,), say("sim_time", language, text=times[part])) for part in wrong)
    if not wrong and _hour(shift.begins) >= _hour(shift.until):
        yield (), say("sim_backward", language)


def _unknown(key: str, name: str, known: Mapping[str, object], language: Language) -> str:
    near = get_close_matches(name, known, n=1)
    maybe = say("maybe", language, name=near[0]) if near else ""
    return say(key, language, name=name, maybe=maybe)


def _detail(fault: Fault, language: Language) -> str:
    unquoted = fault.code == "wrong_type" and fault.detail.endswith("expected a string.")
    return fault.detail + (say("quote_it", language) if unquoted else "")


def _steps(text: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]]


def _placed(loaded: Loaded, faults: Sequence[Found]) -> list[Mistake]:
    made = [
        Mistake(file=loaded.file, line=loaded.line(path), pointer=pointer(path), detail=detail)
        for path, detail in faults
    ]
    return sorted(made, key=lambda mistake: mistake.line)
