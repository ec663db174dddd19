"""Instants as people say them: `17:00`, `2h`, `tomorrow 9:00`, `viernes 12:00`, `2026-11-23 09:00`, RFC 3339.

Without an offset they are of the machine's zone, or the one given.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from assigner.domain.instant import FIRST_MS, LAST_MS, to_ms

_PART: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-zí]+)\s*")
_SPAN: Final = re.compile(rf"(?:{_PART.pattern})+")
_UNITS: Final = {
    "s": 1, "m": 60, "min": 60, "minute": 60, "minutes": 60, "minuto": 60, "minutos": 60,
    "h": 3_600, "hour": 3_600, "hours": 3_600, "hora": 3_600, "horas": 3_600,
    "d": 86_400, "day": 86_400, "days": 86_400, "día": 86_400, "días": 86_400, "dia": 86_400, "dias": 86_400,
    "w": 604_800, "week": 604_800, "weeks": 604_800, "sem": 604_800, "semana": 604_800, "semanas": 604_800,
}  # fmt: skip
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?")
_DAY: Final = re.compile(r"(\S+?)(?:\s+(?:at|a las|a la)?\s*(\d{1,2}:\d\d))?")
_WEEKDAYS: Final = (
    ("monday", "mon", "lunes"),
    ("tuesday", "tue", "martes"),
    ("wednesday", "wed", "miercoles", "miércoles"),
    ("thursday", "thu", "jueves"),
    ("friday", "fri", "viernes"),
    ("saturday", "sat", "sabado", "sábado"),
    ("sunday", "sun", "domingo"),
)
_NEAR: Final = {
    "today": 0, "hoy": 0, "tomorrow": 1, "mañana": 1, "manana": 1, "yesterday": -1, "ayer": -1,
}  # fmt: skip

Zone = tzinfo | None
"""None: the machine's."""


class NoInstant(ValueError):
    """A text that says no instant, or none on the right side of now; `key` is that of the sentence."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key
        self.text = text


def coming(text: str, now_ms: int, zone: Zone = None) -> int:
    """The next instant that the text says, in milliseconds. Raises NoInstant."""
    found = _said(text, now_ms, zone, ahead=True)
    if found <= now_ms:
        raise NoInstant("instant_past", text)
    return found


def past(text: str, now_ms: int, zone: Zone = None) -> int:
    """The last instant that the text says, in milliseconds; a span counts back. Raises NoInstant."""
    found = _said(text, now_ms, zone, ahead=False)
    if found > now_ms:
        raise NoInstant("instant_coming", text)
    return found


def span_ms(text: str) -> int:
    """The length of a time such as `2h`, `1h30m` or `7 d`, in milliseconds. Raises NoInstant."""
    words = text.strip().lower()
    parts = _PART.findall(words) if _SPAN.fullmatch(words) else []
    if not all(unit in _UNITS for _, unit in parts):
        raise NoInstant("no_span", text)
    seconds = sum(float(number.replace(",", ".")) * _UNITS[unit] for number, unit in parts)
    if not 0 < seconds * 1000 <= LAST_MS:
        raise NoInstant("no_span", text)
    return round(seconds * 1000)


def _said(text: str, now_ms: int, zone: Zone, *, ahead: bool) -> int:
    words = " ".join(text.split()).lower().removeprefix("in ").removeprefix("en ")
    try:
        now = datetime.fromtimestamp(now_ms // 1000, UTC).astimezone(zone)
        found = _ms(words, now_ms, now, zone, ahead)
    except (OverflowError, ValueError, OSError):
        raise NoInstant("no_instant", text) from None
    if found is None or not FIRST_MS <= found <= LAST_MS:
        raise NoInstant("no_instant", text)
    return found


def _ms(words: str, now_ms: int, now: datetime, zone: Zone, ahead: bool) -> int | None:
    if _SPAN.fullmatch(words):
        return now_ms + span_ms(words) * (1 if ahead else -1)
    if re.match(r"\d{4}-", words):
        instant = datetime.fromisoformat(words.upper())
        return to_ms(instant if instant.tzinfo else _there(instant, zone))
    if clock := _CLOCK.fullmatch(words):
        return _next(now.date(), _time(clock), 1, now_ms, zone, ahead)
    day = _DAY.fullmatch(words)
    return _day(day[1], _time(_CLOCK.fullmatch(day[2] or "0:00")), now, now_ms, zone, ahead) if day else None


def _day(word: str, at: time, now: datetime, now_ms: int, zone: Zone, ahead: bool) -> int | None:
    """A day by its name, at an instant of it."""
    if word in _NEAR:
        return _at(now.date() + timedelta(_NEAR[word]), at, zone)
    weekday = next((number for number, names in enumerate(_WEEKDAYS) if word in names), None)
    if weekday is None:
        return None
    this_week = now.date() + timedelta((weekday - now.weekday()) % 7)
    return _next(this_week, at, 7, now_ms, zone, ahead)


def _next(day: date, at: time, step: int, now_ms: int, zone: Zone, ahead: bool) -> int:
    """The first such instant after now, or the last that is not, going by so many days."""
    if ahead:
        found = _at(day, at, zone)
        return found if found > now_ms else _at(day + timedelta(step), at, zone)
    found = _at(day, at, zone)
    return found if found <= now_ms else _at(day - timedelta(step), at, zone)


def _time(clock: re.Match[str] | None) -> time:
    """What a clock shows; 24:00 is none."""
    hours, minutes, seconds = clock.groups() if clock else ("0", "0", None)
    return time(int(hours), int(minutes), int(seconds or 0))


def _at(day: date, at: time, zone: Zone) -> int:
    return to_ms(_there(datetime.combine(day, at), zone))


def _there(naive: datetime, zone: Zone) -> datetime:
    """What the clocks of a zone show, as an instant."""
    return naive.astimezone() if zone is None else naive.replace(tzinfo=zone)
