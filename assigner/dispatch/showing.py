"""The census is taken again and again, and shown while the dispatcher that it is of leads."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from math import inf

from assigner.backoff import Backoff
from assigner.dispatch.census import count_agents, count_tasks, counted, judged, names_of
from assigner.dispatch.loop import Dispatcher
from assigner.dispatch.mirror import Mirror
from assigner.metrics import Census

EVERY_S, JUDGE_EVERY_S = 5.0, 15.0
"""Between two countings, and between two judgements of why tasks wait."""
SHARE, MOST_TIMES = 0.01, 4
"""Either is to take so much of the time: after a long one the next comes later, at most so many times."""
LOOK_S = 0.25
"""Between two looks whether the dispatcher leads."""


@dataclass(slots=True, kw_only=True)
class Showing:
    """What is shown of one dispatcher: what was counted of `mirror`, and what was judged, which takes longer.

    `judge_at_s` is when to judge again, by the clock's monotonic seconds.
    """

    dispatcher: Dispatcher
    most_names: int
    mirror: Mirror | None = None
    counts: Census = field(default_factory=dict)
    reasons: Census = field(default_factory=dict)
    judge_at_s: float = -inf
    backoff: Backoff = field(default_factory=lambda: Backoff(shortest_s=EVERY_S))

    def shown(self) -> Census:
        """The last census; nothing while others lead."""
        if not self.dispatcher.leads or self.mirror is not self.dispatcher.mirror:
            return {}
        return {**self.counts, **self.reasons}

    async def keep(self) -> None:
        """Take a census now and then, until cancelled."""
        while True:
            try:
                pause_s = await self.take()
            except Exception as error:  # whatever it was, there will be another census
                now_s = self.dispatcher.clock.monotonic_s()
                pause_s = self.backoff.failed(error, "The backlog cannot be counted", now_s)
            await asyncio.sleep(pause_s)

    async def take(self) -> float:
        """Take a census. Returns how long to wait until the next one, in seconds."""
        lead, clock = self.dispatcher.lead, self.dispatcher.clock
        if lead is None:
            self.mirror, self.counts, self.reasons = None, {}, {}
            return LOOK_S
        mirror, now = lead.feed.mirror, clock.now_ms() + lead.ahead_ms
        if mirror is not self.mirror:  # it leads anew
            self.judge_at_s = -inf
        began = clock.monotonic_s()
        backlog, staff = await count_tasks(mirror, now), await count_agents(mirror, now)
        name = names_of(backlog, mirror.queues, self.most_names)
        self.counts = counted(mirror, backlog, staff, name)
        ended = clock.monotonic_s()
        if ended >= self.judge_at_s:
            self.reasons = await judged(mirror, now, name, clock)
            took_s = clock.monotonic_s() - ended
            self.judge_at_s = ended + _pause_s(JUDGE_EVERY_S, took_s)
        self.mirror = mirror
        return _pause_s(EVERY_S, ended - began)


def _pause_s(every_s: float, took_s: float) -> float:
    return min(max(every_s, took_s / SHARE), MOST_TIMES * every_s)
