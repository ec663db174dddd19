"""What nobody reads in a query is refused, not passed over."""

import pytest

from tests.api_live.living import Living, faults


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/tasks", {"id": "never"}),
        ("PUT", "/v1/tasks/never", {}),
        ("POST", "/v1/tasks/batch", b'{"id":"never"}'),
        ("POST", "/v1/tasks/never/cancel", {"reason": "x"}),
        ("POST", "/v1/offers/never/accept", {}),
        ("DELETE", "/v1/agents/never", None),
        ("PUT", "/v1/queues/never", {}),
        ("GET", "/v1/tasks/never/explanation", None),
        ("GET", "/v1/stats", None),
        ("POST", "/v1/assign", {}),
        ("GET", "/v1/agents", None),
    ],
)
def test_what_a_request_does_not_take_is_refused(
    centre: Living, method: str, path: str, body: object
) -> None:
    """And nothing is done: who asks for a dry run gets none, and no real one either."""
    told = centre.ask(method, f"{path}?dry_run=true", body)
    assert faults(told) == [("/query/dry_run", "unknown_field")]
    for kind in ("tasks", "queues"):
        assert centre.ask("GET", f"/v1/{kind}/never").status_code == 404


def test_a_parameter_is_given_once(centre: Living) -> None:
    told = centre.ask("GET", "/v1/tasks?state=queued&limit=3&state=held&queue=a&queue=a&stat=x")
    assert faults(told) == [
        ("/query/state", "repeated"),
        ("/query/queue", "repeated"),
        ("/query/stat", "unknown_field"),
    ]
    assert "state, queue, agent" in told.json()["errors"][2]["detail"]
    assert centre.ask("GET", "/v1/tasks?state=queued&limit=3&queue=a").status_code == 200
