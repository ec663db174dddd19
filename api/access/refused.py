"""Who is turned away at the edge, and how often: told in few lines of the log, however many they are."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Final

from api.errors import ApiError
from assigner.domain.frozen import frozen

WRONG: Final = "The key or token is unknown, has been revoked, or has expired."
CHALLENGE: Final = 'Bearer error="invalid_token"'
"""The `WWW-Authenticate` of who has shown something that is no good (RFC 6750)."""
QUIET_S: Final = 10.0
"""How long those who are turned away are only counted, after a line of the log has told of one."""
_logger = logging.getLogger("assigner.access")


@frozen
class Refused:
    """A request that gets no further: the code of its error, and why, which only the log and metrics tell."""

    code: str
    why: str
    detail: str = ""


def no_longer() -> ApiError:
    """The error of a caller who has been let in, and who may stay no longer."""
    return ApiError("unauthorized", WRONG, headers={"WWW-Authenticate": CHALLENGE})


class TurnedAway:
    """Tells the log of who was turned away: of the first at once, of all who follow after a while."""

    def __init__(self) -> None:
        self._since: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def note(self, why: str, peer: str) -> None:
        """Somebody at this address was turned away."""
        if self._timer:
            self._since[why] += 1
            return
        _logger.warning("A request was turned away", extra={"fields": {"why": why, "peer": peer}})
        self._timer = asyncio.get_running_loop().call_later(QUIET_S, self._tell)

    def _tell(self) -> None:
        self._timer = None
        if not self._since:
            return
        fields = dict(self._since)
        self._since.clear()
        self._timer = asyncio.get_running_loop().call_later(QUIET_S, self._tell)
        _logger.warning("Requests were turned away", extra={"fields": fields})
