"""A tag says what the client saw: of this very record, and what was said of it."""

import pytest

from tests.api_live.living import Living, code


@pytest.mark.parametrize(
    ("method", "where", "body"),
    [
        ("PUT", "", {"skills": {"lost": 1}}),
        ("PATCH", "", {"capacity": 2}),
        ("PUT", "/presence", {"presence": "away"}),
        ("DELETE", "", None),
    ],
)
def test_an_agent_made_again_is_not_the_one_that_was_seen(
    centre: Living, method: str, where: str, body: object
) -> None:
    """Both are at version 1: what was said of them tells one from the other."""
    path = f"/v1/agents/{centre.new('a')}"
    seen = centre.ask("PUT", path, {"skills": {"a": 1}}).headers["ETag"]
    assert centre.ask("DELETE", path).status_code == 204
    centre.ask("PUT", path, {"skills": {"z": 9}})
    stale = centre.ask(method, path + where, body, If_Match=seen)
    assert (*code(stale), stale.json()["version"]) == (412, "stale_version", 1)
    assert centre.ask("GET", path).json()["skills"] == {"z": 9}


@pytest.mark.parametrize(
    ("method", "where", "body"),
    [
        ("PUT", "", {"priority": 1}),
        ("PATCH", "", {"priority": 1}),
        ("POST", "/hold", {"reason": "x"}),
        ("POST", "/transfer", {"queue": "x"}),
    ],
)
def test_a_tag_that_was_made_up_is_stale(centre: Living, method: str, where: str, body: object) -> None:
    """Its version may be right; what it says was seen is not."""
    path = f"/v1/tasks/{centre.task()}"
    for tag in ('"1.00000000"', '"1.00000000.00000000"', 'W/"1"'):
        assert code(centre.ask(method, path + where, body, If_Match=tag)) == (412, "stale_version")
    tag = centre.ask("GET", path).headers["ETag"]
    assert centre.ask(method, path + where, body, If_Match=tag).status_code == 200


def test_what_the_service_knows_makes_no_tag_stale(centre: Living) -> None:
    """An agent who has got work since they were read may be changed; but a reader is told what is new."""
    agent = centre.agent()
    path = f"/v1/agents/{agent}"
    seen = centre.ask("GET", path).headers["ETag"]
    centre.offer(centre.task(), agent)
    assert centre.ask("GET", path, If_None_Match=seen).json()["load"] == 1
    assert centre.ask("PUT", path, {"capacity": 5}, If_Match=seen).json()["capacity"] == 5


def test_a_retry_is_told_the_same_though_its_tag_is_old(centre: Living) -> None:
    path = f"/v1/agents/{centre.agent()}"
    seen, key = centre.ask("GET", path).headers["ETag"], centre.new("key")
    for replayed in (None, "true"):
        done = centre.ask("PUT", path, {"capacity": 7}, If_Match=seen, Idempotency_Key=key)
        assert (done.status_code, done.json()["version"]) == (200, 2)
        assert done.headers.get("Idempotent-Replayed") == replayed


@pytest.mark.parametrize("any_", [False, True])
def test_a_queue_that_only_tasks_name_is_there_to_be_put(centre: Living, any_: bool) -> None:
    """The tag that GET gives of it lets it be made, once."""
    queue = centre.new("q")
    path = f"/v1/queues/{queue}"
    centre.task(queue=queue)
    seen = centre.ask("GET", path)
    assert (seen.status_code, seen.json()["version"]) == (200, 0)
    tag = seen.headers["ETag"]
    assert code(centre.ask("PUT", path, {}, If_Match='"3.00000000.00000000"')) == (412, "stale_version")
    made = centre.ask("PUT", path, {"offer_ttl_s": 5}, If_Match="*" if any_ else tag)
    assert (made.status_code, made.json()["version"]) == (201, 1)
    assert code(centre.ask("PUT", path, {}, If_Match=tag)) == (412, "stale_version")
