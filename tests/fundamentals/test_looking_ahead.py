"""By `price_and_hold` the decision looks ahead: who is busy counts; a task may wait for somebody faster."""

from typing import Any

import pytest

from api.messages import Job
from tests.fundamentals.asking import NOW, NOW_MS, Json, ask, send, who, why

FAST: Json = {"id": "ana", "handle_s": {"refund": 600}, "busy": [{"remaining_s": 300}]}
SLOW: Json = {"id": "luis", "handle_s": {"refund": 3600}}
TASK: Json = {"id": "t", "category": "refund"}
OVER_TIME: Json = {"rule": "price_and_hold"}
SOON = "2026-11-23T09:05:00+01:00"
LATER = "2026-11-23T13:00:00+01:00"


def test_a_task_waits_for_somebody_faster() -> None:
    """Luis could begin now, but ana will be done with it long before him: it is held back for her."""
    waiting = why(tasks=[TASK], agents=[FAST, SLOW], policy=OVER_TIME)
    assert waiting["reason"] == "held_back"
    assert waiting["held_for"] == {"agent": "ana", "expected_at": "2026-11-23T08:05:00Z"}
    assert waiting["refusals"] == {"at_capacity": 1, "held_back": 1}
    assert waiting["unblock"] == {"kind": "held_for", "agents": ["ana"], "at": "2026-11-23T08:05:00Z"}
    assert waiting["detail"] == (
        "1 agent is at capacity; 1 could begin now, but 'ana' will finish it sooner and is expected to begin "
        "at 2026-11-23T08:05:00Z."
    )


def test_a_pair_that_is_held_back_is_not_listed() -> None:
    """What is held back cannot be assigned, so what `solution` claims is checked without it."""
    found = ask(tasks=[TASK], agents=[FAST, SLOW], policy=OVER_TIME, explain="pairs")
    assert found["pairs"] == []
    assert found["solution"]["status"] == "optimal"


def test_other_rules_hold_nothing_back() -> None:
    """By the rule of the snapshot, and by `priority_first`, whoever is free begins."""
    for rule in ("snapshot", "priority_first"):
        assert who(tasks=[TASK], agents=[FAST, SLOW], policy={"rule": rule}) == {"t": "luis"}


@pytest.mark.parametrize(
    "fast",
    [
        {"busy": [{"remaining_s": 9000}]},
        {"busy": [], "load": 1},
        {"presence": "away"},
        {"available_until": "2026-11-23T09:12:00+01:00"},
        {"skills": {}, "channels": []},
        {"handle_s": {"refund": 3000}},
    ],
    ids=["too_late", "nobody_knows_when", "absent", "leaves_first", "another_channel", "hardly_faster"],
)
def test_nobody_waits_in_vain(fast: Json) -> None:
    """Only who will finish it sooner, may do it and stays until it is done is waited for."""
    task = {**TASK, "channel": "email"}
    assert who(tasks=[task], agents=[{**FAST, **fast}, SLOW], policy=OVER_TIME) == {"t": "luis"}


def test_who_is_about_to_come_is_waited_for() -> None:
    """An agent whose shift begins soon counts as one who is busy until then, for twelve hours."""
    ana = {"id": "ana", "handle_s": {"refund": 600}, "available_from": SOON}
    waiting = why(tasks=[TASK], agents=[ana, SLOW], policy=OVER_TIME)
    assert waiting["held_for"] == {"agent": "ana", "expected_at": "2026-11-23T08:05:00Z"}
    slow = {**SLOW, "handle_s": {"refund": 100_000}}
    within, beyond = ({**ana, "available_from": f"2026-11-23T{hour}:00:00+01:00"} for hour in (20, 22))
    assert who(tasks=[TASK], agents=[within, slow], policy=OVER_TIME) == {}
    assert who(tasks=[TASK], agents=[beyond, slow], policy=OVER_TIME) == {"t": "luis"}


@pytest.mark.parametrize(
    "own",
    [{"excluded_agents": ["ana"]}, {"cooling_down": {"ana": LATER}}, {"pinned_agent": "luis"}],
    ids=["excluded", "cooling_down", "pinned"],
)
def test_a_task_does_not_wait_for_who_may_not_take_it(own: Json) -> None:
    """Whoever the task refuses by name is not waited for; others like it still wait."""
    found = ask(tasks=[TASK, {**TASK, "id": "u", **own}], agents=[FAST, SLOW], policy=OVER_TIME)
    assert [(pair["task"], pair["agent"]) for pair in found["assignments"]] == [("u", "luis")]
    assert [(task["task"], task["reason"]) for task in found["unassigned"]] == [("t", "held_back")]


def test_a_preferred_agent_who_is_free_takes_it() -> None:
    """A task that prefers the slow agent is not held back from them."""
    task = {**TASK, "preferred_agents": ["luis"]}
    assert who(tasks=[task], agents=[FAST, SLOW], policy=OVER_TIME) == {"t": "luis"}


def test_what_is_before_it_counts_by_its_size() -> None:
    """Who is waited for begins later when the tasks before it take two places each instead of one."""
    agents = [{**FAST, "capacity": 2, "busy": [{"remaining_s": 300, "size": 2}]}]
    agents.append({**SLOW, "capacity": 2, "handle_s": {"refund": 36_000}})
    expected = []
    for size in (1, 2):
        tasks = [{**TASK, "id": f"t{n}", "size": size} for n in range(3)]
        expected.append(why(tasks=tasks, agents=agents, policy=OVER_TIME)["held_for"]["expected_at"])
    assert expected[0] < expected[1]


