"""Business hours: by hand where the clocks change, and against a look at the clock minute by minute."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assigner.domain.hours import FARTHEST_BLOCKS, WEEKDAYS, Hours, date_of, day_of, later, shortest_year
from assigner.domain.instant import LAST_MS, ms_of, rfc3339

HOUR, MINUTE = 3_600_000, 60_000
OFFICE = [{"from": "09:00", "until": "14:00"}, {"from": "15:00", "until": "18:00"}]
NIGHT = [{"from": "00:00", "until": "06:00"}, {"from": "22:00", "until": "24:00"}]


def hours(zone: str, spans: Any, **more: Any) -> Hours:
    """The same hours on every day."""
    return Hours.of({"time_zone": zone, "hours": dict.fromkeys(WEEKDAYS, spans), **more})


def weekdays(zone: str, spans: Any, **more: Any) -> Hours:
    return Hours.of({"time_zone": zone, "hours": dict.fromkeys(WEEKDAYS[:5], spans), **more})


@pytest.mark.parametrize(
    ("zone", "spans", "at", "open_h", "due"),
    [
        # A working day, its lunch, its evening, its weekend.
        ("Europe/Madrid", OFFICE, "2026-11-23T09:00+01:00", 5, "2026-11-23T13:00:00Z"),
        ("Europe/Madrid", OFFICE, "2026-11-23T13:30+01:00", 1, "2026-11-23T14:30:00Z"),
        ("Europe/Madrid", OFFICE, "2026-11-23T17:00+01:00", 2, "2026-11-24T09:00:00Z"),
        ("Europe/Madrid", OFFICE, "2026-11-27T17:00+01:00", 2, "2026-11-30T09:00:00Z"),
        ("Europe/Madrid", OFFICE, "2026-11-28T12:00+01:00", 8, "2026-11-30T17:00:00Z"),
        # Spring forward on 2026-03-29 at 02:00: the night of that day has an hour less.
        ("Europe/Madrid", NIGHT, "2026-03-28T22:00+01:00", 7, "2026-03-29T04:00:00Z"),
        ("Europe/Madrid", NIGHT, "2026-03-29T01:30+01:00", 1, "2026-03-29T01:30:00Z"),
        ("Europe/Madrid", OFFICE, "2026-03-27T17:00+01:00", 2, "2026-03-30T08:00:00Z"),
        # Back on 2026-10-25 at 03:00: it has an hour more.
        ("Europe/Madrid", NIGHT, "2026-10-24T22:00+02:00", 8, "2026-10-25T04:00:00Z"),
        ("Europe/Madrid", NIGHT, "2026-10-24T22:00+02:00", 9, "2026-10-25T05:00:00Z"),
        ("Europe/Madrid", OFFICE, "2026-10-23T17:00+02:00", 2, "2026-10-26T09:00:00Z"),
        # Chile puts its clocks back at midnight on 2026-04-04 (24:00 is 23:00), forward on 2026-09-06.
        ("America/Santiago", NIGHT, "2026-04-04T22:00-03:00", 3, "2026-04-05T04:00:00Z"),
        ("America/Santiago", NIGHT, "2026-09-05T22:00-04:00", 3, "2026-09-06T05:00:00Z"),
        # Nepal is 5:45 ahead of UTC and leaves its clocks alone.
        ("Asia/Kathmandu", OFFICE, "2026-03-27T17:00+05:45", 2, "2026-03-30T04:15:00Z"),
        # Lord Howe puts its clocks forward by half an hour on 2026-10-04.
        ("Australia/Lord_Howe", NIGHT, "2026-10-03T22:00+10:30", 7, "2026-10-03T18:30:00Z"),
    ],
)
def test_when_so_much_open_time_has_passed(zone: str, spans: Any, at: str, open_h: int, due: str) -> None:
    calendar = (hours if spans is NIGHT else weekdays)(zone, spans)
    assert rfc3339(calendar.add(ms_of(at), open_h * HOUR)) == due
    assert calendar.between(ms_of(at), ms_of(due.replace("Z", "+00:00"))) == open_h * HOUR


def test_a_time_of_day_that_is_skipped_is_not_worked_and_one_shown_twice_is_worked_twice() -> None:
    """From 02:00 to 02:30 at the changes of Madrid: nothing in March; in October once, closed, and again."""
    calendar = hours("Europe/Madrid", [{"from": "02:00", "until": "02:30"}])
    spring, autumn = ms_of("2026-03-29T00:00+01:00"), ms_of("2026-10-25T00:00+02:00")
    assert calendar.between(spring, spring + 23 * HOUR) == 0
    assert calendar.between(autumn, autumn + 25 * HOUR) == HOUR
    opens = [rfc3339(calendar.next_open(autumn + after * HOUR)) for after in (0, 3)]
    assert opens == ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"]
    assert not calendar.is_open(ms_of("2026-10-25T02:30+02:00"))


def test_holidays_are_closed_and_special_days_have_hours_of_their_own() -> None:
    """A special day wins over a holiday, and over its weekday."""
    said: dict[str, Any] = {
        "holidays": ["2026-12-25", "2026-12-24"],
        "special": {
            "2026-12-24": [{"from": "09:00", "until": "12:00"}],
            "2026-12-26": OFFICE,
            "2026-12-28": [],
        },
    }
    calendar = weekdays("Europe/Madrid", OFFICE, **said)
    eve = ms_of("2026-12-24T11:00+01:00")
    assert [rfc3339(calendar.add(eve, open_h * HOUR)) for open_h in (1, 2, 9, 10)] == [
        "2026-12-24T11:00:00Z",
        "2026-12-26T09:00:00Z",
        "2026-12-26T17:00:00Z",
        "2026-12-29T09:00:00Z",
    ]


def test_the_end_of_open_time_is_when_it_closes_and_its_beginning_when_it_opens() -> None:
    """Forward the first instant counts, backward the last: in the evening, not on the morning after."""
    calendar = weekdays("Europe/Madrid", OFFICE)
    friday, monday = ms_of("2026-11-27T18:00+01:00"), ms_of("2026-11-30T09:00+01:00")
    assert calendar.add(friday - HOUR, HOUR) == friday
    assert calendar.add(monday + HOUR, -HOUR) == monday
    assert calendar.next_open(friday) == monday
    assert calendar.add(friday, 0) == friday
    assert (calendar.is_open(friday - 1), calendar.is_open(friday), calendar.is_open(monday)) == (
        True,
        False,
        True,
    )


@pytest.mark.parametrize("at", ["0001-01-01T00:00+00:00", "9999-12-31T23:59+00:00", "9999-12-31T23:59-23:59"])
def test_an_instant_at_the_ends_of_time_has_a_promise_too(at: str) -> None:
    calendar = weekdays("America/Santiago", OFFICE)
    begins = min(ms_of(at), LAST_MS)
    assert begins <= calendar.add(begins, 8 * HOUR) <= LAST_MS
    assert calendar.add(begins, -8 * HOUR) <= begins
    assert later(None, begins, 8 * HOUR) <= LAST_MS


def test_where_a_calendar_never_opens_the_search_ends() -> None:
    """No such calendar comes in by the door; one that is stored may be older than the check."""
    shut = Hours.of({"time_zone": "UTC", "hours": {}})
    at = ms_of("2026-01-01T00:00+00:00")
    assert at < shut.add(at, 1) < at + (FARTHEST_BLOCKS + 1) * 32 * 24 * HOUR
    assert at > shut.add(at, -1) > at - (FARTHEST_BLOCKS + 1) * 32 * 24 * HOUR


# Against the clock on the wall.

ZONES = (
    "Europe/Madrid",
    "America/Santiago",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "UTC",
)
CHANGES = ("2026-03-29", "2026-10-25", "2026-04-05", "2026-09-06", "2026-10-04", "2026-02-15", "2026-07-01")
times = st.integers(0, 96).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")


@st.composite
def spans(draw: st.DrawFn) -> list[dict[str, str]]:
    """Up to three parts of a day that do not overlap."""
    edges = sorted(draw(st.sets(times, max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return [{"from": begins, "until": ends} for begins, ends in pairs]


@st.composite
def calendars(draw: st.DrawFn) -> dict[str, Any]:
    middle = day_of(draw(st.sampled_from(CHANGES)))
    near = st.integers(middle - 4, middle + 4).map(date_of)
    return {
        "time_zone": draw(st.sampled_from(ZONES)),
        "hours": {day: draw(spans()) for day in WEEKDAYS},
        "holidays": draw(st.lists(near, max_size=2)),
        "special": draw(st.dictionaries(near, spans(), max_size=2)),
        "middle": middle,
    }


def shows_open(doc: Mapping[str, Any], at: int) -> bool:
    """Whether the clock on the wall shows an open time."""
    shown = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).astimezone(
        ZoneInfo(doc["time_zone"])
    )
    day, time = shown.date().isoformat(), f"{shown:%H:%M}"
    if day in doc["special"]:
        open_then = doc["special"][day]
    else:
        open_then = [] if day in doc["holidays"] else doc["hours"][WEEKDAYS[shown.weekday()]]
    return any(span["from"] <= time < span["until"] for span in open_then)


@settings(max_examples=60, deadline=None)
@given(calendars(), st.data())
def test_it_is_open_when_the_clock_on_the_wall_says_so(doc: dict[str, Any], data: st.DataObject) -> None:
    """Minute by minute over a week in which clocks may change: `is_open`, `between`, `add`, `next_open`."""
    calendar = Hours.of(doc)
    first = (doc["middle"] - 3) * 24 * HOUR
    count = 7 * 24 * 60
    truth = [shows_open(doc, first + number * MINUTE) for number in range(count)]
    assert [calendar.is_open(first + number * MINUTE) for number in range(count)] == truth
    one, other = sorted(data.draw(st.tuples(st.integers(0, count), st.integers(0, count))))
    passed = sum(truth[one:other])
    begin, end = first + one * MINUTE, first + other * MINUTE
    assert calendar.between(begin, end) == -calendar.between(end, begin) == passed * MINUTE
    opened = [number for number in range(one, other) if truth[number]]
    if opened:
        assert calendar.add(begin, passed * MINUTE) == first + (opened[-1] + 1) * MINUTE
        assert calendar.add(end, -passed * MINUTE) == first + opened[0] * MINUTE
        assert calendar.next_open(begin) == first + opened[0] * MINUTE


@settings(deadline=None)
@given(calendars(), st.integers(0, 2**41), st.integers(1, 40 * HOUR))
def test_what_is_added_has_passed(doc: dict[str, Any], at: int, open_ms: int) -> None:
    """To the millisecond, anywhere between 1970 and 2039, for any hours that are open at all."""
    calendar = Hours.of(doc)
    if not any(doc["hours"].values()):
        return
    due, since = calendar.add(at, open_ms), calendar.add(at, -open_ms)
    assert calendar.between(at, due) == calendar.between(since, at) == open_ms
    assert calendar.is_open(due - 1)
    assert calendar.is_open(since)


@settings(deadline=None, max_examples=30)
@given(calendars())
def test_the_shortest_year_is_the_shortest(doc: dict[str, Any]) -> None:
    """By the clock on the wall, over every year into which a day with hours of its own comes, or leaves."""
    calendar = Hours.of(doc)
    day, open_ms = shortest_year(calendar)

    def wall(first: int) -> int:
        return sum(ends - begins for on in range(first, first + 365) for begins, ends in calendar.on(on))

    assert wall(day) == open_ms
    middle = doc["middle"]
    around = (*range(middle - 376, middle - 354), *range(middle - 12, middle + 12))
    assert open_ms == min(map(wall, around))
