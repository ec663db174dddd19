"""Why a task waits that no decision has looked at yet, over HTTP."""

from __future__ import annotations

import pytest

from tests.api_live.overriding import desk


def test_a_task_is_undecided_where_somebody_decides_and_until_they_do() -> None:
    """Nobody leads at first; then the dispatcher of this process does, which knows the agent and no task."""
    with desk("memory") as it:
        it.service.app.state.service.lives["default"].dispatcher = it.dispatcher
        it.ask("PUT", "/v1/agents/ana", {"capacity": 1})
        it.ask("POST", "/v1/tasks", {"id": "first"})
        path = "/v1/tasks/{}/explanation"
        assert it.ask("GET", path.format("first")).json()["reason"] == "outranked"
        it.cycle()
        it.ask("POST", "/v1/tasks", {"id": "second"})
        it.cycle()
        assert it.ask("GET", path.format("second")).json()["reason"] == "at_capacity"
        it.ask("PUT", "/v1/agents/bob", {"capacity": 1})
        it.run(it.dispatcher.close())
        assert it.run(it.dispatcher.take())
        found = it.ask("GET", path.format("second")).json()
        assert (found["reason"], found["refusals"]) == ("undecided", {"at_capacity": 1})
        assert found["unblock"] == {"kind": "next_decision", "agents": ["bob"]}
        it.cycle()
        assert it.ask("GET", path.format("second")).json()["state"] == "offered"


def test_why_a_task_waits_is_told_by_a_dispatcher_that_has_heard_of_what_was_written() -> None:
    """Else it would be told that the skill of somebody made just before is missing."""
    with desk("memory") as it:
        it.service.app.state.service.lives["default"].dispatcher = it.dispatcher
        it.cycle()
        it.ask("PUT", "/v1/agents/ana", {"skills": {"tax": 1}})
        it.ask("POST", "/v1/tasks", {"id": "first", "skills": {"tax": 3}})
        asking = it.service.threads.submit(it.ask, "GET", "/v1/tasks/first/explanation")
        with pytest.raises(TimeoutError):
            asking.result(0.2)
        it.cycle()
        assert asking.result(20).json()["reason"] == "level_too_low"
