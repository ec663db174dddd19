"""Some hours of a small centre through the real dispatcher: nothing is lost, nobody has too much."""

from __future__ import annotations

from collections import Counter

from assigner.domain.lifecycle import OfferState, State
from tests.dispatch.centre import Centre
from tests.dispatch.living import HOUR, lived


@lived
async def test_hours_of_a_centre_leave_everything_in_order() -> None:
    """Every task is somewhere, every offer ends, loads are the sum of open work, the mirror is the world."""
    centre = Centre(agents=30, hours=5, load=1.1)
    totals = await centre.run()
    records, mirror, now = centre.store.records, centre.live.mirror, centre.clock.now_ms()
    assert totals.tasks == len(records.tasks) + totals.verbs.get("prune", 0)
    assert totals.verbs["complete"] > totals.tasks / 2
    assert {"accept", "decline", "expire", "release", "prune", "relax"} <= totals.verbs.keys()
    assert all(offer.expires_at > now for offer in records.offers.values() if offer.state is OfferState.OPEN)
    holding = [task for task in records.tasks.values() if task.state in (State.OFFERED, State.ASSIGNED)]
    loads = Counter(task.agent for task in holding)
    assert {agent.id: agent.load for agent in records.agents.values() if agent.load} == loads
    assert all(agent.load <= agent.capacity for agent in records.agents.values())
    queued = {task.id for task in records.tasks.values() if task.state is State.QUEUED}
    assert queued == {entry.record.id for entry in mirror.tasks.values() if entry.waiting}
    assert len(mirror.agenda) < 10 * (len(mirror.tasks) + len(mirror.agents))
    assert max(totals.waits) < 5 * HOUR


@lived
async def test_the_same_hours_again_are_the_same() -> None:
    """Given the seed and the clock, everything repeats: a simulation can be replayed."""
    first, second = [await Centre(agents=12, hours=2, load=1.2).run() for _ in range(2)]
    assert (first.tasks, first.verbs, first.waits) == (second.tasks, second.verbs, second.waits)
