"""`assigner events`: what happens, a line for each, for people and for programs."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC

import pytest

from api.events.out import TYPES
from assigner.cli.events.doing import line
from assigner.cli.words import WORDS
from assigner.client import Event, Reset
from tests.api_live.living import Living, living
from tests.cli.centre import run, url
from tests.cli.people import NASTY, SHOWN, asked
from tests.cli.shell import ASSIGNER, environment


@pytest.fixture(scope="module")
def centre() -> Iterator[Living]:
    with living() as it:
        yield it


SINCE = "2026-01-01"


def _told(centre: Living, *args: str) -> list[str]:
    said = asked(centre, "events", "--since", SINCE, *args)
    assert (said.code, said.err) == (0, "")
    return [" ".join(line.split()[2:]) for line in said.text.splitlines()]


def test_what_has_happened_is_told_in_plain_words(centre: Living) -> None:
    task, agent = centre.task(queue="plain"), centre.agent()
    offer = centre.offer(task, agent)
    centre.ask("POST", f"/v1/offers/{offer}/decline", {"reason": "no time"})
    centre.ask("POST", f"/v1/tasks/{task}/hold", {"reason": "the customer is asked"})
    assert _told(centre, "--queue", "plain") == [
        f"{task} made plain · by dev",
        f"{task} offered → {agent} · plain · by dispatcher",
        f"{task} declined → {agent} · plain · “no time” · by dev",
        f"{task} held plain · “the customer is asked” · by dev",
    ]
    assert _told(centre, "--queue", "plain", "--type", "task.held", "--lang", "es") == [
        f"{task} retenida plain · “the customer is asked” · por dev"
    ]


def test_overrides_are_told_with_what_they_do_and_when_they_are_over(centre: Living) -> None:
    task, agent = centre.task(queue="overridden"), centre.agent()
    said = {"action": "exclude", "target": {"tasks": [task]}, "agent": agent, "reason": "a friend"}
    made = centre.ask("POST", "/v1/overrides", said).json()["id"]
    centre.ask("DELETE", f"/v1/overrides/{made}")
    assert _told(centre, "--type", "override.*,task.adjusted", "--lang", "es") == [
        f"{made} intervención hecha vetar a un agente · → {agent} · “a friend” · por dev",
        f"{task} intervenida overridden · “a friend” · por dev",
        f"{task} ya no intervenida overridden · “a friend” · por dev",
        f"{made} intervención deshecha vetar a un agente · → {agent} · “a friend” · por dev",
    ]


def test_agents_and_queues_are_told(centre: Living) -> None:
    agent = centre.agent()
    centre.ask("PUT", f"/v1/agents/{agent}/presence", {"presence": "away"})
    told = _told(centre, "--type", "agent.*,queue.*")
    assert f"{agent} agent away by dev" in told


def test_as_json_each_event_is_a_line(centre: Living) -> None:
    task = centre.task(queue="lines")
    said = asked(centre, "events", "--since", SINCE, "--queue", "lines", "--json")
    [event] = [json.loads(line) for line in said.text.splitlines()]
    assert (event["type"], event["subject"]) == ("task.enqueued", task)


def test_what_is_new_is_told_as_it_happens(centre: Living) -> None:
    """An id goes on from there; the line is there at once, also in a pipe."""
    with _following(centre, "--type", "task.enqueued", "--json") as follower:
        assert follower.stdout
        for _ in range(3):
            task = centre.task()
            assert json.loads(follower.stdout.readline())["subject"] == task


@contextmanager
def _following(centre: Living, *args: str) -> Iterator["subprocess.Popen[str]"]:
    """`assigner events --follow`, in a process of its own, when it follows; Ctrl-C ends it."""
    before = centre.task()
    since = centre.ask("GET", f"/v1/tasks/{before}/history").json()["items"][0]["id"]
    centre.task()
    command = [ASSIGNER, "events", "--follow", "--since", since, "--url", url(centre), *args]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(), text=True) as process:
        try:
            assert process.stdout
            process.stdout.readline()
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == -signal.SIGINT


def test_what_was_missed_is_said(centre: Living) -> None:
    said = asked(centre, "events", "--since", "1-0")
    assert said.text.startswith("Something is missing here: ")
    [told] = asked(centre, "events", "--since", "1-0", "--json").text.splitlines()
    assert json.loads(told)["type"] == "reset"


def test_an_instant_that_is_none_and_a_type_that_is_none_are_refused(centre: Living) -> None:
    said = asked(centre, "events", "--since", "whenever")
    assert (said.code, said.text) == (2, "")
    assert "'whenever' is no instant" in said.err
    said = asked(centre, "events", "--type", "task.complete")
    assert (said.code, said.text) == (1, "")
    assert "Maybe task.completed." in said.err


def test_a_service_that_is_not_there_is_told() -> None:
    said = run("events", "--url", "http://127.0.0.1:9")
    assert (said.code, said.text) == (1, "")
    assert "http://127.0.0.1:9" in said.err


def test_every_type_has_words() -> None:
    assert [type for type in TYPES if not {f"event_{type}", f"past_{type[5:]}"} & WORDS.keys()] == []


def test_nothing_that_somebody_wrote_moves_the_cursor() -> None:
    event = Event(
        {"id": "1-0", "type": f"task.{NASTY}", "subject": NASTY, "time": "2026-11-22T11:00:00Z",
         "actor": NASTY, "queue": NASTY, "reason": NASTY, "data": {"agent": NASTY}}
    )  # fmt: skip
    told = line(event, "en", UTC)
    assert told.count(SHOWN) == 5
    assert told.isprintable()
    assert line(Reset({"id": "1-0", "detail": NASTY}), "es", UTC).startswith("Aquí falta algo: ")
