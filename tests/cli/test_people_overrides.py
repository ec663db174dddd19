"""`assigner overrides`, asked of a living service."""

import csv
import io
from collections.abc import Iterator

import pytest

from assigner.cli.words import WORDS
from assigner.clock import SystemClock
from assigner.domain.lifecycle import OverrideState
from tests.api_live.living import Living, living
from tests.cli.people import asked, read, row


@pytest.fixture(scope="module")
def centre() -> Iterator[Living]:
    """Four overrides: a pin that holds, a hold until an instant, one that is undone, and a cancelled task."""
    with living() as it:
        it.clock.at_ms = SystemClock().now_ms()
        it.ask("PUT", "/v1/agents/ana", {"capacity": 9})
        tasks = [it.task(queue="billing") for _ in range(4)]
        commands = [
            ["pin", tasks[0], tasks[1], "--to", "ana"],
            ["hold", "--queue", "billing", "--until", "2h"],
            ["reprioritise", tasks[2], "--priority", "high"],
            ["cancel", tasks[3]],
        ]
        for command in commands:
            it.clock.advance(1)
            assert asked(it, "override", *command, "--reason", f"for {command[0]}").code == 0
        undone = read(it, "overrides", "--action", "reprioritise")[0]["id"]
        assert asked(it, "override", "undo", undone).code == 0
        yield it


def ids(centre: Living, *flags: str) -> list[str]:
    return [one["action"] for one in read(centre, "overrides", *flags)]


def test_who_did_what_to_which_and_why_the_latest_first(centre: Living) -> None:
    said = asked(centre, "overrides")
    assert [line.split()[3] for line in said.text.splitlines() if "ov-" in line] == [
        "cancel", "priority", "hold", "pin",
    ]  # fmt: skip
    lines = {one["action"]: row(said, one["id"]) for one in read(centre, "overrides")}
    assert lines["pin"].endswith("pin to ana 2 tasks dev yes for pin")
    assert "hold queue billing: 4 tasks dev until " in lines["hold"]
    assert lines["reprioritise"].endswith("priority 75 1 task dev undone by dev for reprioritise")
    assert lines["cancel"].endswith("cancel 1 task dev done at once for cancel")


def test_and_in_spanish(centre: Living) -> None:
    said = asked(centre, "overrides", "--lang", "es")
    [pin] = read(centre, "overrides", "--action", "pin")
    assert row(said, pin["id"]).endswith("fijar a ana 2 tareas dev sí for pin")
    assert "Intervención Cuándo Qué Sobre Quién Rige Motivo" in said.out


def test_filters(centre: Living) -> None:
    assert ids(centre) == ["cancel", "reprioritise", "hold", "pin"]
    assert ids(centre, "--active") == ["hold", "pin"]
    assert ids(centre, "--author", "dev", "--since", "1h") == ids(centre)
    assert ids(centre, "--author", "key:nobody") == []
    assert ids(centre, "--limit", "1") == ["cancel"]
    assert asked(centre, "overrides", "--author", "x").out == "There are no such overrides."
    assert asked(centre, "overrides", "--author", "x", "--lang", "es").out == "No hay intervenciones así."


def test_more_than_are_shown_is_said(centre: Living) -> None:
    said = asked(centre, "overrides", "--limit", "3")
    assert said.out.endswith("… and more; --limit 0 shows all.")
    assert said.text.count("ov-") == 3
    assert asked(centre, "overrides", "--limit", "0").text.count("ov-") == 4


def test_an_id_is_in_one_piece_on_a_narrow_terminal(centre: Living) -> None:
    [pin] = read(centre, "overrides", "--action", "pin")
    assert f" {pin['id']} " in asked(centre, "overrides", columns=70).text


def test_as_a_sheet(centre: Living) -> None:
    said = asked(centre, "overrides", "--csv", "--since", "today")
    lines = list(csv.DictReader(io.StringIO(said.text)))
    assert [line["reason"] for line in lines] == ["for cancel", "for reprioritise", "for hold", "for pin"]


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["--since", "tomorrow"], 2, "'tomorrow' is still to come."),
        (["--since", "mañana", "--lang", "es"], 2, "'mañana' aún no ha llegado."),
        (["--since", "long ago"], 2, "'long ago' is no instant; expected such as 17:00, 2h"),
        (["--action", "pause"], 1, "action: 'pause' is not known; expected one of assign, pin"),
        (["--json", "--csv"], 2, "give --json or --csv, not both"),
    ],
)
def test_what_will_not_do_is_told(centre: Living, args: list[str], code: int, says: str) -> None:
    said = asked(centre, "overrides", *args)
    assert (said.code, said.out) == (code, "")
    assert says in said.err


def test_every_state_of_an_override_has_words() -> None:
    assert {f"stands_{state}" for state in OverrideState} <= WORDS.keys()
