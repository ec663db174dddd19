"""`assigner simulate`: policies tried on a centre, for people and for programs, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from assigner.cli.simulate.example import CENTRE
from assigner.cli.simulate.reading import Refused, read
from assigner.cli.simulate.showing import picture
from assigner.simulation.compare import Interval
from assigner.simulation.measures import MEASURES
from assigner.simulation.world import NEVER, Service
from tests.cli.shell import told, words

TINY = """
hours: 24
arrivals_per_hour: [4]
categories:
  usual: {handle_s: 900, share: 3, queue: q}
  rare: {handle_s: 1200, share: 1, skills: {fraud: 3}, priority: 75, then: {usual: 0.25}}
queues:
  q: {resolution_s: 7200, patience_s: 36000}
agents:
  ana: {skills: {fraud: 4}, pace: 0.5, shifts: [{days: [mon], from: 08:00, until: 24:00}]}
  luis: {handle_s: {usual: 600}, declines: 0.1}
"""
FEW = ("--seeds", "3", "--policy", "fifo,spt")


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    file = tmp_path / "tiny.yaml"
    file.write_text(TINY, encoding="utf-8")
    return str(file)


def test_policies_are_compared_on_the_same_draws(tiny: str) -> None:
    """Each policy has its means and what it differs from the first by, each with an interval."""
    said = words(told("simulate", tiny, *FEW))
    assert said.startswith("24 hours of 2 agents, 3 times with other draws: about 96 cases each.")
    for head in ("Whole case (h)", "p99 wait (h)", "Longest wait (h)", "Promises kept (%)", "Against fifo"):
        assert head in said
    assert said.count("spt") == 7
    spanish = words(told("simulate", tiny, *FEW, "--lang", "es"))
    assert "24 horas de 2 agentes" in spanish
    assert "Frente a fifo" in spanish


def test_a_picture_has_what_is_better_on_the_right() -> None:
    """An interval from end to end, its mean and 0; flipped where less is better."""
    assert picture(Interval(mean=0.5, half=0.25), 1.0, flipped=False) == "       │ ──●─  "
    assert picture(Interval(mean=0.5, half=0.25), 1.0, flipped=True) == "  ─●── │       "
    assert picture(Interval(mean=0.25, half=0.75), 1.0, flipped=False) == "   ────┼─●─────"
    assert picture(Interval(mean=0.0, half=0.0), 0.0, flipped=False) == "       ●       "


def test_what_is_sure_is_told_in_a_sentence(tiny: str) -> None:
    """In what a policy is better and in what worse, each beside the one that is asked for."""
    uneven = b"""
