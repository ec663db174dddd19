"""Who comes back goes on where they were: nothing is lost, nothing is told twice; or they are told so."""

from collections.abc import Iterator
from contextlib import contextmanager

from api.events import hub as hubs
from api.events import ring as rings
from api.events.ring import Ring
from api.events.route import EARLIER
from assigner.domain.instant import rfc3339
from assigner.store.base import OnTask, Retention
from assigner.store.log import EventLog
from assigner.store.memory import MemoryStore
from tests.api.running import until
from tests.api_events.following import Follower, follow, hub_of
from tests.api_live.living import Living, living

MISSED = {"type": "reset", "detail": hubs.MISSED}


def _ids(follower: Follower, count: int) -> list[str]:
    return [str(event["id"]) for event in follower.events(count)]


def test_who_comes_back_again_and_again_hears_everything_once(centre: Living) -> None:
    with follow(centre, "type=task.*") as steady, follow(centre, "type=task.*") as first:
        found, last = list[str](), first.last
        for _ in range(5):
            for _ in range(10):
                centre.task()
            with follow(centre, "type=task.*", Last_Event_ID=last) as stream:
                found += _ids(stream, 7)
                last = stream.last
        with follow(centre, f"type=task.*&last_event_id={last}") as stream:
            found += _ids(stream, 15)
        assert found == _ids(steady, 50)


def test_the_header_counts_where_a_browser_sends_its_first_query_again(centre: Living) -> None:
    with follow(centre) as stream:
        first, task = stream.last, centre.task()
        stream.event()
        second = stream.last
        later = centre.task()
    with follow(centre, f"last_event_id={first}", Last_Event_ID=second) as again:
        assert again.told(1) == [("task.enqueued", later)]
    with follow(centre, f"last_event_id={first}") as again:
        assert again.told(2) == [("task.enqueued", task), ("task.enqueued", later)]


def test_who_was_away_for_longer_than_anybody_followed_is_told_from_the_store(centre: Living) -> None:
    with follow(centre) as stream:
        last = stream.last
    _forget(centre)
    tasks = [centre.task() for _ in range(30)]
    with follow(centre, Last_Event_ID=last) as stream:
        assert stream.told(30) == [("task.enqueued", task) for task in tasks]
        task = centre.task()
        assert stream.told(1) == [("task.enqueued", task)]


def test_who_is_further_behind_than_the_ring_goes_is_told_from_the_store(centre: Living) -> None:
    with follow(centre) as stream:
        last = stream.last
    _forget(centre, most_bytes=5_000)
    with follow(centre) as steady:
        tasks = [centre.task() for _ in range(200)]
        assert steady.told(200) == [("task.enqueued", task) for task in tasks]
        assert hub_of(centre).ring.end - hub_of(centre).ring.base < 20
        with follow(centre, Last_Event_ID=last) as stream:
            assert stream.told(200) == [("task.enqueued", task) for task in tasks]
            task = centre.task()
            assert stream.told(1) == steady.told(1) == [("task.enqueued", task)]
    _forget(centre)


def _forget(centre: Living, most_bytes: int = rings.MOST_BYTES) -> None:
    """Let the hub be as if nobody had followed it, with a ring of this size."""
    hub = hub_of(centre)
    until(lambda: not hub.readers, "nobody follows")

    async def forget() -> None:
        hub.forget()
        hub.ring = Ring(most_bytes)

    centre.run(forget())


def test_what_happened_since_an_instant_is_told() -> None:
    with living() as centre:
        before, _ = centre.task(), centre.clock.advance(60_000)
        tasks = [centre.task() for _ in range(3)]
        at = rfc3339(centre.clock.now_ms())
        with follow(centre, f"since={at}") as stream:
            assert stream.told(3) == [("task.enqueued", task) for task in tasks]
            last = stream.last
        with follow(centre, "since=2020-01-01T00:00:00Z") as stream:
            assert stream.told(4) == [("task.enqueued", task) for task in (before, *tasks)]
        centre.clock.advance(60_000)
        later = centre.task()
        with follow(centre, f"since={at}", Last_Event_ID=last) as stream:
            assert stream.told(1) == [("task.enqueued", later)]


def test_what_is_not_kept_of_what_happened_since_an_instant_is_told_as_a_reset() -> None:
    with _short_memory() as centre:
        tasks = [centre.task() for _ in range(50)]
        with follow(centre, "since=2020-01-01T00:00:00Z") as stream:
            assert stream.event() == {"type": "reset", "detail": EARLIER}
            told = [subject for _, subject in stream.told(10)]
            assert told == tasks[tasks.index(told[0]) :][:10]


