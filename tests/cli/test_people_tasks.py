"""`assigner tasks`, asked of a living service."""

import csv
import io
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.api_live.living import Living, living
from tests.cli.centre import run
from tests.cli.people import NASTY, SHOWN, asked, read, row, soon


@pytest.fixture(scope="module")
def centre() -> Iterator[Living]:
    with living() as it:
        yield it


@pytest.fixture(scope="module")
def risky(centre: Living) -> str:
    """A queue with four tasks due at different instants, and one that nothing was promised of."""
    queue = centre.new("q")
    dues = {"late": soon(-20), "next": soon(30), "later": soon(119), "far": soon(3_000), "never": None}
    for name, due in dues.items():
        made = centre.ask("POST", "/v1/tasks", {"id": f"{queue}-{name}", "queue": queue, "due_at": due})
        assert made.status_code == 201
    return queue


def test_at_risk_are_those_due_within_the_time_the_first_first(centre: Living, risky: str) -> None:
    said = asked(centre, "tasks", "--at-risk", "2h", "--queue", risky)
    assert said.code == 0
    assert said.out.startswith("3 tasks due by ")
    assert ", 1 of them late already" in said.out
    shown = [line.split()[0] for line in said.text.splitlines() if f"{risky}-" in line]
    assert shown[:3] == [f"{risky}-{name}" for name in ("late", "next", "later")]
    assert "late 20 min" in row(said, f"{risky}-late")
    assert " 29 min " in row(said, f"{risky}-next")
    assert " 1 h 58 min " in row(said, f"{risky}-later")


def test_and_in_spanish(centre: Living, risky: str) -> None:
    said = asked(centre, "tasks", "--at-risk", "2h", "--queue", risky, "--lang", "es")
    assert said.out.startswith("3 tareas con plazo hasta ")
    assert "1 ya van tarde" in said.out
    assert "tarde 20 min" in row(said, f"{risky}-late")
    assert "50 media" in row(said, f"{risky}-late")
    assert "¿Por qué espera una? assigner why" in said.out


def test_nothing_at_risk_is_said_in_a_sentence(centre: Living) -> None:
    nothing = centre.new("q")
    assert "No open task is due by " in asked(centre, "tasks", "--at-risk", "1m", "--queue", nothing).out
    assert asked(centre, "tasks", "--queue", nothing).out == "There are no such tasks."
    assert asked(centre, "tasks", "--queue", nothing, "--lang", "es").out == "No hay tareas así."


def test_each_state_with_who_has_it_and_why_in_a_word(centre: Living) -> None:
    queue, agent = centre.new("q"), centre.agent(skills={"billing": 5}, capacity=3)
    ids = {name: f"{queue}-{name}" for name in ("queued", "held", "offered", "assigned", "started")}
    for id in ids.values():
        assert centre.ask("POST", "/v1/tasks", {"id": id, "queue": queue, "skills": {"sap": 2}}).is_success
    centre.on_task("hold", ids["held"], reason="papers missing")
    centre.offer(ids["offered"], agent)
    for name in ("assigned", "started"):
        centre.on_offer("accept", centre.offer(ids[name], agent))
    centre.on_task("start", ids["started"])
    said = asked(centre, "tasks", "--queue", queue)
    assert row(said, ids["queued"]).endswith("waiting skill missing")
    assert row(said, ids["held"]).endswith("held papers missing")
    assert row(said, ids["offered"]).endswith(f"offered {agent} awaits an answer")
    assert row(said, ids["assigned"]).endswith(f"– – assigned {agent} not begun")
    assert row(said, ids["started"]).endswith(f"assigned {agent} begun")
    spanish = asked(centre, "tasks", "--queue", queue, "--lang", "es")
    assert row(spanish, ids["queued"]).endswith("espera falta habilidad")
    only = asked(centre, "tasks", "--agent", agent, "--state", "offered")
    assert only.out.startswith("1 task ")


