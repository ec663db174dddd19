"""`assigner assign` decides as the service does, and shows it."""

import json
from pathlib import Path
from typing import Any

import pytest

from api.messages import Job
from api.work import answer
from assigner.sample import snapshot
from tests.cli.shell import NOW, small, told, words


def decided(text: str | bytes) -> dict[str, Any]:
    """An answer, but for the time that it took."""
    found: dict[str, Any] = json.loads(text)
    del found["solution"]["solve_s"]
    return found


def served(body: bytes, **job: Any) -> dict[str, Any]:
    """The service's answer."""
    reply = answer(memoryview(body), Job(now_ms=0, request_id="r", **job))
    assert reply.status == 200
    return decided(bytes(reply.body))


def test_json_is_the_answer_of_the_service_alone() -> None:
    body = json.dumps(snapshot(60, 10)).encode()
    printed = told("assign", "-", "--json", stdin=body)
    assert decided(printed) == served(body)
    assert list(json.loads(printed)) == ["assignments", "unassigned", "solution"]
    assert printed.count("\n") == 1


def test_the_language_reaches_the_explanations() -> None:
    body = small()
    printed = told("assign", "-", "--json", "--lang", "es", stdin=body)
    assert decided(printed) == served(body, language="es") != served(body)


def test_a_snapshot_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "snapshot.json").write_bytes(small())
    assert "1 of 4 tasks assigned, 3 waiting." in told("assign", str(tmp_path / "snapshot.json"))


def test_tables_tell_who_takes_what_why_others_wait_and_how_good_it_is() -> None:
    printed = words(told("assign", "-", stdin=small()))
    assert "T1 ana 52,400 50,000 1,900 0 500 10 min" in printed
    assert "1 skill missing nobody has all the skills it asks for" in printed
    assert "T3 skill missing 1 agent lacks 'fraud'. → ana learns 'fraud' to level 1" in printed
    assert "T2 outranked" in printed
    assert "ana finishes some work" in printed
    assert "Optimal: no other assignment is worth more. Objective 52,400, gap 0 %, method flow" in printed


HELD = {
    "now": NOW,
    "tasks": [{"id": "T1"}],
    "agents": [
        {"id": "ana", "busy": [{"remaining_s": 60}], "handle_s": {"a": 600}},
        {"id": "leo", "handle_s": {"a": 7200}},
    ],
}


@pytest.mark.parametrize(
    ("lang", "told_why", "remedy"),
    [
        ("en", "held back 1 agent is at capacity; 1 could begin now, but 'ana'", "→ wait for ana, expected"),
        (
            "es",
            "reservada 1 agente está al límite de su capacidad; 1 podría",
            "→ esperar a ana, previsiblemente",
        ),
    ],
)
def test_a_task_that_is_held_back_says_for_whom(lang: str, told_why: str, remedy: str) -> None:
    body = json.dumps({**HELD, "tasks": [{"id": "T1", "category": "a"}]}).encode()
    printed = words(told("assign", "-", "--rule", "price_and_hold", "--lang", lang, stdin=body))
    assert told_why in printed
    assert remedy in printed


def test_an_assignment_over_time_shows_its_terms() -> None:
    body = json.dumps({**HELD, "tasks": [{"id": "T1", "priority": 52}]}).encode()
    printed = words(told("assign", "-", "--rule", "priority_first", stdin=body))
    assert "Nearly Right Task Agent Value done agent Waited Priority Promise Time" in printed
    assert "T1 leo 8.00 0.00 0.00 0.00 8.00 0.00 10 min" in printed


@pytest.mark.parametrize("lang", ["en", "es"])
def test_who_takes_what_over_time_stands_on_a_line_of_a_terminal(lang: str) -> None:
    agents = [{"id": "hector.ortega", "handle_s": {"a": 310_000}}]
    body = json.dumps({**HELD, "tasks": [{"id": "T-0001", "category": "a"}], "agents": agents}).encode()
    printed = told("assign", "-", "--rule", "price_and_hold", "--lang", lang, stdin=body, COLUMNS="80")
    row = next(line for line in printed.splitlines() if "86 h" in line)
    assert "T-0001" in row
    assert "hector.ortega" in row


def test_instants_are_told_in_the_zone_of_the_snapshot() -> None:
    printed = words(told("assign", "-", stdin=small()))
    assert "It opens at 2026-11-23 12:30+01:00. → wait until 2026-11-23 12:30+01:00" in printed


