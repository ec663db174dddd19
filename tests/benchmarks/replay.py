"""A bank's work sessions (BPI Challenge 2012) as a world of the simulator: what came when, who was there.

Each session is a task of its own: the first of an item can be done from `available` on, a later one from its
real start, for when a call-back comes is the customer's choice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean

import numpy as np

from assigner.simulation.presence import Shifts
from assigner.simulation.world import NEVER, Case, Service, Step, World
from solver.worth import Floats, weight_of
from tests.benchmarks.backlog import TARGET_H, Duty, Log, Session

CLERKS = 27
ROOM = 1.3
"""Whoever of a draw may do an activity: together they are there for so many times the hours it takes."""
PARTS, EVEN = 6, 0.04
"""In none of so many parts of the time is the load further above its mean than with all clerks, but for so
much.
"""

Window = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """The log in hours from its first session: `sessions` by when they can be done, with that instant and
    what they take; for each clerk who has a skill, the windows of presence and the activities.
    """

    sessions: Sequence[tuple[float, float, Session]]
    windows: Mapping[str, Sequence[Window]]
    skills: Mapping[str, frozenset[str]]
    terciles: Sequence[float]
    end: float


Overlay = Callable[[Session, int, Random], tuple[int, float]]
"""Priority and hours promised of a session, from its tercile of amount (0 to 2) and a draw of its own."""


def as_logged(session: Session, tercile: int, chance: Random) -> tuple[int, float]:
    """Low, medium and high by amount; 4, 8 or 24 h by activity."""
    return 25 * (tercile + 1), float(TARGET_H[session.activity])


def _any_priority(session: Session, tercile: int, chance: Random) -> tuple[int, float]:
    return chance.choice((25, 50, 75)), float(TARGET_H[session.activity])


def _any_target(session: Session, tercile: int, chance: Random) -> tuple[int, float]:
    return 25 * (tercile + 1), chance.choice((4.0, 8.0, 24.0))


def _few_promises(session: Session, tercile: int, chance: Random) -> tuple[int, float]:
    return 25 * (tercile + 1), float(TARGET_H[session.activity]) if chance.random() < 0.3 else NEVER


def _half_the_time(session: Session, tercile: int, chance: Random) -> tuple[int, float]:
    return 25 * (tercile + 1), TARGET_H[session.activity] / 2


def _three_times(session: Session, tercile: int, chance: Random) -> tuple[int, float]:
    return 25 * (tercile + 1), 3.0 * TARGET_H[session.activity]


OVERLAYS: Mapping[str, Overlay] = {
    "priority by chance": _any_priority,
    "4, 8 or 24 h by chance": _any_target,
    "a promise to 3 in 10": _few_promises,
    "half the time": _half_the_time,
    "three times the time": _three_times,
}
"""Others than `as_logged`, to see that the rule is not made for one."""


def bank(log: Log) -> Bank:
    """The log on one clock."""
    found = [
        (session.start if order else session.available, session)
        for item in log.items
        for order, session in enumerate(item)
    ]
    found.sort(key=lambda each: (each[0], each[1].case))
    first = found[0][0]

    clerks = [clerk for clerk in sorted(log.habits.own_s) if clerk]

    def window(duty: Duty) -> Window:
        return (duty.begin - first).total_seconds() / 3600, (duty.end - first).total_seconds() / 3600

    return Bank(
        sessions=[((at - first).total_seconds() / 3600, _hours(session), session) for at, session in found],
        windows={clerk: _windows(log.duties, clerk, window) for clerk in clerks},
        skills={clerk: frozenset(log.habits.own_s[clerk]) for clerk in clerks},
        terciles=log.habits.terciles,
        end=max(window(duty)[1] for duty in log.duties),
    )


def replay(bank: Bank, seed: int, load: float, overlay: Overlay = as_logged) -> tuple[World, list[Case]]:
    """Some of the clerks, drawn by how much they are there, and all sessions; what each takes is stretched
    so that together they take `load` times the hours of the clerks.
    """
    clerks = _drawn(bank, Random(f"{seed}/clerks"))
    there = sum(_there(bank, clerk) for clerk in clerks)
    activities, taken = list(TARGET_H), _taken(bank)
    stretch = load * there / sum(map(sum, taken.values()))
    mean = {each: stretch * fmean(taken[each]) for each in activities}
    world = World(
        types=activities,
        agents=clerks,
        takes=[[1.0 if each in bank.skills[clerk] else NEVER for clerk in clerks] for each in activities],
        known=[
            [mean[each] if each in bank.skills[clerk] else NEVER for clerk in clerks] for each in activities
        ],
        presence=Shifts([bank.windows[clerk] for clerk in clerks]),
    )
    return world, list(_cases(bank, stretch, overlay, seed))


def _cases(bank: Bank, stretch: float, overlay: Overlay, seed: int) -> Iterator[Case]:
    services: dict[tuple[int, float], Service] = {}
    types = {activity: number for number, activity in enumerate(TARGET_H)}
    for number, (at, hours, session) in enumerate(bank.sessions):
        tercile = sum(session.amount > bound for bound in bank.terciles)
        promised = overlay(session, tercile, Random(f"{seed}/{session.case}/{number}"))
        service = services.setdefault(promised, _service(*promised))
        yield Case(number, at, (Step(types[session.activity], stretch * hours, service=service),))


def _service(priority: int, target: float) -> Service:
    return Service(priority=priority, weight=float(weight_of(np.array(float(priority)))), target=target)


def _drawn(bank: Bank, chance: Random) -> list[str]:
    """Clerks drawn one after the other by their hours (Efraimidis and Spirakis, 2006), until enough of them
    have each skill and no part of the time has too few of them.
    """
    while True:
        race = {clerk: chance.expovariate(1.0) / _there(bank, clerk) for clerk in bank.windows}
        clerks = sorted(sorted(race, key=race.__getitem__)[:CLERKS])
        if _suffice(bank, clerks) and _steady(bank, clerks):
            return clerks


def _suffice(bank: Bank, clerks: Sequence[str]) -> bool:
    asked = {activity: sum(hours) for activity, hours in _taken(bank).items()}
    load = sum(asked.values()) / sum(_there(bank, clerk) for clerk in clerks)
    able = {each: [clerk for clerk in clerks if each in bank.skills[clerk]] for each in asked}
    there = {each: sum(_there(bank, clerk) for clerk in able[each]) for each in asked}
    return all(there[each] * load >= ROOM * asked[each] for each in asked)


def _steady(bank: Bank, clerks: Sequence[str]) -> bool:
    return bool((_shape(bank, clerks) <= _shape(bank, list(bank.windows)) + EVEN).all())


def _shape(bank: Bank, clerks: Sequence[str]) -> Floats:
    """[PARTS]: the load of each part of the time over that of the whole."""
    work = [(at, hours) for at, hours, _ in bank.sessions]
    there = [(since, until - since) for clerk in clerks for since, until in bank.windows[clerk]]
    asked, given = (
        np.histogram(at, bins=PARTS, range=(0.0, bank.end), weights=hours)[0]
        for at, hours in (np.array(work).T, np.array(there).T)
    )
    shape: Floats = asked / given * (given.sum() / asked.sum())
    return shape


def _taken(bank: Bank) -> dict[str, list[float]]:
    """The hours of the sessions of each activity."""
    taken: dict[str, list[float]] = {activity: [] for activity in TARGET_H}
    for _, hours, session in bank.sessions:
        taken[session.activity].append(hours)
    return taken


def _there(bank: Bank, clerk: str) -> float:
    return sum(until - since for since, until in bank.windows[clerk])


def _hours(session: Session) -> float:
    """Never nothing: a session that ended as it began took a moment."""
    return max((session.end - session.start).total_seconds(), 0.4) / 3600


def _windows(duties: Sequence[Duty], clerk: str, window: Callable[[Duty], Window]) -> list[Window]:
    """The days of a clerk in order; those that overlap, past midnight, are one."""
    found: list[Window] = []
    for since, until in sorted(window(duty) for duty in duties if duty.clerk == clerk):
        if found and since <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], until)
        else:
            found.append((since, until))
    return found
