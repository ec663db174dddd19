"""A file is checked whole before anything is sent: each mistake with its line, and as the service would."""

from pathlib import Path
from typing import Any

import pytest

from assigner.cli.centre.file import Centre, checked, read
from assigner.sample import centre
from tests.cli.centre import run
from tests.style.sources import ROOT

NOWHERE = "http://127.0.0.1:1"
EVERYTHING = """\
x-team: &team {skills: {billing: 5}, capacity: 2}
queues:
  billing: {offer_ttl_s: 120, auto_accept: yes}
  fraud:
    relaxation:
      - {after_s: 10, skills: {fraud: 1}}
    floor: {fraud: 2}
agnts: {}
agents:
  ana:
    <<: *team
    available_from: 2026-11-23
  luis:
    teams: [5, no]
    load: 3
  ana: {}
  "a b": 3
  123: {id: luis}
tasks:
  t1: {skills: {billing: 08:00}, priority: hgih}
  t2: {pinned_agent: ana, excluded_agents: [ana]}
"""


def docs(said: str) -> Any:
    found, mistakes = read({"f": said.encode()}, "en", prune=False)
    assert mistakes == []
    return found.docs


def test_every_mistake_is_told_with_its_line_before_anything_is_sent() -> None:
    said = run("apply", "-f", "-", "--url", NOWHERE, stdin=EVERYTHING)
    assert said.code == 1
    assert said.err.startswith("error: stdin: refused; 13 things to mend:")
    for line, told in [
        (3, '/queues/billing/auto_accept: "yes" is a string; expected true or false.'),
        (6, '/queues/fraud/relaxation/0: This step asks less of "fraud" than the floor, 2.'),
        (8, "/agnts: There is no section 'agnts'; expected queues, agents, tasks, or x-… for what is yours."),
        (12, '/agents/ana/available_from: "2026-11-23" is no instant'),
        (14, "/agents/luis/teams/0: 5 is an integer; expected a string. Write it in quotes."),
        (15, '/agents/luis/load: The service keeps "load" itself: leave it out.'),
        (16, "/agents/ana: 'ana' is there twice; first on line 10."),
        (17, '/agents/a b: "a b" will not do; expected an id'),
        (17, "/agents/a b: 3 will not do; expected an object"),
        (18, "/agents/123/id: The id is not that of the key"),
        (20, '/tasks/t1/skills/billing: "08:00" is a string; expected an integer from 1 to 10.'),
        (20, '/tasks/t1/priority: "hgih" is not known'),
        (21, '/tasks/t2/pinned_agent: "ana" is excluded too'),
    ]:
        assert f"stdin:{line}: {told}" in said.err
    assert "Maybe 'agents'." in said.err


def test_so_in_spanish() -> None:
    said = run("apply", "-f", "-", "--url", NOWHERE, "--lang", "es", stdin="agnts: {}\nagents: 3")
    assert "hay que corregir 2 cosas" in said.err
    assert "stdin:1: /agnts: No existe la sección 'agnts'" in said.err
    assert "Quizá 'agents'." in said.err
    assert "stdin:2: /agents: 3 no vale; se espera un objeto" in said.err


def test_a_hundred_mistakes_are_told_and_the_rest_counted() -> None:
    agents = "".join(f"  a{i}: {{capacity: -1}}\n" for i in range(250))
    said = run("apply", "-f", "-", "--url", NOWHERE, stdin=f"agents:\n{agents}")
    assert "250 things to mend" in said.err
    assert "stdin:101: /agents/a99/capacity" in said.err
    assert "… and 150 more." in said.err


@pytest.mark.parametrize("said", ["", "# nothing", "null", "3", "- queues"])
def test_a_file_that_says_nothing_is_refused(said: str) -> None:
    found, mistakes = read({"f": said.encode()}, "en", prune=False)
    assert found.docs == {}
    assert [mistake.line for mistake in mistakes] == [1]


