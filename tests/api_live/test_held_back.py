"""Why a task waits for somebody faster, over HTTP."""

from __future__ import annotations

from tests.api_live.living import Living


def test_the_explanation_says_for_whom_a_task_is_held_back(centre: Living) -> None:
    """Who could begin it now would take sixty times as long as who is busy."""
    skill = centre.new("skill")
    fast = centre.agent(capacity=1, skills={skill: 1}, handle_s={skill: 600})
    slow = centre.agent(capacity=1, skills={skill: 1}, handle_s={skill: 36_000})
    first = centre.task(skills={skill: 1}, category=skill)
    centre.on_offer("accept", centre.offer(first, fast))
    task = centre.task(skills={skill: 1}, category=skill)
    found = centre.ask("GET", f"/v1/tasks/{task}/explanation").json()
    assert found["reason"] == "held_back"
    assert found["refusals"]["held_back"] == 1
    assert found["held_for"]["agent"] == fast
    assert found["unblock"]["kind"] == "held_for"
    other = centre.task(skills={skill: 1}, category=skill, excluded_agents=[fast])
    found = centre.ask("GET", f"/v1/tasks/{other}/explanation").json()
    assert (found["reason"], found["held_for"]) == ("outranked", None)
    assert slow in found["unblock"]["agents"]
