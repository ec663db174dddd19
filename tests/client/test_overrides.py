"""Overrides through the client: made, previewed, refused, listed, and undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assigner.client import Client, Conflict, Invalid
from tests.api_live.living import NOON_MS, Living

NOON = datetime.fromtimestamp(NOON_MS / 1_000, UTC)


def test_tasks_are_held_by_a_filter_and_go_on_when_that_is_undone(client: Client, centre: Living) -> None:
    queue = centre.new("q")
    ids = [client.tasks.make(centre.new(), queue=queue).id for _ in range(3)]
    told = client.overrides.preview("hold", {"filter": {"queue": queue}}, "stock-taking")
    assert (told.would, told.touched, sorted(told.tasks)) == (True, 3, sorted(ids))
    until = NOON + timedelta(hours=2)
    made = client.overrides.make("hold", {"filter": {"queue": queue}}, "stock-taking", until=until)
    assert (made.state, made.touched, made.until, made.author) == ("active", 3, until, "dev")
    assert client.tasks.get(ids[0]).state == "held"
    assert sorted(client.overrides.get(made.id).tasks) == sorted(ids)
    assert client.overrides.undo(made.id).state == "undone"
    assert client.tasks.get(ids[0]).state == "queued"
    with pytest.raises(Conflict, match="override_ended"):
        client.overrides.undo(made.id)
    listed = {override.id: override.made_at for override in client.overrides.list(action="hold", since=NOON)}
    assert listed[made.id] == NOON
    assert f"{made.id},hold," in client.overrides.csv(author="dev")


def test_a_task_is_given_to_an_agent_at_once(client: Client, centre: Living) -> None:
    agent, id = centre.agent(), centre.task()
    made = client.overrides.make("assign", {"tasks": [id]}, "she knows the case", agent=agent)
    assert made["agent"] == agent
    task = client.tasks.get(id)
    assert (task.state, task.agent) == ("assigned", agent)


def test_what_is_in_the_way_is_named(client: Client, centre: Living) -> None:
    id = centre.task()
    first = client.overrides.make("reprioritise", {"tasks": [id]}, "first", priority=90)
    with pytest.raises(Conflict) as caught:
        client.overrides.make("reprioritise", {"tasks": [id]}, "second", priority=10)
    assert caught.value.code in ("override_conflict", "override_refused")
    assert first.id in str(caught.value.said)
    with pytest.raises(Invalid, match="/priority"):
        client.overrides.make("hold", {"tasks": [id]}, "why", priority=10)
