"""Who may follow, and for how long; what of keys is never told, and what of other workspaces."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from api.events.route import NO_LONGER
from assigner.domain.access import Role
from tests.api_access.keyed import Keyed, keyed
from tests.api_events.following import Follower
from tests.api_live.living import code, faults


@pytest.fixture(scope="module")
def doors() -> Iterator[Keyed]:
    with keyed() as it:
        yield it


@contextmanager
def _follow(doors: Keyed, key: str, query: str = "") -> Iterator[Follower]:
    stream = Follower(doors.service.address, query, Authorization=f"Bearer {key}")
    try:
        assert stream.response.status == 200, stream.response.read()
        assert stream.comment() == "That is all so far."
        yield stream
    finally:
        stream.leave()


GOODBYE = [{"": NO_LONGER.decode().strip().removeprefix(": ")}]


def test_an_agent_may_not_follow(doors: Keyed) -> None:
    assert code(doors.ask(doors.north.keys[Role.AGENT], "GET", "/v1/events")) == (403, "forbidden")
    assert code(doors.ask(None, "GET", "/v1/events")) == (401, "unauthorized")


def test_who_did_it_is_told(doors: Keyed) -> None:
    _, key = doors.key(Role.PLATFORM, name="crm")
    with _follow(doors, key) as stream:
        doors.ask(key, "POST", "/v1/tasks", {"id": "by-crm"})
        event = stream.event()
        assert (event["actor"], event["source"]) == ("key:crm", "/workspaces/north")


def test_another_workspace_is_not_heard_of(doors: Keyed) -> None:
    with _follow(doors, doors.south.keys[Role.COORDINATOR]) as stream:
        doors.ask(doors.north.keys[Role.PLATFORM], "POST", "/v1/tasks", {"id": "of-north"})
        doors.ask(doors.south.keys[Role.PLATFORM], "POST", "/v1/tasks", {"id": "of-south"})
        assert stream.told(1) == [("task.enqueued", "of-south")]


def test_of_keys_nothing_is_told(doors: Keyed) -> None:
    admin = doors.north.keys[Role.ADMIN]
    with _follow(doors, admin) as stream:
        id, _ = doors.key(Role.PLATFORM)
        doors.ask(admin, "DELETE", f"/v1/keys/{id}")
        doors.ask(admin, "POST", "/v1/tasks", {"id": "after-the-key"})
        assert stream.told(1) == [("task.enqueued", "after-the-key")]
    assert faults(doors.ask(admin, "GET", "/v1/events?type=key.*")) == [("/query/type", "unknown_value")]


def test_a_key_that_is_revoked_ends_its_streams_at_once(doors: Keyed) -> None:
    id, key = doors.key(Role.PLATFORM)
    with _follow(doors, key) as stream, _follow(doors, doors.north.keys[Role.PLATFORM]) as other:
        doors.ask(doors.north.keys[Role.ADMIN], "DELETE", f"/v1/keys/{id}")
        assert stream.rest() == GOODBYE
        doors.ask(doors.north.keys[Role.PLATFORM], "POST", "/v1/tasks", {"id": "after-the-revocation"})
        assert other.told(1) == [("task.enqueued", "after-the-revocation")]


def test_a_key_that_expires_ends_its_streams(doors: Keyed) -> None:
    until = datetime.fromtimestamp(doors.clock.now_ms() / 1_000, UTC) + timedelta(milliseconds=200)
    _, key = doors.key(Role.PLATFORM, expires_at=until.isoformat())
    with _follow(doors, key) as stream:
        doors.clock.advance(60_000)
        assert stream.rest() == GOODBYE


def test_an_override_is_told_and_so_is_each_task_that_it_touches(doors: Keyed) -> None:
    coordinator, ids = doors.north.keys[Role.COORDINATOR], ["ov-1", "ov-2"]
    for id in ids:
        doors.ask(doors.north.keys[Role.PLATFORM], "POST", "/v1/tasks", {"id": id, "queue": "from-here"})
    said = {"action": "transfer", "target": {"tasks": ids}, "queue": "to-there", "reason": "too many"}
    with (
        _follow(doors, coordinator) as everything,
        _follow(doors, coordinator, "queue=from-here&type=task.*") as left,
    ):
        made = doors.ask(coordinator, "POST", "/v1/overrides", said)
        assert made.status_code == 201, made.text
        told = {event["type"]: event for event in everything.events(3)}
        override = told["override.made"]
        assert (override["subject"], override["reason"]) == (made.json()["id"], "too many")
        shown = doors.ask(coordinator, "GET", f"/v1/overrides/{made.json()['id']}").json()
        assert override["data"].items() <= shown.items()
        for event in left.events(2):
            assert (event["type"], event["queue"]) == ("task.transferred", "to-there")
            assert (event["override"], event["reason"]) == (made.json()["id"], "too many")


def test_who_follows_one_workspace_takes_no_place_of_another() -> None:
    with keyed(max_event_readers=1) as doors, _follow(doors, doors.north.keys[Role.PLATFORM]):
        refused = doors.ask(doors.north.keys[Role.COORDINATOR], "GET", "/v1/events")
        assert code(refused) == (503, "too_many_readers")
        with _follow(doors, doors.south.keys[Role.PLATFORM]):
            pass
