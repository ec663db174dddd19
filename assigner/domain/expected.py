"""What an agent is expected to take, as a mapping over what was learned: asked when it is needed, for there
are far more pairs than anybody asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assigner.domain.handling import Handling


class Times(Mapping[str, int]):
    """Milliseconds by category: what was learned, where anybody was observed, else what the client says. A
    plain mapping in another process: what was learned stays here.
    """

    __slots__ = ("agent", "handling", "said")

    def __init__(self, handling: Handling, agent: str, said: Mapping[str, int]) -> None:
        self.handling = handling
        self.agent = agent
        self.said = said

    def ms(self, category: str) -> int | None:
        """The same as `get`, without what makes a mapping slow where there is nothing."""
        said = self.said.get(category)
        if category in self.handling:
            return max(1, round(self.handling.mean_ms(category, self.agent, said)))
        return said

    def __getitem__(self, category: str) -> int:
        found = self.ms(category)
        if found is None:
            raise KeyError(category)
        return found

    def __contains__(self, category: object) -> bool:
        return category in self.said or (isinstance(category, str) and category in self.handling)

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys((*self.said, *self.handling.categories))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __reduce__(self) -> tuple[type[dict[str, int]], tuple[dict[str, int]]]:
        return dict, (dict(self),)
