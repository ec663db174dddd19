"""The only place that reads a clock: time is an argument everywhere else."""

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """What can be asked for the time."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds since an arbitrary instant; never goes back. For durations."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Seconds since an arbitrary instant; never goes back."""
        return time.perf_counter()


@dataclass(slots=True, kw_only=True)
class ManualClock:
    """A clock that stands still until it is moved; for tests and simulations."""

    at_ms: int = 0

    def now_ms(self) -> int:
        """The instant it was moved to."""
        return self.at_ms

    def monotonic_s(self) -> float:
        """The same instant, in seconds."""
        return self.at_ms / 1_000

    def advance(self, ms: int) -> None:
        """Move forward by `ms` milliseconds. Raises ValueError when that would go back."""
        if ms < 0:
            raise ValueError(f"A clock does not go back: {ms} ms.")
        self.at_ms += ms


class Stopwatch:
    """How long each part of something takes, in seconds."""

    def __init__(self, clock: Clock) -> None:
        self.took: dict[str, float] = {}
        self._clock = clock
        self._since = clock.monotonic_s()

    def lap(self, part: str) -> None:
        """A part ends now, which began when the last one ended."""
        now = self._clock.monotonic_s()
        self.took[part] = now - self._since
        self._since = now
