"""`assigner override`, asked of a living service."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from assigner.cli.people.examples import HELP, OVERRIDES
from assigner.cli.words import WORDS
from assigner.clock import SystemClock
from assigner.dispatch.actions import ACTIONS
from tests.api_live.living import Living, living
from tests.cli.centre import Said
from tests.cli.people import NASTY, SHOWN, asked, read
from tests.cli.shell import told


@pytest.fixture(scope="module")
def centre() -> Iterator[Living]:
    with living() as it:
        it.clock.at_ms = SystemClock().now_ms()  # a command goes by the time of its machine
        it.ask("PUT", "/v1/agents/ana", {"capacity": 1_000})
        it.ask("PUT", "/v1/agents/luis", {"capacity": 1})
        yield it


def override(centre: Living, *args: str, reason: str = "tests", stdin: str = "") -> Said:
    return asked(centre, "override", *args, "--reason", reason, stdin=stdin)


def done(centre: Living, *args: str, **more: Any) -> str:
    """The id of an override that has to be made."""
    said = override(centre, *args, **more)
    assert (said.code, said.err) == (0, "")
    return said.out.rpartition(" ")[2]


def task(centre: Living, id: str) -> Any:
    return centre.ask("GET", f"/v1/tasks/{id}").json()


def test_tasks_are_pinned_until_an_instant_that_is_said_back(centre: Living) -> None:
    first, second = centre.task(), centre.task()
    said = override(centre, "pin", first, second, "--to", "ana", "--until", "2h", reason="she knows them")
    assert said.code == 0
    assert said.out.startswith("Done: pin to ana: 2 tasks. It holds until 20")
    assert "(119 min from now)" in said.out or "(2 h 0 min from now)" in said.out or "1 h 59 min" in said.out
    assert "To take it back: assigner override undo ov-" in said.out
    assert task(centre, first)["overrides"]["pinned_agent"]["value"] == "ana"


def test_and_in_spanish(centre: Living) -> None:
    id = centre.task()
    said = override(centre, "pin", id, "--to", "ana", "--lang", "es", "--until", "mañana 9:00")
    assert said.out.startswith("Hecho: fijar a ana: 1 tarea. Rige hasta ")
    tomorrow = (datetime.now().astimezone() + timedelta(days=1)).date()
    assert f"Rige hasta {tomorrow} 09:00" in said.out
    assert "Para deshacerlo: assigner override undo ov-" in said.out


def test_what_it_would_do_is_told_and_not_done(centre: Living) -> None:
    queue, agent = centre.new("q"), centre.agent()
    ids = [centre.task(queue=queue) for _ in range(3)]
    centre.offer(ids[0], agent)
    said = override(centre, "hold", "--queue", queue, "--dry-run")
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        f"Hold: 3 tasks, and nothing is done yet. by state: offered 1, waiting 2 by queue: {queue} 3 "
        f"by agent: {agent} 1 {', '.join(ids)}"
    )
    spanish = override(centre, "hold", "--queue", queue, "--dry-run", "--lang", "es")
    assert spanish.out.startswith(
        "Retener: 3 tareas, y aún no se hace nada. por estado: ofrecida 1, espera 2"
    )
    assert {task(centre, id)["state"] for id in ids} == {"offered", "queued"}
    assert centre.ask("GET", f"/v1/overrides?task={ids[0]}").json()["items"] == []


def test_a_filter_finds_the_tasks(centre: Living) -> None:
    queue = centre.new("q")
    vip = centre.task(queue=queue, tags=["vip"])
    plain = centre.task(queue=queue)
    old = centre.task(queue=queue, created_at="2020-01-01T00:00:00Z")
    done(centre, "hold", "--queue", queue, "--tag", "vip", "--until", "17:00")
    assert [task(centre, id)["state"] for id in (vip, plain)] == ["held", "queued"]
    either = centre.task(queue=queue, any_skills=[{"sap": 1}, {"oracle": 2}])
    done(centre, "hold", "--queue", queue, "--skill", "oracle")
    assert [task(centre, id)["state"] for id in (either, plain)] == ["held", "queued"]
    done(centre, "cancel", "--queue", queue, "--older-than", "3d")
    assert [task(centre, id)["state"] for id in (old, plain)] == ["cancelled", "queued"]
    done(centre, "resume", "--queue", queue, "--state", "held")
    assert task(centre, vip)["state"] == "queued"


def test_ids_may_come_on_stdin(centre: Living) -> None:
    ids = [centre.task() for _ in range(3)]
    done(centre, "hold", "-", stdin="\n".join([*ids, ids[0]]))
    assert {task(centre, id)["state"] for id in ids} == {"held"}
    assert override(centre, "hold", "-").err == "error: there are no ids on stdin"


def test_priority_promise_queue_and_skills(centre: Living) -> None:
    id = centre.task(queue="billing", skills={"billing": 3}, due_at="2030-01-01T00:00:00Z")
    done(centre, "reprioritise", id, "--priority", "urgent")
    done(centre, "reschedule", id, "--due", "none")
    said = override(centre, "transfer", id, "--to", "fraud", "--skills", "fraud:2;es:4")
    assert said.out.startswith("Done: move to fraud · es 4, fraud 2: 1 task.")
    seen = task(centre, id)
    assert (seen["queue"], seen["skills"]) == ("fraud", {"es": 4, "fraud": 2})
    assert seen["overrides"]["priority"]["value"] == 95
    line = asked(centre, "tasks", "--queue", "fraud").out
    assert re.search(rf"{id} fraud 95 urgent \d+ s – waiting", line)
    done(centre, "reprioritise", id, "--priority", "10", "--replace")
    assert task(centre, id)["overrides"]["priority"]["value"] == 10


def test_an_agent_without_room_gets_it_by_force_and_it_is_told(centre: Living) -> None:
    first, second = centre.task(), centre.task()
    done(centre, "assign", first, "--to", "luis")
    refused = override(centre, "assign", second, "--to", "luis")
    assert refused.code == 1
    assert refused.err == (
        f"error: Nothing was done: {second}: The agent has no room for the task; "
        "--force gives it to them all the same."
    )
    spanish = override(centre, "assign", second, "--to", "luis", "--lang", "es")
    assert f"{second}: El agente no tiene sitio para la tarea; con --force la recibe" in spanish.err
    both = override(centre, "assign", centre.task(), second, "--to", centre.agent(capacity=1))
    assert both.err.startswith("error: Nothing was done: 1 of it cannot be; --partial does the rest.")
    said = override(centre, "assign", second, "--to", "luis", "--force")
    assert "1 beyond what the agent may hold, or while they are not there." in said.out
    assert task(centre, second)["agent"] == "luis"


def test_an_agent_is_drained_and_a_queue_frozen(centre: Living) -> None:
    agent, queue = centre.agent(), centre.new("q")
    waiting, held = centre.task(queue=queue), centre.task(queue=queue)
    centre.on_offer("accept", centre.offer(held, agent))
    said = override(centre, "drain", agent, "--until", "tomorrow")
    assert said.out.startswith(f"Done: drain {agent}: 1 task. It holds until ")
    assert task(centre, held)["state"] == "queued"
    said = override(centre, "freeze", queue, "--dry-run")
    assert (
        said.out
        == f"Freeze the queue {queue}: 0 tasks, and nothing is done yet. 2 tasks of the queue would wait."
    )
    done(centre, "freeze", queue)
    assert "waiting frozen" in asked(centre, "tasks", "--queue", queue).out
    why = asked(centre, "why", waiting)
    assert f"freeze the queue {queue}, by dev: tests" in why.out
    said = override(centre, "unfreeze", queue)
    assert said.out == f"Done: unfreeze the queue {queue}. It cannot be taken back."


def test_an_agent_is_kept_from_tasks_and_from_a_whole_queue(centre: Living) -> None:
    id, queue = centre.task(), centre.new("q")
    centre.task(queue=queue)
    said = override(centre, "exclude", id, "--agent", "luis")
    assert said.out.startswith("Done: keep from luis: 1 task.")
    said = override(centre, "exclude", "--whole-queue", queue, "--agent", "luis", "--lang", "es")
    assert said.out.startswith(f"Hecho: vetar la cola {queue} a luis.")


def test_undone_it_holds_no_more(centre: Living) -> None:
    id = centre.task()
    made = done(centre, "pin", id, "--to", "ana")
    said = asked(centre, "override", "undo", made)
    assert (said.code, said.out) == (0, f"Undone: pin to ana: 1 task ({made}).")
    assert task(centre, id)["overrides"] == {}
    again = asked(centre, "override", "undo", made, "--lang", "es")
    assert again.code == 1
    assert again.err == "error: La intervención ya no rige: no queda nada que deshacer."
    missing = asked(centre, "override", "undo", "ov-none")
    assert missing.err.startswith("error: There is no such override. Check the id;")


def test_a_conflict_names_both_and_the_way_out(centre: Living) -> None:
    id = centre.task()
    other = done(centre, "pin", id, "--to", "ana", reason="she knows it")
    said = override(centre, "pin", id, "--to", "luis")
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        f"error: Pin to luis is against {other}: pin, by dev: she knows it. "
        f"Take that one back first: assigner override undo {other}; or put this in its place with --replace."
    )
    spanish = override(centre, "pin", id, "--to", "luis", "--lang", "es")
    assert f"Fijar a luis choca con {other}: fijar, por dev: she knows it. Deshaga esa antes" in spanish.err
    done(centre, "pin", id, "--to", "luis", "--replace")
    assert task(centre, id)["overrides"]["pinned_agent"]["value"] == "luis"


def test_of_many_conflicts_each_is_told(centre: Living) -> None:
    ids = [centre.task() for _ in range(3)]
    other = done(centre, "pin", *ids[:2], "--to", "ana")
    said = override(centre, "pin", *ids, "--to", "luis", "--dry-run")
    assert said.code == 1
    assert said.out.startswith("Pin to luis: it cannot be done as asked.")
    assert said.out.count(f"Pin to luis is against {other}: pin, by dev: tests.") == 2
    said = override(centre, "pin", *ids, "--to", "luis")
    assert said.err.startswith("error: Nothing was done: 2 of it cannot be; --partial does the rest.")
    said = override(centre, "pin", *ids, "--to", "luis", "--partial")
    assert said.out.startswith("Done: pin to luis: 1 task. 2 cannot be done:")
    assert task(centre, ids[2])["overrides"]["pinned_agent"]["value"] == "luis"


def test_a_queue_that_is_frozen_already(centre: Living) -> None:
    queue = centre.new("q")
    centre.task(queue=queue)
    other = done(centre, "freeze", queue, reason="the system is down")
    for flags in ([], ["--dry-run"]):
        said = override(centre, "freeze", queue, *flags)
        assert said.code == 1
        both = f"Freeze the queue {queue} is against {other}: freeze a queue, by dev: the system is down."
        assert both in said.err + said.out


def test_a_state_that_takes_it_no_more(centre: Living) -> None:
    id = centre.in_state("cancelled")
    said = override(centre, "hold", id, "--lang", "es")
    assert f"{id}: está cancelada, y ya no lo admite" in said.err
    said = override(centre, "hold", id, "none-such")
    assert f"{id}: it is cancelled, and takes this no more" in said.err
    assert "none-such: There is no such task." in said.err


def test_reasons_do_nothing_to_the_terminal(centre: Living) -> None:
    id = centre.task()
    other = done(centre, "pin", id, "--to", "ana", reason=NASTY)
    for said in (
        override(centre, "pin", id, "--to", "luis"),
        asked(centre, "overrides", "--task", id),
        asked(centre, "overrides", "--task", id, "--csv"),
        asked(centre, "why", id),
    ):
        assert SHOWN in said.out + said.err
        assert not set(said.text + said.err) & {"\x1b", "\u202e", "\u200b"}
    assert asked(centre, "override", "undo", f"{other}\u202e").code == 1


def test_for_programs_it_is_json(centre: Living) -> None:
    id = centre.task()
    preview = override(centre, "pin", id, "--to", "ana", "--dry-run", "--json")
    assert json.loads(preview.text)["tasks"] == [id]
    made = override(centre, "pin", id, "--to", "ana", "--json")
    assert json.loads(made.text)["touched"] == 1
    [listed] = read(centre, "overrides", "--task", id)
    assert (listed["id"], listed["agent"]) == (json.loads(made.text)["id"], "ana")


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["hold"], 2, "say which tasks: their ids, a filter such as --queue or --tag, or --of AGENT"),
        (["hold", "--lang", "es"], 2, "diga qué tareas: sus identificadores, un filtro como --queue"),
        (["hold", "T1", "--queue", "q"], 2, "say it once: task ids, a filter, --of AGENT or --whole-queue"),
        (["hold", "T1", "--until", "yesterday"], 2, "'yesterday' is past already."),
        (["hold", "T1", "--until", "ayer", "--lang", "es"], 2, "'ayer' ya ha pasado."),
        (["hold", "--queue", "q", "--older-than", "old"], 2, "'old' is no length of time"),
        (["pin", "T1"], 2, "Missing option '--to'"),
        (["pin", "T1", "--to", "nobody-here"], 1, "There is no agent 'nobody-here'"),
        (["pin", "T1", "--to", "nobody-here", "--lang", "es"], 1, "No existe ese agente."),
        (["reprioritise", "T1", "--priority", "101"], 2, "'101' is no priority; expected low, medium, high"),
        (["reprioritise", "T1", "--priority", "alta", "--lang", "es"], 2, "'alta' no es una prioridad"),
        (["transfer", "T1"], 2, "say where: a queue with --to, or what they ask for with --skills"),
        (["transfer", "T1", "--skills", "billing"], 2, "'billing' will not do; expected such as billing:3"),
        (["transfer", "T1", "--skills", "billing:11"], 1, "skills/billing: 11 is out of range"),
        (["hold", "--tag", "nobody-has-it"], 1, "The override is about nothing. Widen the filter"),
        (["hold", "--tag", "nobody-has-it", "--lang", "es"], 1, "No hay tareas así a las que se les pueda"),
        (["freeze", "no-such-queue"], 1, "There is no queue 'no-such-queue'"),
        (["pause", "T1"], 2, "No such command 'pause'"),
    ],
)
def test_what_will_not_do_is_told(centre: Living, args: list[str], code: int, says: str) -> None:
    said = override(centre, *args)
    assert (said.code, said.out) == (code, "")
    assert says in said.err


def test_a_reason_is_required_and_says_something(centre: Living) -> None:
    assert "Missing option '--reason'" in asked(centre, "override", "hold", "T1").err
    assert override(centre, "hold", "T1", reason=" ").err == "error: say why, with --reason: others will ask"


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_has_words_help_and_examples(action: str) -> None:
    assert f"did_{action}" in WORDS
    assert f"  assigner override {action} " in OVERRIDES[action]
    printed = told("override", action, "--help", COLUMNS="100")
    assert HELP[action] in " ".join(printed.split())
    assert "--reason" in printed


def test_one_who_is_drained_gets_it_by_force_and_it_is_told(centre: Living) -> None:
    id, drained = centre.task(), centre.agent()
    done(centre, "drain", drained)
    said = override(centre, "assign", id, "--to", drained)
    assert said.err.endswith(f"{id}: The agent is being drained; --force gives it to them all the same.")
    said = override(centre, "assign", id, "--to", drained, "--lang", "es")
    assert said.err == (
        f"error: No se ha hecho nada: {id}: El agente está en retirada y no recibe nada más; "
        "con --force la recibe igualmente."
    )


def test_a_queue_that_is_not_frozen_is_told_so(centre: Living) -> None:
    queue = centre.new("q")
    centre.task(queue=queue)
    assert override(centre, "unfreeze", queue).err == "error: The queue is not frozen."
    assert override(centre, "unfreeze", queue, "--lang", "es").err == "error: La cola no está congelada."
