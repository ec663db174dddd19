"""What queues promise, as people are told it: in lists, of one task, and in a file of the centre."""

from collections.abc import Iterator

import pytest

from assigner.clock import SystemClock
from tests.api_live.living import Living, living
from tests.cli.centre import apply, export
from tests.cli.people import asked, row, soon

CENTRE = """\
queues:
  office:
    rule: priority_first
    calendar:
      time_zone: Europe/Madrid
      hours: {mon: [{from: 09:00, until: 14:00}, {from: 15:00, until: 24:00}]}
      holidays: [2026-12-25]
      special: {2026-12-24: [{from: 09:00, until: 12:00}], 2026-12-31: []}
    service_levels:
      - {first_response_s: 3600, resolution_s: 28800, at_risk_s: 1800}
      - {category: fraud, resolution_s: 3600}
    curve: [{before_s: 3600, points: 0}, {after_s: 0, points: 20.5}, {after_s: 86400, points: 60}]
agents:
  ana: {shifts: [{from: 2029-01-01T08:00:00Z, until: 2029-01-01T16:00:00Z,
    breaks: [{from: 2029-01-01T12:00:00Z, until: 2029-01-01T13:00:00Z}]}]}
tasks:
  mine: {queue: office, due_at: 2029-01-01T08:00:00Z}
  theirs: {queue: office}
"""


@pytest.fixture(scope="module")
def centre() -> Iterator[Living]:
    with living() as it:
        it.clock.at_ms = SystemClock().now_ms()  # a command goes by the time of its machine
        yield it


@pytest.fixture
def promised(centre: Living) -> str:
    """A queue that promises a reply in half an hour and an end in ten."""
    queue = centre.new("q")
    levels = [{"first_response_s": 1800, "resolution_s": 36000}]
    assert centre.ask("PUT", f"/v1/queues/{queue}", {"service_levels": levels}).status_code == 201
    return queue


def test_a_reply_that_is_due_is_at_risk_before_the_end_is(centre: Living, promised: str) -> None:
    """The list has it until somebody has taken the task; then it is due when it is to be done."""
    task = centre.task(queue=promised, created_at=soon(-10))
    assert " reply: 19 min " in row(asked(centre, "tasks", "--at-risk", "1h", "--queue", promised), task)
    spanish = asked(centre, "tasks", "--at-risk", "1h", "--queue", promised, "--lang", "es")
    assert " respuesta: 19 min " in row(spanish, task)
    late = centre.task(queue=promised, created_at=soon(-40))
    assert " reply: late 10 min " in row(asked(centre, "tasks", "--queue", promised), late)
    centre.on_offer("accept", centre.offer(task, centre.agent()))
    assert task not in asked(centre, "tasks", "--at-risk", "1h", "--queue", promised).out
    assert " 9 h 49 min " in row(asked(centre, "tasks", "--queue", promised), task)


def test_why_tells_of_the_reply_too(centre: Living, promised: str) -> None:
    task = centre.task(queue=promised, created_at=soon(-10))
    said = " ".join(asked(centre, "why", task).out.split())
    assert "First reply due " in said
    assert ", in 19 min" in said
    assert ", in 9 h 49 min" in said
    assert "Primera respuesta vence " in " ".join(asked(centre, "why", task, "--lang", "es").out.split())
    centre.on_offer("accept", centre.offer(task, centre.agent()))
    answered = " ".join(asked(centre, "why", task).out.split())
    assert "First reply was due " in answered
    unpromised = asked(centre, "why", centre.task()).out
    assert "First reply" not in unpromised


def test_why_tells_which_promise_is_at_risk(centre: Living, promised: str) -> None:
    """That a task takes longer than is left until it is due says nothing of its first reply."""
    long = centre.task(queue=promised, created_at=soon(-10), handle_s=40_000)
    said = " ".join(asked(centre, "why", long).out.split())
    assert ", in 9 h 49 min: at risk, it takes about 11 h 7 min" in said
    assert ", in 19 min Waiting" in said
    queue = centre.new("q")
    levels = [{"first_response_s": 1800, "resolution_s": 36000, "at_risk_s": 900}]
    assert centre.ask("PUT", f"/v1/queues/{queue}", {"service_levels": levels}).status_code == 201
    task = centre.task(queue=queue, created_at=soon(-20))
    said = " ".join(asked(centre, "why", task).out.split())
    assert ", in 9 min: at risk Waiting" in said
    assert ", in 9 h 39 min First reply" in said


def test_a_file_says_what_queues_promise_and_an_export_says_it_again(centre: Living) -> None:
    """Times and days need no quotes. A task's own promise is its own; what its queue promises is not."""
    said = apply(centre, CENTRE)
    assert said.code == 0, said.err
    assert apply(centre, CENTRE, "--dry-run").out.endswith("There is nothing to do.")
    written = export(centre, "--tasks")
    with living() as other:
        assert apply(other, written).code == 0
        assert export(other, "--tasks") == written
        made = other.ask("GET", "/v1/queues/office").json()
    assert made["calendar"]["hours"] == {
        "mon": [{"from": "09:00", "until": "14:00"}, {"from": "15:00", "until": "24:00"}]
    }
    assert made["calendar"]["special"].keys() == {"2026-12-24", "2026-12-31"}
    assert (made["rule"], made["curve"][1]) == ("priority_first", {"after_s": 0, "points": 20.5})
    assert written.count("due_at") == 1
    assert written.count("breaks") == 1
    assert centre.ask("GET", "/v1/tasks/theirs").json()["due_at"] is not None


def test_what_a_file_has_wrong_is_told_with_its_line(centre: Living) -> None:
    said = apply(centre, CENTRE.replace("2026-12-25", "25.12.2026").replace("Europe/Madrid", "Europa/Madrid"))
    assert said.code != 0
    assert ":5:" in said.err
    assert "Maybe 'Europe/Madrid'." in said.err
    assert ":7:" in said.err
