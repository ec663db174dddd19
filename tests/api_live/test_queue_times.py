"""What a queue's document may say of time: calendars, service levels, curves; and what it may not."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.api_live.living import Json, Living
from tests.api_live.test_agents import faults

WEEK: Json = {day: [{"from": "09:00", "until": "18:00"}] for day in ("mon", "tue", "wed", "thu", "fri")}
CALENDAR: Json = {
    "time_zone": "Europe/Madrid",
    "hours": WEEK,
    "holidays": ["2026-12-25", "2027-01-06"],
    "special": {"2026-12-24": [{"from": "09:00", "until": "14:00"}, {"from": "22:00", "until": "24:00"}]},
}
CURVE: list[Json] = [
    {"before_s": 14400, "points": 0},
    {"after_s": 0, "points": 40},
    {"after_s": 60, "points": 41},
]
MONDAYS = [(date(2026, 1, 5) + timedelta(weeks=week)).isoformat() for week in range(104)]


def with_hours(**more: Any) -> Json:
    return {"calendar": {**CALENDAR, **more}}


def with_day(*spans: Json) -> Json:
    return with_hours(hours={**WEEK, "sat": list(spans)})


def test_a_queue_gives_back_what_was_said_of_its_time(centre: Living) -> None:
    path = f"/v1/queues/{centre.new('q')}"
    levels: list[Json] = [
        {"first_response_s": 3600, "resolution_s": 28800, "at_risk_s": 1800},
        {"category": "fraud", "first_response_s": 900},
    ]
    said: Json = {"calendar": CALENDAR, "service_levels": levels, "curve": CURVE, "rule": "priority_first"}
    made = centre.ask("PUT", path, said)
    assert made.status_code == 201, made.text
    assert {name: made.json()[name] for name in said} == said
    again = centre.ask("GET", path).json()
    assert {name: again[name] for name in said} == said
    bare = centre.ask("PUT", path, {}).json()
    kept = {name: bare[name] for name in said}
    assert kept == {"calendar": None, "service_levels": [], "curve": None, "rule": "price_and_hold"}


FAULTY: list[tuple[Json, str, str]] = [
    (with_hours(time_zone="Europe/Madird"), "/calendar/time_zone", "unknown_zone"),
    (with_hours(time_zone=""), "/calendar/time_zone", "unknown_zone"),
    (with_hours(time_zone="../../etc/passwd"), "/calendar/time_zone", "unknown_zone"),
    (with_hours(time_zone="localtime"), "/calendar/time_zone", "unknown_zone"),
    (with_hours(hours={"monday": []}), "/calendar/hours/monday", "unknown_field"),
    (with_day({"from": "9:00", "until": "18:00"}), "/calendar/hours/sat/0/from", "bad_time"),
    (with_day({"from": "24:00", "until": "24:00"}), "/calendar/hours/sat/0/from", "bad_time"),
    (with_day({"from": "09:00", "until": "24:01"}), "/calendar/hours/sat/0/until", "bad_time"),
    (with_day({"from": "22:00", "until": "06:00"}), "/calendar/hours/sat/0/until", "ends_first"),
    (with_day({"from": "09:00", "until": "09:00"}), "/calendar/hours/sat/0/until", "ends_first"),
    (
        with_day({"from": "09:00", "until": "12:00"}, {"from": "11:00", "until": "13:00"}),
        "/calendar/hours/sat/1/from",
        "overlap",
    ),
    (with_hours(holidays=["2026-12-25", "25/12/2026"]), "/calendar/holidays/1", "bad_date"),
    (with_hours(holidays=["2026-02-30"]), "/calendar/holidays/0", "bad_date"),
    (with_hours(special={"2026-W01-1": []}), "/calendar/special/2026-W01-1", "bad_date"),
    (
        with_hours(special={"2026-12-24": [{"from": "10:00", "until": "9:00"}]}),
        "/calendar/special/2026-12-24/0/until",
        "bad_time",
    ),
    (with_hours(hours={}), "/calendar/hours", "never_open"),
    (with_hours(hours={"mon": []}), "/calendar/hours", "never_open"),
    (
        with_hours(hours={}, holidays=["0001-01-01", "9999-12-31"], special={}),
        "/calendar/hours",
        "never_open",
    ),
    (
        with_hours(hours={"tue": [{"from": "09:00", "until": "09:01"}]}, holidays=[], special={}),
        "/calendar/hours",
        "never_open",
    ),
    (
        with_hours(hours={}, special={"2026-12-24": [{"from": "09:00", "until": "14:00"}]}),
        "/calendar/hours",
        "never_open",
    ),
    ({"calendar": {"hours": WEEK}}, "/calendar/time_zone", "missing"),
    ({"service_levels": [{"resolution_s": 0}]}, "/service_levels/0/resolution_s", "out_of_range"),
    ({"service_levels": [{"first_response_s": 0.2}]}, "/service_levels/0/first_response_s", "out_of_range"),
    ({"service_levels": [{"resolution_s": 31_536_001}]}, "/service_levels/0/resolution_s", "out_of_range"),
    (
        {"service_levels": [{"resolution_s": 60, "at_risk_s": 0}]},
        "/service_levels/0/at_risk_s",
        "out_of_range",
    ),
    ({"service_levels": [{"category": "fraud"}]}, "/service_levels/0", "no_promise"),
    (
        {"service_levels": [{"resolution_s": 60}, {"resolution_s": 90}]},
        "/service_levels/1/category",
        "repeated",
    ),
    (
        {"service_levels": [{"resolution_s": 60, "first_response_s": 61}]},
        "/service_levels/0/first_response_s",
        "out_of_range",
    ),
    (
        {
            **with_hours(hours={"mon": [{"from": "09:00", "until": "10:00"}]}, holidays=[], special={}),
            "service_levels": [{"resolution_s": 31_536_000}],
        },
        "/service_levels/0/resolution_s",
        "out_of_range",
    ),
    ({"curve": []}, "/curve", "too_few"),
    ({"curve": [{"after_s": 0, "points": 1}]}, "/curve", "too_few"),
    ({"curve": [*CURVE, {"points": 50}]}, "/curve/3", "one_side"),
    ({"curve": [*CURVE, {"points": 50, "before_s": 1, "after_s": 1}]}, "/curve/3", "one_side"),
    ({"curve": [*CURVE, {"before_s": 0, "points": 40}]}, "/curve/3", "same_place"),
    ({"curve": [*CURVE, {"after_s": 90, "points": 41}]}, "/curve/3", "not_rising"),
    ({"curve": [*CURVE, {"after_s": 30, "points": 3}]}, "/curve/3", "not_rising"),
    ({"curve": [*CURVE, {"after_s": 90, "points": -1}]}, "/curve/3/points", "out_of_range"),
    ({"rule": "fifo"}, "/rule", "unknown_value"),
]


@pytest.mark.parametrize(("said", "pointer", "code"), FAULTY, ids=[f"{row[1]} {row[2]}" for row in FAULTY])
def test_what_cannot_be_is_refused_at_its_place(centre: Living, said: Json, pointer: str, code: str) -> None:
    assert faults(centre.ask("PUT", "/v1/queues/any", said)) == [(pointer, code)]


def test_hours_that_overlap_name_the_others_where_they_stand(centre: Living) -> None:
    said = with_day({"from": "09:00", "until": "12:00"}, {"from": "11:00", "until": "13:00"})
    (fault,) = centre.ask("PUT", "/v1/queues/any", said).json()["errors"]
    assert fault["pointer"] == "/calendar/hours/sat/1/from"
    assert "before /calendar/hours/sat/0 ends" in fault["detail"]


def test_a_calendar_that_is_closed_for_a_year_in_between_is_refused(centre: Living) -> None:
    """Wherever the year begins: here it is neither of the calendar, nor with the first of the holidays."""
    early = {"mon": [{"from": "09:00", "until": "18:00"}]}
    shut = with_hours(hours=early, holidays=MONDAYS[20:72], special={})
    refused = centre.ask("PUT", "/v1/queues/any", shut)
    assert faults(refused) == [("/calendar/hours", "never_open")]
    assert "In the year from 2026-05-19 it is open for 0 minutes" in refused.text
    less = with_hours(hours=early, holidays=MONDAYS[20:71], special={})
    assert centre.ask("PUT", f"/v1/queues/{centre.new('q')}", less).status_code == 201


def test_all_faults_come_at_once_and_say_what_to_change(centre: Living) -> None:
    said: Json = {
        "calendar": {"time_zone": "Europe/Madird", "hours": {"mon": [{"from": "9", "until": "8"}]}},
        "service_levels": [{"resolution_s": 0}],
        "curve": [{"points": 1}],
        "relaxation": [{"after_s": 60, "drop": ["es"]}],
        "floor": {"es": 3},
    }
    refused = centre.ask("PUT", "/v1/queues/any", said)
    assert faults(refused) == [
        ("/service_levels/0/resolution_s", "out_of_range"),
        ("/relaxation/0", "below_floor"),
        ("/calendar/time_zone", "unknown_zone"),
        ("/calendar/hours/mon/0/from", "bad_time"),
        ("/calendar/hours/mon/0/until", "bad_time"),
        ("/curve", "too_few"),
        ("/curve/0", "one_side"),
    ]
    details = [fault["detail"] for fault in refused.json()["errors"]]
    assert details[2].endswith("Maybe 'Europe/Madrid'.")
    assert "expected a time such as 09:30, from 00:00 to 24:00" in details[4]


SHIFT = {"from": "2026-11-23T09:00:00+01:00", "until": "2026-11-23T17:00:00+01:00"}


def a_break(begins: str, ends: str) -> Json:
    return {"from": f"2026-11-23T{begins}:00+01:00", "until": f"2026-11-23T{ends}:00+01:00"}


def test_breaks_are_kept_with_their_shift(centre: Living) -> None:
    path = f"/v1/agents/{centre.agent()}"
    pauses = [a_break("14:00", "15:00"), a_break("11:00", "11:15")]
    assert centre.ask("PUT", path, {"shifts": [{**SHIFT, "breaks": pauses}]}).status_code == 200
    [kept] = centre.ask("GET", path).json()["shifts"]
    assert kept["breaks"][0] == {"from": "2026-11-23T13:00:00Z", "until": "2026-11-23T14:00:00Z"}
    assert len(kept["breaks"]) == 2


@pytest.mark.parametrize(
    ("breaks", "where", "code"),
    [
        ([a_break("14:00", "13:00")], "0/until", "ends_first"),
        ([a_break("14:00", "15:00"), a_break("14:30", "15:30")], "1/from", "overlap"),
        ([a_break("08:30", "09:30")], "0", "outside_shift"),
        ([a_break("16:30", "17:30")], "0", "outside_shift"),
        ([{"from": "2026-11-23T14:00:00+01:00"}], "0/until", "missing"),
        ([{**a_break("14:00", "15:00"), "paid": True}], "0/paid", "unknown_field"),
    ],
)
def test_breaks_that_cannot_be_are_refused(centre: Living, breaks: list[Json], where: str, code: str) -> None:
    said = {"shifts": [{**SHIFT, "breaks": breaks}]}
    assert faults(centre.ask("PUT", "/v1/agents/any", said)) == [(f"/shifts/0/breaks/{where}", code)]
