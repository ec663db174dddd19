"""The hub: tells all who follow the events of a workspace what happens there.

Each event is encoded once. What comes within `coalesce_s` goes together: one write for each reader, and the
same bytes for all who want the same. A reader is told at their own pace: from the ring, or from the store
where they are further behind than that goes. Nobody waits for a reader, and one who takes nothing for
`patience_s` is dropped.

Events are heard from the view: when a reader hears of one, the lists know of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from api.events.out import Wanted, beat_of, comment
from api.events.past import Past
from api.events.reader import Reader
from api.events.ring import Ring, joined
from api.view import View
from assigner.backoff import Backoff
from assigner.domain.frozen import frozen
from assigner.domain.records import Event
from assigner.store.base import EventsLost, Store, StoreUnavailable
from assigner.store.log import EventKey, event_key

MISSED = (
    "Events were missed: they are not kept any more, or the store has lost them. "
    "Read again what you show; the stream goes on from now."
)
STOPS = comment("The service stops: connect again.")
PAUSE_S = 0.5
"""Before the store is asked again for what it could not give."""
LINGER_S = 60.0
"""How long events are kept ready after the last reader has left: most come back."""
MOST_BEHIND = 8
"""How many are read to from the store at once: each has a page of it in memory."""
MOST_PIECES = 256
"""How many pieces are kept for others who want the same: those who come back are at many places."""
STUCK_S = 1.0
"""Who has taken nothing for so long when the service stops is not waited for."""
_SLICE = 64
"""How many readers are called, and events encoded, before others get the loop."""

Give = Callable[[bytes], Awaitable[None]]


@frozen
class Pace:
    """How fast all goes, in seconds: how long events wait for others, how often there is a sign of life, how
    long a reader may take nothing, how long one who is far behind may be read to before it is the turn of
    another, and how often all this is looked at.
    """

    coalesce_s: float = 0.05
    heartbeat_s: float = 15.0
    patience_s: float = 30.0
    turn_s: float = 2.0
    look_s: float = 1.0


class Hub:
    """See the module. One for each workspace."""

    def __init__(self, store: Store, view: View, workspace: str) -> None:
        self.pace = Pace()
        self.readers: set[Reader] = set()
        self.ring = Ring()
        self._view = view
        self._past = Past(store, workspace, view.promises)
        self._following = self._stopped = False
        self._heard: list[Event] = []
        self._anew: EventKey | None = None
        """Where the view began anew, until all that came before has been told."""
        self._due = asyncio.Event()
        self._told = 0
        """The place up to which readers have been called."""
        self._pieces: dict[tuple[Wanted, int], tuple[int, bytes]] = {}
        self._reading = asyncio.Semaphore(MOST_BEHIND)
        self._left_s = self._beat_s = 0.0
        view.follower = self

    # What the view tells.
    def began(self, position: EventKey) -> None:
        """The view has read everything anew, as it was at an event."""
        if self._following:
            self._heard.clear()
            self._anew = position
            self._due.set()

    def heard(self, events: Sequence[Event]) -> None:
        """These came next."""
        if self._following:
            self._heard += events
            self._due.set()

    def gone(self, why: str) -> None:
        """The store is gone. The streams stay, and go on when it is back."""
        for reader in self._idle():
            reader.note(comment(why))

    # What readers do.
    def join(self, wanted: Wanted, after: EventKey | None, hang_up: Callable[[], None]) -> Reader:
        """One who is told what happens from now on, or what has happened since an event that they know."""
        if not self._following:
            self._begin(self._view.position)
            self._following = True
        # What came before the view began anew is still to be put into the ring, before what comes now.
        place = self._now if after is None and self._anew is None else None
        last = self._view.position if after is None else after
        reader = Reader(wanted=wanted, last=last, place=place, hang_up=hang_up)
        self.readers.add(reader)
        if self._stopped:
            reader.end(STOPS)
        return reader

    def leave(self, reader: Reader) -> None:
        """Tell a reader nothing more."""
        self.readers.discard(reader)
        self._left_s = asyncio.get_running_loop().time()

    async def serve(self, reader: Reader, give: Give) -> None:
        """Give a reader one piece after the other, until it is over."""
        while reader.notes or not reader.over:
            if reader.notes:
                await give(reader.take_notes())
            elif reader.place is None or reader.place < self.ring.base:
                await self._find(reader, give)
            elif reader.place < self._told:
                reader.place, piece = self._piece(reader.wanted, reader.place)
                reader.last = self.ring.before(reader.place)
                await give(piece)
                if reader.place < self._told:  # others wait for the loop too
                    await asyncio.sleep(0)
            elif not reader.level and reader.place >= self._now:
                reader.level = True
                await give(beat_of(reader.last, "That is all so far."))
            else:
                await reader.wait()

    @property
    def _now(self) -> int:
        """The place after all that the view knows of, heard and not taken in yet."""
        return self.ring.end + len(self._heard)

    def _piece(self, wanted: Wanted, place: int) -> tuple[int, bytes]:
        """What comes from a place on, the same bytes for all who want the same; and where it stops."""
        made = self._pieces.get((wanted, place))
        if made is None:
            if len(self._pieces) >= MOST_PIECES:
                del self._pieces[next(iter(self._pieces))]
            made = self._pieces[wanted, place] = self.ring.piece(wanted, place, self._told)
        return made

    async def _find(self, reader: Reader, give: Give) -> None:
        """Find a reader's place in the ring. One who is further behind gets a page from the store."""
        reader.place = None
        if reader.last < self.ring.start:
            await self._past.reach(self.ring, reader.last)
        reader.place = self.ring.after(reader.last)
        if reader.place is not None or reader.over:
            return
        if reader.last < self.ring.start:
            async with self._turn():
                await self._read_on(reader, give)
        elif self.ring.last < reader.last <= self._view.position:
            await reader.wait()  # we shall hear of it in a moment
        else:
            reader.reset(self.ring.end, self.ring.last, MISSED)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """The turn of one who is far behind; it ends for the others though this one takes no more."""
        await self._reading.acquire()
        mine = True

        def pass_on() -> None:
            nonlocal mine
            if mine:
                mine = False
                self._reading.release()

        passing = asyncio.get_running_loop().call_later(self.pace.turn_s, pass_on)
        try:
            yield
        finally:
            passing.cancel()
            pass_on()

    async def _read_on(self, reader: Reader, give: Give) -> None:
        try:
            lines = await self._past.page(reader.last)
            # The store may know of more than has been heard here.
            lines = [line for line in lines if line.key <= self.ring.last]
        except EventsLost:
            reader.reset(self.ring.end, self.ring.last, MISSED)
            return
        except StoreUnavailable:
            await asyncio.sleep(PAUSE_S)
            return
        if not lines:  # it is not what it was: the view is about to find out
            await asyncio.sleep(PAUSE_S)
        at, loop = 0, asyncio.get_running_loop()
        until_s = loop.time() + self.pace.turn_s
        while at < len(lines) and reader.place is None and not reader.over and loop.time() < until_s:
            stop, piece = joined(lines, reader.wanted, at, len(lines))
            at, reader.last = stop, lines[stop - 1].key
            await give(piece)
            await asyncio.sleep(0)

    # What it does of itself.
    async def keep(self, stopping: asyncio.Event) -> None:
        """Tell and mind the readers until the service stops; then say goodbye to them at once."""
        working = [asyncio.create_task(self._tell()), asyncio.create_task(self._mind())]
        try:
            await stopping.wait()
            self._stopped = True
            now_s = asyncio.get_running_loop().time()
            for reader in self.readers:
                reader.end(STOPS)
                if reader.taking_s(now_s) > STUCK_S:
                    reader.hang_up()
        finally:
            for one in working:
                one.cancel()

    async def _tell(self) -> None:
        """Take in what is heard, and call the readers: at once, and again when others had time to come."""
        backoff = Backoff(shortest_s=PAUSE_S)
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self._bridge()
                await self._take_in()
            except StoreUnavailable:  # the view finds out too, and begins anew
                await asyncio.sleep(PAUSE_S)
                self._due.set()
            except Exception as error:
                now_s = asyncio.get_running_loop().time()
                await asyncio.sleep(backoff.failed(error, "Events could not be told", now_s))
                self._heard.clear()
                self._lose(self._view.position)
                self._anew = None
            await self._call()
            await asyncio.sleep(self.pace.coalesce_s)

    async def _bridge(self) -> None:
        """Where the view began anew, take in what happened before that. Raises StoreUnavailable."""
        while (upto := self._anew) is not None:
            try:
                while self.ring.last < upto:
                    lines = await self._past.page(self.ring.last)
                    if self._anew is None:  # it was all forgotten meanwhile
                        return
                    self.ring.add([line for line in lines if line.key <= upto])
                if upto < self.ring.last:
                    self._lose(upto)
            except EventsLost:
                self._lose(upto)
            if self._anew is upto:
                self._anew = None

    async def _take_in(self) -> None:
        while self._heard and self._anew is None:
            some = self._heard[:_SLICE]
            del self._heard[:_SLICE]
            self.ring.add([self._past.line(event) for event in some if event_key(event.id) > self.ring.last])
            await asyncio.sleep(0)

    async def _call(self) -> None:
        """Call the readers who wait and for whom there is something, some at a time."""
        self._told = self.ring.end
        self._pieces.clear()
        due = [reader for reader in self._idle() if self._has_more(reader)]
        for start in range(0, len(due), _SLICE):
            for reader in due[start : start + _SLICE]:
                reader.wake()
            await asyncio.sleep(0)

    def _has_more(self, reader: Reader) -> bool:
        """Whether there is something for a reader; if not, they have passed it without being told."""
        if reader.place is None or reader.place < self.ring.base:
            return True
        if reader.place >= self._told:
            return False
        place, piece = self._piece(reader.wanted, reader.place)
        if not piece:
            reader.place, reader.last = place, self.ring.before(place)
        return bool(piece) or not reader.level

    async def _mind(self) -> None:
        """Drop who takes nothing, give signs of life, and forget the events when nobody follows them."""
        while True:
            await asyncio.sleep(self.pace.look_s)
            now_s = asyncio.get_running_loop().time()
            for reader in list(self.readers):
                if reader.taking_s(now_s) > self.pace.patience_s:
                    reader.drop()
            if now_s - self._beat_s >= self.pace.heartbeat_s:
                self._beat_s = now_s
                for reader in filter(lambda each: each.level, self._idle()):
                    reader.note(beat_of(reader.last, "Still here."))
            self._pieces.clear()
            if all(reader.place is not None for reader in self.readers):
                self._past.rest()
            if not self.readers and now_s - self._left_s > LINGER_S:
                self.forget()

    def forget(self) -> None:
        """Keep no events ready: nobody follows."""
        self._following = False
        self._heard.clear()
        self._begin(self.ring.last)

    def _idle(self) -> list[Reader]:
        return [reader for reader in self.readers if reader.idle]

    def _begin(self, key: EventKey) -> None:
        """Know nothing but what comes after an event."""
        self._anew = None
        self.ring.begin(key)
        self._told = self.ring.end
        self._pieces.clear()
        self._past.forget()

    def _lose(self, key: EventKey) -> None:
        """Begin after an event, and tell everybody that something was missed."""
        anew = self._anew
        self._begin(key)
        self._anew = anew
        for reader in self.readers:
            reader.reset(self.ring.end, self.ring.last, MISSED)
