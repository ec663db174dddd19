"""Every verb, in every state: what the table allows is done, all else is 409 with the way out."""

import pytest

from api.live import ROUTED
from api.verbs import VERBS
from assigner.domain.instant import rfc3339
from assigner.domain.lifecycle import TRANSITIONS, State
from tests.api_live.living import Json, Living, code, faults

BODIES: dict[str, Json] = {
    "complete": {"outcome": "paid"},
    "transfer": {"queue": "second", "skills": {"sap": 2}, "priority": "low", "note": "for you"},
    "hold": {"reason": "customer"},
    "cancel": {"reason": "twice"},
    "reopen": {"reason": "again"},
}
NAMES = [verb.name for verb in VERBS]


@pytest.mark.parametrize("state", [state.value for state in State])
@pytest.mark.parametrize("verb", [*NAMES, "update"])
def test_each_verb_in_each_state(centre: Living, verb: str, state: str) -> None:
    task = centre.in_state(state)
    row = TRANSITIONS[verb]
    if verb == "update":
        told = centre.ask("PATCH", f"/v1/tasks/{task}", {"priority": 7})
    else:
        told = centre.ask("POST", f"/v1/tasks/{task}/{verb}", BODIES.get(verb))
    after = centre.ask("GET", f"/v1/tasks/{task}").json()
    if state in row.sources:
        assert told.status_code == 200, told.text
        assert after["state"] == (row.to or state)
        assert {**after, "warnings": told.json()["warnings"]} == told.json()
    else:
        assert code(told) == (409, "wrong_state")
        assert (told.json()["state"], after["state"]) == (state, state)
        allowed = {name for name, other in TRANSITIONS.items() if state in other.sources} & ROUTED
        assert set(told.json()["allowed"]) == allowed
        assert all(name in told.json()["detail"] for name in allowed)


def test_what_the_verbs_leave_behind(centre: Living) -> None:
    task, agent = centre.task(), centre.agent()
    centre.on_offer("accept", centre.offer(task, agent))
    path = f"/v1/tasks/{task}"
    started = centre.ask("POST", f"{path}/start").json()
    assert (started["agent"], started["started_at"]) == (agent, started["updated_at"])
    completed = centre.ask("POST", f"{path}/complete", {"outcome": "paid"}).json()
    assert (completed["outcome"], completed["agent"], completed["state"]) == ("paid", agent, "completed")
    reopened = centre.ask("POST", f"{path}/reopen", {"reason": "no"}).json()
    assert (reopened["preferred_agents"], reopened["reopened"], reopened["agent"]) == ([agent], 1, None)
    moved = centre.ask("POST", f"{path}/transfer", BODIES["transfer"]).json()
    assert (moved["queue"], moved["skills"], moved["priority"]) == ("second", {"sap": 2}, 25)
    assert (moved["handoffs"], moved["preferred_agents"]) == (1, [agent])
    held = centre.ask("POST", f"{path}/hold", {"reason": "x", "until": "2027-01-01T00:00:00Z"}).json()
    assert (held["held_until"], held["hold_reason"]) == ("2027-01-01T00:00:00Z", "x")
    assert centre.ask("GET", f"/v1/agents/{agent}").json()["load"] == 0


def test_who_gives_a_task_back_is_not_asked_again_at_once(centre: Living) -> None:
    """For the queue's `decline_cool_down_s`."""
    queue, agent = centre.new("q"), centre.agent()
    assert centre.ask("PUT", f"/v1/queues/{queue}", {"decline_cool_down_s": 30}).status_code == 201
    task = centre.task(queue=queue)
    centre.on_offer("accept", centre.offer(task, agent))
    released = centre.ask("POST", f"/v1/tasks/{task}/release", {"reason": "no time"}).json()
    until = centre.ask("GET", f"/v1/tasks/{task}").json()["cooling_down"][agent]
    assert released["cooling_down"] == {agent: until}
    assert until == rfc3339(centre.clock.now_ms() + 30_000)


@pytest.mark.parametrize(
    ("verb", "body", "pointer", "fault"),
    [
        ("hold", {}, "/reason", "missing"),
        ("cancel", None, "/reason", "missing"),
        ("reopen", {"reason": 1}, "/reason", "wrong_type"),
        ("hold", {"reason": "x", "until": "2027-01-01T00:00:00"}, "/until", "naive_instant"),
        ("transfer", {"queue": "a b"}, "/queue", "bad_id"),
        ("transfer", {"skils": {}}, "/skils", "unknown_field"),
        ("start", {"at": 1}, "/at", "unknown_field"),
        ("complete", {"outcome": ["x"]}, "/outcome", "wrong_type"),
        ("release", {"reason": "x" * 1001}, "/reason", "too_long"),
    ],
)
def test_what_a_verb_is_told_is_checked(
    centre: Living, verb: str, body: Json | None, pointer: str, fault: str
) -> None:
    assert faults(centre.ask("POST", f"/v1/tasks/any/{verb}", body)) == [(pointer, fault)]


@pytest.mark.parametrize("verb", NAMES)
def test_a_verb_on_nothing(centre: Living, verb: str) -> None:
    assert code(centre.ask("POST", f"/v1/tasks/nothing/{verb}", BODIES.get(verb))) == (404, "unknown_task")
