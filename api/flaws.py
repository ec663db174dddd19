"""What is wrong with a queue's settings and an agent's shifts beyond the types of their fields.

Each flaw is a place, a code of FAULTS and a sentence. Parts of other types than they should have are passed
over here: those have been found already.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import msgspec

from api.shapes import CalendarIn, PointIn, QueuePut, ServiceLevelIn
from assigner.domain import curve
from assigner.domain.calendar import Shift, clashes, strays
from assigner.domain.hours import Hours, date_of, day_of, shortest_year, wall_ms
from assigner.domain.queue import crossings

Flaw = tuple[tuple[str | int, ...], str, str]
Doc = Mapping[str, Any]
Reader = Callable[[Any], int | None]
"""The milliseconds of an instant; None of what is none."""

LEAST_OPEN_MS = 3_600_000
MOST_YEARS = 5
"""A promise may take no longer than the calendar is open in so many of its shortest years."""
NO_PLACES = {"localtime", "Factory"}
"""What some machines have among the zones: the one of the machine, and none at all."""
LONGEST_ZONE = 64
"""No zone has a longer name; to look for one like a text takes time as long as the text."""
SHIFT = ("from", "until")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OF_CURVES = {
    "one_side": "Give either before_s or after_s, not both and not neither.",
    "same_place": "Another point is at the same time: drop one of the two.",
    "not_rising": "A curve never falls, and it rises at its end: raise these points, or drop the point.",
}


def queue_flaws(queue: Doc) -> Iterator[Flaw]:
    """Of a queue's settings."""
    asked = {name: queue[name] for name in ("relaxation", "floor") if name in queue}
    if _fits(asked, QueuePut):
        for step, skill, floor in crossings(asked):
            below = f"This step asks less of {_show(skill)} than the floor, {floor}."
            yield ("relaxation", step), "below_floor", below
    hours = None
    calendar = queue.get("calendar")
    if calendar is not None and _fits(calendar, CalendarIn):
        found = list(_of_calendar(calendar))
        yield from found
        hours = None if found else Hours.of(calendar)
    levels, points = queue.get("service_levels"), queue.get("curve")
    if levels is not None and _fits(levels, list[ServiceLevelIn]):
        yield from _of_levels(levels, hours)
    if points is not None and _fits(points, list[PointIn]):
        yield from _of_curve(points)


def span(said: Any, names: tuple[str, str], read: Reader) -> Shift | None:
    """The two instants of these names; None where they are not both there to be read."""
    begins, ends = (read(said.get(name)) for name in names) if isinstance(said, dict) else (None, None)
    return None if begins is None or ends is None else (begins, ends)


def agent_flaws(agent: Doc, read: Reader) -> Iterator[Flaw]:
    """Of an agent's shifts and their breaks: those that end first, overlap, or are outside; of those whose
    instants are instants, as `read` says.
    """
    shifts = _read(agent.get("shifts"), read)
    yield from _of_spans(("shifts",), shifts, "shift")
    for number, shift in shifts.items():
        breaks = _read(agent["shifts"][number].get("breaks"), read)
        place = ("shifts", number, "breaks")
        yield from _of_spans(place, breaks, "break")
        outside = "The break is not inside its shift: move it, or make the shift longer."
        yield from (((*place, stray), "outside_shift", outside) for stray in strays(shift, breaks))


def _read(said: Any, read: Reader) -> dict[int, Shift]:
    known = {i: span(one, SHIFT, read) for i, one in enumerate(said if isinstance(said, list) else ())}
    return {i: one for i, one in known.items() if one is not None}


def _of_spans(place: tuple[str | int, ...], spans: Mapping[int, Shift], what: str) -> Iterator[Flaw]:
    for number, other in clashes(spans):
        if other is None:
            ends = f"The {what} ends before it begins, or at once: let it end later."
            yield (*place, number, "until"), "ends_first", ends
        else:
            first = "/".join(map(str, ("", *place, other)))
            overlap = f"The {what} begins before {first} ends: move it, or join the two."
            yield (*place, number, "from"), "overlap", overlap


def _of_calendar(calendar: Doc) -> Iterator[Flaw]:
    found = [*_of_zone(calendar["time_zone"]), *_of_days(calendar)]
    yield from found
    if not found:
        day, open_ms = shortest_year(Hours.of(calendar))
        if open_ms < LEAST_OPEN_MS:
            least = f"In the year from {date_of(day)} it is open for {open_ms // 60_000} minutes"
            never = f"{least}; expected 60 at least: open more, or drop holidays."
            yield ("calendar", "hours"), "never_open", never


