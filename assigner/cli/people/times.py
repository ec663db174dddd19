"""How long and when, as people say it."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from api.messages import Language
from assigner.cli.words import say
from assigner.domain.instant import to_ms

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400


def long(ms: float) -> str:
    """A length of time, to two units: `45 s`, `12 min`, `5 h 12 min`, `3 d 4 h`."""
    seconds = int(ms // 1000)
    if seconds < 2 * MINUTE_S:
        return f"{max(0, seconds)} s"
    if seconds < HOUR_S:
        return f"{seconds // MINUTE_S} min"
    if seconds < 2 * DAY_S:
        return f"{seconds // HOUR_S} h {seconds % HOUR_S // MINUTE_S} min"
    return f"{seconds // DAY_S} d {seconds % DAY_S // HOUR_S} h"


def ms_of(instant: str) -> int:
    """The milliseconds of an instant as the service writes it."""
    return to_ms(datetime.fromisoformat(instant))


def at(instant: str | int, now_ms: int, language: Language, zone: tzinfo | None = None) -> str:
    """An instant of the machine's zone, or the one given: `today 17:00`, or `2026-11-23 09:00`."""
    ms = instant if isinstance(instant, int) else ms_of(instant)
    there, now = (datetime.fromtimestamp(one // 1000, UTC).astimezone(zone) for one in (ms, now_ms))
    if there.date() == now.date():
        return say("today_at", language, time=f"{there:%H:%M}")
    return f"{there:%Y-%m-%d %H:%M}"


def exact(instant: str, zone: tzinfo | None = None) -> str:
    """An instant with its day and its offset: `2026-11-22 17:00+01:00`."""
    return datetime.fromisoformat(instant).astimezone(zone).isoformat(" ", "minutes")


def stamp(instant: str, zone: tzinfo | None = None) -> str:
    """An instant for a line of a history: `2026-11-22 10:42:07`."""
    return f"{datetime.fromisoformat(instant).astimezone(zone):%Y-%m-%d %H:%M:%S}"