def test_an_event_that_nobody_knows_is_answered_with_a_reset(centre: Living) -> None:
    with follow(centre) as stream:
        unknown = f"{stream.last.partition('-')[0]}-999999"
    with follow(centre, Last_Event_ID=unknown) as stream:
        assert stream.event() == MISSED
        task = centre.task()
        assert stream.told(1) == [("task.enqueued", task)]


def test_a_reset_can_be_gone_on_from(centre: Living) -> None:
    with follow(centre, Last_Event_ID="9000000000000-0") as stream:
        assert stream.event() == MISSED
        last, task = stream.last, centre.task()
    with follow(centre, Last_Event_ID=last) as stream:
        assert stream.told(1) == [("task.enqueued", task)]


@contextmanager
def _short_memory() -> Iterator[Living]:
    """A service whose store keeps few events."""
    with living() as centre:
        centre.store._keep = Retention(events=10)
        centre.store._log._most = 10
        yield centre


def test_events_that_were_trimmed_are_answered_with_a_reset() -> None:
    with _short_memory() as centre:
        with follow(centre) as stream:
            last = stream.last
        _forget(centre)
        for _ in range(50):
            centre.task()
        with follow(centre, Last_Event_ID=last) as stream:
            assert stream.event() == MISSED
            task = centre.task()
            assert stream.told(1) == [("task.enqueued", task)]


def test_who_wants_little_is_not_reset_for_what_they_did_not_want() -> None:
    """A sign of life has the id of the last event there was, wanted or not."""
    with _short_memory() as centre:
        hub = hub_of(centre)
        hub.pace = hubs.Pace(heartbeat_s=0.01, look_s=0.01)
        with follow(centre, "type=queue.put") as stream:
            first = stream.last
            for _ in range(50):
                centre.task()
            while stream.last != "{}-{}".format(*hub.ring.last):
                stream.block()
            last = stream.last
        assert last != first
        with follow(centre, "type=queue.put", Last_Event_ID=last) as stream:
            centre.ask("PUT", "/v1/queues/q", {})
            assert stream.told(1) == [("queue.put", "q")]


def test_a_store_that_is_gone_and_comes_back_is_followed_on(centre: Living) -> None:
    with follow(centre) as stream:
        _plug(centre, plugged=False)
        assert "The cable is out." in stream.comment()
        _plug(centre, plugged=True)
        until(lambda: centre.ask("GET", "/readyz").status_code == 200, "the service has healed")
        task = centre.task()
        assert stream.told(1) == [("task.enqueued", task)]


def test_what_others_did_while_the_store_was_gone_for_this_process_is_told(centre: Living) -> None:
    task = centre.task()
    with follow(centre) as stream:
        _plug(centre, plugged=False)
        stream.comment()
        centre.run(_past_the_cable(centre, task))
        _plug(centre, plugged=True)
        assert stream.told(1) == [("task.held", task)]


async def _past_the_cable(centre: Living, task: str) -> None:
    """Another process changes a task."""
    command = OnTask(op="other", actor="other", now=centre.clock.now_ms(), task=task, facts={"reason": "x"})
    await MemoryStore.do(centre.store, "hold", [command])


def test_a_store_that_has_lost_events_resets_who_follows() -> None:
    with living() as centre:
        task = centre.task()
        with follow(centre) as stream:
            centre.task()
            stream.event()
            _plug(centre, plugged=False)
            stream.comment()
            centre.run(_lose_the_last(centre, task))
            _plug(centre, plugged=True)
            assert stream.event() == MISSED
            listed = centre.ask("GET", "/v1/tasks").json()["items"]
            assert [item["id"] for item in listed] == [task]
            later = centre.task()
            assert stream.told(1) == [("task.enqueued", later)]


async def _lose_the_last(centre: Living, task: str) -> None:
    """The store is as it was before its last event."""
    store = centre.store
    store.records.tasks = {task: store.records.tasks[task]}
    last = store._log.last
    store._log = EventLog(100)
    milliseconds, _, sequence = last.partition("-")
    store._log.begin_after(f"{milliseconds}-{int(sequence) - 1}")
    centre.clock.advance(1)


def _plug(centre: Living, *, plugged: bool) -> None:
    async def pull() -> None:
        centre.store.plug(plugged=plugged)

    centre.run(pull())