def test_files_are_merged(tmp_path: Path) -> None:
    one = b"queues: {q: {}}\nagents: {ana: {capacity: 2}}"
    two = b"agents:\n  eva:\ntasks: {t: }"
    found, mistakes = read({"one": one, "two": two}, "en", prune=False)
    assert mistakes == []
    assert found.docs == {
        "queues": {"q": {}}, "agents": {"ana": {"capacity": 2}, "eva": {}}, "tasks": {"t": {"queue": "main"}},
    }  # fmt: skip
    assert found.place("agents", "eva") == ("two", 2, "/agents/eva")


def test_an_id_in_two_files_is_a_mistake() -> None:
    _, mistakes = read({"one": b"agents:\n  ana: {}", "two": b"agents: {ana: {}}"}, "en", prune=False)
    assert [mistake.told() for mistake in mistakes] == ["two:1: /agents/ana: 'ana' is in one too, on line 2."]


def test_prune_needs_to_know_who_stays() -> None:
    """A file of queues alone would else remove everybody."""
    _, mistakes = read({"f": b"queues: {q: {}}"}, "en", prune=True)
    assert [mistake.detail for mistake in mistakes] == [
        "--prune needs a section 'agents', else everybody would go."
    ]
    assert read({"f": b"agents: {}"}, "en", prune=True)[1] == []


def test_a_record_larger_than_a_request_may_be_is_a_mistake() -> None:
    step = {"after_s": 60, "skills": {f"{'s' * 60}{i}": 1 for i in range(1_000)}}
    doc, faults = checked("queues", "q", {"relaxation": [step] * 20}, "en")
    assert [fault.detail for fault in faults] == ["It has more than 1,048,576 bytes."]
    assert doc


def test_one_spelling() -> None:
    """As the service stores it: instants in UTC, words as numbers, nothing that is at its default."""
    said = docs(
        "agents: {ana: {available_until: 2026-11-23T09:00:00+01:00, capacity: 1, presence: available}}\n"
        "tasks: {t: {priority: high, size: 1.0, handle_s: 600}}\nqueues: {q: {offer_ttl_s: 60}}"
    )
    assert said == {
        "agents": {"ana": {"presence": "available", "available_until": "2026-11-23T08:00:00Z"}},
        "tasks": {"t": {"priority": 75, "queue": "main"}},
        "queues": {"q": {}},
    }


def test_the_same_file_twice_is_one(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("agents: {ana: }")
    said = run("apply", "-f", str(file), "-f", str(file), "--url", NOWHERE)
    assert "Connection refused" in said.err


def test_wrong_usage_ends_with_2(tmp_path: Path) -> None:
    assert run("apply").code == 2
    assert run("apply", "-f", str(tmp_path / "none.yaml")).code == 2
    assert "only one of the files can be stdin" in run("apply", "-f", "-", "-f", "-").err
    assert "is not such as http://127.0.0.1:8080" in run("export", "--url", "ftp://x").err
    assert "give --centre or --csv, not both" in run("sample", "--centre", "--csv", str(tmp_path)).err


def test_a_sample_is_a_centre_without_mistakes() -> None:
    plain = run("sample", "--centre")
    assert docs(plain.text).keys() == {"queues", "agents"}
    made = docs(run("sample", "--centre", "--tasks", "50", "--agents", "7", "--sizes").text)
    assert (len(made["queues"]), len(made["agents"]), len(made["tasks"])) == (8, 7, 50)
    assert docs(run("sample", "--centre", "--seed", "1").text) != docs(plain.text)
    assert docs(run("sample", "--centre").text) == docs(plain.text)


def test_a_sampled_centre_is_a_pure_function() -> None:
    assert centre(40, 5, 3) == centre(40, 5, 3)
    assert not any(
        {"load", "presence", "available_until"} & set(agent) for agent in centre()["agents"].values()
    )


def test_the_file_in_readme_is_one() -> None:
    block = (ROOT / "README.md").read_text("utf-8").partition("```yaml\n")[2].partition("```")[0]
    assert docs(block)["agents"]["luis"]["skills"] == {"billing": 4, "es": 5}


def test_nothing_of_a_file_is_lost_on_the_way() -> None:
    found, _ = read({"f": b"agents: {a: {skills: {x: 1}}}"}, "en", prune=False)
    assert isinstance(found, Centre)
    assert found.mistake("agents", "a", "No.", "/skills/x").told() == "f:1: /agents/a/skills/x: No."
