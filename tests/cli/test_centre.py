"""`assigner apply` and `assigner export`, asked of a living service."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, cast

import httpx
import pytest
import yaml

from assigner.cli.centre.apply import told
from assigner.cli.centre.diff import Difference, compare
from assigner.cli.centre.doing import Result, carry_out
from assigner.cli.centre.file import Centre, Docs, read
from assigner.cli.centre.service import Broken, connected, ended
from assigner.cli.centre.service import read as read_service
from assigner.client.carriers import HttpxCarrier
from tests.api.running import running, until
from tests.api_live.living import Living, living
from tests.cli.centre import apply, export, run, url

NOBODY = "agents: {}"
SMALL = """\
queues:
  billing: {offer_ttl_s: 120, relaxation: [{after_s: 600, skills: {billing: 2}}], floor: {billing: 1}}
  plain: {}
agents:
  ana: {skills: {billing: 5}, capacity: 2, available_until: 2030-01-01T00:00:00+01:00,
    shifts: [{from: 2029-01-01T08:00:00+01:00, until: 2029-01-01T16:00:00+01:00}]}
  eva: {presence: away}
tasks:
  INC-1: {queue: billing, skills: {billing: 3}, cooling_down: {eva: 2030-01-01T00:00:00Z}}
  INC/2: {priority: high, attributes: {crm: [1, {no: 08:00}]}}
"""


@pytest.fixture
def centre() -> Iterator[Living]:
    with living() as it:
        yield it


def wanted(said: str) -> Centre:
    made, mistakes = read({"c.yaml": said.encode()}, "en", prune=False)
    assert mistakes == []
    return made


def planned(centre: Living, said: str, *, prune: bool = False) -> Difference:
    """The difference of now, to be carried out later."""
    docs = wanted(said).docs
    with connected(url(centre)) as client:
        there = read_service(client, list(docs))
        over = ended(client, docs.get("tasks", {}).keys() - there.get("tasks", {}).keys())
    return compare(docs, there, over, prune=prune)


def carried_out(
    centre: Living, difference: Difference, meanwhile: Callable[[httpx.Request], Any] = lambda request: None
) -> Result:
    """Carry out what was planned; `meanwhile` happens before each request."""
    with connected(url(centre)) as client:
        cast(HttpxCarrier, client.sender.carrier).client.event_hooks = {"request": [meanwhile]}
        return carry_out(client, difference, lambda count: None)


def codes(result: Result) -> list[str]:
    return [answer["code"] for _, answer in result.told]


def test_a_centre_is_made_as_the_file_says(centre: Living) -> None:
    said = apply(centre, SMALL)
    assert (said.code, said.out) == (0, "6 made, 0 changed, 0 removed, 0 the same.")
    assert centre.ask("GET", "/v1/queues/billing").json()["offer_ttl_s"] == 120
    ana, eva = (centre.ask("GET", f"/v1/agents/{id}").json() for id in ("ana", "eva"))
    assert (ana["skills"], ana["capacity"], ana["available_until"]) == (
        {"billing": 5}, 2, "2029-12-31T23:00:00Z",
    )  # fmt: skip
    assert eva["presence"] == "away"
    task = centre.ask("GET", "/v1/tasks/INC%2F2").json()
    assert (task["priority"], task["attributes"]) == (75, {"crm": [1, {"no": "08:00"}]})


def test_again_there_is_nothing_to_do(centre: Living) -> None:
    """However often it is repeated, and nothing is written to the service."""
    apply(centre, SMALL)
    before = centre.ask("GET", "/v1/agents").json()
    said = apply(centre, SMALL)
    assert (said.code, said.out) == (0, "0 made, 0 changed, 0 removed, 6 the same.")
    assert apply(centre, SMALL, "--dry-run").out.endswith("There is nothing to do.")
    assert centre.ask("GET", "/v1/agents").json() == before


def test_an_export_applied_changes_nothing(centre: Living) -> None:
    apply(centre, SMALL)
    centre.on_task("hold", centre.task(queue="q", tags=["vip"]), reason="test")
    centre.offer(centre.task(), "ana")
    written = export(centre, "--tasks")
    said = apply(centre, written, "--dry-run", "--prune")
    assert (said.code, said.out.rpartition("same ")[2]) == (0, "There is nothing to do.")
    assert export(centre, "--tasks") == written
    without = yaml.safe_load(export(centre))
    assert without.keys() == {"queues", "agents"}
    assert without == {kind: yaml.safe_load(written)[kind] for kind in without}


def test_an_export_makes_the_same_centre_elsewhere(centre: Living) -> None:
    apply(centre, SMALL)
    written = export(centre, "--tasks")
    with living() as other:
        assert apply(other, written).code == 0
        assert export(other, "--tasks") == written


def test_an_export_has_only_what_clients_say(centre: Living) -> None:
    """By id, without what the service knows itself, defaults, and the agents' own presence."""
    apply(centre, "agents: {eva: {presence: away}, ana: {capacity: 1}, b1: {capacity: 2}}")
    assert export(centre) == "queues: {}\nagents:\n  ana: {}\n  b1:\n    capacity: 2\n  eva: {}\n"


