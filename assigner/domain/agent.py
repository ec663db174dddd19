"""An agent: a person who does the work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from assigner.domain.calendar import Window
from assigner.domain.expected import Times
from assigner.domain.task import Task


class Presence(StrEnum):
    """What the agent says of themselves. Only `available` agents receive work."""

    AVAILABLE = "available"
    AWAY = "away"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A person with skills (name to level, 1 to 10) and a capacity, in task sizes, of which `load` is taken.

    `busy`, where it is known, has (size, milliseconds left) of each task in hand, which are part of `load`.
    `channels` of None serves every channel; an empty set serves none. `available_from` is the first
    instant of the availability window and `available_until` the first after it; `later` has the windows
    that come after that one, in order, and `longest_ms` how long the longest of their shifts is, where those
    are known. `handle_ms` maps a category to this agent's own handling time.
    `draining`, in the living service only: somebody has said that they are to get nothing more.
    """

    id: str
    skills: Mapping[str, int] = field(default_factory=dict)
    presence: Presence = Presence.AVAILABLE
    channels: frozenset[str] | None = None
    capacity: int = 1
    load: int = 0
    busy: tuple[tuple[int, int], ...] = ()
    available_from: int | None = None
    available_until: int | None = None
    later: tuple[Window, ...] = ()
    longest_ms: int | None = None
    idle_since: int | None = None
    handle_ms: Mapping[str, int] = field(default_factory=dict)
    draining: bool = False

    @property
    def capacity_left(self) -> int:
        """What the agent can still take, in task sizes; a load above the capacity leaves nothing."""
        return max(0, self.capacity - self.load)

    def room_in(self, size: int) -> int | None:
        """Milliseconds until there is room for a task of this size, 0: at once; None: nothing says when."""
        room = self.capacity - self.load
        if room >= size:
            return 0
        for piece, left in sorted(self.busy, key=lambda one: one[1]):
            room += piece
            if room >= size:
                return left
        return None

    def may_finish(self, task: Task, begin: int, end: int) -> bool:
        """Whether the end of a shift is no reason not to begin a task: it is done by then, or no shift is
        long enough for it.
        """
        ms = self.handling_ms(task)
        return begin + ms <= end or (self.longest_ms is not None and self.longest_ms < ms)

    def handling_ms(self, task: Task) -> int:
        """The handling time of the pair: the agent's own for the category, else the task's."""
        category, times = task.requirement.category or "", self.handle_ms
        if isinstance(times, Times):
            return times.ms(category) or task.handle_ms
        return times.get(category, task.handle_ms)
