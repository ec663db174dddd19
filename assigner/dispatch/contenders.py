"""Which tasks contend for the places there are: where few agents are free, nearly all of them do not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from assigner.dispatch.ahead.sight import Seen
from assigner.dispatch.lines import ALL_STEPS, HANDLE, STEP, Chance, Ints, Mask, Rows
from assigner.dispatch.parts import pair_points, rule_of
from assigner.dispatch.translate import unpacked
from assigner.domain.policy import PRICE_AND_HOLD, PRIORITY_FIRST, SNAPSHOT, Policy
from assigner.domain.preference import Points
from assigner.domain.roster import Roster

N = TypeVar("N", np.float64, np.int64)
MOST_CELLS = 1_000_000
"""So many pairs of a task and a free agent are compared; where there are more, all tasks contend."""
NEVER = -(2**62)
"""Less than any pair is worth."""


def contenders(rows: Rows, types: Ints, value: Points, pair: Points, roster: Roster, policy: Policy) -> Mask:
    """[n]: the tasks that may be in the best assignment by a rule over time, of those that may be begun now.

    Agents who share lines, in chains, have k places together. A task that is given to one of them, who could
    have k others of its size that are worth at least as much to them, can be exchanged for one of those k,
    since one of them waits. So for each agent and size the k best will do, with whatever is worth as much as
    the last of them. Tasks that name somebody contend, and push nobody out; nor do those that may outlast
    somebody's shift.

    `value` [n]: what each task is worth of itself. `types` [n]: its type. `pair` [T, agents]: what each agent
    adds.
    """
    open_now = rows.open(roster.now)
    rules = {rule_of(rows.chances[owner].line.task, policy) for owner in rows.owners(roster.now)}
    if SNAPSHOT in rules and len(rules) > 1:
        return open_now  # of several rules some task of each must stay: together they are valued otherwise
    named = np.zeros(value.size, np.bool_)
    named[[row for row, _ in rows.named()]] = True
    last = min(roster.endings(), default=None)
    certain = ~named if last is None else ~named & (roster.now + rows.table[:, HANDLE] <= last)
    size = np.array([chance.line.task.requirement.size for chance in rows.chances])
    found = named & open_now
    for together in _apart({chance.eligible for chance in rows.chances}):
        agents = list(roster.positions(together))
        places = sum(roster.agents[agent].capacity_left for agent in agents)
        theirs = np.array([bool(chance.eligible & together) for chance in rows.chances])
        for one in set(size[theirs].tolist()):
            mine = np.flatnonzero(open_now & (theirs & (size == one))[rows.owner])
            if mine.size * len(agents) > MOST_CELLS:
                found[mine] = True
                continue
            for agent in agents:
                worth = value[mine] + pair[types[mine], agent]
                found[mine[worth >= _least(worth[certain[mine]], places)]] = True
    return found


def _apart(eligible: Iterable[int]) -> list[int]:
    """The agents in groups: those in different ones share no line, not even by others between them."""
    groups: list[int] = []
    for mask in eligible:
        shared = [group for group in groups if group & mask]
        groups = [group for group in groups if not group & mask]
        groups.append(reduce(or_, shared, mask))
    return groups


def _least(worth: Points, places: int) -> int:
    """What the last of the best so many is worth."""
    if worth.size < places:
        return NEVER // 2
    return max(NEVER // 2, int(np.partition(worth, -places)[-places]))


def pairs_of(
    chances: Sequence[Chance], open_to: Mask, seen: Seen, roster: Roster, policy: Policy, largest: int
) -> Points:
    """[T, agents]: what an agent adds to the value of a task of a type; NEVER where that is not to be, by
    `open_to` [T, agents]. `largest`: the largest size.
    """
    lines = [chance.line.task for chance in _of_types(chances)]
    part = _of_agents(seen.rated.pair, seen, roster, -np.inf)
    size = np.array([[line.requirement.size] for line in lines])
    first = np.array([[rule_of(line, policy) == PRIORITY_FIRST] for line in lines])
    add = pair_points(part, size, largest, first, policy.weights)
    return np.where(open_to, add, NEVER)


def open_pairs(chances: Sequence[Chance], seen: Seen, roster: Roster, policy: Policy) -> Mask:
    """[T, agents]: who may take tasks of a type, and is not waited for somebody else."""
    of_types = _of_types(chances)
    holds = np.array([rule_of(chance.line.task, policy) == PRICE_AND_HOLD for chance in of_types])
    back = _of_agents(seen.rated.held_for, seen, roster, -1) >= 0
    eligible = unpacked([chance.eligible for chance in of_types], len(roster.agents))
    found: Mask = eligible & ~(back & holds[:, None])
    return found


def types_of(rows: Rows) -> Ints:
    """[n]: the type of each task, by its number in the order of the lines and their steps."""
    number = np.zeros((len(rows.chances), ALL_STEPS), np.int64)
    steps = [(i, step) for i, chance in enumerate(rows.chances) for step in chance.line.steps]
    number[tuple(np.array(steps).T)] = np.arange(len(steps))
    found: Ints = number[rows.owner, rows.table[:, STEP]]
    return found


def _of_types(chances: Iterable[Chance]) -> Sequence[Chance]:
    """[T]: the line of each type, in that order."""
    return [chance for chance in chances for _ in chance.line.steps]


def _of_agents(said: NDArray[N], seen: Seen, roster: Roster, unknown: float) -> NDArray[N]:
    """[T, agents]: what is said of these agents, of the columns of `said`."""
    columns = np.array([seen.columns.get(agent.id, -1) for agent in roster.agents])
    found = np.full((len(said), columns.size), unknown, said.dtype)
    found[:, columns >= 0] = said[:, columns[columns >= 0]]
    return found
