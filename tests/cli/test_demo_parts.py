"""The demo's centre is made of its seed, and its view fits the terminal."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from rich.console import Console

from api.documents import read
from api.messages import Language
from api.shapes import QueuePut
from assigner.demo.board import Board, Why
from assigner.demo.centre import Wanted, arrivals, arrivals_a_second, due, last_number, sample_centre
from assigner.demo.screen import EVENTS, Shown, screen, waited
from assigner.demo.tally import Tally, part

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
WANTED = Wanted(tasks=40, agents=30, seed=3, pace=60)
FACTS = {"agent": "ana.garcia", "task": "FAC-000001", "queue": "facturacion", "wait": "12 s", "reason": "no"}


def board() -> Board:
    tasks = {"queued": 7, "held": 1, "offered": 2, "assigned": 11}
    numbers = {"tasks": tasks, "oldest_wait_s": 3_725.0, "at_risk": 2, "breached": 1}
    agents = [
        {"id": f"agent{i}", "presence": presence, "load": i % 2, "capacity": 3}
        for i, presence in enumerate(["available", "available", "away", "offline"] * 5)
    ]
    unblock = {"kind": "add_skill", "agents": ["ana", "eva"], "skill": "satelite", "level": 1}
    return Board(
        stats=numbers,
        queues=[{**numbers, "queue": name} for name in ("averias", "facturacion")],
        agents=agents,
        why=Why(task="ALT-000039", detail="30 agents lack 'satelite'.", unblock=unblock, since_s=0),
    )


def shown(width: int, height: int, language: Language) -> str:
    """The lines of the view in a terminal of this size."""
    tally = Tally()
    for key in EVENTS:
        tally.tell(61.0, key, **FACTS)
    tally.to_offer.extend([20, 40, 9_000])
    view = Shown(
        board=board(),
        tally=tally,
        elapsed_s=75.0,
        pace=60,
        address="http://127.0.0.1:8080",
        language=language,
        width=width,
        height=height,
    )
    console = Console(width=width, height=height, color_system=None, markup=False, emoji=False)
    with console.capture() as made:
        console.print(screen(view), end="")
    return made.get()


def test_however_fast_the_service_takes_its_queues() -> None:
    for queue in sample_centre(replace(WANTED, pace=100_000), NOW)["queues"].values():
        read(json.dumps(queue).encode(), QueuePut)


def test_all_agents_of_a_large_centre_have_the_time_to_answer_at_once() -> None:
    for queue in sample_centre(replace(WANTED, agents=200), NOW)["queues"].values():
        assert queue["offer_ttl_s"] >= 10


def test_the_same_seed_makes_the_same_centre_and_the_same_tasks_come() -> None:
    assert sample_centre(WANTED, NOW) == sample_centre(WANTED, NOW)
    team = list(sample_centre(WANTED, NOW)["agents"].values())
    first, second = ([*islice(arrivals(WANTED, team, 41), 20)] for _ in range(2))
    assert first == second
    assert [task["id"].rpartition("-")[2] for task in first] == [f"{n:06}" for n in range(41, 61)]
    assert [*islice(arrivals(WANTED, team, 61), 20)] != first


def test_somebody_of_the_team_can_do_each_task_that_comes() -> None:
    team = list(sample_centre(WANTED, NOW)["agents"].values())
    for task in islice(arrivals(WANTED, team, 1), 200):
        assert any(
            all(agent["skills"].get(name, 0) >= level for name, level in task["skills"].items())
            for agent in team
        )


def test_all_times_of_the_centre_are_as_much_shorter_as_it_lives_faster() -> None:
    slow = sample_centre(Wanted(tasks=40, agents=30, seed=3, pace=1), NOW)
    fast = sample_centre(WANTED, NOW)
    for id, task in slow["tasks"].items():
        assert fast["tasks"][id]["handle_s"] == pytest.approx(task["handle_s"] / 60, abs=1e-3)
        ahead, nearer = (datetime.fromisoformat(t["tasks"][id]["due_at"]) - NOW for t in (slow, fast))
        assert nearer.total_seconds() == pytest.approx(ahead.total_seconds() / 60, abs=1e-3)
    assert fast["queues"]["averias"]["relaxation"][0]["after_s"] == 60
    levels = [{"first_response_s": 120, "resolution_s": 480, "at_risk_s": 60}]
    assert fast["queues"]["averias"]["service_levels"] == levels
    assert fast["queues"]["averias"]["calendar"] is None
    assert datetime.fromisoformat(due({"queue": "averias"}, NOW, 60)) == NOW + timedelta(minutes=8)


def test_as_much_comes_as_the_team_can_do() -> None:
    assert arrivals_a_second(WANTED, 60) == pytest.approx(2 * arrivals_a_second(WANTED, 30))
    assert 0.5 * 30 / 12 < arrivals_a_second(WANTED, 30) < 30 / 8


def test_the_next_number_follows_the_largest() -> None:
    assert last_number(["FAC-000012", "AVE-000103", "MY-2", "mine"]) == 103
    assert last_number([]) == 0


def test_shares_of_what_was_measured() -> None:
    assert part([], 0.5) is None
    assert part([5, 1, 3], 0.5) == 3
    assert part(range(100), 0.95) == 95


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("width", "height"), [(20, 6), (80, 24), (100, 40), (160, 50)])
def test_the_view_fills_the_terminal_and_no_more(width: int, height: int, language: Language) -> None:
    lines = shown(width, height, language).splitlines()
    assert len(lines) == height
    assert max(map(len, lines)) <= width


def test_eighty_columns_and_24_lines_show_what_matters() -> None:
    text = shown(80, 24, "en")
    assert "7 waiting" in text
    assert "1 late" in text
    assert "half within 40 ms, 95 % within 9.0 s" in text
    assert "averias" in text
    assert "1 h 2 min" in text
    assert "5 busy" in text
    assert "Why does ALT-000039 wait?" in text
    assert "ana or eva learns 'satelite' to level 1" in text
    assert "took FAC-000001 (facturacion), 12 s after it came" in shown(100, 40, "en")
    assert "curl -s 127.0.0.1:8080/v1/tasks/ALT-000039/explanation" in text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3.9, "3 s"), (60, "1 min"), (185, "3 min 5 s"), (7_440, "2 h 4 min"), (100_000, "1 d 3 h")],
)
def test_waits_in_two_units_at_most(seconds: float, text: str) -> None:
    assert waited(seconds) == text
