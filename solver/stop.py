"""When to stop: seconds, or a budget of work that replays alike on every machine."""

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A limit in seconds, or in units of work (about a second each, counted without a clock), or none."""

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

    def __init__(self, stop: Stop) -> None:
        self._seconds = stop.seconds
        self._work = math.inf if stop.work is None else stop.work
        self._began = 0.0 if stop.seconds is None else time.monotonic()

    @property
    def timed(self) -> bool:
        """Whether a clock is running, so that work must be interruptible."""
        return self._seconds is not None

    def spend(self, work: float) -> None:
        """Count work done."""
        self._work -= work

    def left(self) -> float:
        """Seconds, or units of work, left; never below 0."""
        if self._seconds is None:
            return max(0.0, self._work)
        return max(0.0, self._seconds - (time.monotonic() - self._began))
