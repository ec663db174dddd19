"""Offers reach whoever waits for them at once, and one answer wins."""

from concurrent.futures import Future
from typing import Any

import pytest

from assigner.domain.instant import rfc3339
from tests.api.running import until
from tests.api_live.living import Json, Living, code, faults, living


def _poll(centre: Living, path: str) -> "Future[Any]":
    """Ask in another thread, and return when the answer is waited for."""
    before = centre.service.metric("assigner_http_requests_in_flight")
    asking = centre.service.threads.submit(centre.ask, "GET", path)
    until(
        lambda: centre.service.metric("assigner_http_requests_in_flight") > before, "one more request waits"
    )
    return asking


def _items(response: Any) -> list[Json]:
    assert response.status_code == 200, response.text
    return list(response.json()["items"])


def test_an_agent_who_waits_gets_the_offer(centre: Living) -> None:
    agent, other, now = centre.agent(), centre.agent(), centre.clock.now_ms()
    assert _items(centre.ask("GET", f"/v1/agents/{agent}/offers")) == []
    asking = _poll(centre, f"/v1/agents/{agent}/offers?wait_s=30")
    centre.offer(centre.task(), other)
    assert not asking.done()
    task = centre.task()
    offer = centre.offer(task, agent)
    [told] = _items(asking.result(20))
    assert (told["id"], told["task"], told["agent"], told["state"]) == (offer, task, agent, "open")
    assert (told["offered_at"], told["expires_at"]) == (rfc3339(now), rfc3339(now + 60_000))
    assert (told["value"], told["terms"], told["expected_handle_s"]) == (7, {"fit": 7}, 90)
    assert _items(centre.ask("GET", f"/v1/agents/{agent}/offers?wait_s=30")) == [told]
    assert centre.ask("GET", f"/v1/offers/{offer}").json() == told


def test_a_poll_with_nothing_to_tell_ends(centre: Living) -> None:
    assert _items(centre.ask("GET", f"/v1/agents/{centre.agent()}/offers?wait_s=0.05")) == []


def test_a_poll_ends_with_its_agent(centre: Living) -> None:
    agent = centre.agent()
    asking = _poll(centre, f"/v1/agents/{agent}/offers?wait_s=30")
    assert centre.ask("DELETE", f"/v1/agents/{agent}").status_code == 204
    assert _items(asking.result(20)) == []


def test_an_agent_who_has_offers_open_waits_for_the_next(centre: Living) -> None:
    agent = centre.agent()
    path = f"/v1/agents/{agent}/offers"
    first = [centre.offer(centre.task(), agent) for _ in range(2)]
    until(lambda: len(_items(centre.ask("GET", path))) == 2, "the service has heard of both")
    page = centre.ask("GET", path).json()
    assert [offer["id"] for offer in page["items"]] == first
    asking = _poll(centre, f"{path}?wait_s=30&cursor={page['next']}")
    second = centre.offer(centre.task(), agent)
    page = asking.result(20).json()
    assert [offer["id"] for offer in page["items"]] == [second]
    assert _items(centre.ask("GET", f"{path}?wait_s=0.05&cursor={page['next']}")) == []
    assert len(_items(centre.ask("GET", path))) == 3


def test_a_platform_gets_each_offer_once() -> None:
    """`next` goes on where the answer ended, in pages of any size, and nothing is left out."""
    with living() as centre:
        agent = centre.agent()
        first = [centre.offer(centre.task(), agent) for _ in range(5)]
        told, cursor = [], ""
        while len(told) < len(first):
            page = centre.ask("GET", f"/v1/offers?limit=2&wait_s=20{cursor}").json()
            assert 1 <= len(page["items"]) <= 2
            told += [offer["id"] for offer in page["items"]]
            cursor = f"&cursor={page['next']}"
        assert told == first
        asking = _poll(centre, f"/v1/offers?wait_s=30{cursor}")
        new = centre.offer(centre.task(), agent)
        page = asking.result(20).json()
        assert [offer["id"] for offer in page["items"]] == [new]
        centre.on_offer("accept", new)
        centre.task()
        assert centre.ask("GET", f"/v1/offers?wait_s=0.05&cursor={page['next']}").json()["items"] == []
        assert [offer["id"] for offer in centre.ask("GET", "/v1/offers").json()["items"]] == first


def test_polls_end_when_the_service_stops() -> None:
    with living() as centre:
        agent = centre.agent()
        polls = [_poll(centre, f"/v1/agents/{agent}/offers?wait_s=60"), _poll(centre, "/v1/offers?wait_s=60")]
        centre.service.server.should_exit = True
        assert [_items(asking.result(20)) for asking in polls] == [[], []]


