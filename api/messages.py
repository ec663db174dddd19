"""What passes between the API and a worker process: a job in, a reply out.

The bytes of a request and of its answer travel beside these, in shared memory.
"""

from dataclasses import dataclass, field
from typing import Literal, TypedDict

from assigner.config import Limits, Settings

Language = Literal["en", "es"]


class Facts(TypedDict, total=False):
    """Small numbers about one answer, for the metrics. Durations are in seconds."""

    tasks: int
    agents: int
    groups: int
    arcs: int
    assigned: int
    waiting_by_reason: dict[str, int]
    status: str
    method: str
    gap: float
    solve_s: float
    parse_s: float
    decide_s: float
    encode_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a worker has to know besides the request's body."""

    now_ms: int
    """The server's time, milliseconds since the epoch; used when the request gives no `now`."""
    request_id: str
    language: Language = "en"
    """The language of the sentences, from Accept-Language."""
    limits: Limits = field(default_factory=lambda: Settings().limits)
    verify: bool = False
    """Whether the solution has to be judged before it is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer to one request. `facts` is empty when it is an error."""

    status: int
    body: bytes | bytearray | memoryview
    media_type: str = "application/json"
    facts: Facts = field(default_factory=Facts)