hours: 100
arrivals_per_hour: [2.5]
categories: {short: {handle_s: 120}, long: {handle_s: 2400}}
agents: {ana: {}}
"""
    asked = ("--seeds", "8", "--policy", "fifo,spt", "--compare")
    document = json.loads(told("simulate", "-", *asked, "fifo", "--json", stdin=uneven))
    assert document["differences"]["spt"]["wait"]["high"] < 0
    said = words(told("simulate", "-", *asked, "fifo", stdin=uneven))
    assert re.search(r"spt beside fifo: surely better in [a-z0-9 ,]*wait", said)
    said = words(told("simulate", "-", *asked, "spt", stdin=uneven))
    assert re.search(r"fifo beside spt: .*surely worse in [a-z0-9 ,]*wait", said)
    lone = b"id,at,category\na,2026-11-23T09:00:00Z,rare\n"
    said = words(told("simulate", tiny, *FEW, "--trace", "-", stdin=lone))
    assert "spt beside fifo: nothing is sure; more --seeds may tell." in said


def test_one_is_one() -> None:
    """One hour, one agent, one case."""
    text = re.sub(r"  luis: .*\n", "", TINY).replace("hours: 24", "hours: 1").replace("[4]", "[1]")
    said = words(told("simulate", "-", *FEW, stdin=text.encode()))
    assert said.startswith("1 hour of 1 agent, 3 times with other draws: about 1 case each.")


def test_programs_get_the_same_again(tiny: str) -> None:
    """The same seeds give the same JSON; other seeds other numbers; differences are those of the means."""
    first = json.loads(told("simulate", tiny, *FEW, "--json"))
    assert first == json.loads(told("simulate", tiny, *FEW, "--json"))
    assert first != json.loads(told("simulate", tiny, *FEW, "--json", "--seed", "9"))
    assert first["policies"].keys() == {"fifo", "spt"}
    assert first["policies"]["spt"].keys() == MEASURES.keys()
    for name in MEASURES:
        fifo, spt, apart = (
            first[part][policy][name]["mean"]
            for part, policy in (("policies", "fifo"), ("policies", "spt"), ("differences", "spt"))
        )
        assert apart == pytest.approx(spt - fifo)


def test_the_real_service_can_decide(tiny: str) -> None:
    """At the living desk rules of queues are tried too, and a policy decides as it does at the bare one."""
    asked = ("--seeds", "2", "--compare", "spt", "--json")
    living = json.loads(told("simulate", tiny, *asked, "--policy", "priority_first", "--desk", "living"))
    assert living["policies"].keys() == {"spt", "priority_first"}
    learns = json.loads(told("simulate", tiny, *asked, "--policy", "spt", "--learn"))
    knows = json.loads(told("simulate", tiny, *asked, "--policy", "spt"))
    assert learns["policies"] != knows["policies"]


def test_the_sample_is_a_file_to_begin_with(tmp_path: Path) -> None:
    """What --example writes is what --sample simulates."""
    assert told("simulate", "--example") == CENTRE
    asked = ("--seeds", "2", "--policy", "spt", "--json")
    assert told("simulate", "--sample", *asked) == told("simulate", "-", *asked, stdin=CENTRE.encode())


TRACE = """id;at;category;handle_s
b;2026-11-24T07:30:00Z;usual;450
a;2026-11-24T00:30:00+01:00;rare;
c;2026-11-25T09:00:00+01:00;usual;1800
"""


def test_a_trace_tells_what_arrived(tiny: str, tmp_path: Path) -> None:
    """Its tasks come when they came and take as long as they took, each by an agent's own pace."""
    described = read(TINY.encode(), "tiny.yaml", "en", (TRACE.encode(), "trace.csv"))
    drawn = described.cases(3)
    assert [case.at for case in drawn] == [24.5, 32.5, 57.0]
    assert [(step.type, step.work) for case in drawn[1:] for step in case.steps] == [(0, 0.5), (0, 2.0)]
    assert described.cases(3) == drawn
    assert described.cases(4)[0].steps[0].work != drawn[0].steps[0].work
    file = tmp_path / "trace.csv"
    file.write_text(TRACE, encoding="utf-8")
    said = words(told("simulate", tiny, *FEW, "--trace", str(file)))
    assert "about 3 cases each" in said


def test_a_trace_that_will_not_do_is_told_by_row(tiny: str, tmp_path: Path) -> None:
    file = tmp_path / "trace.csv"
    text = "id,at,category\na,2026-11-23T09:00:00,usual\nb,2026-11-23T09:00:00Z,usul\nc,,usual\na,,rare\n"
    file.write_text(text, encoding="utf-8")
    said = words(told("simulate", tiny, "--trace", str(file), code=1))
    assert 'trace.csv, row 2, at: "2026-11-23T09:00:00" has no offset' in said
    assert "row 4, at: 'at' is required." in said
    assert "row 3, category: There is no category 'usul'. Maybe 'usual'." in said
    assert "row 5, id: 'a' is there twice." in said
    file.write_text("id,at,category\na,2025-11-23T09:00:00Z,usual\nb,2062-11-23T09:00:00Z,usual\n")
    long = words(told("simulate", tiny, "--trace", str(file), code=1))
    assert "at: More than 8760 hours are between the first row and the last" in long
    wrong = TINY.replace("queue: q}", "queue: r}").encode()
    both = words(told("simulate", "-", "--trace", str(file), stdin=wrong, code=1))
    assert "stdin:5: /categories/usual/queue: There is no queue 'r'." in both
    assert "trace.csv, at: More than 8760 hours" in both
    file.write_text("id,at,category\na,2026-11-23T09:00:00Z,usual\nb,,usul\n")
    blind = words(told("simulate", "-", "--trace", str(file), stdin=b"hours: 0", code=1))
    assert "/hours: 0 is out of range" in blind
    assert "row 3, at: 'at' is required." in blind
    assert "category" not in blind.partition("row 3")[2]
    file.write_text("id,at,category\n")
    assert "There are none" in words(told("simulate", tiny, "--trace", str(file), code=1))