def test_instants_are_told_in_the_zone_of_the_flag() -> None:
    printed = words(told("assign", "-", "--now", "2026-11-23T03:00:00-05:00", stdin=small()))
    assert "wait until 2026-11-23 06:30-05:00" in printed


def test_in_spanish() -> None:
    printed = words(told("assign", "-", "--lang", "es", stdin=small()))
    assert "1 de 4 tareas con agente, 3 a la espera." in printed
    assert "T1 ana 52.400" in printed
    assert "A 1 agente le falta 'fraud'. → ana aprende 'fraud' hasta el nivel 1" in printed
    assert "Óptima: ninguna otra asignación vale más." in printed


@pytest.mark.parametrize(
    ("env", "headline"),
    [
        ({"LANG": "es_ES.UTF-8"}, "tareas"),
        ({"LANG": "es_ES.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "tasks"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "es"}, "tareas"),
        ({"LANG": "et_EE.UTF-8"}, "tasks"),
    ],
)
def test_the_locale_chooses_the_language(env: dict[str, str], headline: str) -> None:
    assert f"1 {'de' if headline == 'tareas' else 'of'} 4 {headline}" in told(
        "assign", "-", stdin=small(), **env
    )


def test_flags_win_over_the_snapshot() -> None:
    body = small(seed=1, policy={"rule": "snapshot", "weights": {"fit": 3, "urgency": 5}})
    flags = (
        "--seed 7 --explain none --time-limit 2 --rule snapshot --weight urgency=2 --now 2026-11-24T00:00:00Z"
    )
    changed = small(
        now="2026-11-24T00:00:00Z",
        seed=7,
        explain="none",
        time_limit_s=2,
        policy={"rule": "snapshot", "weights": {"fit": 3, "urgency": 2}},
    )
    printed = decided(told("assign", "-", "--json", *flags.split(), stdin=body))
    assert printed == served(changed) != served(body)


def test_a_list_shows_as_many_rows_as_asked_and_says_how_many_more() -> None:
    body = small(tasks=[{"id": f"T{i:03}"} for i in range(50)], agents=[{"id": "ana", "capacity": 30}])
    few, all_ = (told("assign", "-", "--limit", limit, stdin=body) for limit in ("4", "0"))
    assert "T003" in few
    assert "T004" not in few
    assert "… and 26 more; --limit 0 shows all." in few
    assert all(f"T{i:03}" in all_ for i in range(50))
    assert "--limit" not in all_


def test_like_tasks_share_a_row() -> None:
    body = small(tasks=[{"id": f"T{i}", "skills": {"fraud": 2}} for i in range(1_200)])
    printed = words(told("assign", "-", stdin=body))
    assert printed.count("lacks 'fraud'") == 1
    assert "T0 skill missing 1 agent lacks 'fraud'. T1 → ana learns 'fraud' to level 2 + 1,198" in printed


def test_each_reason_comes_before_a_second_explanation_of_any() -> None:
    more = [{"id": f"F{i}", "skills": {f"fraud{i % 9}": 1}} for i in range(90)]
    printed = told(
        "assign",
        "-",
        "--limit",
        "3",
        stdin=small(tasks=[*more, {"id": "LATER", "not_before": "2027-01-01T00:00:00Z"}]),
    )
    assert "LATER" in printed


def test_without_explanations_the_reasons_are_told() -> None:
    printed = words(told("assign", "-", "--explain", "none", stdin=small()))
    assert "T3 skill missing" in printed
    assert "→" not in printed


def test_pairs_are_shown_when_asked_for() -> None:
    assert "T2 ana 52,400" in words(told("assign", "-", "--explain", "pairs", stdin=small()))


def test_nothing_to_decide_is_no_error() -> None:
    assert "0 of 0 tasks assigned" in told("assign", "-", stdin=b"{}")


def test_names_are_printed_as_they_are() -> None:
    """What looks like markup in a name is a name."""
    body = small(tasks=[{"id": "[red]T[/red]", "skills": {"[bold]:smile:": 1}}])
    printed = words(told("assign", "-", stdin=body))
    assert "[red]T[/red]" in printed
    assert "'[bold]:smile:'" in printed


def test_every_fault_is_told_where_it_is() -> None:
    body = json.dumps({"tasks": [{"idd": "x", "priority": 101}], "agents": 1}).encode()
    printed = told("assign", "-", "--seed", "-1", "--weight", "urgncy=2", stdin=body, code=1)
    assert printed.splitlines() == [
        "error: stdin: refused; 6 things to mend:",
        "  /tasks/0/idd: There is no field \"idd\" here. Maybe 'id'.",
        "  /tasks/0/id: 'id' is required.",
        "  /tasks/0/priority: 101 is out of range; expected an integer from 0 to 100.",
        "  /agents: 1 is an integer; expected a list.",
        "  --seed: -1 is out of range; expected an integer from 0 to 9,223,372,036,854,775,807.",
        "  --weight urgncy: There is no field \"urgncy\" here. Maybe 'urgency'.",
    ]


def test_what_is_wrong_is_told_in_the_language_of_the_command() -> None:
    body = json.dumps(
        {
            "tasks": [{"idd": "a", "priority": 101}, {"id": "b", "handle_s": 0, "created_at": "2026-11-22"}],
            "agents": [{"id": "é", "presence": "here", "load": True}],
        }
    ).encode()
    printed = told("assign", "-", "--lang", "es", "--seed", "-1", stdin=body, code=1)
    beyond = "está fuera de sus límites; se espera un"
    an_instant = "un instante con zona horaria, como 2026-11-23T09:00:00+01:00"
    assert printed.splitlines() == [
        "error: stdin: no se acepta; hay que corregir 9 cosas:",
        "  /tasks/0/idd: Aquí no hay ningún campo \"idd\". Quizá 'id'.",
        "  /tasks/0/id: Falta 'id'.",
        f"  /tasks/0/priority: 101 {beyond} entero desde 0 hasta 100.",
        f"  /tasks/1/handle_s: 0 {beyond} número desde 0.001 y menor que 31.536.000.",
        f'  /tasks/1/created_at: "2026-11-22" no es un instante; se espera {an_instant}.',
        '  /agents/0/id: "é" no vale; tiene que tener de 1 a 128 caracteres ASCII visibles.',
        '  /agents/0/presence: "here" no se conoce; se espera uno de available, away, offline.',
        "  /agents/0/load: true es un booleano; se espera un entero desde 0 hasta 2.147.483.647.",
        f"  --seed: -1 {beyond} entero desde 0 hasta 9.223.372.036.854.775.807.",
    ]


def test_the_first_hundred_faults_are_told_and_the_rest_counted() -> None:
    body = json.dumps({"tasks": [{"id": ""}] * 150}).encode()
    lines = told("assign", "-", stdin=body, code=1).splitlines()
    assert "hay que corregir" in told("assign", "-", "--lang", "es", stdin=body, code=1)
    assert len(lines) == 102
    assert lines[-1].endswith("more.")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"tasks": [', "error: stdin: The body is not JSON: "),
        (b"\xff", "error: stdin: The body is not JSON: "),
        (b'{"tasks": [], "tasks": []}', "error: stdin: The body is not JSON: "),
        (b"[]", "stdin: [] is a list; expected an object."),
        (b'{"seed": 1%s}' % (b"0" * 5_000), "error: stdin: "),
    ],
)
@pytest.mark.parametrize("flags", [[], ["--seed", "3"]])
def test_what_is_no_request_is_refused(body: bytes, says: str, flags: list[str]) -> None:
    assert says in told("assign", "-", *flags, stdin=body, code=1)


def test_the_bounds_are_those_of_the_settings() -> None:
    assert "4 tasks; the bound is 3" in told("assign", "-", stdin=small(), code=1, ASSIGNER_MAX_TASKS="3")
    large = small(agents=[{"id": f"a{i}"} for i in range(100)])
    assert "too large" in told("assign", "-", stdin=large, code=1, ASSIGNER_MAX_BODY_BYTES="1024")


def test_without_a_now_it_is_now() -> None:
    body = small(now=None, tasks=[{"id": "T", "not_before": "2020-01-01T00:00:00Z"}])
    assert "1 of 1 tasks assigned" in told("assign", "-", stdin=body)
    assert "0 of 1 tasks assigned" in told("assign", "-", "--now", "2019-01-01T00:00:00Z", stdin=body)
    assert NOW not in told("assign", "-", stdin=body)


@pytest.mark.parametrize(
    ("lang", "expected"),
    [("en", "ana learns 'fraud' to level 1; then still: absent"), ("es", "; y aún quedaría: ausente")],
)
def test_what_would_still_be_in_the_way_is_told(lang: str, expected: str) -> None:
    agents = [{"id": "ana", "presence": "away"}]
    body = json.dumps({"tasks": [{"id": "T1", "skills": {"fraud": 1}}], "agents": agents}).encode()
    assert expected in words(told("assign", "-", "--lang", lang, stdin=body))
