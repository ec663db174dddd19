"""Which open tasks are due when: those that are due soonest are found without looking at the others."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

BUCKET_MS = 300_000
Due = tuple[int, str]
"""When a task is due, or is to be answered where that is sooner; and its id."""


class Dues:
    """Tasks in buckets of five minutes: to put one in or to drop it costs the same however many there are."""

    def __init__(self) -> None:
        self._due: dict[str, int] = {}
        self._buckets: defaultdict[int, set[str]] = defaultdict(set)

    def put(self, id: str, due: int | None) -> None:
        """Put in a task that is not in here; nothing where nothing was promised."""
        if due is not None:
            self._due[id] = due
            self._buckets[due // BUCKET_MS].add(id)

    def drop(self, id: str) -> None:
        """Take a task out."""
        due = self._due.pop(id, None)
        if due is not None:
            bucket = self._buckets[due // BUCKET_MS]
            bucket.discard(id)
            if not bucket:
                del self._buckets[due // BUCKET_MS]

    def before(self, instant: int, after: Due | None) -> Iterator[list[Due]]:
        """Those due before an instant, the soonest first, from after a place on; a list for each bucket.

        What is put in or dropped between two of the lists may be in them or not.
        """
        first = None if after is None else after[0] // BUCKET_MS
        numbers = (number for number in self._buckets if number * BUCKET_MS < instant)
        for number in sorted(number for number in numbers if first is None or number >= first):
            dues = sorted((self._due[id], id) for id in self._buckets.get(number, ()))
            begin = 0 if after is None else bisect_right(dues, after)
            yield dues[begin : bisect_right(dues, (instant, ""))]
