"""Events, followed: each once and in order, over as many connections as it takes."""

from __future__ import annotations

from contextlib import closing
from itertools import islice

import pytest

from assigner.client import Client, Event, Invalid, NotReached, Problem, Reset
from assigner.client.errors import problem_of
from assigner.client.events import Place, _told
from assigner.client.retry import LONGEST_PAUSE_S, Manner, Patience
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


def test_a_text_with_any_kind_of_line_end_is_told_as_it_is(client: Client, centre: Living) -> None:
    since, said = make(client, centre, "x"), "one\ntwo\u2028three\x85four\r\nfive\x0c\x1c"
    made = client.tasks.make(centre.new(), queue=centre.new("q"), attributes={"note": said})
    [event] = client.events.follow(since=since, queues=[made.queue], on=False)
    assert isinstance(event, Event)
    assert event.data["attributes"]["note"] == said


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_that_breaks_is_made_anew_and_nothing_is_missed(kind: str, centre: Living) -> None:
    with asking(kind, "http://{}:{}".format(*centre.service.address)) as direct:
        since, queue = make(direct, centre, "x"), centre.new("q")
        ids = [direct.tasks.make(centre.new(), queue=queue).id for _ in range(5)]
        with losing(centre, loss=0.0) as (proxy, address), asking(kind, address) as client:
            heard = client.events.follow(since=since, queues=[queue])
            told = [next(heard)]
            proxy.loss = 0.3
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


def test_a_stream_may_be_closed(centre: Living, client: Client) -> None:
    with closing(client.events.follow(since=make(client, centre, "x"))) as heard:
        next(heard)
    assert next(heard, None) is None


def test_who_is_busy_is_asked_again_when_they_say() -> None:
    patience = Patience(Manner(retries=1), iter([0.1, 0.1]))
    assert patience.pause_s(problem_of(503, {"retry-after": "3"}, b"", "GET /v1/events")) == 3
    assert patience.pause_s(NotReached("gone")) == 0.1
    with pytest.raises(NotReached, match="still"):
        patience.pause_s(NotReached("still"))
    patience.went_well()
    assert [patience.pause_s(NotReached("gone")) for _ in range(9)][1:] == [LONGEST_PAUSE_S] * 8
    with pytest.raises(Problem, match="401"):
        patience.pause_s(problem_of(401, {}, b"", "GET /v1/events"))


def test_events_that_were_deleted_are_told_as_a_reset_and_signs_of_life_only_move_on() -> None:
    place = Place("1-0")
    assert list(_told(b": still here\nid: 7-0", place)) == []
    assert (place.id, place.moved) == ("7-0", True)
    [reset] = _told(b'event: reset\nid: 9-0\ndata: {"detail":"Some were deleted."}', place)
    assert isinstance(reset, Reset)
    assert (reset.id, reset.detail, place.id) == ("9-0", "Some were deleted.", "9-0")