@pytest.mark.parametrize(
    ("flag", "value"),
    [("--tag", "vip"), ("--case", "C-1"), ("--category", "refund"), ("--skill", "sap")],
)
def test_filters(centre: Living, flag: str, value: str) -> None:
    queue = centre.new("q")
    wanted = centre.task(queue=queue, tags=["vip"], case="C-1", category="refund", skills={"sap": 1})
    centre.task(queue=queue)
    assert [task["id"] for task in read(centre, "tasks", "--queue", queue, flag, value)] == [wanted]


def test_rows_that_are_not_shown_are_counted(centre: Living) -> None:
    queue = centre.new("q")
    for _ in range(23):
        centre.task(queue=queue)
    said = asked(centre, "tasks", "--queue", queue)
    assert said.out.startswith("23 tasks ")
    assert "… and 3 more; --limit 0 shows all." in said.out
    assert "more" not in asked(centre, "tasks", "--queue", queue, "--limit", "0").out
    assert len(read(centre, "tasks", "--queue", queue)) == 23
    assert len(read(centre, "tasks", "--queue", queue, "--limit", "2")) == 2


def test_csv_has_a_row_for_each_and_no_formula(centre: Living) -> None:
    queue = centre.new("q")
    task = centre.task(queue=queue, tags=["a", "=b"], category="=1+1", due_at="2030-01-01T00:00:00Z")
    said = asked(centre, "tasks", "--queue", queue, "--csv")
    [line] = csv.DictReader(io.StringIO(said.text))
    assert (line["id"], line["category"], line["tags"]) == (task, "'=1+1", "a;=b")
    assert (line["state"], line["due_at"], line["sla_risk"]) == ("queued", "2030-01-01T00:00:00Z", "ok")


def test_names_do_nothing_to_the_terminal(centre: Living) -> None:
    queue = centre.new("q")
    task = centre.task(queue=queue)
    centre.on_task("hold", task, reason=NASTY)
    said = asked(centre, "tasks", "--queue", queue)
    assert row(said, task).endswith(f"held {SHOWN}")
    assert not set(said.text) & {"\x1b", "\u202e", "\u200b"}


def test_a_wide_character_and_a_narrow_terminal(centre: Living) -> None:
    queue = centre.new("q")
    centre.task(queue=queue, category="日本" * 20)
    said = asked(centre, "tasks", "--queue", queue, columns=60)
    assert max(map(len, said.text.splitlines())) <= 60


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["--at-risk", "soon"], 2, "'soon' is no length of time; expected such as 90m, 2h, 1h30m or 7d."),
        (["--at-risk", "pronto", "--lang", "es"], 2, "'pronto' no es una duración; se espera algo como 90m"),
        (["--state", "waiting"], 1, "state: 'waiting' is not known; expected one of queued, held"),
        (["--state", "waiting", "--lang", "es"], 1, "state: ese valor no existe; quizá esté mal escrito"),
        (["--at-risk", "2h", "--state", "completed"], 2, "--at-risk is about open tasks"),
        (["--json", "--csv"], 2, "give --json or --csv, not both"),
        (["--limit", "-1"], 2, "'--limit'"),
    ],
)
def test_what_will_not_do_is_told(centre: Living, args: list[str], code: int, says: str) -> None:
    said = asked(centre, "tasks", *args)
    assert (said.code, said.out) == (code, "")
    assert says in said.err


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "does not answer as this service does: 404"), ("es", "no responde como este servicio: 404")],
)
def test_something_else_that_answers(language: str, says: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        for command in (["tasks"], ["why", "T1"], ["overrides"]):
            address = f"http://127.0.0.1:{server.server_port}"
            said = run(*command, "--url", address, "--lang", language)
            assert (said.code, said.out, said.err) == (1, "", f"error: {address} {says}")
        server.shutdown()


class Other(BaseHTTPRequestHandler):
    """A server that is not ours."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def test_a_service_that_is_not_there() -> None:
    said = run("tasks", "--url", "http://127.0.0.1:9")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("error: http://127.0.0.1:9 did not answer: ")
    spanish = run("tasks", "--url", "http://127.0.0.1:9", "--lang", "es")
    assert spanish.err.startswith("error: http://127.0.0.1:9 no respondió: ")
