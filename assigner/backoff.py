"""Pauses after a fault of our own, which would only happen again at once: ever longer, and told of once."""

from __future__ import annotations

import logging
from dataclasses import dataclass

LONGEST_S = 30.0
"""The longest pause; also how long all has to go well for a fault to count as a new one."""
_logger = logging.getLogger("assigner")


@dataclass(slots=True, kw_only=True)
class Backoff:
    """How often something has failed lately. `until_s` is when the last pause ended."""

    shortest_s: float
    pause_s: float = 0.0
    until_s: float = 0.0
    told: str = ""

    def failed(self, error: Exception, what: str, now_s: float) -> float:
        """How long to pause now, in seconds: at first `shortest_s`, then twice as long as the last time.

        `what` is written to the log with the error, where it is not the one that was told of last.
        """
        again = bool(self.told) and now_s < self.until_s + LONGEST_S
        self.pause_s = min(2 * self.pause_s, LONGEST_S) if again else self.shortest_s
        if not again or repr(error) != self.told:
            _logger.error("%s", what, exc_info=error)
        self.told, self.until_s = repr(error), now_s + self.pause_s
        return self.pause_s