def test_enough_work_for_all_is_not_held_back() -> None:
    """When the fast agent has so much before it that waiting would take longer, the slow one helps."""
    tasks = [{**TASK, "id": f"t{n}"} for n in range(9)]
    assert list(who(tasks=tasks, agents=[FAST, SLOW], policy=OVER_TIME).values()) == ["luis"]


def test_what_is_soon_done_goes_first() -> None:
    """Of two tasks the one that takes less time goes first, but not at a much lower priority."""
    short, long = {"id": "short", "handle_s": 300}, {"id": "long", "handle_s": 1200}
    one = {"agents": [{"id": "ana"}], "policy": OVER_TIME}
    assert who(tasks=[short, long], **one) == {"short": "ana"}
    assert who(tasks=[short, {**long, "priority": 100}], **one) == {"short": "ana"}
    assert who(tasks=[{**short, "priority": 40}, {**long, "priority": 100}], **one) == {"long": "ana"}


def test_a_specialist_is_not_spent_on_what_others_can_do() -> None:
    """The one who alone can do what is coming has a higher price, so the other gets what both can do."""
    agents = [{"id": "ana", "skills": {"fraud": 1}}, {"id": "luis"}]
    tasks = [{"id": "t"}, *({"id": f"f{n}", "skills": {"fraud": 1}, "category": "fraud"} for n in range(5))]
    found = ask(tasks=tasks, agents=agents, policy=OVER_TIME)
    assert found["prices"]["ana"] > found["prices"]["luis"]
    assert {"task": "t", "agent": "luis"}.items() <= found["assignments"][0].items()


def test_what_is_to_come_raises_the_price_of_who_can_do_it() -> None:
    """`arrivals` count as work that waits: the price of who can do it rises."""
    agents = [{"id": "ana", "skills": {"fraud": 1}}, {"id": "luis"}]
    tasks = [{"id": "t"}, {"id": "f", "skills": {"fraud": 1}, "category": "fraud"}]
    quiet, busy = (
        ask(tasks=tasks, agents=agents, policy={**OVER_TIME, "arrivals": arrivals})["prices"]["ana"]
        for arrivals in ({}, {"fraud": 10})
    )
    assert busy > quiet


def test_priority_first_is_priority_then_age() -> None:
    """However old, however short: a step of priority comes first; then the older task."""
    old = "2024-11-23T09:00:00+01:00"
    tasks = [
        {"id": "old", "priority": 50, "created_at": old, "handle_s": 1},
        {"id": "new", "priority": 51, "handle_s": 80_000},
        {"id": "late", "priority": 50, "created_at": old, "due_at": old},
        {"id": "young", "priority": 50, "created_at": "2024-11-23T09:10:00+01:00", "due_at": NOW},
    ]
    got = []
    while tasks:
        ((task, _),) = who(tasks=tasks, agents=[{"id": "ana"}], policy={"rule": "priority_first"}).items()
        got.append(task)
        tasks = [each for each in tasks if each["id"] != task]
    assert got == ["new", "late", "old", "young"]


def test_priority_first_asks_who_is_right_last() -> None:
    """The older task goes first, though the agent who is free is far from the right one for it."""
    old = {**TASK, "created_at": "2026-11-23T08:00:00+01:00"}
    young = {"id": "young", "category": "order"}
    assert who(tasks=[old, young], agents=[FAST, SLOW], policy={"rule": "priority_first"}) == {"t": "luis"}


def test_large_tasks_are_not_starved_by_small_ones() -> None:
    """A task that takes two places is worth two small ones, so when it is the most urgent it goes."""
    small = [{"id": f"s{n}"} for n in range(4)]
    large = {"id": "large", "size": 2, "priority": 90}
    agents = [{"id": "ana", "capacity": 2}]
    for rule in ("price_and_hold", "priority_first"):
        assert who(tasks=[*small, large], agents=agents, policy={"rule": rule}) == {"large": "ana"}


@pytest.mark.parametrize("rule", ["price_and_hold", "priority_first"])
def test_the_same_bytes_for_the_same_request(rule: str) -> None:
    """The answer is a function of the request, but for the time it took."""
    body = f"""{{"now": "{NOW}", "policy": {{"rule": "{rule}"}}, "explain": "pairs",
        "tasks": [{{"id": "t"}}, {{"id": "u", "size": 2}}], "agents": [{{"id": "a", "capacity": 3}}]}}"""
    answers: list[Any] = [send(body.encode())[1] for _ in range(2)]
    for answer in answers:
        del answer["solution"]["solve_s"]
    assert answers[0] == answers[1]


def test_in_spanish() -> None:
    """The sentence of a task that is held back, for those who read Spanish."""
    job = Job(now_ms=NOW_MS, request_id="r-1", language="es")
    found = ask(job, tasks=[TASK], agents=[FAST, SLOW], policy=OVER_TIME)
    assert found["unassigned"][0]["detail"] == (
        "1 agente está al límite de su capacidad; 1 podría empezarla ya, pero 'ana' la acabará antes y se "
        "espera que empiece el 2026-11-23T08:05:00Z."
    )
