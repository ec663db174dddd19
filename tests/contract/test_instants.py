"""Instants are RFC 3339 with an offset, cut off to milliseconds."""

from typing import Any

import pytest

from api.messages import Job
from tests.contract.refusing import agent, faults, task
from tests.fundamentals.asking import NOW_MS, Json, ask

PLACES: list[tuple[Any, str]] = [
    (lambda x: {"now": x}, "/now"),
    (lambda x: task(created_at=x), "/tasks/0/created_at"),
    (lambda x: task(due_at=x), "/tasks/0/due_at"),
    (lambda x: task(not_before=x), "/tasks/0/not_before"),
    (lambda x: task(cooling_down={"a": x}), "/tasks/0/cooling_down/a"),
    (lambda x: agent(available_from=x), "/agents/0/available_from"),
    (lambda x: agent(available_until=x), "/agents/0/available_until"),
    (lambda x: agent(idle_since=x), "/agents/0/idle_since"),
]
BAD = (
    "",
    "now",
    "2026-11-23",
    "09:00:00Z",
    "2026-11-23T09:00Z",
    "2026-11-23T24:00:00Z",
    "2026-11-23T09:60:00Z",
    "2026-13-01T09:00:00Z",
    "2026-02-29T09:00:00Z",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "2026-11-23T09:00:00+25:00",
    "2026-11-23T09:00:00 Z",
    " 2026-11-23T09:00:00Z",
    "2026-11-23T09:00:00Z\n",
    "2026-W48-1T09:00:00Z",
    "20261123T090000Z",
    "1795420800",
    "2026-11-23T09:00:00,5Z",
    "٢٠٢٦-11-23T09:00:00Z",
)


@pytest.mark.parametrize(("make", "pointer"), PLACES, ids=[place[1] for place in PLACES])
def test_what_is_no_instant(make: Any, pointer: str) -> None:
    """What is not an RFC 3339 instant is refused, and one without an offset as `naive_instant`."""
    for text in BAD:
        assert faults(make(text)) == [(pointer, "bad_instant")], text
    for text in ("2026-11-23T09:00:00", "2026-11-23T09:00:00.5"):
        assert faults(make(text)) == [(pointer, "naive_instant")], text
    for other in (NOW_MS, True, 1.5, [], {}):
        assert faults(make(other)) == [(pointer, "wrong_type")], other


def opens(at: str, now: str = "2026-11-23T00:00:00Z") -> Any:
    """How the answer writes the instant at which a task opens."""
    (waiting,) = ask(now=now, tasks=[{"id": "t", "not_before": at}], agents=[{"id": "a"}])["unassigned"]
    return waiting["unblock"]["at"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-23T09:00:00Z", "2026-11-23T09:00:00Z"),
        ("2026-11-23t09:00:00z", "2026-11-23T09:00:00Z"),
        ("2026-11-23T09:00:00+01:00", "2026-11-23T08:00:00Z"),
        ("2026-11-23T09:00:00-09:30", "2026-11-23T18:30:00Z"),
        ("2026-11-23T09:00:00-00:00", "2026-11-23T09:00:00Z"),
        ("2026-11-23T09:00:00.1Z", "2026-11-23T09:00:00.100Z"),
        ("2026-11-23T09:00:00.1239Z", "2026-11-23T09:00:00.123Z"),
        ("2026-11-23T09:00:00.999999Z", "2026-11-23T09:00:00.999Z"),
        ("2026-11-23T09:00:00.123456789123456789Z", "2026-11-23T09:00:00.123Z"),
        ("2028-02-29T23:59:59.999Z", "2028-02-29T23:59:59.999Z"),
    ],
)
def test_offsets_and_fractions(written: str, read: str) -> None:
    """Any offset and any number of digits are read; the answer is in UTC, what is finer than a ms cut off."""
    assert opens(written) == read


def test_the_seventh_digit_is_cut_off_too() -> None:
    """An instant is truncated, never rounded up into the next second."""
    assert opens("2026-11-23T09:00:00.9999999Z") == "2026-11-23T09:00:00.999Z"


def test_before_1970_too_it_is_cut_off() -> None:
    """Truncation goes towards the past on both sides of 1970."""
    assert opens("1969-12-31T23:59:59.9999Z", now="1960-01-01T00:00:00Z") == "1969-12-31T23:59:59.999Z"


ENDS = [
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "0001-01-01T00:00:00-23:59",
    "9999-12-31T23:59:59.999Z",
    "9999-12-31T23:59:59+23:59",
    "9999-12-31T23:59:59-23:59",
]


@pytest.mark.parametrize("now", ENDS)
@pytest.mark.parametrize("other", ENDS)
def test_the_ends_of_time(now: str, other: str) -> None:
    """The first and the last years are instants like others, in every field and with every offset."""
    times: Json = {"created_at": other, "due_at": other}
    tasks = [
        {"id": "t", **times, "not_before": other},
        {"id": "u", **times, "cooling_down": {"a": other, "b": other, "c": other}},
        {"id": "v", **times},
    ]
    agents = [
        {"id": "a", "available_from": other, "idle_since": other},
        {"id": "b", "available_until": other, "idle_since": other},
        {"id": "c", "idle_since": other},
    ]
    for language in ("en", "es"):
        job = Job(now_ms=NOW_MS, request_id="r-1", language=language)
        found = ask(job, now=now, tasks=tasks, agents=agents, explain="pairs")
        assert len(found["assignments"]) + len(found["unassigned"]) == 3
        assert all(1 <= pair["value"] <= 2**35 for pair in found["pairs"])


def test_without_now_it_is_the_service_clock() -> None:
    """Where the request gives no `now`, or null, the service's clock says it."""
    body: Json = {
        "tasks": [{"id": "t", "not_before": "2026-11-23T09:00:00+01:00"}],
        "agents": [{"id": "a"}],
    }
    for now_ms, assigned in ((NOW_MS - 1, 0), (NOW_MS, 1)):
        job = Job(now_ms=now_ms, request_id="r-1")
        assert len(ask(job, **body, now=None)["assignments"]) == assigned


def test_a_missing_created_at_is_now() -> None:
    """A task without `created_at` has waited no time, whatever `now` is."""
    for now in ("1970-01-01T00:00:00Z", "2026-11-23T09:00:00Z", "9999-01-01T00:00:00Z"):
        found = ask(now=now, tasks=[{"id": "t", "priority": 0}], agents=[{"id": "a"}])
        assert found["assignments"][0]["terms"]["urgency"] == 1
