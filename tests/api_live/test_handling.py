"""GET /v1/handling: what was learned of how long agents take, of everybody and of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api_live.living import Json, Living, faults, living

SECOND = 1_000
MINUTES = {("fraud", "ana"): (20, 20, 21), ("fraud", "bob"): (40, 38, 42), ("orders", "bob"): (2, 2, 2)}


def complete(centre: Living, category: str, agent: str, minutes: int) -> None:
    task = centre.task(category=category)
    centre.on_offer("accept", centre.offer(task, agent))
    assert centre.ask("POST", f"/v1/tasks/{task}/start", {}).status_code == 200
    centre.clock.advance(minutes * 60 * SECOND)
    assert centre.ask("POST", f"/v1/tasks/{task}/complete", {}).status_code == 200


@pytest.fixture(scope="module")
def worked() -> Iterator[Living]:
    with living() as centre:
        for agent in ("ana", "bob", "eva"):
            assert centre.ask("PUT", f"/v1/agents/{agent}", {"capacity": 9}).status_code == 201
        for (category, agent), times in MINUTES.items():
            for minutes in times:
                complete(centre, category, agent, minutes)
        yield centre


def rows(centre: Living, query: str = "") -> list[Json]:
    answer = centre.ask("GET", f"/v1/handling{query}")
    assert answer.status_code == 200, answer.text
    items: list[Json] = answer.json()["items"]
    return items


def places(found: list[Json]) -> list[tuple[str, Any]]:
    return [(row["category"], row["agent"]) for row in found]


ALL = [("fraud", None), ("fraud", "ana"), ("fraud", "bob"), ("orders", None), ("orders", "bob")]


def test_what_is_expected_of_everybody_comes_before_what_is_expected_of_each(worked: Living) -> None:
    found = rows(worked)
    assert places(found) == ALL
    assert [row["n"] for row in found] == [6, 3, 3, 3, 3]
    everybody, ana, bob, _, orders = (row["mean_s"] for row in found)
    assert 20 * 60 < ana * 1.3 < bob < 50 * 60
    assert ana < everybody < bob
    assert 60 < orders < 300
    assert found[0].keys() == {"category", "agent", "mean_s", "spread", "n"}
    assert all(0 < row["spread"] < 1.1 for row in found)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?category=fraud", ALL[:3]),
        ("?agent=bob", [ALL[2], ALL[4]]),
        ("?agent=bob&category=orders", [ALL[4]]),
        ("?agent=eva", []),
        ("?category=none", []),
    ],
)
def test_it_is_found_by_category_and_by_agent(
    worked: Living, query: str, expected: list[tuple[str, Any]]
) -> None:
    assert places(rows(worked, query)) == expected


@pytest.mark.parametrize("filters", ["", "&agent=bob", "&category=fraud"])
def test_it_is_listed_a_page_at_a_time(worked: Living, filters: str) -> None:
    found, cursor = [], ""
    while True:
        answer = worked.ask("GET", f"/v1/handling?limit=1{filters}{cursor}").json()
        found += answer["items"]
        if answer["next"] is None:
            break
        assert len(answer["items"]) == 1
        cursor = f"&cursor={answer['next']}"
    assert found == rows(worked, f"?{filters.removeprefix('&')}" if filters else "")


def test_a_query_that_is_none_is_refused(worked: Living) -> None:
    assert faults(worked.ask("GET", "/v1/handling?queue=x")) == [("/query/queue", "unknown_field")]
    assert faults(worked.ask("GET", "/v1/handling?limit=0")) == [("/query/limit", "out_of_range")]
    assert faults(worked.ask("GET", "/v1/handling?cursor=x")) == [("/query/cursor", "bad_cursor")]


def test_what_the_client_says_of_an_agent_counts_as_it_does_in_decisions(worked: Living) -> None:
    before = rows(worked, "?agent=ana")[0]["mean_s"]
    said = {"capacity": 9, "handle_s": {"fraud": 7200}}
    assert worked.ask("PUT", "/v1/agents/ana", said).status_code == 200
    assert rows(worked, "?agent=ana")[0]["mean_s"] > 1.2 * before
    assert worked.ask("PUT", "/v1/agents/ana", {"capacity": 9}).status_code == 200
    assert rows(worked, "?agent=ana")[0]["mean_s"] == before


def test_where_nothing_was_completed_nothing_is_listed(centre: Living) -> None:
    centre.task(category="unheard of")
    assert rows(centre, "?category=unheard%20of") == []
