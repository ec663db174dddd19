"""What clients asked and what they were told: one side of the proof; the store's own events are the other."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum


class Result(StrEnum):
    """What a client knows of a request in the end."""

    OK = "ok"
    """It was done: the service said so."""
    FAIL = "fail"
    """It was refused: the service said so."""
    UNKNOWN = "unknown"
    """No answer, or one that leaves it open (5xx): it may have been done."""


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One request: unknown from when it is sent until it is answered. Instants are monotonic seconds.

    `op` is its Idempotency-Key: a retry is another attempt of the same op. `target` is the id of the task, of
    the offer or of the agent.
    """

    client: str
    verb: str
    target: str
    op: str
    began: float
    ended: float | None = None
    result: Result = Result.UNKNOWN
    code: str = ""


@dataclass(slots=True)
class History:
    """All attempts of all clients, in the order in which they began."""

    attempts: list[Attempt] = field(default_factory=list)

    def invoke(self, client: str, verb: str, target: str, op: str) -> Attempt:
        """Note a request that is about to be sent."""
        attempt = Attempt(client=client, verb=verb, target=target, op=op, began=time.monotonic())
        self.attempts.append(attempt)
        return attempt

    def answered(self, attempt: Attempt, result: Result, code: str = "") -> Result:
        """Note its answer, or that there is none."""
        attempt.ended, attempt.result, attempt.code = time.monotonic(), result, code
        return result

    def acknowledged(self) -> list[Attempt]:
        """An attempt of each op that was done, as far as a client was told."""
        return list({one.op: one for one in self.attempts if one.result is Result.OK}.values())

    def refused(self) -> set[str]:
        """The ops of which every attempt was refused: none of them was done."""
        results: defaultdict[str, set[Result]] = defaultdict(set)
        for one in self.attempts:
            results[one.op].add(one.result)
        return {op for op, found in results.items() if found == {Result.FAIL}}
