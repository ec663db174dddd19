"""What a platform does with a client: the same with either."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from typing import Any

import pytest

from assigner.client import (
    Client,
    Conflict,
    Invalid,
    NotFound,
    OfferGone,
    Problem,
    Stale,
    TooLarge,
)
from tests.api_live.living import NOON_MS, Living

NOON = datetime.fromtimestamp(NOON_MS / 1_000, UTC)


def test_a_task_is_made_changed_read_and_cancelled(client: Client, centre: Living) -> None:
    id = centre.new()
    due = (NOON + timedelta(hours=3)).astimezone(timezone(timedelta(hours=1)))
    made = client.tasks.make(id, queue="billing", skills={"billing": 3}, priority="high", due_at=due)
    assert (made.id, made.state, made.priority, made.due_at) == (id, "queued", 75, due)
    assert (made.agent, made.tags, made.cooling_down) == (None, (), {})
    assert client.tasks.patch(id, priority=None, tags=["vip"]).priority == 50
    read = client.tasks.get(id)
    assert (read.tags, read.due_at, read.etag) == (["vip"], due, client.tasks.get(id).etag)
    held = client.tasks.hold(id, "the customer is asked", until=NOON + timedelta(hours=1))
    assert (held.state, held.held_until) == ("held", NOON + timedelta(hours=1))
    assert client.tasks.resume(id).state == "queued"
    assert client.tasks.transfer(id, queue="fraud", note="see the letter").handoffs == 1
    assert client.tasks.put(id, queue="billing").tags == ()
    assert client.tasks.cancel(id, "not needed").state == "cancelled"
    told = [(moment.type, moment.reason) for moment in client.tasks.history(id)]
    assert told[-1] == ("task.cancelled", "not needed")
    assert [task.id for task in client.tasks.list(state="cancelled", queue="billing")].count(id) == 1


def test_an_agent_hears_of_offers_takes_one_declines_one_and_does_the_work(
    client: Client, centre: Living
) -> None:
    agent = client.agents.put(centre.new("a"), capacity=5, skills={"billing": 4}).id
    first, second = centre.task(), centre.task()
    heard = client.offers.of(agent)
    made = [centre.offer(first, agent), centre.offer(second, agent)]
    one, other = islice(heard, 2)
    assert [(one.id, one.task), (other.id, other.task)] == list(zip(made, [first, second], strict=True))
    assert one.expires_at == NOON + timedelta(minutes=1)
    assert client.offers.accept(one.id).state == "accepted"
    assert client.offers.decline(other.id, "not mine").state == "declined"
    assert client.offers.get(other.id).state == "declined"
    assert client.tasks.start(first).started_at == NOON
    assert client.tasks.complete(first, "mended").outcome == "mended"
    assert client.tasks.reopen(first, "it broke again").preferred_agents == [agent]
    client.tasks.release(centre_assigned(client, centre, agent), "too much")


def centre_assigned(client: Client, centre: Living, agent: str) -> str:
    """A task that the agent has."""
    task = centre.task()
    client.offers.accept(centre.offer(task, agent))
    return task


def test_a_platform_hears_the_offers_of_all_its_agents_each_once(client: Client, centre: Living) -> None:
    agents = [centre.agent(), centre.agent()]
    offers = [centre.offer(centre.task(), agent) for agent in agents]
    heard = client.offers.all()
    found = {offer.id: offer.agent for offer in islice(heard, len(list(client.offers.list())))}
    assert dict(zip(offers, agents, strict=True)).items() <= found.items()
    late = centre.offer(centre.task(), agents[0])
    assert next(heard).id == late


def test_agents_are_put_listed_and_removed(client: Client, centre: Living) -> None:
    ids = [centre.new("a") for _ in range(3)]
    team = centre.new("team")
    for id in ids:
        client.agents.put(id, teams=[team], shifts=[{"from": NOON, "until": NOON + timedelta(hours=8)}])
    assert [agent.id for agent in client.agents.list(team=team, limit=2)] == sorted(ids)
    away = client.agents.presence(ids[0], "away", until=NOON + timedelta(hours=1))
    assert (away.presence, away.presence_until) == ("away", NOON + timedelta(hours=1))
    [shift] = client.agents.patch(ids[0], capacity=7).shifts
    assert (shift.begins, shift.until) == (NOON, NOON + timedelta(hours=8))
    client.agents.remove(ids[0])
    with pytest.raises(NotFound, match="unknown_agent"):
        client.agents.get(ids[0])


def test_queues_and_numbers(client: Client, centre: Living) -> None:
    queue = centre.new("q")
    made = client.queues.put(queue, offer_ttl_s=90, relaxation=[{"after_s": 60, "skills": {"billing": 1}}])
    assert (made.offer_ttl_s, client.queues.get(queue).relaxation[0]["after_s"]) == (90, 60)
    assert queue in [one.id for one in client.queues.list()]
    client.tasks.make(centre.new(), queue=queue)
    assert client.queues.stats(queue).tasks["queued"] == 1
    assert client.stats().tasks["queued"] >= 1
    assert client.stats().at == NOON


def test_why_a_task_waits_is_told_in_the_callers_language(client: Client, centre: Living) -> None:
    id = client.tasks.make(centre.new(), skills={"fencing": 9}).id
    told = client.tasks.explanation(id)
    assert told.reason in ("skill_missing", "no_agents")
    assert told.unblock
    assert told.unblock.kind in ("add_skill", "agent_not_in_request")
    spanish = client.with_options(language="es").tasks.explanation(id)
    assert spanish.detail != told.detail


def test_more_tasks_than_a_page_and_a_request_hold_go_in_and_come_out(client: Client, centre: Living) -> None:
    queue = centre.new("q")

    def docs() -> Iterator[dict[str, Any]]:
        for number in range(2_100):
            yield {"id": f"{queue}-{number}", "queue": queue, "priority": 101 if number == 1_500 else 50}

    lines = list(client.tasks.batch(docs()))
    assert [line.line for line in lines] == list(range(1, 2_101))
    [refused] = [line for line in lines if not line.ok]
    assert (refused.line, type(refused.problem)) == (1_501, Invalid)
    assert "out_of_range" in str(refused.problem)
    assert len(list(client.tasks.list(queue=queue, limit=900))) == 2_099
    assert [line.status for line in client.agents.batch([{"id": queue, "capacity": 0}])] == [201]


def test_a_list_asks_for_a_page_when_it_is_come_to(client: Client, centre: Living) -> None:
    queue = centre.new("q")
    for _ in range(3):
        client.tasks.make(centre.new(), queue=queue)
    listed = client.tasks.list(queue=queue, limit=2)
    assert len(list(islice(listed, 2))) == 2
    client.tasks.make(centre.new(), queue=queue)
    assert len(list(listed)) == 2


@pytest.mark.parametrize("id", ["a/b", "a%2Fb", "ü?"[1:] + "&x=1", "..", "#"])
def test_any_id_reaches_the_service_as_it_is(client: Client, centre: Living, id: str) -> None:
    assert client.tasks.put(id, queue=id).id == id
    assert client.tasks.get(id).queue == id
    assert [task.id for task in client.tasks.list(queue=id)] == [id]


def refusals(client: Client, centre: Living) -> Iterator[tuple[type[Problem], str, Any]]:
    """What the service refuses, by the class and the code of the error."""
    id = centre.task(queue="billing")
    etag = client.tasks.get(id).etag
    client.tasks.patch(id, priority=3)
    agent = centre.agent()
    gone = centre.offer(centre.task(), agent)
    client.offers.accept(gone)
    yield NotFound, "unknown_task", lambda: client.tasks.get("nobody")
    yield Conflict, "task_exists", lambda: client.tasks.make(id, queue="fraud")
    yield Conflict, "wrong_state", lambda: client.tasks.complete(id)
    yield OfferGone, "offer_taken", lambda: client.offers.accept(gone)
    yield Stale, "stale_version", lambda: client.tasks.patch(id, priority=4, if_match=etag)
    yield Stale, "exists_already", lambda: client.tasks.put(id, if_none_match="*")
    yield TooLarge, "body_too_large", lambda: client.tasks.make("x", attributes={"x": "x" * 2**20})
    yield Invalid, "invalid_request", lambda: client.tasks.make("x", priority=101)


def test_each_refusal_is_an_error_of_its_class(client: Client, centre: Living) -> None:
    for kind, code, ask in refusals(client, centre):
        with pytest.raises(Problem) as caught:
            ask()
        assert (type(caught.value), caught.value.code) == (kind, code)


def test_an_error_names_every_fault_and_the_request(client: Client) -> None:
    with pytest.raises(Invalid) as caught:
        client.tasks.make("INC-1", priority="urgnet", skills={"billing": 11})  # type: ignore[arg-type]
    error = caught.value
    assert [fault.pointer for fault in error.errors] == ["/priority", "/skills/billing"]
    assert error.request_id in str(error)
    assert str(error).splitlines()[0].startswith("422 invalid_request: The body has 2 faults")
    assert "  /priority: " in str(error)
    assert "Maybe 'urgent'. [unknown_value]" in str(error)


def test_an_error_says_what_is_wrong_and_what_to_do(client: Client, centre: Living) -> None:
    with pytest.raises(Conflict) as caught:
        client.tasks.make(centre.task(), queue="fraud")
    told = "409 task_exists: There is a task of this id with other content. Choose another id, or "
    assert str(caught.value).startswith(told)


def test_what_a_newer_service_takes_may_be_said_already(client: Client, centre: Living) -> None:
    """Fields go as they are: the service judges them, not the client."""
    newer: dict[str, Any] = {"mood": "sunny"}
    with pytest.raises(Invalid, match="/mood"):
        client.tasks.make(centre.new(), **newer)


def test_an_idempotency_key_of_ones_own_does_a_change_once(client: Client, centre: Living) -> None:
    id, key = centre.task(queue="billing"), centre.new("key")
    for _ in range(2):
        assert client.tasks.transfer(id, queue="fraud", idempotency_key=key).handoffs == 1
    with pytest.raises(Invalid, match="op_reused"):
        client.tasks.transfer(id, queue="sap", idempotency_key=key)
