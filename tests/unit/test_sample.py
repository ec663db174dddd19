"""The sample: a pure function of its arguments, within the contract, and never dull."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from assigner.domain.instant import DAY_MS, ms_of
from assigner.domain.queue import Queue
from assigner.sample import NOW, centre, snapshot
from assigner.sample_data import FIRST_NAMES, LAST_NAMES, QUEUES, SPECIALISMS

NAMING = {"pinned_agent", "preferred_agents", "excluded_agents", "cooling_down"}
OWN = {"id", "case", "created_at", "due_at", "not_before"}
INSTANTS = {"created_at", "due_at", "not_before", "available_from", "available_until", "idle_since"}
ASKED = {
    "queue",
    "category",
    "channel",
    "skills",
    "any_skills",
    "preferred_skills",
    "handle_s",
    "size",
}
TASK_FIELDS = OWN | NAMING | ASKED | {"tags", "priority"}
AGENT_FIELDS = {"id", "skills", "presence", "channels", "capacity", "load", "handle_s", *INSTANTS}


def groups(tasks: list[dict[str, Any]]) -> int:
    """How many different requirements these tasks have."""
    return len({json.dumps([(k, v) for k, v in sorted(t.items()) if k not in OWN]) for t in tasks})


def unnamed(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [task for task in tasks if not NAMING & task.keys()]


def levels(record: dict[str, Any]) -> list[int]:
    sets = [record["skills"], record.get("preferred_skills", {}), *record.get("any_skills", [])]
    return [level for skills in sets for level in skills.values()]


def test_the_same_arguments_give_the_same_snapshot() -> None:
    assert snapshot(300, 30, seed=7) == snapshot(300, 30, seed=7)


def test_another_seed_gives_another_snapshot() -> None:
    assert snapshot(300, 30, seed=7) != snapshot(300, 30, seed=8)


@pytest.mark.parametrize(
    ("tasks", "agents"), [(0, 0), (1, 0), (0, 1), (1, 1), (39, 3), (40, 2), (500, 1), (3, 500)]
)
def test_there_are_as_many_as_asked(tasks: int, agents: int) -> None:
    made = snapshot(tasks, agents)
    assert (len(made["tasks"]), len(made["agents"])) == (tasks, agents)


def test_a_snapshot_is_json() -> None:
    made = snapshot()
    assert json.loads(json.dumps(made, allow_nan=False)) == made


def test_ids_are_unique_and_visible_ascii() -> None:
    made = snapshot(2_000, 12_000)
    for kind in ("tasks", "agents"):
        ids = [record["id"] for record in made[kind]]
        assert len(set(ids)) == len(ids)
        assert all(id.isascii() and id.isprintable() and " " not in id and len(id) <= 128 for id in ids)


def test_names_are_plain_and_each_once() -> None:
    for names in (FIRST_NAMES, LAST_NAMES):
        assert len(set(names)) == len(names)
        assert all(name.isascii() and name.isalpha() and name.islower() for name in names)


def test_tasks_keep_to_the_contract() -> None:
    for task in snapshot(3_000, 100, sizes=True)["tasks"]:
        assert task.keys() <= TASK_FIELDS
        assert all(1 <= level <= 10 for level in levels(task))
        assert 0 <= task["priority"] <= 100
        assert 1 <= task.get("size", 1) <= 3
        assert 0 < task["handle_s"] <= 31_536_000
        assert len(task.get("tags", [])) <= 20
        assert task.get("pinned_agent") not in task.get("excluded_agents", [])
        assert datetime.fromisoformat(task["created_at"]) <= NOW
        assert task["created_at"] < task["due_at"]


def test_agents_keep_to_the_contract() -> None:
    for agent in snapshot(10, 2_000)["agents"]:
        assert agent.keys() <= AGENT_FIELDS
        assert all(1 <= level <= 10 for level in levels(agent))
        assert 0 <= agent["load"] <= agent["capacity"] <= 1_000
        assert agent["capacity"] >= 1
        assert agent["presence"] in {"available", "away", "offline"}
        assert agent["available_from"] < agent["available_until"]
        assert datetime.fromisoformat(agent.get("idle_since", NOW.isoformat())) <= NOW
        assert all(0 < seconds <= 31_536_000 for seconds in agent.get("handle_s", {}).values())


def test_instants_carry_an_offset_and_no_fraction() -> None:
    made = snapshot()
    records = made["tasks"] + made["agents"]
    stamps = [record[field] for record in records for field in INSTANTS & record.keys()]
    assert all(datetime.fromisoformat(stamp).tzinfo and "." not in stamp for stamp in stamps)


def test_a_backlog_has_as_many_groups_as_a_real_centre() -> None:
    assert 150 <= groups(unnamed(snapshot(10_000, 1_000)["tasks"])) <= 250
    assert groups(unnamed(snapshot(20_000, 100, sizes=True)["tasks"])) <= 250


def test_few_tasks_name_an_agent() -> None:
    tasks = snapshot(10_000, 1_000)["tasks"]
    assert 0.01 <= 1 - len(unnamed(tasks)) / len(tasks) <= 0.02


def test_sizes_are_one_unless_asked_for() -> None:
    plain, sized = snapshot(1_000, 50), snapshot(1_000, 50, sizes=True)
    assert all("size" not in task for task in plain["tasks"])
    assert {task.get("size", 1) for task in sized["tasks"]} == {1, 2, 3}
    assert [task["id"] for task in plain["tasks"]] == [task["id"] for task in sized["tasks"]]


def test_some_tasks_are_late_and_some_are_in_time() -> None:
    late = sum(datetime.fromisoformat(task["due_at"]) < NOW for task in snapshot(1_000, 50)["tasks"])
    assert 50 <= late <= 400


def test_about_one_task_in_twenty_is_of_a_vip() -> None:
    tasks = snapshot(10_000, 10)["tasks"]
    assert 0.04 <= sum("vip" in task.get("tags", []) for task in tasks) / len(tasks) <= 0.06


def test_tasks_are_made_in_business_hours() -> None:
    made = [datetime.fromisoformat(task["created_at"]) for task in snapshot(2_000, 10)["tasks"]]
    assert all(instant.weekday() < 5 and 8 <= instant.hour < 20 for instant in made)


@pytest.mark.parametrize(
    "now", ["2026-11-21T12:00:00+00:00", "2026-11-23T03:00:00-05:00", "2026-11-24T23:59:59+01:00"]
)
def test_outside_business_hours_the_backlog_is_of_before(now: str) -> None:
    instant = datetime.fromisoformat(now)
    made = snapshot(300, 30, now=instant)
    assert made["now"] == now
    assert all(datetime.fromisoformat(task["created_at"]) <= instant for task in made["tasks"])


@pytest.mark.parametrize("seed", range(5))
def test_even_a_small_team_has_a_task_for_every_specialism(seed: int) -> None:
    made = snapshot(seed=seed)
    held = {skill for agent in made["agents"] for skill in agent["skills"]}
    asked = {task["category"] for task in made["tasks"]}
    assert {special.category for special in SPECIALISMS} <= asked
    assert {special.skill for special in SPECIALISMS} - held == {"satelite"}


@pytest.mark.parametrize("seed", range(5))
def test_even_a_small_backlog_names_agents_here_and_elsewhere(seed: int) -> None:
    made = snapshot(seed=seed)
    here = {agent["id"] for agent in made["agents"]}
    pinned = {task["pinned_agent"] in here for task in made["tasks"] if "pinned_agent" in task}
    assert pinned == {True, False}
    assert {field for task in made["tasks"] for field in task} >= NAMING


def test_every_queue_has_a_unique_id_prefix_and_categories() -> None:
    assert len({queue.id for queue in QUEUES}) == len({queue.prefix for queue in QUEUES}) == len(QUEUES)
    categories = [item.id for queue in QUEUES for item in queue.categories] + [
        item.category for item in SPECIALISMS
    ]
    assert len(set(categories)) == len(categories)


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 0 or more"):
        snapshot(-1)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="expected an offset"):
        snapshot(now=datetime(2026, 11, 23, 9))  # noqa: DTZ001 - the fault under test


def test_another_offset_is_kept() -> None:
    zone = timezone(timedelta(hours=-3))
    made = snapshot(50, 5, now=NOW.astimezone(zone))
    assert all(task["created_at"].endswith("-03:00") for task in made["tasks"])


def test_the_queues_of_a_centre_promise_what_its_tasks_are_promised() -> None:
    """In the hours in which its tasks are made and due, from Monday to Friday."""
    made = centre(40)
    for task in made["tasks"].values():
        queue = Queue.of(made["queues"][task["queue"]])
        level = queue.promised(task.get("category"))
        assert queue.hours
        assert level
        assert level.resolution_ms
        assert level.first_response_ms
        assert level.first_response_ms < level.resolution_ms
        created, due = (ms_of(task[name]) for name in ("created_at", "due_at"))
        holidays = [day for day in queue.hours.days if created // DAY_MS <= day <= due // DAY_MS]
        if not holidays:
            assert queue.hours.add(created, level.resolution_ms) == pytest.approx(due, abs=2_000)