def test_a_client_that_leaves_is_not_waited_for(centre: Living) -> None:
    in_flight = "assigner_http_requests_in_flight"
    request = b"GET /v1/offers?wait_s=60&cursor=%s HTTP/1.1\r\nHost: localhost\r\n\r\n"
    cursor = centre.ask("GET", "/v1/offers?limit=1000").json()["next"].encode()
    before = centre.service.metric(in_flight)
    with centre.service.connect(request % cursor):
        until(lambda: centre.service.metric(in_flight) > before, "one more request waits")
    until(lambda: centre.service.metric(in_flight) == before, "nobody waits any more")


def test_the_first_answer_wins(centre: Living) -> None:
    task, agent = centre.task(), centre.agent()
    offer = centre.offer(task, agent)
    accepted = centre.ask("POST", f"/v1/offers/{offer}/accept")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    got = centre.ask("GET", f"/v1/tasks/{task}").json()
    assert (got["state"], got["agent"]) == ("assigned", agent)
    for answer in ("accept", "decline"):
        assert code(centre.ask("POST", f"/v1/offers/{offer}/{answer}")) == (409, "offer_taken")


def test_a_decline_is_not_for_good(centre: Living) -> None:
    """The only qualified agent declines: the task comes back to them after a cool-down (fault 7)."""
    task, agent = centre.task(), centre.agent()
    offer = centre.offer(task, agent)
    declined = centre.ask("POST", f"/v1/offers/{offer}/decline", {"reason": "lunch"})
    assert declined.json()["state"] == "declined"
    got = centre.ask("GET", f"/v1/tasks/{task}").json()
    assert (got["state"], got["declines"]) == ("queued", 1)
    assert got["cooling_down"] == {agent: rfc3339(centre.clock.now_ms() + 300_000)}


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_an_answer_that_is_late_is_told_why(answer: str) -> None:
    """A late accept gets 409 with the reason, whoever was quicker: the clock or a person."""
    with living() as centre:
        agent = centre.agent()
        task = centre.task()
        revoked = centre.offer(task, agent)
        assert centre.ask("POST", f"/v1/tasks/{task}/hold", {"reason": "x"}).status_code == 200
        assert code(centre.ask("POST", f"/v1/offers/{revoked}/{answer}")) == (409, "offer_revoked")
        late = centre.offer(centre.task(), agent, ttl_ms=1_000)
        centre.clock.advance(1_000)
        if answer == "accept":  # before anybody has expired it
            assert code(centre.ask("POST", f"/v1/offers/{late}/accept")) == (409, "offer_expired")
        centre.on_offer("expire", late)
        assert code(centre.ask("POST", f"/v1/offers/{late}/{answer}")) == (409, "offer_expired")


def test_what_is_asked_of_offers_is_checked(centre: Living) -> None:
    assert faults(centre.ask("GET", "/v1/offers?wait_s=61")) == [("/query/wait_s", "out_of_range")]
    assert faults(centre.ask("GET", "/v1/offers?wait_s=nan")) == [("/query/wait_s", "out_of_range")]
    assert faults(centre.ask("GET", "/v1/offers?cursor=!")) == [("/query/cursor", "bad_cursor")]
    assert code(centre.ask("GET", "/v1/agents/nobody/offers")) == (404, "unknown_agent")
    for method, path in (("GET", ""), ("POST", "/accept"), ("POST", "/decline")):
        assert code(centre.ask(method, f"/v1/offers/nothing{path}")) == (404, "unknown_offer")
    assert faults(centre.ask("POST", "/v1/offers/any/accept", {"x": 1})) == [("/x", "unknown_field")]


def test_an_offer_has_a_tag_and_only_an_open_one_is_answered(centre: Living) -> None:
    offer = centre.offer(centre.task(), centre.agent())
    path = f"/v1/offers/{offer}"
    seen = centre.ask("GET", path)
    tag = seen.headers["ETag"]
    assert centre.ask("GET", path, If_None_Match=tag).status_code == 304
    assert code(centre.ask("POST", f"{path}/accept", If_Match='"2.00000000"')) == (412, "stale_version")
    assert code(centre.ask("POST", f"{path}/decline", If_Match='"mine"')) == (412, "stale_version")
    assert centre.ask("POST", f"{path}/accept", If_Match=tag).status_code == 200
    closed = centre.ask("GET", path, If_None_Match=tag)
    assert (closed.status_code, closed.json()["state"]) == (200, "accepted")
    assert code(centre.ask("POST", f"{path}/decline", If_Match=closed.headers["ETag"])) == (
        412,
        "stale_version",
    )
