"""What this process knows of everything that is open, fed by the store's events: lists, numbers, long polls.

One record is read from the store itself; the view answers what is asked about many. It is as old as the
events are on their way: `reached` waits until it has seen a change that this process made.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Protocol, cast

from api.dues import Dues
from api.own_mirror import OwnMirror
from api.qualified import Qualified
from assigner.backoff import Backoff
from assigner.dispatch.mirror import Mirror
from assigner.dispatch.standing import Standing
from assigner.domain.document import holding
from assigner.domain.lifecycle import OPEN_STATES, OfferState, State
from assigner.domain.promise import Promises, promises, soonest
from assigner.domain.queue import DEFAULT, Queue
from assigner.domain.records import AgentRecord, Event, KeyRecord, OfferRecord, QueueRecord, TaskRecord
from assigner.store.base import EventsLost, Store, StoreUnavailable, World
from assigner.store.log import FIRST, EventKey, event_key

PAUSE_S = 0.5
"""Between two attempts to reach a store that is gone."""
LONGEST_LAG_S = 2.0
"""How long an answer waits for the view to see what this process has changed."""
MOST_DEPARTURES = 1_000
"""How many of the last assignments of a queue its rate is made of, at most."""
OFFERS = "offers"
_STEP = 256
_READING = "The tasks are being read from the store."
_OPEN = frozenset(OPEN_STATES)
_logger = logging.getLogger("assigner")


class Follower(Protocol):
    """Who hears what the view hears, right after it."""

    def began(self, position: EventKey) -> None:
        """Everything has been read anew, as it was at an event."""
        ...

    def heard(self, events: Sequence[Event]) -> None:
        """These came next."""
        ...

    def gone(self, why: str) -> None:
        """The store is gone; what comes next is `began`."""
        ...


class View:
    """The open tasks, all agents and queues, and the open offers, indexed."""

    def __init__(
        self, store: Store, on_keys: Callable[[Sequence[KeyRecord], bool], None] = lambda keys, whole: None
    ) -> None:
        """`on_keys` gets the workspace's API keys: all that there are (`whole`), and those that change."""
        self._store = store
        self._on_keys = on_keys
        self._waiting: dict[Hashable, set[asyncio.Future[None]]] = {}
        self.obstacle: str | None = _READING
        self.follower: Follower | None = None
        self._mirror = OwnMirror(store)
        self._clear()

    def _clear(self) -> None:
        self._mirror.drop()
        self._whole = False
        self.position: EventKey = event_key(FIRST)
        self.tasks: dict[str, TaskRecord] = {}
        self.agents: dict[str, AgentRecord] = {}
        self.queues: dict[str, QueueRecord] = {}
        self._settings: dict[str, Queue] = {}
        self._promises: dict[str, Promises] = {}
        self.standing = Standing()
        """The overrides that are active; which tasks carry them, the tasks say."""
        self.order: list[tuple[int, str]] = []
        self.dues = Dues()
        self.by: dict[str, defaultdict[str, set[str]]] = {
            name: defaultdict(set) for name in ("queue", "agent", "case")
        }
        self.offers: dict[str, OfferRecord] = {}
        self.offers_of: defaultdict[str, dict[str, OfferRecord]] = defaultdict(dict)
        self.made_at: dict[str, EventKey] = {}
        self._made: list[tuple[EventKey, str]] = []
        self.departures: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=MOST_DEPARTURES))
        self._qualified = Qualified()

    async def follow(self) -> None:
        """Keep up with the store until cancelled; when it is gone, wait for it and begin anew."""
        backoff = Backoff(shortest_s=PAUSE_S)
        while True:
            try:
                await self._load()
                async with contextlib.aclosing(
                    cast("Any", self._store.events("{}-{}".format(*self.position)))
                ) as events:
                    async for batch in events:
                        await self._apply_all(batch)
            except StoreUnavailable as error:
                gone = f"The store is unavailable: {error}"
                if gone != self.obstacle:
                    _logger.warning(gone)
                    if self.follower:
                        self.follower.gone(gone)
                self.obstacle = gone
                self.wake("position")
                await asyncio.sleep(PAUSE_S)
            except EventsLost:
                _logger.warning("Events were trimmed before they were read; reading everything again.")
            except Exception as error:
                self.obstacle = "The view of the store has failed; it is made anew."
                self.wake("position")
                now_s = asyncio.get_running_loop().time()
                await asyncio.sleep(backoff.failed(error, "The view of the store has failed", now_s))

    async def _load(self) -> None:
        world = await self._store.world()
        # Others get the loop while it is put together, and are not to be told a part of it.
        self.obstacle = self.obstacle or _READING
        self._clear()
        self._on_keys(world.keys, True)
        for override in world.overrides:
            self.standing.put(override)
        self.position = event_key(world.last_event)
        for agent in world.agents:
            self._put_agent(agent)
        for queue in world.queues:
            self._put_queue(queue)
        # In the order of the view: each goes to the end, and nothing has to move.
        for number, task in enumerate(sorted(world.tasks, key=lambda task: (task.created_at, task.id))):
            self._put_task(task)
            if number % _STEP == 0:
                await asyncio.sleep(0)
        for offer in sorted(world.offers, key=lambda offer: offer.id):
            self._put_offer(offer, self.position)
        self.obstacle, self._whole = None, True
        if self.follower:
            self.follower.began(self.position)
        for topic in list(self._waiting):
            self.wake(topic)

    async def _apply_all(self, events: list[Event]) -> None:
        for start in range(0, len(events), _STEP):
            some = events[start : start + _STEP]
            for event in some:
                self._apply(event)
                if event.queue:
                    await self._promise_again(event.queue)
            if self.follower:
                self.follower.heard(some)
            await self._mirror.take_in(some)
            self.wake("position")
            await asyncio.sleep(0)

    def _apply(self, event: Event) -> None:
        self.position = key = event_key(event.id)
        if event.task:
            self._apply_task(event.task, event)
        if event.agent:
            self._apply_agent(event.agent, removed=event.type == "agent.removed")
        if event.offer:
            self._apply_offer(event.offer, key)
        if event.key:
            self._on_keys([event.key], False)
        if event.override:
            self.standing.put(event.override)

    def _apply_task(self, task: TaskRecord, event: Event) -> None:
        known = self.tasks.pop(task.id, None)
        if known:
            self._drop_task(known)
            if task.state is State.ASSIGNED and known.state is not State.ASSIGNED:
                # A task that an agent takes leaves the line of its queue.
                self.departures[task.queue].append(event.at)
        if task.state in _OPEN and event.type != "task.pruned":
            self._put_task(task)

    def _put_task(self, task: TaskRecord) -> None:
        self.tasks[task.id] = task
        place = (task.created_at, task.id)
        if not self.order or place > self.order[-1]:
            self.order.append(place)
        else:
            insort(self.order, place)
        for name, value in _places(task):
            self.by[name][value].add(task.id)
        self._promise(task)

    def _promise(self, task: TaskRecord) -> None:
        found = self._promises[task.id] = promises(task, self.queue(task.queue))
        self.dues.put(task.id, soonest(task, found))

    def _drop_task(self, task: TaskRecord) -> None:
        id = task.id
        del self.order[bisect_left(self.order, (task.created_at, id))]
        self.dues.drop(id)
        del self._promises[id]
        for name, value in _places(task):
            ids = self.by[name][value]
            ids.discard(id)
            if not ids:
                del self.by[name][value]

    def _put_queue(self, queue: QueueRecord) -> None:
        self.queues[queue.id] = queue
        self._settings[queue.id] = Queue.of(queue.doc)

    async def _promise_again(self, queue: QueueRecord) -> None:
        """Take in a queue's settings; its tasks may be promised something else now."""
        self._put_queue(queue)
        for number, id in enumerate(list(self.by["queue"].get(queue.id, ()))):
            self.dues.drop(id)
            self._promise(self.tasks[id])
            if number % _STEP == 0:
                await asyncio.sleep(0)

    def queue(self, id: str) -> Queue:
        """The settings of a queue."""
        return self._settings.get(id, DEFAULT)

    def promises(self, task: TaskRecord) -> Promises:
        """What a task is promised."""
        if self.tasks.get(task.id) is task:
            return self._promises[task.id]
        return promises(task, self.queue(task.queue))

    def _apply_agent(self, agent: AgentRecord, *, removed: bool) -> None:
        if removed:
            self.agents.pop(agent.id, None)
            self._qualified.remove(agent.id)
            self.wake(("agent", agent.id))
        else:
            self._put_agent(agent)

    def _put_agent(self, agent: AgentRecord) -> None:
        self.agents[agent.id] = agent
        self._qualified.put(agent)

    def _apply_offer(self, offer: OfferRecord, key: EventKey) -> None:
        if offer.state is OfferState.OPEN:
            self._put_offer(offer, key)
            self.wake(("agent", offer.agent))
            self.wake(OFFERS)
        elif self.offers.pop(offer.id, None):
            del self.made_at[offer.id]
            held = self.offers_of[offer.agent]
            held.pop(offer.id, None)
            if not held:
                del self.offers_of[offer.agent]

    def _put_offer(self, offer: OfferRecord, key: EventKey) -> None:
        self.offers[offer.id] = offer
        self.offers_of[offer.agent][offer.id] = offer
        self.made_at.setdefault(offer.id, key)
        self._made.append((key, offer.id))
        if len(self._made) > 2 * len(self.offers) + 1_000:
            self._made = [made for made in self._made if made[1] in self.offers]

    def offers_after(self, key: EventKey, skip: str) -> Iterator[tuple[EventKey, OfferRecord]]:
        """The open offers made after an event, or by it under a greater id than `skip`, in that order."""
        first = bisect_right(self._made, (key, skip)) if skip else bisect_left(self._made, (key, ""))
        for at in range(first, len(self._made)):
            made, id = self._made[at]
            if offer := self.offers.get(id):
                yield made, offer

    def offers_to(self, agent: str, key: EventKey, skip: str) -> list[tuple[EventKey, OfferRecord]]:
        """The same of one agent's offers."""
        made = [(self.made_at[id], offer) for id, offer in self.offers_of.get(agent, {}).items()]
        return [(at, offer) for at, offer in made if (at, offer.id) > (key, skip)]

    def qualifies(self, task: TaskRecord) -> bool:
        """Whether there is an agent who could ever take the task, while the overrides hold that do now."""
        doc, kept_from = holding(task), self.standing.kept_from(task)
        if kept_from:
            doc = {**doc, "excluded_agents": [*doc.get("excluded_agents", ()), *kept_from]}
        return self._qualified.any(doc, task.size)

    async def mirror(self, now: int) -> Mirror:
        """All this as a dispatcher knows it. Raises StoreUnavailable while not all of it has been read."""
        return await self._mirror.of(self._world, now)

    def _world(self) -> World:
        if not self._whole:
            raise StoreUnavailable(_READING)
        return World(
            tasks=list(self.tasks.values()),
            agents=list(self.agents.values()),
            offers=list(self.offers.values()),
            queues=list(self.queues.values()),
            overrides=list(self.standing.overrides.values()),
            last_event="{}-{}".format(*self.position),
        )

    def expect(self, topic: Hashable) -> asyncio.Future[None]:
        """Done when something happens to a topic from now on. `forget` it when nobody waits any more."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(topic, set()).add(future)
        return future

    def forget(self, topic: Hashable, future: asyncio.Future[None]) -> None:
        """Wait for it no longer."""
        waiting = self._waiting.get(topic, set())
        waiting.discard(future)
        if not waiting:
            self._waiting.pop(topic, None)

    def wake(self, topic: Hashable) -> None:
        """Call whoever waits for a topic."""
        for future in self._waiting.pop(topic, ()):
            if not future.done():
                future.set_result(None)

    async def loaded(self) -> None:
        """Return when the store has been read."""
        while self.obstacle:
            await self._position_moves()

    async def reached(self, key: EventKey) -> None:
        """Wait until the view has seen an event, but not for long: then what is known has to do.

        Raises StoreUnavailable while the store is gone.
        """
        if self.position >= key:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_LAG_S):
                while self.position < key:
                    if self.obstacle:
                        raise StoreUnavailable(self.obstacle)
                    await self._position_moves()

    async def _position_moves(self) -> None:
        future = self.expect("position")
        try:
            await future
        finally:
            self.forget("position", future)


def _places(task: TaskRecord) -> list[tuple[str, str]]:
    places = [("queue", task.queue)]
    if task.agent is not None:
        places.append(("agent", task.agent))
    if case := task.doc.get("case"):
        places.append(("case", case))
    return places
