"""Sight: what the rule over time says of types of tasks and of the free agents who may take them, now.

Where all types and agents are few enough, all are looked at together. Where they are too many, the types
asked about are looked at in parts, each with all who could do it, and the burden stands for all others: it is
as of the last tick, but for how many tasks wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assigner.dispatch.abilities import Row, Type, task_for
from assigner.dispatch.board import board
from assigner.dispatch.burden import Part, share_out
from assigner.dispatch.crew import Floats, Places
from assigner.dispatch.foresight import Foresight
from assigner.dispatch.index import Index
from assigner.dispatch.lines import Kind
from solver.outlook import Outlook
from solver.over_time import Rated, rate

WHOLE_CELLS = 250_000
"""So many (type, agent) pairs are looked at together: a few milliseconds."""
NOTHING = np.zeros((0, 0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sight:
    """Of a type: see Rated. `who` are the places of the free agents asked about, ascending, of whom some may
    not be able to do it; `held_for` is a place, or −1.
    """

    price: float
    left: float
    who: Places
    pair: Floats
    held_for: Places
    begins_in: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """An instant: what waits, and who is at work, by place and as a list."""

    sees: Foresight
    index: Index
    now: int
    at_work: NDArray[np.bool_]
    who: Places
    free: Places

    def rated(self, who: Places, free: Places, hours: Floats, trust: Floats, **known: Floats) -> Rated:
        """What the rule says of types with these hours [T, who] and of the free ones among `who`.

        Who could not finish a task before they leave may not do it.
        """
        times = self.sees.crew.times(who, self.now)
        ends = times.frees_in + hours
        outlook = Outlook(
            handling=np.where(ends <= times.leaves_in, hours, np.inf),
            trust=trust,
            arrivals=np.zeros(len(hours)),
            frees_in=times.frees_in,
            leaves_in=times.leaves_in,
            slots=times.slots,
            **known,
        )
        return rate(outlook, self.sees.prices()[who], np.searchsorted(who, free))

    def part(self, type: Type) -> Part:
        """What one task of a type adds to the burden."""
        row = self.sees.abilities.row(type, self.now)
        there = self.at_work[row.who]
        part, _ = share_out(row.who[there], row.hours[there], self.sees.prices()[row.who[there]])
        return part


def see(sees: Foresight, index: Index, asked: Sequence[Type], free: Places, now: int) -> list[Sight]:
    """What is to be said of some types and of the free agents in some places."""
    at_work = sees.crew.at_work(now)
    who = np.flatnonzero(at_work)
    free = free[at_work[free]]
    scene = Scene(sees=sees, index=index, now=now, at_work=at_work, who=who, free=free)
    types = list(dict.fromkeys([*asked, *(type for type, _ in waiting(index)), *sees.followers]))
    if len(types) * who.size <= WHOLE_CELLS:
        return _together(scene, types, asked)
    return _in_parts(scene, asked)


def waiting(index: Index, kinds: Iterable[Kind] | None = None) -> Iterator[tuple[Type, int]]:
    """How much waits of each type, in sizes; of all, or of some kinds."""
    for kind, line in index.lines() if kinds is None else ((kind, index.line(kind)) for kind in kinds):
        if line is not None:
            for step, count in line.steps.items():
                yield (kind, step), count * kind[0].size


def _together(scene: Scene, types: Sequence[Type], asked: Sequence[Type]) -> list[Sight]:
    sees = scene.sees
    sees.board = board(sees.board, types, sees.abilities, sees.demand, sees.follows, sees.ticked, scene.now)
    number, who = sees.board.number, scene.who
    amounts = np.zeros(len(number))
    for type, amount in waiting(scene.index):
        amounts[number[type]] = amount
    rated = scene.rated(
        who,
        scene.free,
        sees.board.hours[:, who],
        sees.board.trust[:, who],
        waiting=amounts,
        follows=sees.board.follows,
    )
    return [_sight(rated, number[type], who, scene.free) for type in asked]


def _in_parts(scene: Scene, asked: Sequence[Type]) -> list[Sight]:
    _bring_up_to_date(scene)
    sees = scene.sees
    parts: dict[bytes, list[tuple[int, Row]]] = {}
    for i, type in enumerate(asked):
        row = sees.abilities.row(type, scene.now)
        parts.setdefault(row.who.tobytes(), []).append((i, row))
    found: dict[int, Sight] = {}
    for part in parts.values():
        there = scene.at_work[part[0][1].who]
        who = part[0][1].who[there]
        free = scene.free[np.isin(scene.free, who)]
        rated = scene.rated(
            who,
            free,
            np.stack([row.hours[there] for _, row in part]),
            np.stack([row.trust[there] for _, row in part]),
            waiting=np.zeros(len(part)),
            follows=NOTHING,
            beside=sees.burden.hours[who],
            after=np.array([_after(sees, asked[i]) for i, _ in part]),
        )
        found |= {i: _sight(rated, t, who, free) for t, (i, _) in enumerate(part)}
    return [found[i] for i in range(len(asked))]


def _sight(rated: Rated, t: int, who: Places, free: Places) -> Sight:
    held_for = rated.held_for[t]
    return Sight(
        price=float(rated.price[t]),
        left=float(rated.left[t]),
        who=free,
        pair=rated.pair[t],
        held_for=np.where(held_for >= 0, who[held_for], -1),
        begins_in=rated.expected_in[t],
    )


def _after(sees: Foresight, type: Type) -> float:
    """Priced hours of what follows a task of a type, as of the last tick."""
    following = sees.follows.get(sees.demand.origin(task_for(type)), ()) if sees.follows else ()
    return sum(likely * sees.burden.left.get(name, 0.0) for name, likely in following)


def _bring_up_to_date(scene: Scene) -> None:
    """Let the burden know what waits by now."""
    sees, index, burden = scene.sees, scene.index, scene.sees.burden
    if burden.tick != sees.ticked:
        burden.renew(sees.ticked, {}, {})
        index.changed = {kind for kind, _ in index.lines()}
    burden.count(waiting(index, index.changed), index.changed, scene.part, len(sees.crew))
    index.changed = set()
