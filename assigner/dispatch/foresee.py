"""What a rule over time sees of a snapshot: how long each agent at work would take over each type of task,
when they have room and until when they stay, what waits and what will come; and what follows of that.

The types are the groups of the snapshot. At work are those who may take some of it now, who only lack the
room, and who are about to come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import repeat
from operator import attrgetter, or_

import numpy as np
from numpy.typing import NDArray

from assigner.dispatch.translate import group_of, unpacked
from assigner.domain.agent import Agent
from assigner.domain.errors import TooManyArcs
from assigner.domain.group import Group
from assigner.domain.policy import Policy
from assigner.domain.roster import Roster
from assigner.domain.snapshot import Snapshot
from solver.outlook import SOON, Outlook, in_time
from solver.over_time import Rated, rate
from solver.prices import normal, settle
from solver.worth import first_come, limit_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

HOUR_MS = 3_600_000
HANDLE_MS = attrgetter("handle_ms")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Foreseen:
    """What the rule says of T types and I free agents, and which of them the n tasks and the m agents of a
    snapshot are. `rated.held_for` is a position in `names`.
    """

    rated: Rated
    fastest: Floats
    """[T]: hours that the fastest agent at work takes."""
    limit: float
    """Hours beyond which a wait is too long."""
    names: Sequence[str]
    """The ids of the agents who may be waited for."""
    type_of: Ints
    """[n]: the type of each task; -1 of those that nobody at work may do."""
    column_of: Ints
    """[m]: the position of each agent among the free ones; -1 of those who are not."""
    prices: Mapping[str, float] = field(default_factory=dict)
    """What an hour of each agent at work is worth to the others' work, 1 for the mean."""


def foresee(
    snapshot: Snapshot, groups: Sequence[Group], roster: Roster, policy: Policy, most_cells: int
) -> Foreseen:
    """What a snapshot and a policy say of the time to come; prices that nobody gives are settled from equal
    ones. Raises TooManyArcs when there are too many (type, agent) pairs to look at.
    """
    able = [_able(group, roster) for group in groups]
    types = np.flatnonzero(np.array([mask > 0 for mask in able], bool))
    who = np.fromiter(roster.positions(reduce(or_, able, 0)), np.int64)
    _refuse_too_many(types.size, who.size, most_cells)
    table = unpacked([able[i] for i in types.tolist()], len(roster.agents))[:, who]
    type_of = _places(types, len(groups))[group_of(groups, len(snapshot.tasks))]
    kinds = [groups[i] for i in types.tolist()]
    outlook = outlook_of(snapshot, kinds, type_of, table, who, roster, policy.arrivals)
    names = [roster.agents[i].id for i in who.tolist()]
    log_price = settle(outlook) if policy.prices is None else _given(policy.prices, names)
    seats = _places(who, len(roster.agents))
    free = np.fromiter(roster.positions(reduce(or_, (one.verdict.eligible for one in groups), 0)), np.int64)
    rated = rate(outlook, log_price, seats[free])
    return Foreseen(
        rated=rated,
        fastest=outlook.handling.min(axis=1, initial=np.inf),
        limit=limit_of(_taken_as_they_come(snapshot, outlook, rated.price, type_of)),
        names=names,
        type_of=type_of,
        column_of=_places(free, len(roster.agents)),
        prices=dict(zip(names, np.exp(log_price).tolist(), strict=True)),
    )


def _refuse_too_many(types: int, agents: int, most: int) -> None:
    if types * agents > most:
        raise TooManyArcs(
            f"{types:,} types of tasks and {agents:,} agents at work are {types * agents:,} pairs to see, "
            f"above the bound of {most:,}: send fewer, or tasks that differ less."
        )


def outlook_of(
    snapshot: Snapshot,
    types: Sequence[Group],
    type_of: Ints,
    able: Mask,
    who: Ints,
    roster: Roster,
    arrivals: Mapping[str, float],
) -> Outlook:
    """The outlook of these types and of the agents at these positions; `able` [T, R] says who could do what,
    `type_of` [n] of which type each task is.

    Sizes count as so many tasks. For an agent, room is room for the largest task they could do; who could not
    finish a task before they leave cannot do it, unless it is longer than any of their shifts.
    """
    sizes = np.array([group.task.requirement.size for group in types], np.int64)
    agents = [roster.agents[i] for i in who.tolist()]
    largest = (able * sizes[:, None]).max(axis=0, initial=1)
    frees_in = np.array(
        [_frees_in(agent, size, snapshot.now) for agent, size in zip(agents, largest.tolist(), strict=True)]
    )
    leaves_in = np.array([_leaves_in(agent, snapshot.now) for agent in agents], np.float64)
    longest = np.array([_longest_shift(agent) for agent in agents], np.float64)
    hours = _hours(types, _mean_ms(snapshot, type_of, len(types)), able, agents)
    at_once = np.array([agent.capacity_left * (_comes_in(agent, snapshot.now) == 0) for agent in agents])
    begins = np.where((sizes[:, None] <= at_once) | np.isinf(frees_in), 0.0, frees_in)
    waiting: Floats = sizes * np.array([float(len(group.members)) for group in types])
    return Outlook(
        handling=in_time(np.where(able, hours, np.inf), begins, leaves_in, longest),
        waiting=waiting,
        arrivals=_arrivals(types, waiting, arrivals),
        frees_in=frees_in,
        leaves_in=leaves_in,
        slots=np.array([max(1, agent.capacity) for agent in agents], np.float64),
    )


