"""A retry with the same Idempotency-Key gets the first answer, and changes nothing twice."""

from typing import Any

import pytest

from tests.api_live.living import Living, code, faults


def _same(centre: Living, method: str, path: str, body: Any) -> None:
    """Twice the same, then another body."""
    key = centre.new("key")
    first = centre.ask(method, path, body, Idempotency_Key=key)
    assert first.is_success, first.text
    assert "Idempotent-Replayed" not in first.headers
    centre.clock.advance(1_000)
    again = centre.ask(method, path, body, Idempotency_Key=key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers.get("ETag") == first.headers.get("ETag")
    if body is not None:
        other = centre.ask(method, path, {**body, "reason": "another"}, Idempotency_Key=key)
        assert other.status_code == 422


def test_tasks(centre: Living) -> None:
    id = centre.new()
    _same(centre, "POST", "/v1/tasks", {"id": id, "due_at": "2027-01-01T00:00:00Z"})
    _same(centre, "PATCH", f"/v1/tasks/{id}", {"priority": 3})
    _same(centre, "PUT", f"/v1/tasks/{id}", {"priority": 4})
    _same(centre, "PUT", f"/v1/tasks/{centre.new()}", {"priority": 4})
    assert centre.ask("GET", f"/v1/tasks/{id}").json()["version"] == 3


@pytest.mark.parametrize(
    ("state", "verb", "body"),
    [
        ("assigned", "start", None),
        ("assigned", "complete", {"outcome": "x"}),
        ("assigned", "release", {}),
        ("queued", "hold", {"reason": "x"}),
        ("held", "resume", None),
        ("queued", "transfer", {"queue": "q"}),
        ("queued", "cancel", {"reason": "x"}),
        ("completed", "reopen", {"reason": "x"}),
    ],
)
def test_verbs(centre: Living, state: str, verb: str, body: Any) -> None:
    task = centre.in_state(state)
    _same(centre, "POST", f"/v1/tasks/{task}/{verb}", body)
    assert [m["type"] for m in centre.ask("GET", f"/v1/tasks/{task}/history").json()["items"]].count(
        centre.ask("GET", f"/v1/tasks/{task}/history").json()["items"][-1]["type"]
    ) == 1


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_offers(centre: Living, answer: str) -> None:
    offer = centre.offer(centre.task(), centre.agent())
    _same(centre, "POST", f"/v1/offers/{offer}/{answer}", None)


def test_agents_and_queues(centre: Living) -> None:
    id = centre.new()
    _same(centre, "PUT", f"/v1/agents/{id}", {"capacity": 3})
    _same(centre, "PATCH", f"/v1/agents/{id}", {"capacity": 4})
    _same(centre, "PUT", f"/v1/agents/{id}/presence", {"presence": "away"})
    _same(centre, "DELETE", f"/v1/agents/{id}", None)
    _same(centre, "PUT", f"/v1/queues/{id}", {"offer_ttl_s": 5})


def test_a_key_is_of_one_request(centre: Living) -> None:
    key, id = centre.new("key"), centre.new()
    assert centre.ask("POST", "/v1/tasks", {"id": id}, Idempotency_Key=key).status_code == 201
    for body in ({"id": id, "priority": 1}, {"id": centre.new()}):
        assert code(centre.ask("POST", "/v1/tasks", body, Idempotency_Key=key)) == (422, "op_reused")
    hold = centre.ask("POST", f"/v1/tasks/{id}/hold", {"reason": "x"}, Idempotency_Key=key)
    assert code(hold) == (422, "op_reused")
    for bad in ("", "a b", "x" * 256):
        refused = centre.ask("POST", "/v1/tasks", {"id": id}, Idempotency_Key=bad)
        assert faults(refused) == [("/header/idempotency-key", "bad_key")]


def test_a_batch_sent_again(centre: Living) -> None:
    key, ids = centre.new("key"), [centre.new() for _ in range(3)]
    body = b"".join(b'{"id":"%s"}\n' % id.encode() for id in ids)
    first = centre.ask("POST", "/v1/tasks/batch", body, Idempotency_Key=key).text.splitlines()
    again = centre.ask("POST", "/v1/tasks/batch", body, Idempotency_Key=key).text.splitlines()
    assert [line.replace(',"replayed":true', "") for line in again] == first
    assert all('"replayed":true' in line for line in again)
