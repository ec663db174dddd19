"""What every command means to the records: the one entrance for a store that is not a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assigner.store import overriding, putting, verbs
from assigner.store.base import Command, EndOverride, MakeOverride, OnOffer, OnTask
from assigner.store.state import Judged, Records


def judge(records: Records, verb: str, command: Command, at: int) -> Judged:
    """What a verb does to the records. `at` is the store's own clock, for guards that compare instants."""
    if isinstance(command, OnTask | OnOffer):
        return verbs.step(records, verb, command, at)
    if isinstance(command, MakeOverride):
        return overriding.make(records, command, at)
    if isinstance(command, EndOverride):
        return overriding.end(records, command, at)
    return _OTHERS[verb](records, command)


_OTHERS: dict[str, Callable[[Records, Any], Judged]] = {
    "enqueue": verbs.enqueue,
    "offer": verbs.offer,
    "put_agent": putting.put_agent,
    "set_presence": putting.set_presence,
    "remove_agent": putting.remove_agent,
    "put_queue": putting.put_queue,
    "put_key": putting.put_key,
}