def test_a_dry_run_tells_each_change_and_makes_none(centre: Living) -> None:
    apply(centre, SMALL)
    before = export(centre, "--tasks")
    said = apply(
        centre,
        """
queues: {billing: {offer_ttl_s: 90}, new: {auto_accept: true}}
agents: {ana: {skills: {billing: 4, es: 5}}, luis: }
tasks: {INC-1: {queue: billing, skills: {billing: 3}, due_at: 2030-01-01T00:00:00Z}}
""",
        "--dry-run",
        "--prune",
    )
    assert said.code == 3
    for line in [
        "+ new auto_accept: true",
        "~ billing offer_ttl_s: 120 → 90; relaxation: [{after_s: 600, skills: {billing: 2}}] → []; floor.",
        "; floor.billing: 1 → –",
        "+ luis",
        "~ ana skills.billing: 5 → 4; skills.es: – → 5; capacity: 2 → 1; available_until:",
        '; available_until: "2029-12-31T23:00:00Z" → null',
        "- eva",
        '~ INC-1 due_at: null → "2030-01-01T00:00:00Z"',
        "= 0 the same 2 to make, 3 to change, 1 to remove.",
    ]:
        assert line in said.out
    assert export(centre, "--tasks") == before


def test_a_dry_run_in_spanish_of_many(centre: Living) -> None:
    agents = "".join(f"  a{i}: {{}}\n" for i in range(1_234))
    said = apply(centre, f"agents:\n{agents}", "--dry-run", "--lang", "es", "--limit", "2")
    assert "Agentes + a0 + a1 + … y 1.232 más; --limit 0 las muestra todas." in said.out
    assert said.out.endswith("Por hacer: 1.234 altas, 0 cambios, 0 bajas.")


def test_nobody_is_removed_unless_it_is_asked_for(centre: Living) -> None:
    apply(centre, SMALL)
    said = apply(centre, "agents: {ana: {}}")
    assert "Agents that are not in the file: 1; --prune removes them." in said.out
    assert centre.ask("GET", "/v1/agents/eva").status_code == 200
    said = apply(centre, "agents: {ana: {}}", "--prune")
    assert (said.code, said.out) == (0, "0 made, 0 changed, 1 removed, 1 the same.")
    assert centre.ask("GET", "/v1/agents/eva").status_code == 404


def test_an_agent_with_work_is_not_removed(centre: Living) -> None:
    apply(centre, "agents: {ana: {}, eva: {}}")
    centre.offer(centre.task(), "eva")
    said = apply(centre, "agents: {luis: {}}", "--prune")
    assert (said.code, said.out) == (4, "1 made, 0 changed, 1 removed, 0 the same.")
    assert "1 did not go as asked: /agents/eva:" in said.err


def test_what_an_agent_and_the_service_say_themselves_is_no_difference(centre: Living) -> None:
    """Presence that the file does not name, load, cooling down, and when a task was made."""
    apply(centre, SMALL)
    offer = centre.offer("INC-1", "ana")
    centre.ask("POST", f"/v1/offers/{offer}/decline", {"reason": "busy"})
    centre.ask("PUT", "/v1/agents/ana/presence", {"presence": "offline"})
    assert "ana" in centre.ask("GET", "/v1/tasks/INC-1").json()["cooling_down"]
    assert apply(centre, SMALL, "--dry-run").code == 0
    later = SMALL.replace("eva: 2030", "eva: 2031")
    assert '~ INC-1 cooling_down.ana: "2026' in apply(centre, later, "--dry-run").out


def test_a_presence_that_the_file_names_is_set(centre: Living) -> None:
    apply(centre, SMALL)
    centre.ask("PUT", "/v1/agents/eva/presence", {"presence": "available"})
    assert "~ eva presence: available → away" in apply(centre, SMALL, "--dry-run").out
    apply(centre, SMALL)
    assert centre.ask("GET", "/v1/agents/eva").json()["presence"] == "away"


