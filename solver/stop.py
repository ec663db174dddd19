"""When to stop: seconds, or a budget of work that replays alike on every machine."""

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A limit in seconds, or in units of work (about a second each, counted without a clock).
    With neither, the answer is proven best, however long that takes.
    """

    seconds: float | None = None
    work: float | None = None

    def __post_init__(self) -> None:
        if self.seconds is not None and self.work is not None:
            raise ValueError("a stop is either seconds or work, not both")
        for limit in (self.seconds, self.work):
            if limit is not None and not limit >= 0:
                raise ValueError(f"a limit of {limit} is not a number from 0 up")

    def start(self) -> "Countdown":
        """Begin counting now."""
        return Countdown(self)


class Countdown:
    """What is left of a stop that has been started."""

    def __init__(self, stop: Stop, whole: "Countdown | None" = None) -> None:
        self._whole = whole
        self._end = math.inf if stop.seconds is None else time.monotonic() + stop.seconds
        self._work = math.inf if stop.work is None else stop.work

    def share(self, part: float) -> "Countdown":
        """A countdown of this part (0..1) of what is left; its work is counted here too."""
        if self._end < math.inf:
            return Countdown(Stop(seconds=part * self.seconds()), self)
        return Countdown(Stop(work=None if self._work == math.inf else part * self.work()), self)

    def spend(self, work: float) -> None:
        """Count work done."""
        self._work -= work
        if self._whole:
            self._whole.spend(work)

    def seconds(self) -> float:
        """Seconds left, never below 0; infinite without a clock."""
        return math.inf if self._end == math.inf else max(0.0, self._end - time.monotonic())

    def work(self) -> float:
        """Units of work left, never below 0; infinite without a budget."""
        return max(0.0, self._work)

    def left(self) -> float:
        """The lesser of both."""
        return min(self.seconds(), self.work())
