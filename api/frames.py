"""What a worker and its parent say over their socket: frames of a length and a MessagePack message.

The worker says READY once. Then, one at a time, it gets a Job with two descriptors (the request's body, and
an empty file for the answer) and says Outcome when the answer is written.
"""

from dataclasses import dataclass
from typing import TypeVar

import msgspec

from api.messages import Facts

DESCRIPTORS = 2  # that travel with each job
_LENGTH_BYTES = 4
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a job ended; the answer's bytes are in the file that came with it."""

    status: int
    media_type: str
    facts: Facts
    resident_bytes: int
    """What the worker holds in memory after the job."""


def pack(message: object) -> bytes:
    """The frame of a message."""
    payload = msgspec.msgpack.encode(message)
    return len(payload).to_bytes(_LENGTH_BYTES, "big") + payload


def take(received: bytearray) -> bytes | None:
    """Remove the first frame's payload from what was received, or None when it is not all there yet."""
    end = _LENGTH_BYTES + int.from_bytes(received[:_LENGTH_BYTES], "big")
    if len(received) < max(end, _LENGTH_BYTES):
        return None
    payload = bytes(received[_LENGTH_BYTES:end])
    del received[:end]
    return payload


def unpack(payload: bytes, kind: type[_T]) -> _T:
    """The message in a payload. Raises msgspec.ValidationError when it is not of that kind."""
    return msgspec.msgpack.decode(payload, type=kind)


READY = pack("ready")