def test_a_task_that_has_ended_is_left_alone(centre: Living) -> None:
    apply(centre, SMALL)
    centre.on_task("cancel", "INC-1", reason="test")
    said = apply(centre, SMALL.replace("queue: billing, ", ""), "--dry-run")
    assert (said.code, "= 1 the same; 1 ended, and left alone" in said.out) == (0, True)
    said = apply(centre, SMALL)
    assert (
        said.out == "0 made, 0 changed, 0 removed, 5 the same. Tasks that have ended, and are left alone: 1."
    )
    assert centre.ask("GET", "/v1/tasks/INC-1").json()["state"] == "cancelled"


def test_a_change_meanwhile_is_told_and_kept(centre: Living) -> None:
    """Of a queue, an agent and a task: what somebody else said after the difference was taken stays."""
    apply(centre, SMALL)
    said = "queues: {plain: {offer_ttl_s: 5}}\nagents: {ana: {}, eva: {}}\ntasks: {INC-1: {size: 2}}"
    difference = planned(centre, said)
    centre.ask("PUT", "/v1/queues/plain", {"offer_ttl_s": 7})
    centre.ask("PATCH", "/v1/agents/ana", {"capacity": 9})
    centre.ask("PATCH", "/v1/tasks/INC-1", {"size": 3})
    result = carried_out(centre, difference)
    assert codes(result) == ["stale_version"] * 3
    assert not result.done
    lines = [line for change, answer in result.told for line in told(change, answer, wanted(said), "en")]
    assert lines[1].startswith("c.yaml:2: /agents/ana: Somebody changed it meanwhile, and it is left as")
    assert centre.ask("GET", "/v1/agents/ana").json()["capacity"] == 9


def test_what_is_made_meanwhile_is_not_overwritten(centre: Living) -> None:
    difference = planned(centre, SMALL)
    centre.ask("PUT", "/v1/queues/billing", {})
    centre.ask("POST", "/v1/tasks", {"id": "INC-1"})
    result = carried_out(centre, difference)
    assert codes(result) == ["exists_already", "task_exists"]
    assert result.done["+"] == 4


def test_an_agent_made_meanwhile_is_told(centre: Living) -> None:
    """A batch replaces whom it finds: that is said."""
    difference = planned(centre, SMALL)
    centre.ask("PUT", "/v1/agents/ana", {"capacity": 9})
    result = carried_out(centre, difference)
    assert codes(result) == ["made_meanwhile"]
    assert centre.ask("GET", "/v1/agents/ana").json()["capacity"] == 2


def test_who_is_changed_or_removed_meanwhile_is_not_removed_twice(centre: Living) -> None:
    apply(centre, SMALL)
    difference = planned(centre, NOBODY, prune=True)
    centre.ask("PATCH", "/v1/agents/ana", {"capacity": 9})
    centre.ask("DELETE", "/v1/agents/eva")
    result = carried_out(centre, difference)
    assert (codes(result), result.same) == (["stale_version"], 1)


def test_the_same_change_by_another_is_no_conflict(centre: Living) -> None:
    apply(centre, SMALL)
    difference = planned(centre, "agents: {ana: {capacity: 3}}\ntasks: {INC-1: {}, T: {}}")
    centre.ask("PUT", "/v1/agents/ana", {"capacity": 3})
    centre.ask("POST", "/v1/tasks", {"id": "T", "queue": "main"})
    result = carried_out(centre, difference)
    assert (codes(result), result.same, result.done) == ([], 2, {"~": 1})


def test_what_moves_beside_a_change_does_not_stop_it(centre: Living) -> None:
    """An agent's presence set between our reading of them and our change of their capacity."""
    apply(centre, SMALL)
    difference = planned(centre, "agents: {ana: {capacity: 3}}")
    presences = iter(["away", "available"])

    def move(request: httpx.Request) -> None:
        if request.method == "PUT" and (presence := next(presences, None)):
            centre.ask("PUT", "/v1/agents/ana/presence", {"presence": presence})

    result = carried_out(centre, difference, move)
    assert (codes(result), result.done) == ([], {"~": 1})
    assert next(presences, "all used") == "all used"
    ana = centre.ask("GET", "/v1/agents/ana").json()
    assert (ana["capacity"], ana["presence"]) == (3, "available")


def test_broken_off_it_goes_on_when_it_is_run_again(centre: Living) -> None:
    """The store goes away in the middle: what is done is told, and the second time the rest is done."""
    difference = planned(centre, SMALL)
    result = broken_off(centre, difference, at=2)
    assert result.done["+"] == 2
    again = apply(centre, SMALL)
    assert (again.code, again.out) == (0, "4 made, 0 changed, 0 removed, 2 the same.")