def _of_zone(zone: str) -> Iterator[Flaw]:
    if zone not in _zones():
        near = difflib.get_close_matches(zone[:LONGEST_ZONE], sorted(_zones()), n=1)
        maybe = f" Maybe '{near[0]}'." if near else ""
        unknown = f"{_show(zone)} is no time zone of the IANA database, such as Europe/Madrid.{maybe}"
        yield ("calendar", "time_zone"), "unknown_zone", unknown


def _of_days(calendar: Doc) -> Iterator[Flaw]:
    for day, spans in calendar["hours"].items():
        yield from _of_hours(("calendar", "hours", day), spans)
    for number, day in enumerate(calendar.get("holidays", ())):
        yield from _of_date(("calendar", "holidays", number), day)
    for day, spans in calendar.get("special", {}).items():
        yield from _of_date(("calendar", "special", day), day)
        yield from _of_hours(("calendar", "special", day), spans)


def _of_hours(place: tuple[str | int, ...], spans: list[Doc]) -> Iterator[Flaw]:
    """Hours of a day that are misspelt, end first, or overlap."""
    read: dict[int, Shift] = {}
    for number, span in enumerate(spans):
        wrong = [name for name in ("from", "until") if not _is_time(span[name], last=name == "until")]
        for name in wrong:
            to = "24:00" if name == "until" else "23:59"
            detail = f"{_show(span[name])} will not do; expected a time such as 09:30, from 00:00 to {to}."
            yield (*place, number, name), "bad_time", detail
        if not wrong:
            read[number] = wall_ms(span["from"]), wall_ms(span["until"])
    for where, code, detail in _of_spans(place, read, "time"):
        night = " Hours over midnight are two: until 24:00, and from 00:00 on the day after."
        yield where, code, detail + (night if code == "ends_first" else "")


def _is_time(text: str, *, last: bool) -> bool:
    return _TIME.fullmatch(text) is not None or (last and text == "24:00")


def _of_date(place: tuple[str | int, ...], text: str) -> Iterator[Flaw]:
    if _DATE.fullmatch(text):
        try:
            day_of(text)
        except ValueError:
            pass
        else:
            return
    yield place, "bad_date", f"{_show(text)} is no day; expected one such as 2026-12-25."


def _of_levels(levels: list[Doc], hours: Hours | None) -> Iterator[Flaw]:
    seen: dict[str | None, int] = {}
    most_ms = None if hours is None else MOST_YEARS * shortest_year(hours)[1]
    for number, level in enumerate(levels):
        place, category = ("service_levels", number), level.get("category")
        if seen.setdefault(category, number) != number:
            whose = "the other tasks have" if category is None else f"{_show(category)} has"
            twice = f"What {whose} is said by /service_levels/{seen[category]} already: drop one of the two."
            yield (*place, "category"), "repeated", twice
        yield from (((*place, *where), code, detail) for where, code, detail in _of_level(level, most_ms))


def _of_level(level: Doc, most_ms: int | None) -> Iterator[Flaw]:
    names = ("first_response_s", "resolution_s")
    response, resolution = (level.get(name) for name in names)
    if response is None and resolution is None and level.get("at_risk_s") is None:
        nothing = "It promises nothing: give first_response_s, resolution_s or both"
        yield (), "no_promise", f"{nothing}; at_risk_s alone is for tasks that bring their due_at."
    if response is not None and resolution is not None and response > resolution:
        late = f"An agent takes a task before it is done: expected at most resolution_s, {_show(resolution)}."
        yield ("first_response_s",), "out_of_range", late
    for name in (*names, "at_risk_s"):
        if most_ms is not None and (level.get(name) or 0) * 1000 > most_ms:
            far = f"This is open time, and {MOST_YEARS} years have {most_ms // 1000:,} seconds of it"
            yield (name,), "out_of_range", f"{far}: lower it, or open more."


def _of_curve(points: list[Doc]) -> Iterator[Flaw]:
    if len(points) < 2:
        yield ("curve",), "too_few", f"{len(points)} points are no curve; expected 2 at least."
    yield from ((("curve", number), code, _OF_CURVES[code]) for number, code in curve.flaws(points))


def _fits(said: Any, kind: Any) -> bool:
    """Whether something is of the right types."""
    try:
        msgspec.convert(said, kind)
    except msgspec.ValidationError:
        return False
    return True


def _show(value: Any) -> str:
    return msgspec.json.encode(value).decode()[:60]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - NO_PLACES)
