"""When an agent is there: shifts, inside an outer window. Instants are milliseconds since 1970."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Shift = tuple[int, int]
"""The first instant on shift, and the first one after it."""

_NEVER = 2**61
"""An instant after all others."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `begins` until `ends`, which is not in it; None: without a beginning, or without an end."""

    begins: int | None = None
    ends: int | None = None

    def holds(self, at: int) -> bool:
        """Whether an instant is in it."""
        return (self.begins is None or self.begins <= at) and (self.ends is None or at < self.ends)


def windows(shifts: Iterable[Shift], outer: Window) -> tuple[Window, ...]:
    """When an agent is there, in order: the parts of the shifts in the outer window, adjoining ones as one.

    Without shifts it is the outer window. Where no shift has a part in it, it is one window that holds
    nothing.
    """
    joined: list[Shift] = []
    for shift in sorted(shifts):
        if joined and shift[0] <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], shift[1]))
        else:
            joined.append(shift)
    if not joined:
        return (outer,)
    cut = [(_later(begins, outer.begins), _earlier(ends, outer.ends)) for begins, ends in joined]
    inside = [(begins, ends) for begins, ends in cut if begins < ends]
    return tuple(Window(*shift) for shift in inside or cut[-1:])


def current(windows: Sequence[Window], at: int) -> int:
    """The position of the window that holds an instant, else of the next to begin, else of the last."""
    last = len(windows) - 1
    return next((i for i, window in enumerate(windows) if window.ends is None or at < window.ends), last)


def reach(windows: Sequence[Window], position: int) -> Shift:
    """From when, and until before when, a window is the `current` one."""
    before = windows[position - 1].ends if position else None
    ends = windows[position].ends if position < len(windows) - 1 else None
    return (-_NEVER if before is None else before, _NEVER if ends is None else ends)


def pause(breaks: Sequence[Window], at: int) -> tuple[Window | None, Shift]:
    """The break that holds an instant, if one does; and from when, and until before when, that is so.

    The breaks have a beginning and an end, and are in order.
    """
    place = bisect_right(breaks, at, key=lambda window: window.begins or 0) - 1
    before = breaks[place].ends or 0 if place >= 0 else -_NEVER
    if at < before:
        return breaks[place], (breaks[place].begins or 0, before)
    return None, (before, breaks[place + 1].begins or 0 if place + 1 < len(breaks) else _NEVER)


def next_beginning(windows: Iterable[Window], after: int) -> int | None:
    """The first instant after another at which a window begins; None where none does."""
    begins = (window.begins for window in windows if window.begins is not None and window.begins > after)
    return next(begins, None)


def clashes(shifts: Mapping[int, Shift]) -> Iterator[tuple[int, int | None]]:
    """(number, None) of each shift that does not end after it begins; (number, other) of each that begins
    before another one has ended, which began no later.
    """
    latest: int | None = None
    for number, (begins, ends) in sorted(shifts.items(), key=lambda each: each[1]):
        if ends <= begins:
            yield number, None
            continue
        if latest is not None and begins < shifts[latest][1]:
            yield number, latest
        if latest is None or ends > shifts[latest][1]:
            latest = number


def strays(shift: Shift, breaks: Mapping[int, Shift]) -> Iterator[int]:
    """The number of each break that is not inside its shift."""
    return (number for number, (begins, ends) in breaks.items() if begins < shift[0] or ends > shift[1])


def _later(instant: int, other: int | None) -> int:
    return instant if other is None else max(instant, other)


def _earlier(instant: int, other: int | None) -> int:
    return instant if other is None else min(instant, other)
