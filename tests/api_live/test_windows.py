"""The availability window of an agent: what never holds is refused, and what is kept already goes on."""

import json

import pytest

from assigner.domain.instant import rfc3339
from assigner.store.base import PutAgent
from tests.api_live.living import Json, Living, faults

DAY = "2026-11-23T"
NINE, TEN, NOON, ONE, TWO = (f"{DAY}{hour:02}:00:00Z" for hour in (9, 10, 12, 13, 14))
MORNING: Json = {"from": NINE, "until": TEN}
LUNCH: Json = {"from": NOON, "until": ONE}
ENDS_FIRST = [("/available_until", "ends_first")]


def window(begins: str | None, ends: str | None, *shifts: Json) -> Json:
    return {"available_from": begins, "available_until": ends, "shifts": list(shifts)}


@pytest.mark.parametrize(
    "said",
    [window(NOON, NINE), window(NINE, "2026-11-23T10:00:00.0009+01:00"), window(NOON, NINE, MORNING)],
    ids=["before", "at once", "with a shift"],
)
def test_a_window_that_ends_first_is_refused(centre: Living, said: Json) -> None:
    """However it is said: put, in a batch, or as what a patch makes of an agent who is kept."""
    agent = centre.agent()
    assert faults(centre.ask("PUT", f"/v1/agents/{centre.new('a')}", said)) == ENDS_FIRST
    assert faults(centre.ask("PATCH", f"/v1/agents/{agent}", said)) == ENDS_FIRST
    answer = centre.ask("POST", "/v1/agents/batch", json.dumps({"id": agent, **said}).encode()).json()
    assert (answer["status"], [(each["pointer"], each["code"]) for each in answer["errors"]]) == (
        422,
        ENDS_FIRST,
    )
    assert centre.ask("GET", f"/v1/agents/{agent}").json()["version"] == 1


def test_a_window_of_a_millisecond_is_a_window(centre: Living) -> None:
    said = window(NINE, "2026-11-23T09:00:00.001Z")
    assert centre.ask("PUT", f"/v1/agents/{centre.new('a')}", said).status_code == 201


def test_a_patch_is_judged_by_what_it_makes_of_the_agent_and_may_move_both_ends(centre: Living) -> None:
    path = f"/v1/agents/{centre.agent(**window(NINE, TEN, MORNING))}"
    refused = centre.ask("PATCH", path, {"available_from": NOON})
    assert faults(refused) == ENDS_FIRST
    assert refused.json()["errors"][0]["detail"] == (
        f'"{TEN}" is not after available_from, "{NOON}": move one of the two, or both in one request.'
    )
    both = {"available_from": NOON, "available_until": ONE}
    assert centre.ask("PATCH", path, both).json()["available_until"] == ONE


def test_all_that_is_wrong_of_an_agents_times_comes_at_once(centre: Living) -> None:
    backwards: Json = {"from": ONE, "until": NOON}
    said = window(NOON, NINE, backwards, {"from": NINE})
    assert set(faults(centre.ask("PUT", "/v1/agents/any", said))) == {
        *ENDS_FIRST,
        ("/shifts/0/until", "ends_first"),
        ("/shifts/1/until", "missing"),
    }
    naive = window(NOON, f"{DAY}09:00:00")
    assert faults(centre.ask("PUT", "/v1/agents/any", naive)) == [("/available_until", "naive_instant")]


def test_an_agent_kept_from_before_goes_on_off_shift_until_mended(centre: Living) -> None:
    agent, skill = centre.new("a"), centre.new("s")
    doc = {"available_from": NOON, "available_until": NINE, "skills": {skill: 1}}
    put = PutAgent(op=agent, actor="x", now=centre.clock.now_ms(), agent=agent, doc=doc, capacity=1)
    centre.dispatch("put_agent", put)
    path = f"/v1/agents/{agent}"
    assert centre.ask("GET", path).json()["available_from"] == NOON
    assert centre.ask("PUT", f"{path}/presence", {"presence": "available"}).status_code == 200
    task = centre.task(skills={skill: 1})
    why = centre.ask("GET", f"/v1/tasks/{task}/explanation").json()
    assert (why["reason"], why["refusals"]["off_shift"]) == ("off_shift", 1)
    mended = {"available_from": rfc3339(0), "available_until": None, "shifts": None}
    assert centre.ask("PATCH", path, mended).status_code == 200
