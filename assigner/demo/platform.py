"""The platform that acts for the agents: it hears all offers on one stream, and says what they answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from assigner.cli.words import span
from assigner.client import Agent, Event, Problem, Task
from assigner.client import Offer as Heard
from assigner.client.fields import Presence
from assigner.clock import Clock
from assigner.demo import centre
from assigner.demo.centre import Record, Wanted
from assigner.demo.crew import Crew
from assigner.demo.keep import Opened
from assigner.demo.people import Offer, Person, Work
from assigner.demo.service import Service
from assigner.demo.tally import Tally
from assigner.demo.words import say
from assigner.domain.instant import to_ms
from assigner.domain.promise import HANDLE_MS

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Platform:
    """The demo's end of the service: who the agents are, what is known of the tasks, and what happened."""

    service: Service
    wanted: Wanted
    clock: Clock
    crew: Crew
    tally: Tally
    began_s: float
    began_ms: int
    keeping: frozenset[str]
    people: dict[str, Person] = field(default_factory=dict)
    works: dict[str, Work] = field(default_factory=dict)
    open_offers: set[str] = field(default_factory=set)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the agents began."""
        return self.clock.monotonic_s() - self.began_s

    def open_up(self, opened: Opened) -> None:
        """Let the agents live, go on with what they have, and let tasks come."""
        for agent in opened.agents:
            self._employ(agent)
        for task in opened.tasks:
            self._know(task)
            if task.state == "assigned" and (person := self.people.get(task.agent or "")):
                person.take(self.works[task.id], self._left_s(task))
        coming = centre.arrivals(self.wanted, opened.agents, opened.next_number)
        self.crew.spawn(self._employ_others())
        self.crew.spawn(self._receive(coming, centre.arrivals_a_second(self.wanted, len(opened.agents))))

    async def settle(self) -> None:
        """When the agents have stopped: see what became of the offers that they have not answered."""
        client = self.service.client
        async for offer in client.offers.list():
            if offer.id not in self.open_offers:
                self.tally.counts["offers"] += 1
                self.open_offers.add(offer.id)
        for id in sorted(self.open_offers):
            state = (await client.offers.get(id)).state
            if state != "open":
                self.open_offers.discard(id)
                self.tally.counts["expired" if state == "expired" else "withdrawn"] += 1

    # ── what comes

    async def _receive(self, coming: Iterator[Record], rate: float) -> None:
        """Let tasks come, as often as the hour asks."""
        random = Random(self.wanted.seed)  # noqa: S311 - not for secrets
        for task in coming:
            now_a_second = rate * centre.swing(self.elapsed_s, self.wanted.pace)
            await asyncio.sleep(random.expovariate(now_a_second))
            await self.crew.surely(self._make(task))

    async def _make(self, task: Record) -> None:
        now = centre.now_utc(self.clock.now_ms())
        made = task | {"created_at": now.isoformat(), "due_at": centre.due(task, now, self.wanted.pace)}
        try:
            answer = await self.service.client.tasks.make(**made)
        except Problem:  # an id that somebody else has used: the next will do
            return
        self.tally.counts["made"] += 1
        self._know(answer)
        if "nobody_qualifies" in answer.warnings:
            self._tell("came_odd", task=answer.id, queue=answer.queue)

    async def _employ_others(self) -> None:
        """Let agents live whom somebody else puts in: others use this service too."""
        async for event in self.service.client.events.follow(types=["agent.put"]):
            if isinstance(event, Event) and event.subject not in self.people:
                await self.service.meet(event.subject)
                self._employ(Agent(event.data))

    async def _hear(self, person: Person) -> None:
        """Hear of every offer to an agent as soon as it is made; until somebody removes the agent."""
        try:
            async for offer in self.service.of(person.id).offers.of(person.id):
                await self._offered(person, offer)
        except Problem:
            self.people.pop(person.id, None)

    async def _offered(self, person: Person, said: Heard) -> None:
        """Note an offer, and let its agent answer. A task that is not known is asked for."""
        if said.task not in self.works:
            self._know(await self.service.of(person.id).tasks.get(said.task))
        work = self.works[said.task]
        offer = Offer(id=said.id, work=work, offered=to_ms(said.offered_at), expires=to_ms(said.expires_at))
        self.tally.offered(self.elapsed_s)
        self.open_offers.add(offer.id)
        if offer.offered >= self.began_ms:
            self._measure(offer, person)
        work.offered = True
        self.crew.spawn(person.answer(offer))

    def _measure(self, offer: Offer, person: Person) -> None:
        if not offer.work.offered:
            self.tally.to_offer.append(self._since(offer, offer.work.came))
        self.tally.reactions.append(self._since(offer, offer.work.ready, person.room_since))

    def _since(self, offer: Offer, *instants: int) -> int:
        """Milliseconds to an offer from the last of these, or from when this run began."""
        return max(0, offer.offered - max(self.began_ms, *instants))

    def _know(self, task: Task) -> None:
        queued = to_ms(task.queued_at)
        handle_s = task.handle_s or HANDLE_MS / 1_000 / self.wanted.pace
        self.works.setdefault(
            task.id,
            Work(id=task.id, queue=task.queue, category=task.category, handle_s=handle_s, came=queued,
                 ready=queued, offered=task.attempts > 0),
        )  # fmt: skip

    def _employ(self, agent: Agent) -> None:
        person = Person(
            id=agent.id, handle_s=agent.handle_s, pace=self.wanted.pace, acts=self, keeping=self.keeping,
            random=Random(f"{self.wanted.seed} {agent.id}"),  # noqa: S311 - not for secrets
            room_since=to_ms(agent.updated_at),
        )  # fmt: skip
        self.people[person.id] = person
        self.crew.spawn(person.live(present=agent.presence == "available"))
        self.crew.spawn(self._hear(person))

    def _left_s(self, task: Task) -> float | None:
        """Of work that was begun in an earlier run: at most what was planned."""
        if task.started_at is None:
            return None
        spent_s = (self.clock.now_ms() - to_ms(task.started_at)) / 1_000
        return max(0.5, self.works[task.id].handle_s - spent_s)

    # ── what agents do

    async def accept(self, person: Person, offer: Offer) -> bool:
        """Take the task."""
        return await self.crew.surely(self._accept(person, offer))

    async def decline(self, person: Person, offer: Offer, reason: str) -> None:
        """Leave it to others."""
        await self.crew.surely(self._decline(person, offer, reason))

    async def expired(self, person: Person, offer: Offer) -> bool:
        """Wait until the offer is over; whether that made the agent away."""
        await asyncio.sleep((offer.expires - self.clock.now_ms()) / 1_000)
        return await self.crew.surely(self._expired(person, offer))

    async def begin(self, person: Person, work: Work) -> bool:
        """Start on a task."""
        return await _in_time(self.service.of(person.id).tasks.start(work.id)) is not None

    async def finish(self, person: Person, work: Work, took_s: float) -> None:
        """Complete it."""
        await self.crew.surely(self._finish(person, work, took_s))

    async def leave(self, person: Person) -> None:
        """Go away."""
        await self.crew.surely(self._present(person, "away", "left"))

    async def come_back(self, person: Person) -> None:
        """Be available again."""
        await self.crew.surely(self._present(person, "available", "back"))

    async def _accept(self, person: Person, offer: Offer) -> bool:
        taken = await _in_time(self.service.of(person.id).offers.accept(offer.id))
        self._closed(offer, "withdrawn" if taken is None else "accepted")
        if taken is None:
            self._told(person, "too_late", offer.work)
            return False
        wait = self._span((self.clock.now_ms() - offer.work.came) / 1_000)
        self._told(person, "took", offer.work, queue=offer.work.queue, wait=wait)
        return True

    async def _decline(self, person: Person, offer: Offer, reason: str) -> None:
        words = say(reason, self.service.language)
        told = await _in_time(self.service.of(person.id).offers.decline(offer.id, words))
        self._closed(offer, "withdrawn" if told is None else "declined")
        if told is None:
            self._told(person, "too_late", offer.work)
        else:
            self._free_again(person, offer.work)
            self._told(person, "declined", offer.work, reason=words)

    async def _expired(self, person: Person, offer: Offer) -> bool:
        state, theirs = "open", self.service.of(person.id)
        while state == "open":
            await asyncio.sleep(0.05)
            state = (await theirs.offers.get(offer.id)).state
        self._closed(offer, "expired" if state == "expired" else "withdrawn")
        self._free_again(person, offer.work)
        if state != "expired":
            return False
        self._told(person, "ignored", offer.work)
        there = await theirs.agents.get(person.id)
        return there.presence != "available"

    async def _finish(self, person: Person, work: Work, took_s: float) -> None:
        done = await _in_time(self.service.of(person.id).tasks.complete(work.id, "done"))
        if done is None or done.finished_at is None:
            return
        person.room_since = to_ms(done.finished_at)
        self.tally.counts["completed"] += 1
        self.works.pop(work.id, None)
        self._told(person, "finished", work, wait=self._span(took_s))

    async def _present(self, person: Person, presence: Presence, key: str) -> None:
        there = await _in_time(self.service.of(person.id).agents.presence(person.id, presence))
        if there is None:  # somebody has removed the agent
            return
        person.room_since = to_ms(there.updated_at)
        self._tell(key, agent=person.id)

    def _closed(self, offer: Offer, how: Any) -> None:
        self.open_offers.discard(offer.id)
        self.tally.counts[how] += 1

    def _free_again(self, person: Person, work: Work) -> None:
        """Agent and task are free from now on."""
        person.room_since = work.ready = self.clock.now_ms()

    def _told(self, person: Person, key: str, work: Work, **facts: str) -> None:
        self._tell(key, agent=person.id, task=work.id, **facts)

    def _tell(self, key: str, **facts: str) -> None:
        self.tally.tell(self.elapsed_s, key, **facts)

    def _span(self, seconds: float) -> str:
        return span(seconds, self.service.language)


async def _in_time(asking: Awaitable[T]) -> T | None:
    """The answer, or None when it came too late."""
    try:
        return await asking
    except Problem:
        return None
