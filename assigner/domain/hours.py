"""Business hours: when a calendar is open, and how much open time passes between two instants.

A calendar is open at an instant when the clock on its wall then shows a time within the hours of that day.
So an hour that the clocks skip is not worked, and one that they show twice is worked twice. Instants and
durations are milliseconds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from assigner.domain.instant import DAY_MS, EPOCH, FIRST_MS, LAST_MS, MILLISECOND

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Spans = tuple[tuple[int, int], ...]
"""Parts of a day in order: from a millisecond after midnight on the wall until before another."""

BLOCK_MS = 32 * DAY_MS
"""Open times are worked out for so long at a time."""
MOST_BLOCKS = 512
"""How many blocks are remembered; then all are forgotten, and made again as they are needed."""
FARTHEST_BLOCKS = 140
"""So far is looked for open time: twelve years."""
_PROBE_MS = DAY_MS // 4
"""No zone has put its clocks forward and back again within so long."""
_YEAR = 365
"""Days: fifty-two weeks and one."""
_MONDAY = 3
"""The first day of 1970 was a Thursday."""
_YEAR_ONE = date(1970, 1, 1).toordinal()
_FIRST, _LAST = FIRST_MS + DAY_MS, LAST_MS - DAY_MS
"""Beyond these, there are places where no calendar has a date."""


@dataclass(frozen=True, slots=True)
class Block:
    """The open times of a block: each begins, ends, and has so much open time before it in the block."""

    begins: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]
    total: int

    def passed(self, at: int) -> int:
        """How much open time there is in the block before an instant of it."""
        place = bisect_right(self.begins, at) - 1
        return 0 if place < 0 else self.before[place] + min(at, self.ends[place]) - self.begins[place]

    def reached(self, passed: int) -> int:
        """The first instant before which there is so much open time: above 0, at most the total."""
        place = bisect_left(self.before, passed) - 1
        return self.begins[place] + passed - self.before[place]

    def left_at(self, passed: int) -> int:
        """The last instant before which there is so much open time: at least 0, below the total."""
        place = bisect_right(self.before, passed) - 1
        return self.begins[place] + passed - self.before[place]


@dataclass(frozen=True, slots=True)
class Hours:
    """The open times of a calendar: by weekday from Monday, but for the days that have others.

    `days` counts from 1970; a holiday has none. Those of equal calendars are equal.
    """

    zone: str
    week: tuple[Spans, ...]
    days: Mapping[int, Spans]
    _blocks: dict[int, Block] = field(default_factory=dict, init=False, repr=False, compare=False)

    @staticmethod
    def of(doc: Mapping[str, Any]) -> Hours:
        """The hours of a validated calendar document. A day that is special is no holiday."""
        week = tuple(spans_of(doc.get("hours", {}).get(day, ())) for day in WEEKDAYS)
        days: dict[int, Spans] = dict.fromkeys(map(day_of, doc.get("holidays", ())), ())
        days |= {day_of(day): spans_of(said) for day, said in doc.get("special", {}).items()}
        return Hours(doc["time_zone"], week, days)

    def is_open(self, at: int) -> bool:
        """Whether the calendar is open at an instant."""
        block = self._block(at // BLOCK_MS)
        place = bisect_right(block.begins, at) - 1
        return place >= 0 and at < block.ends[place]

    def between(self, first: int, last: int) -> int:
        """How much open time there is from an instant to a later one; below 0 to an earlier one."""
        if last < first:
            return -self.between(last, first)
        begin, end = first // BLOCK_MS, last // BLOCK_MS
        whole = sum(self._block(number).total for number in range(begin, end))
        return whole + self._block(end).passed(last) - self._block(begin).passed(first)

    def add(self, at: int, open_ms: int) -> int:
        """The first instant when so much open time has passed since another. Below 0: the last instant from
        which so much passes until it.

        Where that is more than twelve years off, the end of those years; never outside the years 1 to 9999.
        """
        found = at if open_ms == 0 else (self._after if open_ms > 0 else self._before)(at, open_ms)
        return min(max(found, FIRST_MS), LAST_MS)

    def next_open(self, at: int) -> int:
        """The first instant from another on at which the calendar is open; `add` says how far is looked."""
        return at if self.is_open(at) else self.add(at, 1) - 1

    def _after(self, at: int, open_ms: int) -> int:
        number = at // BLOCK_MS
        wanted = open_ms + self._block(number).passed(at)
        for here in range(number, number + FARTHEST_BLOCKS):
            block = self._block(here)
            if wanted <= block.total:
                return block.reached(wanted)
            wanted -= block.total
        return (number + FARTHEST_BLOCKS) * BLOCK_MS

    def _before(self, at: int, open_ms: int) -> int:
        number = at // BLOCK_MS
        wanted = open_ms + self._block(number).passed(at)
        for here in range(number, number - FARTHEST_BLOCKS, -1):
            if wanted >= 0 and self._block(here).total:
                return self._block(here).left_at(wanted)
            wanted += self._block(here - 1).total
        return (number - FARTHEST_BLOCKS + 1) * BLOCK_MS

    def _block(self, number: int) -> Block:
        block = self._blocks.get(number)
        if block is None:
            if len(self._blocks) >= MOST_BLOCKS:
                self._blocks.clear()
            block = self._blocks[number] = _block_of(self._open(number * BLOCK_MS))
        return block

    def _open(self, first: int) -> Iterator[tuple[int, int]]:
        """The open times of a block that begins at an instant, in order; one may end as the next begins."""
        for begin, end, offset in _offsets(self.zone, first, first + BLOCK_MS):
            for day in range((begin + offset) // DAY_MS, (end - 1 + offset) // DAY_MS + 1):
                midnight = day * DAY_MS - offset
                for opens, closes in self.on(day):
                    cut = max(begin, midnight + opens), min(end, midnight + closes)
                    if cut[0] < cut[1]:
                        yield cut

    def on(self, day: int) -> Spans:
        """The open times of a day, counted from 1970."""
        found = self.days.get(day)
        return self.week[(day + _MONDAY) % 7] if found is None else found


def shortest_year(hours: Hours) -> tuple[int, int]:
    """The day, counted from 1970, from which a calendar is open least in 365 days, and for how long then.

    Clocks that are put forward and back are not looked at. While no day with hours of its own comes into the
    year or leaves it, only the weekday matters on which it begins: a week of such beginnings is enough.
    """
    week = [sum(ends - begins for begins, ends in spans) for spans in hours.week]
    own = sorted(hours.days)
    more = [sum(e - b for b, e in hours.days[day]) - week[(day + _MONDAY) % 7] for day in own]
    sums = [0, *accumulate(more)]

    def open_from(day: int) -> int:
        usual = sum(week) * (_YEAR // 7) + week[(day + _MONDAY) % 7]
        return usual + sums[bisect_left(own, day + _YEAR)] - sums[bisect_left(own, day)]

    changes = [own[0] - _YEAR - 7 if own else 0, *(at for day in own for at in (day - _YEAR + 1, day + 1))]
    starts = {at + on for at in changes for on in range(7)}
    return min(((day, open_from(day)) for day in starts), key=lambda one: (one[1], one[0]))


def later(hours: Hours | None, at: int, open_ms: int) -> int:
    """When so much time has passed since an instant, by the hours of a calendar or, without one, by all."""
    return min(at + open_ms, LAST_MS) if hours is None else hours.add(at, open_ms)


def day_of(text: str) -> int:
    """The number of a date such as 2026-12-25, counted from 1970. Raises ValueError."""
    return date.fromisoformat(text).toordinal() - _YEAR_ONE


def date_of(day: int) -> str:
    """The date of a number; the first or last there is, beyond the years 1 to 9999."""
    return date.fromordinal(min(max(day + _YEAR_ONE, 1), date.max.toordinal())).isoformat()


def spans_of(said: Iterable[Mapping[str, str]]) -> Spans:
    """Parts of a day as a document has them, in order."""
    return tuple(sorted((wall_ms(span["from"]), wall_ms(span["until"])) for span in said))


def wall_ms(text: str) -> int:
    """The milliseconds since midnight that a clock shows, such as 09:30; 24:00 is the end of the day."""
    hours, minutes = text.split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000


def _block_of(times: Iterable[tuple[int, int]]) -> Block:
    joined: list[tuple[int, int]] = []
    for begins, ends in times:
        if joined and joined[-1][1] == begins:
            joined[-1] = (joined[-1][0], ends)
        else:
            joined.append((begins, ends))
    sums = tuple(accumulate((ends - begins for begins, ends in joined), initial=0))
    return Block(tuple(one[0] for one in joined), tuple(one[1] for one in joined), sums[:-1], sums[-1])


def _offsets(zone: str, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """The stretches of time between two instants in which a zone's offset from UTC is one, and the offset."""
    begin, offset = first, _offset(zone, first)
    for early, late in pairwise((*range(first, last, _PROBE_MS), last)):
        if (then := _offset(zone, late)) != offset:
            at = _changes(zone, early, late)
            yield begin, at, offset
            begin, offset = at, then
    yield begin, last, offset


def _changes(zone: str, early: int, late: int) -> int:
    """The first instant at which the offset is not that of the earlier of two, but that of the later."""
    before = _offset(zone, early)
    while late - early > 1:
        middle = (early + late) // 2
        if _offset(zone, middle) == before:
            early = middle
        else:
            late = middle
    return late


def _offset(zone: str, at: int) -> int:
    """A zone's offset from UTC at an instant, in milliseconds."""
    instant = EPOCH + min(max(at, _FIRST), _LAST) * MILLISECOND
    offset = instant.astimezone(_zone(zone)).utcoffset()
    return 0 if offset is None else offset // MILLISECOND


@lru_cache(maxsize=1_024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
