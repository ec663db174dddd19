"""Keys: who may do what, told as errors of their own; a key that asks too often is slowed down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from assigner.client import Client, Forbidden, NotFound, RateLimited, Unauthorized
from assigner.domain.access import Role
from tests.api.running import DEADLINE_S, until
from tests.api_access.keyed import ANA, Keyed, keyed
from tests.api_live.living import NOON_MS
from tests.client.both import asking

NOON = datetime.fromtimestamp(NOON_MS / 1_000, UTC)


@pytest.fixture(scope="module")
def service() -> Iterator[Keyed]:
    with keyed() as it:
        yield it


@pytest.fixture(params=["sync", "async"])
def client(request: pytest.FixtureRequest, service: Keyed) -> Iterator[Client]:
    """An administrator's."""
    with asking(request.param, address(service), key=service.north.keys[Role.ADMIN], retries=0) as it:
        yield it


def address(service: Keyed) -> str:
    return "http://{}:{}".format(*service.service.address)


def test_url_and_key_come_from_the_environment(service: Keyed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSIGNER_URL", address(service))
    monkeypatch.setenv("ASSIGNER_KEY", service.north.keys[Role.PLATFORM])
    with Client() as client:
        assert client.tasks.make("from-the-environment").state == "queued"


def test_a_key_is_made_told_once_rotated_and_revoked(client: Client, service: Keyed) -> None:
    name = f"crm-{next(service.numbers)}"
    made = client.keys.make(name, "platform", expires_at=NOON + timedelta(days=1))
    assert (made.role, made.state, made.expires_at) == ("platform", "live", NOON + timedelta(days=1))
    assert made.key
    assert made.key not in repr(made)
    crm = client.with_options(key=made.key)
    task = crm.tasks.make(service.north.inside.new())
    assert [moment.actor for moment in client.tasks.history(task.id)] == [f"key:{name}"]
    new = client.keys.rotate(made.id, overlap_s=0)
    assert new.key
    assert {made.id, new.id} <= {key.id for key in client.keys.list()}
    client.keys.revoke(new.id)
    with pytest.raises(Unauthorized, match="401 unauthorized"):
        client.with_options(key=new.key).stats()


def test_who_may_not_is_told_so(client: Client, service: Keyed) -> None:
    agent = client.with_options(key=service.north.keys[Role.AGENT])
    with pytest.raises(Forbidden, match="Your role is agent"):
        agent.tasks.make("INC-1")
    with pytest.raises(Unauthorized):
        client.with_options(key="ask_wrong").stats()
    with pytest.raises(NotFound):
        next(agent.offers.of("luis"))


def test_an_agent_hears_of_their_own_offers_and_does_them(client: Client, service: Keyed) -> None:
    inside = service.north.inside
    client.agents.put(ANA, capacity=100)
    tasks = [client.tasks.make(inside.new()).id for _ in range(3)]
    offers = [inside.offer(task, ANA) for task in tasks]
    ana = client.with_options(key=service.north.keys[Role.AGENT])
    heard = ana.offers.of(ANA)
    for id, task in zip(offers, tasks, strict=True):
        offer = next(heard)
        assert (offer.id, offer.task) == (id, task)
        ana.offers.accept(offer.id)
        assert ana.tasks.complete(task).agent == ANA


def hasty(client: Client, service: Keyed) -> Client:
    """With a key that has no request left."""
    _, key = service.key(rate=1)
    made = client.with_options(key=key)
    with suppress(RateLimited):
        for _ in range(1_000):
            made.stats()
    return made


def test_who_asks_too_often_is_told_when_to_ask_again(client: Client, service: Keyed) -> None:
    with pytest.raises(RateLimited, match="429 rate_limited") as caught:
        hasty(client, service).stats()
    assert caught.value.retry_after_s == 1


def test_who_asks_too_often_and_waits_as_told_gets_the_answer(client: Client, service: Keyed) -> None:
    """The clock of the limit stands still until the second attempt was refused too."""
    patient = hasty(client, service).with_options(retries=60)

    def refused() -> float:
        told = service.ask(service.north.keys[Role.SRE], "GET", "/metrics").text
        return float(re.findall(r"^assigner_rate_limited_total (\S+)", told, re.MULTILINE)[0])

    before = refused()
    answer = service.service.threads.submit(patient.stats)
    until(lambda: refused() >= before + 2, "it was refused twice")
    assert not answer.done()
    service.clock.advance(60_000)
    assert answer.result(DEADLINE_S).at.timestamp() * 1_000 == service.clock.now_ms()
