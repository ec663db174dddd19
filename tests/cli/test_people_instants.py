"""Instants as people say them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from assigner.cli.people.instants import NoInstant, coming, past, span_ms
from assigner.cli.people.times import at, long
from assigner.domain.instant import to_ms

MADRID = ZoneInfo("Europe/Madrid")


def ms(text: str) -> int:
    return to_ms(datetime.fromisoformat(text))


NOW = ms("2026-11-20T10:30:00+01:00")
"""A Friday."""


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("17:00", "2026-11-20T17:00+01:00"),
        ("9:05", "2026-11-21T09:05+01:00"),
        ("17:00:30", "2026-11-20T17:00:30+01:00"),
        ("2h", "2026-11-20T12:30+01:00"),
        ("in 90 min", "2026-11-20T12:00+01:00"),
        ("en 1h30m", "2026-11-20T12:00+01:00"),
        ("1,5 horas", "2026-11-20T12:00+01:00"),
        ("2 días", "2026-11-22T10:30+01:00"),
        ("1 w", "2026-11-27T10:30+01:00"),
        ("today 17:00", "2026-11-20T17:00+01:00"),
        ("tomorrow", "2026-11-21T00:00+01:00"),
        ("Tomorrow at 9:00", "2026-11-21T09:00+01:00"),
        ("mañana  a las 9:00", "2026-11-21T09:00+01:00"),
        ("friday 17:00", "2026-11-20T17:00+01:00"),
        ("friday", "2026-11-27T00:00+01:00"),
        ("lunes 8:00", "2026-11-23T08:00+01:00"),
        ("2026-11-23", "2026-11-23T00:00+01:00"),
        ("2026-11-23 09:00", "2026-11-23T09:00+01:00"),
        ("2026-07-01 09:00", "2026-07-01T09:00+02:00"),
        ("2026-11-23T09:00:00Z", "2026-11-23T09:00Z"),
        ("2026-11-23t09:00:00-03:00", "2026-11-23T12:00Z"),
    ],
)
def test_what_is_to_come(text: str, instant: str) -> None:
    now = NOW if ms(instant) > NOW else ms("2026-01-01T00:00Z")
    assert coming(text, now, MADRID) == ms(instant)


def test_summer_begins_meanwhile() -> None:
    """Tomorrow at nine is at nine, though the night is an hour shorter; a day is twenty-four hours."""
    saturday = ms("2026-03-28T12:00:00+01:00")
    assert coming("tomorrow 9:00", saturday, MADRID) == ms("2026-03-29T09:00+02:00")
    assert coming("1d", saturday, MADRID) == ms("2026-03-29T13:00+02:00")
    assert coming("9:00", saturday, MADRID) == ms("2026-03-29T09:00+02:00")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("7d", "2026-11-13T10:30+01:00"),
        ("9:00", "2026-11-20T09:00+01:00"),
        ("17:00", "2026-11-19T17:00+01:00"),
        ("today", "2026-11-20T00:00+01:00"),
        ("ayer 8:00", "2026-11-19T08:00+01:00"),
        ("monday", "2026-11-16T00:00+01:00"),
        ("friday 17:00", "2026-11-13T17:00+01:00"),
        ("2026-11-01", "2026-11-01T00:00+01:00"),
    ],
)
def test_what_is_past(text: str, instant: str) -> None:
    assert past(text, NOW, MADRID) == ms(instant)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "25:00", "2x", "tomorrow 9", "2026-13-01", "9999999999d", "h", "fri 99:00", "2026-", "١٧"],
)
def test_what_is_no_instant(text: str) -> None:
    with pytest.raises(NoInstant) as refused:
        coming(text, NOW, MADRID)
    assert refused.value.key in ("no_instant", "no_span")


def test_what_is_on_the_wrong_side_of_now() -> None:
    with pytest.raises(NoInstant) as refused:
        coming("yesterday", NOW, MADRID)
    assert refused.value.key == "instant_past"
    with pytest.raises(NoInstant) as refused:
        past("tomorrow", NOW, MADRID)
    assert refused.value.key == "instant_coming"


def test_lengths_of_time() -> None:
    assert (span_ms("2h"), span_ms("1h30m"), span_ms("7 d")) == (7_200_000, 5_400_000, 604_800_000)
    for text in ("0h", "2", "2 moons", "-2h"):
        with pytest.raises(NoInstant):
            span_ms(text)


def test_how_long_and_when_as_people_say_it() -> None:
    lengths = [long(seconds * 1000) for seconds in (0, 119, 120, 3_599, 18_720, 273_600)]
    assert lengths == ["0 s", "119 s", "2 min", "59 min", "5 h 12 min", "3 d 4 h"]
    assert at(ms("2026-11-20T17:00+01:00"), NOW, "en", MADRID) == "today 17:00"
    assert at("2026-11-20T23:30:00Z", NOW, "es", MADRID) == "2026-11-21 00:30"
    assert at("2026-11-20T23:30:00Z", NOW, "es", UTC) == "hoy 23:30"
