"""`unblock` is true: the change it names, made, lets somebody take the task."""

from typing import Any

from hypothesis import event, given

from tests.fundamentals.asking import ask
from tests.unit.changes import helps, single_changes
from tests.unit.worlds import at, blocked, brief, requests, thorough

Json = dict[str, Any]


def _named(request: Json) -> list[tuple[Json, Json]]:
    """Each waiting task as the request and as the answer has it."""
    tasks = {task["id"]: task for task in request["tasks"]}
    return [(tasks[waiting["task"]], waiting) for waiting in ask(**request)["unassigned"]]


@thorough
@given(blocked())
def test_where_one_change_would_do_one_that_does_is_named(request: Json) -> None:
    """Where a single change would make somebody eligible, the one named makes each agent it names
    eligible.
    """
    for task, waiting in _named(request):
        if waiting["reason"] in ("outranked", "no_agents"):
            continue
        change = dict(waiting["unblock"])
        kind, agents = change.pop("kind"), change.pop("agents")
        singles = list(single_changes(request, task))
        if singles:
            event(kind)
            assert agents
            does = [helps(request, task, kind, agent, **change) for agent in agents]
            assert all(does), (waiting, singles)


@brief
@given(requests(mixed=True))
def test_outranked_tasks_need_capacity(request: Json) -> None:
    """An outranked task names agents who may take it, and is assigned once any of them has room for all."""
    for task, waiting in _named(request):
        if waiting["reason"] != "outranked":
            continue
        assert waiting["unblock"]["kind"] == "free_capacity"
        for named in waiting["unblock"]["agents"]:
            roomy = [
                {**agent, "capacity": 1000} if agent["id"] == named else agent for agent in request["agents"]
            ]
            found = ask(**{**request, "agents": roomy})
            assert task["id"] in {pair["task"] for pair in found["assignments"]}


def test_a_wait_goes_past_what_is_not_enough() -> None:
    """A task that opens at night waits for the first agent in the morning whose shift is long enough."""
    task = {"id": "t", "not_before": "1970-01-01T00:00:00Z", "handle_s": 900, "cooling_down": {"luis": at(0)}}
    agents = [
        {"id": "ana", "available_until": "1969-12-31T23:00:00Z"},
        {"id": "eva", "available_from": "1970-01-01T06:00:00Z", "available_until": "1970-01-01T06:14:59Z"},
        {"id": "luis"},
        {"id": "zoe", "available_from": "1970-01-01T07:00:00Z", "available_until": "1970-01-01T07:15:00Z"},
    ]
    (waiting,) = ask(now="1969-12-31T20:00:00Z", tasks=[task], agents=agents)["unassigned"]
    assert waiting["unblock"] == {"kind": "wait_until", "agents": ["zoe"], "at": "1970-01-01T07:00:00Z"}


def test_a_wait_for_the_first_instant_of_all() -> None:
    """A task that opens at the instant zero waits until then, also from before it."""
    task = {"id": "t", "not_before": "1970-01-01T00:00:00Z"}
    (waiting,) = ask(now="1969-12-31T20:00:00Z", tasks=[task], agents=[{"id": "ana"}])["unassigned"]
    assert waiting["unblock"] == {"kind": "wait_until", "agents": ["ana"], "at": "1970-01-01T00:00:00Z"}
