"""Sight: what the rule over time says of types of tasks and of the free agents who may take them, now.

Where all types and agents are few enough, all are looked at together. Where they are too many, the types
asked about are looked at in parts, each with all who could do it, and the burden stands for all others: it is
as of the last tick, but for how many tasks wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from assigner.dispatch.ahead.abilities import Row, Type, type_of
from assigner.dispatch.ahead.board import board, left_after
from assigner.dispatch.ahead.burden import Burden, Part, share_out
from assigner.dispatch.ahead.crew import Floats, Places
from assigner.dispatch.ahead.foresight import Foresight
from assigner.dispatch.foresee import Foreseen
from assigner.dispatch.index import Index
from assigner.dispatch.lines import Kind
from assigner.dispatch.parts import Priced
from assigner.domain.snapshot import Snapshot
from assigner.domain.task import Task
from solver.outlook import Outlook, in_time
from solver.over_time import Rated, rate
from solver.worth import limit_of

WHOLE_CELLS = 250_000
"""So many (type, agent) pairs are looked at together: a few milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """What the rule says of T types and of the I free agents asked about: see Rated. `held_for` in there is a
    position in `names`.
    """

    rated: Rated
    fastest: Floats
    """[T]: hours that the fastest agent at work takes."""
    limit: float
    """Hours beyond which a wait is too long."""
    types: Mapping[Type, int]
    columns: Mapping[str, int]
    """The free agents, by their ids."""
    names: Sequence[str]
    """The ids of those who are waited for."""

    def priced(self, types: Places) -> Priced:
        """What is said of tasks of these types, [n]."""
        return Priced.of(self.rated.price, self.rated.left, self.fastest, self.limit, types)

    def of(self, snapshot: Snapshot) -> Foreseen:
        """The same, of the tasks and agents of a snapshot."""
        known: dict[tuple[object, ...], int] = {}  # by identity: hashing a requirement takes long
        types = [_type_of(task, self.types, known) for task in snapshot.tasks]
        return Foreseen(
            rated=self.rated,
            fastest=self.fastest,
            limit=self.limit,
            names=self.names,
            type_of=np.array(types, np.int64),
            column_of=np.array([self.columns.get(agent.id, -1) for agent in snapshot.agents], np.int64),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """An instant: what waits, and who is at work, by place and as a list."""

    sees: Foresight
    index: Index
    now: int
    at_work: NDArray[np.bool_]
    who: Places
    free: Places

    def outlook(self, types: Iterable[Type], who: Places, hours: Floats, **known: Floats) -> Outlook:
        """The outlook of types with these hours [T, who]. Room is room for the largest task that an agent
        could do; who could not finish a task before they leave cannot do it, unless it is longer than any of
        their shifts.
        """
        size = np.array([kind.requirement.size for kind, _ in types], np.float64)[:, None]
        if size.max(initial=1.0) == 1.0:  # usually, and then it is quickly said
            times = self.sees.crew.times(who, self.now)
            begins = times.frees_in
        else:
            largest = np.where(np.isfinite(hours), size, 1.0).max(axis=0, initial=1.0)
            times = self.sees.crew.times(who, self.now, largest)
            begins = np.where(size <= times.room, times.comes_in, times.frees_in)
        return Outlook(
            handling=in_time(hours, begins, times.leaves_in, times.longest),
            arrivals=np.zeros(len(hours)),
            frees_in=times.frees_in,
            leaves_in=times.leaves_in,
            slots=times.slots,
            **known,
        )

    def rate(self, outlook: Outlook, who: Places, free: Places) -> Rated:
        """What the rule says of these types and of the free ones among `who`."""
        return rate(outlook, self.sees.prices()[who], np.searchsorted(who, free))

    def part(self, type: Type) -> Part:
        """What one task of a type adds to the burden."""
        row = self.sees.abilities.row(type, self.now)
        there = self.at_work[row.who]
        return share_out(row.who[there], row.hours[there], self.sees.prices()[row.who[there]])


def _type_of(task: Task, types: Mapping[Type, int], known: dict[tuple[object, ...], int]) -> int:
    key = id(task.requirement), task.handle_ms, task.pinned_agent, task.kept_from, task.rule
    found = known.get(key)
    if found is None:
        found = known[key] = types.get(type_of(task), -1)
    return found


def see(sees: Foresight, index: Index, asked: Sequence[Type], free: Places, now: int) -> Seen:
    """What is to be said of some types and of the free agents in some places. The crew is up to date."""
    at_work = sees.crew.at_work(now)
    who = np.flatnonzero(at_work)
    free = free[at_work[free]]
    scene = Scene(sees=sees, index=index, now=now, at_work=at_work, who=who, free=free)
    amounts = dict(waiting(index))
    few = len(amounts.keys() | asked) * who.size <= WHOLE_CELLS
    rated, fastest = _together(scene, amounts, asked) if few else _in_parts(scene, asked)
    number = np.full(at_work.size + 1, -1)  # the last is for nobody, -1
    number[rated.held_for.ravel()] = 0
    number[-1] = -1
    waited_for = np.flatnonzero(number >= 0)
    number[waited_for] = np.arange(waited_for.size)
    return Seen(
        rated=replace(rated, held_for=number[rated.held_for]),
        fastest=fastest,
        limit=limit_of(sees.wait),
        types={type: t for t, type in enumerate(asked)},
        columns={sees.crew.name(place): i for i, place in enumerate(free.tolist())},
        names=[sees.crew.name(place) for place in waited_for.tolist()],
    )


def waiting(index: Index, kinds: Iterable[Kind] | None = None) -> Iterator[tuple[Type, int]]:
    """How much waits of each type, in sizes; of all, or of some kinds."""
    for kind, line in index.lines() if kinds is None else ((kind, index.line(kind)) for kind in kinds):
        if line is not None:
            for step, count in line.steps.items():
                yield (kind, step), count * kind.requirement.size


def _together(scene: Scene, amounts: Mapping[Type, int], asked: Sequence[Type]) -> tuple[Rated, Floats]:
    sees, who, types = scene.sees, scene.who, list(dict.fromkeys([*asked, *amounts]))
    sees.board = board(sees.board, types, sees.abilities, sees.demand, sees.after, sees.ticked, scene.now)
    number = sees.board.number
    outlook = scene.outlook(
        number,
        who,
        sees.board.hours.take(who, axis=1),  # by rows: those are gone through
        waiting=np.array([amounts.get(type, 0) for type in number], np.float64),
        after=sees.board.after,
    )
    rated = scene.rate(outlook, who, scene.free)
    rows = [number[type] for type in asked]
    chosen = replace(
        rated,
        price=rated.price[rows],
        left=rated.left[rows],
        pair=rated.pair[rows],
        held_for=_placed(rated.held_for[rows], who),
        expected_in=rated.expected_in[rows],
    )
    return chosen, outlook.handling.min(axis=1, initial=inf)[rows]


def _in_parts(scene: Scene, asked: Sequence[Type]) -> tuple[Rated, Floats]:
    _bring_up_to_date(scene)
    shape = len(asked), scene.free.size
    whole = Rated(
        price=np.zeros(shape[0]),
        left=np.zeros(shape[0]),
        pair=np.full(shape, -inf),
        held_for=np.full(shape, -1),
        expected_in=np.zeros(shape),
    )
    fastest = np.full(shape[0], inf)
    parts: dict[bytes, list[tuple[int, Row]]] = {}
    for t, type in enumerate(asked):
        row = scene.sees.abilities.row(type, scene.now)
        parts.setdefault(row.who.tobytes(), []).append((t, row))
    for part in parts.values():
        types = [t for t, _ in part]
        columns, rated, fastest[types] = _part(scene, [asked[t] for t in types], [row for _, row in part])
        cells = np.ix_(np.array(types), columns)
        whole.price[types], whole.left[types] = rated.price, rated.left
        whole.pair[cells], whole.held_for[cells] = rated.pair, rated.held_for
        whole.expected_in[cells] = rated.expected_in
    return whole, fastest


def _part(scene: Scene, types: Sequence[Type], rows: Sequence[Row]) -> tuple[Places, Rated, Floats]:
    """Of types that the same agents could do: the columns of the free ones, what is said, the least hours."""
    there = scene.at_work[rows[0].who]
    who = rows[0].who[there]
    columns = np.flatnonzero(np.isin(scene.free, who))
    outlook = scene.outlook(
        types,
        who,
        np.stack([row.hours[there] for row in rows]),
        waiting=np.zeros(len(rows)),
        beside=scene.sees.burden.hours[who],
        after=np.array([left_after(type, scene.sees.demand, scene.sees.after) for type in types]),
    )
    rated = scene.rate(outlook, who, scene.free[columns])
    rated = replace(rated, held_for=_placed(rated.held_for, who))
    return columns, rated, outlook.handling.min(axis=1, initial=inf)


def _placed(held_for: Places, who: Places) -> Places:
    """Positions among some agents as their places; −1 stays."""
    return np.where(held_for >= 0, who[held_for], -1) if who.size else held_for


def _bring_up_to_date(scene: Scene) -> None:
    """Let the burden know what waits by now."""
    sees, index, burden = scene.sees, scene.index, scene.sees.burden
    if burden.tick != sees.ticked:
        burden = sees.burden = Burden(tick=sees.ticked)
    kinds = index.changed if burden.whole else {*burden.kinds, *(kind for kind, _ in index.lines())}
    burden.count(waiting(index, kinds), kinds, scene.part, len(sees.crew))
    index.changed, burden.whole = set(), True
