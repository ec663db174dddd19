"""What a coordinator decides by hand holds at once, in every later decision, until it is undone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from assigner.dispatch.actions import ACTIONS
from tests.api_live.living import code
from tests.api_live.overriding import KINDS, Desk, desk


@pytest.fixture(scope="module", params=KINDS)
def floor(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with desk(request.param) as it:
        yield it


def ids(*tasks: str) -> dict[str, Any]:
    return {"tasks": list(tasks)}


def test_assign_gives_a_task_to_an_agent_at_once_and_undone_it_waits_again(floor: Desk) -> None:
    queue, ana = floor.queue(), floor.agent()
    task = floor.task(queue, skills={"nobody": 9})
    made = floor.override("assign", ids(task), agent=ana)
    assert (made["touched"], made["forced"], made["state"]) == (1, 0, "active")
    floor.cycle()
    assert floor.where(task) == [f"assigned {ana}"]
    assert floor.get(task)["overrides"] == {"assigned": {"by": made["id"], "forced": False}}
    why = floor.why(task)
    assert why["decided"] is None
    assert why["detail"] == f"dev gave it to '{ana}': because."
    assert floor.undo(made)["state"] == "undone"
    floor.cycle()
    assert floor.where(task) == ["queued"]


def test_assign_beyond_the_room_of_an_agent_needs_force_and_is_counted(floor: Desk) -> None:
    queue, ana = floor.queue(), floor.agent(capacity=1)
    tasks = [floor.task(queue, skills={ana: 9}) for _ in range(3)]
    refused = floor.tried("assign", ids(*tasks), agent=ana)
    assert code(refused) == (409, "override_refused")
    told = [(one["task"], one["code"]) for one in refused.json()["refusals"]]
    assert told == [(task, "at_capacity") for task in tasks[1:]]
    assert floor.where(*tasks) == ["queued"] * 3
    made = floor.override("assign", ids(*tasks), agent=ana, force=True)
    assert (made["touched"], made["forced"]) == (3, 2)
    assert floor.where(*tasks) == [f"assigned {ana}"] * 3
    assert "by force" in floor.why(tasks[1])["detail"]


def test_assign_of_a_task_that_was_offered_to_another_is_no_decision_of_ours(floor: Desk) -> None:
    queue, ana, eva = floor.queue(auto_accept=False), floor.agent(), floor.agent()
    task = floor.task(queue, skills={eva: 1})
    floor.cycle()
    floor.override("assign", ids(task), agent=ana)
    floor.cycle()
    assert floor.why(task)["decided"] is None
    assert floor.ask("POST", f"/v1/tasks/{task}/complete", {}).status_code == 200
    why = floor.why(task)
    assert (why["agent"], why["decided"], why["overrides"]) == (ana, None, [])


def test_assign_to_one_who_is_away_is_drained_or_is_excluded_needs_force(floor: Desk) -> None:
    queue, away, drained, kept = floor.queue(), floor.agent(presence="away"), floor.agent(), floor.agent()
    tasks = [floor.task(queue, skills={"nobody": 1}, excluded_agents=[kept]) for _ in range(3)]
    floor.override("drain", {"agent": drained})
    codes = ("agent_away", "agent_draining", "agent_excluded")
    for task, agent, why in zip(tasks, (away, drained, kept), codes, strict=True):
        refused = floor.tried("assign", ids(task), agent=agent)
        assert [one["code"] for one in refused.json()["refusals"]] == [why]
        floor.override("assign", ids(task), agent=agent, force=True)
        floor.cycle()
        assert floor.where(task) == [f"assigned {agent}"]


def test_a_pinned_task_never_moves(floor: Desk) -> None:
    """FIELD 12: its agent is full, goes away, is drained: it waits for them whoever else is free."""
    queue, ana, eva = floor.queue(), floor.agent(capacity=1), floor.agent()
    work = {"skills": {"pinning": 1}}
    for agent, capacity in ((ana, 1), (eva, 9)):
        floor.ask("PUT", f"/v1/agents/{agent}", {"capacity": capacity, "skills": {"pinning": 2}})
    first, task = floor.task(queue, **work), floor.task(queue, **work)
    made = floor.override("pin", ids(first, task), agent=ana)
    floor.cycle()
    assert sorted(floor.where(first, task)) == [f"assigned {ana}", "queued"]
    assert code(floor.tried("assign", ids(first, task), agent=eva, force=True))[0] == 409
    for presence in ("away", "available"):
        floor.ask("PUT", f"/v1/agents/{ana}/presence", {"presence": presence})
        floor.cycle()
        assert set(floor.where(first, task)) <= {"queued", f"assigned {ana}"}
    drained = floor.override("drain", {"agent": ana})
    floor.cycle()
    assert floor.where(first, task) == ["queued", "queued"]
    why = floor.why(task)
    assert why["refusals"]["pinned_elsewhere"] >= 1
    assert f"dev pinned it to '{ana}': because." in why["detail"]
    floor.undo(drained)
    floor.undo(made)
    floor.cycle()
    assert (
        sorted(floor.where(first, task))[1:] == [f"assigned {eva}"]
        or floor.where(first, task) == [f"assigned {eva}"] * 2
    )


def test_a_pin_revokes_the_offer_to_another_and_the_explanation_says_what_to_undo(floor: Desk) -> None:
    queue, ana, eva = floor.queue(auto_accept=False), floor.agent(), floor.agent(presence="away")
    task = floor.task(queue, skills={ana: 1})
    floor.cycle()
    assert floor.where(task) == [f"offered {ana}"]
    made = floor.override("pin", ids(task), agent=eva)
    floor.cycle()
    assert floor.where(task) == ["queued"]
    why = floor.why(task)
    assert why["overrides"] == [
        {
            "id": made["id"],
            "action": "pin",
            "author": "dev",
            "reason": "because",
            "until": None,
            "field": "pinned_agent",
        }
    ]
    assert f"dev la fijó a '{eva}': because." in floor.why(task, "es")["detail"]
    floor.undo(made)
    floor.cycle()
    assert floor.where(task) == [f"offered {ana}"]


def test_unpin_lifts_what_the_client_said_and_a_put_of_the_client_does_not_wipe_it(floor: Desk) -> None:
    queue, ana = floor.queue(), floor.agent()
    said = {"queue": queue, "skills": {ana: 1}, "pinned_agent": "gone"}
    task = floor.task(**said)
    floor.cycle()
    assert floor.where(task) == ["queued"]
    made = floor.override("unpin", ids(task))
    assert floor.ask("PUT", f"/v1/tasks/{task}", {**said, "priority": 51}).status_code == 200
    floor.cycle()
    assert floor.where(task) == [f"assigned {ana}"]
    shown = floor.get(task)
    assert shown["pinned_agent"] == "gone"
    assert shown["overrides"] == {"pinned_agent": {"by": made["id"], "value": None}}


def test_exclude_keeps_an_agent_from_tasks_until_it_is_undone(floor: Desk) -> None:
    queue, ana = floor.queue(), floor.agent()
    task = floor.task(queue, skills={ana: 1})
    made = floor.override("exclude", ids(task), agent=ana)
    floor.cycle()
    assert floor.where(task) == ["queued"]
    assert floor.why(task)["refusals"]["excluded"] == 1
    assert f"dev keeps '{ana}' from it: because." in floor.why(task)["detail"]
    floor.undo(made)
    floor.cycle()
    assert floor.where(task) == [f"assigned {ana}"]


def test_exclude_keeps_an_agent_from_a_queue_and_from_what_comes_later(floor: Desk) -> None:
    queue, other, ana = floor.queue(auto_accept=False), floor.queue(), floor.agent()
    open_now = floor.task(queue, skills={ana: 1})
    floor.cycle()
    assert floor.where(open_now) == [f"offered {ana}"]
    made = floor.override("exclude", {"queue": queue}, agent=ana)
    later, elsewhere = floor.task(queue, skills={ana: 1}), floor.task(other, skills={ana: 1})
    floor.cycle()
    assert floor.where(open_now, later, elsewhere) == ["queued", "queued", f"assigned {ana}"]
    assert [(one["id"], one["field"]) for one in floor.why(later)["overrides"]] == [
        (made["id"], "excluded_agents")
    ]
    refused = floor.tried("exclude", {"queue": queue}, agent=ana)
    assert code(refused) == (409, "override_conflict")
    floor.undo(made)
    floor.cycle()
    assert floor.where(open_now, later) == [f"offered {ana}"] * 2


def test_of_many_overrides_an_explanation_says_the_first_and_how_many_more_hold(floor: Desk) -> None:
    queue = floor.queue()
    made = [floor.override("exclude", {"queue": queue}, agent=floor.agent()) for _ in range(12)]
    why = floor.why(floor.task(queue), "es")
    assert [one["id"] for one in why["overrides"]] == [one["id"] for one in made]
    assert why["detail"].count("aparta de ella a") == 10
    assert why["detail"].endswith("because. Rigen 2 más.")


def test_reprioritise_decides_who_is_first(floor: Desk) -> None:
    queue, ana = floor.queue(), floor.agent(capacity=1, presence="away")
    first, second = floor.task(queue, skills={ana: 1}), floor.task(queue, skills={ana: 1}, priority=51)
    made = floor.override("reprioritise", ids(first), priority="urgent")
    assert made["priority"] == 95
    assert floor.why(first)["position"] == 1
    floor.ask("PUT", f"/v1/agents/{ana}/presence", {"presence": "available"})
    floor.cycle()
    assert floor.where(first, second) == [f"assigned {ana}", "queued"]
    shown = floor.get(first)
    assert (shown["priority"], shown["overrides"]["priority"]["value"]) == (50, 95)


def test_reprioritise_to_the_lowest_there_is(floor: Desk) -> None:
    """Nought is said as much as any other."""
    task = floor.task(floor.queue(), skills={"nobody": 1}, priority="urgent")
    assert floor.override("reprioritise", ids(task), priority=0)["priority"] == 0
    assert floor.get(task)["overrides"]["priority"]["value"] == 0


def test_reschedule_changes_what_is_at_risk(floor: Desk) -> None:
    queue = floor.queue()
    task = floor.task(queue, skills={"nobody": 1}, due_at="2020-01-01T00:00:00Z")
    assert floor.get(task)["sla_risk"] == "breached"
    made = floor.override("reschedule", ids(task), due_at="2040-01-01T00:00:00Z")
    shown = floor.get(task)
    assert (shown["sla_risk"], shown["due_at"]) == ("ok", "2040-01-01T00:00:00Z")
    assert shown["overrides"]["due_at"]["value"] == "2040-01-01T00:00:00Z"
    floor.undo(made)
    assert floor.get(task)["sla_risk"] == "breached"
    floor.override("reschedule", ids(task), due_at=None)
    assert floor.get(task)["sla_risk"] == "none"


def test_hold_takes_tasks_from_their_agents_and_undone_they_are_resumed(floor: Desk) -> None:
    queue, ana = floor.queue(), floor.agent()
    task = floor.task(queue, skills={ana: 1})
    floor.cycle()
    made = floor.override("hold", ids(task))
    floor.cycle()
    assert floor.where(task) == ["held"]
    assert floor.get(task)["hold_reason"] == "because"
    assert floor.why(task)["detail"] == "dev holds it: because."
    floor.undo(made)
    floor.cycle()
    assert floor.where(task) == [f"assigned {ana}"]


def test_resume_cannot_be_undone_and_says_so(floor: Desk) -> None:
    queue = floor.queue()
    task = floor.task(queue, skills={"nobody": 1})
    held = floor.override("hold", ids(task))
    made = floor.override("resume", ids(task))
    assert (made["state"], floor.where(task)) == ("done", ["queued"])
    assert code(floor.ask("DELETE", f"/v1/overrides/{made['id']}")) == (409, "not_undoable")
    floor.cycle()
    assert floor.state(held) == "ended"
    assert code(floor.ask("DELETE", f"/v1/overrides/{held['id']}")) == (409, "override_ended")


def test_transfer_moves_tasks_and_undone_they_are_where_they_were(floor: Desk) -> None:
    one, other = floor.queue(), floor.queue()
    task = floor.task(one, skills={"nobody": 1, "fraud": 3})
    made = floor.override("transfer", ids(task), queue=other, skills={"nobody": 2})
    shown = floor.get(task)
    assert (shown["queue"], shown["skills"], shown["handoffs"]) == (other, {"nobody": 2}, 1)
    floor.undo(made)
    shown = floor.get(task)
    assert (shown["queue"], shown["skills"]) == (one, {"fraud": 3, "nobody": 1})


def test_a_transfer_of_what_asks_nothing_is_undone_too(floor: Desk) -> None:
    one, other = floor.queue(), floor.queue()
    floor.override("freeze", {"queue": one})
    task = floor.task(one)
    made = floor.override("transfer", ids(task), queue=other, skills={})
    assert floor.get(task)["queue"] == other
    floor.undo(made)
    shown = floor.get(task)
    assert (shown["queue"], shown["skills"], shown["overrides"]) == (one, {}, {})


def test_a_transfer_that_its_client_has_changed_since_is_not_undone(floor: Desk) -> None:
    one, other = floor.queue(), floor.queue()
    said = {"queue": one, "skills": {"nobody": 1}}
    task = floor.task(**said)
    made = floor.override("transfer", ids(task), queue=other)
    assert floor.ask("PUT", f"/v1/tasks/{task}", {**said, "queue": other, "priority": 3}).status_code == 200
    assert code(floor.ask("DELETE", f"/v1/overrides/{made['id']}")) == (409, "not_undoable")
    assert floor.get(task)["queue"] == other


def test_release_takes_a_task_back_and_it_goes_to_others_first(floor: Desk) -> None:
    queue, ana = floor.queue(), floor.agent()
    task = floor.task(queue, skills={ana: 1})
    floor.cycle()
    made = floor.override("release", {"agent": ana})
    assert (made["touched"], made["state"]) == (1, "done")
    floor.cycle()
    assert floor.where(task) == ["queued"]
    assert floor.why(task)["refusals"]["cooling_down"] == 1


def test_cancel_ends_tasks_with_the_reason(floor: Desk) -> None:
    queue = floor.queue()
    task = floor.task(queue, skills={"nobody": 1})
    made = floor.override("cancel", {"filter": {"queue": queue}})
    assert (floor.where(task), floor.get(task)["outcome"]) == (["cancelled"], "because")
    assert code(floor.ask("DELETE", f"/v1/overrides/{made['id']}")) == (409, "not_undoable")


def test_draining_an_absent_agent_with_150_tasks_is_one_call_all_or_nothing_with_a_preview(
    floor: Desk,
) -> None:
    """FIELD 13."""
    queue, ana = floor.queue(release_on_absence=False), floor.agent()
    tasks = [floor.task(queue, skills={ana: 1}) for _ in range(150)]
    floor.cycle()
    assert set(floor.where(*tasks)) == {f"assigned {ana}"}
    floor.ask("POST", f"/v1/tasks/{tasks[0]}/start", {})
    floor.ask("PUT", f"/v1/agents/{ana}/presence", {"presence": "offline"})
    floor.cycle()
    preview = floor.tried("drain", {"agent": ana}, dry_run=True)
    assert preview.status_code == 200
    told = preview.json()
    assert (told["would"], told["touched"], len(told["tasks"])) == (True, 149, 149)
    assert told["by"] == {"state": {"assigned": 149}, "queue": {queue: 149}, "agent": {ana: 149}}
    assert set(floor.where(*tasks)) == {f"assigned {ana}"}
    made = floor.override("drain", {"agent": ana})
    assert (made["touched"], made["refused"], made["skipped"]) == (149, 0, 0)
    assert floor.where(tasks[0]) == [f"assigned {ana}"]
    assert set(floor.where(*tasks[1:])) == {"queued"}
    again = floor.tried("drain", {"agent": ana}, started=True)
    assert code(again) == (409, "override_conflict")
    assert again.json()["other"]["id"] == made["id"]
    assert floor.where(tasks[0]) == [f"assigned {ana}"]
    floor.override("drain", {"agent": ana}, started=True, replace=True)
    assert floor.where(tasks[0]) == ["queued"]
    assert floor.state(made) == "replaced"


def test_a_drained_agent_gets_nothing_more_until_it_is_undone(floor: Desk) -> None:
    queue, ana = floor.queue(auto_accept=False), floor.agent()
    offered = floor.task(queue, skills={ana: 1})
    floor.cycle()
    made = floor.override("drain", {"agent": ana})
    later = floor.task(queue, skills={ana: 1})
    floor.cycle()
    assert floor.where(offered, later) == ["queued", "queued"]
    why = floor.why(later)
    assert (why["reason"], why["refusals"]["draining"]) == ("draining", 1)
    assert why["unblock"] == {"kind": "end_drain", "agents": [ana], "overrides": [made["id"]]}
    assert "is being drained" in why["detail"]
    floor.undo(made)
    floor.cycle()
    assert floor.where(offered, later) == [f"offered {ana}"] * 2


def test_a_frozen_queue_hands_nothing_out_until_it_is_unfrozen(floor: Desk) -> None:
    queue, ana = floor.queue(auto_accept=False), floor.agent()
    offered = floor.task(queue, skills={ana: 1})
    floor.cycle()
    made = floor.override("freeze", {"queue": queue})
    later = floor.task(queue, skills={ana: 1})
    floor.cycle()
    assert floor.where(offered, later) == ["queued", "queued"]
    why = floor.why(later, "es")
    assert why["reason"] == "frozen"
    assert why["unblock"]["kind"] == "unfreeze"
    assert why["unblock"]["overrides"] == [made["id"]]
    assert why["detail"] == f"Su cola está congelada. dev congeló la cola '{queue}': because."
    assert code(floor.tried("freeze", {"queue": queue})) == (409, "override_conflict")
    floor.override("unfreeze", {"queue": queue})
    assert floor.state(made) == "replaced"
    floor.cycle()
    assert floor.where(offered, later) == [f"offered {ana}"] * 2
    assert code(floor.tried("unfreeze", {"queue": queue})) == (422, "no_targets")


def test_every_action_has_a_test_that_is_named_after_it() -> None:
    """What can be done by hand is done here, by that name."""
    names = " ".join(name for name in globals() if name.startswith("test_"))
    words = {"pin": "a_pin_revokes", "drain": "drained", "freeze": "frozen", "unfreeze": "unfrozen"}
    assert [name for name in ACTIONS if words.get(name, f"test_{name}_") not in names] == []
