"""What is wrong with a centre to simulate whose fields are all right by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from api.messages import Language
from assigner.cli.simulate.describe import able, hour_of, windows
from assigner.cli.simulate.shapes import AgentIn, CategoryIn, CentreIn, ShiftIn
from assigner.cli.words import maybe, say

CYCLES: Final = (1, 24, 168)
SUMS: Final = 1.0 + 1e-9
MOST_PAIRS: Final = 1_000_000
MOST_TASKS: Final = 1_000_000
MOST_OF_A_CASE: Final = 100
LITTLE: Final = 1e-6
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")

Path = tuple[str, ...]
Found = tuple[Path, str]


def mistakes(said: CentreIn, language: Language, *, traced: bool) -> Iterator[Found]:
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
        yield (*here, "queue"), _missing("sim_no_queue", category.queue, said.queues, language)
    for next in category.then:
        if next not in said.categories:
            yield (*here, "then", next), _missing("sim_no_category", next, said.categories, language)
    if sum(category.then.values()) > SUMS:
        yield (*here, "then"), say("sim_then", language, sum=f"{sum(category.then.values()):g}")
    if said.agents and not any(able(category, agent) for agent in said.agents.values()):
        yield here, say("sim_nobody", language, name=name)


def _agent_faults(name: str, agent: AgentIn, said: CentreIn, language: Language) -> Iterator[Found]:
    here = ("agents", name)
    if _numbered(name, agent, said):
        yield here, say("sim_same_name", language, name=name)
    for category in agent.handle_s:
        if category not in said.categories:
            detail = _missing("sim_no_category", category, said.categories, language)
            yield (*here, "handle_s", category), detail
    clear = []
    for number, shift in enumerate(agent.shifts):
        faults = list(_shift_faults(shift, language))
        yield from (((*here, "shifts", f"{number}", *path), detail) for path, detail in faults)
        clear += [] if faults else [shift]
    if any(one[1] > two[0] for one, two in pairwise(windows(clear))):
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
    if not wrong and hour_of(shift.begins) >= hour_of(shift.until):
        yield (), say("sim_backward", language)


def _missing(key: str, name: str, known: Mapping[str, object], language: Language) -> str:
    return say(key, language, name=name, maybe=maybe(name, known, language))
