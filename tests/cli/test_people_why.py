"""`assigner why`, asked of a living service."""

from collections.abc import Iterator

import pytest

from assigner.cli.words import WORDS
from assigner.clock import SystemClock
from assigner.domain.lifecycle import TRANSITIONS, State
from assigner.domain.preference import TERMS
from tests.api_live.living import Living, living
from tests.cli.people import NASTY, SHOWN, asked, read, soon


@pytest.fixture
def centre() -> Iterator[Living]:
    """Two agents: ana, who is good at billing and has no room; luis, who is away."""
    with living() as it:
        it.clock.at_ms = SystemClock().now_ms()  # a command goes by the time of its machine
        it.ask("PUT", "/v1/agents/ana", {"skills": {"billing": 5}, "capacity": 1})
        it.ask("PUT", "/v1/agents/luis", {"skills": {"fraud": 2}, "presence": "away"})
        it.offer(it.task(), "ana")
        yield it


def test_why_it_waits_and_what_would_unblock_it(centre: Living) -> None:
    task = centre.task(queue="billing", skills={"billing": 3}, priority="high", due_at=soon(90))
    centre.task(queue="billing", skills={"billing": 3})
    said = asked(centre, "why", task)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"{task} waits in the queue billing.")
    assert "Asks for billing 3 Priority 75 high Promise due " in said.out
    assert "In line 1 of 2 tasks that ask the same" in said.out
    assert "at capacity: 1 agent lacks 'billing'; 1 is at capacity." in said.out
    assert "Who cannot take it, and why 1 skill missing 1 at capacity" in said.out
    assert "What would unblock it → ana finishes some work" in said.out
    assert said.out.endswith("made by dev")


def test_and_in_spanish(centre: Living) -> None:
    task = centre.task(queue="billing", skills={"billing": 3}, any_skills=[{"sap": 1}, {"excel": 2}])
    said = asked(centre, "why", task, "--lang", "es")
    assert said.out.startswith(f"{task} espera en la cola billing.")
    assert "Pide billing 3; y una de: sap 1 | excel 2 Prioridad 50 media Plazo sin plazo" in said.out
    assert "Quién no puede hacerla, y por qué 2 falta habilidad" in said.out
    assert "Qué la desbloquearía → " in said.out
    assert "Historia" in said.out
    assert said.out.endswith("creada por dev")


def test_a_task_through_its_life(centre: Living) -> None:
    task = centre.task(queue="billing")

    def headline() -> str:
        return asked(centre, "why", task).text.splitlines()[0].strip()

    centre.on_task("hold", task, reason="papers missing")
    assert headline() == f"{task} is held, until somebody resumes it."
    assert "Reason papers missing" in asked(centre, "why", task).out
    centre.on_task("resume", task)
    agent = centre.agent()
    offer = centre.offer(task, agent)
    assert headline() == f"{task} is offered to {agent}, who has not answered."
    centre.on_offer("accept", offer)
    assert headline() == f"{agent} has {task}, and has not begun."
    centre.on_task("start", task)
    assert headline().startswith(f"{agent} has {task}, begun ")
    said = asked(centre, "why", task)
    assert f"{agent}, worth 7 points 7 Fit how well the agent suits it" in said.out
    centre.on_task("complete", task, outcome="refunded")
    said = asked(centre, "why", task)
    assert said.out.startswith(f"{task} is done: {agent} completed it, ")
    assert "Outcome refunded" in said.out
    past = said.out.partition("History")[2]
    steps = ["made by", "held by x: papers missing", "resumed by", f"offered → {agent}", "accepted", "begun"]
    assert [past.index(step) for step in steps] == sorted(past.index(step) for step in steps)


def test_what_a_rule_over_time_gave_is_told_in_numbers_a_person_reads(centre: Living) -> None:
    """In units of a logarithm, from the middle of what a value may be; not in thousands of millions."""
    task = centre.task(queue="billing")
    terms = {"nearly_done": 2_940_000, "right_agent": 2**34 - 11_100_000, "priority": 690_000}
    centre.offer(task, centre.agent(), terms=terms)
    said = asked(centre, "why", task)
    assert ", worth -7.47 2.94 Nearly done how little is left of its case -11.10 Right agent " in said.out
    assert "points" not in said.out
    assert ", con valor -7,47 2,94 Casi hecha " in asked(centre, "why", task, "--lang", "es").out


