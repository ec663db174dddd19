"""What the dispatcher learns, between the store's method and what a server holds: a hash of each kind, in it
JSON texts by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from assigner.store.commands import LEARNED, Learn, Learned

MOST_FIELDS = 1_000
"""How many fields one call of the script changes: the server answers nobody else meanwhile."""
PAGE = 1_000
Call = tuple[list[str], list[Any]]
"""The keys and the arguments of a call."""
Field = tuple[str, str, Any]
"""The kind, the name, and the value or DROPPED."""
DROPPED = object()

_encoder = msgspec.json.Encoder()
_packer = msgspec.msgpack.Encoder()
_value = msgspec.json.Decoder()


def fields(learn: Learn) -> list[Field]:
    """All that is said, one field after the other."""
    said = [(kind, name, value) for kind, named in learn.set.items() for name, value in named.items()]
    return said + [(kind, name, DROPPED) for kind, names in learn.drop.items() for name in names]


def calls(learn: Learn, keys: Mapping[str, str]) -> Iterator[Call]:
    """The calls of the script that do it, one after the other; the note comes with the last."""
    said = fields(learn)
    for first in range(0, max(1, len(said)), MOST_FIELDS):
        some, last = said[first : first + MOST_FIELDS], first + MOST_FIELDS >= len(said)
        kinds = sorted({kind for kind, _, _ in some})
        changes = [_change([field for field in some if field[0] == kind]) for kind in kinds]
        upto = learn.upto if last and learn.upto is not None else ""
        yield (
            [keys["lease"], keys["upto"], *(keys["learned"] + kind for kind in kinds)],
            [learn.lease, upto, _packer.encode(changes)],
        )


def _change(some: Sequence[Field]) -> dict[str, list[str]]:
    said: list[str] = []
    for _, name, value in some:
        if value is not DROPPED:
            said += [name, _encoder.encode(value).decode()]
    return {"set": said, "drop": [name for _, name, value in some if value is DROPPED]}


def _decoded(value: bytes) -> Any:
    """A value as it was said; None where it is no JSON, which only another hand can have written."""
    try:
        return _value.decode(value)
    except msgspec.DecodeError:
        return None


async def read(client: Any, keys: Mapping[str, str], kinds: Sequence[str]) -> Learned:
    """What a server holds of these kinds, or of all of them, page by page."""
    found: dict[str, dict[str, Any]] = {}
    upto = await client.get(keys["upto"])  # first: what comes meanwhile is in the fields, and newer
    for kind in kinds or LEARNED:
        named = found[kind] = {}
        async for name, value in client.hscan_iter(keys["learned"] + kind, count=PAGE):
            named[name.decode(errors="replace")] = _decoded(value)
    return Learned(fields=found, upto=upto.decode(errors="replace") if upto else "")
