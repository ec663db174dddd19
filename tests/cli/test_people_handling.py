"""`assigner handling`, asked of a living service."""

import csv
import io
from collections.abc import Iterator

import pytest

from tests.api_live.living import Living, living
from tests.cli.centre import Said
from tests.cli.people import asked, read

MINUTE = 60_000
NASTY, SHOWN = "a\u202eb[red]c\u200b", "a\\u202eb[red]c\\u200b"
"""A name that would turn the text round, colour it, and hide a mark in it; and how it is shown."""


@pytest.fixture(scope="module")
def centre() -> Iterator[Living]:
    """Ana has completed ten tasks in twenty minutes each, Bob ten in forty; and one with a nasty category."""
    with living() as it:
        for agent, minutes, category in (("ana", 20, "fraud"), ("bob", 40, "fraud"), ("bob", 5, NASTY)):
            it.ask("PUT", f"/v1/agents/{agent}", {"capacity": 9})
            for _ in range(10):
                task = it.task(category=category)
                it.on_offer("accept", it.offer(task, agent))
                it.clock.advance(minutes * MINUTE)
                assert it.ask("POST", f"/v1/tasks/{task}/complete", {}).status_code == 200
        yield it


def lines(said: Said) -> list[str]:
    """The rows of the table, their cells one space apart."""
    assert (said.code, said.err) == (0, "")
    return [" ".join(line.split()) for line in said.text.splitlines() if line.strip()][2:]


def test_everybody_comes_before_each_and_times_are_as_people_say_them(centre: Living) -> None:
    said = lines(asked(centre, "handling", "--category", "fraud"))
    assert [line.split()[1] for line in said] == ["everybody", "ana", "bob"]
    assert [line.split()[-1] for line in said] == ["20", "10", "10"]
    ana = said[1].split()
    assert 19 <= int(ana[2]) <= 25
    assert ana[3] == "min"
    assert "min – " in said[1]


def test_and_in_spanish(centre: Living) -> None:
    said = asked(centre, "handling", "--agent", "ana", "--lang", "es")
    assert "Categoría" in said.text
    assert "Hechas" in said.text
    assert len(lines(said)) == 1
    none = asked(centre, "handling", "--agent", "nobody", "--lang", "es")
    assert none.out.startswith("Aún no se sabe nada de eso")


def test_it_is_read_by_programs_too(centre: Living) -> None:
    found = read(centre, "handling")
    assert found == centre.ask("GET", "/v1/handling").json()["items"]
    rows = list(csv.DictReader(io.StringIO(asked(centre, "handling", "--csv").text)))
    assert [(row["agent"], row["n"]) for row in rows] == [
        (one["agent"] or "", str(one["n"])) for one in found
    ]


def test_there_may_be_more_than_is_shown(centre: Living) -> None:
    said = asked(centre, "handling", "--limit", "2")
    assert "--limit 0" in said.text
    assert len(lines(asked(centre, "handling", "--limit", "0"))) == len(read(centre, "handling")) == 5


def test_a_name_does_nothing_to_the_terminal(centre: Living) -> None:
    assert SHOWN in asked(centre, "handling", "--agent", "bob").text
    said = asked(centre, "handling", "--csv", "--json")
    assert said.code == 2
    assert "not both" in said.err
