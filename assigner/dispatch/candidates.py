"""What a cycle has to decide about: much less than everything, and the same optimum."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from assigner.dispatch.entries import AgentEntry
from assigner.dispatch.lines import Chance, Line, Signature, most_urgent
from assigner.dispatch.mirror import Mirror
from assigner.domain.agent import Agent
from assigner.domain.eligibility import judge
from assigner.domain.lifecycle import State
from assigner.domain.roster import Roster
from assigner.domain.snapshot import Snapshot


def candidates(mirror: Mirror, now: int, weights: Mapping[str, float]) -> Snapshot:
    """The tasks and agents of a best assignment of everything.

    Left out are tasks of frozen queues, which stand in no line; agents who could not take any task at all, or
    who are being drained; lines that no agent left may take; and of each
    class of tasks that only urgency tells apart, those beyond the number of places that all agents who may
    take them have. A pair's value depends on that pair alone, so leaving these out changes no pair that is
    left. In any assignment of everything at most so many tasks of a class are assigned as it has places;
    where one of them is not among the most urgent, one of those waits, may go wherever the other goes, and is
    worth no less there: exchanging them loses nothing. So some best assignment of everything uses only what
    is left.
    """
    index = mirror.index
    keys = index.free_by_key.keys() & index.lines_by_key.keys()
    lines = [line for key in keys for line in index.lines_by_key[key].values()]
    roster = Roster(list(_free_for(mirror, lines, now)), now)
    named = _named(mirror, roster)
    used, chances = 0, []
    for line in lines:
        if not roster.mastering(line.task.requirement.skills):
            continue  # most lines: the rules would refuse everybody, and take longer to say so
        eligible = judge(line.task, roster).eligible
        if eligible:
            used |= eligible
            places = _places(line, eligible, roster)
            chances.append(Chance(line=line, places=places, named=named.get(id(line), {})))
    tasks = most_urgent(chances, roster, weights) if chances else []
    return Snapshot.freeze(now, tasks, [roster.agents[i] for i in roster.positions(used)])


def everything(mirror: Mirror, now: int) -> Snapshot:
    """All queued tasks, those of frozen queues too, and all agents."""
    tasks = (entry.task for entry in mirror.tasks.values() if entry.record.state is State.QUEUED)
    return Snapshot.freeze(now, tasks, (entry.agent(now) for entry in mirror.agents.values()))


def _free_for(mirror: Mirror, lines: Iterable[Line], now: int) -> Iterator[Agent]:
    """The agents with room who may work now and have what one of these lines asks first."""
    found: dict[str, AgentEntry] = {}
    for key in {line.key for line in lines}:
        found |= mirror.index.free_by_key.get(key, {})
    for entry in found.values():
        if entry.on_shift(now):
            yield entry.agent(now)


def _named(mirror: Mirror, roster: Roster) -> dict[int, dict[int, Signature]]:
    """For each line, by its identity, the slots of the tasks that name agents of the roster."""
    found: dict[int, dict[int, Signature]] = {}
    for position, agent in enumerate(roster.agents):
        for task, (prefers, until) in mirror.index.naming.get(agent.id, {}).items():
            waiting = mirror.tasks[task].waiting
            if waiting is not None and (prefers or until > roster.now):
                line = found.setdefault(id(waiting.line), {})
                line[waiting.slot] = (*line.get(waiting.slot, ()), (position, until > roster.now))
    return found


def _places(line: Line, eligible: int, roster: Roster) -> int:
    """How many tasks of a line these agents have room for; it is not counted beyond the line's length."""
    places, size = 0, line.task.requirement.size
    for position in roster.positions(eligible):
        places += roster.agents[position].capacity_left // size
        if places >= len(line):
            break
    return places
