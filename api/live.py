"""What the handlers of the living service share: the store, the view of it, and the change at hand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from api.errors import ApiError
from api.events.hub import Hub
from api.view import LONGEST_LAG_S, View
from assigner.clock import Clock
from assigner.dispatch.loop import Dispatcher
from assigner.dispatch.mirror import Mirror
from assigner.domain.lifecycle import State, allowed
from assigner.domain.queue import Queue
from assigner.store.base import Command, Outcome, Store, StoreUnavailable
from assigner.store.log import FIRST, EventKey, event_key

MAIN_QUEUE = "main"
"""The queue of tasks that name none."""
KINDS = ("task", "agent", "queue")
BEFORE = event_key(FIRST)
PROBE_S = 1.0
"""Between two looks whether a store that took nothing takes something again."""
HEARD_S = 0.005
"""Between two looks whether the dispatcher has heard of a change."""
ROUTED = frozenset("accept decline start complete release transfer hold resume update cancel reopen".split())
"""The verbs that clients have."""


@dataclass(slots=True, kw_only=True)
class Live:
    """The living part of one service, for one workspace."""

    workspace: str
    store: Store
    view: View
    clock: Clock
    dispatcher: Dispatcher | None = None
    """The dispatcher of this process, where it has one: it knows what was decided last."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server stops: long polls end."""
    obstacle: str | None = None
    """Why the store took nothing that was written last: it may be read, and full."""
    refused: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the store has not taken a write."""
    explaining: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by who tells why a task waits: one at a time, or together they would hold up everybody else."""
    written: dict[str, EventKey] = field(default_factory=dict)
    """The last change that this process made, by kind of record."""
    hub: Hub = field(init=False)
    """Tells those who follow the events."""

    def __post_init__(self) -> None:
        self.hub = Hub(self.store, self.view, self.workspace)

    async def do(self, verb: str, command: Command) -> Outcome:
        """Do one command. Raises the error of its refusal, and StoreUnavailable."""
        [outcome] = await self.do_all(verb, [command])
        if outcome.refused:
            raise refusal(outcome)
        return outcome

    async def do_all(self, verb: str, asked: Sequence[Command]) -> list[Outcome]:
        """Do the commands of a verb, and remember for the lists what has changed."""
        try:
            outcomes = await self.store.do(verb, asked)
        except StoreUnavailable as error:
            self.obstacle = str(error)
            self.refused.set()
            raise
        for outcome in reversed(outcomes):
            if outcome.event and not outcome.replayed:
                kind = _kind(outcome)
                self.written[kind] = max(event_key(outcome.event), self.written.get(kind, BEFORE))
                self.obstacle = None
                break
        return outcomes

    async def queue(self, id: str) -> Queue:
        """The settings of a queue: as the view knows them, or, while it is made, from the store."""
        if not self.view.obstacle:
            return (await self.seen("queue")).queue(id)
        record = await self.store.queue(id)
        return Queue.of(record.doc if record else {})

    async def heal(self) -> None:
        """After a write that the store did not take, see when it takes one again; until cancelled."""
        while True:
            await self.refused.wait()
            self.refused.clear()
            while self.obstacle:
                await asyncio.sleep(PROBE_S)
                try:
                    await self.store.try_writing()
                    self.obstacle = None
                except Exception as error:  # whatever it is, nothing is written yet, and this is why
                    self.obstacle = str(error) or type(error).__name__

    async def seen(self, *kinds: str) -> View:
        """The view, once it has seen what this process has changed of these kinds (default: of all).

        Raises StoreUnavailable while there is none.
        """
        if self.view.obstacle:
            raise StoreUnavailable(self.view.obstacle)
        await self.view.reached(max(self.written.get(kind, BEFORE) for kind in kinds or KINDS))
        return self.view

    async def mirror(self, now: int) -> Mirror:
        """What this process's dispatcher knows, once it has heard of what this process has changed; where it
        does not lead, the same of the view's. Raises StoreUnavailable.
        """
        wrote, known = max(self.written.values(), default=BEFORE), None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_LAG_S):
                while self.dispatcher and (known := self.dispatcher.mirror) and known.last < wrote:  # noqa: ASYNC110
                    await asyncio.sleep(HEARD_S)  # a mirror tells nobody what it hears
        return known or await (await self.seen()).mirror(now)


def _kind(outcome: Outcome) -> str:
    """What a command was about; an override is one of many tasks."""
    return "queue" if outcome.queue else "task" if outcome.task or outcome.override else "agent"


def refusal(outcome: Outcome) -> ApiError:
    """The error of a command that was refused."""
    code, facts = str(outcome.refused), dict(outcome.facts)
    if code == "wrong_state":
        return wrong_state(State(facts["state"]))
    return ApiError(code, members=facts)


def wrong_state(state: State) -> ApiError:
    """The error of a verb that a task in this state does not take, with those that it takes."""
    takes = [verb for verb in allowed(state) if verb in ROUTED]
    words = ", ".join(takes) or "nothing"
    members: dict[str, Any] = {"state": state, "allowed": takes}
    return ApiError("wrong_state", f"The task is {state}. Now it takes: {words}.", members=members)