def test_what_a_file_means() -> None:
    """Skills at their level, an agent's own times, pace, shifts of a week, promises and patience."""
    described = read(TINY.encode(), "tiny.yaml", "en")
    world = described.world
    assert described.hours == 24
    assert (world.types, world.agents) == (["usual", "rare"], ["ana", "luis"])
    assert world.takes == [[0.125, pytest.approx(1 / 6)], [pytest.approx(1 / 6), NEVER]]
    assert world.starts == [(0.75, 0), (0.25, 1)]
    assert world.follows == [[(1.0, None)], [(0.25, 0), (0.75, None)]]
    assert world.services[0] == [(1.0, Service(priority=50, weight=1.0, target=2.0))]
    assert world.services[1] == [(1.0, Service(priority=75, weight=2.0))]
    assert (world.patience, world.declines) == ([10.0, NEVER], [0.0, 0.1])
    roll = world.presence.roll(2, 0)
    assert (list(roll.comes), list(roll.leaves)) == ([8.0, 0.0], [24.0, 336.0])
    promised = read(TINY.replace("resolution_s", "first_response_s").encode(), "tiny.yaml", "en").world
    assert promised.services[0] == [(1.0, Service(target=2.0, begun=True))]


def _mistakes(*changes: tuple[str, str], text: str = TINY) -> list[str]:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    with pytest.raises(Refused) as refused:
        read(text.encode(), "tiny.yaml", "en")
    return list(refused.value.told)


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("[4]", "[1, 2]", "tiny.yaml:3: /arrivals_per_hour: 2 numbers will not do; expected 1, 24 of a day"),
        ("[4]", "[]", "'arrivals_per_hour' is required, unless --trace tells what arrives."),
        ("[4]", "[0]", "tiny.yaml:3: /arrivals_per_hour: Nothing ever arrives"),
        ("[4]", "4", "tiny.yaml:3: /arrivals_per_hour: 4 is an integer; expected a list."),
        ("queue: q}", "queue: r}", "tiny.yaml:5: /categories/usual/queue: There is no queue 'r'."),
        ("share: 3", "shore: 3", "There is no field \"shore\" here. Maybe 'share'."),
        (
            "usual: 0.25",
            "usul: 0.25",
            "tiny.yaml:6: /categories/rare/then/usul: There is no category 'usul'. Ma",
        ),
        (
            "{usual: 0.25}",
            "{usual: 0.6, rare: 0.5}",
            "/categories/rare/then: The shares add up to 1.1; expected",
        ),
        (
            "{usual: 0.25}",
            "{rare: 1}",
            "/categories: A case would go on for more than 100 tasks: lower the sh",
        ),
        (
            "fraud: 3",
            "fraud: 9",
            "tiny.yaml:6: /categories/rare: No agent has all its skills: nobody could e",
        ),
        (
            "handle_s: 900",
            "handle_s: 0",
            "/categories/usual/handle_s: 0 is out of range; expected a number ab",
        ),
        ("handle_s: 900", "handle_s: 99999999", "/categories/usual/handle_s: 99999999 is out of range"),
        ("usual: 600", "usal: 600", "tiny.yaml:11: /agents/luis/handle_s/usal: There is no category 'usal'."),
        (
            "24:00",
            "25:00",
            "tiny.yaml:10: /agents/ana/shifts/0/until: '25:00' is no time of day; expected such",
        ),
        (
            "24:00",
            "08:00",
            "tiny.yaml:10: /agents/ana/shifts/0: It ends before it begins: of a night make two",
        ),
        ("24:00", "8", "/agents/ana/shifts/0/until: 8 is an integer; expected a string."),
        (
            "declines: 0.1",
            "declines: 1",
            "/agents/luis/declines: 1 is out of range; expected a number from 0",
        ),
        (
            "declines: 0.1",
            "count: 1e3, pace: 0",
            "/agents/luis/pace: 0 is out of range; expected a number abo",
        ),
        (
            "hours: 24",
            "hours: 8760000",
            "/hours: 8760000 is out of range; expected an integer from 1 to 8,760.",
        ),
        ("  luis:", "  li: {count: 2}\n  li-2:", "/agents/li-2: One of several who are alike"),
        ("share: 3", "share: 0", None),
        ("[4]", "[10000]", None),
    ],
)
def test_what_cannot_be_simulated_is_told_with_what_to_change(
    old: str, new: str, mistake: str | None
) -> None:
    if mistake is None:
        read(TINY.replace(old, new).encode(), "tiny.yaml", "en")
    else:
        [said] = _mistakes((old, new))
        assert mistake in said


