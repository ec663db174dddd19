"""What the mirror knows of one task, and of one agent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from assigner.dispatch.lines import Key, Waiting
from assigner.domain.agent import Agent, Presence
from assigner.domain.calendar import Window, current, pause, reach
from assigner.domain.records import AgentRecord, OfferRecord, TaskRecord
from assigner.domain.task import Task

Order = tuple[int, ...]
"""The id of an event, as numbers."""


@dataclass(slots=True, eq=False)
class TaskEntry:
    """An open task: its record, itself as the domain knows it, its open offer, its place while queued, and
    how many cycles had begun when it got that.
    """

    record: TaskRecord
    task: Task
    seen: Order
    offer: OfferRecord | None = None
    waiting: Waiting | None = None
    since: int = 0


@dataclass(slots=True, eq=False)
class AgentEntry:
    """An agent: the record, the agent as the document has it and as they are now, when they are there, and
    when they have a break meanwhile; how many cycles had begun when they last changed so that they may take
    more.
    """

    record: AgentRecord
    said: Agent
    windows: tuple[Window, ...]
    breaks: tuple[Window, ...]
    keys: tuple[Key, ...]
    seen: Order
    now: Agent | None = None
    free: bool = False
    draining: bool = False
    since: int = 0
    _shift: int = 0
    """The position of the window of now; so it is at the instants from `_first` to before `_last`."""
    _working: Window = field(default_factory=Window)
    _first: int = 0
    _last: int = 0

    def agent(self, now: int) -> Agent:
        """The domain's agent, with the presence, the load and the shift of now, else the next shift; in a
        break, from its end on.
        """
        window = self.working(now)
        if self.now is None:
            record = self.record
            self.now = replace(
                self.said,
                presence=record.presence,
                load=record.load,
                idle_since=record.idle_since,
                available_from=window.begins,
                available_until=window.ends,
                later=self.windows[self._shift + 1 :],
                draining=self.draining,
            )
        return self.now

    def window(self, now: int) -> Window:
        """The shift that holds the instant, else the next one, else the last."""
        self._look(now)
        return self.windows[self._shift]

    def working(self, now: int) -> Window:
        """The same, in a break from its end on."""
        self._look(now)
        return self._working

    def unchanged_until(self, now: int) -> int:
        """Until when that stays so."""
        self._look(now)
        return self._last

    def _look(self, now: int) -> None:
        if self._first <= now < self._last:
            return
        self._shift, self.now = current(self.windows, now), None
        shift, reached = self.windows[self._shift], reach(self.windows, self._shift)
        held, stays = pause(self.breaks, now)
        self._working = shift if held is None else Window(held.ends, shift.ends)
        self._first, self._last = max(reached[0], stays[0]), min(reached[1], stays[1])

    def on_shift(self, now: int) -> bool:
        """Whether a shift holds the instant."""
        return self.window(now).holds(now)

    def may_work(self, now: int) -> bool:
        """Whether the agent is available and on shift."""
        return self.record.presence is Presence.AVAILABLE and self.on_shift(now)
