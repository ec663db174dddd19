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
NEVER = [("/shifts", "never_on_shift")]


def window(begins: str | None, ends: str | None, *shifts: Json) -> Json:
    return {"available_from": begins, "available_until": ends, "shifts": list(shifts)}


NEVER_THERE: list[tuple[Json, list[tuple[str, str]]]] = [
    (window(NOON, NINE), ENDS_FIRST),
    (window(NINE, "2026-11-23T10:00:00.0009+01:00"), ENDS_FIRST),
    (window(NOON, NINE, MORNING), ENDS_FIRST),
    (window(NOON, None, MORNING), NEVER),
    (window(TEN, None, MORNING), NEVER),
    (window(None, NOON, LUNCH), NEVER),
    (window(TEN, NOON, LUNCH, MORNING), NEVER),
]


@pytest.mark.parametrize(("said", "found"), NEVER_THERE, ids=[str(i) for i in range(len(NEVER_THERE))])
def test_an_agent_who_would_never_be_there_is_refused(
    centre: Living, said: Json, found: list[tuple[str, str]]
) -> None:
    """However it is said: put, in a batch, or as what a patch makes of an agent who is kept."""
    agent = centre.agent()
    assert faults(centre.ask("PUT", f"/v1/agents/{centre.new('a')}", said)) == found
    assert faults(centre.ask("PATCH", f"/v1/agents/{agent}", said)) == found
    answer = centre.ask("POST", "/v1/agents/batch", json.dumps({"id": agent, **said}).encode()).json()
    assert (answer["status"], [(each["pointer"], each["code"]) for each in answer["errors"]]) == (422, found)
    assert centre.ask("GET", f"/v1/agents/{agent}").json()["version"] == 1


@pytest.mark.parametrize(
    "said",
    [
        window(NINE, "2026-11-23T09:00:00.001Z"),
        window(NOON, None),
        window(None, NINE),
        window("2026-11-23T09:59:59.999Z", None, MORNING),
        window(NINE, NOON, MORNING, LUNCH),
        window(TEN, ONE, MORNING, LUNCH),
    ],
)
def test_an_agent_who_is_there_at_all_is_taken(centre: Living, said: Json) -> None:
    """A part of one of the shifts inside the window is enough."""
    assert centre.ask("PUT", f"/v1/agents/{centre.new('a')}", said).status_code == 201


def test_a_patch_is_judged_by_what_it_makes_of_the_agent_and_may_move_both_ends(centre: Living) -> None:
    path = f"/v1/agents/{centre.agent(**window(NINE, TEN, MORNING))}"
    refused = centre.ask("PATCH", path, {"available_from": NOON})
    assert faults(refused) == ENDS_FIRST
    assert refused.json()["errors"][0]["detail"] == (
        f'"{TEN}" is not after available_from, "{NOON}": move one of the two, or both in one request.'
    )
    both = {"available_from": NOON, "available_until": ONE}
    refused = centre.ask("PATCH", path, both)
    assert faults(refused) == NEVER
    assert refused.json()["errors"][0]["detail"] == (
        "No shift has a part in the window from available_from until available_until: the agent would be off "
        "shift for ever. Move the shifts or the window, or both in one request."
    )
    assert centre.ask("PATCH", path, {**both, "shifts": [LUNCH]}).json()["available_until"] == ONE
    assert centre.ask("PATCH", path, {"available_until": None}).status_code == 200


def test_all_that_is_wrong_of_an_agents_times_comes_at_once(centre: Living) -> None:
    """Whether shifts are outside is not said while they, or the window, are not known to be right."""
    backwards: Json = {"from": ONE, "until": NOON}
    said = window(NOON, NINE, backwards, {"from": NINE})
    assert set(faults(centre.ask("PUT", "/v1/agents/any", said))) == {
        *ENDS_FIRST,
        ("/shifts/0/until", "ends_first"),
        ("/shifts/1/until", "missing"),
    }
    for shift, fault in ((backwards, "ends_first"), ({"from": NINE, "until": 7}, "wrong_type")):
        refused = centre.ask("PUT", "/v1/agents/any", window(TWO, None, shift))
        assert faults(refused) == [("/shifts/0/until", fault)]
    naive = window(NOON, f"{DAY}09:00:00", MORNING)
    assert set(faults(centre.ask("PUT", "/v1/agents/any", naive))) == {
        ("/available_until", "naive_instant"),
        *NEVER,
    }


@pytest.mark.parametrize("said", [window(NOON, NINE), window(NOON, None, MORNING)], ids=["window", "shifts"])
def test_an_agent_kept_from_before_goes_on_off_shift_until_mended(centre: Living, said: Json) -> None:
    agent, skill = centre.new("a"), centre.new("s")
    doc = {name: value for name, value in said.items() if value} | {"skills": {skill: 1}}
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
