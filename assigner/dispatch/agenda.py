"""What has to be looked at when: a heap of instants instead of scans of everything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

AT_ONCE = 0
"""Before every instant: for what has happened, whatever the clock of whoever did it said."""
SLACK = 10_000
"""How much that is forgotten is not worth the trouble."""
Entry = tuple[str, str]
"""(kind, id) of what to look at."""
Due = tuple[int | None, str, str]
"""When to look at something, its kind and its id. None: never."""


@dataclass(slots=True)
class Agenda:
    """Entries by instant, each at its earliest only.

    An entry says *look*, not *act*: by the time it comes up the world may have changed, so whoever takes it
    asks again what is due, and puts it back for later where it is not due yet. What is forgotten is passed
    over when its instant comes; when that is most of all there is, the rest is put together anew.
    """

    _heap: list[tuple[int, str, str]] = field(default_factory=list)
    _earliest: dict[Entry, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._earliest)

    def put(self, at: int | None, kind: str, id: str) -> None:
        """Look at it at this instant, if it is not looked at before anyway. None: never."""
        if at is None:
            return
        known = self._earliest.get((kind, id))
        if known is None or at < known:
            self._earliest[kind, id] = at
            heappush(self._heap, (at, kind, id))
            if len(self._heap) > 2 * len(self._earliest) + SLACK:
                self._heap = [(at, *entry) for entry, at in self._earliest.items()]
                heapify(self._heap)

    def put_all(self, dues: Iterable[Due]) -> None:
        """Look at each of these."""
        for at, kind, id in dues:
            self.put(at, kind, id)

    def forget(self, kinds: Iterable[str], id: str) -> None:
        """There is nothing to look at any more."""
        for kind in kinds:
            self._earliest.pop((kind, id), None)

    def take(self, now: int) -> Iterator[Entry]:
        """Take out what is to be looked at by now, in the order of the instants, then by kind and id."""
        while self._heap and self._heap[0][0] <= now:
            at, kind, id = heappop(self._heap)
            if self._earliest.get((kind, id)) == at:
                del self._earliest[kind, id]
                yield kind, id

    def next_at(self) -> int | None:
        """The next instant at which there is something to look at."""
        while self._heap and self._earliest.get(self._heap[0][1:]) != self._heap[0][0]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None
