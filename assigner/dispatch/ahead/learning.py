"""Learning: how long who takes for what is kept in the store by whoever leads, and gone on with by the next.

Each completion counts once, whoever leads and however they end. What is stored says up to which event all is
in it, and of each pair which event was its last: a new leader takes in what came after, of what the store
still has, and passes over what is in a pair already.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing

from assigner.dispatch.acting import Acting, NotLeader
from assigner.dispatch.ahead.handled import take_in_completion
from assigner.dispatch.ahead.keeping import KINDS, foresight_of
from assigner.dispatch.ahead.sound import sound
from assigner.dispatch.mirror import Mirror, order
from assigner.domain.handling import Handling
from assigner.store.base import EventsLost, Learn, Learned, Store, World

KIND = "handling"
LEARN_MS = 1_000
"""How long what was learned may wait to be kept; until then the events tell of it."""
NOTE_MS = 60_000
"""How long, at most, it is not noted up to which event all is kept: the store forgets old events."""
MOST_MISSED = 1_000_000
"""So many events are gone through for what was completed in them: for half a minute nobody dispatches."""
_logger = logging.getLogger("assigner")


async def mirror_of(store: Store) -> Mirror:
    """A mirror of the store's world, with all that was learned. Raises StoreUnavailable."""
    return await mirror_with(store, await store.world())


async def mirror_with(store: Store, world: World) -> Mirror:
    """A mirror of a world of the store, with all that was learned."""
    learned, odd = await asyncio.to_thread(sound, await store.learned(KIND, *KINDS))
    if odd:
        _logger.warning(
            "%d values of what was learned make no sense: passed over, such as %s.", len(odd), odd[0]
        )
    # Elsewhere: it takes a second where there are very many, and the event loop goes on meanwhile.
    handling = await asyncio.to_thread(_handling_of, learned)
    mirror = await Mirror.of(world, handling, foresight_of(learned))
    await _take_in_missed(store, mirror, learned.upto)
    return mirror


async def look_again(store: Store, mirror: Mirror, now: int) -> None:
    """Let a mirror have what was settled at the last tick, where another process settles them."""
    if mirror.sees.due(now):
        kept = foresight_of(sound(await store.learned(*KINDS))[0])
        mirror.sees.log_price, mirror.sees.ticked = kept.log_price, kept.ticked
        mirror.sees.after, mirror.sees.wait = kept.after, kept.wait
        mirror.sees.demand.fade(now)


def _handling_of(learned: Learned) -> Handling:
    return Handling.of_rows({name: tuple(row) for name, row in learned.fields[KIND].items()})


async def _take_in_missed(store: Store, mirror: Mirror, upto: str) -> None:
    """Take in what was completed after an event and before the mirror's last one; of what was never learned
    from, all that the store still has.
    """
    if not upto:
        upto, _ = await store.event_before(0)
    try:
        await _take_in_after(store, mirror, upto)
    except EventsLost:
        _logger.warning("Not all that was completed since %s is learned from: the events are gone.", upto)
        upto, _ = await store.event_before(0)
        await _take_in_after(store, mirror, upto)


async def _take_in_after(store: Store, mirror: Mirror, after: str) -> None:
    if order(after) >= mirror.last:
        return
    count = 0
    async with aclosing(store.events(after)) as batches:  # type: ignore[type-var]
        async for batch in batches:
            for event in batch:
                if order(event.id) <= mirror.last:
                    take_in_completion(mirror.handling, mirror.agents, event)
            if order(batch[-1].id) >= mirror.last:
                return
            count += len(batch)
            if count >= MOST_MISSED:
                last = batch[-1].id
                _logger.warning("What was completed after %s is not learned from: it is too much.", last)
                return


class Lessons:
    """When what a mirror has learned was last kept, at an instant of the dispatcher's."""

    def __init__(self, now: int) -> None:
        self.kept_at = now
        self.noted_at = now

    async def keep(self, acting: Acting, now: int) -> None:
        """Keep what is new since, when it is time. Raises NotLeader."""
        handling = acting.mirror.handling
        due = handling.changed and not 0 <= now - self.kept_at < LEARN_MS
        if not due and 0 <= now - self.noted_at < NOTE_MS:
            return
        names, handling.changed = handling.changed, set()
        rows = {name: handling.row(name) for name in names}
        try:
            learn = Learn(
                lease=acting.lease,
                set={KIND: {name: row for name, row in rows.items() if row is not None}},
                drop={KIND: [name for name, row in rows.items() if row is None]},
                upto=acting.mirror.last_event,
            )
            if not await acting.store.learn(learn):
                raise NotLeader
        except BaseException:
            handling.changed |= names
            raise
        self.kept_at = self.noted_at = now