def test_every_mistake_is_told_at_once() -> None:
    """Each with its line; two shifts that overlap; too many tasks; nobody there."""
    changes = (
        ("until: 24:00}]", "until: 20:00}, {days: [mon], from: 19:00, until: 21:00}]"),
        ("[4]", "[9000]"),
    )
    said = _mistakes(*changes, ("hours: 24", "hours: 8000"), ("share: 1,", "share: 1, queue: none,"))
    assert [line.split(": ")[1] for line in said] == [
        "/hours",
        "/categories/rare/queue",
        "/agents/ana/shifts",
    ]
    nobody: Any = {"arrivals_per_hour": [1], "categories": {}, "agents": {}}
    assert len(_mistakes(text=json.dumps(nobody))) == 2
    assert [said.split(": ")[2] for said in _mistakes(text="")] == [
        "'categories' is required.",
        "'agents' is required.",
    ]


def test_a_world_in_which_nothing_arrived_says_so() -> None:
    """There is nothing to compare: that is told, and no table without rows."""
    text = TINY.replace("[4]", "[0.000001]").encode()
    said = words(told("simulate", "-", *FEW, stdin=text))
    assert "Nothing arrived" in said
    assert "Measure" not in said


def test_a_refusal_ends_with_its_code(tiny: str) -> None:
    """1 for a file that will not do, 2 for what was asked wrongly; in the language asked for."""
    text = TINY.replace("queue: q}", "queue: r}").encode()
    assert "No hay cola 'r'." in words(told("simulate", "-", "--lang", "es", stdin=text, code=1))
    unknown = words(told("simulate", tiny, "--policy", "sptt,fifo,snapshot", "--compare", "none", code=2))
    assert "There is no policy 'sptt'. Maybe 'spt'." in unknown
    assert "There is no policy 'none'." in unknown
    assert "'snapshot' is a rule of the service's queues" in unknown
    assert "There are: bullseye, edd, fifo" in unknown
    assert "with --desk living" in words(told("simulate", tiny, "--policy", "snapshot", code=2))
    assert "give a file" in words(told("simulate", code=2))
    assert "give a file" in words(told("simulate", tiny, "--sample", code=2))
    assert "only one of the files" in words(told("simulate", "-", "--trace", "-", code=2))
    assert "No such file" in words(told("simulate", f"{tiny}.not", code=2))