def test_broken_off_among_changes_made_together_all_that_were_done_are_told(centre: Living) -> None:
    before, after = (
        f"agents: {{{', '.join(f'a{i}: {{capacity: {c}}}' for i in range(60))}}}" for c in (2, 3)
    )
    apply(centre, before)
    result = broken_off(centre, planned(centre, after), at=50)
    assert 0 < result.done["~"] < 60
    agents = centre.ask("GET", "/v1/agents").json()["items"]
    assert sum(agent["capacity"] == 3 for agent in agents) == result.done["~"]
    assert apply(centre, after).out.endswith(f"{result.done['~']} the same.")


def broken_off(centre: Living, difference: Difference, at: int) -> Result:
    """Carry out what was planned, the store out of reach from that request on; then put it back."""
    requests = itertools.count()

    def pull(_: httpx.Request) -> None:
        if next(requests) == at:
            centre.run(unplug(centre, plugged=False))

    result = carried_out(centre, difference, pull)
    assert isinstance(result.broken, Broken)
    until(lambda: not is_ready(centre), "the service has noticed")
    centre.run(unplug(centre, plugged=True))
    until(lambda: is_ready(centre), "the service is ready again")
    return result


def is_ready(centre: Living) -> bool:
    return centre.ask("GET", "/readyz").status_code == 200


async def unplug(centre: Living, *, plugged: bool) -> None:
    centre.store.plug(plugged=plugged)


def test_what_the_service_refuses_is_told_with_its_line(centre: Living) -> None:
    """A task that grows beyond its agent's capacity; the others are done."""
    apply(centre, "agents: {ana: {}}\ntasks: {a: {}, b: {}}")
    centre.offer("a", "ana")
    said = apply(centre, "tasks:\n  a: {size: 7}\n  b: {size: 7}")
    assert (said.code, said.out) == (4, "0 made, 1 changed, 0 removed, 0 the same.")
    assert "stdin:2: /tasks/a: " in said.err


def test_faults_that_only_the_service_finds_have_their_lines(centre: Living) -> None:
    """As with a service of another version: one by one and in a batch."""
    said = "queues:\n  q:\n    floor:\n      x: 1\nagents:\n  a:\n    skills:\n      y: 1\n"
    found = wanted(said)
    docs: dict[str, Docs] = {
        "queues": {"q": {"floor": {"x": 11}}},
        "agents": {"a": {"skills": {"y": 11}}, "b": {}},
    }
    difference = compare(docs, {"queues": {}, "agents": {}}, (), prune=False)
    result = carried_out(centre, difference)
    lines = [line for change, answer in result.told for line in told(change, answer, found, "en")]
    assert lines == [
        "c.yaml:4: /queues/q/floor/x: 11 is out of range; expected an integer from 1 to 10.",
        "c.yaml:8: /agents/a/skills/y: 11 is out of range; expected an integer from 1 to 10.",
    ]
    assert result.done["+"] == 1


def test_many_go_in_batches(centre: Living) -> None:
    tasks = "".join(f"  T{i}: {{priority: {i % 100}}}\n" for i in range(2_500))
    said = apply(centre, f"tasks:\n{tasks}agents: {{ana: }}")
    assert (said.code, said.out) == (0, "2,501 made, 0 changed, 0 removed, 0 the same.")
    assert apply(centre, f"tasks:\n{tasks}", "--dry-run").out.endswith("There is nothing to do.")


def test_a_service_that_is_not_there(centre: Living) -> None:
    said = run("apply", "-f", "-", "--url", "http://127.0.0.1:1", stdin=NOBODY)
    assert (said.code, said.out) == (1, "")
    assert "error: http://127.0.0.1:1 did not answer" in said.err
    said = run("export", "--url", f"{url(centre)}/docs")
    assert said.code == 1


def test_a_service_without_a_centre() -> None:
    with running() as service:
        said = run("export", "--url", "http://{}:{}".format(*service.address), "--lang", "es")
    assert (said.code, "no respondió" in said.err) == (1, True)


def test_a_made_up_centre_can_be_applied(centre: Living) -> None:
    made = run("sample", "--centre", "--tasks", "60", "--sizes").text
    assert apply(centre, made).out == "88 made, 0 changed, 0 removed, 0 the same."
    assert apply(centre, made, "--dry-run", "--prune").code == 0
