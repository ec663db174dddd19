"""Events, followed: each once and in order, over as many connections as it takes."""

from __future__ import annotations

from itertools import islice

import pytest

from assigner.client import Client, Event, Invalid, NotReached, Reset
from assigner.client.events import Place, _told
from tests.api_live.living import Living
from tests.client.both import asking
from tests.client.test_retries import KINDS, losing


def test_what_happens_is_told_with_the_record_after_it(client: Client, centre: Living) -> None:
    start = next(client.events.follow(since=make(client, centre, "billing")))
    assert isinstance(start, Event)
    queue = centre.new("q")
    heard = client.events.follow(since=start.id, types=["task.*"], queues=[queue])
    id = client.tasks.make(centre.new(), queue=queue).id
    client.tasks.make(centre.new(), queue="another")
    client.tasks.hold(id, "the customer is asked")
    made, held = islice(heard, 2)
    assert isinstance(made, Event)
    assert isinstance(held, Event)
    assert (made.type, made.subject, made.queue) == ("task.enqueued", id, queue)
    assert (held.type, held.reason) == ("task.held", "the customer is asked")
    assert held.task
    assert held.task.state == "held"
    assert held.time == held.task.updated_at


def make(client: Client, centre: Living, queue: str) -> str:
    """Make two tasks; the id of the event before the last."""
    first, second = centre.new(), centre.new()
    client.tasks.make(first, queue=queue)
    client.tasks.make(second, queue=queue)
    return client.tasks.history(first)[0].id


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_that_breaks_is_made_anew_and_nothing_is_missed(kind: str, centre: Living) -> None:
    with asking(kind, "http://{}:{}".format(*centre.service.address)) as direct:
        since, queue = make(direct, centre, "x"), centre.new("q")
        ids = [direct.tasks.make(centre.new(), queue=queue).id for _ in range(5)]
        with losing(centre, loss=0.0) as (proxy, address), asking(kind, address) as client:
            heard = client.events.follow(since=since, queues=[queue])
            told = [next(heard)]
            proxy.loss = 0.5
            for _ in range(20):
                ids.append(direct.tasks.make(centre.new(), queue=queue).id)
                told.append(next(heard))
            told += islice(heard, 4)
    assert proxy.lost
    assert [event["subject"] for event in told] == ids


def test_what_is_asked_wrongly_and_who_is_not_there_are_told_at_once(client: Client) -> None:
    with pytest.raises(Invalid, match="There is no type of event"):
        next(client.events.follow(types=["task.offred"]))
    with asking("sync", "http://127.0.0.1:9", retries=0) as other, pytest.raises(NotReached):
        next(other.events.follow())


def test_events_that_were_deleted_are_told_as_a_reset_and_signs_of_life_only_move_on() -> None:
    place = Place("1-0")
    assert list(_told(b": still here\nid: 7-0", place)) == []
    assert (place.id, place.moved) == ("7-0", True)
    [reset] = _told(b'event: reset\nid: 9-0\ndata: {"detail":"Some were deleted."}', place)
    assert isinstance(reset, Reset)
    assert (reset.id, reset.detail, place.id) == ("9-0", "Some were deleted.", "9-0")
