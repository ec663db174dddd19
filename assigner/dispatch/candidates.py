"""What a cycle has to decide about: much less than everything, and the same optimum."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

import numpy as np

from assigner.dispatch.ahead.crew import places
from assigner.dispatch.ahead.sight import Seen, see
from assigner.dispatch.contenders import contenders, open_pairs, pairs_of, types_of
from assigner.dispatch.entries import AgentEntry
from assigner.dispatch.lines import (
    CREATED,
    CURVE,
    DUE,
    HANDLE,
    PRIORITY,
    RESPOND,
    Chance,
    Line,
    Mask,
    Rows,
    Signature,
    most_urgent,
    worth,
)
from assigner.dispatch.mirror import Mirror
from assigner.dispatch.parts import TaskFacts, parts_of, rule_of
from assigner.domain.eligibility import eligible
from assigner.domain.lifecycle import State
from assigner.domain.policy import PRIORITY_FIRST, SNAPSHOT, Policy
from assigner.domain.preference import Curved, Points
from assigner.domain.roster import Roster
from assigner.domain.snapshot import Snapshot

Named = dict[int, dict[int, Signature]]
MOST_FREE = 2_000
"""So many free agents are looked at in a cycle by a rule over time; the others come in the next ones."""
MOST_SEEN = 1_000_000
"""So many pairs of a type and a free agent, at most: where there are very many types, fewer agents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The candidates; what a rule over time says of them, where one is asked; how many tasks are held back
    from everybody who has room.
    """

    snapshot: Snapshot
    seen: Seen | None = None
    held: int = 0


def candidates(mirror: Mirror, now: int, policy: Policy) -> Found:
    """The tasks and agents of a best assignment of everything.

    Left out are tasks of frozen queues, which stand in no line; agents who could not take any task at all, or
    who are being drained; lines that no agent left may take; tasks that are held back from whoever could take
    them; those that do not contend; and of each class of tasks that only their own part of a pair's value
    tells apart, those beyond the number of places that all agents who may take them have. A pair's value
    depends on that pair alone, so leaving these out changes no pair that is left. In any assignment of
    everything at most so many tasks of a class are assigned as it has places; where one of them is not among
    those worth most, one of those waits, may go wherever the other goes, and is worth no less there:
    exchanging them loses nothing. So some best assignment of everything uses only what is left.
    """
    index = mirror.index
    keys = index.free_by_key.keys() & index.lines_by_key.keys()
    lines = [line for key in keys for line in index.lines_by_key[key].values()]
    free = _free_for(mirror, lines, now)
    later, mirror.sees.later = mirror.sees.later, []
    types = sum(len(line.steps) for line in lines if rule_of(line.task, policy) != SNAPSHOT)
    most = min(MOST_FREE, max(1, MOST_SEEN // max(1, types)))
    if types and len(free) > most:
        free = _in_turn(mirror, free, later, most)
    roster = Roster([entry.agent(now) for entry in free.values()], now)
    chances = list(_chances(lines, roster, _named(mirror, roster)))
    if not chances:
        return Found(snapshot=Snapshot.freeze(now, (), ()))
    rows, seen = Rows.of(chances), None
    if _rules(rows, policy, now) <= {SNAPSHOT}:
        value, among = worth(rows.table, rows.curves(), now, policy.weights), rows.open(now)
    else:
        seen = _see(mirror, rows, roster, now)
        rows = replace(rows, chances=_named_by_others(mirror, rows.chances, seen, roster), over_time=True)
        rows, value, among = _over_time(rows, roster, policy, seen)
    tasks = most_urgent(rows, value, among, roster)
    used = reduce(or_, (chance.eligible for chance in chances))
    agents = [roster.agents[i] for i in roster.positions(used)]
    return Found(snapshot=Snapshot.freeze(now, tasks, agents), seen=seen, held=int(rows.held.sum()))


def _chances(lines: Iterable[Line], roster: Roster, named: Named) -> Iterator[Chance]:
    """The lines that somebody of the roster may take."""
    for line in lines:
        if not roster.mastering(line.task.requirement.skills):
            continue  # most lines: the rules would refuse everybody, and take longer to say so
        if may := eligible(line.task, roster):
            yield Chance(line=line, eligible=may, named=named.get(id(line), {}))


def _rules(rows: Rows, policy: Policy, now: int) -> set[str]:
    """The rules of the tasks that may be begun now."""
    return {rule_of(rows.chances[owner].line.task, policy) for owner in rows.owners(now)}


def _see(mirror: Mirror, rows: Rows, roster: Roster, now: int) -> Seen:
    """What a rule over time says of the types of these tasks and of those who may take some of them."""
    sees = mirror.look_ahead(now)
    types = [(chance.line.kind, step) for chance in rows.chances for step in chance.line.steps]
    found = (sees.crew.place(agent.id) for agent in roster.agents)
    return see(sees, mirror.index, types, places(place for place in found if place is not None), now)


def _over_time(rows: Rows, roster: Roster, policy: Policy, seen: Seen) -> tuple[Rows, Points, Mask]:
    """The tasks, and which of them a rule over time holds back from everybody. [n] twice: what they are worth
    of themselves to a decision about the others; which of them it is to be about.
    """
    types, open_to = types_of(rows), open_pairs(rows.chances, seen, roster, policy)
    held: Mask = ~np.any(open_to, axis=1)[types]
    held[[row for row, _ in rows.named()]] = False
    rows, now = replace(rows, held=held), roster.now
    if _rules(rows, policy, now) <= {SNAPSHOT}:
        return rows, worth(rows.table, rows.curves(), now, policy.weights), rows.open(now)
    facts = _facts(rows, policy, now)
    parts = parts_of(facts, seen.priced(types), now, policy.weights)
    value: Points = np.sum([*parts.values()], axis=0)
    pair = pairs_of(rows.chances, open_to, seen, roster, policy, facts.largest)
    return rows, value, contenders(rows, types, value, pair, roster, policy)


def _named_by_others(mirror: Mirror, chances: Sequence[Chance], seen: Seen, roster: Roster) -> list[Chance]:
    """The chances, with the tasks that bar somebody for whom others are held back: they may not be."""
    if not mirror.index.naming:
        return list(chances)
    named: Named = {id(chance.line): dict(chance.named) for chance in chances}
    for number, agent in enumerate(seen.names):
        if agent not in roster.index:
            for task, (_, until) in mirror.index.naming.get(agent, {}).items():
                waiting = mirror.tasks[task].waiting
                line = named.get(id(waiting.line)) if waiting else None
                if waiting and line is not None and until > roster.now:
                    line[waiting.slot] = (*line.get(waiting.slot, ()), (-1 - number, True))
    return [
        chance if named[id(chance.line)] == chance.named else replace(chance, named=named[id(chance.line)])
        for chance in chances
    ]


def _facts(rows: Rows, policy: Policy, now: int) -> TaskFacts:
    """What the parts of these tasks need to know of them."""
    table, owner, curves = rows.table, rows.owner, rows.curves()
    size = np.array([chance.line.task.requirement.size for chance in rows.chances], np.int64)
    first = np.array([rule_of(chance.line.task, policy) == PRIORITY_FIRST for chance in rows.chances])
    return TaskFacts(
        created=table[:, CREATED],
        priority=table[:, PRIORITY],
        due=table[:, DUE],
        respond=table[:, RESPOND],
        handle=table[:, HANDLE],
        size=size[owner],
        first=first[owner],
        largest=int(size[rows.owners(now)].max(initial=1)),
        curved=Curved(table[:, CURVE], curves) if curves else None,
    )


def everything(mirror: Mirror, now: int) -> Snapshot:
    """All queued tasks, those of frozen queues too, and all agents."""
    tasks = (entry.task for entry in mirror.tasks.values() if entry.record.state is State.QUEUED)
    return Snapshot.freeze(now, tasks, (entry.agent(now) for entry in mirror.agents.values()))


def _free_for(mirror: Mirror, lines: Iterable[Line], now: int) -> dict[str, AgentEntry]:
    """The agents with room who may work now and have what one of these lines asks first, by their ids."""
    found: dict[str, AgentEntry] = {}
    for key in {line.key for line in lines}:
        found |= mirror.index.free_by_key.get(key, {})
    return {id: entry for id, entry in found.items() if entry.on_shift(now)}


def _in_turn(
    mirror: Mirror, free: Mapping[str, AgentEntry], later: Sequence[str], most: int
) -> dict[str, AgentEntry]:
    """So many of the free agents: of those left out in the last cycle, else of all."""
    turn = [id for id in later if id in free] or sorted(free)
    mirror.sees.later = turn[most:]
    return {id: free[id] for id in turn[:most]}


def _named(mirror: Mirror, roster: Roster) -> Named:
    """For each line, by its identity, the slots of the tasks that name agents of the roster."""
    found: Named = {}
    for position, agent in enumerate(roster.agents):
        for task, (prefers, until) in mirror.index.naming.get(agent.id, {}).items():
            waiting = mirror.tasks[task].waiting
            if waiting is not None and (prefers or until > roster.now):
                line = found.setdefault(id(waiting.line), {})
                line[waiting.slot] = (*line.get(waiting.slot, ()), (position, until > roster.now))
    return found