def _able(group: Group, roster: Roster) -> int:
    """Who may take a group's tasks now, who only lacks the room, and who will come and then may."""
    refused, task = group.verdict.refused, group.task
    coming = refused.get("off_shift", 0) & _coming(roster)
    return group.verdict.eligible | (refused.get("at_capacity", 0) | coming) & roster.capable(
        task.requirement.size
    )


def _coming(roster: Roster) -> int:
    """Agents whose window begins soon."""
    soon = roster.now + round(SOON * HOUR_MS)
    to_come, later = (roster.starting_after(roster.starts_by(at)) for at in (roster.now, soon))
    return to_come & ~later


def _frees_in(agent: Agent, size: int, now: int) -> float:
    """Hours until an agent is there and has room for a task of this size; inf where nothing says when."""
    frees = agent.room_in(size)
    return np.inf if frees is None else max(_comes_in(agent, now), frees) / HOUR_MS


def _comes_in(agent: Agent, now: int) -> int:
    return 0 if agent.available_from is None else max(0, agent.available_from - now)


def _leaves_in(agent: Agent, now: int) -> float:
    return np.inf if agent.available_until is None else (agent.available_until - now) / HOUR_MS


def _longest_shift(agent: Agent) -> float:
    """Hours of the longest of an agent's shifts; inf where that is not known."""
    return np.inf if agent.longest_ms is None else agent.longest_ms / HOUR_MS


def _mean_ms(snapshot: Snapshot, type_of: Ints, types: int) -> Floats:
    """[T]: the mean of the handling times that are said of a type's tasks."""
    said = np.fromiter(map(HANDLE_MS, snapshot.tasks), np.float64, len(snapshot.tasks))
    known = type_of >= 0
    total = np.bincount(type_of[known], said[known], minlength=types)
    mean: Floats = total / np.bincount(type_of[known], minlength=types)
    return mean


def _hours(types: Sequence[Group], mean_ms: Floats, able: Mask, agents: Sequence[Agent]) -> Floats:
    """[T, R]: the agent's own handling time for the category, else the mean of the type's tasks, in hours; of
    those who are able.
    """
    categories = np.array([group.task.requirement.category or "" for group in types], np.object_)
    mine = np.full(able.shape, -1.0)
    for own, said, may in zip(mine.T, agents, able.T, strict=True):
        own[may] = [*map(said.handle_ms.get, categories[may], repeat(-1))]
    hours: Floats = np.maximum(np.where(mine >= 0, mine, mean_ms[:, None]), 1.0) / HOUR_MS
    return hours


def _arrivals(types: Sequence[Group], waiting: Floats, rates: Mapping[str, float]) -> Floats:
    """What arrives of each type an hour: of what arrives of its category as much as it has of what waits."""
    categories = [group.task.requirement.category or "" for group in types]
    total: dict[str, float] = {}
    for category, count in zip(categories, waiting.tolist(), strict=True):
        total[category] = total.get(category, 0) + count
    shares = [rates.get(category, 0) / total[category] for category in categories]
    return np.array(shares, np.float64) * waiting


def _taken_as_they_come(snapshot: Snapshot, outlook: Outlook, price: Floats, type_of: Ints) -> float:
    """Hours that tasks would wait, by those types of which arrivals are said; where of none are, as long as
    the oldest has waited.
    """
    said = outlook.arrivals > 0
    if said.any():
        return first_come(price, outlook.waiting * said, outlook.arrivals)
    since = (snapshot.tasks[i].created_at for i in np.flatnonzero(type_of >= 0).tolist())
    return max(0, snapshot.now - min(since, default=snapshot.now)) / HOUR_MS


def _given(prices: Mapping[str, float], names: Sequence[str]) -> Floats:
    """The logs of given prices, of mean 1; who has none costs 1."""
    logs: Floats = np.log(normal(np.array([prices.get(name, 1.0) for name in names], np.float64)))
    return logs


def _places(chosen: Ints, count: int) -> Ints:
    """[count]: the place of each number among the chosen ones; -1 of those that are not."""
    places = np.full(count, -1)
    places[chosen] = np.arange(chosen.size)
    return places