def test_what_people_decided_by_hand_and_how_to_take_it_back(centre: Living) -> None:
    centre.agent(skills={"billing": 3})
    task = centre.task(queue="billing", skills={"billing": 3})
    for command in (["pin", task, "--to", "luis"], ["reprioritise", task, "--priority", "high"]):
        assert asked(centre, "override", *command, "--reason", f"for {command[0]}").code == 0
    pin = read(centre, "overrides", "--action", "pin")[0]["id"]
    said = asked(centre, "why", task)
    assert "Priority 75 high" in said.out
    assert "What would unblock it → an override is undone" in said.out
    assert f"assigner override undo {pin}" in said.out
    assert f"What people decided by hand {pin}: pin to luis, by dev: for pin" in said.out
    assert f"overridden by dev ({pin}): for pin" in said.out
    spanish = asked(centre, "why", task, "--lang", "es")
    assert f"Lo que se decidió a mano {pin}: fijar a luis, por dev: for pin" in spanish.out
    assert asked(centre, "override", "undo", pin).code == 0
    assert f"overridden no more by dev ({pin}): for pin" in asked(centre, "why", task).out
    assert "prioridad 75, por dev: for reprioritise" in spanish.out


def test_of_a_long_history_the_last_is_told(centre: Living) -> None:
    task = centre.task()
    for _ in range(6):
        centre.on_task("hold", task, reason="x")
        centre.on_task("resume", task)
    said = asked(centre, "why", task, "--lang", "es")
    assert "… 3 anteriores" in said.out
    assert said.out.count("retenida por x") == 5


@pytest.mark.parametrize(
    ("minutes", "english", "spanish"),
    [
        (-30.5, "late by 30 min", "tarde por 30 min"),
        (5, "at risk, it takes about 10 min", "en riesgo, lleva unos 10 min"),
        (600, "in 9 h 59 min", "en 9 h 59 min"),
    ],
)
def test_its_promise(centre: Living, minutes: float, english: str, spanish: str) -> None:
    task = centre.task(due_at=soon(minutes))
    assert english in asked(centre, "why", task).out
    assert spanish in asked(centre, "why", task, "--lang", "es").out


@pytest.mark.parametrize(
    ("minutes", "english", "spanish"), [(60, ": kept", ": cumplido"), (-60, ": missed", ": incumplido")]
)
def test_a_promise_that_was_kept_or_missed(
    centre: Living, minutes: float, english: str, spanish: str
) -> None:
    done, dropped = (centre.task(due_at=soon(minutes)) for _ in range(2))
    centre.on_offer("accept", centre.offer(done, centre.agent()))
    centre.on_task("complete", done)
    centre.on_task("cancel", dropped, reason="x")
    assert english in asked(centre, "why", done).out
    assert spanish in asked(centre, "why", done, "--lang", "es").out
    of_none = asked(centre, "why", dropped).out
    assert "Promise was due " in of_none
    assert english not in of_none


def test_names_and_reasons_do_nothing_to_the_terminal(centre: Living) -> None:
    skill = "b\u202e[red]x"
    task = centre.task(skills={skill: 3}, category="c\u200fd")
    centre.on_task("hold", task, reason=NASTY)
    centre.on_task("resume", task)
    said = asked(centre, "why", task)
    assert "Asks for b\\u202e[red]x 3" in said.out
    assert f"held by x: {SHOWN}" in said.out
    assert not set(said.text) & {"\x1b", "\u202e", "\u200f", "\u200b"}


def test_for_programs_it_is_json(centre: Living) -> None:
    task = centre.task(skills={"billing": 3})
    told = read(centre, "why", task)
    assert told["task"]["id"] == told["explanation"]["task"] == task
    assert told["explanation"]["unblock"]["kind"] == "free_capacity"
    assert [moment["type"] for moment in told["history"]] == ["task.enqueued"]


def test_a_task_that_is_not_there(centre: Living) -> None:
    said = asked(centre, "why", "none")
    assert (said.code, said.out) == (1, "")
    assert (
        said.err == "error: There is no such task. Check the id; a task that ended is deleted after a while."
    )
    spanish = asked(centre, "why", "none", "--lang", "es")
    assert spanish.err.startswith("error: No existe esa tarea")


def test_every_state_term_and_event_has_words() -> None:
    wanted = {f"is_{state}" for state in State} | {f"term_{term.name}" for term in TERMS} | {*State}
    wanted |= {f"past_{row.event}" for row in TRANSITIONS.values()} | {"past_enqueued"}
    assert wanted <= WORDS.keys()
