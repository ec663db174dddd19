"""Which tasks contend for the places there are: where few agents are free, nearly all of them do not."""

from __future__ import annotations

import numpy as np

from assigner.dispatch.ahead.sight import Seen
from assigner.dispatch.lines import HANDLE, Ints, Mask, Rows
from assigner.dispatch.parts import pair_points, rule_of
from assigner.dispatch.translate import unpacked
from assigner.domain.policy import PRICE_AND_HOLD, PRIORITY_FIRST, SNAPSHOT, Policy
from assigner.domain.preference import Points
from assigner.domain.roster import Roster

MOST_CELLS = 1_000_000
"""So many pairs of a task and a free agent are compared; where there are more, all tasks contend."""
NEVER = -(2**62)
"""Less than any pair is worth."""


def contenders(
    rows: Rows, types: Ints, value: Points, seen: Seen, roster: Roster, policy: Policy, largest: int
) -> Mask:
    """[n]: the tasks that may be in the best assignment by a rule over time, of those that may be begun now.

    All agents together have k places. A task that is given to an agent, who could have k others of its size
    that are worth at least as much to them, can be exchanged for one of those k, since one of them waits. So
    for each agent and size the k best will do, with whatever is worth as much as the last of them. Tasks that
    name somebody contend, and push nobody out; nor do those that may outlast somebody's shift.

    `value` [n]: what each task is worth of itself. `types` [n]: its type. `largest`: the largest size.
    """
    open_now = rows.open(roster.now)
    rules = {rule_of(chance.line.task, policy) for chance in rows.chances}
    if value.size * len(roster.agents) > MOST_CELLS or (SNAPSHOT in rules and len(rules) > 1):
        return open_now  # of several rules some task of each must stay: together they are valued otherwise
    pair = _pairs(rows, seen, roster, policy, largest)
    named = _named(rows)
    last = min(roster.endings(), default=None)
    certain = ~named if last is None else ~named & (roster.now + rows.table[:, HANDLE] <= last)
    places = sum(agent.capacity_left for agent in roster.agents)
    found = named & open_now
    size = np.array([chance.line.task.requirement.size for chance in rows.chances])[rows.owner]
    for one in np.unique(size).tolist():
        mine = np.flatnonzero(open_now & (size == one))
        for agent in range(len(roster.agents)):
            worth = value[mine] + pair[types[mine], agent]
            found[mine[worth >= _least(worth[certain[mine]], places)]] = True
    return found


def _least(worth: Points, places: int) -> int:
    """What the last of the best so many is worth."""
    if worth.size < places:
        return NEVER // 2
    return max(NEVER // 2, int(np.partition(worth, -places)[-places]))


def _named(rows: Rows) -> Mask:
    """[n]: the tasks that name somebody who counts."""
    named, first = np.zeros(len(rows.owner), np.bool_), 0
    for chance in rows.chances:
        named[[first + slot for slot in chance.named]] = True
        first += len(chance.line)
    return named


def _pairs(rows: Rows, seen: Seen, roster: Roster, policy: Policy, largest: int) -> Points:
    """[T, agents]: what giving a task of a type to an agent adds to its value; NEVER where it may not be, or
    is held back.
    """
    owner = [(i, chance) for i, chance in enumerate(rows.chances) for _ in chance.line.steps]
    lines = [chance.line.task for _, chance in owner]
    rules = [rule_of(line, policy) for line in lines]
    columns = np.array([seen.columns.get(agent.id, -1) for agent in roster.agents])
    shape = len(lines), columns.size
    known = np.flatnonzero(columns >= 0)
    part = np.full(shape, -np.inf)
    part[:, known] = seen.rated.pair[:, columns[known]]
    size = np.array([line.requirement.size for line in lines])
    first = np.array([rule == PRIORITY_FIRST for rule in rules])
    add = pair_points(part, size[:, None], largest, first[:, None], policy.weights)
    allowed = unpacked([chance.eligible for _, chance in owner], columns.size).copy()
    back = np.zeros(shape, np.bool_)
    back[:, known] = seen.rated.held_for[:, columns[known]] >= 0
    back[[rule != PRICE_AND_HOLD for rule in rules]] = False
    return np.where(allowed & ~back, add, NEVER)
